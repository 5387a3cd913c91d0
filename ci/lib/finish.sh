# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The end of a run: results that are missing, and what to look at.

TAIL_LINES=25

# finish_results: every planned test gets a result, or is left to another machine; every level has to
# have kept its word.
finish_results() {
	local level name

	for name in "${TESTS[@]}"; do
		[[ -z ${RESULT[$name]:-} ]] || continue
		if again_possible "$name"; then
			test_left "$name"
		else
			test_failed "$name" "$(finish_missing "${ORDERED[$name]}" "$name")"
		fi
	done
	for ((level = 1; level <= LEVEL; level++)); do
		finish_level "$level"
	done
	lose_results
	if [[ -n $FAULT$BROKEN ]] && ((KTAP_FAILED == 0)); then
		run_extra_failure l1.machine "$FAULT$BROKEN"
	fi
}

# finish_missing LEVEL NAME: why the test has no result.
finish_missing() {
	if [[ -n $FAULT$BROKEN ]]; then
		printf '%s' "$FAULT$BROKEN"
	elif [[ $1 == 2 ]]; then
		finish_missing_l2
	else
		printf 'L%d did not run it' "$1"
	fi
	[[ -z ${STARTED_MS[$2]:-} ]] || printf ' (while it ran)'
}

finish_missing_l2() {
	if panicked 2; then
		printf '%s' "$PANIC"
	elif [[ $VMM_EXIT == timeout ]]; then
		printf 'L2 hung'
	elif [[ -z $VMM_EXIT ]]; then
		printf 'L1 did not start L2'
	elif [[ -n ${VERDICT[2]:-} ]]; then
		printf 'L2 did not run it'
	elif [[ $VMM_EXIT == 'exit 0' ]]; then
		printf 'L2 powered off or reset without a verdict'
	else
		printf "L2's QEMU ended: %s" "$VMM_EXIT"
	fi
}

# finish_level LEVEL: plan and verdict, unless its tests or the run failed anyway.
finish_level() {
	local level=$1 name verdict=${VERDICT[$1]:-missing}

	tests_of_guest "$level"
	[[ -z $FAULT$BROKEN ]] && ((level == 1 || ${#GUEST_TESTS[@]} > 0)) || return 0
	for name in ${GUEST_TESTS[@]+"${GUEST_TESTS[@]}"}; do
		[[ ${RESULT[$name]} != fail ]] || return 0
	done
	if [[ ${PLANNED[$level]:-none} != "${#GUEST_TESTS[@]}" ]]; then
		run_extra_failure "${LEVEL_KIND[$level]}.plan" \
			"L$level planned ${PLANNED[$level]:-nothing}, ${#GUEST_TESTS[@]} tests were ordered"
	elif [[ $verdict == missing || $verdict == fail && $KTAP_FAILED -eq 0 ]]; then
		run_extra_failure "${LEVEL_KIND[$level]}.verdict" \
			"all tests ended well, but the verdict of L$level is $verdict"
	fi
}

# finish_tails: the ends of all logs, as diagnostics.
finish_tails() {
	local file line

	((KTAP_FAILED > 0)) || return 0
	[[ -z $FAULT ]] || ktap_diag "stage \"$STAGE\": $FAULT"
	[[ -z $BROKEN ]] || ktap_diag "stage \"$STAGE\": $BROKEN"
	for file in l1-console.log l2-console.log svahw.log svahw.out qemu.out; do
		[[ -s $RESULT_DIR/$file ]] || continue
		ktap_diag "--- last lines of $RESULT_DIR/$file"
		while IFS= read -r line; do
			ktap_diag "${line//[[:cntrl:]]/}"
		done < <(tail -n "$TAIL_LINES" "$RESULT_DIR/$file" | tr -d '\0')
	done
}

# finish_status: sets KTAP_STATUS.
finish_status() {
	ktap_status
	[[ -z $BROKEN$RIG_FAILED ]] || KTAP_STATUS=2
}
