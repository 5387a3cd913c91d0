// SPDX-License-Identifier: GPL-2.0
/* PCI functions of the model: who drives them, and bus mastering. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <svakit/accel_regs.h>

#include "init.h"

#define PCI_DEVICES "/sys/bus/pci/devices/"
#define PCI_COMMAND 4
#define PCI_COMMAND_MASTER 0x4
#define MODULES "/lib/modules/"
#define PARENT_DRIVER "svakit_mdev"
#define UNITS_MAX 2

static unsigned long read_hex(const char *bdf, const char *attr)
{
	char path[PATH_MAX], text[32];

	snprintf(path, sizeof(path), PCI_DEVICES "%s/%s", bdf, attr);
	return file_read(path, text, sizeof(text)) > 0 ? strtoul(text, NULL, 16) : 0;
}

int device_list(unsigned int vendor, unsigned int device, char (*bdf)[DEVICE_NAME], int max)
{
	DIR *dir = opendir(PCI_DEVICES);
	struct dirent *d;
	int n = 0;

	while (dir && n < max && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || read_hex(d->d_name, "vendor") != vendor ||
		    read_hex(d->d_name, "device") != device)
			continue;
		snprintf(bdf[n++], DEVICE_NAME, "%.*s", DEVICE_NAME - 1, d->d_name);
	}
	if (dir)
		closedir(dir);
	return n;
}

/*
 * No driver binds to a remapping unit's function, so nobody lets it master
 * the bus; without that its fault event, a memory write, goes nowhere.
 */
static void unit_enable_master(const char *bdf)
{
	char path[PATH_MAX];
	unsigned char command[2];
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "%s/config", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, command, sizeof(command), PCI_COMMAND) != sizeof(command))
		die("read %s: %s", path, strerror(errno));
	command[0] |= PCI_COMMAND_MASTER;
	if (pwrite(fd, command, sizeof(command), PCI_COMMAND) != sizeof(command))
		die("write %s: %s", path, strerror(errno));
	close(fd);
}

/*
 * In a child: the driver tries one bind with the address space that loads it,
 * and an address space keeps its PASID for as long as it lives.
 */
static void module_load(const char *path, const char *params)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || (syscall(SYS_finit_module, fd, params, 0) && errno != EEXIST))
			_exit(errno);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("load %s: %s", path, strerror(errno));
	if (status)
		die("load %s: %s; is it built for this kernel?", path,
		    strerror(WEXITSTATUS(status)));
}

static int device_override(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), PCI_DEVICES "%s/driver_override", bdf);
	rc = file_write(path, driver);
	return rc ? rc : file_write("/sys/bus/pci/drivers_probe", bdf);
}

bool device_has_driver(const char *bdf, const char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), PCI_DEVICES "%s/driver", bdf);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	name = strrchr(target, '/');
	return name && !strcmp(name + 1, driver);
}

/* The modules and the driver of mediated devices, for the function that is shared. */
static void parent_init(const char *bdf)
{
	int rc;

	/* Where the kernel has it built in there is no such file. */
	if (!access(MODULES "mdev.ko", R_OK))
		module_load(MODULES "mdev.ko", "");
	module_load(MODULES PARENT_DRIVER ".ko", "");
	rc = device_override(bdf, PARENT_DRIVER);
	if (rc)
		die("give %s to " PARENT_DRIVER ": %s", bdf, strerror(-rc));
	/* A probe that fails is logged, not returned. */
	if (!device_has_driver(bdf, PARENT_DRIVER))
		die("give %s to " PARENT_DRIVER ": it refuses, its reason is in the kernel log",
		    bdf);
}

static void units_enable_master(void)
{
	char bdf[UNITS_MAX][DEVICE_NAME];
	int n = device_list(SVK_PCI_VENDOR, SVK_PCI_DEVICE_VTD, bdf, UNITS_MAX);

	for (int i = 0; i < n; i++)
		unit_enable_master(bdf[i]);
}

void devices_init(const struct job *job, int level)
{
	const struct job_line *parent = job_find(job, JOB_PARENT);

	if (level == 1)
		units_enable_master();
	if (parent)
		parent_init(parent->name);
	module_load(MODULES "svakit_accel.ko", "");
	event_stage("modules");
}

static int device_move(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), PCI_DEVICES "%s/driver/unbind", bdf);
	rc = file_write(path, bdf);
	if (rc && rc != -ENOENT)
		return rc;
	return device_override(bdf, driver);
}

int device_to_vfio(const char *bdf)
{
	return device_move(bdf, "vfio-pci");
}

int device_from_vfio(const char *bdf)
{
	return device_move(bdf, "\n");
}

void forget_start(const struct job *job)
{
	const struct job_line *l = job_find(job, JOB_FORGET);

	if (l)
		module_load(MODULES "svakit_forget.ko", l->argv[0]);
}
