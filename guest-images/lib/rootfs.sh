# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The initramfs, the same for both levels of one kernel: a declared list of
# files (rootfs.list) that cpio packs without any privilege. It is not
# compressed: unpacking costs more under TCG than reading.

BUILD=$TOP/build

# rootfs_make: sets ROOTFS for the kernel that kernel_resolve() chose.
rootfs_make() {
	local key list

	mkdir -p "$BUILD"
	step 'building the test programs' "$BUILD/programs.$$.log" rootfs_build_programs
	rm -f "$BUILD/programs.$$.log"
	cache_entry module "$(rootfs_module_key)" rootfs_build_module
	list=$(rootfs_list "$ENTRY/svakit_accel.ko")
	key=$(rootfs_key <<<"$list")
	cache_entry initrd "$key" rootfs_pack "$list"
	ROOTFS=$ENTRY/initrd
}

rootfs_build_programs() {
	local lock

	exec {lock}>"$BUILD/.programs.lock"
	flock "$lock"
	make -s -C "$TOP/suites" OUT="$BUILD/suites"
	make -s -C "$TOP/bench" OUT="$BUILD/bench" KSRC="$(realpath "$K_BUILD/source" 2>/dev/null || true)"
	make -s -C "$IMAGES/init" OUT="$BUILD/init"
}

# The module depends on our sources and on what the kernel exports.
rootfs_module_key() {
	local file

	for file in "$TOP"/modules/{Kbuild,Makefile} "$TOP"/modules/*/* "$TOP"/include/svakit/*.h \
		"$K_BUILD"/{.config,Module.symvers,include/config/kernel.release}; do
		printf '%s ' "${file##*/}"
		sha256sum <"$file"
	done | cache_key
}

# rootfs_build_module FOLDER
rootfs_build_module() {
	step "building the module for Linux $K_RELEASE" "$1/build.log" \
		make -C "$TOP/modules" KDIR="$K_BUILD" OUT="$1/out"
	mv "$1/out/svakit_accel/svakit_accel.ko" "$1/"
	rm -rf "$1/out"
}

# rootfs_list MODULE: lines "path mode source", what the initramfs holds.
rootfs_list() {
	local program

	printf '%s\n' "/init 755 $BUILD/init/init" \
		"/bin/busybox 755 $(type -P busybox)" \
		"/boot/kernel 644 $K_IMAGE" \
		"/lib/modules/svakit_accel.ko 644 $1"
	# The name says which benchmark.
	for program in flush dma_map; do
		printf '/bin/bench_%s 755 %s\n' "$program" "$BUILD/bench/svakit-bench"
	done
	[[ ! -f $BUILD/bench/dma_map_benchmark ]] ||
		printf '/bin/dma_map_benchmark 755 %s\n' "$BUILD/bench/dma_map_benchmark"
	for program in "$BUILD"/suites/*/*; do
		[[ -f $program && -x $program ]] || continue
		printf '/bin/%s 755 %s\n' "${program##*/}" "$program"
	done
}

# rootfs_key: of the list on stdin, with the contents of its files.
rootfs_key() {
	local path mode source

	{
		cat "$IMAGES/lib/rootfs.sh"
		while read -r path mode source; do
			printf '%s %s ' "$path" "$mode"
			sha256sum <"$source"
		done
	} | cache_key
}

# rootfs_pack LIST FOLDER
rootfs_pack() {
	local path mode source root=$2/root

	mkdir -p "$root"/{dev,proc,sys,tmp,run,vmm,guest}
	while read -r path mode source; do
		mkdir -p "$root${path%/*}"
		install -m "$mode" "$source" "$root$path"
	done <<<"$1"
	(cd "$root" && find . -mindepth 1 -print0 | sort -z |
		cpio --quiet -0 -o -H newc --reproducible -R 0:0) >"$2/initrd"
	rm -rf "$root"
}
