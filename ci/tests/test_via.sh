# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The function itself and mediated devices: which tests run, and what the guests are told.

# all_levels: tests of every level, and one that needs a mediated device.
all_levels() {
	printf '%s\n' '# always passes' 'first 1 1,2,m main arg' '# what FAKE_GUEST says' \
		'victim 1 m main' >suites/fake/tests.list
}

# expect_job REGEX, expect_no_job REGEX: in the job file of the last run.
expect_job() {
	grep -qE -- "$1" results/latest/job || unlike 'job' "$(<results/latest/job)" "$1"
}

expect_no_job() {
	! grep -E -- "$1" results/latest/job >found || unlike 'job' "$(<found)" "no $1"
}

# by default one L2 has the function and the mediated devices, and runs the tests of both
test_via_both() {
	all_levels
	runner
	expect_end 0 4 0 0
	expect_line '^ok 2 l2\.fake\.first$'
	expect_line '^ok 4 l2m\.fake\.victim$'
	expect_line '^VIA +both: the function 00:06\.0, svakit_mdev-q4, svakit_mdev-q2 of 00:0a\.0$'
	expect_job '^1 parent 0000:00:0a\.0$'
	expect_job '^1 pf 0000:00:06\.0$'
	expect_job '^1 mdev [0-9a-f-]{36} svakit_mdev-q4$'
	expect_job '^1 vmm vfio-pci,host=0000:00:06\.0,iommufd=iommufd0,addr=03\.0$'
	expect_job '^1 vmm vfio-pci,id=mdev0,fd=20,iommufd=iommufd0,addr=04\.0$'
	expect_job '^1 vmm vfio-pci,id=mdev1,fd=21,iommufd=iommufd0,addr=05\.0$'
	[[ $(grep -c '^1 guest ' results/latest/job) == 1 ]] || unlike 'L2 boots' "$(<results/latest/job)" one
}

# each test has its full name in the job, and finds its devices by the environment
test_job_lines() {
	all_levels
	runner
	expect_job '^1 run l1\.fake\.first 1 SVAKIT_DEVICE=0000:00:06\.0 SVAKIT_SEED=[0-9]+ /suites/fake/first arg$'
	expect_job '^2 run l2\.fake\.first 1 SVAKIT_DEVICE=0000:00:03\.0 SVAKIT_SEED=[0-9]+ /suites/fake/first arg$'
	expect_job '^2 run l2m\.fake\.first 1 SVAKIT_DEVICE=0000:00:04\.0 SVAKIT_DEVICE_2=0000:00:05\.0 SVAKIT_SEED=[0-9]+ /suites/fake/first arg$'
	expect_job '^2 run l2m\.fake\.victim 1 .* /suites/fake/victim$'
}

# VIA=pf: the function alone
test_via_pf() {
	all_levels
	runner VIA=pf
	expect_end 0 2 0 0
	expect_line '^VIA +pf: the function 00:06\.0$'
	expect_job '^1 pf '
	expect_no_job 'mdev [0-9a-f]|id=mdev|run l2m'
	grep -q '^setting: VIA=pf$' results/latest/environment.txt || unlike environment 'no VIA=pf' VIA=pf
}

# VIA=mdev: mediated devices alone, the function stays in L1
test_via_mdev() {
	all_levels
	runner VIA=mdev
	expect_end 0 3 0 0
	expect_job '^1 mdev '
	expect_no_job '^1 pf|host=0000|run guest'
}

# a selection decides, too, what L2 gets
test_via_selection() {
	all_levels
	runner TEST='l2m.fake.*'
	expect_end 0 2 0 0
	expect_no_job '^1 pf|run native'
	runner TEST='l2.fake.*,l1.fake.*'
	expect_end 0 2 0 0
	expect_no_job '^1 mdev'
	runner VIA=pf TEST='l2m.fake.first'
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message "no test of LEVEL=2 VIA=pf matches TEST='l2m.fake.first'"
}

# a wrong VIA is named with what there is
test_via_wrong() {
	runner VIA=vf
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message 'error in stage "start": VIA=vf: want pf, mdev or both'
}

# repro.sh of a failure on a mediated device runs just that
test_via_repro() {
	all_levels
	runner FAKE_GUEST=fail
	expect_end 1 3 1 0
	expect_line '^not ok 4 l2m\.fake\.victim # exit=1$'
	STATUS=0
	results/latest/repro.sh >out 2>err || STATUS=$?
	expect_end 0 1 0 0
	expect_line '^ok 1 l2m\.fake\.victim$'
	expect_job '^2 run l2m\.fake\.victim '
}

# L2 gets a slot for hotplug if a test is given the port, and only then
test_hotplug_job() {
	printf '%s\n' 'first 1 2,m main' 'victim 1 m check 0000:01:00.0 /dev/virtio-ports/svakit.hotplug' \
		>suites/fake/tests.list
	runner
	expect_end 0 2 0 0
	expect_no_job 'hotplug|pcie-root-port'
	runner TEST='l2m.fake.*'
	expect_end 0 2 0 0
	expect_job '^1 hotplug [0-9a-f-]{36} svakit_mdev-q1$'
	expect_job '^1 vmm pcie-root-port,id=slot0,'
	expect_job '^1 vmm virtserialport,chardev=hotplug,name=svakit\.hotplug$'
}

# without mediated devices in L1's kernel their tests are skipped, the others run
test_no_mdev() {
	all_levels
	runner FAKE_PREPARE=no_mdev
	expect_end 0 2 0 2
	expect_line '^ok 1 l2m\.fake\.first # SKIP no mediated devices: no CONFIG_VFIO_MDEV$'
	expect_no_job 'mdev|parent'
	runner FAKE_PREPARE=no_mdev TEST='l2m.fake.*'
	expect_end 4 0 0 2
	expect_no_job 'guest'
}

# a level that does not exist is an error, not a test less
test_wrong_levels() {
	printf 'first 1 1,3 main\n' >suites/fake/tests.list
	runner
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message "'first 1 1,3 main' is no test"
}

# a guest that runs a test of the other guest fails
test_wrong_guest() {
	runner FAKE_GUEST=wrong_guest
	expect_end 1 4 1 0
	expect_line '^not ok 1 l1\.plan # started l2\.fake\.victim, which was not ordered$'
}

# both accelerators are there whatever is run, so that the address is learned once
test_two_accelerators() {
	runner VIA=pf
	grep -q '/accel\.sock.*addr.*06\.0' results/latest/qemu.cmd || unlike qemu.cmd 'no 06.0' 06.0
	grep -q '/accel-2\.sock.*addr.*0a\.0' results/latest/qemu.cmd || unlike qemu.cmd 'no 0a.0' 0a.0
	grep -q 'accel-bdf 00:06\.0' results/latest/svahw.cmd || unlike svahw.cmd 'no 00:06.0' 00:06.0
	grep -q 'accel-bdf 00:0a\.0' results/latest/svahw.cmd || unlike svahw.cmd 'no 00:0a.0' 00:0a.0
	runner VIA=mdev TEST='l1.fake.*'
	runner VIA=both
	! grep -q 'learning' err || unlike messages 'learning again' 'the address of the first run'
}

# make doctor names a kernel that has no mediated devices
test_doctor_no_mdev() {
	mkdir -p kernel
	cp "$TOP/guest-images/kernel/required.config" kernel/.config
	STATUS=0
	env KERNEL="$PWD/kernel" "$TOP/ci/doctor" >out 2>err || STATUS=$?
	expect_line '^optional +KERNEL=.*/kernel lacks CONFIG_VFIO_MDEV$'
	printf 'CONFIG_VFIO_MDEV=m\n' >>kernel/.config
	env KERNEL="$PWD/kernel" "$TOP/ci/doctor" >out 2>err || STATUS=$?
	! grep -q 'CONFIG_VFIO_MDEV' out || unlike doctor 'names CONFIG_VFIO_MDEV' 'nothing'
}

# a test of L1 that starts VMs is told how, by the words with which L2's VMM begins, and there need be no L2
test_vmm_job() {
	printf '%s\n' 'first 1 1,2 main' 'victim 1 1 check /run/vmm' >suites/fake/tests.list
	runner TEST='l1.fake.*'
	expect_end 0 2 0 0
	expect_job '^1 machine /vmm/qemu$'
	expect_no_job '^1 (guest|vmm|pf) '
	runner TEST='l1.fake.victim' LEVEL=1
	expect_end 0 1 0 0
	expect_no_job '^1 machine'
	runner TEST='l1.fake.first'
	expect_no_job '^1 machine'
	runner TEST='l2.fake.first'
	expect_job '^1 machine /vmm/qemu$'
	expect_job '^1 vmm vfio-pci,'
}
