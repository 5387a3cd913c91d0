// SPDX-License-Identifier: GPL-2.0
/*
 * Around main() of a vfio selftest of the kernel's own: what scripts/setup.sh
 * and cleanup.sh beside it do, so that the program alone is a test.
 *
 * An accelerator of svakit_accel belongs to vfio-pci while the test runs. Who
 * names a function, VFIO_SELFTESTS_BDF=, has prepared it, and gets it tested.
 */
#include <stdlib.h>

#include "environment.h"
#include "pf.h"
#include "wrap.h"

int __wrap_main(int argc, char **argv)
{
	environment_prepare();
	if (!getenv("VFIO_SELFTESTS_BDF")) {
		pf_lend();
		setenv("VFIO_SELFTESTS_BDF", pf_given(), 1);
	}
	return __real_main(argc, argv);
}
