// SPDX-License-Identifier: GPL-2.0
/*
 * Around main() of an iommu selftest of the kernel's own: a kernel that lacks
 * what the test is about, iommufd's mock devices, is a skip with that reason.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"
#include "ktap.h"

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

int __wrap_main(int argc, char **argv)
{
	if (access("/sys/bus/iommufd_mock", F_OK))
		ktap_skip_all(
			"no mock devices in iommufd: build the kernel with CONFIG_IOMMUFD_TEST=y");
	if (geteuid() || access("/dev/iommu", R_OK | W_OK))
		ktap_skip_all("/dev/iommu cannot be opened: CONFIG_IOMMUFD=y, and root");
	if (strstr(program_invocation_short_name, "fail_nth") &&
	    access("/sys/kernel/debug/failslab", F_OK))
		ktap_skip_all("no failslab in debugfs: build the kernel with CONFIG_FAILSLAB=y and "
			      "CONFIG_FAULT_INJECTION_DEBUG_FS=y (DEBUG=1 does)");
	environment_prepare();
	return __real_main(argc, argv);
}
