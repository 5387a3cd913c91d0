// SPDX-License-Identifier: GPL-2.0
#include "mdev.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel_device.h"
#include "ktap.h"

#define DRIVER "/sys/bus/pci/drivers/svakit_mdev"
#define DEVICES "/sys/bus/mdev/devices"
#define VIEW "/sys/kernel/debug/svakit_mdev"
#define QUOTA "/sys/module/svakit_mdev/parameters/pasid_quota"
/* What all uuids of the tests begin with. */
#define UUID_PREFIX "5ba11ad0-c0de-4bad-8000-00000000"

static char parent_bdf[NAME_MAX + 1];

static bool find_parent(void)
{
	const struct dirent *entry;
	DIR *dir = opendir(DRIVER);

	parent_bdf[0] = '\0';
	while (dir && !parent_bdf[0] && (entry = readdir(dir))) {
		/* The other files there are attributes of the driver. */
		if (strchr(entry->d_name, ':'))
			snprintf(parent_bdf, sizeof(parent_bdf), "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return parent_bdf[0];
}

const char *mdev_missing(void)
{
	if (access(DRIVER, F_OK))
		return "no " DRIVER ": insmod mdev.ko svakit_mdev.ko";
	if (!find_parent())
		return "no PCI function is bound to svakit_mdev: write svakit_mdev to the "
		       "driver_override of a second accelerator, then its address to "
		       "/sys/bus/pci/drivers_probe";
	if (access("/dev/iommu", R_OK | W_OK))
		return "/dev/iommu cannot be opened: build the kernel with CONFIG_IOMMUFD=y, be "
		       "root";
	if (access(VIEW "/map", R_OK))
		return "no " VIEW "/map: mount debugfs (CONFIG_DEBUG_FS=y)";
	return NULL;
}

const char *mdev_parent(void)
{
	return parent_bdf;
}

const char *mdev_parent_path(const char *attribute)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", parent_bdf, attribute);
	return path;
}

/** struct keeper - What mdev_lend() restores. */
struct keeper {
	char quota[32];
	char allocator[32];
};

/* Return: whether @path could be read; the text keeps its newline. */
static bool read_text(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		return false;
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	fclose(file);
	return true;
}

static void keeper_init(struct keeper *k)
{
	*k = (struct keeper){0};
	read_text(QUOTA, k->quota, sizeof(k->quota));
	read_text(mdev_parent_path("svakit_mdev/pasid_allocator"), k->allocator,
		  sizeof(k->allocator));
}

/* Return: how many there were. */
static unsigned int remove_leftovers(void)
{
	const struct dirent *entry;
	DIR *dir = opendir(DEVICES);
	unsigned int nr = 0;

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, UUID_PREFIX, strlen(UUID_PREFIX)))
			continue;
		ktap_diag("left behind: mdev %s", entry->d_name);
		__mdev_remove(entry->d_name);
		nr++;
	}
	if (dir)
		closedir(dir);
	return nr;
}

/* Return: whether the test had left everything as it was, but for settings. */
static bool keeper_restore(const struct keeper *k)
{
	bool clean = !remove_leftovers();
	char now[32];

	if (access(mdev_parent_path("mdev_supported_types"), F_OK))
		__svk_write_file(DRIVER "/bind", parent_bdf);
	if (read_text(QUOTA, now, sizeof(now)) && strcmp(now, k->quota))
		__svk_write_file(QUOTA, k->quota);
	if (read_text(mdev_parent_path("svakit_mdev/pasid_allocator"), now, sizeof(now)) &&
	    strcmp(now, k->allocator))
		__mdev_set_allocator(k->allocator);
	return clean;
}

void mdev_lend(void)
{
	const char *missing = mdev_missing();
	struct keeper keeper;
	int status;
	pid_t pid;
	bool clean;

	if (missing)
		ktap_skip_all("%s", missing);
	keeper_init(&keeper);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return;
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		ktap_diag("fork: %s", strerror(errno));
		exit(KTAP_FAIL);
	}
	clean = keeper_restore(&keeper);
	if (WIFSIGNALED(status))
		ktap_diag("the tests died of signal %d", WTERMSIG(status));
	exit(WIFEXITED(status) && (clean || WEXITSTATUS(status)) ? WEXITSTATUS(status) : KTAP_FAIL);
}

void mdev_uuid(unsigned int n, char uuid[MDEV_UUID_SIZE])
{
	snprintf(uuid, MDEV_UUID_SIZE, UUID_PREFIX "%04x", n & 0xffff);
}

const char *mdev_type_path(unsigned int queues, const char *attribute)
{
	char name[128];

	snprintf(name, sizeof(name), "mdev_supported_types/svakit_mdev-q%u/%s", queues, attribute);
	return mdev_parent_path(name);
}

void mdev_type_read(unsigned int queues, const char *attribute, char *text, size_t size)
{
	const char *path = mdev_type_path(queues, attribute);

	REQUIRE(read_text(path, text, size), "read %s: %s", path, strerror(errno));
	text[strcspn(text, "\n")] = '\0';
}

unsigned int mdev_available(unsigned int queues)
{
	char text[32];

	mdev_type_read(queues, "available_instances", text, sizeof(text));
	return (unsigned int)strtoul(text, NULL, 10);
}

int __mdev_create(unsigned int queues, const char *uuid)
{
	return __svk_write_file(mdev_type_path(queues, "create"), uuid);
}

void mdev_create(unsigned int queues, const char *uuid)
{
	int ret = __mdev_create(queues, uuid);

	REQUIRE(!ret, "creating %s with %u queues: %s", uuid, queues, strerror(-ret));
}

int __mdev_remove(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES "/%s/remove", uuid);
	return __svk_write_file(path, "1");
}

void mdev_remove(const char *uuid)
{
	REQUIRE_ERRNO(__mdev_remove(uuid), 0);
}

bool mdev_exists(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES "/%s", uuid);
	return !access(path, F_OK);
}

int __mdev_set_quota(unsigned int quota)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", quota);
	return __svk_write_file(QUOTA, text);
}

int __mdev_set_allocator(const char *name)
{
	return __svk_write_file(mdev_parent_path("svakit_mdev/pasid_allocator"), name);
}

bool mdev_allocator_is(const char *name)
{
	char text[32];

	REQUIRE(read_text(mdev_parent_path("svakit_mdev/pasid_allocator"), text, sizeof(text)),
		"read pasid_allocator: %s", strerror(errno));
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, name);
}
