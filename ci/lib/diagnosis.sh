# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What `make doctor` looks at. Each diagnose_X prints one line or more.

# A first run unpacks a kernel source and builds it; later runs need far less.
DISK_FIRST_MIB=4500
DISK_LATER_MIB=500
# L1's RAM is taken as it is touched; QEMU, svahw and a kernel build beside it.
MEMORY_MIB=2048

BAD=0
OPTIONAL=0

good() {
	printf 'ok        %s\n' "$1"
}

# missing WHAT COST FIX: nothing works without.
missing() {
	BAD=$((BAD + 1))
	printf 'MISSING   %s\n            costs: %s\n            fix:   %s\n' "$1" "$2" "$3"
}

# optional WHAT COST FIX
optional() {
	OPTIONAL=$((OPTIONAL + 1))
	printf 'optional  %s\n            costs: %s\n            fix:   %s\n' "$1" "$2" "$3"
}

# One line for each package; what `make run` needs weighs more than what lint needs, and fuzzing
# is for those who want it.
diagnose_packages() {
	local package
	local -a run check

	packages_find run
	run=(${MISSING[@]+"${MISSING[@]}"})
	for package in ${run[@]+"${run[@]}"}; do
		missing "package $package" "everything: ${REASON[$package]}" "$(package_fix "$package")"
	done
	packages_find check
	check=(${MISSING[@]+"${MISSING[@]}"})
	for package in ${check[@]+"${check[@]}"}; do
		[[ " ${run[*]} " == *" $package "* ]] ||
			missing "package $package" "make check: ${REASON[$package]}" "$(package_fix "$package")"
	done
	((${#check[@]} > 0)) || good "all ${#REASON[@]} packages"
	packages_find fuzz
	for package in ${MISSING[@]+"${MISSING[@]}"}; do
		[[ " ${run[*]} " == *" $package "* ]] ||
			optional "package $package" "make fuzz: ${REASON[$package]}" "$(package_fix "$package")"
	done
}

package_fix() {
	if packages_debian; then
		printf 'sudo apt-get install --no-install-recommends %s' "$1"
	else
		printf "install what your distribution calls Debian's %s" "$1"
	fi
}

# free_mib FOLDER: of the file system that it is on, or will be.
free_mib() {
	local folder=$1

	while [[ ! -d $folder ]]; do
		folder=$(dirname "$folder")
	done
	df -Pm "$folder" | awk 'NR == 2 { print $4 }'
}

diagnose_disk() {
	local free need=$DISK_LATER_MIB entry

	free=$(free_mib "$CACHE")
	for entry in "$CACHE"/kernel-*; do
		[[ -d $entry || -n $KERNEL ]] || need=$DISK_FIRST_MIB
		break
	done
	if ((free >= need)); then
		good "$free MiB free for the cache $CACHE"
	else
		missing "disk: $free MiB free for $CACHE, $need needed" 'everything' \
			'free some, or name another place: XDG_CACHE_HOME=<folder>'
	fi
	free=$(free_mib "$RESULTS")
	((free >= 100)) || missing "disk: $free MiB free for $RESULTS, 100 needed" 'everything' \
		'free some, or name another place: RESULTS=<folder>'
}

diagnose_memory() {
	local available

	available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
	if ((available >= MEMORY_MIB)); then
		good "$available MiB of memory available"
	else
		missing "memory: $available MiB available, $MEMORY_MIB needed" 'everything' 'end other programs, or add swap'
	fi
}

diagnose_socket_path() {
	if socket_path_check; then
		good "sockets below ${TMPDIR:-/tmp}"
	else
		missing "TMPDIR=$TMPDIR makes socket paths of $SOCKET_PATH_LENGTH bytes, at most $SOCKET_PATH_MAX fit" \
			'everything' 'name a shorter folder: TMPDIR=/tmp'
	fi
}

# A QEMU of one's own is not needed, but a wrong one is in the way.
diagnose_qemu() {
	local version

	[[ -n $QEMU ]] || {
		good "QEMU: the system's if it is 11.1 or newer with vfio-user-pci, else Debian's, from a sysroot in the cache"
		return
	}
	version=$("$QEMU" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
	if [[ $(printf '%s\n' 11.1 "${version:-0}" | sort -V | head -n 1) != 11.1 ]]; then
		missing "QEMU=$QEMU is version ${version:-unknown}" 'everything: vfio-user, the nested vIOMMU' \
			'give 11.1 or newer, or leave QEMU= out'
	elif [[ $("$QEMU" -device help 2>&1) != *'"vfio-user-pci"'* ]]; then
		missing "QEMU=$QEMU has no vfio-user-pci" 'everything: L1 has no VT-d unit and no accelerator' \
			'configure it with --enable-vfio-user-client, or leave QEMU= out'
	else
		good "QEMU=$QEMU, version $version"
	fi
}

# diagnose_kernel: options of the kernels that the user named.
diagnose_kernel() {
	local name config option
	local -a lacking

	for name in KERNEL L1_KERNEL L2_KERNEL; do
		[[ -n ${!name} ]] || continue
		config=${!name%/vmlinux}
		config=${config%/arch/x86/boot/bzImage}/.config
		if [[ ! -r $config ]]; then
			optional "$name=${!name}: no .config beside it" 'its options are not checked before the build of modules' \
				"name the build folder: $name=<folder with .config and bzImage>"
			continue
		fi
		lacking=()
		while IFS= read -r option; do
			[[ $option != CONFIG_* ]] || grep -qx "$option" "$config" || lacking+=("$option")
		done <"$TOP/guest-images/kernel/required.config"
		if ((${#lacking[@]} == 0)); then
			good "$name=${!name} has all options that are needed"
		else
			missing "$name=${!name} lacks ${lacking[*]}" 'this kernel cannot be tested' \
				'merge guest-images/kernel/required.config into its configuration and build it again'
		fi
		[[ $name == L2_KERNEL ]] || diagnose_mdev "$name=${!name}" "$config"
	done
}

# diagnose_mdev WHICH CONFIG: L1 does without mediated devices, but not their tests.
diagnose_mdev() {
	grep -qE '^CONFIG_VFIO_MDEV=[ym]$' "$2" ||
		optional "$1 lacks CONFIG_VFIO_MDEV" 'the tests of mediated devices (VIA=mdev) are skipped' \
			'CONFIG_SAMPLES=y and CONFIG_SAMPLE_VFIO_MDEV_MTTY=m select it: build the kernel again with them'
}

# Only to fill the cache: a kernel source, and QEMU where the system's is too old.
diagnose_mirror() {
	local url=${MIRROR:-} host port=80

	[[ -n $url ]] || url=$(apt-get indextargets 'Created-By: Packages' 2>/dev/null |
		awk '$1 == "Repo-URI:" { print $2; exit }') || true
	host=${url#*://}
	host=${host%%/*}
	[[ $url != https://* ]] || port=443
	[[ $host != *:* ]] || port=${host##*:}
	if [[ ! $host =~ ^[A-Za-z0-9.-]+(:[0-9]+)?$ ]]; then
		optional 'no Debian archive is configured' 'the first run cannot fetch QEMU and the kernel source' \
			'MIRROR=<URL of a Debian archive>, or QEMU= and KSRC='
	elif [[ -n ${http_proxy:-} ]] || timeout 5 bash -c "exec 3<>/dev/tcp/${host%%:*}/$port" 2>/dev/null; then
		good "Debian archive $host${http_proxy:+ (through $http_proxy, not tried)}"
	else
		optional "the Debian archive $host cannot be reached" 'the first run cannot fetch QEMU and the kernel source' \
			'MIRROR=<URL of another>, or QEMU= and KSRC=; with a filled cache nothing is fetched'
	fi
}

diagnose_kvm() {
	if [[ ! -e /dev/kvm ]]; then
		optional '/dev/kvm does not exist' 'speed: L1 runs under TCG' 'load kvm_intel or kvm_amd, or enable nesting in your hypervisor'
	elif [[ ! -r /dev/kvm || ! -w /dev/kvm ]]; then
		optional "/dev/kvm may not be opened by $(id -un)" 'speed: L1 runs under TCG' "sudo adduser $(id -un) kvm"
	else
		good "/dev/kvm can be opened; make run finds out by booting whether it can run a kernel"
	fi
}

diagnose_namespaces() {
	if unshare --user --map-root-user --mount true 2>/dev/null; then
		good 'user namespaces'
	else
		optional 'user namespaces are not allowed' "make check: the runner's tests of a full disk are skipped" \
			'sudo sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0'
	fi
}
