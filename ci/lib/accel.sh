# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The accelerator of L1's QEMU. /dev/kvm can exist and still not run a kernel,
# so ACCEL=auto boots the guest's kernel under KVM and waits for its first event.

KVM_PROBE_LIMIT=10

# accel_choose: sets ACCEL_USED to kvm or tcg, and ACCEL_WHY.
accel_choose() {
	STAGE='choose accelerator'
	ACCEL_USED=$ACCEL
	ACCEL_WHY="ACCEL=$ACCEL"
	[[ $ACCEL == auto ]] || return 0
	if ! kvm_openable; then
		ACCEL_USED=tcg
		ACCEL_WHY="/dev/kvm $KVM_WHY"
		return 0
	fi
	accel_cached || accel_probe
}

# kvm_openable: fails when /dev/kvm cannot be opened, and sets KVM_WHY.
kvm_openable() {
	KVM_WHY='does not exist'
	[[ -c /dev/kvm ]] || return 1
	KVM_WHY="may not be opened by user $(id -un)"
	[[ -r /dev/kvm && -w /dev/kvm ]]
}

# accel_cached: take the answer of an earlier probe of this boot, QEMU and kernel.
accel_cached() {
	local key

	key=$({
		cat /proc/sys/kernel/random/boot_id
		stat -Lc '%n %s %Y' "${IMAGE[qemu]}" "${IMAGE[l1_kernel]}"
		printf '%s\n' "${IMAGE[qemu_version]:-}"
	} | cache_key)
	ACCEL_CACHE=$CACHE/accel/$key
	[[ -r $ACCEL_CACHE ]] || return 1
	{ read -r ACCEL_USED && read -r ACCEL_WHY; } <"$ACCEL_CACHE" || return 1
	[[ $ACCEL_USED == kvm || $ACCEL_USED == tcg ]]
}

# accel_probe: boot under KVM, and keep what came out.
accel_probe() {
	say "trying whether KVM can boot the guest's kernel here"
	if kvm_boots; then
		ACCEL_USED=kvm
		ACCEL_WHY='KVM boots the kernel'
	else
		ACCEL_USED=tcg
		ACCEL_WHY="/dev/kvm is there, but $KVM_WHY"
	fi
	cache_put "$ACCEL_CACHE" "$ACCEL_USED" "$ACCEL_WHY"
}

# kvm_boots: fails when PID 1 says no hello in time, and sets KVM_WHY.
kvm_boots() {
	local -a args=(
		"${IMAGE[qemu]}" -nodefaults -display none -no-reboot
		-M "q35,accel=kvm" -cpu "$(machine_cpu kvm)" -m 512M
		-device virtio-serial-pci
		-chardev "$(machine_chardev events "$RUN_DIR/events")"
		-device "virtserialport,chardev=events,name=svakit.events"
		-kernel "${IMAGE[l1_kernel]}" -initrd "${IMAGE[l1_initrd]}"
		-append 'panic=-1 svakit.level=1'
	)

	child_start kvm "${args[@]}" </dev/null >"$RUN_DIR/kvm.log" 2>&1
	deadline_set "$KVM_PROBE_LIMIT"
	KVM_WHY="it boots no kernel within $KVM_PROBE_LIMIT s"
	while event_next; do
		case $EVENT in
		'1 hello'*)
			child_stop kvm
			return 0
			;;
		'0 exit kvm'*)
			child_exit_seen "$EVENT"
			KVM_WHY="QEMU ended: $(tail -n 1 "$RUN_DIR/kvm.log")"
			return 1
			;;
		esac
	done
	child_stop kvm
	return 1
}
