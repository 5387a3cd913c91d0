# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# make check and make list: one count over many programs.

# checker [NAME=VALUE...]: as runner, with ci/check.
checker() {
	STATUS=0
	timeout 60 env "$@" "$TOP/ci/check" >out 2>err </dev/null || STATUS=$?
}

# results of different programs are numbered and counted together, the plan comes last
test_check_counts() {
	checker TEST='lint.python lint.length l1.fake.first l2.fake.victim'
	expect_end 0 4 0 0
	expect_line '^ok [1-4] lint\.(python|length)$'
	expect_line '^ok [1-4] l2\.fake\.victim$'
	expect_line '^1\.\.4$'
	expect_line '^accelerator '
}

# the tests of the runner come after those in the guests
test_check_runner_last() {
	checker TEST='runner.names l1.fake.first'
	expect_end 0 2 0 0
	expect_line '^ok 1 l1\.fake\.first$'
	expect_line '^ok 2 runner\.names$'
}

# a failure in the guests is one of the check
test_check_fails() {
	checker TEST='lint.python l1.fake.*' FAKE_GUEST=bug
	expect_end 1 2 1 0
	expect_line '^not ok [1-3] l1\.fake\.victim # kernel log: BUG'
}

# an expected failure in the guests is one of the check, and no failure
test_check_xfail() {
	checker TEST='lint.python l1.fake.victim' FAKE_GUEST=xfail
	expect_end 0 1 0 0 1
	expect_line '^ok [12] l1\.fake\.victim # XFAIL no such thing down there$'
}

# an error of the rig is one of the check
test_check_rig_fails() {
	checker TEST='lint.python l1.fake.*' FAKE_GUEST=dead_mid_run
	expect_end 2 2 1 0
	expect_message "error in stage \"L1 tests\": L1's QEMU ended"
}

# every name is one that result parsers take, and none is there twice
test_names() {
	local bad

	"$TOP/ci/list" >out
	bad=$(cut -d ' ' -f 1 out | grep -vE '^[a-z0-9_]+(\.[a-z0-9_]+)+$') || true
	[[ -z $bad ]] || unlike names "$bad" 'lower case letters, digits, _ and .'
	bad=$(cut -d ' ' -f 1 out | sort | uniq -d)
	[[ -z $bad ]] || unlike names "$bad" 'each once'
	bad=$(grep -E '^[^ ]+ *$' out) || true
	[[ -z $bad ]] || unlike descriptions "$bad" 'one for each'
	expect_line '^l2\.fake\.victim +what FAKE_GUEST says$'
}
