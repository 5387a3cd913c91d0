// SPDX-License-Identifier: GPL-2.0
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "ktap.h"

static volatile u8 *lab;

static void lab_open(void)
{
	const char *path = svk_pci_path("resource0");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *bar;

	ASSERT_TRUE(fd >= 0, "open of %s: %s", path, strerror(errno));
	bar = mmap(NULL, SVK_ACCEL_CTRL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(bar != MAP_FAILED, "mmap of %s: %s", path, strerror(errno));
	close(fd);
	lab = bar;
}

static u64 lab_read(u32 reg)
{
	return *(volatile u64 *)(lab + reg);
}

static void lab_audit(u32 how)
{
	*(volatile u32 *)(lab + SVK_LAB_AUDIT) = how;
}

void oracle_require(void)
{
	svk_require_root();
	lab_open();
	if (!(*(volatile u32 *)(lab + SVK_LAB_AUDIT) & SVK_LAB_AUDIT_PRESENT))
		ktap_skip_all("no oracle: real hardware, or svahw --no-oracle");
}

void oracle_lose(unsigned int type)
{
	*(volatile u64 *)(lab + SVK_LAB_LOSE) =
		svk_put(SVK_LAB_LOSE_TYPES, 1u << type) | svk_put(SVK_LAB_LOSE_COUNT, 1);
}

u64 oracle_lost(void)
{
	return lab_read(SVK_LAB_LOST);
}

u64 oracle_stale(void)
{
	lab_audit(SVK_LAB_AUDIT_LOOK);
	return lab_read(SVK_LAB_STALE);
}

u64 oracle_confirm(void)
{
	lab_audit(SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	return lab_read(SVK_LAB_FINDINGS);
}

void oracle_expect(unsigned int findings)
{
	/* PID 1 reads this line. */
	printf("# expect oracle_findings %u\n", findings);
}
