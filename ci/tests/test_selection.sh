# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Which tests are run, how often, and in which machine.

# check_job [NAME=VALUE...]: as runner, with the job of make check.
check_job() {
	STATUS=0
	timeout 20 env "$@" "$TOP/ci/run" --job check >out 2>err </dev/null || STATUS=$?
}

# jobs: a test of every job, in a second collection.
jobs() {
	mkdir suites/other
	printf '%s\n' '# of every run' 'quick 1 1 main' '# of a check' 'usual 1 1 check' '# takes long' \
		'long 1 1 full' >suites/other/tests.list
}

# expect_results NAME...: these, in this order, and no other.
expect_results() {
	local seen

	seen=$(sed -nE 's/^(not )?ok [0-9]+ ([^ ]+).*/\2/p' out | paste -s -d ' ')
	[[ $seen == "$*" ]] || unlike results "$seen" "$*"
}

# COLLECTION:TEST is that test at every level
test_collection_and_test() {
	jobs
	runner TEST=fake:first
	expect_end 0 2 0 0
	expect_results l1.fake.first l2.fake.first
	runner TEST='other:*'
	expect_results l1.other.quick l1.other.usual l1.other.long
}

# COLL selects collections, and one that is not there is an error
test_coll() {
	jobs
	check_job COLL=other
	expect_results l1.other.quick l1.other.usual
	check_job COLL=other,fake TEST='*:*t' LEVEL=1
	expect_results l1.fake.first
	check_job COLL=others
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message 'COLL=others: no such collection'
}

# QUICK runs less than a check, FULL more
test_quick_and_full() {
	jobs
	check_job LEVEL=1
	expect_results l1.fake.first l1.fake.victim l1.other.quick l1.other.usual
	check_job LEVEL=1 QUICK=1
	expect_results l1.fake.first l1.fake.victim l1.other.quick
	check_job LEVEL=1 FULL=1
	expect_results l1.fake.first l1.fake.victim l1.other.quick l1.other.usual l1.other.long
	grep -q '^1 run l1\.other\.long .* SVAKIT_FULL=1 /suites/other/long$' results/latest/job ||
		unlike job "$(<results/latest/job)" SVAKIT_FULL=1
	check_job LEVEL=1 FULL=1 QUICK=1
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
}

# REPEAT runs each test several times in one boot, under names of their own
test_repeat() {
	runner REPEAT=3 TEST='fake:first l1.fake.victim' LEVEL=1
	expect_end 0 6 0 0
	expect_results l1.fake.first.1 l1.fake.first.2 l1.fake.first.3 \
		l1.fake.victim.1 l1.fake.victim.2 l1.fake.victim.3
	runner REPEAT=3 TEST=l1.fake.first.2
	expect_results l1.fake.first.2
	runner REPEAT=0
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
}

# killers: tests that end their guest, between others.
killers() {
	printf '%s\n' '# passes' 'first 1 2 main' '# ends its guest' 'victim 1 2 main' '# passes' \
		'second 1 2 main' '# passes' 'third 1 2 main' >suites/fake/tests.list
}

# a test that ends its guest costs only itself: the others run in another machine
test_again() {
	killers
	runner FAKE_GUEST=panic
	expect_end 1 3 1 0
	expect_results l2.fake.first l2.fake.victim l2.fake.second l2.fake.third
	expect_line '^1\.\.4$'
	expect_line '^not ok 2 l2\.fake\.victim # L2 panicked'
	[[ $(grep -c '^ok 4 l2\.fake\.third$' results/latest/ktap) == 1 ]] || unlike ktap "$(<results/latest/ktap)" 'all of it'
	grep -q 'TEST=l2.fake.victim ' results/latest/repro.sh || unlike repro "$(<results/latest/repro.sh)" 'the one that failed'
}

# each round may end its guest; each costs one machine
test_again_and_again() {
	killers
	runner FAKE_GUEST=panic REPEAT=2
	expect_end 1 6 2 0
	[[ $(grep -c '^L1 boots$' results/latest/l1-console.log) == 1 ]] || unlike 'boots' many one
	[[ $(find results/ -name l1-console.log | wc -l) == 3 ]] || unlike 'machines' "$(find results/ -name l1-console.log)" 3
}

# a guest in which no test has begun is not tried again
test_again_needs_progress() {
	runner FAKE_GUEST=panic TEST='fake:victim' LEVEL=1
	expect_end 1 0 1 0
	[[ ! -e results/latest/again ]] || unlike machines two one
}

# a failure of the rig is not the end of a guest
test_not_again() {
	runner FAKE_GUEST=dead_mid_run
	expect_end 2 1 3 0
	[[ ! -e results/latest/again ]] || unlike machines two one
}
