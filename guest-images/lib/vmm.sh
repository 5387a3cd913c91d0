# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# L1's two disks: the VMM (QEMU with the libraries and the firmware that it
# opens, nothing else) and L2's kernel with its initramfs. EROFS without
# compression: L1 reads little of them, and decompression is slow under TCG.

# What QEMU opens for -M q35 with -kernel and no display.
VMM_FIRMWARE=(bios-256k.bin pvh.bin linuxboot_dma.bin kvmvapic.bin)

# vmm_image: sets VMM_IMAGE for the QEMU that qemu_find() chose.
vmm_image() {
	local key

	key=$({
		realpath "$QEMU_RUN"
		printf '%s\n' "$QEMU_VERSION"
		stat -L -c '%s %Y' "$(vmm_binary)"
		cat "$BUILD"/vmm/{kvm_retry,asked}.so | sha256sum
		cat "$IMAGES/lib/vmm.sh"
	} | cache_key)
	cache_entry vmm "$key" vmm_make
	VMM_IMAGE=$ENTRY/vmm.erofs
}

vmm_binary() {
	if [[ -n $SYSROOT ]]; then
		printf '%s\n' "$SYSROOT/root/usr/bin/qemu-system-x86_64"
	else
		realpath "$QEMU_RUN"
	fi
}

# Lines "name path" of the shared libraries, the loader among them.
vmm_libraries() {
	local -a list=(ldd)

	if [[ -n $SYSROOT ]]; then
		list=("$SYSROOT/root/usr/lib64/ld-linux-x86-64.so.2" --library-path
			"$SYSROOT/root/usr/lib/x86_64-linux-gnu" --list)
	fi
	"${list[@]}" "$(vmm_binary)" | awk '$2 == "=>" && $3 ~ "^/" { print $3 } $1 ~ "/ld-linux" { print $1 }'
}

vmm_find_firmware() {
	local name=$1 dir
	local -a dirs=(/usr/share/seabios /usr/share/qemu "$(dirname "$(vmm_binary)")/../share/qemu")

	[[ -z $SYSROOT ]] || dirs=("$SYSROOT/root/usr/share/seabios" "$SYSROOT/root/usr/share/qemu")
	for dir in "${dirs[@]}"; do
		if [[ -r $dir/$name ]]; then
			printf '%s\n' "$dir/$name"
			return 0
		fi
	done
	die "QEMU's firmware file $name was not found in: ${dirs[*]}"
}

# vmm_make FOLDER
vmm_make() {
	local root=$1/root library name

	mkdir -p "$root"/{lib,fw}
	cp -L "$(vmm_binary)" "$root/qemu-system-x86_64"
	while IFS= read -r library; do
		cp -L "$library" "$root/lib/"
	done < <(vmm_libraries)
	[[ -z $SYSROOT ]] || cp -L "$SYSROOT/root/usr/lib64/ld-linux-x86-64.so.2" "$root/lib/"
	for name in "${VMM_FIRMWARE[@]}"; do
		cp -L "$(vmm_find_firmware "$name")" "$root/fw/"
	done
	cp "$BUILD"/vmm/{kvm_retry,asked}.so "$root/lib/"
	cat >"$root/qemu" <<-'EOF'
		#!/bin/busybox sh
		exec /vmm/lib/ld-linux-x86-64.so.2 --library-path /vmm/lib --preload "/vmm/lib/kvm_retry.so /vmm/lib/asked.so" /vmm/qemu-system-x86_64 -L /vmm/fw "$@"
	EOF
	chmod +x "$root/qemu"
	step "packing L2's QEMU" "$1/mkfs.log" mkfs.erofs --all-root -T0 "$1/vmm.erofs" "$root"
	rm -rf "$root"
}

# guest_image: sets GUEST_IMAGE for the kernel and initramfs that were made last.
guest_image() {
	local key

	key=$({
		printf '%s\n' "$ROOTFS"
		sha256sum <"$K_BOOT"
		cat "$IMAGES/lib/vmm.sh"
	} | cache_key)
	cache_entry guest "$key" guest_make
	GUEST_IMAGE=$ENTRY/guest.erofs
}

# guest_make FOLDER
guest_make() {
	local root=$1/root

	mkdir "$root"
	cp "$K_BOOT" "$root/kernel"
	cp "$ROOTFS" "$root/initrd"
	step "packing L2's kernel and initramfs" "$1/mkfs.log" mkfs.erofs --all-root -T0 "$1/guest.erofs" "$root"
	rm -rf "$root"
}
