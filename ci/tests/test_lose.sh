# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# LOSE=n, and ci/prove, which goes through many n. The fake victim has two invalidations to lose.

# prover [NAME=VALUE...] [-- ARGUMENT...]: as runner, with ci/prove in L1 alone.
prover() {
	local -a settings=()

	while (($# > 0)) && [[ $1 != -- ]]; do
		settings+=("$1")
		shift
	done
	STATUS=0
	timeout 60 env LEVEL=1 ${settings[@]+"${settings[@]}"} "$TOP/ci/prove" "${@:2}" >out 2>err </dev/null || STATUS=$?
}

# expect_proof STATUS
expect_proof() {
	[[ $STATUS == "$1" ]] || unlike 'exit status' "$STATUS" "$1"
}

# expect_lost TEXT: what the run has written down.
expect_lost() {
	[[ $(cat results/latest/lost) == "$1" ]] || unlike lost "$(cat results/latest/lost)" "$1"
}

# LOSE is told to each guest before each test, and what came of it is written down
test_lose() {
	runner LOSE=1 FAKE_GUEST=loss_seen TEST='l1.fake.* l2.fake.victim'
	expect_end 1 1 2 0
	[[ $(grep -A 1 ' lose 1$' results/latest/job) =~ '1 lose 1'.'1 run l1.fake.victim'.*'2 lose 1'.'2 run l2.fake.victim' ]] ||
		unlike job "$(cat results/latest/job)" 'a line "lose 1" before each test'
	expect_lost $'l1.fake.first pass 0 no\nl1.fake.victim fail 1 yes\nl2.fake.victim fail 1 yes'
	grep -q 'LOSE=1' results/latest/repro.sh || unlike repro.sh 'no LOSE' LOSE=1
}

# tests of the oracle lose what they choose themselves
test_lose_not_in_oracle() {
	mv suites/fake suites/oracle
	runner LOSE=0 LEVEL=1
	expect_end 0 2 0 0
	! grep -q lose results/latest/job || unlike job 'to lose' 'nothing to lose'
}

# LOSE is a number, and without an oracle nobody would see
test_lose_checked() {
	runner LOSE=many
	expect_message 'LOSE=many: want 0\.\.65535'
	runner LOSE=65536
	expect_message 'LOSE=65536: want'
	runner LOSE=1 ORACLE=0
	expect_message 'and ORACLE=1'
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
}

# a guest that is taken down by a loss: svahw has logged that there was one
test_lose_crash() {
	runner LOSE=0 FAKE_GUEST=loss_panics LEVEL=1 TEST='l1.fake.victim'
	expect_end 1 0 1 0
	expect_lost 'l1.fake.victim crash 1 no'
}

# each loss is seen: round after round until nothing is lost
test_prove() {
	prover FAKE_GUEST=loss_seen
	expect_proof 0
	expect_line '^ +0 +2 +0 +1 +1 +0 +1 +0$'
	expect_line '^ +1 +1 +0 +1 +1 +0 +1 +0$'
	expect_line '^ +2 +1 +0 +0 +0 +0 +0 +0$'
	! grep -qE '^ +3 ' out || unlike output 'a round with 3' 'two rounds and one without a loss'
}

# a test that stays green although one was lost is no proof
test_prove_green() {
	prover FAKE_GUEST=loss_green -- --last 0
	expect_proof 1
	expect_line '^ +0 +2 +0 +1 +0 +0 +0 +1$'
	expect_line '^not seen: LOSE=0 TEST=l1\.fake\.victim: a pass although one was lost: /.*/lose-0/'
	! grep -qE '^ +1 ' out || unlike output 'a round with 1' 'one round'
}

# what the kernel has sent twice cannot be found when one is lost
test_prove_moot() {
	prover FAKE_GUEST=loss_moot -- --last 1
	expect_proof 2
	expect_message 'nothing was lost at all'
	expect_line '^ +0 +2 +1 +0 +0 +0 +0 +0$'
	expect_line '^ +1 +1 +1 +0 +0 +0 +0 +0$'
}

# neither is one that fails for another reason
test_prove_unnamed() {
	prover FAKE_GUEST=loss_unnamed -- --last 0
	expect_proof 1
	expect_line '^ +0 +2 +0 +1 +1 +0 +0 +0$'
	expect_line '^not seen: LOSE=0 TEST=l1\.fake\.victim: failed, but the oracle did not name it'
}

# a guest that a loss takes down is red; what it did not begin is run again
test_prove_crash() {
	printf '%s\n' 'victim 1 1 main' 'last 1 1 main' >suites/fake/tests.list
	prover FAKE_GUEST=loss_panics
	expect_proof 0
	expect_line '^ +0 +2 +0 +1 +1 +1 +0 +0$'
	expect_line '^ +1 +1 +0 +1 +1 +1 +0 +0$'
}

# a model that never loses anything proves nothing, nor does a rig that fails
test_prove_nothing() {
	prover FAKE_GUEST=pass -- 'l1.fake.*'
	expect_proof 2
	expect_message 'nothing was lost at all'
	prover FAKE_SVAHW=dead_at_start
	expect_proof 2
	prover TEST=l1.fake.none
	expect_proof 2
	prover -- --first
	expect_proof 2
}
