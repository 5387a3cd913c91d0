# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Our test programs as an installed tree of the kernel's selftests: what
# `make kselftest-install` makes in tools/testing/selftests, so that
# run_kselftest.sh, and whoever calls it, runs them.

# kselftest_tests: all test programs, COLL/NAME.
kselftest_tests() {
	make -s --no-print-directory -C "$TOP/suites" list
	make -s --no-print-directory -C "$TOP/suites/upstream" list
}

# kselftest_list: the same as run_kselftest.sh has them, COLL:NAME.
kselftest_list() {
	kselftest_tests | tr / :
}

# kselftest_runner SOURCE: lines "path mode source" of the runner, from a kernel's source.
kselftest_runner() {
	local file selftests=$1/tools/testing/selftests

	for file in run_kselftest.sh kselftest/{runner.sh,ktap_helpers.sh,prefix.pl,module.sh}; do
		printf '%s 755 %s\n' "$file" "$selftests/$file"
	done
	for file in "$TOP"/suites/*/settings; do
		printf '%s 644 %s\n' "${file#"$TOP"/suites/}" "$file"
	done
}

# kselftest_install SOURCE PROGRAMS FOLDER: the tree, of programs that are built in PROGRAMS.
kselftest_install() {
	local path mode source
	local -a tests

	mkdir -p "$3"
	while read -r path mode source; do
		install -D -m "$mode" "$source" "$3/$path"
	done < <(kselftest_runner "$1")
	kselftest_list >"$3/kselftest-list.txt"
	mapfile -t tests < <(kselftest_tests)
	for path in "${tests[@]}"; do
		install -D -m 755 "$2/$path" "$3/$path"
		strip "$3/$path"
	done
	for path in "$TOP"/suites/*/config; do
		install -m 644 "$path" "$3/${path#"$TOP"/suites/}"
	done
	# The driver has to be built for the kernel that it is to run in.
	cp -r --parents -t "$3" modules include/svakit
	git -C "$TOP" describe --always --dirty >"$3/VERSION" 2>/dev/null || printf 'unknown\n' >"$3/VERSION"
}
