# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The ACPI table, byte by byte.

# the DMAR table has its lengths, its sum, the base and the two accelerators alone in its scope
test_dmar_table() {
	local sum=0 byte
	local -a bytes

	source "$TOP/ci/lib/dmar.sh"
	export ACCEL_BDFS=(00:06.0 00:0a.3)
	mapfile -t bytes < <(dmar_table 0xfebf1000 | od -An -v -tu1 -w1 | tr -d ' ')
	[[ ${#bytes[@]} == 88 && ${bytes[4]} == 88 ]] || unlike length "${#bytes[@]} ${bytes[4]}" '88 88'
	for byte in "${bytes[@]}"; do
		sum=$((sum + byte))
	done
	((sum % 256 == 0)) || unlike checksum "$((sum % 256))" 0
	# DRHD: type 0, length 32, flags 0, 2^2 pages, base; scopes: endpoint, length 8, bus 0, device, function.
	[[ ${bytes[*]:48:16} == '0 0 32 0 0 2 0 0 0 16 191 254 0 0 0 0' ]] ||
		unlike DRHD "${bytes[*]:48:16}" '2^2 pages, base 0xfebf1000'
	[[ ${bytes[*]:64:8} == '1 8 0 0 0 0 6 0' ]] || unlike scope "${bytes[*]:64:8}" '00:06.0'
	[[ ${bytes[*]:72:8} == '1 8 0 0 0 0 10 3' ]] || unlike scope "${bytes[*]:72:8}" '00:0a.3'
	[[ ${bytes[*]:80:8} == '2 0 8 0 1 0 0 0' ]] || unlike ATSR "${bytes[*]:80:8}" 'all ports'
}

# with two units each has its base, and an accelerator in its scope
test_dmar_table_of_two() {
	local -a bytes

	source "$TOP/ci/lib/dmar.sh"
	export ACCEL_BDFS=(00:06.0 00:0a.3)
	mapfile -t bytes < <(dmar_table '0xfebf4000 0xfebf8000' | od -An -v -tu1 -w1 | tr -d ' ')
	[[ ${#bytes[@]} == 104 && ${bytes[4]} == 104 ]] || unlike length "${#bytes[@]} ${bytes[4]}" '104 104'
	[[ ${bytes[*]:48:24} == '0 0 24 0 0 2 0 0 0 64 191 254 0 0 0 0 1 8 0 0 0 0 6 0' ]] ||
		unlike 'first DRHD' "${bytes[*]:48:24}" 'base 0xfebf4000, 00:06.0'
	[[ ${bytes[*]:72:24} == '0 0 24 0 0 2 0 0 0 128 191 254 0 0 0 0 1 8 0 0 0 0 10 3' ]] ||
		unlike 'second DRHD' "${bytes[*]:72:24}" 'base 0xfebf8000, 00:0a.3'
	[[ ${bytes[*]:96:8} == '2 0 8 0 1 0 0 0' ]] || unlike ATSR "${bytes[*]:96:8}" 'all ports'
}
