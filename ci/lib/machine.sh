# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The two machines as QEMU command lines.
#
# L1: 00:05.0 VT-d function (HW=--units=2: and 00:04.0), 00:06.0 and 00:0a.0 accelerators, all served by svahw.
# L2: the first accelerator at 00:03.0, mediated devices of the second at 00:04.0 and 00:05.0, its job at 00:08.0.

L1_MEMORY=2G
L1_CPUS=$((EXACT == 1 ? 1 : 2))
# All of it is pinned for the device, page by page, before L2 starts: as little as will do. The
# initramfs with all test programs has to fit into half of what it leaves of it.
# KASAN needs its share.
L2_MEMORY=$([[ $DEBUG == 1 ]] && printf 768M || printf 320M)

# machine_place BDF BDF: where L1 sees the accelerators. L2 gets the first as a whole, and mediated
# devices of the second. Both are there in every run: firmware and the table of the remapping unit
# know one machine only.
machine_place() {
	ACCEL_BDFS=("$@")
	PF_BDF=0000:$1
	PARENT_BDF=0000:$2
	KIND_DEVICES[l1]="SVAKIT_DEVICE=$PF_BDF"
	# Two functions of one device.
	ONE_SLOT=
	[[ ${1%.*} != "${2%.*}" ]] || ONE_SLOT=yes
}

# The remapping units, as svahw calls them, and their functions.
UNITS=(vtd)
UNIT_SLOTS=(05.0 04.0)

# The mediated devices of L2: UUIDs, and types, of two sizes.
MDEVS=(5b0ac4f2-3a51-4c1c-9d57-6d1f4e0a0001 5b0ac4f2-3a51-4c1c-9d57-6d1f4e0a0002)
MDEV_TYPES=(svakit_mdev-q4 svakit_mdev-q2)
# PID 1 of L1 opens them, and L2's QEMU inherits them from this descriptor on.
MDEV_FIRST_FD=20

# One more for hotplug, for a test that is given the port through which L2 asks for it.
HOTPLUG_MDEV=5b0ac4f2-3a51-4c1c-9d57-6d1f4e0a0003
HOTPLUG_TYPE=svakit_mdev-q1
HOTPLUG_PORT=/dev/virtio-ports/svakit.hotplug

# An emulated device of L2's, for a test that is given its address: it lets it go astray.
EDU_BDF=0000:00:07.0

# Where the tests of each kind find their devices (suites/lib/accel_device.h).
declare -A KIND_DEVICES=(
	[l2]="SVAKIT_DEVICE=0000:00:03.0"
	[l2m]="SVAKIT_DEVICE=0000:00:04.0 SVAKIT_DEVICE_2=0000:00:05.0"
)
machine_place 00:06.0 00:0a.0

# machine_cmdline LEVEL: the kernel's command line.
machine_cmdline() {
	local pci=lastbus=0

	# Interrupt remapping would map the unit before PCI places its BAR, and move it away.
	# lastbus: everything is on bus 0; the scan of 255 others takes 3 s in L2 under TCG.
	# strict: an unmap is complete only when the device has forgotten the page.
	local line="console=ttyS0 panic=-1 intel_iommu=on,sm_on iommu.strict=1 svakit.level=$1"

	# ACS of functions of one device: with request redirect they may use PASIDs, without completion
	# redirect they are one IOMMU group.
	[[ $1 == 2 || -z $ONE_SLOT ]] || pci+=",config_acs=01xx@${ACCEL_BDFS[0]};01xx@${ACCEL_BDFS[1]}"
	line+=" pci=$pci"
	# A KVM whose TSC was calibrated twice with different results gives L2 a clock that is wrong:
	# docs/findings.md. TCG on a busy machine makes that likely.
	(($1 == 2)) || line+=' tsc=reliable kvm.tsc_tolerance_ppm=100000'
	# Without interrupt remapping VFIO takes every device for unsafe, and refuses it.
	(($1 == 2)) || line+=' intremap=off iommufd.allow_unsafe_interrupts=1 vfio_iommu_type1.allow_unsafe_interrupts=1'
	# The kernel asks at boot whether the timer ticks by counting to four, and panics ("IO-APIC + timer
	# doesn't work!") if a busy host did not get round to it; under a hypervisor that it knows it does not ask.
	line+=' no_timer_check'
	# QEMU refuses an invalidation that reaches across a multiple of 2 GiB (docs/findings.md), and where a
	# program lies is a matter of luck: one in some thousand tests would meet it that is not about it.
	(($1 == 1)) || line+=' norandmaps'
	# V=1 shows the whole boot of L1. That of L2 would go through L1 byte by byte, and take a minute.
	[[ -n $V && $1 == 1 ]] || line+=' quiet'
	# The same addresses in each run.
	[[ $EXACT != 1 ]] || line+=' nokaslr norandmaps'
	# A debugger knows the addresses of vmlinux.
	[[ $GDB != 1 ]] || line+=' nokaslr'
	[[ $1 == 2 || -z $APPEND ]] || line+=" $APPEND"
	printf '%s\n' "$line"
}

# machine_cpu ACCEL: TCG's SVM lets L1 run L2 under KVM; without la57 four levels are enough.
# TCG emulates rep movsb and rep stosb a byte at a time, while ERMS and FSRM tell Linux and libc that
# these are fast: without the two, a run takes a second less. L2 inherits it.
machine_cpu() {
	[[ $1 == kvm ]] && printf 'host,la57=off' || printf 'max,la57=off,erms=off,fsrm=off'
}

# machine_chardev ID FILE: output of a guest goes to FILE; FIFOs and logs alike.
machine_chardev() {
	# A comma ends an option of QEMU, two are one.
	printf 'file,id=%s,path=%s' "$1" "${2//,/,,}"
}

# vfio_user_device SOCKET ADDRESS MORE: an option of QEMU, with MORE properties or none.
vfio_user_device() {
	local path=${1//\\/\\\\}

	printf '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"%s"},"addr":"%s"%s}' \
		"${path//\"/\\\"}" "$2" "$3$([[ $EXACT != 1 ]] || printf ',"x-no-posted-writes":true')"
}

# machine_svahw: sets SVAHW_DEVICES, options that say where L1 sees the accelerators.
machine_svahw() {
	local bdf

	SVAHW_DEVICES=()
	((${#UNITS[@]} == 1)) || SVAHW_DEVICES+=(--units "${#UNITS[@]}")
	for bdf in "${ACCEL_BDFS[@]}"; do
		SVAHW_DEVICES+=(--accel-bdf "$bdf")
	done
}

# machine_l1_devices: sets L1_ARGS, all that decides where firmware puts the BARs.
machine_l1_devices() {
	local i

	L1_ARGS=(
		"${IMAGE[qemu]}" -nodefaults -display none -no-reboot
		-M "q35,accel=$ACCEL_USED,memory-backend=mem" -cpu "$(machine_cpu "$ACCEL_USED")"
		-smp "$L1_CPUS" -m "$L1_MEMORY"
		-object "memory-backend-memfd,id=mem,size=$L1_MEMORY,share=on"
	)
	for i in "${!UNITS[@]}"; do
		L1_ARGS+=(-device "$(vfio_user_device "$RUN_DIR/${UNITS[i]}.sock" "${UNIT_SLOTS[i]}" '')")
	done
	for i in "${!ACCEL_BDFS[@]}"; do
		L1_ARGS+=(-device "$(vfio_user_device "$RUN_DIR/$(accel_socket "$i")" "${ACCEL_BDFS[i]#00:}" "${ONE_SLOT:+,\"multifunction\":true}")")
	done
	# Exact: what is written goes out before the next instruction, not when QEMU's other thread gets to it.
	L1_ARGS+=(-device "virtio-serial-pci,addr=07.0$([[ $EXACT != 1 ]] || printf ',ioeventfd=off')")
	((LEVEL == 2)) || return 0
	L1_ARGS+=(
		-drive "if=none,id=vmm,format=raw,readonly=on,file=${IMAGE[vmm]//,/,,}"
		-device "virtio-blk-pci,addr=08.0,drive=vmm,serial=vmm"
		-drive "if=none,id=guest,format=raw,readonly=on,file=${IMAGE[guest]//,/,,}"
		-device "virtio-blk-pci,addr=09.0,drive=guest,serial=guest"
	)
}

# machine_l1_exact: adds to L1_ARGS what makes an instruction a nanosecond, and a run like the other: idle
# time is skipped, random numbers begin with the same one, and the clock with the same date.
machine_l1_exact() {
	L1_ARGS+=(-icount "shift=0,sleep=off" -seed 1 -rtc "base=2026-01-01,clock=vm")
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
	[[ $EXACT != 1 ]] || machine_l1_exact
	((LEVEL == 2)) || return 0
	# What L2's QEMU writes into these ports of L1 comes out here.
	L1_ARGS+=(
		-device "virtserialport,chardev=l2console,name=svakit.l2console"
		-chardev "$(machine_chardev l2events "$RUN_DIR/events")"
		-device "virtserialport,chardev=l2events,name=svakit.l2events"
	)
}

# machine_consoles: both consoles are logs; with SHOW=1 on their way also seen.
machine_consoles() {
	local level

	L1_ARGS+=(-serial chardev:l1console)
	for ((level = 1; level <= LEVEL; level++)); do
		CONSOLE=$RESULT_DIR/l$level-console.log
		[[ $SHOW != 1 ]] || console_show "$level" "$CONSOLE"
		L1_ARGS+=(-chardev "$(machine_chardev "l${level}console" "$CONSOLE")")
	done
}

# machine_gdb: both machines wait for a debugger; L2's stub is reached through a port of L1. That
# has FIFOs at its end: L2's QEMU gives a port up to which nobody is connected yet.
machine_gdb() {
	local end=$RUN_DIR/gdb

	L1_ARGS+=(-gdb "unix:${end//,/,,}.l1,server=on,wait=off" -S)
	((LEVEL == 2)) || return 0
	mkfifo -m 600 "$end.l2.in" "$end.l2.out"
	L1_ARGS+=(
		-chardev "pipe,id=l2gdb,path=${end//,/,,}.l2"
		-device "virtserialport,chardev=l2gdb,name=svakit.gdb"
	)
}

# machine_l2_accelerators PF MDEV: adds to L2_ARGS the function, and the mediated devices, if yes.
machine_l2_accelerators() {
	local i

	[[ $1 != yes ]] || L2_ARGS+=(-device "vfio-pci,host=$PF_BDF,iommufd=iommufd0,addr=03.0")
	[[ $2 == yes ]] || return 0
	for i in "${!MDEVS[@]}"; do
		# By descriptor: to one that is named by its sysfs folder QEMU gives no host IOMMU, hence
		# no PASID. With an id: QEMU 11.1.3 crashes on a descriptor without one.
		L2_ARGS+=(-device "vfio-pci,id=mdev$i,fd=$((MDEV_FIRST_FD + i)),iommufd=iommufd0,addr=0$((4 + i)).0")
	done
}

# machine_l2_slot: adds to L2_ARGS a slot for hotplug, and the port through which L2 asks PID 1 of L1.
machine_l2_slot() {
	L2_ARGS+=(
		# PCI Express hotplug, not that of ACPI, which takes the slots of the board by default.
		-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off
		-device "pcie-root-port,id=slot0,chassis=1,addr=06.0"
		-chardev "socket,id=hotplug,path=/run/hotplug.sock,server=on,wait=off"
		-device "virtserialport,chardev=hotplug,name=${HOTPLUG_PORT##*/}"
	)
}

# machine_vmm: sets VMM_ARGS, what every VMM in L1 begins with: that of L2, and those that tests start.
machine_vmm() {
	VMM_ARGS=(
		/vmm/qemu -nodefaults -display none -no-reboot
		# Devices of the board that nobody uses: finding them takes the better part of a second.
		-M "q35,accel=kvm,kernel-irqchip=split,hpet=off,smbus=off,sata=off"
		-cpu "host,la57=off" -smp 1 -m "$L2_MEMORY"
		# The vIOMMU comes before the devices that it translates.
		-device "intel-iommu,scalable-mode=on,fsts=on,pasid-bits=20,device-iotlb=on,caching-mode=on,svm=on"
		-object "iommufd,id=iommufd0"
		-device "virtio-serial-pci,addr=02.0"
		# The job, a -drive of whoever starts it. Through fw_cfg that of a whole check takes half a minute:
		# each byte is an exit.
		-device "virtio-blk-pci,addr=08.0,drive=job,serial=job"
		-kernel /guest/kernel -initrd /guest/initrd
		-append "$(machine_cmdline 2)"
	)
}

# machine_l2 SHELL-LEVEL PF MDEV: sets L2_ARGS, which follow VMM_ARGS. Its console is written only, but for a
# shell there. PID 1 of L1 starts it stopped (-S), and adds a monitor through which it lets it go.
machine_l2() {
	local kind=file

	[[ $1 != 2 ]] || kind=pipe
	L2_ARGS=()
	machine_l2_accelerators "$2" "$3"
	L2_ARGS+=(
		-chardev "$kind,id=console,path=/dev/virtio-ports/svakit.l2console"
		-serial chardev:console
		-chardev "file,id=events,path=/dev/virtio-ports/svakit.l2events"
		-device "virtserialport,chardev=events,name=svakit.events"
		# Through which PID 1 of L2 lets that of L1 look for a missing invalidation.
		-chardev "socket,id=layers,path=/run/layers.sock,server=on,wait=off"
		-device "virtserialport,chardev=layers,name=svakit.layers"
		-drive "if=none,id=job,format=raw,readonly=on,file=/run/job"
	)
	[[ $GDB != 1 ]] || L2_ARGS+=(-chardev "pipe,id=debugger,path=/dev/virtio-ports/svakit.gdb" -gdb chardev:debugger)
}
