// SPDX-License-Identifier: GPL-2.0
/*
 * The QEMU machine protocol, as far as it is needed here. Replies are looked
 * at as lines: QEMU sends one JSON object a line, the commands used answer
 * with a string or with nothing, and a JSON library would be the largest part
 * of PID 1.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init.h"

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

static int read_line(int fd, char *line, size_t len)
{
	size_t used = 0;

	while (used + 1 < len) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, QMP_TIMEOUT_MS) <= 0)
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

int qmp_command(int fd, const char *command, char *reply, size_t len)
{
	char line[QMP_LINE];
	int rc;

	snprintf(line, sizeof(line), "%s\n", command);
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
		return -EPIPE;
	for (;;) {
		rc = read_line(fd, line, sizeof(line));
		if (rc)
			return rc;
		if (strstr(line, "\"error\"")) {
			event("line init: QMP %s: %s", command, line);
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

int qmp_accept(int listen_fd, int pidfd)
{
	struct pollfd p[2] = {{.fd = listen_fd, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	char line[QMP_LINE];
	int fd, rc;

	if (poll(p, 2, QMP_TIMEOUT_MS) <= 0)
		return -ETIMEDOUT;
	if (!p[0].revents)
		return -ESRCH;
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = read_line(fd, line, sizeof(line));
	if (!rc)
		rc = qmp_command(fd, "{\"execute\":\"qmp_capabilities\"}", NULL, 0);
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}
