# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The tests that run in guests, from the suites' tests.list files:
#
#   # one-line description of the next test
#   name  time-limit-in-seconds  levels  job (main, check, full, bench or workload)  arguments...
#
# levels: a comma list of 1 (in L1), 2 (in L2, on the function that VFIO passes through) and m (in L2,
# on a mediated device). A test of the collection, the folder, COLL is l1.COLL.NAME, l2.COLL.NAME and
# l2m.COLL.NAME. In a guest, it is the program /suites/COLL/NAME.

# By level, how the name of a test begins: its kind. By kind, the guest that runs it.
declare -A LEVEL_KIND=([1]=l1 [2]=l2 [m]=l2m)
declare -A KIND_GUEST=([l1]=1 [l2]=2 [l2m]=2)

# By full name (l1.native.copy_file): what a job line needs, and what `make list` prints.
declare -A TEST_LIMIT=() TEST_ARGV=() TEST_JOB=() TEST_TEXT=()
# By full name: its collection.
declare -A TEST_COLL=()
# By full name: why the test cannot be run here.
declare -A TEST_UNMET=()
# Full names, in the order of running.
TESTS=()

# tests_match NAME: is it selected by COLL, and by TEST, names with or without '*' separated by spaces
# or commas? COLL:NAME, or COLL.NAME, is that test at every level; without a round, in all of them.
tests_match() {
	local pattern
	local -a patterns

	[[ -z $COLL || $1 =~ ^l[12]m?\.(${COLL//[, ]/|})\. ]] || return 1
	[[ -n $TEST ]] || return 0
	IFS=', ' read -r -a patterns <<<"$TEST"
	for pattern in "${patterns[@]}"; do
		pattern=${pattern//:/.}
		pattern=${pattern//./\\.}
		[[ ! $1 =~ ^(l[12]m?\.)?${pattern//\*/.*}(\.[0-9]+)?$ ]] || return 0
	done
	return 1
}

tests_add() {
	local file=$1 name=$2 limit=$3 levels=$4 job=$5 args=$6 text=$7 level full coll

	[[ $name =~ ^[a-z][a-z0-9_]*$ && $limit =~ ^[1-9][0-9]*$ &&
		$levels =~ ^[12m](,[12m])*$ && $job =~ ^(main|check|full|bench|workload)$ ]] ||
		die "$file: '$name $limit $levels $job' is no test: want name, seconds, levels, job"
	coll=${file%/*}
	coll=${coll##*/}
	for level in ${levels//,/ }; do
		full=${LEVEL_KIND[$level]}.$coll.$name
		[[ -z ${TEST_LIMIT[$full]:-} ]] || die "$file: the test $full exists twice"
		TESTS+=("$full")
		TEST_LIMIT[$full]=$((limit * TIME_FACTOR))
		TEST_ARGV[$full]="/suites/$coll/$name${args:+ $args}"
		TEST_JOB[$full]=$job
		TEST_TEXT[$full]=$text
		TEST_COLL[$full]=$coll
	done
}

# tests_read: fill the tables from every suite.
tests_read() {
	local file line text name limit levels job args
	local -a lines

	for file in "${TEST_LISTS[@]}"; do
		text=
		mapfile -t lines <"$file"
		for line in "${lines[@]}"; do
			case $line in
			'#'*) text=${line#\#} text=${text# } ;;
			*[![:space:]]*)
				read -r name limit levels job args <<<"$line"
				tests_add "$file" "$name" "$limit" "$levels" "$job" "$args" "$text"
				text=
				;;
			*) text= ;;
			esac
		done
	done
}

# tests_program NAME: its program, as COLL/NAME.
tests_program() {
	local name=${1#*.}

	printf '%s\n' "${name/.//}"
}

# tests_kinds: sets KINDS, those that LEVEL and VIA ask for, in the order of running.
tests_kinds() {
	KINDS=(l1)
	((LEVEL == 2)) || return 0
	[[ $VIA == mdev ]] || KINDS+=(l2)
	[[ $VIA == pf ]] || KINDS+=(l2m)
}

# tests_wanted NAME JOB: does it belong to the job? Who names a test gets it, whatever its job.
tests_wanted() {
	[[ -z $TEST ]] || return 0
	case ${TEST_JOB[$1]} in
	full) [[ $2 == check && $FULL == 1 ]] ;;
	check) [[ $2 == check && $QUICK != 1 ]] ;;
	main) [[ $2 == main || $2 == check ]] ;;
	*) [[ $2 == "${TEST_JOB[$1]}" ]] ;;
	esac
}

# tests_select JOB: keep the tests of that job, of LEVEL, VIA, COLL and TEST.
tests_select() {
	local job=$1 kind name round
	local -a keep=()

	tests_kinds
	for kind in "${KINDS[@]}"; do
		for name in "${TESTS[@]}"; do
			[[ $name == "$kind".* ]] || continue
			tests_wanted "$name" "$job" || continue
			tests_rounds "$name"
			for round in "${ROUNDS[@]}"; do
				! tests_match "$round" || keep+=("$round")
			done
		done
	done
	TESTS=(${keep[@]+"${keep[@]}"})
	((${#TESTS[@]} > 0)) || die "no test of LEVEL=$LEVEL VIA=$VIA${COLL:+ COLL=$COLL} matches TEST='$TEST'" \
		"make list prints the names"
}

# tests_rounds NAME: sets ROUNDS to the names of its rounds, NAME.ROUND, or to NAME alone without REPEAT.
tests_rounds() {
	local round table

	ROUNDS=("$1")
	[[ -n $REPEAT ]] || return 0
	ROUNDS=()
	for ((round = 1; round <= REPEAT; round++)); do
		ROUNDS+=("$1.$round")
		for table in TEST_LIMIT TEST_ARGV TEST_JOB TEST_TEXT TEST_COLL; do
			local -n of=$table
			of[$1.$round]=${of[$1]}
		done
	done
}

# tests_of_guest GUEST: sets GUEST_TESTS, those that it is ordered to run.
tests_of_guest() {
	local name

	GUEST_TESTS=()
	for name in ${TESTS[@]+"${TESTS[@]}"}; do
		[[ ${KIND_GUEST[${name%%.*}]} != "$1" || -n ${TEST_UNMET[$name]:-} ]] ||
			GUEST_TESTS+=("$name")
	done
}

# Where PID 1 of L1 says how a VMM is started; a test that does so is given the path.
VMM_FILE=/run/vmm

# tests_need_vmm: does any test of L1 start a VMM?
tests_need_vmm() {
	local name

	tests_of_guest 1
	for name in ${GUEST_TESTS[@]+"${GUEST_TESTS[@]}"}; do
		[[ " ${TEST_ARGV[$name]} " != *" $VMM_FILE "* ]] || return 0
	done
	return 1
}

# tests_need_kind KIND: is any of that kind to be run?
tests_need_kind() {
	local name

	for name in ${TESTS[@]+"${TESTS[@]}"}; do
		[[ $name != "$1".* || -n ${TEST_UNMET[$name]:-} ]] || return 0
	done
	return 1
}

# tests_unmet KIND REASON: no test of that kind can be run here.
tests_unmet() {
	local name

	for name in "${TESTS[@]}"; do
		[[ $name != "$1".* ]] || TEST_UNMET[$name]=$2
	done
}
