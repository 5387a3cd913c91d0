# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Names and one-line descriptions of the tests that need no guest.

catalogue_row() {
	printf '%-44s %s\n' "$1" "$2"
}

# The lint tools, from the functions lint_NAME in ci/lint and the comments above them.
catalogue_lint() {
	catalogue_functions lint "$TOP/ci/lint"
}

# The runner's own tests, from the functions test_NAME in ci/tests.
catalogue_runner() {
	catalogue_functions runner "$TOP"/ci/tests/test_*
}

# catalogue_functions GROUP FILE...: `# text` above `lint_x() {` or `test_x() {`.
catalogue_functions() {
	local group=$1 name text

	shift
	while IFS=$'\t' read -r name text; do
		catalogue_row "$group.$name" "$text"
	done < <(awk '
		/^# / { text = text == "" ? substr($0, 3) : text; next }
		/^(lint|test)_[a-z0-9_]+\(\)/ { sub(/^[a-z]+_/, ""); sub(/\(.*/, ""); print $0 "\t" text }
		{ text = "" }' "$@")
}

# Unit tests of the model: each cmocka test, and what its program is about.
catalogue_model() {
	local file text name

	for file in "$TOP"/hw/tests/test_*.c; do
		text=$(catalogue_subject "$file")
		while IFS= read -r name; do
			catalogue_row "model.$(basename "${file%.c}").$name" "$text"
		done < <(grep -v '^#' "$file" | grep -oE '(TEST|cmocka_unit_test[a-z_]*)\([a-z0-9_]+' |
			sed -E 's/.*_without_ats\((.*)/\1_without_ats/; s/.*\(//')
	done
	catalogue_row model.valgrind 'the unit tests, under valgrind'
	catalogue_row model.coverage 'lines of hw/ that the unit tests reach'
}

# catalogue_subject FILE: the first sentence of the comment after the licence.
catalogue_subject() {
	awk 'NR == 1 { next }
		{
			last = /\*\// || !/^(\/\*| \*)/
			gsub(/^\/\* ?|^ \* ?|\*\/$/, "")
			text = text (text == "" ? "" : " ") $0
		}
		last || NR > 6 { sub(/[.:] .*|[.:] *$/, "", text); print text; exit }' "$1"
}
