# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Patches that take a fix of the kernel back, a copy of the kernel's source to
# apply them to, and what a run of the tests says about it.

MUTATIONS=${MUTATIONS:-$TOP/ci/mutations}

# By name: the commit that it takes back, the guest whose kernel it is (L1, L2), the hardware that it
# takes (a name of PRECONDITIONS, or none), the tests, and what one of them must say.
declare -A MUTANT_FIX=() MUTANT_GUEST=() MUTANT_HARDWARE=() MUTANT_TESTS=() MUTANT_MESSAGE=()
# Names, in the order of running.
MUTANTS=()

# mutants_read: every patch, by its header; docs/mutants.md names the fields.
mutants_read() {
	local file name

	for file in "$MUTATIONS"/*.patch; do
		[[ -r $file ]] || die "no patches in $MUTATIONS"
		name=${file##*/}
		name=${name%.patch}
		MUTANTS+=("$name")
		MUTANT_FIX[$name]=$(mutant_field "$file" Takes-Back)
		MUTANT_FIX[$name]=${MUTANT_FIX[$name]%% *}
		MUTANT_GUEST[$name]=$(mutant_field "$file" Guest)
		MUTANT_HARDWARE[$name]=$(mutant_field "$file" Hardware)
		MUTANT_TESTS[$name]=$(mutant_field "$file" Tests)
		MUTANT_MESSAGE[$name]=$(mutant_field "$file" Message)
		[[ ${MUTANT_FIX[$name]} =~ ^[0-9a-f]{12}$ && ${MUTANT_GUEST[$name]} =~ ^L[12]$ &&
			-n ${MUTANT_TESTS[$name]} && -n ${MUTANT_MESSAGE[$name]} ]] ||
			die "$file: want the fields Takes-Back (commit, of 12 digits, and subject), Guest (L1 or L2), Tests, Message"
	done
}

# mutants_check: is there each test that is named?
mutants_check() {
	local name test

	TEST_LISTS=("$SUITES"/*/tests.list)
	tests_read
	for name in "${MUTANTS[@]}"; do
		for test in ${MUTANT_TESTS[$name]}; do
			[[ -n ${TEST_LIMIT[$test]:-} ]] || die "$MUTATIONS/$name.patch: there is no test $test"
		done
		mutant_hw "$name" >/dev/null || die "$MUTATIONS/$name.patch: there is no hw.${MUTANT_HARDWARE[$name]}"
	done
}

# mutant_field FILE NAME: the value of "NAME: value", above the patch itself.
mutant_field() {
	sed -n -e '/^--- /q' -e "s/^$2: *//p" "$1" | head -n 1
}

# mutant_hw NAME: HW= of its run.
mutant_hw() {
	[[ -z ${MUTANT_HARDWARE[$1]:-} ]] || precondition_hw "${MUTANT_HARDWARE[$1]}"
}

# mutants_choose NAME...: keep these; without any, the control and all patches.
mutants_choose() {
	local name

	for name; do
		[[ $name == control || -n ${MUTANT_GUEST[$name]:-} ]] || die "there is no $MUTATIONS/$name.patch"
	done
	# The control runs the tests of the others that were named, or of all.
	(($# == 0)) || [[ $* == control ]] || MUTANTS=("$@")
	MUTANT_FIX[control]=-
	MUTANT_GUEST[control]=both
	MUTANT_TESTS[control]=$(mutants_tests)
	MUTANT_MESSAGE[control]=
	(($# > 0)) || set -- control "${MUTANTS[@]}"
	MUTANTS=("$@")
}

# mutants_tests: those of MUTANTS, each once, but for those that take other hardware: the control of these
# is the test hw.NAME.
mutants_tests() {
	local name

	for name in "${MUTANTS[@]}"; do
		[[ $name == control || -n ${MUTANT_HARDWARE[$name]:-} ]] || tr -s ' ' '\n' <<<"${MUTANT_TESTS[$name]}"
	done | sort -u | paste -s -d ' '
}

# copy_make: sets SOURCE, the kernel's source in the cache, and COPY, a folder with a copy of it that
# is made once. It is made of links: a copy of a file is made when a patch is about to change it.
copy_make() {
	STAGE='copy of the kernel source'
	SOURCE=$(realpath "${IMAGE[kbuild]}/source")
	COPY=${SOURCE%/linux}
	COPY=$CACHE/mutants-${COPY##*-}
	mkdir -p "$COPY"
	exec {COPY_LOCK}>"$COPY/lock"
	flock -n "$COPY_LOCK" || die 'another ci/mutants is at work' "wait for it: both would patch $COPY"
	[[ ! -d $COPY/linux ]] || return 0
	say "copying the kernel's source"
	rm -rf "$COPY/new"
	cp -al "$SOURCE" "$COPY/new"
	mv "$COPY/new" "$COPY/linux"
}

# copy_patch NAME: what is going to be changed is written down first, for copy_restore. Fails if it does
# not apply.
copy_patch() {
	local patch=$MUTATIONS/$1.patch

	STAGE="patch $1"
	sed -n 's|^+++ b/\([^[:space:]]*\).*|\1|p' "$patch" >"$COPY/patched"
	copy_renew
	patch -s -p1 --fuzz=0 -r - -d "$COPY/linux" -i "$patch" >&2
}

# copy_restore: as before the last patch; also after a run that was killed.
copy_restore() {
	[[ -e $COPY/patched ]] || return 0
	copy_renew
	rm "$COPY/patched"
}

# copy_renew: a file of its own for each that is written down, with a new time: those of the source
# are older than the objects, and make would see no change.
copy_renew() {
	local file

	while IFS= read -r file; do
		cp --remove-destination "$SOURCE/$file" "$COPY/linux/$file"
	done <"$COPY/patched"
}

# mutant_build NAME: sets KBUILD, the folder in which make has built what has changed. Fails if there
# is none: OUTCOME and WORDS say why.
mutant_build() {
	OUTCOME=error
	if [[ $1 != control ]] && ! copy_patch "$1"; then
		WORDS='the patch does not apply: see above'
		return 1
	fi
	# In a process of its own, whose end is not the end of this one.
	KBUILD=$(LEVEL=1 KSRC=$COPY/linux images_prepare kbuild && printf '%s\n' "${IMAGE[kbuild]}") && return
	WORDS='the kernel does not build: see above'
	return 1
}

# mutant_red KTAP MESSAGE: "test: line", of the first line that matches among those of a failed test.
# Fails if there is none.
mutant_red() {
	MESSAGE=$2 awk '
		{ line = $0; sub(/^(# )*/, "", line) }
		found == "" && line ~ ENVIRON["MESSAGE"] { found = line }
		/^not ok / && found != "" { print $4 ": " found; exit status = 1 }
		/^(not )?ok / { found = "" }
		END { exit !status }' "$1"
}

# mutant_first_failure KTAP
mutant_first_failure() {
	sed -n 's/^not ok [0-9]* //p' "$1" | head -n 1
}

# mutant_judge NAME STATUS KTAP: sets OUTCOME (red, green, unclear, skipped, rig) and WORDS.
mutant_judge() {
	WORDS=
	case $2 in
	0 | 4)
		OUTCOME=green
		# Who did not look has seen nothing.
		WORDS=$(sed -n 's/^ok [0-9]* \(.* # SKIP\)/\1/p' "$3" | head -n 1)
		[[ -z $WORDS ]] || OUTCOME=skipped
		;;
	1)
		OUTCOME=red
		WORDS=$(mutant_first_failure "$3")
		[[ $1 != control ]] || return 0
		WORDS=$(mutant_red "$3" "${MUTANT_MESSAGE[$1]}") && return
		OUTCOME=unclear
		WORDS=$(mutant_first_failure "$3")
		;;
	*)
		OUTCOME=rig
		WORDS=$(tail -n 1 "${3%.ktap}.err")
		;;
	esac
}
