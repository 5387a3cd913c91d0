# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Small answers that are expensive to find out, kept between runs.

# Without HOME, ~ is the home folder that the password database names.
CACHE=${XDG_CACHE_HOME:-~/.cache}/svakit

# cache_key: the name for what is on stdin.
cache_key() {
	local sum

	sum=$(sha256sum)
	printf '%s\n' "${sum%% *}"
}

# cache_put FILE LINE...: by rename, so that nobody reads half an answer.
cache_put() {
	local file=$1

	shift
	if ! { mkdir -p "${file%/*}" && printf '%s\n' "$@" >"$file.$$" && mv "$file.$$" "$file"; }; then
		die "cannot write to ${file%/*} (disk full?)" 'name a cache elsewhere: XDG_CACHE_HOME=...'
	fi
}

# cache_compiler: from here on what a clean checkout compiles comes out of the cache, if it was compiled before.
cache_compiler() {
	export PATH=/usr/lib/ccache:$PATH CCACHE_DIR=$CACHE/ccache CCACHE_MAXSIZE=2G
}
