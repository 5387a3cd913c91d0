# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Messages of prepare, and long steps that are never silent.

# say TEXT...: progress.
say() {
	printf 'svakit: %s\n' "$*" >&2
}

# die TEXT LINE...: what failed, then the way out.
die() {
	printf 'svakit: error: %s\n' "$1" >&2
	shift
	(($# == 0)) || printf '        %s\n' "$@" >&2
	exit 1
}

# step TEXT LOG COMMAND...: run a long command with its output in LOG, a line
# every ten seconds, and the end of the log if it fails.
step() {
	local text=$1 log=$2 start=$SECONDS pid rc=0

	shift 2
	say "$text"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	STEP_PID=$pid
	while ! step_ended "$pid"; do
		printf 'svakit:   ... %d s: %s\n' "$((SECONDS - start))" \
			"$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-80)" >&2
	done
	wait "$pid" || rc=$?
	STEP_PID=
	((rc == 0)) && return 0
	tail -n 25 "$log" >&2
	if grep -q 'No space left on device' "$log"; then
		die "$text: the disk is full" 'free some, or name another place: XDG_CACHE_HOME=<folder>'
	fi
	die "$text: failed with status $rc; the end of its output is above"
}

# step_ended PID: wait up to ten seconds for it; true if it has ended.
step_ended() {
	timeout 10 tail -s 0.05 --pid="$1" -f /dev/null
}

# Ctrl-C ends the step that is under way with us.
STEP_PID=
step_abort() {
	if [[ -n $STEP_PID ]]; then
		kill "$STEP_PID" 2>/dev/null || true
		wait "$STEP_PID" 2>/dev/null || true
	fi
}
