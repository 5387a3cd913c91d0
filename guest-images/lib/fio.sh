# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# fio, and its engine `sva`. An engine shares structures with fio that depend on fio's version and on
# how it was configured, and no package has the headers. So both are built from one tree: the source
# package of the fio that this machine's Debian has, or a tree that the user has built (FIO=).

# Nothing but the C library: what is detected otherwise would have to be in the guests, too. No SysV shared
# memory: their kernels need not have it.
FIO_WITHOUT=(native shm numa rdma rados rbd http gfapi libnfs lex pmem xnvme libzbc tcmalloc dfs isal)

# fio_wanted: do the guests run a workload of fio?
fio_wanted() {
	[[ " $PROGRAMS" == *' workloads/fio_'* ]]
}

# fio_make: sets FIO_BUILD, the folder of fio and its engine.
fio_make() {
	local key

	FIO_BUILD=$BUILD/workloads/fio
	if [[ -n $FIO ]]; then
		fio_given
	else
		# Who has another release has another fio.
		FIO_SUITE=$(fio_suite)
		key=$({
			printf '%s\n' "$FIO_SUITE" "${FIO_WITHOUT[@]}"
			gcc --version | head -n 1
			cat "$IMAGES/lib/fio.sh"
		} | cache_key)
		cache_entry fio "$key" fio_source_make
		FIO_TREE=$ENTRY/fio
	fi
	step "building fio's engine" "$BUILD/engine.$$.log" make -s -C "$TOP/workloads" OUT="$BUILD/workloads" FIO="$FIO_TREE" fio
	rm -f "$BUILD/engine.$$.log"
	fio_check
}

# fio_suite: the release of this machine where it is Debian, else the one that QEMU comes from.
fio_suite() {
	local ID='' VERSION_CODENAME=''

	# shellcheck source=/dev/null
	[[ ! -r /etc/os-release ]] || source /etc/os-release
	[[ $ID == debian && -n $VERSION_CODENAME ]] || VERSION_CODENAME=$APT_SUITE
	printf '%s\n' "$VERSION_CODENAME"
}

fio_given() {
	local file

	FIO_TREE=$(realpath "$FIO")
	for file in fio ioengines.h config-host.h FIO-VERSION-FILE; do
		[[ -e $FIO_TREE/$file ]] || die "FIO=$FIO: there is no $file in it" \
			"name fio's source, in which fio has been built: cd $FIO && ./configure && make"
	done
}

# fio_check: program, headers and engine are of one version, in fio's own judgement as well.
fio_check() {
	local program headers said

	program=$("$FIO_BUILD/fio" --version)
	headers=$(sed -n 's/^FIO_VERSION = //p' "$FIO_TREE/FIO-VERSION-FILE")
	[[ $program == "$headers" ]] || die "fio says that it is $program, its headers are of $headers" \
		"an engine for one does not work in the other: make -C $FIO_TREE clean, and build it again"
	said=$(cd "${TMPDIR:-/tmp}" && "$FIO_BUILD/fio" --parse-only --name=version --size=1m \
		--ioengine="external:$FIO_BUILD/sva.so" 2>&1) ||
		die "$program does not take the engine that was built with its headers (FIO_IOOPS_VERSION $(fio_ioops)):" \
			"$said"
}

# fio_ioops: the version of the engines' interface, by the headers.
fio_ioops() {
	sed -n 's/^#define FIO_IOOPS_VERSION[[:space:]]*//p' "$FIO_TREE/ioengines.h"
}

# fio_source_make FOLDER: the tree, with fio built in it.
fio_source_make() {
	local dir=$1 tarball

	fio_apt "$dir/apt"
	step "downloading fio's source" "$dir/apt/download.log" fio_download "$dir/apt"
	# Its signature, .asc, sorts behind it.
	tarball=("$dir"/apt/fio_*.orig.tar.*)
	mkdir "$dir/fio"
	step "unpacking fio's source" "$dir/apt/unpack.log" \
		tar -C "$dir/fio" --strip-components=1 -xf "${tarball[0]}"
	step 'building fio' "$dir/build.log" fio_build "$dir/fio"
	rm -rf "$dir/apt"
}

# fio_apt DIR: a private apt, for sources of that release.
fio_apt() {
	# apt_root() makes one for packages of it.
	local APT_SUITE=$FIO_SUITE

	apt_root "$1"
	sed -i 's/^deb \[\(.*\) arch=amd64\]/deb-src [\1]/' "$1/etc/sources.list"
	step "fetching Debian's lists of sources" "$1/update.log" apt_update
}

# The newest of the release itself; what is signed is the list, which has the sums of the files.
fio_download() {
	cd "$1" && apt-get "${APT_OPTIONS[@]}" source --download-only "fio/$FIO_SUITE"
}

# fio_build FOLDER: without what this release's configure does not know.
fio_build() {
	local known what
	local -a options=()

	cd "$1"
	known=$(./configure --help)
	for what in "${FIO_WITHOUT[@]}"; do
		! grep -q -- "--disable-$what " <<<"$known" || options+=("--disable-$what")
	done
	./configure "${options[@]}"
	make -j "$JOBS" fio
}
