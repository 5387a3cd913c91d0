// SPDX-License-Identifier: GPL-2.0
/*
 * Hotplug of a mediated device while the next guest runs, on its own request: a
 * process beside the VMM reads lines from a port of that guest, "add" and
 * "del", does it through the monitor, and answers "ok" or what went wrong. It
 * ends with everything else when the VMM ends.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init.h"

/* ci/lib/machine.sh names both to the VMM: the chardev of the port, and the slot. */
#define PORT_PATH "/run/hotplug.sock"
#define SLOT "slot0"
#define DEVICE_ID "hotplugged"
#define GETFD "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"" DEVICE_ID "\"}}"
#define DEVICE_ADD                                                            \
	"{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"vfio-pci\"," \
	"\"id\":\"" DEVICE_ID "\",\"fd\":\"" DEVICE_ID "\","                  \
	"\"iommufd\":\"iommufd0\",\"bus\":\"" SLOT "\"}}"
#define DEVICE_DEL "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"" DEVICE_ID "\"}}"

static int device_add(int qmp, const char *uuid)
{
	int fd = mdev_open(uuid);
	int rc;

	if (fd < 0)
		return fd;
	rc = qmp_command(qmp, GETFD, fd, NULL, 0);
	close(fd);
	return rc ? rc : qmp_command(qmp, DEVICE_ADD, -1, NULL, 0);
}

/* The guest has to agree; the device is gone when the VMM says so. */
static int device_del(int qmp)
{
	int rc = qmp_command(qmp, DEVICE_DEL, -1, NULL, 0);

	return rc ? rc : qmp_wait_event(qmp, "DEVICE_DELETED", "\"device\": \"" DEVICE_ID "\"");
}

static void serve(int port, int qmp, const char *uuid)
{
	char request[64];

	while (!read_line(port, request, sizeof(request), -1)) {
		int rc = -EINVAL;

		if (!strcmp(request, "add"))
			rc = device_add(qmp, uuid);
		else if (!strcmp(request, "del"))
			rc = device_del(qmp);
		event("note hotplug %s: %s", request, rc ? strerror(-rc) : "ok");
		dprintf(port, "%s\n", rc ? strerror(-rc) : "ok");
	}
}

int hotplug_start(const struct job *job, int qmp)
{
	const struct job_line *l = job_find(job, JOB_HOTPLUG);
	int port;
	pid_t pid;

	if (!l)
		return 0;
	/* The VMM's end of the port, which is there since it has a monitor. */
	port = socket_connect(PORT_PATH);
	if (port < 0) {
		event("line init: connect to " PORT_PATH ": %s", strerror(-port));
		return port;
	}
	pid = fork();
	if (!pid) {
		serve(port, qmp, l->name);
		_exit(0);
	}
	close(port);
	return pid < 0 ? -errno : 0;
}
