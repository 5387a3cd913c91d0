# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The folder for sockets: their names must fit into a socket address.

# sun_path holds 108 bytes, the terminating zero among them.
SOCKET_PATH_MAX=107

# accel_socket INDEX: the name that svahw gives to the socket of an accelerator.
accel_socket() {
	(($1 == 0)) && printf 'accel.sock' || printf 'accel-%d.sock' "$(($1 + 1))"
}

# The longest name: control.sock has as many letters as accel-2.sock, of which there is no tenth.
# socket_path_check: sets SOCKET_PATH_LENGTH; fails when sockets below TMPDIR cannot be named.
socket_path_check() {
	local path=${TMPDIR:-/tmp}/svakit.XXXXXX/accel-2.sock

	SOCKET_PATH_LENGTH=${#path}
	((SOCKET_PATH_LENGTH <= SOCKET_PATH_MAX))
}
