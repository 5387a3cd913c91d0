// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware that fails on demand (docs/faults.md): what a kernel logs of a fault
 * is a defect unless the model says that it has brought the fault about. And no
 * test leaves a fault behind for the next one to meet.
 */
#include <sys/mman.h>

#include <svakit/accel_regs.h>

#include "init.h"

static u64 seen[SVK_INJECT_COUNT];

static u64 struck(volatile u8 *bar, int kind)
{
	return *(volatile u64 *)(bar + SVK_LAB_INJECTED(kind));
}

void injected_start(void)
{
	volatile u8 *bar = lab_map();

	if (!bar)
		return;
	for (int kind = 1; kind < SVK_INJECT_COUNT; kind++)
		seen[kind] = struck(bar, kind);
	munmap((void *)bar, SVK_ACCEL_CTRL_SIZE);
}

bool injected(int kind)
{
	volatile u8 *bar = lab_map();
	u64 now;

	if (!bar)
		return false;
	now = struck(bar, kind);
	munmap((void *)bar, SVK_ACCEL_CTRL_SIZE);
	return now != ~0ULL && now != seen[kind];
}

void injected_end(void)
{
	volatile u8 *bar = lab_map();

	if (!bar)
		return;
	/* What svahw was started with stays. */
	*(volatile u64 *)(bar + SVK_LAB_INJECT) = 0;
	munmap((void *)bar, SVK_ACCEL_CTRL_SIZE);
}
