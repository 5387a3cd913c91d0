# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What is built before a run: svahw, and through guest-images/prepare the rest.

# From prepare: qemu, qemu_version, l1_kernel, l1_initrd, vmm, guest, checkpatch ...
declare -A IMAGE=()

# svahw_build: sets SVAHW, built unless the user named one.
svahw_build() {
	STAGE='build svahw'
	[[ -z $SVAHW ]] || return 0
	say 'building svahw'
	mkdir -p "$TOP/build"
	# One build at a time: a second run waits, then finds everything built.
	flock "$TOP/build/.hw.lock" make -s -C "$TOP/hw" ${V:+V=1} all >&2 ||
		die 'svahw does not build' "see the compiler's messages above, or: make -C hw V=1"
	SVAHW=$TOP/build/hw/svahw
}

# images_prepare KEY...: sets IMAGE; each KEY must be there in the end.
images_prepare() {
	local line key output
	local -a missing=()

	STAGE='guest images'
	say 'preparing guest images (kernel, QEMU, initramfs); the first time takes many minutes'
	output=$("$PREPARE") || die "${PREPARE##*/} failed, its messages are above"
	while IFS= read -r line; do
		[[ $line != *=* ]] || IMAGE[${line%%=*}]=${line#*=}
	done <<<"$output"
	for key; do
		[[ -n ${IMAGE[$key]:-} ]] || missing+=("$key")
	done
	((${#missing[@]} == 0)) || die "${PREPARE##*/} did not name: ${missing[*]}"
}
