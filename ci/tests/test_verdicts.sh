# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a test that ends can look like, and what the runner makes of it.

# all pass: exit status 0, a plan, KTAP in the results too
test_pass() {
	runner
	expect_end 0 4 0 0
	expect_line '^1\.\.4$'
	expect_line '^ok 4 l2\.fake\.victim$'
	expect_line '^PASID +l1.fake.victim: process 5 '
	expect_line 'queued by L2: total=9'
	cmp <(sed '/^$/q' out | sed '$d') results/latest/ktap || unlike ktap 'other text' 'the same as on stdout'
}

# level 1 runs the native tests alone
test_level_1() {
	runner LEVEL=1
	expect_end 0 2 0 0
	! grep -q 'l2' out || unlike output 'L2' 'L1 alone'
}

# TEST selects by name or pattern
test_selection() {
	runner TEST='l2.fake.f*'
	expect_end 0 1 0 0
	expect_line '^ok 1 l2\.fake\.first$'
	runner TEST=l1.fake.victim,l2.fake.victim
	expect_end 0 2 0 0
}

# a selection that matches nothing is an error, not a success
test_selection_of_nothing() {
	runner TEST=l2.fake.nothing
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message "no test of LEVEL=2 VIA=both matches TEST='l2.fake.nothing'"
}

# a failing test fails the run, with the reason and the consoles
test_fail() {
	runner FAKE_GUEST=fail
	expect_end 1 2 2 0
	expect_line '^not ok 2 l1\.fake\.victim # exit=1$'
	expect_line '^# --- last lines of .*/l1-console\.log$'
	expect_line '^# L1 boots$'
}

# repro.sh runs what failed, and nothing else
test_repro() {
	runner FAKE_GUEST=fail
	expect_end 1 2 2 0
	STATUS=0
	results/latest/repro.sh >out 2>err || STATUS=$?
	expect_end 0 2 0 0
	expect_line '^ok 2 l2\.fake\.victim$'
}

# a skip is no pass, and its reason is kept
test_skip() {
	runner FAKE_GUEST=skip
	expect_end 0 2 0 2
	expect_line '^ok 2 l1\.fake\.victim # SKIP no device$'
}

# an expected failure is neither pass nor failure, and its reason is kept
test_xfail() {
	runner FAKE_GUEST=xfail
	expect_end 0 2 0 0 2
	expect_line '^ok 2 l1\.fake\.victim # XFAIL no such thing down there$'
	expect_line '^# Totals: pass:2 fail:0 xfail:2 '
}

# nothing but expected failures is no failure
test_all_xfail() {
	runner FAKE_GUEST=xfail TEST=l1.fake.victim
	expect_end 0 0 0 0 1
}

# exit status 2 without a point that says so is a failure
test_xfail_unsaid() {
	runner FAKE_GUEST=xfail_unsaid LEVEL=1
	expect_end 1 1 1 0
	expect_line '^not ok 2 l1\.fake\.victim # exit=2$'
}

# a point that failed as expected and a status that knows nothing of it do not fit
test_xfail_status() {
	runner FAKE_GUEST=xfail_status LEVEL=1
	expect_end 1 1 1 0
	expect_line '^not ok 2 l1\.fake\.victim # exit=0 in spite of 1 points that failed as expected$'
}

# an expected failure hides no other
test_xfail_hides_nothing() {
	runner FAKE_GUEST=xfail_and_fail LEVEL=1
	expect_end 1 1 1 0
	expect_line '^not ok 2 l1\.fake\.victim # exit=2 in spite of 1 failed points$'
	runner FAKE_GUEST=xfail_bug LEVEL=1
	expect_end 1 1 1 0
	expect_line '^not ok 2 l1\.fake\.victim # kernel log: BUG: KASAN'
}

# all skipped is exit status 4
test_all_skip() {
	printf 'first 5 1,2 main\n' >suites/fake/tests.list
	runner FAKE_GUEST=all_skip
	expect_end 4 0 0 2
}

# a test that runs out of time fails
test_timeout() {
	runner FAKE_GUEST=timeout
	expect_end 1 2 2 0
	expect_line '^not ok 2 l1\.fake\.victim # TIMEOUT 1 seconds$'
}

# a test that dies of a signal fails
test_killed() {
	runner FAKE_GUEST=killed
	expect_end 1 2 2 0
	expect_line '^not ok 2 l1\.fake\.victim # killed by signal 11$'
}

# BUG in the kernel's log fails a test that passes otherwise
test_bug_in_dmesg() {
	runner FAKE_GUEST=bug
	expect_end 1 2 2 0
	expect_line '^not ok 2 l1\.fake\.victim # kernel log: BUG: KASAN: slab-use-after-free in foo$'
}

# what the oracle finds after a test fails it, in words
test_oracle_finding() {
	runner FAKE_GUEST=oracle LEVEL=1
	expect_end 1 1 1 0
	expect_line '^not ok 2 l1\.fake\.victim # the oracle has 1 findings: stale IOTLB entry: 00:06\.0 can read Left out by a layer that cannot be told'
	expect_line '^oracle +1 findings: .*/svahw\.findings$'
	grep -q -- '--findings' results/latest/svahw.cmd || unlike svahw.cmd 'no --findings' --findings
}

# ORACLE=0 turns it off, and the report says so
test_oracle_off() {
	runner ORACLE=0 LEVEL=1
	expect_end 0 2 0 0
	expect_line '^oracle +off$'
	grep -q -- '--no-oracle' results/latest/svahw.cmd || unlike svahw.cmd 'no --no-oracle' --no-oracle
	runner ORACLE=yes
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message 'ORACLE=yes: want 0 or 1'
}

# a defect in L1's log during a test of L2 fails that test
test_bug_in_l1_during_l2() {
	runner FAKE_GUEST=l1_bug TEST=l2.fake.victim
	expect_end 1 0 1 0
	expect_line '^not ok 1 l2\.fake\.victim # kernel log: L1: DMAR'
}

# a defect after the last test fails the run
test_bug_after_tests() {
	runner FAKE_GUEST=late_bug LEVEL=1
	expect_end 1 2 1 0
	expect_line '^not ok 3 l1\.kernel # kernel log: WARNING: suspicious RCU usage$'
}

# a test without a plan fails
test_no_test_plan() {
	runner FAKE_GUEST=no_test_plan
	expect_end 1 2 2 0
	expect_line '^not ok 2 l1\.fake\.victim # no plan$'
}

# a test that does less than it planned fails
test_bad_test_plan() {
	runner FAKE_GUEST=bad_test_plan
	expect_end 1 2 2 0
	expect_line '^not ok 2 l1\.fake\.victim # planned 2 points, got 1$'
}

# exit status 0 does not hide a failed point
test_lying_status() {
	runner FAKE_GUEST=lying_status
	expect_end 1 2 2 0
	expect_line '# exit=0 in spite of 1 failed points$'
}

# a guest that planned something else than was ordered fails
test_bad_plan() {
	runner FAKE_GUEST=bad_plan LEVEL=1
	expect_end 1 2 1 0
	expect_line '^not ok 3 l1\.plan # L1 planned 3, 2 tests were ordered$'
}

# escape sequences of a guest do not reach the terminal
test_binary_output() {
	runner FAKE_GUEST=binary
	expect_end 0 4 0 0
	expect_line '^# # \[2Jclears  the screen$'
}
