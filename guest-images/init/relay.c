// SPDX-License-Identifier: GPL-2.0
/*
 * L2 has a finding, and L1 is to look into its own records while they still
 * hold it: PID 1 of L2 writes "look FIRST TOTAL" into a port, a process beside
 * the VMM does so, and answers when its events have been sent. So the runner
 * has them before the test ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init.h"

/* ci/lib/machine.sh names both to the VMM. */
#define PORT "/dev/virtio-ports/svakit.layers"
#define PORT_PATH "/run/layers.sock"
/* L1 reads its trace as text meanwhile. */
#define ANSWER_MS 20000

static void serve(int port)
{
	unsigned long long first, total;
	char request[64];

	while (!read_line(port, request, sizeof(request), -1)) {
		if (sscanf(request, "look %llu %llu", &first, &total) == 2)
			layers_look(first, total);
		dprintf(port, "ok\n");
	}
}

int relay_start(void)
{
	int port = socket_connect(PORT_PATH);
	pid_t pid;

	if (port < 0) {
		event("line init: connect to " PORT_PATH ": %s", strerror(-port));
		return port;
	}
	pid = fork();
	if (!pid) {
		serve(port);
		_exit(0);
	}
	close(port);
	return pid < 0 ? -errno : 0;
}

void relay_look(u64 first, u64 total)
{
	int fd = open(PORT, O_RDWR | O_CLOEXEC);
	char answer[16];
	int rc;

	if (fd < 0)
		return;
	dprintf(fd, "look %llu %llu\n", (unsigned long long)first, (unsigned long long)total);
	rc = read_line(fd, answer, sizeof(answer), ANSWER_MS);
	if (rc)
		event("line init: L1 does not say what it has sent: %s", strerror(-rc));
	close(fd);
}
