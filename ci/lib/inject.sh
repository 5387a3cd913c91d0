# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# HW='option ...': further options of the model.
# INJECT='spec spec ...' and SEED=n: what the model lets fail (docs/faults.md), and how it draws.

# hw_arguments: sets HW_ARGS, options of svahw that HW asks for; it is asked whether it understands them.
hw_arguments() {
	local said

	STAGE=HW
	IFS=$' \t\n' read -r -d '' -a HW_ARGS <<<"$HW" || true
	said=$("$SVAHW" ${HW_ARGS[@]+"${HW_ARGS[@]}"} --list-caps 2>&1 >/dev/null) || die "${said%%$'\n'*}"
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
