# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# HW='option ...': further options of the model.
# INJECT='spec spec ...' and SEED=n: what the model lets fail (docs/faults.md), and how it draws.

# hw_arguments: sets HW_ARGS, options of svahw that HW asks for; it is asked whether it understands them.
# Those that say where the accelerators are, and how many units, are for QEMU, too, and go to the machine.
hw_arguments() {
	local said option
	local -a options bdfs=()

	STAGE=HW
	IFS=$' \t\n' read -r -d '' -a options <<<"$HW" || true
	said=$("$SVAHW" ${options[@]+"${options[@]}"} --list-caps 2>&1 >/dev/null) || die "${said%%$'\n'*}"
	HW_ARGS=()
	for option in ${options[@]+"${options[@]}"}; do
		case $option in
		--units=2) UNITS=(vtd vtd-2) ;;
		--accel-bdf=*) bdfs+=("${option#*=}") ;;
		*) HW_ARGS+=("$option") ;;
		esac
	done
	((${#bdfs[@]} > 0)) || return 0
	[[ ${bdfs[*]} =~ ^00:[01][0-9a-f]\.[0-7]\ 00:[01][0-9a-f]\.[0-7]$ ]] ||
		die "HW=$HW: want --accel-bdf=00:DEV.FN twice, or not at all"
	machine_place "${bdfs[@]}"
}

# inject_arguments: sets INJECT_ARGS, options of svahw. It is asked whether it understands them, since
# it alone knows what can fail.
inject_arguments() {
	local spec said
	local -a specs

	STAGE=INJECT
	IFS=$' \t\n' read -r -d '' -a specs <<<"$INJECT" || true
	INJECT_ARGS=(--seed "$SEED")
	for spec in ${specs[@]+"${specs[@]}"}; do
		INJECT_ARGS+=(--inject "$spec")
	done
	said=$("$SVAHW" "${INJECT_ARGS[@]}" --list-caps 2>&1 >/dev/null) || die "${said%%$'\n'*}"
}
