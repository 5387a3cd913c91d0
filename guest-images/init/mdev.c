// SPDX-License-Identifier: GPL-2.0
/*
 * Mediated devices for the next guest: created before its VMM starts, handed to
 * it as open descriptors, removed when it has ended.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init.h"

#define MDEVS "/sys/bus/mdev/devices/"

/* Return: @rc. */
static int tell(const char *what, const struct job_line *l, int rc)
{
	if (rc)
		event("line init: %s mediated device %s of type %s: %s", what, l->name, l->argv[0],
		      strerror(-rc));
	return rc;
}

static int mdev_create(const char *parent, const struct job_line *l)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/mdev_supported_types/%s/create",
		 parent, l->argv[0]);
	return file_write(path, l->name);
}

/* Return: 0 and the path of its character device, or -errno. */
static int mdev_node(const char *uuid, char *node, size_t len)
{
	char path[PATH_MAX];
	struct dirent *d;
	int rc = -ENODEV;
	DIR *dir;

	snprintf(path, sizeof(path), MDEVS "%s/vfio-dev", uuid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (rc && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(node, len, "/dev/vfio/devices/%s", d->d_name);
		rc = 0;
	}
	closedir(dir);
	return rc;
}

int mdev_open(const char *uuid)
{
	char node[PATH_MAX];
	int rc = mdev_node(uuid, node, sizeof(node));
	int fd;

	if (rc)
		return rc;
	fd = open(node, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* As descriptor @want. */
static int mdev_open_as(const struct job_line *l, int want)
{
	int fd = mdev_open(l->name);
	int rc;

	if (fd < 0)
		return fd;
	rc = dup3(fd, want, O_CLOEXEC) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static bool is_mdev(const struct job_line *l)
{
	return l->verb == JOB_MDEV || l->verb == JOB_HOTPLUG;
}

static int mdev_remove(const struct job_line *l)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), MDEVS "%s/remove", l->name);
	rc = file_write(path, "1");
	return rc == -ENOENT ? 0 : rc;
}

int mdevs_open(const struct job *job)
{
	const struct job_line *parent = job_find(job, JOB_PARENT);
	int n = 0, rc = 0;

	for (size_t i = 0; i < job->lines && !rc; i++) {
		const struct job_line *l = &job->line[i];

		if (!is_mdev(l))
			continue;
		rc = tell("create", l, parent ? mdev_create(parent->name, l) : -ENODEV);
		if (!rc && l->verb == JOB_MDEV)
			rc = tell("open", l, mdev_open_as(l, MDEV_FIRST_FD + n++));
	}
	if (!rc)
		return n;
	mdevs_close(job);
	return rc;
}

int mdevs_close(const struct job *job)
{
	int fd = MDEV_FIRST_FD, rc = 0;

	for (size_t i = 0; i < job->lines; i++) {
		const struct job_line *l = &job->line[i];
		int removed;

		if (!is_mdev(l))
			continue;
		if (l->verb == JOB_MDEV)
			close(fd++);
		removed = tell("remove", l, mdev_remove(l));
		if (!rc)
			rc = removed;
	}
	return rc;
}
