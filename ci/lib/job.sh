# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The job file, which both guests read: lines "LEVEL VERB ...". docs/running.md lists the verbs.

# By full name of a test: the guest that is ordered to run it.
declare -A ORDERED=()
# What L2 is to have, yes or no: the function, the mediated devices.
JOB_PF=no
JOB_MDEV=no

# Of the VT-d specification, 6.5.2.
declare -A DESCRIPTOR_TYPE=([piotlb]=6 [pasid]=7 [pdevtlb]=8)

# job_write SHELL-LEVEL: TESTS, then an interactive shell if a level is given.
job_write() {
	local shell_level=$1

	{
		# A benchmark is not to pay for counting descriptors.
		! bench_measures "${TEST_JOB[${TESTS[0]:-none}]:-}" || printf '%d quiet\n' 1 2
		[[ -n ${IMAGE[l1_no_mdev]:-} ]] || printf '1 parent %s\n' "$PARENT_BDF"
		job_forget
		job_tests 1
		job_tests 2
		job_vmms "$shell_level"
		! job_needs_l2 "$shell_level" || job_l2 "$shell_level"
		[[ -z $shell_level ]] || printf '%d shell\n' "$shell_level"
	} >"$RUN_DIR/job"
}

# job_vmms SHELL-LEVEL: how a VMM is started, for PID 1 and for tests that do it themselves.
job_vmms() {
	job_needs_l2 "$1" || tests_need_vmm || return 0
	((LEVEL == 2)) || return 0
	machine_vmm
	printf '1 machine %s\n' "${VMM_ARGS[@]}"
}

# lose_in NAME: is the test to lose an invalidation? Tests of the oracle lose what they choose.
lose_in() {
	[[ -n $LOSE && ${TEST_COLL[$1]} != oracle ]]
}

# job_forget: who is to forget invalidations; docs/running.md, FORGET.
job_forget() {
	local who types skip count type bits=0

	[[ -n $FORGET ]] || return 0
	IFS=: read -r who types skip count <<<"$FORGET"
	# By default each that follows; the module takes the largest number for that.
	skip=${skip:-0} count=${count:-4294967295}
	for type in ${types//+/ }; do
		bits=$((bits | 1 << DESCRIPTOR_TYPE[$type]))
	done
	((bits > 0)) || bits=$((1 << DESCRIPTOR_TYPE[piotlb]))
	case $who in
	guest) printf '2 forget types=%d skip=%d count=%d\n' "$bits" "$skip" "$count" ;;
	host) printf '1 forget types=%d skip=%d count=%d\n' "$bits" "$skip" "$count" ;;
	vmm) printf '1 vmmenv SVAKIT_FORGET=%d,%d\n' "$skip" "$count" ;;
	esac
}

# job_environment NAME: what the test knows of the settings.
job_environment() {
	printf ' SVAKIT_SEED=%s' "$SEED"
	[[ $FULL != 1 ]] || printf ' SVAKIT_FULL=1'
	((TIME_FACTOR == 1)) || printf ' SVAKIT_TIME_FACTOR=%d' "$TIME_FACTOR"
	! bench_measures "${TEST_JOB[$1]}" || bench_variables "${1%%.*}"
}

# job_tests GUEST: its tests, in order.
job_tests() {
	local name

	tests_of_guest "$1"
	for name in ${GUEST_TESTS[@]+"${GUEST_TESTS[@]}"}; do
		ORDERED[$name]=$1
		! lose_in "$name" || printf '%d lose %d\n' "$1" "$LOSE"
		printf '%d run %s %d %s %s\n' "$1" "$name" "${TEST_LIMIT[$name]}" \
			"${KIND_DEVICES[${name%%.*}]}$(job_environment "$name")" "${TEST_ARGV[$name]}"
	done
}

# job_l2 SHELL-LEVEL: L2, with the devices that its tests want.
job_l2() {
	local i

	job_devices "$1"
	[[ $JOB_PF == no ]] || printf '1 pf %s\n' "$PF_BDF"
	for i in "${!MDEVS[@]}"; do
		[[ $JOB_MDEV == no ]] || printf '1 mdev %s %s\n' "${MDEVS[i]}" "${MDEV_TYPES[i]}"
	done
	machine_l2 "$1" "$JOB_PF" "$JOB_MDEV"
	if job_argument "$HOTPLUG_PORT"; then
		printf '1 hotplug %s %s\n' "$HOTPLUG_MDEV" "$HOTPLUG_TYPE"
		machine_l2_slot
	fi
	! job_argument "$EDU_BDF" || L2_ARGS+=(-device "edu,addr=${EDU_BDF#0000:00:}")
	[[ $GDB != 1 ]] || printf '1 wait\n'
	printf '1 guest %d\n' "$(job_l2_limit "$1")"
	printf '1 vmm %s\n' "${L2_ARGS[@]}"
}

# job_devices SHELL-LEVEL: sets JOB_PF and JOB_MDEV. A shell in L2 gets all that VIA names.
job_devices() {
	if [[ $1 == 2 ]]; then
		[[ $VIA == mdev ]] || JOB_PF=yes
		[[ $VIA == pf || -n ${IMAGE[l1_no_mdev]:-} ]] || JOB_MDEV=yes
	fi
	! tests_need_kind l2 || JOB_PF=yes
	! tests_need_kind l2m || JOB_MDEV=yes
}

# job_argument TEXT: has a test of L2 an argument that contains TEXT? A device that no test asks for would only make its
# boot longer.
job_argument() {
	local name

	tests_of_guest 2
	for name in ${GUEST_TESTS[@]+"${GUEST_TESTS[@]}"}; do
		[[ ${TEST_ARGV[$name]} != *"$1"* ]] || return 0
	done
	return 1
}

# job_needs_l2 SHELL-LEVEL: is there anything to do in L2?
job_needs_l2() {
	tests_of_guest 2
	[[ $1 == 2 ]] || ((${#GUEST_TESTS[@]} > 0))
}

# job_l2_limit SHELL-LEVEL: seconds that L1 gives L2 as a whole; a shell has a day.
job_l2_limit() {
	local limit=$((L2_BOOT_LIMIT + SHUTDOWN_LIMIT)) name

	tests_of_guest 2
	for name in ${GUEST_TESTS[@]+"${GUEST_TESTS[@]}"}; do
		limit=$((limit + ${TEST_LIMIT[$name]} + TEST_GRACE))
	done
	[[ -z $1 && $GDB != 1 ]] || limit=86400
	printf '%d\n' "$limit"
}
