# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A run as a sequence of stages, each with a deadline; events move it on.

# By level: what the guest said. By key "LEVEL KEY": its notes.
declare -A PLANNED=() VERDICT=() RELEASE=() NOTE=()
# By stage: milliseconds.
declare -A STAGE_MS=()
STAGES=()
STAGE_START_MS=0
# By process: its exit status. ENDING: one has ended, the other is waited for.
declare -A EXIT=()
ENDING=
# The VMM of L2, as L1 saw it end.
VMM_EXIT=

# stage_enter NAME SECONDS: a stage may be entered again, times add up.
stage_enter() {
	stage_leave
	STAGE=$1
	[[ -n ${STAGE_MS[$1]:-} ]] || STAGES+=("$1")
	deadline_set "$(($2 * TIME_FACTOR))"
}

stage_leave() {
	clock_now
	STAGE_MS[$STAGE]=$((${STAGE_MS[$STAGE]:-0} + NOW_MS - STAGE_START_MS))
	STAGE_START_MS=$NOW_MS
}

# run_machines: from the start of svahw to the end of both processes.
run_machines() {
	clock_now
	STAGE_START_MS=$NOW_MS
	stage_enter 'svahw up' "$SVAHW_LIMIT"
	child_start svahw "${SVAHW_ARGS[@]}" 3> >(event_when_ready) \
	</dev/null >"$RESULT_DIR/svahw.out" 2>&1
	while [[ -n ${CHILD_PID[*]} && -z $FAULT$BROKEN ]]; do
		if event_next; then
			run_event "$EVENT"
		else
			run_expired
		fi
	done
	stage_leave
}

# run_expired: the deadline of the stage has passed.
run_expired() {
	if [[ -n $ENDING ]]; then
		run_judge
	elif [[ $STAGE == 'svahw up' ]]; then
		run_broken 'svahw opened no sockets in time'
	elif panicked 2 || panicked 1; then
		run_faulted "$PANIC, and the machine did not end"
	else
		console_bug
		run_faulted "hang: nothing happened in time${TEST_NOW:+ in $TEST_NOW}$BUG"
	fi
}

# run_event EVENT
run_event() {
	local source verb rest

	read -r source verb rest <<<"$1"
	case $source in
	0) run_own_event "$verb" "$rest" ;;
	[12]) run_guest_event "$source" "$verb" "${1#"$source $verb"}" ;;
	*) warn "not an event: $1" ;;
	esac
}

# run_own_event VERB REST
run_own_event() {
	local rest

	case "$1 $2" in
	'ready svahw')
		stage_enter 'L1 boot' "$L1_BOOT_LIMIT"
		child_start qemu "${L1_ARGS[@]}" </dev/null >"$RESULT_DIR/qemu.out" 2>&1
		[[ $GDB != 1 ]] || run_gdb 1
		;;
	'exit qemu '* | 'exit svahw '*)
		rest=${2% *}
		child_ended "$rest"
		EXIT[$rest]=${2##* }
		run_process_ended
		;;
	esac
}

# run_gdb LEVEL: its machine waits for a debugger.
run_gdb() {
	local remote=$RUN_DIR/gdb.l$1

	(($1 == 1)) || remote="| socat - OPEN:$remote.out!!OPEN:$remote.in"
	say "L$1 waits: gdb ${IMAGE[l$1_kernel]} -ex 'target remote $remote', then continue"
}

# run_process_ended: QEMU may end a moment before svahw, and be its victim, or svahw because QEMU has
# gone: both are waited for, but not long. An svahw that failed is the culprit.
run_process_ended() {
	if ((${#CHILD_PID[@]} == 0)) || [[ ${EXIT[svahw]:-0} != 0 ]]; then
		run_judge
	elif [[ -z $ENDING ]]; then
		ENDING=yes
		deadline_set "$DOWN_LIMIT"
	fi
}

# status_text STATUS: for a message.
status_text() {
	if (($1 > 128)); then
		printf 'signal %d (%s)' "$(($1 - 128))" "$(kill -l "$(($1 - 128))")"
	else
		printf 'status %d' "$1"
	fi
}

# run_judge: from how the processes ended, or did not end, to FAULT or BROKEN.
run_judge() {
	local qemu=${EXIT[qemu]:-running} svahw=${EXIT[svahw]:-running} where=

	if [[ $svahw != running && $svahw != 0 ]] || [[ $qemu == running ]]; then
		[[ $qemu != running || $STAGE == 'svahw up' ]] || where=' under a running machine'
		run_broken "svahw ended with $(status_text "$svahw")$where"
	elif [[ $qemu != 0 ]]; then
		run_broken "L1's QEMU ended with $(status_text "$qemu"): $(tail -n 1 "$RESULT_DIR/qemu.out")"
	elif [[ -z ${VERDICT[1]:-} ]]; then
		panicked 1 || PANIC='L1 powered off or reset without a verdict'
		run_faulted "$PANIC"
	elif [[ $svahw == running ]]; then
		run_broken 'svahw did not end after QEMU'
	fi
}

# panicked LEVEL: does its console show a panic? Sets PANIC.
panicked() {
	local line

	line=$(grep -a -m 1 'Kernel panic' "$RESULT_DIR/l$1-console.log" 2>/dev/null) || return 1
	line=${line//[$'\r\e']/}
	PANIC="L$1 panicked: ${line#*Kernel panic - }"
}

# console_bug: sets BUG to what one of the kernels has said of itself, and where it was then, or to
# nothing. After an oops with a lock held PID 1 has no turn any more to report it.
console_bug() {
	local level

	BUG=
	for level in 1 2; do
		[[ -r $RESULT_DIR/l$level-console.log ]] || continue
		BUG=$(awk '{ sub(/\r$/, ""); sub(/^\[[^]]*\] /, "") }
			bug == "" && /^(BUG|Oops): / { bug = $0 }
			bug != "" && /^RIP: / { sub(/^[^:]*:/, "", $2); bug = bug ", at " $2; exit }
			END { print bug }' "$RESULT_DIR/l$level-console.log")
		[[ -n $BUG ]] || continue
		BUG="; L$level had said: $BUG"
		return
	done
}

# run_guest_event LEVEL VERB REST: REST keeps its spaces, the first one separates.
run_guest_event() {
	local level=$1 verb=$2 rest=${3# } name status

	case $verb in
	hello)
		RELEASE[$level]=$rest
		((level == 2)) || run_check_bar
		;;
	stage) run_guest_stage "$level" "${rest%% *}" ;;
	plan)
		PLANNED[$level]=$rest
		stage_enter "L$level tests" "$BETWEEN_LIMIT"
		;;
	start) run_guest_start "$level" "$rest" ;;
	line) run_guest_line "$level" "$rest" ;;
	end)
		read -r name status _ <<<"$rest"
		run_guest_end "$level" "$name" "$status"
		;;
	dmesg) run_guest_dmesg "$level" "${rest%% *}" "${rest#* }" ;;
	sent) findings_sent "$level" "$rest" ;;
	oracle)
		read -r name status _ <<<"$rest"
		run_guest_oracle "$level" "$name" "$status" "${rest##* }"
		;;
	lost)
		read -r name status _ <<<"$rest"
		! run_known "$level" "$name" || lose_judge "$name" "$status" "${rest##* }"
		;;
	note) run_guest_note "$level" "${rest%% *}" "${rest#* }" ;;
	vmm) run_guest_vmm "$rest" ;;
	verdict)
		VERDICT[$level]=$rest
		stage_enter "L$level down" "$SHUTDOWN_LIMIT"
		;;
	*) warn "L$level sent an unknown event: $verb $rest" ;;
	esac
}

# run_guest_stage LEVEL NAME
run_guest_stage() {
	[[ $1 != 1 || $2 != l2start ]] || stage_enter 'L2 boot' "$L2_BOOT_LIMIT"
	[[ $GDB != 1 || $1 != 1 || $2 != l2qmp ]] || run_gdb 2
}

# run_known LEVEL NAME: a test that this guest was ordered to run, and that has no result yet?
run_known() {
	[[ ${ORDERED[$2]:-} == "$1" && -z ${RESULT[$2]:-} ]]
}

run_guest_start() {
	if ! run_known "$1" "$2"; then
		run_extra_failure "${LEVEL_KIND[$1]}.plan" "started $2, which was not ordered"
		return
	fi
	stage_enter "L$1 tests" "$((${TEST_LIMIT[$2]} / TIME_FACTOR + TEST_GRACE))"
	test_start "$2"
}

run_guest_end() {
	if ! run_known "$1" "$2" || [[ $2 != "$TEST_NOW" ]]; then
		run_extra_failure "${LEVEL_KIND[$1]}.plan" "ended $2, which was not running"
		return
	fi
	test_end "$2" "$3"
	stage_enter "L$1 tests" "$BETWEEN_LIMIT"
}

# run_guest_line LEVEL TEXT: output of the test that runs in that level, else of PID 1 or the VMM.
run_guest_line() {
	if [[ ${ORDERED[${TEST_NOW:-none}]:-} == "$1" ]]; then
		test_line "$2"
	else
		ktap_diag "L$1: $2"
	fi
}

# run_guest_dmesg LEVEL NAME TEXT: a defect outside of any test fails the level itself.
run_guest_dmesg() {
	if run_known "$1" "$2"; then
		test_defect "$2" "kernel log: $3"
	elif [[ -n $TEST_NOW ]]; then
		test_defect "$TEST_NOW" "kernel log: L$1: $3"
	else
		run_extra_failure "${LEVEL_KIND[$1]}.kernel" "kernel log: $3"
	fi
}

# run_guest_oracle LEVEL NAME FOUND EXPECTED: what the translation caches still hold after a test.
run_guest_oracle() {
	local text="the oracle has $3 findings"

	(($4 == 0)) || text+=", $4 were brought about on purpose"
	findings_print "$1"
	text+=${FINDING:+: $FINDING}
	if run_known "$1" "$2"; then
		test_finding "$2" "$text"
	else
		run_extra_failure "${LEVEL_KIND[$1]}.oracle" "$text"
	fi
}

# run_guest_note LEVEL KEY VALUE: also by test, for the report.
run_guest_note() {
	NOTE["$1 $2"]=$3
	[[ -z $TEST_NOW ]] || NOTE["$TEST_NOW $2"]=$3
}

# run_guest_vmm REST: L2 is gone.
run_guest_vmm() {
	VMM_EXIT=$1
	TEST_NOW=
	stage_enter 'L1 down' "$SHUTDOWN_LIMIT"
}

# run_extra_failure NAME REASON: a failure that belongs to no planned test. The count then
# exceeds the plan, which is what it means.
run_extra_failure() {
	ktap_fail "$1" "${2//#/}"
}

# run_check_bar: the table that L1 reads must name the BAR that its firmware placed.
run_check_bar() {
	local base=$BAR

	if ! bar_of_log "$RESULT_DIR/svahw.log"; then
		bar_forget
		run_broken 'firmware left the VT-d function without a BAR; its cached address is dropped, run again'
	elif [[ $BAR != "$base" ]]; then
		bar_forget
		run_broken "BAR moved: the DMAR table says $base, firmware placed it at $BAR; the cached address is dropped, run again"
	fi
}
