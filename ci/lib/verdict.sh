# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The verdict of one test: its exit status AND the points of its own KTAP AND
# the count that it planned AND no defect in the kernel logs meanwhile.

# Of the test that runs now, or of none.
TEST_NOW=
# By full name: pass, fail, xfail, skip, or left (another machine is to run it).
declare -A RESULT=() DEFECT=()
# By full name: milliseconds since the start of the run.
declare -A STARTED_MS=() ENDED_MS=()

test_reset() {
	TEST_NOW=$1
	POINTS_PLANNED=
	POINTS_PASSED=0
	POINTS_FAILED=0
	POINTS_SKIPPED=0
	POINTS_XFAILED=0
	SKIP_REASON=
	XFAIL_REASON=
}

# test_start NAME
test_start() {
	test_reset "$1"
	STARTED_MS[$1]=$((NOW_MS - RUN_START_MS))
	ktap_diag "$1: ${TEST_TEXT[$1]:-no description}"
}

# test_line TEXT: one line of the test's output.
test_line() {
	! bench_line "$1" || return 0
	ktap_diag "$1"
	case $1 in
	1..[0-9]*)
		POINTS_PLANNED=${1#1..}
		POINTS_PLANNED=${POINTS_PLANNED%%[!0-9]*}
		[[ $1 != *'# SKIP'* ]] || SKIP_REASON=${1#*# SKIP }
		;;
	'not ok '*) POINTS_FAILED=$((POINTS_FAILED + 1)) ;;
	'ok '*'# SKIP'*)
		POINTS_SKIPPED=$((POINTS_SKIPPED + 1))
		SKIP_REASON=${1#*# SKIP}
		SKIP_REASON=${SKIP_REASON# }
		;;
	'ok '*'# XFAIL'*)
		POINTS_XFAILED=$((POINTS_XFAILED + 1))
		XFAIL_REASON=${1#*# XFAIL}
		XFAIL_REASON=${XFAIL_REASON# }
		;;
	'ok '*) POINTS_PASSED=$((POINTS_PASSED + 1)) ;;
	esac
}

# status_problem NAME STATUS: sets PROBLEM to what an exit status alone says, empty for 0, 4 (skip),
# and 2 (xfail) of a test that has said what it expected to fail.
status_problem() {
	PROBLEM=
	if (($2 == 124)); then
		PROBLEM="TIMEOUT ${TEST_LIMIT[$1]} seconds"
	elif (($2 > 128)); then
		PROBLEM="killed by signal $(($2 - 128))"
	elif (($2 != 0 && $2 != 4 && !($2 == 2 && POINTS_XFAILED > 0))); then
		PROBLEM="exit=$2"
	fi
}

# test_problem NAME STATUS: sets PROBLEM to why the test failed, empty if it did not. A defect is
# named beside anything else: it may be the cause.
test_problem() {
	local points=$((POINTS_PASSED + POINTS_FAILED + POINTS_SKIPPED + POINTS_XFAILED))

	status_problem "$1" "$2"
	if [[ -n $PROBLEM ]]; then
		:
	elif ((POINTS_FAILED > 0)); then
		PROBLEM="exit=$2 in spite of $POINTS_FAILED failed points"
	elif ((POINTS_XFAILED > 0 && $2 != 2)); then
		PROBLEM="exit=$2 in spite of $POINTS_XFAILED points that failed as expected"
	elif [[ ($2 == 0 || $2 == 2) && -z $POINTS_PLANNED ]]; then
		PROBLEM='no plan'
	elif [[ -n $POINTS_PLANNED ]] && ((points != POINTS_PLANNED)); then
		PROBLEM="planned $POINTS_PLANNED points, got $points"
	fi
	[[ -z ${DEFECT[$1]:-} ]] || PROBLEM+="${PROBLEM:+; }${DEFECT[$1]}"
}

# test_end NAME STATUS
test_end() {
	local name=$1 status=$2

	ENDED_MS[$name]=$((NOW_MS - RUN_START_MS))
	test_problem "$name" "$status"
	TEST_NOW=
	if [[ -n $PROBLEM ]]; then
		test_failed "$name" "$PROBLEM"
	elif ((status == 2)); then
		RESULT[$name]=xfail
		ktap_xfail "$name" "${XFAIL_REASON:-no reason given}"
	elif ((status == 4 || POINTS_PASSED == 0)); then
		RESULT[$name]=skip
		ktap_skip "$name" "${SKIP_REASON:-no reason given}"
	else
		RESULT[$name]=pass
		ktap_pass "$name"
	fi
}

# test_unmet_all: the skips of those that cannot be run here.
test_unmet_all() {
	local name

	for name in "${TESTS[@]}"; do
		[[ -n ${TEST_UNMET[$name]:-} ]] || continue
		RESULT[$name]=skip
		ktap_skip "$name" "${TEST_UNMET[$name]}"
	done
}

# test_left NAME: another machine is to run it.
test_left() {
	RESULT[$1]=left
	LEFT+=("$1")
}

# test_failed NAME REASON. A '#' would begin a directive.
test_failed() {
	RESULT[$1]=fail
	FAILED_TESTS+=("$1")
	ktap_fail "$1" "${2//#/}"
}

# test_defect NAME TEXT: of a kernel log.
test_defect() {
	ktap_diag "$2"
	test_finding "$@"
}

# test_finding NAME TEXT: a defect that has been printed.
test_finding() {
	[[ -n ${DEFECT[$1]:-} ]] || DEFECT[$1]=$2
}
