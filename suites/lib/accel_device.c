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

#include "ktap.h"

#define UACCE_CLASS "/sys/class/uacce"
#define UACCE_ALGORITHM "svakit"

static char device_name[NAME_MAX + 1];
static char device_node[NAME_MAX + 16];
static char pci_dir[PATH_MAX];

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

static void use_device(const char *device)
{
	char link[PATH_MAX];

	snprintf(device_name, sizeof(device_name), "%s", device);
	snprintf(device_node, sizeof(device_node), "/dev/%s", device);
	snprintf(link, sizeof(link), UACCE_CLASS "/%s/device", device);
	if (!realpath(link, pci_dir))
		pci_dir[0] = '\0';
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
		if (entry->d_name[0] == '.' || !is_accelerator(entry->d_name))
			continue;
		use_device(entry->d_name);
		ret = 0;
	}
	closedir(dir);
	return ret;
}

static const char *missing_device(int err)
{
	if (err == -ENOENT)
		return "no " UACCE_CLASS ": build the kernel with CONFIG_UACCE=y";
	return "no svakit accelerator: insmod svakit_accel.ko; why it failed: dmesg | grep svakit";
}

static void require(bool root)
{
	const char *reasons[3];
	size_t i, nr = 0;
	int ret;

	ret = __svk_device_find();
	if (ret)
		reasons[nr++] = missing_device(ret);
	else if (access(device_node, R_OK | W_OK))
		reasons[nr++] = "the accelerator cannot be opened: chmod a+rw /dev/svakit_accel-*";
	if (root && geteuid())
		reasons[nr++] = "not root, which writes to sysfs need: run it as root";
	if (!nr)
		return;
	for (i = 0; i + 1 < nr; i++)
		ktap_diag("missing: %s", reasons[i]);
	ktap_skip_all("%s", reasons[nr - 1]);
}

void svk_require(void)
{
	require(false);
}

void svk_require_root(void)
{
	require(true);
}

const char *svk_device_node(void)
{
	return device_node;
}

unsigned int svk_device_instances(void)
{
	char text[32];
	int ret = read_attribute(device_name, "available_instances", text, sizeof(text));

	ASSERT_TRUE(ret > 0, "reading available_instances: %s", strerror(-ret));
	return (unsigned int)strtoul(text, NULL, 10);
}

const char *svk_pci_path(const char *attribute)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", pci_dir, attribute);
	return path;
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
	return ret;
}
