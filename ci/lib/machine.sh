# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The two machines as QEMU command lines, and the job file that both guests read.
#
# L1: 00:05.0 VT-d function, 00:06.0 accelerator, both served by svahw.

L1_MEMORY=2G
L1_CPUS=2
# All of it is pinned for the device, page by page, before L2 starts: as little as will do.
# KASAN needs its share.
L2_MEMORY=$([[ $DEBUG == 1 ]] && printf 768M || printf 256M)
ACCEL_BDF=00:06.0

# machine_cmdline LEVEL: the kernel's command line.
machine_cmdline() {
	# Interrupt remapping would map the unit before PCI places its BAR, and move it away.
	# lastbus: everything is on bus 0; the scan of 255 others takes 3 s in L2 under TCG.
	# strict: an unmap is complete only when the device has forgotten the page.
	local line="console=ttyS0 panic=-1 intel_iommu=on,sm_on iommu.strict=1 pci=lastbus=0 svakit.level=$1"

	# A KVM whose TSC was calibrated twice with different results gives L2 a clock that is wrong:
	# docs/findings.md. TCG on a busy machine makes that likely.
	# vgif: the same page, "L2 spins with interrupts off".
	(($1 == 2)) || line+=' tsc=reliable kvm.tsc_tolerance_ppm=100000 kvm_amd.vgif=0'
	(($1 == 2)) || line+=' intremap=off iommufd.allow_unsafe_interrupts=1'
	# V=1 shows the whole boot of L1. That of L2 would go through L1 byte by byte, and take a minute.
	[[ -n $V && $1 == 1 ]] || line+=' quiet'
	printf '%s\n' "$line"
}

# machine_cpu ACCEL: TCG's SVM lets L1 run L2 under KVM; without la57 four levels are enough.
machine_cpu() {
	[[ $1 == kvm ]] && printf 'host,la57=off' || printf 'max,la57=off'
}

# machine_chardev ID FILE: output of a guest goes to FILE; FIFOs and logs alike.
machine_chardev() {
	# A comma ends an option of QEMU, two are one.
	printf 'file,id=%s,path=%s' "$1" "${2//,/,,}"
}

vfio_user_device() {
	local path=${1//\\/\\\\}

	printf '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"%s"},"addr":"%s"}' \
		"${path//\"/\\\"}" "$2"
}

# machine_l1_devices: sets L1_ARGS, all that decides where firmware puts the BARs.
machine_l1_devices() {
	L1_ARGS=(
		"${IMAGE[qemu]}" -nodefaults -display none -no-reboot
		-M "q35,accel=$ACCEL_USED,memory-backend=mem" -cpu "$(machine_cpu "$ACCEL_USED")"
		-smp "$L1_CPUS" -m "$L1_MEMORY"
		-object "memory-backend-memfd,id=mem,size=$L1_MEMORY,share=on"
		-device "$(vfio_user_device "$RUN_DIR/vtd.sock" 05.0)"
		-device "$(vfio_user_device "$RUN_DIR/accel.sock" 06.0)"
		-device "virtio-serial-pci,addr=07.0"
	)
	((LEVEL == 2)) || return 0
	L1_ARGS+=(
		-drive "if=none,id=vmm,format=raw,readonly=on,file=${IMAGE[vmm]//,/,,}"
		-device "virtio-blk-pci,addr=08.0,drive=vmm,serial=vmm"
		-drive "if=none,id=guest,format=raw,readonly=on,file=${IMAGE[guest]//,/,,}"
		-device "virtio-blk-pci,addr=09.0,drive=guest,serial=guest"
	)
}

# machine_l1_run: adds to L1_ARGS what a run needs beyond the devices.
machine_l1_run() {
	L1_ARGS+=(
		-acpitable "file=${RUN_DIR//,/,,}/dmar"
		-chardev "$(machine_chardev events "$RUN_DIR/events")"
		-device "virtserialport,chardev=events,name=svakit.events"
		-fw_cfg "name=opt/org.svakit/job,file=${RUN_DIR//,/,,}/job"
		-kernel "${IMAGE[l1_kernel]}" -initrd "${IMAGE[l1_initrd]}"
		-append "$(machine_cmdline 1)"
	)
	((LEVEL == 2)) || return 0
	# What L2's QEMU writes into these ports of L1 comes out here.
	L1_ARGS+=(
		-device "virtserialport,chardev=l2console,name=svakit.l2console"
		-chardev "$(machine_chardev l2events "$RUN_DIR/events")"
		-device "virtserialport,chardev=l2events,name=svakit.l2events"
	)
}

# machine_consoles_to_files: both consoles are logs.
machine_consoles_to_files() {
	L1_ARGS+=(
		-chardev "$(machine_chardev l1console "$RESULT_DIR/l1-console.log")"
		-serial chardev:l1console
	)
	((LEVEL == 2)) || return 0
	L1_ARGS+=(-chardev "$(machine_chardev l2console "$RESULT_DIR/l2-console.log")")
}

# machine_l2 SHELL-LEVEL: sets L2_ARGS. Its console is written only, but for a shell there.
# PID 1 of L1 starts it stopped (-S), and adds a monitor through which it lets it go.
machine_l2() {
	local kind=file

	[[ $1 != 2 ]] || kind=pipe
	L2_ARGS=(
		/vmm/qemu -nodefaults -display none -no-reboot
		-M "q35,accel=kvm,kernel-irqchip=split" -cpu "host,la57=off" -smp 1 -m "$L2_MEMORY"
		# The vIOMMU comes before the devices that it translates.
		-device "intel-iommu,scalable-mode=on,fsts=on,pasid-bits=20,device-iotlb=on,caching-mode=on,svm=on"
		-object "iommufd,id=iommufd0"
		-device "vfio-pci,host=0000:$ACCEL_BDF,iommufd=iommufd0"
		-chardev "$kind,id=console,path=/dev/virtio-ports/svakit.l2console"
		-serial chardev:console
		-device virtio-serial-pci
		-chardev "file,id=events,path=/dev/virtio-ports/svakit.l2events"
		-device "virtserialport,chardev=events,name=svakit.events"
		-fw_cfg "name=opt/org.svakit/job,file=/sys/firmware/qemu_fw_cfg/by_name/opt/org.svakit/job/raw"
		-kernel /guest/kernel -initrd /guest/initrd
		-append "$(machine_cmdline 2)"
	)
}

# job_write SHELL-LEVEL: the job file: TESTS, then an interactive shell if a level is given.
job_write() {
	local shell_level=$1 name level

	{
		# A benchmark is not to pay for counting descriptors.
		[[ ${TEST_JOB[${TESTS[0]:-none}]:-} != bench ]] || printf '%d quiet\n' 1 2
		for name in ${TESTS[@]+"${TESTS[@]}"}; do
			[[ $name == native.* ]] && level=1 || level=2
			printf '%d run %s %d %s\n' "$level" "${name#*.}" "${TEST_LIMIT[$name]}" \
				"${TEST_ARGV[$name]}"
		done
		if job_needs_l2 "$shell_level"; then
			printf '1 guest %d\n' "$(job_l2_limit "$shell_level")"
			machine_l2 "$shell_level"
			printf '1 vmm %s\n' "${L2_ARGS[@]}"
		fi
		[[ -z $shell_level ]] || printf '%d shell\n' "$shell_level"
	} >"$RUN_DIR/job"
}

# job_needs_l2 SHELL-LEVEL: is there anything to do in L2?
job_needs_l2() {
	tests_of_level 2
	[[ $1 == 2 ]] || ((${#LEVEL_TESTS[@]} > 0))
}

# job_l2_limit SHELL-LEVEL: seconds that L1 gives L2 as a whole; a shell has a day.
job_l2_limit() {
	local limit=$((L2_BOOT_LIMIT + SHUTDOWN_LIMIT)) name

	tests_of_level 2
	for name in ${LEVEL_TESTS[@]+"${LEVEL_TESTS[@]}"}; do
		limit=$((limit + ${TEST_LIMIT[$name]} + TEST_GRACE))
	done
	[[ -z $1 ]] || limit=86400
	printf '%d\n' "$limit"
}
