# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What can be wrong before the machines start.

# expect_setup_error STAGE REGEX
expect_setup_error() {
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message "error in stage \"$1\": $2"
}

# wrong settings are all named at once
test_settings() {
	runner LEVEL=3 ACCEL=xen KERNEL=/dev/null/kernel
	expect_setup_error start 'LEVEL=3: want 1'
	expect_message 'ACCEL=xen: want auto, kvm or tcg'
	expect_message 'KERNEL=/dev/null/kernel: cannot be read'
}

# a socket path that does not fit is found before anything starts
test_socket_path_too_long() {
	local long

	long=$WORK/tmp/$(printf 'x%.0s' {1..90})
	mkdir "$long"
	runner TMPDIR="$long"
	rmdir "$long"
	expect_setup_error 'results' '.* makes socket paths of [0-9]+ bytes, at most 107 fit'
}

# results that cannot be written
test_results_not_writable() {
	: >file
	runner RESULTS="$WORK/file"
	expect_setup_error results 'cannot write to .*/file'
}

# a full disk is named before the run, with what is free
test_disk_full_before() {
	small_disk 64 "$TOP/ci/run"
	expect_setup_error results 'disk full: [0-9]+ KiB free'
}

# and in the middle of it
test_disk_full_mid_run() {
	small_disk 160 env RESULTS_MIN_KIB=0 FAKE_GUEST=flood "$TOP/ci/run"
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message 'disk full, [0-9]+ KiB free'
}

# small_disk KIB COMMAND...: with RESULTS on a file system of that size.
small_disk() {
	local size=$1

	shift
	mkdir -p disk
	unshare --user --map-root-user --mount true 2>/dev/null || skip 'no user namespaces'
	STATUS=0
	timeout 20 "$TOP/ci/tests/small_disk" "$PWD/disk" "$size" "$@" >out 2>err </dev/null || STATUS=$?
}

skip() {
	printf '%s\n' "$1"
	exit 4
}

# images that cannot be made
test_prepare_fails() {
	runner FAKE_PREPARE=fails
	expect_setup_error 'guest images' 'fake_prepare failed'
	expect_message 'the kernel does not build'
}

# two runs at once do not meet
test_two_at_once() {
	local first second status=0

	"$TOP/ci/run" >out 2>err </dev/null &
	first=$!
	"$TOP/ci/run" >out2 2>err2 </dev/null &
	second=$!
	wait "$first" || status=$?
	wait "$second" || status=$?
	STATUS=$status
	expect_end 0 4 0 0
	mv out2 out
	mv err2 err
	expect_end 0 4 0 0
	[[ $(find results -name ktap | wc -l) == 2 ]] || unlike 'result folders' "$(ls results)" 'two'
}

# the second run takes the learned address from the cache
test_bar_is_kept() {
	runner
	expect_message 'learning the VT-d unit.s address'
	runner
	expect_end 0 4 0 0
	! grep -q 'learning' err || unlike messages 'learning again' 'the cache'
}

# ACCEL=auto: KVM if it boots a kernel, and the answer is kept
test_kvm_works() {
	[[ -r /dev/kvm && -w /dev/kvm ]] || skip 'no /dev/kvm'
	runner ACCEL=auto FAKE_KVM=works
	expect_end 0 4 0 0
	expect_line '^accelerator +KVM \(KVM boots the kernel\)'
	runner ACCEL=auto
	expect_line '^accelerator +KVM '
}

# ACCEL=auto: TCG if /dev/kvm is there and cannot boot a kernel, with the reason
test_kvm_useless() {
	[[ -r /dev/kvm && -w /dev/kvm ]] || skip 'no /dev/kvm'
	runner ACCEL=auto
	expect_end 0 4 0 0
	expect_line '^accelerator +TCG \(/dev/kvm is there, but QEMU ended: KVM internal error'
}

# without HOME and XDG_CACHE_HOME the cache is in the home folder of the password database
test_cache_without_home() {
	local file home found

	home=$(getent passwd "$(id -u)" | cut -d : -f 6)
	[[ -n $home ]] || skip 'this user has no entry in the password database'
	for file in ci/lib/cache.sh guest-images/lib/cache.sh; do
		found=$(printf 'source %q\ndeclare -p CACHE\n' "$TOP/$file" |
			env -u HOME -u XDG_CACHE_HOME bash -eu)
		[[ $found == *"\"$home/.cache/svakit\"" ]] || unlike "$file" "$found" "$home/.cache/svakit"
	done
}

# missing packages are named in one command when we may not install them
test_packages_named() {
	[[ -e /etc/debian_version ]] || skip 'not a Debian system'
	unshare --user true 2>/dev/null || skip 'no user namespaces'
	mkdir -p top/ci
	ln -s "$TOP/ci/lib" top/ci/lib
	cp "$TOP/ci/packages" top/ci/
	printf '%s\n' 'there run cmd:bash is there' 'one run cmd:no-such-program compiles' \
		'two check hdr:no/such.h tests' \
		'three fuzz cmd:no-such-fuzzer fuzzes' >top/ci/packages.list
	STATUS=0
	# Without a mapping, nobody is root in a user namespace.
	unshare --user top/ci/packages check >out 2>err || STATUS=$?
	expect_setup_error packages 'missing packages: one two$'
	expect_message 'type: sudo apt-get install --no-install-recommends one two$'
	expect_message '^ +two +tests$'
}
