// SPDX-License-Identifier: GPL-2.0
#include "unit_tables.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "ktap.h"

#define TABLES "/sys/kernel/debug/iommu/intel/dmar_translation_struct"

void unit_tables_require(void)
{
	svk_require_root();
	if (access(TABLES, R_OK))
		ktap_skip_all("no " TABLES ": CONFIG_INTEL_IOMMU_DEBUGFS=y");
}

/* Lines "00:03.0 <root> <context> <PASID> <quadword 2>:<quadword 1>:<quadword 0>". */
bool unit_tables_find(u32 pasid, struct unit_entry *e)
{
	unsigned long long qw[3];
	char line[512], bdf[16];
	bool found = false;
	FILE *f = fopen(TABLES, "re");
	int number, i;

	REQUIRE(f, "no " TABLES);
	while (!found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%15s %*s %*s %d 0x%llx:0x%llx:0x%llx", bdf, &number, &qw[2],
			   &qw[1], &qw[0]) != 5)
			continue;
		found = number == (int)pasid && strstr(svk_pci_address(), bdf);
	}
	fclose(f);
	for (i = 0; found && i < 3; i++)
		e->qw[i] = qw[i];
	return found;
}

u32 unit_tables_did(u32 pasid)
{
	struct unit_entry e;

	REQUIRE(unit_tables_find(pasid, &e), "this kernel has no table for PASID %u", pasid);
	return (u32)svk_get(VTD_PE1_DID, e.qw[1]);
}

unsigned int unit_tables_count(const char *bdf)
{
	FILE *f = fopen(TABLES, "re");
	unsigned int nr = 0;
	char line[512];

	REQUIRE(f, "no " TABLES);
	while (fgets(line, sizeof(line), f)) {
		/* Lines have it without a domain. */
		if (strstr(line, strchr(bdf, ':') + 1))
			nr++;
	}
	fclose(f);
	return nr;
}
