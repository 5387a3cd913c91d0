# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The tests that run in guests, from the suites' tests.list files:
#
#   # one-line description of the next test
#   name  time-limit-in-seconds  levels  job (main, check or bench)  arguments...
#
# levels: a comma list of 1 (in L1: native.NAME), 2 (in L2, on the function that VFIO passes
# through: guest.NAME) and m (in L2, on a mediated device: mdev.NAME). In a guest, the test
# is the program /bin/NAME.

# By level, how the name of a test begins: its kind. By kind, the guest that runs it.
declare -A LEVEL_KIND=([1]=native [2]=guest [m]=mdev)
declare -A KIND_GUEST=([native]=1 [guest]=2 [mdev]=2)

# By full name (native.copy_file): what a job line needs, and what `make list` prints.
declare -A TEST_LIMIT=() TEST_ARGV=() TEST_JOB=() TEST_TEXT=()
# By full name: the folder of its suite.
declare -A TEST_SUITE=()
# By full name: why the test cannot be run here.
declare -A TEST_UNMET=()
# Full names, in the order of running.
TESTS=()

# tests_match NAME: is it selected by TEST, names with or without '*' separated by spaces or commas?
tests_match() {
	local pattern
	local -a patterns

	[[ -n $TEST ]] || return 0
	IFS=', ' read -r -a patterns <<<"$TEST"
	for pattern in "${patterns[@]}"; do
		pattern=${pattern//./\\.}
		[[ ! $1 =~ ^${pattern//\*/.*}$ ]] || return 0
	done
	return 1
}

tests_add() {
	local file=$1 name=$2 limit=$3 levels=$4 job=$5 args=$6 text=$7 level full suite

	[[ $name =~ ^[a-z][a-z0-9_]*$ && $limit =~ ^[1-9][0-9]*$ &&
		$levels =~ ^[12m](,[12m])*$ && $job =~ ^(main|check|bench)$ ]] ||
		die "$file: '$name $limit $levels $job' is no test: want name, seconds, levels, job"
	suite=${file%/*}
	suite=${suite##*/}
	for level in ${levels//,/ }; do
		full=${LEVEL_KIND[$level]}.$name
		[[ -z ${TEST_LIMIT[$full]:-} ]] || die "$file: the test $full exists twice"
		TESTS+=("$full")
		TEST_LIMIT[$full]=$((limit * TIME_FACTOR))
		TEST_ARGV[$full]="/bin/$name${args:+ $args}"
		TEST_JOB[$full]=$job
		TEST_TEXT[$full]=$text
		TEST_SUITE[$full]=$suite
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

# tests_kinds: sets KINDS, those that LEVEL and VIA ask for, in the order of running.
tests_kinds() {
	KINDS=(native)
	((LEVEL == 2)) || return 0
	[[ $VIA == mdev ]] || KINDS+=(guest)
	[[ $VIA == pf ]] || KINDS+=(mdev)
}

# tests_select JOB: keep the tests of that job, of LEVEL, VIA and TEST.
tests_select() {
	local job=$1 kind name
	local -a keep=()

	tests_kinds
	for kind in "${KINDS[@]}"; do
		for name in "${TESTS[@]}"; do
			[[ $name == "$kind".* ]] || continue
			# Who names a test gets it, whatever its job.
			[[ -n $TEST || $job == check || ${TEST_JOB[$name]} == "$job" ]] || continue
			! tests_match "$name" || keep+=("$name")
		done
	done
	TESTS=(${keep[@]+"${keep[@]}"})
	((${#TESTS[@]} > 0)) || die "no test of LEVEL=$LEVEL VIA=$VIA matches TEST='$TEST'" \
		"make list prints the names"
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
