// SPDX-License-Identifier: GPL-2.0
/* File systems of the guest, and the names that udev would make. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <svakit/types.h>

#include "init.h"

/** struct mount_point - One mount; optional ones depend on the kernel's configuration. */
struct mount_point {
	const char *type;
	const char *where;
	bool optional;
};

static const struct mount_point mount_points[] = {
	{"proc", "/proc", false},
	{"sysfs", "/sys", false},
	{"devtmpfs", "/dev", false},
	{"tmpfs", "/tmp", false},
	{"tmpfs", "/run", false},
	{"debugfs", "/sys/kernel/debug", true},
	{"tracefs", "/sys/kernel/tracing", true},
};

static void name_virtio_ports(void)
{
	DIR *dir = opendir("/sys/class/virtio-ports");
	struct dirent *d;

	mkdir("/dev/virtio-ports", 0755);
	while (dir && (d = readdir(dir))) {
		char attr[PATH_MAX], name[64], link[PATH_MAX], target[PATH_MAX];

		snprintf(attr, sizeof(attr), "/sys/class/virtio-ports/%s/name", d->d_name);
		if (d->d_name[0] == '.' || file_read(attr, name, sizeof(name)) <= 0)
			continue;
		snprintf(link, sizeof(link), "/dev/virtio-ports/%s", name);
		snprintf(target, sizeof(target), "../%s", d->d_name);
		if (symlink(target, link) && errno != EEXIST)
			dprintf(STDERR_FILENO, "init: symlink %s: %s\n", link, strerror(errno));
	}
	if (dir)
		closedir(dir);
}

void mounts_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mount_points); i++) {
		const struct mount_point *m = &mount_points[i];

		mkdir(m->where, 0755);
		if (mount(m->type, m->where, m->type, 0, NULL) && errno != EBUSY && !m->optional)
			dprintf(STDERR_FILENO, "init: mount %s: %s\n", m->where, strerror(errno));
	}
	name_virtio_ports();
}

int disk_find(const char *serial, char *dev, size_t len)
{
	DIR *dir = opendir("/sys/block");
	struct dirent *d;
	int rc = -ENODEV;

	while (dir && rc && (d = readdir(dir))) {
		char attr[PATH_MAX], value[64];

		snprintf(attr, sizeof(attr), "/sys/block/%s/serial", d->d_name);
		if (d->d_name[0] == '.' || file_read(attr, value, sizeof(value)) <= 0 ||
		    strcmp(value, serial))
			continue;
		snprintf(dev, len, "/dev/%s", d->d_name);
		rc = 0;
	}
	if (dir)
		closedir(dir);
	return rc;
}

int mount_image(const char *serial, const char *where)
{
	char dev[PATH_MAX];
	int rc = disk_find(serial, dev, sizeof(dev));

	if (rc)
		return rc;
	mkdir(where, 0755);
	return mount(dev, where, "erofs", MS_RDONLY, NULL) && errno != EBUSY ? -errno : 0;
}
