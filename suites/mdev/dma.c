// SPDX-License-Identifier: GPL-2.0
/*
 * DMA of a mediated device through a guest's page tables: the guest names its
 * own PASID, the hardware sends another one, and reaches what the guest's
 * table says, no more.
 */
#include "iommufd.h"
#include "harness.h"
#include "mdev.h"
#include "memory.h"
#include "vm.h"

#define VA 0x400000000000ULL
#define PAGES 4
#define SIZE (PAGES * GUEST_PAGE)
#define PASID 5

FIXTURE(dma)
{
	char uuid[MDEV_UUID_SIZE];
	struct vm vm;
};

FIXTURE_SETUP(dma)
{
	harness_begin(_metadata);
	mdev_uuid(1, self->uuid);
	mdev_create(2, self->uuid);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(self->uuid));
}

FIXTURE_TEARDOWN(dma)
{
	vm_cleanup(&self->vm);
	/* Closing has returned everything. */
	mdev_expect_idle();
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F(dma, goes_through_nested_tables)
{
	struct vm *vm = &self->vm;
	struct vaccel_queue q;
	struct vm_process p;

	vm_process_init(&p, vm);
	vm_process_attach(&p, vm, PASID);
	vaccel_queue_open(&q, &vm->a, 0, &p.s, PASID);
	vm_expect_dma(&q, &p.s);
	vaccel_queue_disable(&q);
	vfio_detach_pasid(&vm->a.v, PASID);
}

/* Without PASID the device's addresses are the guest's physical ones. */
TEST_F(dma, without_pasid)
{
	struct vm *vm = &self->vm;
	u64 src = guest_alloc(&vm->g, SIZE), dst = guest_alloc(&vm->g, SIZE);
	struct svk_desc copy = svk_desc_copy(vaccel_va(dst), vaccel_va(src), SIZE);
	struct vaccel_queue q;

	vfio_attach(&vm->a.v, vm->parent);
	vaccel_queue_init(&q, &vm->a, 1, 0);
	vaccel_queue_enable(&q, 0);
	memory_pattern(guest_at(&vm->g, src), SIZE, 1);
	CHECK_STATUS(vaccel_queue_run(&q, copy), SVK_CPL_OK);
	CHECK_EQ(memory_diff(guest_at(&vm->g, src), guest_at(&vm->g, dst), SIZE), SIZE);
	vaccel_queue_disable(&q);
	CHECK_ERRNO(__vfio_detach(&vm->a.v), 0);
}

TEST_F(dma, faults_at_the_unmapped_page)
{
	struct vm *vm = &self->vm;
	struct svk_desc fill = svk_desc_fill(vaccel_va(VA), 0x1111111111111111, SIZE);
	struct svk_result res;
	struct vaccel_queue q;
	struct vm_process p;
	u64 gpa;

	vm_process_init(&p, vm);
	vm_process_attach(&p, vm, PASID);
	vaccel_queue_open(&q, &vm->a, 0, &p.s, PASID);
	gpa = guest_space_alloc(&p.s, VA, SIZE);
	CHECK_STATUS(vaccel_queue_run(&q, fill), SVK_CPL_OK);
	guest_space_unmap(&p.s, VA + 2 * GUEST_PAGE, GUEST_PAGE);
	iommufd_invalidate(vm->g.iommufd, p.hwpt, VA + 2 * GUEST_PAGE, 1);
	fill.operand = cpu_to_le64(0x2222222222222222);
	res = vaccel_queue_run(&q, fill);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.done, 2 * GUEST_PAGE);
	CHECK_EQ(res.fault_addr, VA + 2 * GUEST_PAGE);
	CHECK_EQ(memory_diff_byte(guest_at(&vm->g, gpa), SIZE, 0x22), 2 * GUEST_PAGE);

	guest_space_unmap(&p.s, VA, GUEST_PAGE);
	iommufd_invalidate(vm->g.iommufd, p.hwpt, 0, ~0ull);
	res = vaccel_queue_run(&q, fill);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, VA);
	CHECK_EQ(vaccel_queue_state(&q), SVK_QSTATE_ENABLED);
	vaccel_queue_disable(&q);
	vfio_detach_pasid(&vm->a.v, PASID);
}

/* Guest and host both count from 1: some of these would meet by luck. */
TEST_F(dma, has_another_pasid_in_hardware)
{
	struct vm *vm = &self->vm;
	const char *uuid = self->uuid;
	struct mdev_map_row row;
	struct vm_process p[8];
	struct vaccel_queue q;
	u32 i, sent;

	for (i = 0; i < ARRAY_SIZE(p); i++) {
		vm_process_init(&p[i], vm);
		vm_process_attach(&p[i], vm, i + 1);
	}
	for (i = 0; i < ARRAY_SIZE(p); i++) {
		REQUIRE(mdev_map_find(uuid, i + 1, &row), "no row of guest PASID %u", i + 1);
		CHECK(row.host_pasid && row.host_pasid != i + 1, "guest PASID %u has host PASID %u",
		      i + 1, row.host_pasid);
		CHECK_EQ(row.hwpt, p[i].hwpt);
		CHECK_EQ(row.queues, 0);
		vaccel_queue_open(&q, &vm->a, 1, &p[i].s, i + 1);
		sent = vaccel_read32(&vm->a, (u32)SVK_LAB_PASID(1));
		CHECK_EQ(sent, row.host_pasid | SVK_QCFG_PASID_VALID);
		CHECK_EQ(vaccel_read32(&vm->a, vaccel_queue_reg(&q, SVK_QCFG_PASID)),
			 (i + 1) | SVK_QCFG_PASID_VALID);
		CHECK(mdev_map_find(uuid, i + 1, &row) && row.queues == SVK_BIT(1),
		      "queues of guest PASID %u: 0x%llx", i + 1, (unsigned long long)row.queues);
		vm_expect_dma(&q, &p[i].s);
		vaccel_queue_disable(&q);
	}
	for (i = 0; i < ARRAY_SIZE(p); i++)
		vfio_detach_pasid(&vm->a.v, i + 1);
}

TEST_F(dma, of_two_pasids_reaches_two_pages)
{
	struct vm *vm = &self->vm;
	struct vaccel_queue q[2];
	struct vm_process p[2];
	u64 gpa[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		vm_process_init(&p[i], vm);
		vm_process_attach(&p[i], vm, 100 + i);
		gpa[i] = guest_space_alloc(&p[i].s, VA, SIZE);
		vaccel_queue_open(&q[i], &vm->a, i, &p[i].s, 100 + i);
	}
	for (i = 0; i < 2; i++) {
		struct svk_desc fill = svk_desc_fill(vaccel_va(VA), ~0ull, SIZE);

		CHECK_STATUS(vaccel_queue_run(&q[i], fill), SVK_CPL_OK);
		CHECK_EQ(memory_diff_byte(guest_at(&vm->g, gpa[i]), SIZE, 0xff), SIZE);
		CHECK_EQ(memory_diff_byte(guest_at(&vm->g, gpa[1]), SIZE, i ? 0xff : 0), SIZE);
	}
}

HARNESS_MAIN(mdev_lend)
