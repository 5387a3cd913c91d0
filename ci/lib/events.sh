# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Events: lines in one FIFO, from both guests and from the watchers of our own
# processes. The first field says who: 0 the runner, 1 L1, 2 L2.

# EVENT_LOG_FD: where each event is recorded with its time; empty for nowhere.
EVENT_LOG_FD=
DEADLINE_MS=0
EVENT=

# deadline_set SECONDS: from now on.
deadline_set() {
	clock_now
	DEADLINE_MS=$((NOW_MS + $1 * 1000))
}

# event_read: read within SECONDS_TEXT, sets PART, perhaps to less than a line. IFS is local to it: as the
# environment of read it would be that of a trap which runs inside of read.
event_read() {
	local IFS=

	PART=
	read -r -t "$SECONDS_TEXT" -u "$EVENTS_FD" PART
}

# event_next: wait for the next event until the deadline, sets EVENT and NOW_MS. Fails when it is over.
event_next() {
	local left status

	EVENT=
	while :; do
		clock_now
		left=$((DEADLINE_MS - NOW_MS))
		((left > 0)) || return 1
		clock_seconds "$left"
		status=0
		event_read || status=$?
		EVENT+=$PART
		if ((status == 0)); then
			event_record
			return 0
		fi
		# Above 128: time is up, with perhaps a part of a line. Else the FIFO is broken.
		((status > 128)) || die "cannot read events (read: status $status)"
	done
}

# event_record: note EVENT with its time; control characters of a guest stay out of terminals.
event_record() {
	EVENT=${EVENT//[$'\x01'-$'\x08'$'\x0b'-$'\x1f'$'\x7f']/}
	[[ -n $EVENT_LOG_FD ]] || return 0
	clock_now
	clock_seconds "$((NOW_MS - RUN_START_MS))"
	results_write "$EVENT_LOG_FD" "$SECONDS_TEXT $EVENT"
}
