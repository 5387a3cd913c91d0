# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What each stage may take, in seconds before TIME_FACTOR, and what it means when something went wrong.

SVAHW_LIMIT=${SVAHW_LIMIT:-10}
L1_BOOT_LIMIT=${L1_BOOT_LIMIT:-60}
L2_BOOT_LIMIT=${L2_BOOT_LIMIT:-90}
SHUTDOWN_LIMIT=${SHUTDOWN_LIMIT:-20}
# Beyond a test's own limit, which PID 1 enforces.
TEST_GRACE=${TEST_GRACE:-10}
# From one test's end to the next event.
BETWEEN_LIMIT=${BETWEEN_LIMIT:-30}
# From the end of QEMU or svahw to that of the other.
DOWN_LIMIT=${DOWN_LIMIT:-5}

# Why a run cannot go on: FAULT is of the guest (exit 1), BROKEN of the rig (exit 2).
FAULT=
BROKEN=

# run_faulted REASON, run_broken REASON: the run ends; the first reason is the one that counts.
run_faulted() {
	[[ -n $FAULT$BROKEN ]] || FAULT=$1
}

run_broken() {
	[[ -n $FAULT$BROKEN ]] || BROKEN=$1
}
