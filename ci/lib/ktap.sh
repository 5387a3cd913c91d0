# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# KTAP in kselftest's dialect, on stdout and in the run's ktap file.

# KTAP_FD: the copy, empty for none.
KTAP_FD=
KTAP_NUMBER=0
KTAP_PASSED=0
KTAP_FAILED=0
KTAP_SKIPPED=0
KTAP_XFAILED=0

ktap_line() {
	printf '%s\n' "$1"
	[[ -z $KTAP_FD ]] || results_write "$KTAP_FD" "$1"
}

# ktap_start PLAN
ktap_start() {
	ktap_line 'TAP version 13'
	ktap_line "1..$1"
}

# ktap_diag TEXT: nested output or a diagnostic.
ktap_diag() {
	ktap_line "# $1"
}

ktap_pass() {
	KTAP_PASSED=$((KTAP_PASSED + 1))
	ktap_line "ok $((++KTAP_NUMBER)) $1"
}

# ktap_skip NAME REASON
ktap_skip() {
	KTAP_SKIPPED=$((KTAP_SKIPPED + 1))
	ktap_line "ok $((++KTAP_NUMBER)) $1 # SKIP${2:+ $2}"
}

# ktap_xfail NAME REASON: it failed, as it was expected to.
ktap_xfail() {
	KTAP_XFAILED=$((KTAP_XFAILED + 1))
	ktap_line "ok $((++KTAP_NUMBER)) $1 # XFAIL${2:+ $2}"
}

# ktap_fail NAME REASON
ktap_fail() {
	KTAP_FAILED=$((KTAP_FAILED + 1))
	ktap_line "not ok $((++KTAP_NUMBER)) $1 # $2"
}

# ktap_exit NAME STATUS FILE: the result of a program with the exit codes of kselftest, and what it printed
# into FILE; the last line is the reason of a skip.
ktap_exit() {
	local line last=

	while IFS= read -r line || [[ -n $line ]]; do
		[[ -n $line ]] || continue
		last=$line
		ktap_diag "$line"
	done <"$3"
	case $2 in
	0) ktap_pass "$1" ;;
	4) ktap_skip "$1" "$last" ;;
	*) ktap_fail "$1" "exit=$2" ;;
	esac
}

ktap_totals() {
	ktap_line "# Totals: pass:$KTAP_PASSED fail:$KTAP_FAILED xfail:$KTAP_XFAILED xpass:0 skip:$KTAP_SKIPPED error:0"
}

# ktap_last_line: the summary that ends every run; expected failures only if there are any.
ktap_last_line() {
	local xfailed=

	((KTAP_XFAILED == 0)) || xfailed=", $KTAP_XFAILED failed as expected"
	printf 'svakit: %d passed, %d failed, %d skipped%s\n' \
		"$KTAP_PASSED" "$KTAP_FAILED" "$KTAP_SKIPPED" "$xfailed"
}

# ktap_status: sets KTAP_STATUS: 0 passed or failed as expected, 1 failed or nothing ran, 4 all skipped.
ktap_status() {
	KTAP_STATUS=1
	((KTAP_FAILED > 0)) && return
	((KTAP_PASSED + KTAP_XFAILED > 0)) && KTAP_STATUS=0 && return
	((KTAP_SKIPPED == 0)) || KTAP_STATUS=4
}
