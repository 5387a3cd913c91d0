# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The host's packages, after ci/packages.list.

# packages_find JOB: sets MISSING, the packages that a job needs, and REASON by package.
packages_find() {
	local job=$1 package kind probe reason
	local -a headers=() header_packages=()

	MISSING=()
	declare -gA REASON=()
	while read -r package kind probe reason; do
		[[ -n $package && $package != '#'* ]] || continue
		[[ $kind == run || $kind == "$job" || $job == check && $kind =~ ^(gate|report)$ ]] || continue
		REASON[$package]=$reason
		case $probe in
		hdr:*)
			headers+=("${probe#*:}")
			header_packages+=("$package")
			;;
		*) package_probe "$probe" || MISSING+=("$package") ;;
		esac
	done <"$TOP/ci/packages.list"
	packages_find_headers
}

# package_probe PROBE: anything but a header.
package_probe() {
	case $1 in
	cmd:*) type -P "${1#*:}" >/dev/null || [[ -x /usr/sbin/${1#*:} ]] ;;
	file:*) [[ -e ${1#*:} ]] ;;
	clang:*) [[ $(clang -print-file-name="${1#*:}-$(uname -m).a" 2>/dev/null) == */* ]] ;;
	lib:*) [[ $(gcc -print-file-name="lib${1#*:}.a" 2>/dev/null) == */* ]] ;;
	*) die "ci/packages.list: '$1' is no probe" ;;
	esac
}

# One run of the preprocessor for all headers; only if it fails, one for each.
packages_find_headers() {
	local i

	! printf '#include <%s>\n' "${headers[@]}" | gcc -E -x c - >/dev/null 2>&1 || return 0
	for i in "${!headers[@]}"; do
		printf '#include <%s>\n' "${headers[i]}" | gcc -E -x c - >/dev/null 2>&1 ||
			MISSING+=("${header_packages[i]}")
	done
}

# packages_debian: can apt-get install them?
packages_debian() {
	[[ -e /etc/debian_version ]] && type -P apt-get >/dev/null
}
