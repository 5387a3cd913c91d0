# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Hardware that lacks one capability, and what binding a process has to make of it.

# Of each: name, options of svahw (what has no -- is of L1's kernel), the errno of binding (0: it works), tests in L1, description.
# EOPNOTSUPP is the accelerator driver's own, the others are the kernel's.
PRECONDITIONS=(
	no_ats --no-ats -95 precondition:capabilities 'a function without ATS'
	no_pasid --pasid-width=0 -95 precondition:capabilities 'a function without PASID'
	no_smpwc --ecap=-smpwc -19 precondition:capabilities 'page walks that are not coherent'
	no_fs1gp --cap=-fs1gp -19 precondition:capabilities 'no first-stage pages of 1 GiB'
	no_dt --ecap=-dt -22 precondition:capabilities 'a unit without device-TLBs'
	no_ecap_pasid --ecap=-pasid -28 precondition:capabilities 'a unit without PASID'
	no_smts --ecap=-smts -28 precondition:capabilities 'a unit without scalable mode'
	# These it can do without.
	no_pri --no-pri 0 precondition:capabilities 'a function without page requests'
	no_prs --ecap=-prs 0 precondition:capabilities 'a unit without page requests'
	no_fs5lp --cap=-fs5lp 0 precondition:capabilities 'no first stage of five levels'
	no_pms --ecap=-pms 0 'precondition:capabilities native:unit_counters' 'a unit without performance monitoring'
	narrow_counters --pms-width=12 0 'precondition:capabilities native:unit_counters' 'counters of the unit that are soon full'
	few_pasids --pasid-width=7 0 'precondition:capabilities pasid:exhaust' 'PASIDs that come to an end'
	narrow_second '--pasid-width=20,3' 0 'precondition:capabilities pasid:too_wide' 'a second function with few PASIDs'
	denied_id '--accel-id=1b36:5fd1,8086:0b25' 0 'precondition:capabilities uapi:denylist' 'a second function that vfio-pci has on its denylist'
	allowed_id '--accel-id=1b36:5fd1,8086:0b25 vfio_pci.disable_denylist=1' 0 'precondition:capabilities uapi:denylist' 'the same, and no denylist'
	mixed_group '--accel-bdf=00:06.0 --accel-bdf=00:06.1 --pasid-width=20,0' 0 'precondition:capabilities pasid:mixed_group uapi:mixed_group' 'functions with and without PASIDs in one IOMMU group'
	two_units --units=2 0 'precondition:capabilities invalidate:two_units invalidate:two_devices native:shared_pasid stress:fork_cow' 'two remapping units, an accelerator behind each'
)

# precondition_hw NAME: its options of svahw; fails if there is none of that name.
precondition_hw() {
	local i

	for ((i = 0; i < ${#PRECONDITIONS[@]}; i += 5)); do
		[[ ${PRECONDITIONS[i]} != "$1" ]] && continue
		printf '%s\n' "${PRECONDITIONS[i + 1]}"
		return
	done
	return 1
}

# preconditions_names: hw.NAME and the description, for `make list`.
preconditions_names() {
	local i

	for ((i = 0; i < ${#PRECONDITIONS[@]}; i += 5)); do
		catalogue_row "hw.${PRECONDITIONS[i]}" "${PRECONDITIONS[i + 4]} (FULL=1)"
	done
}
