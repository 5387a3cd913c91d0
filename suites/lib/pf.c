// SPDX-License-Identifier: GPL-2.0
#include "pf.h"

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

#include <svakit/accel_regs.h>

#include "accel_device.h"
#include "ktap.h"

#define ACCEL_DRIVER "svakit_accel"
#define DRIVER "/sys/bus/pci/drivers/" ACCEL_DRIVER
#define SECOND "SVAKIT_DEVICE_2"
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

const char *pf_require(void)
{
	const char *bdf = pf_find();

	if (!bdf)
		ktap_skip_all("no accelerator is bound to svakit_accel: insmod svakit_accel.ko");
	if (geteuid() || access("/dev/iommu", R_OK | W_OK))
		ktap_skip_all("/dev/iommu cannot be opened: CONFIG_IOMMUFD=y, and root");
	return bdf;
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

	REQUIRE_ERRNO(__pf_move(bdf, "vfio-pci"), 0);
	process_start(&child, main, arg);
	ret = __process_wait(&child, RUN_MS, &status);
	/* Before anything that may end the test. */
	REQUIRE_ERRNO(__pf_move(bdf, "\n"), 0);
	REQUIRE_ERRNO(ret, 0);
	CHECK_EQ(status, 0);
}

/* Of pf_lend(). */
static char given[NAME_MAX + 1];

const char *pf_given(void)
{
	return given;
}

/*
 * Returns in a process of its own, with the function given to @driver; this one waits until that
 * ends, however it does, and gives the function to @afterwards.
 */
static void lend(const char *bdf, const char *driver, const char *afterwards)
{
	int ret = __pf_move(bdf, driver);
	pid_t pid = ret ? -1 : fork();
	int status;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return;
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		ktap_diag("giving %s to %s, or fork: %s", bdf, driver,
			  strerror(ret ? -ret : errno));
		status = KTAP_FAIL << 8;
	}
	ret = __pf_move(bdf, afterwards);
	if (ret)
		ktap_diag("giving %s back: %s", bdf, strerror(-ret));
	if (WIFSIGNALED(status))
		ktap_diag("the tests died of signal %d", WTERMSIG(status));
	exit(WIFEXITED(status) && !ret ? WEXITSTATUS(status) : KTAP_FAIL);
}

void pf_lend(void)
{
	snprintf(given, sizeof(given), "%s", pf_require());
	lend(given, "vfio-pci", "\n");
}

void pf_driver(const char *bdf, char driver[PF_DRIVER_SIZE])
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver", bdf);
	len = readlink(path, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	snprintf(driver, PF_DRIVER_SIZE, "%s", len < 0 ? "\n" : strrchr(target, '/') + 1);
}

bool pf_borrow_second(void)
{
	char bdf[NAME_MAX + 1], driver[PF_DRIVER_SIZE];
	const char *path;

	if (getenv(SECOND))
		return true;
	path = svk_pci_find(SVK_PCI_DEVICE_ACCEL, svk_pci_address());
	if (!path)
		return false;
	REQUIRE(sscanf(path, PCI_DEVICES "/%31[^/]", bdf) == 1, "no PCI address in %s", path);
	pf_driver(bdf, driver);
	setenv(SECOND, bdf, 1);
	if (strcmp(driver, ACCEL_DRIVER))
		lend(bdf, ACCEL_DRIVER, driver);
	return true;
}

const char *pf_mate(const char *bdf)
{
	static char mate[NAME_MAX + 1];
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/iommu_group/devices", bdf);
	dir = opendir(path);
	mate[0] = '\0';
	while (dir && !mate[0] && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, bdf))
			snprintf(mate, sizeof(mate), "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return mate[0] ? mate : NULL;
}

void pf_lend_group(const char *bdf)
{
	char driver[PF_DRIVER_SIZE];
	const char *mate = pf_mate(bdf);

	REQUIRE(mate, "%s has its IOMMU group for itself", bdf);
	pf_driver(mate, driver);
	lend(mate, "vfio-pci", driver);
	snprintf(given, sizeof(given), "%s", bdf);
	lend(given, "vfio-pci", "\n");
}
