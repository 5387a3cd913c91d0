// SPDX-License-Identifier: GPL-2.0
#include "device.h"

#include <string.h>

#include "accel_device.h"
#include "bench.h"
#include "ktap.h"
#include "mdev.h"
#include "pf.h"
#include "section.h"
#include "vfio.h"

/* Of a VM: more than any sweep has. */
#define PASIDS_MAX 65536

static const char *bdf;

bool device_find(void)
{
	if (!bench_needs_device())
		return false;
	bdf = pf_find();
	if (!bdf)
		bench_skip("no accelerator is bound to svakit_accel");
	return bdf;
}

static bool is_mdev(const char *via)
{
	return !strcmp(via, "mdev");
}

void device_run(const char *via, void (*main)(struct process *parent, void *arg), void *arg)
{
	char uuid[MDEV_UUID_SIZE];

	section_counters(true);
	if (!is_mdev(via)) {
		pf_run(bdf, main, arg);
		return;
	}
	/* Who lends it puts the quota back. */
	REQUIRE_ERRNO(__mdev_set_quota(PASIDS_MAX), 0);
	mdev_uuid(1, uuid);
	mdev_create(1, uuid);
	bench_isolated(main, arg);
	mdev_remove(uuid);
}

int device_open(const char *via)
{
	char uuid[MDEV_UUID_SIZE];

	if (!is_mdev(via))
		return __vfio_open_pci(bdf);
	mdev_uuid(1, uuid);
	return __vfio_open_mdev(uuid);
}
