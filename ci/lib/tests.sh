# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The tests that run in guests, from the suites' tests.list files:
#
#   # one-line description of the next test
#   name  time-limit-in-seconds  levels (1, 2 or 1,2)  job (main, check or bench)  arguments...
#
# In a guest, the test is the program /bin/NAME.

LEVEL_NAME=([1]=native [2]=guest)

# By full name (native.copy_file): what a job line needs, and what `make list` prints.
declare -A TEST_LIMIT=() TEST_ARGV=() TEST_JOB=() TEST_TEXT=()
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
	local file=$1 name=$2 limit=$3 levels=$4 job=$5 args=$6 text=$7 level full

	[[ $name =~ ^[a-z][a-z0-9_]*$ && $limit =~ ^[1-9][0-9]*$ &&
		$levels =~ ^[12](,[12])?$ && $job =~ ^(main|check|bench)$ ]] ||
		die "$file: '$name $limit $levels $job' is no test: want name, seconds, levels, job"
	for level in ${levels//,/ }; do
		full=${LEVEL_NAME[level]}.$name
		[[ -z ${TEST_LIMIT[$full]:-} ]] || die "$file: the test $full exists twice"
		TESTS+=("$full")
		TEST_LIMIT[$full]=$((limit * TIME_FACTOR))
		TEST_ARGV[$full]="/bin/$name${args:+ $args}"
		TEST_JOB[$full]=$job
		TEST_TEXT[$full]=$text
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

# tests_select JOB: keep the tests of that job, the level and TEST. Level 1 runs before level 2.
tests_select() {
	local job=$1 level name
	local -a keep=()

	for ((level = 1; level <= LEVEL; level++)); do
		for name in "${TESTS[@]}"; do
			[[ $name == "${LEVEL_NAME[level]}".* ]] || continue
			# Who names a test gets it, whatever its job.
			[[ -n $TEST || $job == check || ${TEST_JOB[$name]} == "$job" ]] || continue
			! tests_match "$name" || keep+=("$name")
		done
	done
	TESTS=(${keep[@]+"${keep[@]}"})
	((${#TESTS[@]} > 0)) || die "no test of level $LEVEL matches TEST='$TEST'" \
		"make list prints the names"
}

# tests_of_level LEVEL: sets LEVEL_TESTS.
tests_of_level() {
	local name

	LEVEL_TESTS=()
	for name in "${TESTS[@]}"; do
		[[ $name != "${LEVEL_NAME[$1]}".* ]] || LEVEL_TESTS+=("$name")
	done
}
