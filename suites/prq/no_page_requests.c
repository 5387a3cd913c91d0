// SPDX-License-Identifier: GPL-2.0
/*
 * A mediated device has no page requests, and says so: no PRI capability in its
 * configuration space, and a descriptor that would wait for a page ends at once,
 * exactly where it would without the flag.
 */
#include <linux/pci_regs.h>

#include "fault_queue.h"
#include "iommufd.h"
#include "harness.h"
#include "mdev.h"
#include "memory.h"
#include "vm.h"

#define PASID 5

/* Return: whether the configuration space has an extended capability. */
static bool has_ext_cap(const struct vfio *v, u16 id)
{
	u16 pos = PCI_CFG_SPACE_SIZE;
	u32 header;

	do {
		header = vfio_read32(v, VFIO_PCI_CONFIG_REGION_INDEX, pos);
		if (header && PCI_EXT_CAP_ID(header) == id)
			return true;
		pos = PCI_EXT_CAP_NEXT(header);
	} while (header && pos);
	return false;
}

FIXTURE(mdev)
{
	char uuid[MDEV_UUID_SIZE];
	struct vm vm;
};

FIXTURE_SETUP(mdev)
{
	harness_begin(_metadata);
	mdev_uuid(0, self->uuid);
	mdev_create(1, self->uuid);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(self->uuid));
}

FIXTURE_TEARDOWN(mdev)
{
	vm_cleanup(&self->vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F(mdev, has_no_pri_capability)
{
	CHECK(!has_ext_cap(&self->vm.a.v, PCI_EXT_CAP_ID_PRI), "a PRI capability");
}

TEST_F(mdev, asks_for_no_page)
{
	struct svk_desc fill = svk_desc_fill(vaccel_va(FAULT_VA), FAULT_PATTERN, 2 * GUEST_PAGE);
	struct vm *vm = &self->vm;
	u64 answered = vaccel_counter(&vm->a, SVK_LAB_PGRP_RESP);
	u64 sent = vaccel_counter(&vm->a, SVK_LAB_PRQ);
	struct vaccel_queue q;
	struct vm_process p;
	struct svk_result res;

	vm_process_init(&p, vm);
	vm_process_attach(&p, vm, PASID);
	vaccel_queue_open(&q, &vm->a, 0, &p.s, PASID);
	guest_space_alloc(&p.s, FAULT_VA, GUEST_PAGE);
	res = vaccel_queue_wait(&q, vaccel_queue_submit_blocking(&q, fill));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.done, GUEST_PAGE);
	CHECK_EQ(res.fault_addr, FAULT_VA + GUEST_PAGE);
	/* The parent may have asked; then the host has answered. */
	CHECK_EQ(vaccel_counter(&vm->a, SVK_LAB_PGRP_RESP) - answered,
		 vaccel_counter(&vm->a, SVK_LAB_PRQ) - sent);
	CHECK_STATUS(vaccel_queue_run(&q, svk_desc_nop()), SVK_CPL_OK);
	vaccel_queue_disable(&q);
	vfio_detach_pasid(&vm->a.v, PASID);
}

HARNESS_MAIN(mdev_lend)
