# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# INJECT='spec spec ...' and SEED=n: what the model lets fail (docs/faults.md), and how it draws.

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
