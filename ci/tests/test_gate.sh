# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# ci/gate: kernels in turns, results of earlier runs, and what it says of them.

# a_value NANOSECONDS [KIND [ENVIRONMENT]]: a record.
a_value() {
	printf '{"metric":"bind.open","params":{"state":"cold"},"unit":"ns","better":"lower","kind":"%s","level":"l1",' "${2:-exact}"
	printf '"environment":"%s","n":1,"percentiles":{"min":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d},"samples":[%d]}\n' \
		"${3:-here}" "$1" "$1" "$1" "$1" "$1" "$1"
}

# a_kernel NAME NANOSECONDS...: a folder; its runs take that long, one after the other.
a_kernel() {
	local name=$1

	shift
	mkdir -p "$name"
	printf '%s\n' "$@" >"$name/times"
}

# a_runner: in place of ci/run; writes down which kernel it ran, how.
a_runner() {
	cat >runner <<-'END'
		#!/bin/bash
		set -euo pipefail
		printf '%s exact=%s %s\n' "${KERNEL##*/}" "$EXACT" "$*" >>runs
		read -r time <"$KERNEL/times"
		printf "%s\n" "$(tail -n +2 "$KERNEL/times")" "$time" | sed "/^$/d" >"$KERNEL/next"
		mv "$KERNEL/next" "$KERNEL/times"
		[[ $time != broken ]] || exit 2
		mkdir -p "$RESULTS/one"
		ln -s one "$RESULTS/latest"
		printf 'host: here\n' >"$RESULTS/one/environment.txt"
		source values
		[[ $time == nothing ]] || a_value "$time" "$([[ $EXACT == 1 ]] && printf exact || printf wall)" >"$RESULTS/one/bench.jsonl"
	END
	declare -f a_value >values
	chmod +x runner
}

# gate NAME=VALUE...
gate() {
	STATUS=0
	timeout 30 env -u LEVEL -u ACCEL RUNNER="$WORK/runner" "$@" "$TOP/ci/gate" >out 2>err </dev/null || STATUS=$?
}

expect_gate() {
	[[ $STATUS == "$1" ]] || unlike 'exit status' "$STATUS" "$1"
}

# the gate's statistics and verdicts (bench/gate/tests)
test_gate_units() {
	make -s -C "$TOP/bench/gate" OUT="$WORK/unit" test
}

# two kernels, counted: A B B A, and 200 instructions are found
test_gate_kernels_in_turns() {
	a_runner
	a_kernel old 58596
	a_kernel new 58796
	gate BASE=old HEAD=new
	expect_gate 1
	expect_line '^l1 +bind\.open +state=cold +58\.596 +58\.796 +-0\.34 +- +exact +2\+2 +WORSE$'
	[[ $(cut -d ' ' -f 1,2 runs | paste -s -d ' ') == 'old exact=1 new exact=1 new exact=1 old exact=1' ]] ||
		unlike runs "$(<runs)" 'old new new old'
	cmp results/gate-*/gate.txt out
	[[ $(wc -l <"$(echo results/gate-*/base.jsonl)") == 2 && -s $(echo results/gate-*/base.environment.txt) ]] ||
		unlike results "$(ls results/gate-*)" 'base.jsonl with two runs, its environment'
}

# a kernel against itself, and one that is better
test_gate_same_and_better() {
	a_runner
	a_kernel old 58596
	a_kernel new 58396
	gate BASE=old HEAD=old
	expect_gate 0
	expect_line '^1 compared: 0 better, 0 worse, 1 the same'
	gate BASE=old HEAD=new
	expect_gate 0
	expect_line ' \+0\.34 .* BETTER$'
}

# by the clock: ten runs of each; what overlaps is no change, what does not is one
test_gate_by_the_clock() {
	a_runner
	a_kernel old 100 103 98 101 99 104 97 102 96 105
	a_kernel new 120 123 118 121 119 124 117 122 116 125
	a_kernel like 101 104 99 102 100 105 98 103 97 106
	gate BASE=old HEAD=new EXACT=0
	expect_gate 1
	[[ $(wc -l <runs) == 20 ]] || unlike runs "$(wc -l <runs)" 20
	expect_line ' -19\.90 .*10\+10 +WORSE$'
	gate BASE=old HEAD=like EXACT=0
	expect_gate 0
	gate BASE=old HEAD=new EXACT=0 RUNS=3
	expect_gate 4
	expect_line 'cannot tell: too few runs$'
	expect_line 'so that 5 runs a side are needed'
}

# results of earlier runs, as folder, as file, and against a kernel that is run now
test_gate_results() {
	a_runner
	a_kernel new 58796
	mkdir -p old/20200101-000000-1 old/20200101-000000-2
	a_value 58596 | tee old/20200101-000000-1/bench.jsonl old/20200101-000000-2/bench.jsonl >file.jsonl
	ln -s 20200101-000000-2 old/latest
	gate BASE=old HEAD=file.jsonl
	expect_gate 0
	expect_line ' 2\+1 +same$'
	[[ ! -e runs ]] || unlike runs "$(<runs)" none
	gate BASE=old/latest HEAD=new
	expect_gate 1
	expect_line ' 1\+2 +WORSE$'
}

# results by the clock make the other side's runs so, and it is said that they were not run in turns
test_gate_clock_against_results() {
	local i

	a_runner
	a_kernel new 150 151 152 153 154
	for i in 1 2 3 4 5; do
		a_value "$((100 + i))" wall | sed "s/^{/{\"run\":$i,/" >>base.jsonl
	done
	gate BASE=base.jsonl HEAD=new RUNS=5
	expect_gate 1
	expect_line 'were not run in turns'
	[[ $(cut -d ' ' -f 2 runs | sort -u) == exact=0 ]] || unlike runs "$(<runs)" exact=0
}

# figures of two environments are not compared, and the reason is given
test_gate_environments() {
	a_runner
	a_value 1000 exact here >base.jsonl
	a_value 9000 exact there >head.jsonl
	gate BASE=base.jsonl HEAD=head.jsonl
	expect_gate 4
	expect_line '^cannot tell: base was measured in environment here, head in there$'
	a_value 1000 exact there >>base.jsonl
	gate BASE=base.jsonl HEAD=head.jsonl
	expect_gate 4
	expect_line '^cannot tell: base is of two environments, here and there$'
}

# a metric that only one side has
test_gate_missing_metric() {
	a_runner
	a_value 1000 >base.jsonl
	a_value 1000 | sed 's/bind.open/bind.close/' | cat base.jsonl - >head.jsonl
	gate BASE=base.jsonl HEAD=head.jsonl
	expect_gate 4
	expect_line '^l1 +bind\.close .* cannot tell: not in base$'
}

# wrong use, wrong files, and a run that breaks
test_gate_rig() {
	a_runner
	a_kernel old broken
	a_kernel new 1
	gate BASE=old HEAD=new
	expect_gate 2
	expect_message 'run 1 of base ended with status 2'
	a_kernel old nothing
	gate BASE=old HEAD=new
	expect_gate 2
	expect_message 'run 1 of base has measured nothing'
	gate BASE=old
	expect_gate 2
	expect_message 'HEAD is missing'
	gate BASE=nowhere HEAD=new
	expect_gate 2
	expect_message 'BASE=nowhere: cannot be read'
	gate BASE=old HEAD=new RUNS=0
	expect_gate 2
	printf 'no record\n' >base.jsonl
	gate BASE=base.jsonl HEAD=base.jsonl
	expect_gate 2
	expect_message 'base\.jsonl:1: this is no record'
}

# prove_gate LINE...: ci/prove-gate once, with a gate that prints these lines.
prove_gate() {
	mkdir -p source-1/linux mutations
	printf 'good\n' >source-1/linux/driver
	printf '%s\n' 'SPDX-License-Identifier: GPL-2.0' '' '--- a/driver' '+++ b/driver' '@@ -1 +1 @@' '-good' '+slower' \
		>mutations/slower_bind.patch
	printf '%s\n' '#!/bin/bash' "printf '%s\\n' \"\$(<\"\$HEAD/driver\") exact=\$EXACT\" >>runs" \
		"cat <<'END'" "$@" END 'exit 1' >a_gate
	chmod +x a_gate
	STATUS=0
	timeout 20 env MUTATIONS="$WORK/mutations" GATE="$WORK/a_gate" FAKE_SOURCE="$WORK/source-1/linux" \
		"$TOP/ci/prove-gate" 1 >out 2>err </dev/null || STATUS=$?
}

# the proof of the gate: found at bind.open alone, elsewhere as well, not found
test_gate_proof() {
	prove_gate 'l1 bind.open state=cold WORSE' 'l1 bind.open state=warm WORSE' 'l1 flush size=4096 same'
	expect_gate 0
	expect_line '^1 +status 1, bind\.open worse in 2 configurations, others: none$'
	[[ $(<runs) == 'slower exact=1' ]] || unlike runs "$(<runs)" 'the patched kernel, counted'
	prove_gate 'l1 bind.open state=cold WORSE' 'l1 flush size=4096 WORSE'
	expect_gate 1
	expect_line 'others: flush$'
	prove_gate 'l1 bind.open state=cold same'
	expect_gate 1
}
