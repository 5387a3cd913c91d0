# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What svahw's oracle has found: one JSON object a line, written as it is found.

# Lines of the file that have been printed, and the last one printed.
FINDINGS_SEEN=0
FINDING=

# findings_print: those that are new, in words; sets FINDING to the first of them.
findings_print() {
	local line

	FINDING=
	while IFS= read -r line; do
		FINDINGS_SEEN=$((FINDINGS_SEEN + 1))
		line=$(finding_text "$line")
		ktap_diag "oracle: $line"
		FINDING=${FINDING:-$line}
	done < <(tail -n "+$((FINDINGS_SEEN + 1))" "$RESULT_DIR/svahw.findings" 2>/dev/null)
}

# finding_text LINE: its sentence. svahw writes no quotes into it.
finding_text() {
	local text=${1#*\"text\":\"}

	text=${text%%\"*}
	printf '%s' "${text//\\\//\/}"
}

# findings_count: how many there are in all.
findings_count() {
	wc -l 2>/dev/null <"$RESULT_DIR/svahw.findings" || printf '0\n'
}
