# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the runner's tests have in common. Each test runs in WORK, a folder of
# its own, and calls runner; expect_... compare, and end the test if it is not so.

# What the test of the tarball needs of the world outside of WORK: the source of the kernel under test.
OUTER=("XDG_CACHE_HOME=${XDG_CACHE_HOME:-}" "KSRC=${KSRC:-}" "KERNEL=${KERNEL:-}")

# test_in_folder TEST
test_in_folder() {
	cd "$WORK"
	mkdir tmp suites suites/fake
	printf '%s\n' '# always passes' 'first 1 1,2 main' '# what FAKE_GUEST says' \
		'victim 1 1,2 main' >suites/fake/tests.list
	export TMPDIR=$WORK/tmp SUITES=$WORK/suites RESULTS=$WORK/results XDG_CACHE_HOME=$WORK/cache
	export PREPARE=$TOP/ci/tests/fake_prepare SVAHW=$TOP/ci/tests/fake_svahw ACCEL=tcg LEVEL=2
	# A stage that has nothing to say for so long is over.
	export L1_BOOT_LIMIT=1 L2_BOOT_LIMIT=1 SHUTDOWN_LIMIT=1 TEST_GRACE=0 BETWEEN_LIMIT=1 SVAHW_LIMIT=1 DOWN_LIMIT=1
	unset APPEND HW BASE HEAD RUNS THRESHOLDS SHOW GDB TEST COLL QUICK FULL EXACT EVENTS REPEAT VIA ORACLE INJECT SEED LOSE FORGET V DEBUG KERNEL KSRC L1_KERNEL L2_KERNEL QEMU TIME_FACTOR
	# Our own settings must not come from a make above us.
	unset MAKEFLAGS MFLAGS MAKELEVEL
	"$1"
	expect_nothing_left
}

# runner [NAME=VALUE...]: ci/run with that environment; sets STATUS; output in out and err.
runner() {
	STATUS=0
	timeout 20 env "$@" "$TOP/ci/run" >out 2>err </dev/null || STATUS=$?
}

unlike() {
	printf '%s: got "%s", want "%s"\n' "$1" "$2" "$3"
	if [[ -e out ]]; then
		cut -c 1-200 out | tail -n 60 | sed 's/^/out: /'
		tail -n 20 err | sed 's/^/err: /'
	fi
	exit 1
}

# expect_end STATUS PASSED FAILED SKIPPED [XFAILED]: the exit status and the last line.
expect_end() {
	local last want="svakit: $2 passed, $3 failed, $4 skipped"

	[[ -z ${5:-} ]] || want+=", $5 failed as expected"
	[[ $STATUS == "$1" ]] || unlike 'exit status' "$STATUS" "$1"
	last=$(tail -n 1 out)
	[[ $last == "$want" ]] || unlike 'last line' "$last" "$want"
}

# expect_line REGEX: in the output; expect_message REGEX: among the messages.
expect_line() {
	grep -qE -- "$1" out || unlike 'output' 'no such line' "$1"
}

expect_message() {
	grep -qE -- "$1" err || unlike 'messages' 'no such line' "$1"
}

# expect_nothing_left: no process that knows our folder, no file in its tmp.
expect_nothing_left() {
	local left

	left=$(find "$WORK/tmp" -mindepth 1)
	[[ -z $left ]] || unlike 'left behind' "$left" ''
	# The brackets keep grep from finding itself.
	left=$(grep -ls "$WORK/[t]mp" /proc/[0-9]*/cmdline) || true
	[[ -z $left ]] || unlike 'left running' "$(tr '\0' ' ' <"${left%%$'\n'*}")" ''
}
