# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# ci/mutants: fixes that are taken back, and what has to come of it.

# a_mutant NAME GUEST STATE MESSAGE: a patch that makes the driver STATE.
a_mutant() {
	printf '%s\n' 'SPDX-License-Identifier: GPL-2.0' '' "Takes-Back: 0123456789ab (\"$1\")" \
		"Guest: $2" 'Tests: l1.fake.victim' "Message: $4" '' '--- a/driver' '+++ b/driver' \
		'@@ -1 +1 @@' '-good' "+$3" >"mutations/$1.patch"
}

# mutants [NAME...]: ci/mutants with the patches of mutations/.
mutants() {
	STATUS=0
	timeout 20 env MUTATIONS="$WORK/mutations" RUNNER="$TOP/ci/tests/fake_runner" \
		FAKE_SOURCE="$WORK/source-1/linux" LOGS="$WORK/logs" "$TOP/ci/mutants" "$@" >out 2>err </dev/null || STATUS=$?
}

# a_source: what the patches are for.
a_source() {
	mkdir -p source-1/linux mutations
	printf 'good\n' >source-1/linux/driver
}

# expect_status STATUS, and the source is what it was.
expect_status() {
	[[ $STATUS == "$1" ]] || unlike 'exit status' "$STATUS" "$1"
	[[ $(<source-1/linux/driver) == good ]] || unlike source "$(<source-1/linux/driver)" good
}

# every fix that is taken back is seen, in the guest that it names; the control has no patch
test_mutants_all_red() {
	a_source
	a_mutant one L1 bad 'the driver is bad$'
	a_mutant two L2 bad 'is bad$'
	mutants
	expect_status 0
	expect_line '^control +- +both +green '
	expect_line '^one +0123456789ab +L1 +red +[0-9]+  l1\.fake\.victim: test\.c:3: the driver is bad$'
	expect_line '^two +0123456789ab +L2 +red '
	[[ $(<runs) == "--job check: L1=build L2=build TEST=l1.fake.victim: good
--job check: L1=build L2= TEST=l1.fake.victim: bad
--job check: L1= L2=build TEST=l1.fake.victim: bad" ]] || unlike runs "$(<runs)" 'control, one, two'
}

# a fix that is taken back and that no test sees
test_mutants_green() {
	a_source
	a_mutant one L1 'good too' 'is bad'
	mutants one
	expect_status 1
	expect_line '^one +0123456789ab +L1 +green '
}

# a fix that is of other hardware: the control has its tests not, for they would be skipped
test_mutants_hardware() {
	a_source
	a_mutant one L1 bad 'is bad'
	a_mutant two L1 bad 'is bad'
	sed -i 's/^Tests: .*/Hardware: few_pasids\nTests: l1.fake.first/' mutations/two.patch
	mutants
	expect_status 0
	[[ $(<runs) == "--job check: L1=build L2=build TEST=l1.fake.victim: good
--job check: L1=build L2= TEST=l1.fake.victim: bad
--job check: L1=build L2= HW=--pasid-width=7 TEST=l1.fake.first: bad" ]] || unlike runs "$(<runs)" 'control, one, two'
	sed -i 's/few_pasids/no_such/' mutations/two.patch
	mutants two
	expect_status 2
	expect_message 'two\.patch: there is no hw\.no_such'
}

# a test that fails for another reason, whatever those that passed have said
test_mutants_unclear() {
	a_source
	a_mutant one L1 hidden 'the driver is bad'
	mutants one
	expect_status 1
	expect_line '^one +0123456789ab +L1 +unclear +[0-9]+  l1\.fake\.victim # exit=1$'
}

# a test that was skipped has seen nothing
test_mutants_skipped() {
	a_source
	a_mutant one L1 absent 'is bad'
	mutants one
	expect_status 1
	expect_line '^one +0123456789ab +L1 +skipped +[0-9]+  l1\.fake\.victim # SKIP no device$'
}

# a machine that broke says nothing about the kernel
test_mutants_rig() {
	a_source
	a_mutant one L1 dead 'is bad'
	mutants one
	expect_status 2
	expect_line "^one +0123456789ab +L1 +rig +[0-9]+  svakit: L1's QEMU ended$"
}

# a control that fails: the tests are red anyway
test_mutants_control() {
	a_source
	a_mutant one L1 bad 'is bad'
	printf 'bad\n' >source-1/linux/driver
	sed -i 's/^-good/-bad/' mutations/one.patch
	mutants control
	[[ $STATUS == 1 ]] || unlike 'exit status' "$STATUS" 1
	expect_line '^control +- +both +red +[0-9]+  l1\.fake\.victim # exit=1$'
}

# a patch that does not apply or build is an error; the others are tried all the same
test_mutants_bad_patch() {
	a_source
	a_mutant one L1 bad 'is bad'
	sed -i 's/^-good/-fine/' mutations/one.patch
	a_mutant three L1 broken 'is bad'
	a_mutant two L1 bad 'is bad'
	mutants
	expect_status 2
	expect_line '^one +0123456789ab +L1 +error +[0-9]+  the patch does not apply'
	expect_line '^three +0123456789ab +L1 +error +[0-9]+  the kernel does not build'
	expect_message '^prepare: error: driver: broken'
	expect_line '^two +0123456789ab +L1 +red '
}

# a patch that is not described, and one whose test is not there
test_mutants_bad_header() {
	a_source
	a_mutant one L1 bad 'is bad'
	sed -i 's/victim/nobody/' mutations/one.patch
	mutants one
	expect_status 2
	expect_message 'one\.patch: there is no test l1\.fake\.nobody'
	sed -i '/^Guest/d' mutations/one.patch
	mutants one
	expect_status 2
	expect_message 'one\.patch: want the fields Takes-Back'
}

# what a run that was killed has left patched is as before in the next one
test_mutants_after_a_kill() {
	local copy=$WORK/cache/svakit/mutants-1

	a_source
	a_mutant one L1 bad 'is bad'
	mutants one
	expect_status 0
	[[ $(<"$copy/linux/driver") == good ]] || unlike copy "$(<"$copy/linux/driver")" good
	printf 'bad\n' >"$copy/linux/driver"
	printf 'driver\n' >"$copy/patched"
	mutants control
	expect_status 0
}
