# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every program that starts the machines does before and after.

# clean_up: on EXIT. Whatever ends the runner ends its children and removes its folder.
clean_up() {
	local status=$? IFS=$' \t\n'

	trap '' INT TERM HUP PIPE
	set +eu
	[[ -z ${RELAY_PID:-} ]] || relay_end
	children_close
	exit "$status"
}

# interrupted STATUS: on a signal.
interrupted() {
	# A second one would end the clean-up in its middle.
	trap '' INT TERM HUP PIPE
	printf '\n' >&2
	complain "interrupted${RESULT_DIR:+; logs so far: $RESULT_DIR}"
	exit "$1"
}

# set_up_traps: clean_up on every way out; the shell does it on SIGPIPE (make run | head) as well.
set_up_traps() {
	trap clean_up EXIT
	trap 'interrupted 130' INT
	trap 'interrupted 143' TERM
	trap 'interrupted 129' HUP
}

# set_up_rig: packages, svahw, images, folders, accelerator, the unit's address.
set_up_rig() {
	STAGE=packages
	"$TOP/ci/packages" run || exit 2
	svahw_build
	hw_arguments
	inject_arguments
	if ((LEVEL == 1)); then
		images_prepare qemu l1_kernel l1_initrd
	else
		images_prepare qemu l1_kernel l1_initrd vmm guest
	fi
	STAGE=results
	results_open
	children_open
	accel_choose
	machine_svahw
	machine_l1_devices
	bar_learn
}

# set_up_inputs SHELL-LEVEL: what svahw, QEMU and the guests read. Empty: the tests are run.
set_up_inputs() {
	STAGE='write inputs'
	dmar_table "$BAR" >"$RUN_DIR/dmar"
	job_write "$1"
	cp "$RUN_DIR/job" "$RESULT_DIR/job" || results_full
	machine_l1_run
	SVAHW_ARGS=(
		"$SVAHW" --socket-dir "$RUN_DIR" "${SVAHW_DEVICES[@]}" "${HW_ARGS[@]}" "${INJECT_ARGS[@]}"
		--ready-fd 3 --once --control "$RUN_DIR/control.sock"
		--log-file "$RESULT_DIR/svahw.log" --stats "$RESULT_DIR/svahw.stats.json"
		--trace "$RESULT_DIR/svahw.trace" --trace-events 262144
		--findings "$RESULT_DIR/svahw.findings"
	)
	[[ $ORACLE != 0 ]] || SVAHW_ARGS+=(--no-oracle)
	[[ $EXACT != 1 ]] || SVAHW_ARGS+=(--synchronous)
	# Where ci/control finds it: a name below the results may be too long for a socket.
	ln -s "$RUN_DIR/control.sock" "$RESULT_DIR/control.sock" || results_full
}
