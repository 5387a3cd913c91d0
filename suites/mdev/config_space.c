// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space and regions of a mediated device: what a VMM and a guest
 * driver read, what they can write, and how accesses that fit no register end.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "harness.h"
#include "mdev.h"
#include "memory.h"
#include "vm.h"

#define QUEUES 4
#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX
#define CONFIG_SIZE 4096

FIXTURE(registers)
{
	char uuid[MDEV_UUID_SIZE];
	struct guest g;
	struct vfio v;
};

FIXTURE_SETUP(registers)
{
	harness_begin(_metadata);
	mdev_uuid(1, self->uuid);
	mdev_create(QUEUES, self->uuid);
	guest_init(&self->g, GUEST_PAGE);
	guest_start(&self->g);
	vfio_init(&self->v, __vfio_open_mdev(self->uuid), self->g.iommufd);
}

FIXTURE_TEARDOWN(registers)
{
	vfio_cleanup(&self->v);
	guest_cleanup(&self->g);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F(registers, ids_are_those_of_the_parent)
{
	const struct vfio *v = &self->v;

	CHECK_EQ(vfio_read16(v, CONFIG, PCI_VENDOR_ID), SVK_PCI_VENDOR);
	CHECK_EQ(vfio_read16(v, CONFIG, PCI_DEVICE_ID), SVK_PCI_DEVICE_ACCEL);
	CHECK_EQ(vfio_read32(v, CONFIG, PCI_CLASS_REVISION) >> 8, SVK_PCI_CLASS_ACCEL);
	CHECK_EQ(vfio_read8(v, CONFIG, PCI_REVISION_ID), SVK_ACCEL_ABI_VERSION);
	CHECK_EQ(vfio_read8(v, CONFIG, PCI_HEADER_TYPE), PCI_HEADER_TYPE_NORMAL);
	CHECK_EQ(vfio_read8(v, CONFIG, PCI_INTERRUPT_PIN), 0);
	CHECK_EQ(vfio_read16(v, CONFIG, PCI_STATUS) & PCI_STATUS_CAP_LIST, PCI_STATUS_CAP_LIST);
}

/* Return: offset of a capability, 0 if there is none. */
static u32 find_cap(const struct vfio *v, u8 id)
{
	u32 at = vfio_read8(v, CONFIG, PCI_CAPABILITY_LIST);
	unsigned int steps = 0;

	while (at && vfio_read8(v, CONFIG, at) != id && steps++ < 48)
		at = vfio_read8(v, CONFIG, at + PCI_CAP_LIST_NEXT);
	return at;
}

static u32 find_ext_cap(const struct vfio *v, u32 id)
{
	u32 at = PCI_CFG_SPACE_SIZE, header;
	unsigned int steps;

	for (steps = 0; at && steps < 64; steps++) {
		header = vfio_read32(v, CONFIG, at);
		if (header && PCI_EXT_CAP_ID(header) == id)
			return at;
		at = header ? PCI_EXT_CAP_NEXT(header) : 0;
	}
	return 0;
}

TEST_F(registers, capabilities_are_complete)
{
	const struct vfio *v = &self->v;
	u32 exp = find_cap(v, PCI_CAP_ID_EXP), msix = find_cap(v, PCI_CAP_ID_MSIX);
	u32 ats = find_ext_cap(v, PCI_EXT_CAP_ID_ATS);

	REQUIRE(exp && msix && ats, "PCI Express at 0x%x, MSI-X at 0x%x, ATS at 0x%x", exp, msix,
		ats);
	CHECK_EQ((vfio_read16(v, CONFIG, exp + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4,
		 PCI_EXP_TYPE_RC_END);
	CHECK_EQ(vfio_read32(v, CONFIG, exp + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR,
		 PCI_EXP_DEVCAP_FLR);
	CHECK_EQ(vfio_read32(v, CONFIG, exp + PCI_EXP_DEVCAP2) & PCI_EXP_DEVCAP2_EE_PREFIX,
		 PCI_EXP_DEVCAP2_EE_PREFIX);
	CHECK_EQ(vfio_read16(v, CONFIG, msix + PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_QSIZE, QUEUES);
	CHECK_EQ(vfio_read32(v, CONFIG, msix + PCI_MSIX_TABLE),
		 SVK_ACCEL_MSIX_TABLE | SVK_ACCEL_BAR_MSIX);
	CHECK_EQ(vfio_read32(v, CONFIG, msix + PCI_MSIX_PBA),
		 SVK_ACCEL_MSIX_PBA | SVK_ACCEL_BAR_MSIX);
	CHECK_EQ(vfio_read16(v, CONFIG, ats + PCI_ATS_CAP) & PCI_ATS_CAP_PAGE_ALIGNED,
		 PCI_ATS_CAP_PAGE_ALIGNED);
	/* PASID is for the VMM to add, and nobody answers page requests. */
	CHECK_EQ(find_ext_cap(v, PCI_EXT_CAP_ID_PASID), 0);
	CHECK_EQ(find_ext_cap(v, PCI_EXT_CAP_ID_PRI), 0);
	CHECK_EQ(find_cap(v, PCI_CAP_ID_MSI), 0);
}

TEST_F(registers, bars_tell_their_size)
{
	const struct vfio *v = &self->v;
	static const u32 sizes[] = {SVK_ACCEL_CTRL_SIZE, 0, QUEUES * SVK_ACCEL_PAGE, 0,
				    SVK_ACCEL_MSIX_SIZE, 0};
	u32 i, at;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		at = PCI_BASE_ADDRESS_0 + 4 * i;
		vfio_write32(v, CONFIG, at, ~0u);
		CHECK_EQ(vfio_read32(v, CONFIG, at), sizes[i] ? ~(sizes[i] - 1) : 0);
		vfio_write32(v, CONFIG, at, 0xe0000000);
		CHECK_EQ(vfio_read32(v, CONFIG, at), sizes[i] ? 0xe0000000 : 0);
		vfio_write32(v, CONFIG, at, 0);
	}
}

/* Bits that are not writable keep their value, whatever the width of the write. */
TEST_F(registers, only_some_bits_are_writable)
{
	const struct vfio *v = &self->v;
	u32 exp = find_cap(v, PCI_CAP_ID_EXP), msix = find_cap(v, PCI_CAP_ID_MSIX);
	u32 ats = find_ext_cap(v, PCI_EXT_CAP_ID_ATS);
	u32 ids = vfio_read32(v, CONFIG, PCI_VENDOR_ID);
	u32 caps[] = {exp + PCI_EXP_DEVCAP, exp + PCI_EXP_DEVCAP2, msix + PCI_MSIX_TABLE, ats};
	u32 i, before;
	u16 flags;

	vfio_write32(v, CONFIG, PCI_VENDOR_ID, ~0u);
	CHECK_EQ(vfio_read32(v, CONFIG, PCI_VENDOR_ID), ids);
	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		before = vfio_read32(v, CONFIG, caps[i]);
		vfio_write32(v, CONFIG, caps[i], ~before);
		CHECK_EQ(vfio_read32(v, CONFIG, caps[i]), before);
	}
	vfio_write16(v, CONFIG, PCI_COMMAND, 0xffff);
	flags = vfio_read16(v, CONFIG, PCI_COMMAND);
	CHECK_EQ(flags & (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_IO),
		 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	vfio_write16(v, CONFIG, PCI_COMMAND, 0);
	CHECK_EQ(vfio_read16(v, CONFIG, PCI_COMMAND), 0);

	vfio_write16(v, CONFIG, msix + PCI_MSIX_FLAGS, 0xffff);
	CHECK_EQ(vfio_read16(v, CONFIG, msix + PCI_MSIX_FLAGS),
		 PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL | QUEUES);
	vfio_write16(v, CONFIG, msix + PCI_MSIX_FLAGS, 0);
	vfio_write16(v, CONFIG, ats + PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE);
	CHECK_EQ(vfio_read16(v, CONFIG, ats + PCI_ATS_CTRL) & PCI_ATS_CTRL_ENABLE,
		 PCI_ATS_CTRL_ENABLE);
}

TEST_F(registers, regions_are_described)
{
	const struct vfio *v = &self->v;
	static const u64 sizes[] = {
		[SVK_ACCEL_BAR_CTRL] = SVK_ACCEL_CTRL_SIZE,
		[SVK_ACCEL_BAR_PORTAL] = QUEUES * SVK_ACCEL_PAGE,
		[SVK_ACCEL_BAR_MSIX] = SVK_ACCEL_MSIX_SIZE,
		[CONFIG] = CONFIG_SIZE,
	};
	struct vfio_device_info info = vfio_info(v);
	struct vfio_region_info region;
	void *mem;
	u32 i;

	CHECK_EQ(info.flags & VFIO_DEVICE_FLAGS_PCI, VFIO_DEVICE_FLAGS_PCI);
	CHECK_EQ(info.flags & VFIO_DEVICE_FLAGS_RESET, VFIO_DEVICE_FLAGS_RESET);
	CHECK(info.num_regions > CONFIG, "%u regions", info.num_regions);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		CHECK_EQ(v->region[i].size, sizes[i]);
		CHECK_EQ(!!(v->region[i].flags & VFIO_REGION_INFO_FLAG_READ), !!sizes[i]);
		CHECK_EQ(!!(v->region[i].flags & VFIO_REGION_INFO_FLAG_MMAP),
			 i == SVK_ACCEL_BAR_PORTAL);
	}
	CHECK_ERRNO(__vfio_region_info(v->fd, VFIO_PCI_NUM_REGIONS, &region), -EINVAL);
	CHECK_ERRNO(__vfio_map(v, SVK_ACCEL_BAR_CTRL, 0, GUEST_PAGE, &mem), -EINVAL);
	CHECK_ERRNO(__vfio_map(v, SVK_ACCEL_BAR_PORTAL, 0, (QUEUES + 1) * GUEST_PAGE, &mem),
		    -EINVAL);
	CHECK_ERRNO(__vfio_map(v, SVK_ACCEL_BAR_PORTAL, QUEUES * GUEST_PAGE, GUEST_PAGE, &mem),
		    -EINVAL);
	REQUIRE_ERRNO(__vfio_map(v, SVK_ACCEL_BAR_PORTAL, (QUEUES - 1) * GUEST_PAGE, GUEST_PAGE,
				 &mem),
		      0);
	memory_unmap(mem, GUEST_PAGE);
}

/* No access at all: unaligned, of no power of two, too wide, beyond the end. */
TEST_F(registers, impossible_accesses_are_einval)
{
	const struct vfio *v = &self->v;
	static const struct {
		u32 index;
		u64 off;
		size_t len;
	} bad[] = {
		{SVK_ACCEL_BAR_CTRL, 2, 4},
		{SVK_ACCEL_BAR_CTRL, 4, 8},
		{SVK_ACCEL_BAR_CTRL, 1, 2},
		{SVK_ACCEL_BAR_CTRL, 0, 3},
		{SVK_ACCEL_BAR_CTRL, 0, 16},
		{SVK_ACCEL_BAR_CTRL, SVK_ACCEL_CTRL_SIZE, 4},
		{SVK_ACCEL_BAR_PORTAL, QUEUES * SVK_ACCEL_PAGE, 4},
		{SVK_ACCEL_BAR_PORTAL, 2, 4},
		{SVK_ACCEL_BAR_MSIX, SVK_ACCEL_MSIX_SIZE, 4},
		{1, 0, 4},
		{VFIO_PCI_ROM_REGION_INDEX, 0, 4},
		{CONFIG, CONFIG_SIZE, 4},
		{CONFIG, 1ULL << 32, 4},
	};
	u8 data[16] = {0};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		int got = __vfio_read(v, bad[i].index, bad[i].off, data, bad[i].len);
		int put = __vfio_write(v, bad[i].index, bad[i].off, data, bad[i].len);

		CHECK(got == -EINVAL && put == -EINVAL,
		      "%zu bytes at 0x%llx of region %u: read %d, write %d", bad[i].len,
		      (unsigned long long)bad[i].off, bad[i].index, got, put);
	}
}

/* Possible ones that no register has: all ones, ignored; where no register is: zero. */
TEST_F(registers, wrong_widths_read_all_ones)
{
	const struct vfio *v = &self->v;

	CHECK_EQ(vfio_read8(v, SVK_ACCEL_BAR_CTRL, SVK_GLB_ID), 0xff);
	CHECK_EQ(vfio_read16(v, SVK_ACCEL_BAR_CTRL, SVK_GLB_ID), 0xffff);
	CHECK_EQ(vfio_read64(v, SVK_ACCEL_BAR_CTRL, SVK_GLB_ID), ~0ull);
	CHECK_EQ(vfio_read64(v, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL), ~0ull);
	CHECK_EQ(vfio_read32(v, SVK_ACCEL_BAR_CTRL, SVK_GLB_CAP + 4),
		 vfio_read64(v, SVK_ACCEL_BAR_CTRL, SVK_GLB_CAP) >> 32);
	CHECK_EQ(vfio_read32(v, SVK_ACCEL_BAR_CTRL, 0x100), 0);
	CHECK_EQ(vfio_read64(v, SVK_ACCEL_BAR_CTRL, 0x3000), 0);
	CHECK_EQ(vfio_read32(v, SVK_ACCEL_BAR_CTRL,
			     SVK_QCFG_BASE + QUEUES * SVK_QCFG_STRIDE + SVK_QCFG_STATUS),
		 0);
	vfio_write16(v, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE);
	vfio_write64(v, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE);
	CHECK_EQ(vfio_read32(v, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL), 0);
	CHECK_EQ(vfio_read64(v, SVK_ACCEL_BAR_PORTAL, SVK_PORTAL_TAIL), ~0ull);
	CHECK_EQ(vfio_read32(v, SVK_ACCEL_BAR_PORTAL, 0x800), 0);
}

HARNESS_MAIN(mdev_lend)
