# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Guest kernels: one that the user built (KERNEL=), the user's source (KSRC=),
# or Debian's newest source with our fragments.

KERNEL_WANT=linux-source-7.3
# Part of the key of a built kernel: raise it when kernel_build() makes something else.
KERNEL_RECIPE=1

# kernel_resolve BUILT: sets K_BOOT (what QEMU loads), K_IMAGE (the file that
# guests see as /boot/kernel), K_BUILD, K_CONFIG, K_RELEASE, K_SOURCE, K_MDEV, K_NO_MDEV.
kernel_resolve() {
	if [[ -n $1 ]]; then
		kernel_given "$1"
	elif [[ -n $KSRC ]]; then
		kernel_from_user_source
	else
		kernel_default
	fi
	K_CONFIG=$K_BUILD/.config
	[[ -r $K_CONFIG ]] || die "$K_CONFIG is missing: modules cannot be built for this kernel" \
		'name the build folder: KERNEL=<folder with .config and bzImage>'
	K_RELEASE=$(<"$K_BUILD/include/config/kernel.release")
	kernel_check_options
	kernel_mdev
}

# A build folder, or an image in or beside one.
kernel_given() {
	local given=$1 release

	K_SOURCE="given: $given"
	if [[ -d $given ]]; then
		K_BUILD=$(cd "$given" && pwd)
		kernel_pick_boot
		return 0
	fi
	K_BOOT=$(realpath "$given")
	K_IMAGE=$K_BOOT
	K_BUILD=${K_BOOT%/vmlinux}
	K_BUILD=${K_BUILD%/arch/x86/boot/bzImage}
	[[ $K_BUILD == "$K_BOOT" ]] || return 0
	# The version is a string inside a bzImage (Documentation/arch/x86/boot.rst).
	release=$(file -b "$K_BOOT" | sed -n 's/.*version \([^ ]*\) .*/\1/p')
	K_BUILD=/lib/modules/$release/build
	[[ -n $release && -d $K_BUILD ]] || die "no build folder is known for $given" \
		'its modules must be built against it: KERNEL=<folder with .config and bzImage>'
}

# Uncompressed through PVH where the kernel can: about a second less each boot under TCG.
kernel_pick_boot() {
	K_IMAGE=$K_BUILD/arch/x86/boot/bzImage
	[[ -r $K_IMAGE ]] || die "$K_IMAGE is missing: this kernel is not built" "make -C $K_BUILD bzImage modules"
	K_BOOT=$K_IMAGE
	if [[ -r $K_BUILD/vmlinux ]] && grep -qx CONFIG_PVH=y "$K_BUILD/.config"; then
		K_BOOT=$K_BUILD/vmlinux
	fi
}

# Every option that is missing, in one go.
kernel_check_options() {
	local option
	local -a missing=()

	while IFS= read -r option; do
		[[ $option == CONFIG_* ]] || continue
		grep -qx "$option" "$K_CONFIG" || missing+=("$option")
	done <"$IMAGES/kernel/required.config"
	((${#missing[@]} == 0)) || die "the kernel ($K_SOURCE) lacks options that svakit needs:" \
		"${missing[@]}" "merge $IMAGES/kernel/required.config into its configuration and build it again"
}

# kernel_mdev: sets K_MDEV to the module of mediated devices, if it is one, or else
# K_NO_MDEV to why this kernel has none. Only their tests need them.
kernel_mdev() {
	K_MDEV=
	K_NO_MDEV=
	case $(sed -n 's/^CONFIG_VFIO_MDEV=//p' "$K_CONFIG") in
	y) ;;
	m)
		K_MDEV=$K_BUILD/drivers/vfio/mdev/mdev.ko
		[[ ! -r $K_MDEV ]] || return 0
		K_NO_MDEV="no mediated devices: CONFIG_VFIO_MDEV=m, but there is no $K_MDEV"
		K_MDEV=
		;;
	*) K_NO_MDEV="no mediated devices: $K_CONFIG has no CONFIG_VFIO_MDEV" ;;
	esac
}

# kernel_fragments: the files that make our configuration.
kernel_fragments() {
	printf '%s\n' "$IMAGES/kernel/base.config"
	[[ $DEBUG != 1 ]] || printf '%s\n' "$IMAGES/kernel/debug.config"
}

kernel_default() {
	local key
	local -a fragments

	mapfile -t fragments < <(kernel_fragments)
	kernel_source
	key=$({
		printf '%s\n' "${KERNEL_TREE##*/}"
		gcc --version | head -n 1
		printf '%s\n' "$KERNEL_RECIPE"
		cat "${fragments[@]}"
	} | cache_key)
	cache_entry kernel "$key" kernel_build "$CACHE/kernel-$key" "$KERNEL_TREE/linux" "${fragments[@]}"
	K_BUILD=$ENTRY
	K_SOURCE=$(<"$KERNEL_TREE/package")
	kernel_pick_boot
}

# kernel_source: sets KERNEL_TREE to the unpacked default source.
kernel_source() {
	local key

	key=$({
		printf '%s\n' "$KERNEL_WANT" "$APT_SUITE"
		cat "$IMAGES/lib/apt.sh"
	} | cache_key)
	cache_entry source "$key" kernel_source_make
	KERNEL_TREE=$ENTRY
}

kernel_source_make() {
	local dir=$1 package tarball

	apt_root "$dir/apt"
	package=$KERNEL_WANT
	if ! apt-cache "${APT_OPTIONS[@]}" show "$package" >/dev/null 2>&1; then
		package=$(apt_newest '^linux-source-[0-9]+\.[0-9]+$')
		[[ -n $package ]] || die 'the Debian archive has no linux-source package' 'give a source: KSRC=<folder>'
		say "$KERNEL_WANT has gone; taking $package"
	fi
	step "downloading $package" "$dir/apt/download.log" apt_download "$dir/apt" "$package"
	dpkg-deb --extract "$dir"/apt/"$package"_*.deb "$dir/apt/root"
	tarball=("$dir"/apt/root/usr/src/"$package".tar.*)
	mkdir "$dir/linux"
	step "unpacking $package" "$dir/apt/unpack.log" \
		tar -C "$dir/linux" --strip-components=1 -xf "${tarball[0]}"
	dpkg-deb -f "$dir"/apt/"$package"_*.deb Package Version | sed 's/.*: //' | paste -s -d ' ' >"$dir/package"
	rm -rf "$dir/apt"
}

# The package alone: it depends on a compiler for Debian's own way to build it.
apt_download() {
	cd "$1" && apt-get "${APT_OPTIONS[@]}" download "$2"
}

# kernel_build FINAL SOURCE FRAGMENT... FOLDER: FINAL is what FOLDER will be renamed to.
kernel_build() {
	local final=$1 source=$2 folder=${!#}
	local -a fragments=("${@:3:$#-3}")

	kernel_configure "$source" "$folder" "${fragments[@]}"
	step "building the guest kernel with $JOBS jobs (minutes)" "$folder/build.log" \
		make -C "$source" O="$folder" -j "$JOBS" bzImage vmlinux modules
	# Objects of the kernel itself are not needed to build modules; half of the size.
	find "$folder" -name '*.o' ! -path '*/scripts/*' ! -path '*/tools/*' -delete
	find "$folder" -maxdepth 1 \( -name 'vmlinux.*' -o -name '.tmp_vmlinux*' -o -name '*.a' \) -delete
	# Kbuild writes the output folder's name into the Makefile that module builds start from.
	sed -i "s|$folder|$final|" "$folder/Makefile"
}

# kernel_configure SOURCE FOLDER FRAGMENT...: allnoconfig and the fragments; an option that did not survive is an error.
kernel_configure() {
	local source=$1 folder=$2 option
	local -a missing=()

	shift 2
	mkdir -p "$folder"
	step 'configuring the guest kernel' "$folder/config.log" kernel_merge "$source" "$folder" "$@"
	while IFS= read -r option; do
		[[ $option == CONFIG_* ]] || continue
		grep -qx "$option" "$folder/.config" || missing+=("$option")
	done < <(cat "$@")
	((${#missing[@]} == 0)) ||
		die "options that this kernel source does not take (renamed, or a dependency is missing):" "${missing[@]}"
}

kernel_merge() {
	local source=$1 folder=$2

	shift 2
	make -s -C "$source" O="$folder" allnoconfig
	"$source/scripts/kconfig/merge_config.sh" -n -m -y -O "$folder" "$folder/.config" "$@"
	make -s -C "$source" O="$folder" olddefconfig
}

# The user's source changes under our hands: one build folder a source and
# configuration, where make decides what is to be done.
kernel_from_user_source() {
	local key lock source
	local -a fragments

	source=$(cd "$KSRC" && pwd)
	mapfile -t fragments < <(kernel_fragments)
	key=$({
		printf '%s\n' "$source"
		cat "${fragments[@]}"
	} | cache_key)
	K_BUILD=$CACHE/ksrc-$key
	K_SOURCE="source: $KSRC"
	exec {lock}>"$CACHE/lock/ksrc-$key"
	flock "$lock"
	[[ -r $K_BUILD/.config ]] || kernel_configure "$source" "$K_BUILD" "${fragments[@]}"
	step "building the kernel of $KSRC with $JOBS jobs" "$K_BUILD/build.log" \
		make -C "$source" O="$K_BUILD" -j "$JOBS" bzImage vmlinux modules
	exec {lock}>&-
	kernel_pick_boot
}

# kernel_selftests FOLDER: the source of the kernel under test, with its selftests. A build folder as a
# distribution installs it has none: then that of the default kernel, whose harness works on any.
kernel_selftests() {
	local source=$1

	if [[ ! -r $source/tools/testing/selftests/kselftest_harness.h ]]; then
		kernel_source
		source=$KERNEL_TREE/linux
	fi
	realpath "$source"
}

# kernel_checkpatch: the script of the kernel's source, if it has one.
kernel_checkpatch() {
	local script=$K_BUILD/source/scripts/checkpatch.pl

	[[ -r $script ]] || script=$K_BUILD/scripts/checkpatch.pl
	[[ ! -r $script ]] || realpath "$script"
}
