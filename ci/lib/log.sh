# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Messages. Results go to stdout, everything else to stderr.

# What ci/ is busy with: every error names it.
STAGE=start

# say TEXT...: progress.
say() {
	printf 'svakit: %s\n' "$*" >&2
}

# warn TEXT...
warn() {
	printf 'svakit: warning: %s\n' "$*" >&2
}

# complain TEXT...: an error of the rig, naming the stage; further lines are the way out.
complain() {
	printf 'svakit: error in stage "%s": %s\n' "$STAGE" "$1" >&2
	shift
	(($# == 0)) || printf '        %s\n' "$@" >&2
}

# die TEXT...: complain, then end with the status of a setup error.
die() {
	complain "$@"
	exit 2
}

# verbose WORD...: a command line, shown with V=1.
verbose() {
	[[ -z ${V:-} ]] || printf '+ %s\n' "${*@Q}" >&2
}
