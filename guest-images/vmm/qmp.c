// SPDX-License-Identifier: GPL-2.0
/*
 * The QEMU machine protocol, as far as it is needed here. Replies are looked
 * at as lines: QEMU sends one JSON object a line, the commands used answer
 * with a string or with nothing, and a JSON library would be larger than
 * all of its users.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "qmp.h"

#define QMP_TIMEOUT_MS 20000
#define QMP_LINE 4096

int qmp_listen(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 1)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

int read_line(int fd, char *line, size_t len, int timeout_ms)
{
	size_t used = 0;

	while (used + 1 < len) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, timeout_ms) <= 0)
			return -ETIMEDOUT;
		if (read(fd, line + used, 1) != 1)
			return -EPIPE;
		if (line[used] == '\n')
			break;
		used++;
	}
	line[used] = '\0';
	return 0;
}

/* With descriptor @pass beside it, unless that is negative. */
static int send_command(int fd, const char *command, int pass)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, newline = '\n';
	struct iovec iov[2] = {{(void *)command, strlen(command)}, {&newline, 1}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	struct cmsghdr *c;

	if (pass >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(pass));
		memcpy(CMSG_DATA(c), &pass, sizeof(pass));
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)strlen(command) + 1 ? 0 : -EPIPE;
}

int qmp_command(int fd, const char *command, int pass, char *reply, size_t len)
{
	char line[QMP_LINE];
	int rc;

	rc = send_command(fd, command, pass);
	if (rc)
		return rc;
	for (;;) {
		rc = read_line(fd, line, sizeof(line), QMP_TIMEOUT_MS);
		if (rc)
			return rc;
		if (strstr(line, "\"error\"")) {
			qmp_say("QMP %s: %s", command, line);
			return -EIO;
		}
		/* Asynchronous events may stand between a command and its reply. */
		if (strstr(line, "\"return\""))
			break;
	}
	if (reply)
		snprintf(reply, len, "%s", line);
	return 0;
}

int qmp_wait_event(int fd, const char *name, const char *about)
{
	char line[QMP_LINE];
	int rc;

	do {
		rc = read_line(fd, line, sizeof(line), QMP_TIMEOUT_MS);
	} while (!rc && !(strstr(line, name) && strstr(line, about)));
	return rc;
}

int qmp_command_event(int fd, const char *command, const char *name)
{
	bool done = false, seen = false;
	char line[QMP_LINE];
	int rc = send_command(fd, command, -1);

	while (!rc && !(done && seen)) {
		rc = read_line(fd, line, sizeof(line), QMP_TIMEOUT_MS);
		if (!rc && strstr(line, "\"error\"")) {
			qmp_say("QMP %s: %s", command, line);
			rc = -EIO;
		}
		done |= !rc && strstr(line, "\"return\"");
		seen |= !rc && strstr(line, name);
	}
	return rc;
}

int qmp_negotiate(int fd)
{
	char line[QMP_LINE];
	int rc = read_line(fd, line, sizeof(line), QMP_TIMEOUT_MS);

	if (!rc)
		rc = qmp_command(fd, "{\"execute\":\"qmp_capabilities\"}", -1, NULL, 0);
	return rc;
}

int qmp_accept(int listen_fd, int pidfd)
{
	struct pollfd p[2] = {{.fd = listen_fd, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	int fd, rc;

	if (poll(p, 2, QMP_TIMEOUT_MS) <= 0)
		return -ETIMEDOUT;
	if (!p[0].revents)
		return -ESRCH;
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = qmp_negotiate(fd);
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}
