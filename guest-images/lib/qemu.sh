# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# QEMU: the user's where it is new enough, else Debian's from a sysroot, run
# through that sysroot's own loader.

QEMU_WANT=11.1

# qemu_usable PROGRAM: new enough, with vfio-user? Sets QEMU_VERSION, or QEMU_WHY_NOT.
qemu_usable() {
	QEMU_WHY_NOT=
	QEMU_VERSION=$("$1" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
	if [[ -z $QEMU_VERSION ]]; then
		QEMU_WHY_NOT="$1 does not say its version"
	elif [[ $(printf '%s\n' "$QEMU_WANT" "$QEMU_VERSION" | sort -V | head -n 1) != "$QEMU_WANT" ]]; then
		QEMU_WHY_NOT="$1 is version $QEMU_VERSION, $QEMU_WANT or newer is needed (vfio-user, nested vIOMMU)"
	elif ! grep -q '"vfio-user-pci"' <<<"$("$1" -device help 2>&1)"; then
		QEMU_WHY_NOT="$1 was built without vfio-user-pci"
	fi
	[[ -z $QEMU_WHY_NOT ]]
}

# qemu_find: sets QEMU_RUN, QEMU_VERSION and, where it is ours, SYSROOT.
qemu_find() {
	local own

	SYSROOT=
	if [[ -n $QEMU ]]; then
		QEMU_RUN=$(type -P "$QEMU") || die "QEMU=$QEMU is not an executable"
		qemu_usable "$QEMU_RUN" || die "$QEMU_WHY_NOT"
		return 0
	fi
	own=$(type -P qemu-system-x86_64 || true)
	if [[ -n $own ]] && qemu_usable "$own"; then
		QEMU_RUN=$own
		return 0
	fi
	qemu_sysroot
	QEMU_RUN=$SYSROOT/qemu
	QEMU_VERSION=$(<"$SYSROOT/qemu.version")
}

qemu_sysroot() {
	local key

	key=$({
		printf '%s\n' qemu-system-x86 "$APT_SUITE"
		cat "$IMAGES/lib/qemu.sh" "$IMAGES/lib/apt.sh"
	} | cache_key)
	cache_entry sysroot "$key" qemu_sysroot_make
	SYSROOT=$ENTRY
}

qemu_sysroot_make() {
	local dir=$1

	apt_root "$dir/apt"
	apt_unpack "$dir/apt" "$dir/root" qemu-system-x86
	rm -rf "$dir/apt" "$dir/root/usr/share/doc" "$dir/root/usr/share/man" "$dir/root/usr/share/locale"
	cat >"$dir/qemu" <<-'EOF'
		#!/bin/sh
		root=${0%/*}/root
		QEMU_MODULE_DIR=$root/usr/lib/x86_64-linux-gnu/qemu
		export QEMU_MODULE_DIR
		exec "$root/usr/lib64/ld-linux-x86-64.so.2" \
			--library-path "$root/usr/lib/x86_64-linux-gnu" \
			"$root/usr/bin/qemu-system-x86_64" \
			-L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
	EOF
	chmod +x "$dir/qemu"
	qemu_usable "$dir/qemu" || die "Debian's QEMU cannot be used: $QEMU_WHY_NOT"
	printf '%s\n' "$QEMU_VERSION" >"$dir/qemu.version"
}
