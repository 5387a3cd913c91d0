# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# SHOW=1: the consoles on the terminal while they are written, beside their logs.

# Who shows them, and what keeps their FIFOs open until the end of the run.
CONSOLE_PIDS=()
CONSOLE_FDS=()

# console_show LEVEL LOG: sets CONSOLE to what QEMU writes to instead of LOG. All of it goes to LOG, and
# line by line to stderr: stdout is KTAP.
console_show() {
	local fd

	CONSOLE=$RUN_DIR/console$1
	mkfifo -m 600 "$CONSOLE"
	sed -u -n -e "w $2" -e "s/\\r//g; s/^/L$1| /; p" <"$CONSOLE" >&2 &
	CONSOLE_PIDS+=("$!")
	exec {fd}<>"$CONSOLE"
	CONSOLE_FDS+=("$fd")
}

# console_close: QEMU has gone; what it has written is shown to its end.
console_close() {
	local fd pid

	for fd in ${CONSOLE_FDS[@]+"${CONSOLE_FDS[@]}"}; do
		exec {fd}>&-
	done
	for pid in ${CONSOLE_PIDS[@]+"${CONSOLE_PIDS[@]}"}; do
		wait "$pid" || :
	done
	CONSOLE_FDS=()
	CONSOLE_PIDS=()
}
