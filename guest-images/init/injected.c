// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware that fails on demand (docs/faults.md): what a kernel logs of a fault
 * is a defect unless the model says that it has brought the fault about. And no
 * test leaves a fault behind for the next one to meet.
 */
#include <svakit/accel_regs.h>

#include "init.h"

static u64 seen[SVK_INJECT_COUNT];

static u64 struck(volatile u8 *lab, int kind)
{
	return lab_read64(lab, SVK_LAB_INJECTED(kind));
}

void injected_start(void)
{
	volatile u8 *lab = lab_open();

	if (!lab)
		return;
	for (int kind = 1; kind < SVK_INJECT_COUNT; kind++)
		seen[kind] = struck(lab, kind);
	lab_unmap(lab);
}

bool injected(int kind)
{
	volatile u8 *lab = lab_open();
	u64 now;

	if (!lab)
		return false;
	now = struck(lab, kind);
	lab_unmap(lab);
	return now != ~0ULL && now != seen[kind];
}

void injected_end(void)
{
	volatile u8 *lab = lab_open();

	if (!lab)
		return;
	/* What svahw was started with stays. */
	lab_write64(lab, SVK_LAB_INJECT, 0);
	lab_unmap(lab);
}
