# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The cache: an entry is a folder named <kind>-<key>, where the key is a hash
# of everything that went into it. It is made under another name and renamed
# when it is complete, under a lock of its own: an interrupted build is never
# taken for a finished one, and two runs at once make it once.

# Without HOME, ~ is the home folder that the password database names.
CACHE=${XDG_CACHE_HOME:-~/.cache}/svakit
CACHE_TEMP=

# cache_init: the folder, and the clean-up of what an interrupted run left.
cache_init() {
	mkdir -p "$CACHE/lock" 2>/dev/null ||
		die "cannot make the cache folder $CACHE" 'name another place: XDG_CACHE_HOME=<folder>'
	trap cache_abort EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

cache_abort() {
	step_abort
	[[ -z $CACHE_TEMP ]] || rm -rf "$CACHE_TEMP"
}

# cache_key: the name for what is on stdin.
cache_key() {
	local sum

	sum=$(sha256sum)
	printf '%s\n' "${sum:0:16}"
}

# file_hashes: of the files whose names are on stdin, one a line.
file_hashes() {
	xargs -d "\n" sha256sum -- | cut -d " " -f 1
}

# cache_entry KIND KEY FUNCTION...: sets ENTRY to the complete entry; FUNCTION
# gets the folder to fill as its last argument.
cache_entry() {
	local kind=$1 key=$2 lock

	shift 2
	ENTRY=$CACHE/$kind-$key
	if [[ -d $ENTRY ]]; then
		touch "$ENTRY"
		return 0
	fi
	exec {lock}>"$CACHE/lock/$kind-$key"
	if ! flock -n "$lock"; then
		say "another run makes $kind-$key; waiting for it"
		flock "$lock"
	fi
	if [[ ! -d $ENTRY ]]; then
		# Whoever held the lock before and died left these; nobody else uses them.
		rm -rf "$CACHE/.tmp-$kind-$key".*
		CACHE_TEMP=$(mktemp -d "$CACHE/.tmp-$kind-$key.XXXXXX") ||
			die "cannot write to $CACHE" 'name another place: XDG_CACHE_HOME=<folder>'
		chmod 755 "$CACHE_TEMP"
		cache_room "$kind"
		"$@" "$CACHE_TEMP"
		mv -T "$CACHE_TEMP" "$ENTRY"
		CACHE_TEMP=
		cache_prune "$kind"
	fi
	exec {lock}>&-
}

# cache_prune KIND: what is made anew with every change of a test would fill the
# disk. No run needs an entry for three hours without asking for it again.
cache_prune() {
	[[ $1 =~ ^(initrd|guest|module)$ ]] || return 0
	find "$CACHE" -mindepth 1 -maxdepth 1 -type d -name "$1-*" -mmin +180 -exec rm -rf {} +
}

# cache_room KIND: enough free disk for this kind of entry, in MiB.
cache_room() {
	local need free

	case $1 in
	source) need=2500 ;;
	kernel) need=600 ;;
	sysroot) need=900 ;;
	*) need=200 ;;
	esac
	free=$(df -Pm "$CACHE" | awk 'NR == 2 { print $4 }')
	((free >= need)) || die "$CACHE has $free MiB free, the $1 entry needs $need" \
		'free some, or name another place: XDG_CACHE_HOME=<folder>'
}
