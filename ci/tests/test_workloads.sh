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

# fio_says FUNCTION STATUS [NAME=VALUE...]: of guest-images/lib/fio.sh, on the test's tree.
fio_says() {
	local status=0

	env FIO=tree "${@:3}" "$TOP/ci/tests/fio_words" "$1" >out 2>err || status=$?
	[[ $status == "$2" ]] || unlike 'exit status' "$status" "$2"
}

# a fio that is not built, one of another version than its headers, and one that refuses the engine are named
test_fio_version() {
	mkdir tree
	fio_says fio_given 1
	expect_message 'there is no fio in it'
	cp "$TOP/ci/tests/fake_fio" tree/fio
	printf '#define FIO_IOOPS_VERSION\t31\n' >tree/ioengines.h
	printf 'FIO_VERSION = fio-3.33\n' >tree/FIO-VERSION-FILE
	fio_says fio_check 1
	expect_message 'fio says that it is fio-3\.39, its headers are of fio-3\.33'
	printf 'FIO_VERSION = fio-3.39\n' >tree/FIO-VERSION-FILE
	fio_says fio_check 1 FAKE_FIO=refuses
	expect_message 'fio-3\.39 does not take the engine .*FIO_IOOPS_VERSION 31'
	expect_message 'bad ioops version 31 \(want 35\)'
	fio_says fio_check 0
}
