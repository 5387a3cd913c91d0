# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What svahw's oracle has found: one JSON object a line, written as it is found. Which layer has
# left an invalidation out is told by what each of them says that it has sent.

# Paragraphs in full after one test; the rest is in the results.
FINDINGS_SHOWN=3

# Lines of the file that have been read, by number of the finding.
FINDINGS=()
# The first finding that findings_print() saw, in words.
FINDING=
# What a level says about a finding, by "NUMBER LEVEL WHO": "ANSWER VIA WHAT".
declare -A SENT=()
# Of the finding that is looked at, by name: its fields that matter.
declare -A F=()

# findings_sent LEVEL REST: an event: NUMBER WHO ANSWER VIA WHAT...
findings_sent() {
	local number who rest

	read -r number who rest <<<"$2"
	SENT["$number $1 $who"]=$rest
}

# findings_read: sets FINDINGS.
findings_read() {
	mapfile -t FINDINGS 2>/dev/null <"$RESULT_DIR/svahw.findings" || FINDINGS=()
}

# findings_print LEVEL: those that are new, in words, after a test of that level; sets FINDING.
findings_print() {
	local first=${#FINDINGS[@]} i layer more

	FINDING=
	findings_read
	for ((i = first; i < ${#FINDINGS[@]}; i++)); do
		finding_layer "$i" "$1"
		results_append layers "$i ${LAYER:-none}${LAYER_WHY:+: $LAYER_WHY}"
		layer=${LAYER:+Left out by $LAYER ($LAYER_WHY).}
		finding_field text "${FINDINGS[i]}"
		FINDING=${FINDING:-$FIELD${layer:+ $layer}}
		((i - first < FINDINGS_SHOWN)) || continue
		ktap_diag "oracle: $FIELD"
		[[ -z $layer ]] || ktap_diag "oracle: $layer"
	done
	more=$((${#FINDINGS[@]} - first - FINDINGS_SHOWN))
	((more <= 0)) || ktap_diag "oracle: $more more, see $RESULT_DIR/svahw.findings and layers"
}

# finding_field NAME LINE: sets FIELD. svahw writes no quotes into a text.
finding_field() {
	FIELD=
	[[ $2 =~ \"$1\":(\"([^\"]*)\"|[^,\}]*) ]] || return 0
	FIELD=${BASH_REMATCH[2]:-${BASH_REMATCH[1]}}
	FIELD=${FIELD//\\\//\/}
}

# finding_fields LINE: sets F.
finding_fields() {
	local name

	F=()
	for name in kind cache sid pasid addr size stage inherited; do
		finding_field "$name" "$1"
		F[$name]=$FIELD
	done
}

# findings_overlap LINE: is it of the same function and PASID, and of the same pages, as F?
findings_overlap() {
	local name
	local -A one

	for name in sid pasid addr size; do
		finding_field "$name" "$1"
		one[$name]=$FIELD
	done
	[[ ${one[sid]} == "${F[sid]}" && ${one[pasid]} == "${F[pasid]}" ]] || return 1
	[[ -n ${one[addr]} ]] || return 0
	((one[addr] < F[addr] + F[size] && F[addr] < one[addr] + one[size]))
}

# finding_source: sets SOURCE to the number of the finding about what the entry of F was filled from.
finding_source() {
	local i from=PASID-cache

	[[ ${F[cache]} != device-TLB ]] || from=IOTLB
	SOURCE=
	for i in "${!FINDINGS[@]}"; do
		[[ ${FINDINGS[i]} == *'"kind":"stale"'*"\"cache\":\"$from\""* ]] || continue
		! findings_overlap "${FINDINGS[i]}" || SOURCE=$i
	done
}

# bdf_sid BDF: sets SID to the source-id of bus:device.function.
bdf_sid() {
	local bus=${1%%:*} rest=${1#*:}

	SID=$((16#$bus << 8 | 16#${rest%.*} << 3 | ${rest#*.}))
}

# finding_via: sets VIA_WANTED to how L2 reaches the function of F.
finding_via() {
	bdf_sid "${PF_BDF#*:}"
	VIA_WANTED=mdev
	[[ ${F[sid]} != "$SID" ]] || VIA_WANTED=pf
}

# finding_layer NUMBER LEVEL: sets LAYER, the one that has left the invalidation out, and LAYER_WHY.
# Empty: no layer can be named, since a rule was broken.
finding_layer() {
	local number=$1

	LAYER=
	LAYER_WHY=
	finding_fields "${FINDINGS[number]}"
	[[ ${F[kind]} == stale ]] || return 0
	if [[ ${F[inherited]} == true ]]; then
		finding_source
		if [[ -z $SOURCE ]]; then
			LAYER='a layer that cannot be told'
			LAYER_WHY='what it was filled from is no finding'
			return 0
		fi
		number=$SOURCE
		finding_fields "${FINDINGS[number]}"
	fi
	layer_steps "$number" "$2"
	[[ $number == "$1" ]] || LAYER_WHY="filled from the entry of finding $number: $LAYER_WHY"
}

# layer_steps NUMBER LEVEL: ask those who had to send it, from the one whose tables changed down to hardware.
layer_steps() {
	local step
	local -a steps=('1 kernel')

	# What L2 changes is the first stage; all else belongs to L1.
	if [[ $2 == 2 && ${F[stage]} == first && ${F[cache]} =~ ^(IOTLB|device-TLB)$ ]]; then
		steps=('2 kernel' '1 vmm' '1 kernel')
	fi
	for step in "${steps[@]}"; do
		layer_step "$1" "$step" || return 0
	done
	LAYER='the hardware'
	LAYER_WHY+=', and it removed nothing'
}

# layer_step NUMBER STEP: fails when the layer is decided.
layer_step() {
	local answer via what name="L${2% *} kernel" said="L${2% *}'s kernel sent"

	read -r answer via what <<<"${SENT["$1 $2"]:-none}"
	[[ $2 != '1 vmm' ]] || name='L2 VMM' said="L2's VMM asked for"
	if [[ $2 == 2* ]]; then
		finding_via
		[[ $answer == none || $via == "$VIA_WANTED" ]] || answer=unknown
	fi
	LAYER_WHY+=${LAYER_WHY:+, }
	case $answer in
	yes) LAYER_WHY+="$said $what" ;;
	no) LAYER="the $name" LAYER_WHY+="$said none that covers the entry" ;;
	unknown) LAYER='a layer that cannot be told' LAYER_WHY+="the $name no longer knows what it sent" ;;
	*) LAYER='a layer that cannot be told' LAYER_WHY+="the $name was not asked" ;;
	esac
	[[ $answer == yes ]]
}

# findings_count: how many there are in all.
findings_count() {
	wc -l 2>/dev/null <"$RESULT_DIR/svahw.findings" || printf '0\n'
}
