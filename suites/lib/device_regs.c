// SPDX-License-Identifier: GPL-2.0
#include "device_regs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "ktap.h"

const void *svk_regs_map(void)
{
	const char *path = svk_pci_path("resource0");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *regs;

	REQUIRE(fd >= 0, "open of %s: %s", path, strerror(errno));
	regs = mmap(NULL, SVK_ACCEL_CTRL_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	REQUIRE(regs != MAP_FAILED, "mmap of %s: %s", path, strerror(errno));
	close(fd);
	return regs;
}

void svk_regs_unmap(const void *regs)
{
	munmap((void *)regs, SVK_ACCEL_CTRL_SIZE);
}

u32 svk_reg32(const void *regs, u32 off)
{
	return *(const volatile u32 *)((const u8 *)regs + off);
}

u64 svk_reg64(const void *regs, u32 off)
{
	return *(const volatile u64 *)((const u8 *)regs + off);
}

u32 svk_reg_queue_pasid(const void *regs, u32 queue)
{
	return svk_reg32(regs, SVK_QCFG_BASE + queue * SVK_QCFG_STRIDE + SVK_QCFG_PASID);
}

u32 svk_reg_sent_pasid(const void *regs, u32 queue)
{
	return svk_reg32(regs, SVK_LAB_PASID(queue));
}
