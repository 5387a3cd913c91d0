# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# ci/report: one page of HTML that needs nothing else.

# report_value METRIC LEVEL: a record.
report_value() {
	printf '{"metric":"%s","params":{"op":"%s"},"unit":"ns","better":"lower","kind":"wall",' "$1" "<b>&\\\"quoted\\\" \`date\` \$(date)"
	printf '"level":"%s","environment":"e","n":2,' "$2"
	printf '"percentiles":{"min":1000,"p50":1000,"p90":2000,"p99":2000,"max":2000},"samples":[1000,2000]}\n'
}

# a_run: results as ci/run leaves them, with what is hostile in each.
a_run() {
	mkdir -p results/one
	ln -s one results/latest
	{
		report_value bind.open l1
		report_value '<script>alert(1)</script>' l2
		report_value "it's/../../x" l1
		report_value bind.descriptors l1 | sed 's/"ns"/"1"/'
		printf '{"metric":"bind.cycles","params":{},"unit":"1","better":"lower","kind":"wall","level":"l1",'
		printf '"environment":"e","n":0,"percentiles":{},"samples":[],"why":"no <PMU>"}\n'
	} >results/one/bench.jsonl
	printf '%s\n' 'TAP version 13' '1..3' 'ok 1 l1.fake.first' '# <img src="http://example.com/x">' \
		'not ok 2 l1.fake.victim # exit=1 & <b>' 'ok 3 l1.fake.third # SKIP no device' >results/one/ktap
	printf 'host: <Linux> & more \001\377\n' >results/one/environment.txt
	printf '#!/bin/bash\nTEST="a" ci/run <&-\n' >results/one/repro.sh
	printf 'finding <1>\n' >results/one/svahw.findings
}

report() {
	STATUS=0
	timeout 60 env "$@" "$TOP/ci/report" >out 2>err </dev/null || STATUS=$?
}

page=results/one/report.html

expect_page() {
	grep -qF -- "$1" "$page" || unlike page 'no such text' "$1"
}

# expect_alone: well-formed, and nothing is fetched from elsewhere or run.
expect_alone() {
	xmllint --noout "$page"
	! grep -niE '<(script|img|link|iframe|object|embed)\b|@import|url\(["'\'' ]*[^#"'\'' ]|(src|href)=["'\''][^#]' "$page" ||
		unlike page 'a reference' 'nothing from elsewhere'
	! grep -nP '[^\t\n\x20-\x7e]' "$page" || unlike page 'bytes that are no text' 'ASCII'
}

# what the report computes and escapes (bench/report/tests)
test_report_units() {
	make -s -C "$TOP/bench/report" OUT="$WORK/unit" test
}

# a run with names that are hostile: the page is well-formed, alone, and has all of it
test_report_page() {
	a_run
	report
	[[ $STATUS == 0 && $(<out) == "$WORK/$page" ]] || unlike 'ci/report' "$STATUS, $(<out)" "0, $page"
	expect_alone
	expect_page '<h3>bind.open '
	expect_page '<h3>bind.descriptors '
	expect_page '<td>0</td><td class="text" colspan="5">not measured: no &lt;PMU&gt;</td>'
	expect_page '<h3>&lt;script&gt;alert(1)&lt;/script&gt; '
	expect_page "op=&lt;b&gt;&amp;&quot;quoted&quot; \`date\` \$(date)"
	expect_page '<h3 class="bad">l1.fake.victim # exit=1 &amp; &lt;b&gt;'
	expect_page '# &lt;img src=&quot;http://example.com/x&quot;&gt;'
	expect_page 'l1.fake.third # SKIP no device'
	expect_page 'host: &lt;Linux&gt; &amp; more ??'
	expect_page 'ci/run &lt;&amp;-'
	expect_page 'finding &lt;1&gt;'
	expect_page 'name="viewport"'
	[[ $(grep -c '<svg' "$page") == 3 ]] || unlike pictures "$(grep -c '<svg' "$page")" 3
	[[ -s results/one/pictures/bind.open.l1.distribution.data && -s results/one/pictures/bind.open.l1.distribution.gnuplot ]] ||
		unlike pictures "$(ls results/one/pictures)" 'data and script beside each picture'
}

# base against head: the gate's table, and both sides in one picture
test_report_gate() {
	mkdir -p results/one
	report_value bind.open l1 | tee results/one/base.jsonl >results/one/head.jsonl
	printf 'l1 bind.open same\n' >results/one/gate.txt
	report RESULTS=results/one
	[[ $STATUS == 0 ]] || unlike 'exit status' "$STATUS" 0
	expect_alone
	expect_page 'l1 bind.open same'
	grep -q "title 'base l1 .*title 'head l1 " results/one/pictures/*.gnuplot || unlike pictures 'one side' both
}

# a run of tests alone; and no run at all
test_report_without_records() {
	a_run
	rm results/one/bench.jsonl results/one/svahw.findings
	report
	[[ $STATUS == 0 ]] || unlike 'exit status' "$STATUS" 0
	expect_alone
	! grep -qE 'Times and rates|<svg|Findings' "$page" || unlike page 'an empty part' none
	report RESULTS="$WORK/tmp"
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message 'no results in'
}
