# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Settings come from the environment: `make run LEVEL=1` exports them.

# Level 1 runs in L1 alone (native); level 2 adds the nested guest.
LEVEL=${LEVEL:-2}
# How L2 gets its accelerators: pf the function itself, mdev mediated devices.
VIA=${VIA:-both}
ACCEL=${ACCEL:-auto}
ORACLE=${ORACLE:-1}
# What the model lets fail.
INJECT=${INJECT:-}
# Further options of the model: capabilities that it is to have, or not.
HW=${HW:-}
# More of L1's kernel command line.
APPEND=${APPEND:-}
# In each test one invalidation is lost, after so many others; empty: none.
LOSE=${LOSE:-}
# Who forgets invalidations on purpose: guest, vmm or host[:TYPES[:SKIP[:COUNT]]]; nobody if empty.
FORGET=${FORGET:-}
DEBUG=${DEBUG:-}
TEST=${TEST:-}
# Collections of the guests' tests; empty: all, and what is no test of a guest.
COLL=${COLL:-}
# What is to be run: QUICK little, FULL also what takes long.
QUICK=${QUICK:-}
FULL=${FULL:-}
# Time is instructions: L1 alone, one processor, under TCG.
EXACT=${EXACT:-}
# Where sequences of random numbers begin: drawn once if not given, but for runs that are to be the same.
[[ $EXACT != 1 ]] || SEED=${SEED:-1}
SEED=${SEED:-$SRANDOM}
EVENTS=${EVENTS:-}
[[ $EXACT != 1 ]] || LEVEL=1 ACCEL=tcg
# How often each test is run, in one boot.
REPEAT=${REPEAT:-}
V=${V:-}
# SHOW: both consoles as they are written. GDB: both machines wait for a debugger.
SHOW=${SHOW:-}
GDB=${GDB:-}

# Each may be empty; guest-images/prepare gives them their meaning.
KERNEL=${KERNEL:-}
KSRC=${KSRC:-}
L1_KERNEL=${L1_KERNEL:-}
L2_KERNEL=${L2_KERNEL:-}
QEMU=${QEMU:-}
FIO=${FIO:-}

# SVAHW: another build of the model (build/hw/san/svahw, say). PREPARE, SUITES: other images and tests.
SVAHW=${SVAHW:-}
PREPARE=${PREPARE:-$TOP/guest-images/prepare}
RESULTS=${RESULTS:-$TOP/results}
SUITES=${SUITES:-$TOP/suites}

# Not a setting, but what prepare puts into the guests; empty: all programs.
PROGRAMS=

export LEVEL VIA ACCEL SEED DEBUG TEST COLL QUICK FULL REPEAT V KERNEL KSRC L1_KERNEL L2_KERNEL QEMU FIO PROGRAMS

# All time limits are multiplied by it. A kernel with KASAN and lockdep is about four times slower; who looks
# into one with a debugger takes his time.
TIME_FACTOR=${TIME_FACTOR:-$((GDB == 1 ? 1000 : DEBUG == 1 ? 4 : 1))}

# A VMM has one type only.
FORGET_TYPE='(piotlb|pdevtlb|pasid)'
FORGET_PATTERN="((guest|host)(:($FORGET_TYPE([+]$FORGET_TYPE)*)?(:[0-9]+(:[0-9]+)?)?)?|vmm(::[0-9]+(:[0-9]+)?)?)"

# settings_check_selection: adds to wrong.
settings_check_selection() {
	local name coll

	for name in QUICK FULL EXACT EVENTS SHOW GDB; do
		[[ -z ${!name} || ${!name} == [01] ]] || wrong+=("$name=${!name}: want 0 or 1")
	done
	[[ $EVENTS != *[[:space:]]* ]] || wrong+=("EVENTS=$EVENTS: want names with commas between them")
	[[ $QUICK != 1 || $FULL != 1 ]] || wrong+=('QUICK=1 FULL=1: want one of them')
	[[ -z $REPEAT || $REPEAT =~ ^[1-9][0-9]{0,3}$ ]] || wrong+=("REPEAT=$REPEAT: want 1..9999")
	[[ -z $REPEAT || -z $LOSE ]] || wrong+=('REPEAT= LOSE=: want one of them')
	for coll in ${COLL//,/ }; do
		[[ -r $SUITES/$coll/tests.list ]] || wrong+=("COLL=$coll: no such collection; make list prints them")
	done
}

# settings_check: every wrong setting is named, then it ends.
settings_check() {
	local -a wrong=()
	local file

	[[ $LEVEL == [12] ]] || wrong+=("LEVEL=$LEVEL: want 1 (L1 only) or 2 (both levels)")
	[[ $VIA =~ ^(pf|mdev|both)$ ]] || wrong+=("VIA=$VIA: want pf, mdev or both")
	[[ $ACCEL =~ ^(auto|kvm|tcg)$ ]] || wrong+=("ACCEL=$ACCEL: want auto, kvm or tcg")
	[[ $ORACLE == [01] ]] || wrong+=("ORACLE=$ORACLE: want 0 or 1")
	[[ $SEED =~ ^(0x[0-9a-f]{1,16}|0|[1-9][0-9]{0,18})$ ]] ||
		wrong+=("SEED=$SEED: want a number below 10^19, or up to 16 digits after 0x")
	[[ -z $LOSE || $LOSE =~ ^(0|[1-9][0-9]{0,4})$ && $LOSE -le 65535 && $ORACLE == 1 ]] ||
		wrong+=("LOSE=$LOSE: want 0..65535, and ORACLE=1")
	[[ -z $FORGET || $FORGET =~ ^$FORGET_PATTERN$ ]] ||
		wrong+=("FORGET=$FORGET: want guest, vmm or host[:TYPES[:SKIP[:COUNT]]], TYPES of piotlb, pdevtlb, pasid with +, none for vmm")
	settings_check_selection
	[[ $APPEND != *$'\n'* ]] || wrong+=('APPEND=: want one line')
	[[ -z $DEBUG || $DEBUG == [01] ]] || wrong+=("DEBUG=$DEBUG: want 0 or 1")
	for file in KERNEL L1_KERNEL L2_KERNEL; do
		[[ -z ${!file} || -r ${!file} ]] || wrong+=("$file=${!file}: cannot be read")
	done
	[[ -z $KSRC || -f $KSRC/Makefile ]] || wrong+=("KSRC=$KSRC: no kernel source there")
	[[ -z $QEMU || -n $(type -P "$QEMU") ]] || wrong+=("QEMU=$QEMU: not an executable")
	[[ -z $FIO || -d $FIO ]] || wrong+=("FIO=$FIO: not a folder")
	[[ -z $SVAHW || -n $(type -P "$SVAHW") ]] || wrong+=("SVAHW=$SVAHW: not an executable")
	((${#wrong[@]} == 0)) || die "${wrong[@]}"
}

# settings_list: NAME=value of those that were given, one a line.
settings_list() {
	local name

	for name in LEVEL VIA ORACLE HW APPEND INJECT SEED LOSE FORGET QUICK FULL EXACT EVENTS ACCEL KERNEL KSRC L1_KERNEL L2_KERNEL QEMU FIO DEBUG SVAHW; do
		[[ -z ${!name} ]] || printf '%s=%s\n' "$name" "${!name}"
	done
}
