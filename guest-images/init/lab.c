// SPDX-License-Identifier: GPL-2.0
/* The control page of an accelerator, for its lab registers. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <svakit/accel_regs.h>

#include "init.h"

#define MAX_ACCELS 8

static volatile u8 *map(const char *bdf)
{
	char path[PATH_MAX];
	void *bar;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	bar = mmap(NULL, SVK_ACCEL_CTRL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return bar == MAP_FAILED ? NULL : bar;
}

void lab_unmap(volatile u8 *lab)
{
	if (lab)
		munmap((void *)lab, SVK_ACCEL_CTRL_SIZE);
}

u32 lab_read32(volatile u8 *lab, u32 reg)
{
	return *(volatile u32 *)(lab + reg);
}

u64 lab_read64(volatile u8 *lab, u32 reg)
{
	return *(volatile u64 *)(lab + reg);
}

void lab_write32(volatile u8 *lab, u32 reg, u32 val)
{
	*(volatile u32 *)(lab + reg) = val;
}

void lab_write64(volatile u8 *lab, u32 reg, u64 val)
{
	*(volatile u64 *)(lab + reg) = val;
}

bool lab_has_oracle(volatile u8 *lab)
{
	return lab_read32(lab, SVK_LAB_AUDIT) & SVK_LAB_AUDIT_PRESENT;
}

volatile u8 *lab_map(const char *bdf)
{
	volatile u8 *lab;

	/* The guest that has it may take its memory away from it at any time. */
	if (device_has_driver(bdf, "vfio-pci"))
		return NULL;
	lab = map(bdf);
	/* A function that has gone, or does not decode memory, reads as all ones. */
	if (lab && lab_read32(lab, SVK_GLB_ID) == SVK_GLB_ID_MAGIC)
		return lab;
	lab_unmap(lab);
	return NULL;
}

volatile u8 *lab_open(void)
{
	char bdf[MAX_ACCELS][DEVICE_NAME];
	int n = device_list(SVK_PCI_VENDOR, SVK_PCI_DEVICE_ACCEL, bdf, MAX_ACCELS);
	volatile u8 *lab = NULL;

	for (int i = 0; i < n && !lab; i++)
		lab = lab_map(bdf[i]);
	return lab;
}
