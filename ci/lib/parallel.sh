# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Several pieces of work at a time, and their results in order.

# Where their output is, and the process groups of those that run: group -> number of the item.
PARALLEL_DIR=
declare -A PARALLEL_GROUPS=()

# parallel_each JOBS WORK REPORT ITEM...: `WORK ITEM` runs in a process group of its own, JOBS at a time
# (a number, at least 1), with its output in a file; `REPORT ITEM STATUS FILE` is called in this shell, in
# the order of the items, each as soon as those before it are reported. A signal ends all that run.
parallel_each() {
	local jobs=$1 work=$2 report=$3 next=0 shown=0 group number status
	local -a statuses=()

	shift 3
	PARALLEL_DIR=$(mktemp -d "${TMPDIR:-/tmp}/svkp.XXXXXX")
	trap 'parallel_stop 130' INT
	trap 'parallel_stop 143' TERM
	trap 'parallel_stop 129' HUP
	while ((shown < $#)); do
		while ((${#PARALLEL_GROUPS[@]} < jobs && next < $#)); do
			parallel_start "$next" "$work" "${@:next+1:1}"
			next=$((next + 1))
		done
		status=0
		wait -n -p group "${!PARALLEL_GROUPS[@]}" || status=$?
		number=${PARALLEL_GROUPS[$group]}
		statuses[number]=$status
		unset "PARALLEL_GROUPS[$group]"
		while [[ -n ${statuses[shown]:-} ]]; do
			"$report" "${@:shown+1:1}" "${statuses[shown]}" "$PARALLEL_DIR/$shown"
			rm "$PARALLEL_DIR/$shown"
			shown=$((shown + 1))
		done
	done
	trap - INT TERM HUP
	rmdir "$PARALLEL_DIR"
}

# parallel_start NUMBER WORK ITEM
parallel_start() {
	# A group of its own: it can be ended with all that it started, and, unlike what else runs beside a
	# shell, it does not ignore Ctrl-C, which some of the work is about.
	set -m
	"$2" "$3" >"$PARALLEL_DIR/$1" 2>&1 </dev/null &
	set +m
	PARALLEL_GROUPS[$!]=$1
}

# parallel_stop STATUS: on a signal.
parallel_stop() {
	local group

	trap '' INT TERM HUP
	for group in "${!PARALLEL_GROUPS[@]}"; do
		kill -TERM -- "-$group" 2>/dev/null || :
	done
	wait
	rm -rf "$PARALLEL_DIR"
	exit "$1"
}
