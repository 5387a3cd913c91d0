# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Time in milliseconds, without a fork.

# clock_now: sets NOW_MS, milliseconds of wall clock.
clock_now() {
	local now=${EPOCHREALTIME/[.,]/}

	NOW_MS=${now%???}
}

# clock_seconds MS: sets SECONDS_TEXT to MS as s.mmm.
clock_seconds() {
	printf -v SECONDS_TEXT '%d.%03d' "$(($1 / 1000))" "$(($1 % 1000))"
}

# clock_start: sets RUN_START_MS, and MONOTONIC_MS, the same moment on the clock of svahw's trace.
clock_start() {
	local uptime

	clock_now
	RUN_START_MS=$NOW_MS
	read -r uptime _ </proc/uptime
	MONOTONIC_MS=${uptime/./}0
}
