# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The folder for sockets: their names must fit into a socket address.

# sun_path holds 108 bytes, the terminating zero among them.
SOCKET_PATH_MAX=107

# socket_path_check: sets SOCKET_PATH_LENGTH; fails when sockets below TMPDIR cannot be named.
socket_path_check() {
	local path=${TMPDIR:-/tmp}/svakit.XXXXXX/accel.sock

	SOCKET_PATH_LENGTH=${#path}
	((SOCKET_PATH_LENGTH <= SOCKET_PATH_MAX))
}
