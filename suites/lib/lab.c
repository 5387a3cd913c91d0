// SPDX-License-Identifier: GPL-2.0
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "ktap.h"

static const char *const names[] = {
	[SVK_LAB_QI_TOTAL] = "total", [SVK_LAB_QI_CONTEXT] = "context",
	[SVK_LAB_QI_IOTLB] = "iotlb", [SVK_LAB_QI_DEVTLB] = "devtlb",
	[SVK_LAB_QI_WAIT] = "wait",   [SVK_LAB_QI_PIOTLB] = "piotlb",
	[SVK_LAB_QI_PASID] = "pasid", [SVK_LAB_QI_PDEVTLB] = "pdevtlb",
	[SVK_LAB_QI_OTHER] = "other",
};

/* @prot: PROT_READ, PROT_WRITE */
static void *map_ctrl_bar(const char *path, int prot)
{
	int fd = open(path, (prot & PROT_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	void *bar;

	if (fd < 0)
		return NULL;
	bar = mmap(NULL, SVK_ACCEL_CTRL_SIZE, prot, MAP_SHARED, fd, 0);
	close(fd);
	return bar == MAP_FAILED ? NULL : bar;
}

static void *ctrl;

static volatile u8 *page(void)
{
	if (!ctrl)
		ctrl = map_ctrl_bar(svk_pci_path("resource0"), PROT_READ | PROT_WRITE);
	REQUIRE(ctrl, "BAR 0 of the accelerator cannot be mapped: %s", strerror(errno));
	return ctrl;
}

void svk_lab_close(void)
{
	if (ctrl)
		munmap(ctrl, SVK_ACCEL_CTRL_SIZE);
	ctrl = NULL;
}

u32 svk_lab_read32(u32 reg)
{
	return *(volatile u32 *)(page() + reg);
}

u64 svk_lab_read64(u32 reg)
{
	return *(volatile u64 *)(page() + reg);
}

void svk_lab_write32(u32 reg, u32 val)
{
	*(volatile u32 *)(page() + reg) = val;
}

void svk_lab_write64(u32 reg, u64 val)
{
	*(volatile u64 *)(page() + reg) = val;
}

bool svk_lab_elsewhere(void)
{
	const char *path = svk_pci_find(SVK_PCI_DEVICE_ACCEL, svk_pci_address());

	svk_lab_close();
	if (path)
		ctrl = map_ctrl_bar(path, PROT_READ | PROT_WRITE);
	return ctrl;
}

u64 svk_lab_unit(enum svk_which device, enum svk_lab_counter which)
{
	static u8 *bar[SVK_DEVICES];

	if (!bar[device]) {
		svk_device_select(device);
		bar[device] = map_ctrl_bar(svk_pci_path("resource0"), PROT_READ);
		svk_device_select(SVK_DEVICE_FIRST);
		REQUIRE(bar[device], "BAR 0 of the accelerator cannot be mapped: %s",
			strerror(errno));
	}
	return *(const volatile u64 *)(bar[device] + SVK_LAB_UNIT_QI(which));
}

struct svk_lab svk_lab_read(void)
{
	struct svk_lab lab = {0};
	const u8 *bar = map_ctrl_bar(svk_pci_path("resource0"), PROT_READ);
	unsigned int i;

	if (!bar)
		return lab;
	for (i = 0; i <= SVK_LAB_QI_OTHER; i++)
		lab.count[i] = *(const volatile u64 *)(bar + SVK_LAB_COUNTER(i));
	munmap((void *)bar, SVK_ACCEL_CTRL_SIZE);
	lab.valid = true;
	return lab;
}

void svk_lab_note(const struct svk_lab *before)
{
	struct svk_lab now = svk_lab_read();
	char text[512] = "";
	unsigned int i;
	int len = 0;

	if (!before->valid || !now.valid)
		return;
	for (i = 0; i <= SVK_LAB_QI_OTHER; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s%s=%llu", i ? " " : "",
				names[i], (unsigned long long)(now.count[i] - before->count[i]));
	ktap_note("qi", "%s", text);
}
