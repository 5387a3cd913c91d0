// SPDX-License-Identifier: GPL-2.0
#include "oracle.h"

#include <stdio.h>

#include "accel_device.h"
#include "inject.h"
#include "ktap.h"
#include "lab.h"

void oracle_require(void)
{
	svk_require_root();
	if (!(svk_lab_read32(SVK_LAB_AUDIT) & SVK_LAB_AUDIT_PRESENT))
		ktap_skip_all("no oracle: real hardware, or svahw --no-oracle");
}

void oracle_lose(unsigned int type)
{
	inject_arm(&(struct inject_rule){
		.kind = SVK_INJECT_LOSE, .count = 1, .arg = svk_put(SVK_LOSE_TYPES, 1u << type)});
}

u64 oracle_lost(void)
{
	return inject_struck(SVK_INJECT_LOSE);
}

u64 oracle_stale(void)
{
	svk_lab_write32(SVK_LAB_AUDIT, SVK_LAB_AUDIT_LOOK);
	return svk_lab_read64(SVK_LAB_STALE);
}

u64 oracle_confirm(void)
{
	svk_lab_write32(SVK_LAB_AUDIT, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	return svk_lab_read64(SVK_LAB_FINDINGS);
}

void oracle_expect(unsigned int findings)
{
	/* PID 1 reads this line. */
	printf("# expect oracle_findings %u\n", findings);
}
