# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Processes and files that last as long as a run: the folder for sockets, the
# event FIFO, svahw and QEMU. children_open sets up, children_close undoes it.

# Seconds a child may take to end when asked to, before it is killed.
STOP_TIME=3

declare -A CHILD_PID=()
RUN_DIR=

# children_open: make RUN_DIR and the FIFO; events are read from EVENTS_FD.
children_open() {
	local base=${TMPDIR:-/tmp}

	socket_path_check || die \
		"TMPDIR=$base makes socket paths of $SOCKET_PATH_LENGTH bytes, at most $SOCKET_PATH_MAX fit" \
		"name a shorter folder: TMPDIR=/tmp"
	RUN_DIR=$(mktemp -d "$base/svakit.XXXXXX") ||
		die "cannot make a folder for sockets in $base" "name a writable one: TMPDIR=..."
	mkfifo -m 600 "$RUN_DIR/events"
	# Both ways, so that opening does not wait and the end of a writer is no end of file.
	exec {EVENTS_FD}<>"$RUN_DIR/events"
}

# children_close: end whatever still runs and remove RUN_DIR, with what leads there. May be called
# twice. QEMU goes before svahw: it waits for the answers of its devices.
children_close() {
	local name

	for name in kvm qemu svahw; do
		child_stop "$name"
	done
	console_close
	[[ -z $RUN_DIR ]] || rm -rf "$RUN_DIR" "${RESULT_DIR:-$RUN_DIR}/control.sock"
	RUN_DIR=
}

# child_start NAME COMMAND...: run it; its end becomes the event `0 exit NAME STATUS`.
child_start() {
	local name=$1

	shift
	verbose "$@"
	# Named, or the shell would take /dev/null for stdin of what runs beside it.
	child_watch "$name" "$@" <&0 &
	CHILD_PID[$name]=$!
}

# Runs in a process of its own, so that the runner waits for events only. TERM and
# USR1 are passed on as TERM and KILL; a signal before the start prevents it.
child_watch() {
	local name=$1 pid='' stop='' status=0

	shift
	trap 'stop=TERM; [[ -z $pid ]] || kill -TERM "$pid" 2>/dev/null || :' TERM
	trap 'stop=KILL; [[ -z $pid ]] || kill -KILL "$pid" 2>/dev/null || :' USR1
	trap '' INT HUP
	if [[ -z $stop ]]; then
		"$@" <&0 {EVENTS_FD}>&- &
		pid=$!
		# The shell would name a child that is killed, among the messages of that child.
		exec 2>/dev/null
		[[ -z $stop ]] || kill -"$stop" "$pid" || :
	fi
	# A trapped signal ends wait early: ask again until the child is gone.
	while [[ -n $pid ]]; do
		status=0
		wait "$pid" || status=$?
		kill -0 "$pid" 2>/dev/null || pid=
	done
	printf '0 exit %s %d\n' "$name" "$status" >&"$EVENTS_FD"
}

# child_ended NAME: to be called on its exit event.
child_ended() {
	wait "${CHILD_PID[$1]}" 2>/dev/null || true
	unset "CHILD_PID[$1]"
}

# child_stop NAME: end it, and wait until it is gone. Other events until then are only recorded.
child_stop() {
	local name=$1 signal

	for signal in TERM USR1; do
		[[ -n ${CHILD_PID[$name]:-} ]] || return 0
		kill -"$signal" "${CHILD_PID[$name]}" 2>/dev/null || true
		deadline_set "$STOP_TIME"
		while event_next; do
			[[ $EVENT != "0 exit "* ]] || child_exit_seen "$EVENT"
			[[ -n ${CHILD_PID[$name]:-} ]] || return 0
		done
	done
	warn "$name does not end (pid ${CHILD_PID[$name]})"
}

# Of the event `0 exit NAME STATUS`, note that NAME is gone.
child_exit_seen() {
	local name

	read -r _ _ name _ <<<"$1"
	[[ -z ${CHILD_PID[$name]:-} ]] || child_ended "$name"
}
