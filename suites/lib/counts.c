// SPDX-License-Identifier: GPL-2.0
#include "counts.h"

#include "lab.h"

u64 counts_read(enum svk_lab_counter which)
{
	return svk_lab_read64(SVK_LAB_COUNTER(which));
}

u64 counts_stale(void)
{
	svk_lab_write32(SVK_LAB_AUDIT, SVK_LAB_AUDIT_LOOK);
	return svk_lab_read64(SVK_LAB_STALE);
}
