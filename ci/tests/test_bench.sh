# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Records of benchmarks: from a guest into the results.

# the benchmarks' sweeps, percentiles, records and tables (bench/tests)
test_bench_units() {
	make -s -C "$TOP/bench" OUT="$WORK/unit" test
}

# a record that comes whole, one that comes in pieces, and output between: JSON lines, a table, no KTAP
test_bench_records() {
	make -s -C "$TOP/bench" OUT="$WORK/bench" SUITES_OUT="$WORK/lib" >/dev/null
	runner FAKE_GUEST=records LEVEL=1 SVAKIT_BENCH="$WORK/bench/svakit-bench"
	expect_end 0 2 0 0
	printf '%s\n' "$(record whole 1000)" "$(record 'in pieces' 2500)" >want
	cmp want results/latest/bench.jsonl || unlike bench.jsonl "$(cat results/latest/bench.jsonl)" "$(cat want)"
	expect_line '^level +metric +parameters .* p50 '
	expect_line '^l1 +in pieces +op=munmap +1 +2\.50 .* us$'
	expect_line '^# something else$'
	! grep -q '^# .*record' out || unlike output 'a record' 'none in the KTAP'
	[[ -s results/latest/bench.txt ]] || unlike bench.txt 'nothing' 'the table'
}

# record METRIC NS
record() {
	printf '{"metric":"%s","params":{"op":"munmap"},"unit":"ns","better":"lower","kind":"wall","level":"l1",' "$1"
	printf '"environment":"e","n":1,"percentiles":{"min":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d},"samples":[%d]}' \
		"$2" "$2" "$2" "$2" "$2" "$2"
}
