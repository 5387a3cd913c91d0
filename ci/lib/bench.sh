# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Records of benchmarks (docs/benchmarks.md), on their way into the results.

# That knows records.
SVAKIT_BENCH=${SVAKIT_BENCH:-$TOP/build/bench/svakit-bench}
# What has come of the record that comes in pieces.
BENCH_PIECES=
# By file of the results: what has come of the line of JSON that is kept there.
declare -A BENCH_KEPT=()
# What bench_environment says of this run.
BENCH_ENVIRONMENT=

# bench_measures JOB: does it measure, rather than test?
bench_measures() {
	[[ $1 == bench || $1 == workload ]]
}

# bench_line LINE: is it a record, or a piece of one? It goes to the results, not to the KTAP: a line
# of JSON for each.
bench_line() {
	case $1 in
	'# record+ '*) BENCH_PIECES+=${1#'# record+ '} ;;
	'# record '*)
		results_append bench.jsonl "$BENCH_PIECES${1#'# record '}"
		BENCH_PIECES=
		;;
	'# keep '* | '# keep+ '*) bench_keep "$1" ;;
	*) return 1 ;;
	esac
}

# bench_keep LINE: "# keep FILE TEXT" ends a line of JSON in FILE of the results, "# keep+ FILE TEXT" does not.
bench_keep() {
	local verb file text

	read -r _ verb file text <<<"$1"
	[[ $file =~ ^[a-z]+\.jsonl$ ]] || return 0
	text=${1#"# $verb $file "}
	if [[ $verb == keep+ ]]; then
		BENCH_KEPT[$file]+=$text
		return 0
	fi
	results_append "$file" "{\"test\":\"$TEST_NOW\",\"of\":${BENCH_KEPT[$file]:-}$text}"
	unset "BENCH_KEPT[$file]"
}

# bench_environment: a name for what has to be the same where kernels are compared: all but the kernels.
bench_environment() {
	local id

	id=$({
		version_of_tree
		"$SVAHW" --version
		uname -srvm
		lscpu | grep -E '^(Model name|CPU\(s\)|NUMA)' || :
		printf '%s\n' "${IMAGE[qemu_version]:-}" "$ACCEL_USED" "$ORACLE" "$HW" "$INJECT" "$DEBUG" "$EXACT" \
			"$L1_MEMORY $L1_CPUS $L2_MEMORY" "$(machine_cmdline 1)" "$(machine_cmdline 2)"
	} 2>&1 | sha256sum)
	printf '%s' "${id:0:12}"
}

# bench_variables LEVEL: what the benchmarks know of the run, as words of the job.
bench_variables() {
	printf ' SVAKIT_LEVEL=%s SVAKIT_ENVIRONMENT=%s' "$1" "$BENCH_ENVIRONMENT"
	[[ $QUICK != 1 ]] || printf ' SVAKIT_QUICK=1'
	[[ $EXACT != 1 ]] || printf ' SVAKIT_EXACT=1'
	[[ -z $EVENTS ]] || printf ' SVAKIT_EVENTS=%s' "$EVENTS"
}

# bench_table: the records as a table, if there are any, also those of tests that ran in another machine.
bench_table() {
	local file

	for file in "$RESULT_DIR"/again/*/bench.jsonl; do
		[[ ! -s $file ]] || cat "$file" >>"$RESULT_DIR/bench.jsonl" || results_full
	done
	[[ -s $RESULT_DIR/bench.jsonl ]] || return 0
	printf '\n'
	"$SVAKIT_BENCH" show "$RESULT_DIR/bench.jsonl" | tee "$RESULT_DIR/bench.txt"
}
