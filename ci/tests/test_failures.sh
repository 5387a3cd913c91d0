# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Guests, QEMU and svahw that do not live to the end of a run.

# a panic of L1 is named, and fails the test that ran; the others run in another machine
test_l1_panic() {
	runner FAKE_GUEST=panic
	expect_end 1 2 2 0
	expect_line '^ok 3 l2\.fake\.first$'
	expect_line '^not ok 4 l2\.fake\.victim # L2 panicked: '
	expect_line '^not ok 2 l1\.fake\.victim # L1 panicked: not syncing: Attempted to kill init!'
	expect_line '^# stage "L1 tests": L1 panicked'
}

# a panic of L2 is told from one of L1
test_l2_panic() {
	runner FAKE_GUEST=panic TEST='l2.fake.*'
	expect_end 1 1 1 0
	expect_line '^not ok 2 l2\.fake\.victim # L2 panicked: '
	expect_line 'last lines of .*l2-console\.log$'
}

# a guest that hangs in a test
test_hang() {
	runner FAKE_GUEST=hang
	expect_end 1 2 2 0
	expect_line '^not ok 2 l1\.fake\.victim # hang: .* \(while it ran\)$'
	expect_line '^# the last words of a console$'
}

# a guest that hangs after an oops: where that was
test_hang_after_oops() {
	runner FAKE_GUEST=oops TEST=l2.fake.victim
	expect_end 1 0 1 0
	expect_line 'hang: .*; L2 had said: BUG: kernel NULL pointer dereference, address: 0200, at a_function\+0xad/0x1f0'
}

# a guest that hangs in L2 is found by the stage of L2
test_l2_hang() {
	runner FAKE_GUEST=hang TEST=l2.fake.victim
	expect_end 1 0 1 0
	expect_line '^# stage "L2 tests": hang'
}

# a guest that hangs while it boots
test_boot_hang() {
	runner FAKE_GUEST=boot_hang
	expect_end 1 0 4 0
	expect_line '^# stage "L1 boot": hang'
}

# a guest that powers off in a test
test_power_off() {
	runner FAKE_GUEST=power_off
	expect_end 1 2 2 0
	expect_line '# L1 powered off or reset without a verdict'
}

# all tests pass, but the verdict is lost
test_lost_verdict() {
	runner FAKE_GUEST=no_verdict LEVEL=1
	expect_end 1 2 1 0
	expect_line '^not ok 3 l1\.machine # L1 powered off or reset without a verdict$'
}

# the same in L2, whose end L1 survives
test_lost_l2_verdict() {
	runner FAKE_GUEST=no_l2_verdict
	expect_end 1 4 1 0
	expect_line '^not ok 5 l2\.verdict # .*the verdict of L2 is missing$'
}

# L2's QEMU crashes in L1
test_vmm_dies() {
	runner FAKE_GUEST=vmm_dies TEST='l2.fake.*'
	expect_end 1 1 1 0
	expect_line "^not ok 2 l2\.fake\.victim # L2's QEMU ended: signal 11"
}

# QEMU that does not even start is an error of the rig, with its message
test_qemu_dead_at_start() {
	runner
	runner FAKE_GUEST=dead_at_start
	expect_end 2 0 4 0
	expect_message 'error in stage "L1 boot": L1.s QEMU ended with status 1: qemu: could not set up'
}

# QEMU that crashes in a test is an error of the rig
test_qemu_dead_mid_run() {
	runner FAKE_GUEST=dead_mid_run
	expect_end 2 1 3 0
	expect_message 'error in stage "L1 tests": L1.s QEMU ended with signal 11 \(SEGV\)'
}

# svahw that does not start is an error of the rig
test_svahw_dead_at_start() {
	runner
	runner FAKE_SVAHW=dead_at_start
	expect_end 2 0 4 0
	expect_message 'error in stage "svahw up": svahw ended with status 1'
	expect_line '^# svahw: error: cannot listen$'
}

# svahw that crashes under a running machine
test_svahw_dead_mid_run() {
	runner FAKE_SVAHW=dead_mid_run FAKE_GUEST=svahw_dies
	expect_end 2 1 3 0
	expect_message 'error in stage "L1 tests": svahw ended with signal 11 \(SEGV\) under a running machine'
}

# svahw that opens no sockets
test_svahw_never_ready() {
	runner
	runner FAKE_SVAHW=never_ready
	expect_end 2 0 4 0
	expect_message 'error in stage "svahw up": svahw opened no sockets in time'
}

# firmware placed the BAR elsewhere than learned: an error, and the next run is right
test_bar_moved() {
	runner FAKE_SVAHW=bar_moves
	expect_end 2 0 4 0
	expect_message 'BAR moved: the DMAR table says 0xfebf1000, firmware placed it at 0xfebf2000'
	runner FAKE_BAR=0xfebf2000
	expect_end 0 4 0 0
}

# Ctrl-C ends everything, with status 130
test_interrupt() {
	interrupt_run INT "$TOP/ci/run"
	[[ $STATUS == 130 ]] || unlike 'exit status' "$STATUS" 130
	expect_message 'interrupted'
}

# a TERM of the runner alone too, with status 143
test_terminate() {
	interrupt_run TERM "$TOP/ci/run"
	[[ $STATUS == 143 ]] || unlike 'exit status' "$STATUS" 143
}

# a reader that goes away ends the run, and everything with it
test_broken_pipe() {
	FAKE_GUEST=hang L1_BOOT_LIMIT=15 TEST_GRACE=15 "$TOP/ci/run" 2>err </dev/null | head -n 1 >out || :
	expect_line '^TAP version 13$'
}

# Ctrl-C of make check ends the run of the guests that is under way
test_interrupt_check() {
	interrupt_run INT "$TOP/ci/check" TEST='l1.fake.*'
	[[ $STATUS == 130 ]] || unlike 'exit status' "$STATUS" 130
	expect_message 'error in stage "L1 tests": interrupted'
}

# interrupt_run SIGNAL PROGRAM [NAME=VALUE...]: send it in the middle of a test. SIGINT goes to the
# whole process group, as from a terminal, another signal to the program alone.
interrupt_run() {
	local signal=$1 program=$2 pid target line

	shift 2
	mkfifo progress
	# As on a terminal: a process group of its own, and SIGINT at its default, which a shell has ignored by
	# what it starts in the background, and by all below that.
	set -m
	env --default-signal=INT "$@" FAKE_GUEST=hang L1_BOOT_LIMIT=15 TEST_GRACE=15 "$program" >progress 2>err </dev/null &
	pid=$!
	set +m
	exec {progress}<progress
	while read -r -t 15 -u "$progress" line; do
		[[ $line != '# l1.fake.victim'* ]] || break
	done
	target=$pid
	[[ $signal != INT ]] || target=-$pid
	kill -"$signal" -- "$target"
	STATUS=0
	wait "$pid" || STATUS=$?
	cat <&"$progress" >out
	! grep -E "warning|line [0-9]+:" err || unlike messages "$(<err)" "no complaint of the clean-up"
}
