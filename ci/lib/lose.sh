# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# LOSE=n: in each test the model loses one invalidation that would have removed something stale,
# after n others. The oracle then has to find that one: docs/oracle.md.

# By full name: descriptors that were lost while it ran.
declare -A LOST=()
# By full name: yes if the oracle has named one of them; moot if nothing was left to be found: the
# kernel has sent the same once more before anybody looked, or the device has replaced it.
declare -A LOSS_NAMED=()
# Lines of the findings, and losses in svahw's log, that tests have been judged by.
LOSE_FINDINGS=0
LOSE_LOGGED=0

# lose_moot COUNT: has all that the last COUNT would have removed been replaced, or gone with one of the
# kernel's next three submissions (a teardown of a PASID takes three), before anybody looked?
lose_moot() {
	awk -v from="$LOSE_LOGGED" -v to="$((LOSE_LOGGED + $1))" '
		/inject: lose at / { losses++ }
		/oracle: (made good .* [1-3] waits, 0 audits|replaced before the first audit)$/ && losses > from && losses <= to { found++ }
		END { exit to == from || found < to - from }' "$RESULT_DIR/svahw.log" 2>/dev/null
}

# lose_judge NAME COUNT FINDINGS: so many have been lost; is it in the findings of this test? FINDINGS is
# their number when the test had ended: they are numbered from 0, and the next one may have made some since.
lose_judge() {
	local new=

	LOST[$1]=$2
	new=$(awk -F '[:,]' -v from="$LOSE_FINDINGS" -v to="$3" '$2 >= from && $2 < to' "$RESULT_DIR/svahw.findings" 2>/dev/null) || true
	! lose_moot "$2" || LOSS_NAMED[$1]=moot
	[[ $new != *'lost on purpose'* ]] || LOSS_NAMED[$1]=yes
	LOSE_LOGGED=$((LOSE_LOGGED + $2))
	LOSE_FINDINGS=$3
}

# lose_crashed NAME: it has taken its guest down, which cannot say whether it was a loss: svahw's log can.
lose_crashed() {
	local logged

	logged=$(grep -c 'inject: lose at ' "$RESULT_DIR/svahw.log" 2>/dev/null) || true
	lose_judge "$1" "$((${logged:-0} - LOSE_LOGGED))" "$(findings_count)"
}

# lose_results: a line for each test: its name; its result, crash if it did not end, or none if it
# did not begin; how many were lost; and whether the oracle named one: yes, no or moot.
lose_results() {
	local name how

	[[ -n $LOSE ]] || return 0
	for name in "${TESTS[@]}"; do
		lose_in "$name" || continue
		how=${RESULT[$name]}
		if [[ -n ${STARTED_MS[$name]:-} && -z ${ENDED_MS[$name]:-} ]]; then
			how=crash
			lose_crashed "$name"
		elif [[ $how == fail && -z ${STARTED_MS[$name]:-} ]]; then
			how=none
		fi
		printf '%s %s %d %s\n' "$name" "$how" "${LOST[$name]:-0}" "${LOSS_NAMED[$name]:-no}"
	done >"$RESULT_DIR/lost" || results_full
}
