# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Passes the TAP of another program on, numbered anew and counted.

# What a run of the guests prints for people, kept for the end.
REPORT=
# Set when a program ended with the status of a setup error.
RIG_FAILED=
# The program that runs, or nothing.
RELAY_PID=
# What runs beside the rest; its TAP, and what of that belongs to a result that is not there yet.
BEHIND_PID=
BEHIND_FILE=
BEHIND_LINES=()
BEHIND_PART=
# Those of its tests that failed, among others.
FAILED_TESTS=()

# relay_end: on a signal. What runs beside a shell does not see Ctrl-C: it gets a TERM, and the time to
# clean up.
relay_end() {
	local pid

	for pid in $RELAY_PID $BEHIND_PID; do
		kill -TERM "$pid" 2>/dev/null || :
		wait "$pid" || :
	done
	[[ -z $BEHIND_FILE ]] || rm -f "$BEHIND_FILE"
	RELAY_PID=
	BEHIND_PID=
}

# relay_stop STATUS: on a signal, for who has nothing else to end.
relay_stop() {
	trap '' INT TERM HUP PIPE
	relay_end
	printf '\n' >&2
	complain interrupted
	exit "$1"
}

# relay GROUP COMMAND...: run it. Its failure without a failed result is one.
relay() {
	local group=$1 line status=0 failed=$KTAP_FAILED

	shift
	RELAY_PROGRAM=
	verbose "$@"
	exec {relay_fd}< <(exec "$@" </dev/null)
	RELAY_PID=$!
	while IFS= read -r -u "$relay_fd" line; do
		relay_line "$group" "$line"
		[[ $line != ok\ * && $line != not\ ok\ * ]] || relay_behind_more
	done
	exec {relay_fd}<&-
	wait "$RELAY_PID" || status=$?
	RELAY_PID=
	((status != 2)) || RIG_FAILED=$group
	((status == 0 || status == 4 || KTAP_FAILED > failed)) || ktap_fail "$group.run" "exit=$status"
}

# relay_behind FUNCTION: run it beside what follows, in a process of its own, on the CPU time that is left.
relay_behind() {
	BEHIND_FILE=$(mktemp "${TMPDIR:-/tmp}/svkb.XXXXXX")
	exec {BEHIND_FD}<"$BEHIND_FILE"
	relay_alone "$1" >"$BEHIND_FILE" </dev/null &
	BEHIND_PID=$!
}

# relay_alone FUNCTION
relay_alone() {
	trap 'relay_stop 143' TERM
	BEHIND_FILE=
	# What follows is about time, and is not to wait for it.
	renice -n 19 -p "$BASHPID" >/dev/null
	"$1"
}

# relay_behind_more: pass on what it has ended by now, each result with the lines that belong to it.
relay_behind_more() {
	local line ready

	[[ -n $BEHIND_FILE ]] || return 0
	while IFS= read -r -u "$BEHIND_FD" line; do
		BEHIND_LINES+=("$BEHIND_PART$line")
		BEHIND_PART=
		[[ ${BEHIND_LINES[-1]} == ok\ * || ${BEHIND_LINES[-1]} == not\ ok\ * ]] || continue
		for ready in "${BEHIND_LINES[@]}"; do
			relay_line behind "$ready"
		done
		BEHIND_LINES=()
	done
	BEHIND_PART+=$line
}

# relay_behind_end: wait for it, and pass on what is left.
relay_behind_end() {
	local status=0 failed=$KTAP_FAILED

	[[ -n $BEHIND_FILE ]] || return 0
	wait "$BEHIND_PID" || status=$?
	BEHIND_PID=
	relay_behind_more
	exec {BEHIND_FD}<&-
	rm "$BEHIND_FILE"
	BEHIND_FILE=
	((status == 0 || KTAP_FAILED > failed)) || ktap_fail behind.run "exit=$status"
}

# relay_line GROUP LINE
relay_line() {
	local group=$1 line=$2

	case $line in
	'TAP version '* | 1..[0-9]* | '# Totals: '* | 'svakit: '* | '# ok - '*) ;;
	'# hw/tests/'*) RELAY_PROGRAM=${line#\# hw/tests/} ;;
	'ok '* | 'not ok '*) relay_result "$group" "$line" ;;
	'#'*) ktap_line "$line" ;;
	*) [[ $group != guests ]] || REPORT+=$line$'\n' ;;
	esac
}

# relay_result GROUP LINE: `ok 1 name`, `ok 1 - name # SKIP why`, `not ok 1 name # why`.
relay_result() {
	local name rest

	[[ $2 =~ ^(not )?ok\ [0-9]+\ (-\ )?([^ ]+)\ ?(#\ )?(.*)$ ]] || return 0
	name=${BASH_REMATCH[3]}
	rest=${BASH_REMATCH[5]}
	[[ $1 != model ]] || name=model.$RELAY_PROGRAM.$name
	# A program may hold tests that were not selected.
	[[ $1 != model ]] || tests_match "$name" || return 0
	if [[ $2 == not* ]]; then
		FAILED_TESTS+=("$name")
		ktap_fail "$name" "$rest"
	elif [[ $rest == SKIP* ]]; then
		ktap_skip "$name" "${rest#SKIP }"
	elif [[ $rest == XFAIL* ]]; then
		ktap_xfail "$name" "${rest#XFAIL }"
	else
		ktap_pass "$name"
	fi
}
