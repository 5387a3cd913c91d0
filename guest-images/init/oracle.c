// SPDX-License-Identifier: GPL-2.0
/*
 * After each test: has anything been left in a translation cache that the
 * tables do not grant any more? The model's oracle knows (docs/oracle.md);
 * this asks it over the lab page of an accelerator, in either guest.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <svakit/accel_regs.h>

#include "init.h"

/* An invalidation that is under way ends in far less, or never. */
#define SETTLE_S 2.0
#define SETTLE_STEP_MS 5

static u64 seen;
static u64 lost_before;

volatile u8 *lab_map(void)
{
	char bdf[32], path[PATH_MAX];
	void *bar;
	int fd;

	if (device_find(SVK_PCI_VENDOR, SVK_PCI_DEVICE_ACCEL, bdf, sizeof(bdf)))
		return NULL;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	bar = mmap(NULL, SVK_ACCEL_CTRL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return bar == MAP_FAILED ? NULL : bar;
}

static u32 lab32(volatile u8 *bar, u32 reg)
{
	return *(volatile u32 *)(bar + reg);
}

static u64 lab64(volatile u8 *bar, u32 reg)
{
	return *(volatile u64 *)(bar + reg);
}

static u32 audit(volatile u8 *bar, u32 how)
{
	*(volatile u32 *)(bar + SVK_LAB_AUDIT) = how;
	return lab32(bar, SVK_LAB_AUDIT);
}

static bool present(u32 status)
{
	return status != ~0u && (status & SVK_LAB_AUDIT_PRESENT);
}

void oracle_start(void)
{
	volatile u8 *bar = lab_map();

	if (!bar)
		return;
	if (present(lab32(bar, SVK_LAB_AUDIT)))
		seen = lab64(bar, SVK_LAB_FINDINGS);
	munmap((void *)bar, SVK_ACCEL_CTRL_SIZE);
}

/* Arms, or with @count 0 disarms. Return: descriptors lost until now. */
static u64 arm(u64 skip, u64 count)
{
	volatile u8 *bar = lab_map();
	u64 lost = 0;

	if (!bar)
		return 0;
	if (present(lab32(bar, SVK_LAB_AUDIT))) {
		*(volatile u32 *)(bar + SVK_LAB_INJECT_PASID) = 0;
		*(volatile u32 *)(bar + SVK_LAB_INJECT_CHANCE) = 0;
		*(volatile u64 *)(bar + SVK_LAB_INJECT_ADDR) = ~0ULL;
		*(volatile u64 *)(bar + SVK_LAB_INJECT_ARG) = SVK_LOSE_TYPES | SVK_LOSE_STALE;
		*(volatile u64 *)(bar + SVK_LAB_INJECT) =
			svk_put(SVK_LAB_INJECT_KIND, SVK_INJECT_LOSE) |
			svk_put(SVK_LAB_INJECT_SKIP, skip) | svk_put(SVK_LAB_INJECT_COUNT, count);
		lost = lab64(bar, SVK_LAB_INJECTED(SVK_INJECT_LOSE));
	}
	munmap((void *)bar, SVK_ACCEL_CTRL_SIZE);
	return lost;
}

void oracle_lose(const char *skip)
{
	lost_before = arm(strtoul(skip, NULL, 10), 1);
}

void oracle_lose_end(const char *name)
{
	volatile u8 *bar = lab_map();
	u64 lost = arm(0, 0) - lost_before;

	if (!bar)
		return;
	event("lost %s %llu %llu", name, (unsigned long long)lost, (unsigned long long)seen);
	/* What is stale is no concern of the next test. */
	if (lost)
		audit(bar, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_FORGET);
	munmap((void *)bar, SVK_ACCEL_CTRL_SIZE);
}

unsigned int oracle_check(const char *name, unsigned int expected)
{
	double deadline = uptime_s() + SETTLE_S;
	volatile u8 *bar = lab_map();
	u64 found = 0;

	if (!bar)
		return 0;
	if (present(lab32(bar, SVK_LAB_AUDIT))) {
		while ((!(audit(bar, SVK_LAB_AUDIT_LOOK) & SVK_LAB_AUDIT_AT_REST) ||
			lab64(bar, SVK_LAB_STALE)) &&
		       uptime_s() < deadline)
			poll(NULL, 0, SETTLE_STEP_MS);
		audit(bar, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
		found = lab64(bar, SVK_LAB_FINDINGS) - seen;
		seen += found;
	}
	munmap((void *)bar, SVK_ACCEL_CTRL_SIZE);
	if (found == expected)
		return 0;
	event("oracle %s %llu %u", name, (unsigned long long)found, expected);
	return 1;
}
