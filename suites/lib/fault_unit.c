// SPDX-License-Identifier: GPL-2.0
#include "fault_unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <svakit/accel_regs.h>

#include "accel_device.h"
#include "ktap.h"

#define UNIT_SIZE 4096

bool fault_unit_here(void)
{
	return svk_pci_find(SVK_PCI_DEVICE_VTD, NULL);
}

volatile void *fault_unit_map(void)
{
	const char *path = svk_pci_find(SVK_PCI_DEVICE_VTD, NULL);
	void *regs;
	int fd;

	REQUIRE(path, "no function of the remapping unit");
	fd = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0, "open of %s: %s", path, strerror(errno));
	regs = mmap(NULL, UNIT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(regs != MAP_FAILED, "mmap of %s: %s", path, strerror(errno));
	close(fd);
	return regs;
}

u32 fault_unit_read(volatile void *unit, u32 reg)
{
	return *(volatile u32 *)((volatile u8 *)unit + reg);
}

void fault_unit_clear(volatile void *unit, u32 reg, u32 bits)
{
	*(volatile u32 *)((volatile u8 *)unit + reg) = bits;
}
