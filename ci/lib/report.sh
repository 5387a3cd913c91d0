# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# One screen for a person, after the KTAP.

report_row() {
	printf '%-12s %s\n' "$1" "$2"
}

# report_print: to stdout, and to report.txt where there is room for it.
report_print() {
	local text

	bench_table
	text=$(report)
	printf '\n%s\n' "$text"
	{ printf '%s\n' "$text" && ktap_last_line; } 2>/dev/null >"$RESULT_DIR/report.txt" || :
}

# report: what ran where, how long, what the hardware saw, where to look.
report() {
	report_row accelerator "${ACCEL_USED^^} ($ACCEL_WHY)$(report_l2_accel)"
	report_row versions "$(report_versions)"
	((LEVEL == 1)) || report_row VIA "$(report_via)"
	((LEVEL == 1)) || report_row vIOMMU "${NOTE["1 smpwc"]:-L1 said nothing about ECAP.SMPWC}"
	report_row times "$(report_times)"
	report_row oracle "$(report_oracle)"
	report_row faults "${INJECT:-none}, seed $SEED"
	report_pasids
	report_descriptors
	[[ -z $FAULT$BROKEN ]] || report_row failure "stage \"$STAGE\": $FAULT$BROKEN"
	report_row logs "$RESULT_DIR"
	report_row repro "$RESULT_DIR/repro.sh"
}

report_l2_accel() {
	[[ -z ${NOTE["1 l2_accel"]:-} ]] || printf '; L2: %s' "${NOTE["1 l2_accel"]}"
}

# report_via: the accelerators of L2.
report_via() {
	local i what=

	[[ $JOB_PF == no ]] || what="the function ${PF_BDF#0000:}"
	for i in "${!MDEVS[@]}"; do
		[[ $JOB_MDEV == no ]] || what+="${what:+, }${MDEV_TYPES[i]}"
	done
	[[ $JOB_MDEV == no ]] || what+=" of ${PARENT_BDF#0000:}"
	printf '%s: %s' "$VIA" "${what:-L2 was not needed}"
}

# report_oracle: what was left in the translation caches, if anybody looked.
report_oracle() {
	local count

	count=$(findings_count)
	if [[ $ORACLE == 0 ]]; then
		printf 'off'
	elif ((count == 0)); then
		printf 'no finding'
	else
		printf '%d findings: %s' "$count" "$RESULT_DIR/svahw.findings"
	fi
}

report_versions() {
	printf 'L1 %s' "${RELEASE[1]:-not booted}"
	((LEVEL == 1)) || printf ', L2 %s' "${RELEASE[2]:-not booted}"
	printf ', QEMU %s, svakit %s' "${IMAGE[qemu_version]:-unknown}" "$(version_of_tree)"
}

# report_times: each stage and the whole, in seconds.
report_times() {
	local stage

	for stage in "${STAGES[@]}"; do
		printf '%s %s, ' "$stage" "$(report_tenths "${STAGE_MS[$stage]}")"
	done
	clock_now
	printf 'whole run %s s' "$(report_tenths "$((NOW_MS - RUN_START_MS))")"
}

report_tenths() {
	printf '%d.%d' "$(($1 / 1000))" "$(($1 % 1000 / 100))"
}

# report_pasids: for each test, the PASID that its process had and those that the hardware saw meanwhile.
report_pasids() {
	local name guest label=PASID

	for name in "${TESTS[@]}"; do
		guest=${NOTE["$name pasid"]:-${NOTE["$name pasids"]:-}}
		[[ -n $guest && -n ${ENDED_MS[$name]:-} ]] || continue
		report_row "$label" "$name: process ${guest// /, } -> hardware $(report_seen "$name")"
		label=
	done
}

# report_seen NAME: PASIDs of the invalidations that reached svahw while the test ran, from its trace. 0 is not a process.
# The trace counts from the start of the host, which MONOTONIC_MS ties to the start of the run.
report_seen() {
	local seen

	seen=$(awk -v from="$((MONOTONIC_MS + STARTED_MS[$1]))" -v to="$((MONOTONIC_MS + ENDED_MS[$1]))" '
		$2 == "qi" && $1 * 1000 >= from + 10 && $1 * 1000 <= to + 1 && match($0, /pasid=[0-9]+/) {
			pasid = substr($0, RSTART + 6, RLENGTH - 6)
			if (pasid != 0)
				print pasid
		}' "$RESULT_DIR/svahw.trace" 2>/dev/null | sort -nu | paste -s -d ,) || true
	seen=${seen//,/, }
	printf '%s' "${seen:-unknown}"
}

# report_descriptors: invalidation descriptors, as each level counted them.
report_descriptors() {
	local level label=descriptors

	for level in 2 1; do
		[[ -n ${NOTE["$level qi"]:-} ]] || continue
		report_row "$label" "queued by L$level: ${NOTE["$level qi"]}"
		label=
	done
	[[ -s $RESULT_DIR/svahw.stats.json ]] || return 0
	report_row "$label" "seen by svahw: $(report_counters qi_)"
	report_units
	report_row '' "device: $(report_counters 'desc|bytes|xlate_req|walk_|fault')"
}

# report_units: where there are several, what each has executed, without the zeros.
report_units() {
	local line

	while IFS= read -r line; do
		report_row '' "$line"
	done < <(awk '
		/^  "units":/ { inside = 1 }
		/^  \]/ { inside = 0 }
		!inside { next }
		/^    \{/ { line = "unit " ++n ":" }
		/^      "qi_/ && $0 !~ /:0,?$/ { gsub(/ *"(qi_)?|,/, ""); sub(/:/, "="); line = line " " $0 }
		/^    \}/ { print line }' "$RESULT_DIR/svahw.stats.json")
}

# report_counters PATTERN: svahw's counters whose names begin so, without the zeros. What is deeper
# than the counters belongs to a list.
report_counters() {
	sed -nE 's/^  "('"$1"')([a-z_]*)": *([1-9][0-9]*),?$/\1\2=\3/p' "$RESULT_DIR/svahw.stats.json" |
		sed 's/^qi_//' | tr '\n' ' ' | sed 's/ $//'
}
