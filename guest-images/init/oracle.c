// SPDX-License-Identifier: GPL-2.0
/*
 * After each test: has anything been left in a translation cache that the
 * tables do not grant any more? The model's oracle knows (docs/oracle.md);
 * this asks it over the lab page of an accelerator, in either guest.
 */
#include <poll.h>
#include <stdlib.h>

#include <svakit/accel_regs.h>

#include "init.h"

/* An invalidation that is under way ends in far less, or never. */
#define SETTLE_S 2.0
#define SETTLE_STEP_MS 5

static u64 seen;
static u64 lost_before;

static u32 audit(volatile u8 *lab, u32 how)
{
	lab_write32(lab, SVK_LAB_AUDIT, how);
	return lab_read32(lab, SVK_LAB_AUDIT);
}

void oracle_start(void)
{
	volatile u8 *lab = lab_open();

	if (!lab)
		return;
	seen = lab_read64(lab, SVK_LAB_FINDINGS);
	lab_unmap(lab);
}

/* Return: findings since svahw was started. */
static u64 confirm(volatile u8 *lab)
{
	double deadline = uptime_s() + SETTLE_S;

	while ((!(audit(lab, SVK_LAB_AUDIT_LOOK) & SVK_LAB_AUDIT_AT_REST) ||
		lab_read64(lab, SVK_LAB_STALE)) &&
	       uptime_s() < deadline)
		poll(NULL, 0, SETTLE_STEP_MS);
	audit(lab, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	return lab_read64(lab, SVK_LAB_FINDINGS);
}

/* Arms, or with @count 0 disarms. Return: descriptors lost until now. */
static u64 arm(volatile u8 *lab, u64 skip, u64 count)
{
	lab_write32(lab, SVK_LAB_INJECT_PASID, 0);
	lab_write32(lab, SVK_LAB_INJECT_CHANCE, 0);
	lab_write64(lab, SVK_LAB_INJECT_ADDR, ~0ULL);
	lab_write64(lab, SVK_LAB_INJECT_ARG, SVK_LOSE_TYPES | SVK_LOSE_STALE);
	lab_write64(lab, SVK_LAB_INJECT,
		    svk_put(SVK_LAB_INJECT_KIND, SVK_INJECT_LOSE) |
			    svk_put(SVK_LAB_INJECT_SKIP, skip) |
			    svk_put(SVK_LAB_INJECT_COUNT, count));
	return lab_read64(lab, SVK_LAB_INJECTED(SVK_INJECT_LOSE));
}

void oracle_lose(const char *skip)
{
	volatile u8 *lab = lab_open();

	if (!lab)
		return;
	lost_before = arm(lab, strtoul(skip, NULL, 10), 1);
	lab_unmap(lab);
}

void oracle_lose_end(const char *name)
{
	volatile u8 *lab = lab_open();
	u64 lost;

	if (!lab)
		return;
	lost = arm(lab, 0, 0) - lost_before;
	event("lost %s %llu %llu", name, (unsigned long long)lost, (unsigned long long)seen);
	/* What is stale is no concern of the next test. */
	if (lost)
		audit(lab, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_FORGET);
	lab_unmap(lab);
}

unsigned int oracle_check(const char *name, unsigned int expected)
{
	volatile u8 *lab = lab_open();
	u64 first = seen;

	if (!lab)
		return 0;
	if (lab_has_oracle(lab))
		seen = confirm(lab);
	lab_unmap(lab);
	if (seen - first == expected)
		return 0;
	layers_look(first, seen);
	event("oracle %s %llu %u", name, (unsigned long long)(seen - first), expected);
	return 1;
}
