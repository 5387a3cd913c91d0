/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The QEMU machine protocol, as far as PID 1 of L1, and tests that start a VMM
 * of their own, need it. One JSON object a line, looked at as text.
 */
#ifndef GUEST_IMAGES_VMM_QMP_H
#define GUEST_IMAGES_VMM_QMP_H

#include <stddef.h>
#include <sys/types.h>

/** qmp_say() - Print a line for people; whoever links with qmp.c has it. */
void qmp_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** qmp_listen() - Socket at @path that the VMM will connect to. Return: fd or -errno. */
int qmp_listen(const char *path);
/** qmp_accept() - Wait for the VMM and negotiate. Return: fd or -errno (-ESRCH: the VMM died). */
int qmp_accept(int listen_fd, int pidfd);
/** qmp_negotiate() - With a VMM that is connected. Return: 0 or -errno. */
int qmp_negotiate(int fd);
/**
 * qmp_command() - Send one command and wait for its answer.
 * @fd: monitor
 * @command: one line of JSON
 * @pass: descriptor that goes with it, or -1
 * @reply: the "return" line, if not NULL
 * @len: size of @reply
 *
 * Return: 0, -EIO when the VMM refused (its words are said), another -errno.
 */
int qmp_command(int fd, const char *command, int pass, char *reply, size_t len);
/** qmp_command_event() - Likewise, and wait for event @name; either may come first. */
int qmp_command_event(int fd, const char *command, const char *name);
/** qmp_wait_event() - Wait for event @name whose text contains @about. Return: 0 or -errno. */
int qmp_wait_event(int fd, const char *name, const char *about);
/**
 * read_line() - Read a line, byte by byte, so that nothing behind it is taken; drop the newline.
 *
 * Return: 0, -EPIPE at the end, -ETIMEDOUT; @timeout_ms -1: no limit.
 */
int read_line(int fd, char *line, size_t len, int timeout_ms);

/**
 * smpwc_apply() - Make the paused VMM's vIOMMU advertise ECAP.SMPWC if it does not.
 * @qmp: monitor
 * @vmm: its process
 * @note: result: what has been done, or why not
 * @len: size of @note
 *
 * A reset of the machine undoes it.
 *
 * Return: 0 (present or set) or -errno.
 */
int smpwc_apply(int qmp, pid_t vmm, char *note, size_t len);

#endif /* GUEST_IMAGES_VMM_QMP_H */
