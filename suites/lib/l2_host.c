// SPDX-License-Identifier: GPL-2.0
/* What L1 has given away for its VMs, as far as its kernel tells. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel_device.h"
#include "ktap.h"
#include "l2.h"
#include "l2_machine.h"
#include "mdev.h"
#include "pf.h"

#define ENTRIES "/sys/kernel/debug/iommu/intel/dmar_translation_struct"
/* Of QEMU itself, and of what L1's kernel needs for it. */
#define VMM_MIB 128
/* Of requests without PASID. */
#define NO_PASID 0

/* Return: the number behind @name in @path. */
static s64 proc_number(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	char line[128], key[64];
	long long value, found = -1;

	REQUIRE(file, "open %s: %s", path, strerror(errno));
	while (found < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %lld", key, &value) == 2 && !strcmp(key, name))
			found = value;
	}
	fclose(file);
	REQUIRE(found >= 0, "%s has no %s", path, name);
	return found;
}

static s64 vmstat(const char *name)
{
	return proc_number("/proc/vmstat", name);
}

unsigned long l2_memory_missing(unsigned int vms)
{
	u64 available = (u64)proc_number("/proc/meminfo", "MemAvailable:") >> 10;
	u64 needed = vms * ((l2_machine_ram() >> 20) + VMM_MIB);

	return needed > available ? (unsigned long)(needed - available) : 0;
}

/* @want: count only this one, or all but NO_PASID. */
static unsigned int count_entries(const char *bdf, u32 want)
{
	FILE *file = fopen(ENTRIES, "re");
	char line[512], function[16];
	unsigned int count = 0;
	u32 pasid;

	REQUIRE(file, "open " ENTRIES ": %s", strerror(errno));
	/* Function, root entry, context entry, PASID, its entry; all of them are present. */
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%15s %*s %*s %u", function, &pasid) != 2 ||
		    strcmp(function, bdf + strlen("0000:")))
			continue;
		count += want == NO_PASID ? pasid != NO_PASID : pasid == want;
	}
	fclose(file);
	return count;
}

unsigned int l2_host_pasids(const char *bdf)
{
	return count_entries(bdf, NO_PASID);
}

bool l2_host_has_pasid(const char *bdf, u32 pasid)
{
	return count_entries(bdf, pasid);
}

struct l2_host l2_host(void)
{
	/* Each CPU counts for itself until it is asked. */
	REQUIRE_ERRNO(__svk_write_file("/proc/sys/vm/stat_refresh", "1"), 0);
	return (struct l2_host){
		.pinned = vmstat("nr_foll_pin_acquired") - vmstat("nr_foll_pin_released"),
		.tables = vmstat("nr_iommu_pages"),
		.pasids = l2_host_pasids(pf_given()),
		.parent_pasids = l2_host_pasids(mdev_parent()),
	};
}

void l2_expect_host(const struct l2_host *was)
{
	struct l2_host is = l2_host();

	CHECK_EQ(is.pinned, was->pinned);
	CHECK_EQ(is.tables, was->tables);
	CHECK_EQ(is.pasids, was->pasids);
	CHECK_EQ(is.parent_pasids, was->parent_pasids);
}
