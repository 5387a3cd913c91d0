# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# results/<run>/: everything that a run leaves behind.

# What a run may need at most: both consoles, the event log, svahw's trace.
RESULTS_MIN_KIB=${RESULTS_MIN_KIB:-20480}

RESULT_DIR=

# What ci/run was told, for repro.sh: " --job JOB" where the tests are of that job alone.
RUN_OPTION=

# disk_free_check FOLDER KIB: sets FREE_KIB; fails when the file system of FOLDER has less room.
disk_free_check() {
	local line

	line=$(df -Pk "$1" | tail -n 1)
	read -r _ _ _ FREE_KIB _ <<<"$line"
	[[ $FREE_KIB =~ ^[0-9]+$ ]] || die "cannot tell the free space of $1"
	((FREE_KIB >= $2))
}

# results_open: make the run's folder, and results/latest.
results_open() {
	local stamp

	printf -v stamp '%(%Y%m%d-%H%M%S)T-%d' -1 "$$"
	mkdir -p "$RESULTS/$stamp" 2>/dev/null ||
		die "cannot write to $RESULTS" 'name a writable folder: RESULTS=...'
	RESULT_DIR=$(cd "$RESULTS/$stamp" && pwd)
	disk_free_check "$RESULT_DIR" "$RESULTS_MIN_KIB" || die \
		"disk full: $FREE_KIB KiB free in $RESULTS, $RESULTS_MIN_KIB KiB needed" \
		"free some space, or name a folder elsewhere: RESULTS=..."
	# A link that is replaced by rename is right at any time, also with two runs at once.
	ln -s "$stamp" "$RESULTS/.latest.$$"
	mv -T "$RESULTS/.latest.$$" "$RESULTS/latest"
	exec {KTAP_FD}>"$RESULT_DIR/ktap" {EVENT_LOG_FD}>"$RESULT_DIR/events.log"
}

# results_write FD LINE
results_write() {
	{ printf '%s\n' "$2" >&"$1"; } 2>/dev/null || results_full
}

# results_append NAME LINE: to a file of the results.
results_append() {
	{ printf '%s\n' "$2" >>"$RESULT_DIR/$1"; } 2>/dev/null || results_full
}

# results_full: a write to the results failed.
results_full() {
	local reason='the write failed'

	disk_free_check "$RESULT_DIR" 64 || reason="disk full, $FREE_KIB KiB free"
	EVENT_LOG_FD=
	run_broken "cannot write to $RESULT_DIR: $reason; free some space or set RESULTS=..."
}

# results_command NAME COMMAND...: keep a command line as a script that can be read and run.
results_command() {
	local file=$RESULT_DIR/$1.cmd word

	shift
	{
		printf '%q' "$1"
		shift
		for word; do
			[[ $word == -* ]] && printf ' \\\n\t%q' "$word" || printf ' %q' "$word"
		done
		printf '\n'
	} >"$file" || results_full
}

# results_environment: what the run ran on.
results_environment() {
	{
		printf 'date: %(%Y-%m-%dT%H:%M:%S%z)T\n' -1
		printf 'svakit: %s\n' "$(version_of_tree)"
		printf 'svahw: %s\n' "$("$SVAHW" --version 2>&1 | head -n 1)"
		printf 'qemu: %s (%s)\n' "${IMAGE[qemu_version]:-unknown}" "${IMAGE[qemu]}"
		printf 'accelerator: %s (%s)\n' "$ACCEL_USED" "$ACCEL_WHY"
		printf 'host: %s\n' "$(uname -srvm)"
		settings_list | sed 's/^/setting: /'
		printf 'L1 command line: %s\n' "$(machine_cmdline 1)"
		printf 'L2 command line: %s\n' "$(machine_cmdline 2)"
		results_kernel L1 "${IMAGE[l1_kernel]:-}" "${IMAGE[l1_config]:-}"
		results_kernel L2 "${IMAGE[l2_kernel]:-}" "${IMAGE[l2_config]:-}"
		printf '\n'
		lscpu
		printf '\n'
		free -m
	} >"$RESULT_DIR/environment.txt" || results_full
}

# results_kernel LEVEL IMAGE CONFIG: either file may be missing.
results_kernel() {
	printf '%s kernel: %s\n' "$1" "$2"
	file_hash "$1 kernel" "$2"
	file_hash "$1 config" "$3"
}

# By file: its hash. Most runs have one kernel for both guests.
declare -A FILE_HASH=()

# file_hash WHAT FILE: a line, if there is such a file.
file_hash() {
	local sum

	[[ -r $2 ]] || return 0
	if [[ -z ${FILE_HASH[$2]:-} ]]; then
		sum=$(sha256sum <"$2")
		FILE_HASH[$2]=${sum%% *}
	fi
	printf '%s sha256: %s\n' "$1" "${FILE_HASH[$2]}"
}

# version_of_tree: git describe, or where there is no git, that.
version_of_tree() {
	git -C "$TOP" describe --always --dirty --tags 2>/dev/null || printf 'not a git tree\n'
}

# results_repro NAME...: repro.sh runs these tests again, with the settings of this run.
results_repro() {
	local setting
	local -a settings

	mapfile -t settings < <(settings_list)
	{
		printf '#!/bin/bash\n# Runs again: %s\n' "$*"
		printf 'cd %q && exec env \\\n' "$TOP"
		for setting in "${settings[@]}"; do
			printf '\t%q \\\n' "$setting"
		done
		printf '\tTEST=%q ci/run%s "$@"\n' "$*" "$RUN_OPTION"
	} >"$RESULT_DIR/repro.sh" || results_full
	chmod +x "$RESULT_DIR/repro.sh"
}
