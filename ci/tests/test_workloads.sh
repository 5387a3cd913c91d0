# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Workloads: how they are selected, what is kept of them, and fio's version.

# the queue of fio's engine on a device that is a function call, and what becomes of fio's JSON (workloads/tests)
test_workload_units() {
	make -s -C "$TOP/workloads" OUT="$TOP/build/workloads" test
}

# workloads [NAME=VALUE...]: as runner, with ci/workloads.
workloads() {
	STATUS=0
	timeout 20 env "$@" "$TOP/ci/workloads" >out 2>err </dev/null || STATUS=$?
}

# one by name, at each level, with what a benchmark is told; its repro.sh finds it again
test_workload_selection() {
	workloads TEST=workloads:server QUICK=1 VIA=pf
	expect_end 0 2 0 0
	expect_line '^ok 1 l1\.workloads\.server$'
	expect_line '^ok 2 l2\.workloads\.server$'
	grep -q '^1 run l1\.workloads\.server .* SVAKIT_LEVEL=l1 .* SVAKIT_QUICK=1 /suites/workloads/server --format=runner$' \
		results/latest/job || unlike job "$(<results/latest/job)" 'what a benchmark is told'
	grep -q '^1 quiet$' results/latest/job || unlike job "$(<results/latest/job)" quiet
	grep -q ' ci/run --job workload "\$@"$' results/latest/repro.sh ||
		unlike repro.sh "$(<results/latest/repro.sh)" 'the job'
	workloads TEST=fake:first
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
}

# a line of JSON that is kept whole, one in pieces, and no file outside of the results
test_workload_keeps() {
	runner FAKE_GUEST=keeps LEVEL=1
	expect_end 0 2 0 0
	printf '%s\n' '{"test":"l1.fake.victim","of":{"a": [1]}}' '{"test":"l1.fake.victim","of":{"b": "  c"}}' >want
	cmp want results/latest/fio.jsonl || unlike fio.jsonl "$(cat results/latest/fio.jsonl)" "$(cat want)"
	! grep -q '^# .*keep' out || unlike output 'a line that is kept' 'none in the KTAP'
	[[ ! -e results/latest/ktap.sh && ! -e results/evil.jsonl ]] || unlike results 'another file' 'none'
}

# fio_words COMMAND...: with the functions that prepare fio, in a tree of the test.
fio_words() {
	(
		IMAGES=$TOP/guest-images FIO=tree
		source "$IMAGES/lib/log.sh"
		source "$IMAGES/lib/fio.sh"
		FIO_TREE=$PWD/tree FIO_BUILD=$PWD/tree
		"$@"
	) >out 2>err
}

# a fio that is not built, one of another version than its headers, and one that refuses the engine are named
test_fio_version() {
	mkdir tree
	! fio_words fio_given || unlike status 0 1
	expect_message 'there is no fio in it'
	printf '#!/bin/sh\n[ "$1" = --version ] && echo fio-3.39 && exit\necho "fio: bad ioops version 31 (want 35)"\nexit 1\n' >tree/fio
	chmod +x tree/fio
	printf '#define FIO_IOOPS_VERSION\t31\n' >tree/ioengines.h
	printf 'FIO_VERSION = fio-3.33\n' >tree/FIO-VERSION-FILE
	! fio_words fio_check || unlike status 0 1
	expect_message 'fio says that it is fio-3\.39, its headers are of fio-3\.33'
	printf 'FIO_VERSION = fio-3.39\n' >tree/FIO-VERSION-FILE
	! fio_words fio_check || unlike status 0 1
	expect_message 'fio-3\.39 does not take the engine .*FIO_IOOPS_VERSION 31'
	expect_message 'bad ioops version 31 \(want 35\)'
	sed -i 's/^exit 1$/exit 0/' tree/fio
	fio_words fio_check || unlike status 1 0
}
