# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Which layer is named for a finding, by what each of them says that it has sent.

# finding CACHE ADDR [FIELD...]: a line of svahw's file, of 00:06.0, PASID 5, one page.
finding() {
	local kind=$1 addr=$2 more=

	shift 2
	(($# == 0)) || more=$(printf ',%s' "$@")
	printf '{"finding":0,"kind":"stale","cache":"%s","sid":48,"pasid":5,"addr":%d,"size":4096%s,"text":"stale %s entry."}\n' \
		"$kind" "$addr" "$more" "$kind"
}

# sent NUMBER L2-KERNEL VMM L1-KERNEL [VIA]: events, for answers that are not empty.
sent() {
	[[ -z $2 ]] || printf '2 sent %d kernel %s %s by L2\n' "$1" "$2" "${5:-pf}"
	[[ -z $3 ]] || printf '1 sent %d vmm %s - by the VMM\n' "$1" "$3"
	[[ -z $4 ]] || printf '1 sent %d kernel %s - by L1\n' "$1" "$4"
}

# named LAYER FINDINGS EVENTS [TEST]: what the runner says.
named() {
	runner FAKE_GUEST=layers FAKE_FINDINGS="$2" FAKE_EVENTS="$3" TEST="${4:-l2.fake.victim}"
	expect_end 1 0 1 0
	expect_line "^# oracle: Left out by $1 \("
	expect_line "^not ok 1 ${4:-l2.fake.victim} # the oracle has 1 findings: stale .*\. Left out by $1 \("
}

FIRST='"stage":"first"'

# the deepest level that has not sent what was missing is named
test_layer_named() {
	local iotlb

	iotlb=$(finding IOTLB 4096 "$FIRST")
	named 'the L2 kernel' "$iotlb" "$(sent 0 no no no)"
	named 'the L2 VMM' "$iotlb" "$(sent 0 yes no no)"
	expect_line "L2's kernel sent by L2, L2's VMM asked for none that covers the entry"
	named 'the L1 kernel' "$iotlb" "$(sent 0 yes yes no)"
	named 'the hardware' "$iotlb" "$(sent 0 yes yes yes)"
	expect_line "L1's kernel sent by L1, and it removed nothing"
	grep -q '^0 the hardware: ' results/latest/layers || unlike layers "$(<results/latest/layers)" '0 the hardware'
}

# L2 has no part in what is not of its own tables, nor in what L1 does
test_layer_of_l1() {
	local second context

	second=$(finding IOTLB 4096 '"stage":"second"')
	named 'the L1 kernel' "$second" "$(sent 0 no no no)"
	named 'the L1 kernel' "$(finding IOTLB 4096 '"stage":"none"')" "$(sent 0 no no no)"
	context=$(finding PASID-cache 0 "$FIRST")
	named 'the hardware' "$context" "$(sent 0 no no yes)"
	named 'the L1 kernel' "$(finding IOTLB 4096 "$FIRST")" "$(sent 0 '' '' no)" l1.fake.victim
}

# what nobody knows is not guessed
test_layer_unknown() {
	local iotlb

	iotlb=$(finding IOTLB 4096 "$FIRST")
	named 'a layer that cannot be told' "$iotlb" "$(sent 0 unknown no no)"
	named 'a layer that cannot be told' "$iotlb" "$(sent 0 yes unknown no)"
	named 'a layer that cannot be told' "$iotlb" ''
	# L2 has looked for the PASID of another function.
	named 'a layer that cannot be told' "$iotlb" "$(sent 0 no no no mdev)"
	expect_line 'the L2 kernel no longer knows what it sent'
}

# an entry that was stale from the start shares the layer of what it was filled from
test_layer_inherited() {
	local both

	both=$(finding IOTLB 8192 "$FIRST" && finding device-TLB 8192 "$FIRST" '"inherited":true')
	runner FAKE_GUEST=layers FAKE_FINDINGS="$both" FAKE_EVENTS="$(sent 0 no no no && sent 1 yes yes yes)" TEST=l2.fake.victim
	expect_line "^# oracle: Left out by the L2 kernel \(filled from the entry of finding 0: "
	named 'a layer that cannot be told' "$(finding device-TLB 8192 "$FIRST" '"inherited":true')" "$(sent 0 yes yes yes)"
	expect_line 'what it was filled from is no finding'
}

# of very many findings some are printed, and all are in the results
test_layer_many() {
	local i many='' events=''

	for i in 0 1 2 3 4; do
		many+=$(finding IOTLB $((4096 * i)) "$FIRST")$'\n'
		events+=$(sent "$i" no no no)$'\n'
	done
	runner FAKE_GUEST=layers FAKE_FINDINGS="${many%$'\n'}" FAKE_EVENTS="$events" TEST=l2.fake.victim
	expect_line '^# oracle: 2 more, see '
	[[ $(wc -l <results/latest/layers) == 5 ]] || unlike layers "$(<results/latest/layers)" '5 lines'
}

# a broken rule names no layer
test_layer_of_a_rule() {
	runner FAKE_GUEST=layers FAKE_FINDINGS='{"finding":0,"kind":"rule","text":"rule no-wait."}' FAKE_EVENTS= TEST=l2.fake.victim
	expect_line '^not ok 1 l2\.fake\.victim # the oracle has 1 findings: rule no-wait\.$'
}

# FORGET tells the one who is to forget, and a wrong one is refused
test_forget() {
	runner FORGET=guest
	grep -qx '2 forget types=64 skip=0 count=4294967295' results/latest/job || unlike job "$(grep forget results/latest/job)" '2 forget'
	runner FORGET=host:piotlb+pdevtlb:2:1
	grep -qx '1 forget types=320 skip=2 count=1' results/latest/job || unlike job "$(grep forget results/latest/job)" '1 forget'
	runner FORGET=vmm::3
	grep -qx '1 vmmenv SVAKIT_FORGET=3,4294967295' results/latest/job || unlike job "$(grep vmmenv results/latest/job)" '1 vmmenv'
	for wrong in l2 vmm:piotlb guest:wait host:piotlb:x host:piotlb+:1; do
		runner FORGET="$wrong"
		[[ $STATUS == 2 ]] || unlike "FORGET=$wrong" "$STATUS" 2
		expect_message "FORGET=.*: want guest, vmm or host"
	done
}

# what PID 1 computes, on the host
test_layers_in_pid_1() {
	make -s -C "$TOP/guest-images/tests" OUT="$WORK/unit" test
}
