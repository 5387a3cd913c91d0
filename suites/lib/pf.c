// SPDX-License-Identifier: GPL-2.0
#include "pf.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "accel_device.h"
#include "ktap.h"

#define DRIVER "/sys/bus/pci/drivers/svakit_accel"
#define PCI_DEVICES "/sys/bus/pci/devices"

/* Far beyond what a child of pf_run() takes. */
#define RUN_MS 60000

const char *pf_find(void)
{
	static char bdf[NAME_MAX + 1];
	const struct dirent *entry;
	DIR *dir = opendir(DRIVER);

	bdf[0] = '\0';
	while (dir && !bdf[0] && (entry = readdir(dir))) {
		/* The other files there are attributes of the driver. */
		if (strchr(entry->d_name, ':'))
			snprintf(bdf, sizeof(bdf), "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return bdf[0] ? bdf : NULL;
}

int __pf_move(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver/unbind", bdf);
	ret = __svk_write_file(path, bdf);
	if (ret && ret != -ENOENT)
		return ret;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver_override", bdf);
	ret = __svk_write_file(path, driver);
	return ret ? ret : __svk_write_file("/sys/bus/pci/drivers_probe", bdf);
}

void pf_run(const char *bdf, void (*main)(struct process *parent, void *arg), void *arg)
{
	struct process child;
	int ret, status;

	ASSERT_ERRNO(__pf_move(bdf, "vfio-pci"), 0);
	process_start(&child, main, arg);
	ret = __process_wait(&child, RUN_MS, &status);
	/* Before anything that may end the test. */
	ASSERT_ERRNO(__pf_move(bdf, "\n"), 0);
	ASSERT_ERRNO(ret, 0);
	EXPECT_EQ(status, 0);
}
