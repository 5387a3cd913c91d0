# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The ACPI DMAR table (VT-d specification, chapter "BIOS considerations") and
# the address that it names: BAR 0 of the VT-d function, which firmware chooses
# from the list of devices and the RAM size. It is learned from a boot of the
# firmware alone, and kept.

BAR_LEARN_LIMIT=20

# le BYTES VALUE...: append little-endian numbers to DMAR, an array of bytes.
le() {
	local bytes=$1 value i

	shift
	for value; do
		for ((i = 0; i < bytes; i++)); do
			DMAR+=($((value >> 8 * i & 0xff)))
		done
	done
}

# ascii TEXT: append characters to DMAR.
ascii() {
	local i

	for ((i = 0; i < ${#1}; i++)); do
		DMAR+=("$(printf '%d' "'${1:i:1}")")
	done
}

# dmar_unit BASE BDF...: append a unit to DMAR, by its register block and the accelerators behind it.
dmar_unit() {
	local base=$1 bdf

	shift
	# DRHD, not INCLUDE_PCI_ALL: the virtio devices must stay outside. 16 KiB (2^2 pages), segment 0.
	le 2 0 $((16 + 8 * $#))
	le 1 0 2
	le 2 0
	le 8 "$base"
	# Its scope: PCI endpoints, the accelerators.
	for bdf; do
		le 1 1 8 0 0 0 "$((16#${bdf:0:2}))" "$((16#${bdf:3:2}))" "${bdf:6:1}"
	done
}

# dmar_table BASES: the table on stdout. BASES: register block of the unit, or of two, which have an
# accelerator each.
dmar_table() {
	local -a DMAR=()
	local -a bases
	local sum=0 i

	# Header: length and checksum are set below.
	ascii DMAR
	le 4 0
	le 1 1 0
	ascii SVAKITSVAKITHW
	le 4 1
	ascii SVAK
	le 4 1
	# 48 bits of host address; flags; reserved.
	le 1 47 0 0 0 0 0 0 0 0 0 0 0
	read -r -a bases <<<"$1"
	if ((${#bases[@]} == 1)); then
		dmar_unit "${bases[0]}" "${ACCEL_BDFS[@]}"
	else
		dmar_unit "${bases[0]}" "${ACCEL_BDFS[0]}"
		dmar_unit "${bases[1]}" "${ACCEL_BDFS[1]}"
	fi
	# ATSR: ATS is allowed below all root ports of segment 0.
	le 2 2 8
	le 1 1 0 0 0
	DMAR[4]=${#DMAR[@]}
	for i in "${DMAR[@]}"; do
		sum=$((sum + i))
	done
	DMAR[9]=$((-sum & 0xff))
	# As escapes: no argument can hold a zero byte.
	printf '%b' "$(printf '\\x%02x' "${DMAR[@]}")"
}

# bar_of_log FILE: sets BAR, the addresses that svahw logged last, one for each unit; fails if one is missing.
bar_of_log() {
	local unit bar

	BAR=
	for unit in "${UNITS[@]}"; do
		bar=$(sed -n "s/.* $unit: BAR 0 at \\(0x[0-9a-f]*\\).*/\\1/p" "$1" | tail -n 1)
		[[ -n $bar ]] || return 1
		BAR+=${BAR:+ }$bar
	done
}

# bar_learn: sets BAR for the machine L1_ARGS, from the cache or from its firmware.
bar_learn() {
	local key

	STAGE='learn VT-d BAR'
	# The size of the BAR is not one of the arguments. Folders for sockets differ from run to run, without effect on the BAR.
	key=$(printf '%s\n' '16 KiB' "${IMAGE[qemu_version]:-}" "${L1_ARGS[@]//"$RUN_DIR"/}" | cache_key)
	BAR_CACHE=$CACHE/bar/$key
	if [[ -r $BAR_CACHE ]] && BAR=$(<"$BAR_CACHE") && [[ $BAR =~ ^0x[0-9a-f]+(\ 0x[0-9a-f]+)?$ ]]; then
		return 0
	fi
	say "learning the VT-d unit's address from L1's firmware"
	bar_probe
	cache_put "$BAR_CACHE" "$BAR"
}

# bar_forget: after a wrong address.
bar_forget() {
	rm -f "$BAR_CACHE"
}

# bar_probe: start the machine without a kernel until svahw says where BAR 0 is.
bar_probe() {
	local unit
	local -A bars=()

	BAR=
	child_start svahw "$SVAHW" --socket-dir "$RUN_DIR" "${SVAHW_DEVICES[@]}" --ready-fd 3 \
		3> >(event_when_ready) 2> >(event_of_bar)
	deadline_set "$BAR_LEARN_LIMIT"
	while ((${#bars[@]} < ${#UNITS[@]})); do
		event_next || die "firmware of L1's machine placed no BAR within $BAR_LEARN_LIMIT s"
		case $EVENT in
		'0 ready svahw')
			child_start qemu "${L1_ARGS[@]}" </dev/null >"$RUN_DIR/probe.log" 2>&1
			;;
		'0 bar '*)
			unit=${EVENT#0 bar }
			bars[${unit% *}]=${unit#* }
			;;
		'0 exit '*)
			child_exit_seen "$EVENT"
			[[ ! -e $RUN_DIR/probe.log ]] || tail -n 25 "$RUN_DIR/probe.log" >&2
			die "${EVENT#0 exit } (name, status): ended too early, its messages are above"
			;;
		esac
	done
	for unit in "${UNITS[@]}"; do
		BAR+=${BAR:+ }${bars[$unit]}
	done
	child_stop qemu
	child_stop svahw
}

# event_when_ready: stdin is svahw's --ready-fd; end of file without a byte says nothing.
event_when_ready() {
	[[ $(head -c 1 | wc -c) -ne 1 ]] || printf '0 ready svahw\n' >&"$EVENTS_FD"
}

# event_of_bar: stdin is svahw's log, passed on.
event_of_bar() {
	local line

	while IFS= read -r line; do
		case $line in
		*' vtd'*': BAR 0 at 0x'*)
			line=${line#*info: }
			printf '0 bar %s %s\n' "${line%%:*}" "${line##* }" >&"$EVENTS_FD"
			;;
		*error*) printf '%s\n' "$line" >&2 ;;
		esac
	done
}
