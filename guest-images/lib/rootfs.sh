# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The initramfs, the same for both levels of one kernel: a declared list of
# files that cpio packs without any privilege. It is not compressed: unpacking
# costs more under TCG than reading. Each MiB costs some 60 ms of a run, so
# that `make run` asks for its own programs only, and all of them share one C
# library: static, each is 0.8 MiB of the same code. Both guests get the
# libraries of this machine, on which the programs were linked, at the same
# paths. PID 1 and busybox are static: they run before anything can be missing.

BUILD=$TOP/build

# rootfs_make: sets ROOTFS for the kernel that kernel_resolve() chose.
rootfs_make() {
	local key list

	mkdir -p "$BUILD"
	step 'building the test programs' "$BUILD/programs.$$.log" rootfs_build_programs
	rm -f "$BUILD/programs.$$.log"
	! fio_wanted || fio_make
	cache_entry module "$(rootfs_module_key)" rootfs_build_module
	list=$(rootfs_list "$ENTRY")
	list+=$'\n'$(rootfs_libraries <<<"$list")$'\n'$(rootfs_runner)
	key=$(rootfs_key <<<"$list")
	cache_entry initrd "$key" rootfs_pack "$list"
	ROOTFS=$ENTRY/initrd
}

# rootfs_tests: those of the programs that are wanted, a line each. All of them depend on the kernel, by its
# test harness: who compares two kernels with a few would build all of them again each time.
rootfs_tests() {
	local program

	for program in $PROGRAMS; do
		[[ ! -e $TOP/suites/$program.c ]] || printf '%s\n' "$program"
	done
}

rootfs_build_programs() {
	local lock source
	local -a tests

	source=$(kernel_selftests "$K_BUILD/source")
	exec {lock}>"$BUILD/.programs.lock"
	flock "$lock"
	mapfile -t tests < <(rootfs_tests)
	make -s -C "$TOP/suites" OUT="$BUILD/suites" KSRC="$source" ${PROGRAMS:+TESTS="${tests[*]}"}
	# The kernel's headers take half a minute, so that they are made for those who need them.
	[[ -n $PROGRAMS && " $PROGRAMS" != *" upstream/"* ]] ||
		make -s -C "$TOP/suites/upstream" OUT="$BUILD/suites/upstream" KSRC="$source"
	# At once: another run may be reading it.
	kselftest_list >"$BUILD/suites/.kselftest-list.txt"
	mv "$BUILD/suites/.kselftest-list.txt" "$BUILD/suites/kselftest-list.txt"
	[[ -n $PROGRAMS && " $PROGRAMS" != *" bench/"* ]] ||
		make -s -C "$TOP/bench" OUT="$BUILD/bench" KSRC="$(realpath "$K_BUILD/source" 2>/dev/null || true)"
	make -s -C "$IMAGES/init" OUT="$BUILD/init"
	make -s -C "$IMAGES/vmm" OUT="$BUILD/vmm"
}

# The modules depend on our sources and on what the kernel exports.
rootfs_module_key() {
	local -a files=("$TOP"/modules/{Kbuild,Makefile} "$TOP"/modules/*/* "$TOP"/include/svakit/*.h
		"$K_BUILD"/{.config,Module.symvers,include/config/kernel.release})

	{
		printf '%s\n' "${files[@]##*/}"
		printf '%s\n' "${files[@]}" | file_hashes
	} | cache_key
}

# rootfs_build_module FOLDER
rootfs_build_module() {
	step "building the modules for Linux $K_RELEASE" "$1/build.log" \
		make -C "$TOP/modules" KDIR="$K_BUILD" OUT="$1/out"
	mv "$1"/out/*/*.ko "$1/"
	rm -rf "$1/out"
}

# rootfs_list MODULES: lines "path mode source", what the initramfs holds.
rootfs_list() {
	local coll program module

	printf '%s\n' "/init 755 $BUILD/init/init" \
		"/bin/busybox 755 $(type -P busybox)" \
		"/boot/kernel 644 $K_IMAGE"
	for module in "$1"/*.ko ${K_MDEV:+"$K_MDEV"}; do
		printf '/lib/modules/%s 644 %s\n' "${module##*/}" "$module"
	done
	# The name says which benchmark.
	while read -r program _; do
		[[ $program != [a-z]* ]] ||
			rootfs_program "bench/$program" "$BUILD/bench/svakit-bench"
	done <"$TOP/bench/tests.list"
	rootfs_workloads
	rootfs_program bench/dma_map_benchmark "$BUILD/bench/dma_map_benchmark"
	# By name: a program that the tree has no more may still be in the build folder.
	while IFS=: read -r coll program; do
		rootfs_program "$coll/$program" "$BUILD/suites/$coll/$program"
	done <"$BUILD/suites/kselftest-list.txt"
}

# rootfs_workloads: lines of the list. They are in no set of all programs: who wants them says so.
rootfs_workloads() {
	local program file

	while read -r program _; do
		[[ $program != [a-z]* || " $PROGRAMS " != *" workloads/$program "* ]] ||
			rootfs_program "workloads/$program" "$BUILD/bench/svakit-bench"
	done <"$TOP/workloads/tests.list"
	fio_wanted || return 0
	printf '/suites/workloads/fio/%s 755 %s\n' fio "$FIO_BUILD/fio" sva.so "$FIO_BUILD/sva.so"
	for file in "$TOP"/workloads/fio/jobs/*.fio; do
		printf '/suites/workloads/fio/%s 644 %s\n' "${file##*/}" "$file"
	done
}

# rootfs_program COLL/NAME FILE: a line of the list, if there is such a program and it is wanted.
rootfs_program() {
	[[ -z $PROGRAMS || " $PROGRAMS " == *" $1 "* ]] || return 0
	[[ ! -f $2 || ! -x $2 ]] || printf '/suites/%s 755 %s\n' "$1" "$2"
}

# rootfs_libraries: lines of the list, of what the programs in the list on stdin are linked with, the loader included.
rootfs_libraries() {
	local library
	local -a programs

	mapfile -t programs < <(sed -n 's|^/suites/[^ ]* 755 ||p' | sort -u)
	while IFS= read -r library; do
		[[ $library == /* ]] || die "a test program is linked with $library, which this machine has not" \
			'it was built elsewhere: make clean'
		printf '%s 755 %s\n' "$library" "$library"
	done < <(ldd "${programs[@]}" | awk '$2 == "=>" { print $3 == "not" ? $1 : $3 }
		$1 ~ "^/" && $2 ~ "^[(]" { print $1 }' | sort -u)
}

# rootfs_runner: lines of the list; /suites is laid out as the tarball is, and its runner works there.
rootfs_runner() {
	kselftest_runner "$(kernel_selftests "$K_BUILD/source")" | sed 's|^|/suites/|'
	printf '/suites/kselftest-list.txt 644 %s\n' "$BUILD/suites/kselftest-list.txt"
}

# rootfs_key: of the list on stdin, with the contents of its files.
rootfs_key() {
	local list

	list=$(cat)
	{
		cat "$IMAGES/lib/rootfs.sh"
		cut -d ' ' -f 1,2 <<<"$list"
		cut -d ' ' -f 3- <<<"$list" | file_hashes
	} | cache_key
}

# rootfs_pack LIST FOLDER
rootfs_pack() {
	local path mode source root=$2/root

	mkdir -p "$root"/{dev,proc,sys,tmp,run,vmm,guest}
	while read -r path mode source; do
		mkdir -p "$root${path%/*}"
		install -m "$mode" "$source" "$root$path"
		# What a debugger wants of it is in the build folder; in a guest it would be in memory, twice.
		[[ $path != /suites/* || $(head -c 4 "$source" | tail -c 3) != ELF ]] || strip "$root$path"
	done <<<"$1"
	(cd "$root" && find . -mindepth 1 -print0 | sort -z |
		cpio --quiet -0 -o -H newc --reproducible -R 0:0) >"$2/initrd"
	rm -rf "$root"
}
