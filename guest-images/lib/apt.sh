# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Debian packages without installing them: apt with a root of its own, which
# needs neither privileges nor namespaces and does not touch the host's
# package sources, and dpkg-deb to unpack. The release that carries QEMU 11.1
# and the newest kernel source is trixie with its backports.

APT_SUITE=trixie
APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_mirror: the archive that the host uses, or MIRROR.
apt_mirror() {
	if [[ -n $MIRROR ]]; then
		printf '%s\n' "$MIRROR"
		return 0
	fi
	apt-get indextargets "Created-By: Packages" 2>/dev/null |
		awk '$1 == "Repo-URI:" { uri = $2 }
			$1 == "Origin:" { origin = $2 }
			$1 == "Label:" { label = $2 }
			NF == 0 && origin == "Debian" && label == "Debian" { print uri; exit }'
}

# apt_root DIR: a private apt below DIR, its lists fetched.
apt_root() {
	local dir=$1 mirror suite

	mirror=$(apt_mirror)
	[[ -n $mirror ]] || die "no Debian archive is configured on this machine" \
		'name one: MIRROR=<URL of a Debian archive>' \
		'or give what would come from it: QEMU=<qemu-system-x86_64 11.1 or newer> KSRC=<kernel source>'
	[[ -r $APT_KEYRING ]] || die "$APT_KEYRING is missing" 'apt-get install debian-archive-keyring'
	mkdir -p "$dir"/{state/lists/partial,cache/archives/partial,etc}
	: >"$dir/status"
	for suite in "$APT_SUITE" "$APT_SUITE-updates" "$APT_SUITE-backports"; do
		printf 'deb [signed-by=%s arch=amd64] %s %s main\n' "$APT_KEYRING" "$mirror" "$suite"
	done >"$dir/etc/sources.list"
	APT_OPTIONS=(
		-o "Dir::State=$dir/state" -o "Dir::State::status=$dir/status"
		-o "Dir::Cache=$dir/cache" -o "Dir::Etc::SourceList=$dir/etc/sources.list"
		-o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
		-o Dir::Etc::Preferences=/dev/null
		-o APT::Architecture=amd64 -o APT::Architectures=amd64
		-o APT::Install-Recommends=false -o APT::Sandbox::User=
		-o "APT::Default-Release=$APT_SUITE-backports" -o Acquire::Retries=3
		-o Acquire::Languages=none -o Debug::NoLocking=true
	)
	step "fetching Debian's package lists" "$dir/update.log" apt_update
}

# apt-get update exits 0 when a list could not be fetched; that is a failure here.
apt_update() {
	apt-get "${APT_OPTIONS[@]}" -o APT::Update::Error-Mode=any update
}

# apt_newest REGEX: the package of that name form with the highest version in its name.
apt_newest() {
	apt-cache "${APT_OPTIONS[@]}" --names-only search "$1" | awk '{ print $1 }' | sort -V | tail -n 1
}

# apt_unpack DIR DESTINATION PACKAGE...: these and all that they depend on.
apt_unpack() {
	local dir=$1 destination=$2

	shift 2
	step "downloading $* and what it needs" "$dir/download.log" \
		apt-get "${APT_OPTIONS[@]}" install --yes --download-only "$@"
	step "unpacking $*" "$dir/unpack.log" apt_extract "$dir/cache/archives" "$destination"
}

apt_extract() {
	local deb

	mkdir -p "$2"
	for deb in "$1"/*.deb; do
		dpkg-deb -f "$deb" Package Version | paste -s -d ' ' >>"$2/manifest"
		dpkg-deb --extract "$deb" "$2"
	done
}
