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
	# DRHD: type 0, length 32, flags 0, base; scopes: endpoint, length 8, bus 0, device, function.
	[[ ${bytes[*]:48:16} == '0 0 32 0 0 0 0 0 0 16 191 254 0 0 0 0' ]] ||
		unlike DRHD "${bytes[*]:48:16}" 'base 0xfebf1000'
	[[ ${bytes[*]:64:8} == '1 8 0 0 0 0 6 0' ]] || unlike scope "${bytes[*]:64:8}" '00:06.0'
	[[ ${bytes[*]:72:8} == '1 8 0 0 0 0 10 3' ]] || unlike scope "${bytes[*]:72:8}" '00:0a.3'
	[[ ${bytes[*]:80:8} == '2 0 8 0 1 0 0 0' ]] || unlike ATSR "${bytes[*]:80:8}" 'all ports'
}
