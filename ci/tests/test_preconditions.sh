# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# ci/preconditions: hardware that lacks something, and what has to come of it.

# preconditions [NAME...]: ci/preconditions with the script of standard input in place of ci/run.
preconditions() {
	{
		printf '#!/bin/bash\n'
		cat
	} >fake_run
	chmod +x fake_run
	STATUS=0
	timeout 20 env RUNNER="$WORK/fake_run" "$TOP/ci/preconditions" "$@" >out 2>err </dev/null || STATUS=$?
}

# what binding makes of each piece of hardware is a result
test_preconditions_results() {
	preconditions no_ats hw.no_pasid <<'END'
printf '%s %s %s\n' "$*" "$HW" "$TEST" >>runs
echo '# binding, expecting -95: -95'
END
	[[ $STATUS == 0 ]] || unlike 'exit status' "$STATUS" 0
	expect_line '^1\.\.2$'
	expect_line '^ok 1 hw\.no_ats$'
	expect_line '^ok 2 hw\.no_pasid$'
	[[ $(<runs) == "--job check --no-ats precondition:capabilities
--job check --pasid-width=0 precondition:capabilities" ]] || unlike runs "$(<runs)" 'no_ats, no_pasid'
}

# an errno that the test took from wrong hardware, and a test that failed, are failures
test_preconditions_fail() {
	preconditions no_smpwc <<<'echo "# binding, expecting 0: 0"'
	[[ $STATUS == 1 ]] || unlike 'exit status' "$STATUS" 1
	expect_line '^not ok 1 hw\.no_smpwc # the test did not expect -19: expecting 0$'
	preconditions no_smpwc <<<'echo "not ok 1 l1.precondition.capabilities # exit=1"; exit 1'
	[[ $STATUS == 1 ]] || unlike 'exit status' "$STATUS" 1
	expect_line '^not ok 1 hw\.no_smpwc # l1\.precondition\.capabilities # exit=1$'
}

# a rig that fails is one, and a name that does not exist
test_preconditions_rig() {
	preconditions no_smpwc <<<'echo "svakit: no QEMU" >&2; exit 2'
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_line '^not ok 1 hw\.no_smpwc # rig: svakit: no QEMU$'
	preconditions no_such <<<'exit 0'
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message 'there is no hw\.no_such'
}

# what is of L1's kernel goes to its command line
test_preconditions_kernel() {
	preconditions denied_id allowed_id <<'END'
printf '%s;%s\n' "$HW" "$APPEND" >>runs
echo '# binding, expecting 0: 0'
END
	[[ $STATUS == 0 ]] || unlike 'exit status' "$STATUS" 0
	[[ $(<runs) == "--accel-id=1b36:5fd1,8086:0b25;
--accel-id=1b36:5fd1,8086:0b25;vfio_pci.disable_denylist=1" ]] || unlike runs "$(<runs)" 'one without, one with it'
}
