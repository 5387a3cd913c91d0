// SPDX-License-Identifier: GPL-2.0
/*
 * A function that vfio-pci has on its denylist is refused, by name in the log, and left to other
 * drivers; a kernel that was told to have no denylist gives it to a VMM.
 *
 * Would have caught the lack of "VFIO: Add the SPR_DSA and SPR_IAX devices to the denylist"
 * (CVE-2024-21823): the function has the id of the first of these.
 *
 * Only with a function that says so: HW=--accel-id=1b36:5fd1,8086:0b25, and for the other half
 * APPEND=vfio_pci.disable_denylist=1.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "accel_device.h"
#include "harness.h"
#include "iommufd.h"
#include "kmsg.h"
#include "pf.h"
#include "vfio.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define BIND "/sys/bus/pci/drivers/vfio-pci/bind"
#define PARAMETER "/sys/module/vfio_pci/parameters/disable_denylist"
/* PCI_VENDOR_ID_INTEL, PCI_DEVICE_ID_INTEL_DSA_SPR0 */
#define VENDOR 0x8086
#define DEVICE 0x0b25

static char bdf[NAME_MAX + 1]; /* of the function */
static bool has_denylist;

static void read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	REQUIRE(len >= 0, "%s: %s", path, strerror(errno));
	text[len] = '\0';
	close(fd);
}

static unsigned long attribute(const char *name, const char *what)
{
	char path[PATH_MAX], text[32];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", name, what);
	read_text(path, text, sizeof(text));
	return strtoul(text, NULL, 16);
}

static bool find(void)
{
	DIR *dir = opendir(PCI_DEVICES);
	const struct dirent *entry;

	while (dir && !bdf[0] && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && attribute(entry->d_name, "vendor") == VENDOR &&
		    attribute(entry->d_name, "device") == DEVICE)
			snprintf(bdf, sizeof(bdf), "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return bdf[0];
}

static bool has_driver(void)
{
	char driver[PF_DRIVER_SIZE];

	pf_driver(bdf, driver);
	return strcmp(driver, "\n") != 0;
}

FIXTURE(denylist)
{
	char driver[PF_DRIVER_SIZE]; /* who gets it back */
	int log;
};

FIXTURE_SETUP(denylist)
{
	harness_begin(_metadata);
	pf_driver(bdf, self->driver);
	self->log = kmsg_mark();
	REQUIRE_ERRNO(__pf_move(bdf, "vfio-pci"), 0);
}

FIXTURE_TEARDOWN(denylist)
{
	REQUIRE_ERRNO(__pf_move(bdf, self->driver), 0);
	close(self->log);
	harness_end(_metadata);
}

TEST_F(denylist, refuses_the_function)
{
	int fd;

	if (!has_denylist) {
		harness_skip(_metadata, PARAMETER " is Y");
		return;
	}
	CHECK(!has_driver(), "%s has a driver", bdf);
	CHECK(kmsg_take(self->log, bdf, "exists in vfio-pci device denylist"),
	      "the kernel's log does not say why");
	CHECK_ERRNO(__svk_write_file(BIND, bdf), -EINVAL);
	CHECK(!has_driver(), "%s has a driver", bdf);
	fd = __vfio_open_pci(bdf);
	CHECK_EQ(fd, -ENOENT);
	if (fd >= 0)
		close(fd);
}

TEST_F(denylist, can_be_switched_off)
{
	struct vfio v;
	int iommufd;

	if (has_denylist) {
		harness_skip(_metadata, PARAMETER " is N: APPEND=vfio_pci.disable_denylist=1");
		return;
	}
	CHECK(kmsg_take(self->log, bdf, "device denylist disabled"),
	      "the kernel's log has no word");
	iommufd = iommufd_open();
	vfio_init(&v, __vfio_open_pci(bdf), iommufd);
	CHECK_EQ(vfio_read16(&v, VFIO_PCI_CONFIG_REGION_INDEX, PCI_VENDOR_ID), VENDOR);
	CHECK_EQ(vfio_read16(&v, VFIO_PCI_CONFIG_REGION_INDEX, PCI_DEVICE_ID), DEVICE);
	vfio_cleanup(&v);
	close(iommufd);
}

static void require(void)
{
	char text[4];

	svk_require_root();
	if (!find())
		ktap_skip_all(
			"no function with the id %04x:%04x: HW=--accel-id=1b36:5fd1,%04x:%04x",
			VENDOR, DEVICE, VENDOR, DEVICE);
	read_text(PARAMETER, text, sizeof(text));
	has_denylist = text[0] == 'N';
}

HARNESS_MAIN(require)
