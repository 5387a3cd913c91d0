# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The tarball of the test programs, on this machine, which has no accelerator.

# tarball_unpack: the tree in WORK/unpacked, from the tarball alone.
tarball_unpack() {
	local tarball

	tarball=$(env "${OUTER[@]}" INSTALL_PATH="$WORK/installed" make -s -C "$TOP" kselftest-tarball 2>err) || {
		cat err
		exit 1
	}
	[[ $tarball == "$WORK/installed/kselftest-packages/kselftest.tar.gz" ]] || unlike tarball "$tarball" 'in WORK'
	mkdir unpacked
	tar -C unpacked -xf "$tarball"
	rm -rf installed
}

# tarball_run COMMAND...: sets STATUS; output in out. A pipe, as the kernel's runner wants it.
tarball_run() {
	STATUS=0
	timeout 120 "$@" 2>&1 </dev/null | cat >out || STATUS=$?
}

# expect_all_skipped: each test is a skip with a reason, nothing else.
expect_all_skipped() {
	local count

	count=$(wc -l <unpacked/kselftest-list.txt)
	: >err
	[[ $STATUS == 0 ]] || unlike 'exit status' "$STATUS" 0
	expect_line "^1\\.\\.$count\$"
	expect_line "^# Totals: pass:0 fail:0 xfail:0 xpass:0 skip:$count error:0\$"
	# Of each program itself: that it skips, and why.
	[[ $(grep -cE '^# (1\.\.0|ok [0-9]+ .*) # SKIP .{10}' out) -ge $count ]] || unlike reasons 'fewer' "$count"
	! grep -nE '^# (Bail out|not ok|.*(dumped core|terminated))' out || unlike skips 'not ok' ''
}

# tarball_skips: everything, as root and as nobody.
tarball_skips() {
	local coll

	while IFS=: read -r coll _; do
		grep -qE '^timeout=[0-9]+$' "unpacked/$coll/settings" || unlike "$coll" 'no timeout' ''
		grep -qE '^CONFIG_[A-Z0-9_]+=[ym]$' "unpacked/$coll/config" || unlike "$coll" 'no config' ''
	done <unpacked/kselftest-list.txt
	tarball_run unpacked/run_kselftest.sh
	expect_all_skipped
	# Its own pipe, since the kernel's runner opens standard output anew. A copy: what others may enter.
	((EUID == 0)) || return 0
	chmod -R a+rX "$WORK"
	tarball_run setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'unpacked/run_kselftest.sh 2>&1 | cat'
	expect_all_skipped
}

# tarball_selects: lists and selects as the kernel's does, and takes the programs' word for a result.
tarball_selects() {
	local first coll

	tarball_run unpacked/run_kselftest.sh -l
	cmp out unpacked/kselftest-list.txt
	first=$(head -n 1 out)
	coll=${first%:*}
	tarball_run unpacked/run_kselftest.sh -t "$first"
	: >err
	expect_line "^ok 1 selftests: $coll: ${first#*:} # SKIP\$"
	tarball_run unpacked/run_kselftest.sh -c "$coll"
	expect_line "^1\\.\\.$(grep -c "^$coll:" unpacked/kselftest-list.txt)\$"
	tarball_run unpacked/run_kselftest.sh -t "$coll:there_is_none"
	[[ $STATUS == 1 ]] || unlike 'exit status' "$STATUS" 1
	# A test that dies is a failure, whatever it was to find out.
	printf '#!/bin/sh\nkill -s SEGV $$\n' >"unpacked/$coll/${first#*:}"
	tarball_run unpacked/run_kselftest.sh -t "$first"
	[[ $STATUS == 1 ]] || unlike 'exit status' "$STATUS" 1
	expect_line "^not ok 1 selftests: $coll: ${first#*:} # exit=139\$"
}

# where there is no accelerator, every test of the tarball skips, and says what is missing
test_tarball() {
	[[ ! -e /sys/bus/pci/drivers/svakit_accel ]] || skip 'this machine may have an accelerator'
	tarball_unpack
	tarball_skips
	tarball_selects
}
