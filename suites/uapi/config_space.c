// SPDX-License-Identifier: GPL-2.0
/*
 * What vfio-pci shows a VMM of the accelerator's configuration space, and what it lets it change:
 * PASID is hidden, a VMM puts a capability of its own there; ATS and PRI can be read, and are the
 * kernel's. When Linux shows or opens more ("not yet" in vfio_pci_config.c), this test says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "harness.h"
#include "iommufd.h"
#include "pf.h"
#include "vm.h"

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX
#define CONFIG_SIZE 4096
#define CHAIN 48 /* more capabilities than there is room for make a loop */

FIXTURE(config_space)
{
	struct vm vm;
	int real; /* the same, as the kernel sees it */
};

FIXTURE_SETUP(config_space)
{
	char path[PATH_MAX];

	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", pf_given());
	self->real = open(path, O_RDONLY | O_CLOEXEC);
	REQUIRE(self->real >= 0, "open %s: %s", path, strerror(errno));
}

FIXTURE_TEARDOWN(config_space)
{
	close(self->real);
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

static u32 real_read32(const FIXTURE_DATA(config_space) *t, u32 off)
{
	u32 val;

	REQUIRE_EQ(pread(t->real, &val, sizeof(val), off), sizeof(val));
	return le32toh(val);
}

/* As one of the two sees it. */
static u32 read32(const FIXTURE_DATA(config_space) *t, bool real, u32 off)
{
	return real ? real_read32(t, off) : vfio_read32(&t->vm.a.v, CONFIG, off);
}

/* Return: offset of an extended capability, 0 if it is not in the chain. */
static u32 find(const FIXTURE_DATA(config_space) *t, bool real, u16 id)
{
	u32 off = PCI_CFG_SPACE_SIZE, header;
	unsigned int i;

	for (i = 0; i < CHAIN && off; i++) {
		header = read32(t, real, off);
		if (PCI_EXT_CAP_ID(header) == id)
			return off;
		off = PCI_EXT_CAP_NEXT(header);
	}
	REQUIRE(i < CHAIN, "the chain of capabilities has no end");
	return 0;
}

TEST_F(config_space, pasid_is_hidden)
{
	u32 real = find(self, true, PCI_EXT_CAP_ID_PASID);

	REQUIRE(real, "the function itself has no PASID capability");
	CHECK(!find(self, false, PCI_EXT_CAP_ID_PASID),
	      "vfio-pci shows the PASID capability: the policy has changed, and VMMs have to know");
	CHECK(real_read32(self, real + 4) >> 16 & PCI_PASID_CTRL_ENABLE,
	      "the kernel has not enabled PASIDs");
}

/* What hides it has to keep the others. */
TEST_F(config_space, the_others_are_shown)
{
	static const u16 shown[] = {PCI_EXT_CAP_ID_ATS, PCI_EXT_CAP_ID_PRI};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shown); i++) {
		u32 real = find(self, true, shown[i]);

		REQUIRE(real, "the function itself has no capability 0x%x", shown[i]);
		CHECK_EQ(find(self, false, shown[i]), real);
		CHECK_EQ(read32(self, false, real + 4), real_read32(self, real + 4));
	}
}

/* Return: register behind a capability's header. */
static u32 try_to_change(const FIXTURE_DATA(config_space) *t, u32 off, u16 bits)
{
	u16 before = vfio_read16(&t->vm.a.v, CONFIG, off);

	vfio_write16(&t->vm.a.v, CONFIG, off, before ^ bits);
	return real_read32(t, off & ~3u);
}

TEST_F(config_space, ats_and_pri_are_the_kernel_s)
{
	u32 ats = find(self, true, PCI_EXT_CAP_ID_ATS);
	u32 pri = find(self, true, PCI_EXT_CAP_ID_PRI);
	u32 before;

	REQUIRE(ats && pri, "the function itself has not all capabilities");
	before = real_read32(self, ats + 4);
	CHECK(before >> 16 & PCI_ATS_CTRL_ENABLE, "the kernel has not enabled ATS");
	CHECK_EQ(try_to_change(self, ats + PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE), before);
	before = real_read32(self, pri + 4);
	CHECK_EQ(try_to_change(self, pri + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE | PCI_PRI_CTRL_RESET),
		 before);
}

/* What is hidden cannot be found; to be the kernel's, it has to be out of reach, too. */
TEST_F(config_space, hidden_it_cannot_be_changed)
{
	u32 pasid = find(self, true, PCI_EXT_CAP_ID_PASID);
	u32 before, after;

	REQUIRE(pasid, "the function itself has no PASID capability");
	before = real_read32(self, pasid + 4);
	after = try_to_change(self, pasid + PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE);
	if (after == before)
		return;
	vfio_write16(&self->vm.a.v, CONFIG, pasid + PCI_PASID_CTRL, (u16)(before >> 16));
	REQUIRE_EQ(real_read32(self, pasid + 4), before);
	if (after == (before ^ (u32)PCI_PASID_CTRL_ENABLE << 16))
		harness_xfail(_metadata, "a VMM can turn off PASIDs that the kernel has turned on: "
					 "docs/findings.md");
	else
		CHECK_EQ(after, before);
}

/* A VMM may turn off what the guest turns off, and the device is silent then. */
TEST_F(config_space, bus_mastering_is_the_guest_s)
{
	struct vm_process p;
	struct vaccel_queue q;

	vm_process_init(&p, &self->vm);
	vm_process_attach(&p, &self->vm, 77);
	vaccel_queue_open(&q, &self->vm.a, 0, &p.s, 77);
	vm_expect_dma(&q, &p.s);
	vaccel_queue_disable(&q);
	vfio_write16(&self->vm.a.v, CONFIG, PCI_COMMAND, PCI_COMMAND_MEMORY);
	CHECK_EQ(real_read32(self, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
	CHECK_EQ(real_read32(self, PCI_COMMAND) & PCI_COMMAND_MEMORY, PCI_COMMAND_MEMORY);
}

HARNESS_MAIN(pf_lend)
