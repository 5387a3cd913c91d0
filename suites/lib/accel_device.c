// SPDX-License-Identifier: GPL-2.0
#include "accel_device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <svakit/accel_regs.h>

#include "ktap.h"
#include "oracle.h"

#define UACCE_CLASS "/sys/class/uacce"
#define PCI_DEVICES "/sys/bus/pci/devices"
#define UACCE_ALGORITHM "svakit"

/* Where to look for the reason: the driver logs it when it refuses a function. */
#define SEE_LOG "insmod svakit_accel.ko; why it failed: dmesg | grep svakit"

/**
 * struct device - An accelerator.
 * @variable: of the environment, holds its PCI address
 * @address: the PCI address where it was first found
 * @name: in UACCE_CLASS
 * @node: character device
 * @pci_dir: folder of the PCI function in sysfs
 */
static struct device {
	const char *variable;
	char address[NAME_MAX + 1];
	char name[NAME_MAX + 1];
	char node[NAME_MAX + 16];
	char pci_dir[PATH_MAX];
} devices[SVK_DEVICES] = {
	[SVK_DEVICE_FIRST] = {.variable = "SVAKIT_DEVICE"},
	[SVK_DEVICE_SECOND] = {.variable = "SVAKIT_DEVICE_2"},
};

static struct device *selected = &devices[SVK_DEVICE_FIRST];

/* Return: length without the final newline, or -errno. */
static int read_attribute(const char *device, const char *attribute, char *text, size_t size)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), UACCE_CLASS "/%s/%s", device, attribute);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return (int)len;
	while (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return (int)len;
}

static bool is_accelerator(const char *device)
{
	char algorithms[256];

	return read_attribute(device, "algorithms", algorithms, sizeof(algorithms)) > 0 &&
	       !strcmp(algorithms, UACCE_ALGORITHM);
}

/* The PCI address that the environment asks for, or NULL for any. */
static const char *wanted_address(const struct device *device)
{
	const char *address = getenv(device->variable);

	return address && *address ? address : NULL;
}

/* Take accelerator @name if it is the one that is wanted. */
static bool take(struct device *device, const char *name)
{
	const char *wanted = device->address[0] ? device->address : wanted_address(device);
	char link[PATH_MAX], dir[PATH_MAX];
	const char *address;

	snprintf(link, sizeof(link), UACCE_CLASS "/%s/device", name);
	if (!realpath(link, dir))
		return false;
	address = strrchr(dir, '/') + 1;
	if (wanted && strcmp(address, wanted))
		return false;
	snprintf(device->address, sizeof(device->address), "%s", address);
	snprintf(device->name, sizeof(device->name), "%s", name);
	snprintf(device->node, sizeof(device->node), "/dev/%s", name);
	memcpy(device->pci_dir, dir, sizeof(dir));
	return true;
}

int __svk_device_find(void)
{
	const struct dirent *entry;
	int ret = -ENODEV;
	DIR *dir;

	dir = opendir(UACCE_CLASS);
	if (!dir)
		return -errno;
	while (ret && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && is_accelerator(entry->d_name) &&
		    take(selected, entry->d_name))
			ret = 0;
	}
	closedir(dir);
	return ret;
}

void svk_device_select(enum svk_which which)
{
	selected = &devices[which];
}

unsigned int svk_units(void)
{
	char path[PATH_MAX + 8], unit[SVK_DEVICES][PATH_MAX];

	for (unsigned int i = 0; i < SVK_DEVICES; i++) {
		snprintf(path, sizeof(path), "%s/iommu", devices[i].pci_dir);
		REQUIRE(realpath(path, unit[i]), "%s: %s", path, strerror(errno));
	}
	return strcmp(unit[0], unit[1]) ? 2 : 1;
}

/* Whoever names an accelerator has one: that it does not work is not for a skip to hide. */
static void fail_without(const struct device *device)
{
	REQUIRE(false, "%s=%s is no svakit accelerator: " SEE_LOG, device->variable,
		wanted_address(device));
}

/* Return: what is missing of the selected device, or NULL. */
static const char *missing_device(void)
{
	int ret = __svk_device_find();

	if (ret && wanted_address(selected))
		fail_without(selected);
	if (ret == -ENOENT)
		return "no " UACCE_CLASS ": build the kernel with CONFIG_UACCE=y";
	if (ret)
		return "no svakit accelerator: " SEE_LOG;
	if (access(selected->node, R_OK | W_OK))
		return "the accelerator cannot be opened: chmod a+rw /dev/svakit_accel-*";
	return NULL;
}

static const char *missing_second(void)
{
	const char *reason;

	if (!wanted_address(&devices[SVK_DEVICE_SECOND]))
		return "no second accelerator is named: SVAKIT_DEVICE=... SVAKIT_DEVICE_2=...";
	svk_device_select(SVK_DEVICE_SECOND);
	reason = missing_device();
	svk_device_select(SVK_DEVICE_FIRST);
	return reason;
}

static void require(bool root, bool two)
{
	const char *reasons[] = {
		missing_device(),
		two ? missing_second() : NULL,
		root && geteuid() ? "not root, as sysfs and registers need: run it as root" : NULL,
	};
	const char *last = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (!reasons[i])
			continue;
		if (last)
			ktap_diag("missing: %s", last);
		last = reasons[i];
	}
	if (last)
		ktap_skip_all("%s", last);
}

void svk_require(void)
{
	require(false, false);
}

void svk_require_root(void)
{
	require(true, false);
}

void svk_require_two(void)
{
	require(true, true);
}

bool svk_second_find(void)
{
	const char *path = svk_pci_find(SVK_PCI_DEVICE_ACCEL, devices[SVK_DEVICE_FIRST].address);
	struct device *second = &devices[SVK_DEVICE_SECOND], *before = selected;
	int ret;

	if (!wanted_address(second) && path)
		sscanf(path, PCI_DEVICES "/%15[^/]", second->address);
	if (!wanted_address(second) && !second->address[0])
		return false;
	selected = second;
	ret = __svk_device_find();
	selected = before;
	return !ret;
}

const char *svk_device_node(void)
{
	return selected->node;
}

unsigned int svk_device_instances(void)
{
	char text[32];
	int ret = read_attribute(selected->name, "available_instances", text, sizeof(text));

	REQUIRE(ret > 0, "reading available_instances: %s", strerror(-ret));
	return (unsigned int)strtoul(text, NULL, 10);
}

const char *svk_pci_path(const char *attribute)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", selected->pci_dir, attribute);
	return path;
}

const char *svk_pci_address(void)
{
	return selected->address;
}

static unsigned long read_id(const char *address, const char *attribute)
{
	char path[PATH_MAX], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", address, attribute);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return strtoul(text, NULL, 16);
}

const char *svk_pci_find(unsigned int device, const char *except)
{
	static char path[PATH_MAX];
	DIR *dir = opendir(PCI_DEVICES);
	const struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		if (except && !strcmp(entry->d_name, except))
			continue;
		found = read_id(entry->d_name, "vendor") == SVK_PCI_VENDOR &&
			read_id(entry->d_name, "device") == device;
		if (found)
			snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource0", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found ? path : NULL;
}

int __svk_write_file(const char *path, const char *text)
{
	int fd, ret = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	/* A device may be gone now, reset, or somebody else's. */
	oracle_settle();
	return ret;
}
