/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HW_UNIX_LISTEN_H
#define HW_UNIX_LISTEN_H

/**
 * unix_listen() - Make a listening Unix stream socket, for its owner only (mode 0600).
 * @path: of the socket; a stale socket is replaced
 * @option: of the command line that names another place, for messages
 *
 * Every error is logged, with what to do about it.
 *
 * Return: descriptor, not blocking, or -ENAMETOOLONG, -EADDRINUSE (a live server), -EEXIST (a
 * file that is no socket), -ENOMEM, or the error of a system call.
 */
int unix_listen(const char *path, const char *option);

#endif /* HW_UNIX_LISTEN_H */
