# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A test that ends its guest costs only itself: those that were to come after it
# run in another machine, by another ci/run, whose results follow ours.

# Tests that another machine is to run.
LEFT=()

# again_possible NAME: has it not begun because its guest ended in another test? A guest in which no test
# has begun would end in the next machine as well.
again_possible() {
	local level=${ORDERED[$1]:-} other

	# The proof of the oracle counts what was lost in one machine.
	[[ -z $BROKEN$LOSE && -n $level && -z ${STARTED_MS[$1]:-} ]] || return 1
	[[ -n $FAULT ]] || { [[ $level == 2 && -n $VMM_EXIT && -z ${VERDICT[2]:-} ]]; } || return 1
	for other in "${TESTS[@]}"; do
		[[ -z ${STARTED_MS[$other]:-} ]] || [[ -z $FAULT && ${ORDERED[$other]} != 2 ]] || return 0
	done
	return 1
}

# again_run JOB: what is left, in another machine.
again_run() {
	((${#LEFT[@]} > 0)) || return 0
	say "a guest has ended: ${#LEFT[@]} tests are run in another machine"
	children_close
	TEST=${LEFT[*]} COLL='' RESULTS=$RESULT_DIR/again relay guests "$TOP/ci/run" --job "$1"
}
