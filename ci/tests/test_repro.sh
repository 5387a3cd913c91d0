# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# make repro: a test again, as it was run when it failed.

# reproducer [NAME=VALUE...]: as runner, with ci/repro.
reproducer() {
	STATUS=0
	timeout 20 env "$@" "$TOP/ci/repro" >out 2>err </dev/null || STATUS=$?
}

# it takes seed and settings of the run in which the test failed, not of one that came after
test_repro_as_then() {
	runner FAKE_GUEST=fail SEED=77 LEVEL=1 INJECT=lose,count=2
	runner SEED=88 LEVEL=1
	reproducer TEST=fake:victim LEVEL=
	expect_end 0 1 0 0
	expect_line '^faults +lose,count=2, seed 77$'
	expect_message '^svakit: as in .*, seed 77$'
	expect_line '^ok 1 l1\.fake\.victim$'
}

# what is given counts more
test_repro_given() {
	runner FAKE_GUEST=fail SEED=77 LEVEL=1
	reproducer TEST=l1.fake.victim SEED=99
	expect_line '^faults +none, seed 99$'
}

# a test that has never been run is run
test_repro_of_nothing() {
	reproducer TEST=l1.fake.first SEED=5
	expect_end 0 1 0 0
	expect_message 'it has not been run yet; seed 5'
	reproducer
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message 'which test\?'
}

# both consoles are seen, and are in their logs all the same
test_repro_consoles() {
	reproducer FAKE_GUEST=panic TEST=l2.fake.victim
	expect_end 1 0 1 0
	expect_message '^L1\| L1 boots$'
	expect_message '^L2\| Kernel panic - not syncing'
	grep -q '^L1 boots$' results/latest/l1-console.log || unlike 'l1-console.log' "$(<results/latest/l1-console.log)" 'L1 boots'
}

# GDB=1: both machines wait, and the way to each is said
test_repro_gdb() {
	reproducer GDB=1 TEST=l2.fake.first
	expect_end 0 1 0 0
	expect_message "L1 waits: gdb .* -ex 'target remote /.*/gdb\.l1', then continue"
	grep -q '^1 wait$' results/latest/job || unlike job "$(<results/latest/job)" wait
	grep -qF 'gdb.l1\,server=on' results/latest/qemu.cmd || unlike QEMU "$(<results/latest/qemu.cmd)" 'a gdb stub'
	grep -qx '1 vmm chardev:debugger' results/latest/job || unlike job "$(<results/latest/job)" 'a gdb stub'
}
