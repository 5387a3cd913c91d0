// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM takes memory away from its guest while devices reach it through nested tables. What unit
 * and device have cached of both stages together is gone when the call returns, at every PASID;
 * since nobody knows which guest addresses lead to the memory, all of the device-TLB goes. Guards
 * "iommu/vt-d: Add missing iotlb flush for parent domain" (821985301124), "Add missing device iotlb
 * flush for parent domain" (5e54e861f16f), "Fix qi_batch NULL pointer with nested parent domain".
 * suites/mdev has the same for mediated devices.
 */
#include <string.h>

#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define VA 0x400000000000ULL
#define KEPT_VA 0x410000000000ULL
#define GPA (4ULL << 30) /* behind all other memory */
#define SIZE (4 * GUEST_PAGE)
#define PROCESSES 3

FIXTURE(second_stage_unmap)
{
	struct vm vm;
	struct vm_process p[PROCESSES];
	struct vaccel_queue q[PROCESSES];
	u8 *mem; /* at GPA, which each process has at an address of its own */
};

static u64 va_of(unsigned int i)
{
	return VA + i * (1ULL << 30);
}

static struct svk_result fill(FIXTURE_DATA(second_stage_unmap) *t, unsigned int i, u64 va)
{
	return vaccel_queue_run(&t->q[i], svk_desc_fill(vaccel_va(va), ~0ull, SIZE));
}

FIXTURE_SETUP(second_stage_unmap)
{
	unsigned int i;

	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	self->mem = memory_map_shared(SIZE);
	iommufd_map(self->vm.g.iommufd, self->vm.g.ioas, self->mem, GPA, SIZE);
	for (i = 0; i < PROCESSES; i++) {
		vm_process_init(&self->p[i], &self->vm);
		vm_process_attach(&self->p[i], &self->vm, PASID + i);
		vaccel_queue_open(&self->q[i], &self->vm.a, i, &self->p[i].s, PASID + i);
		guest_space_map(&self->p[i].s, va_of(i), GPA, SIZE);
		guest_space_alloc(&self->p[i].s, KEPT_VA, SIZE);
		REQUIRE_STATUS(fill(self, i, va_of(i)), SVK_CPL_OK);
		REQUIRE_STATUS(fill(self, i, KEPT_VA), SVK_CPL_OK);
	}
}

FIXTURE_TEARDOWN(second_stage_unmap)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

static u64 counter(const FIXTURE_DATA(second_stage_unmap) *t, enum svk_lab_counter which)
{
	return vaccel_counter(&t->vm.a, which);
}

TEST_F(second_stage_unmap, stops_the_device_at_every_pasid)
{
	unsigned int i;

	iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, GPA, SIZE);
	memset(self->mem, 0, SIZE);
	for (i = 0; i < PROCESSES; i++) {
		struct svk_result res = fill(self, i, va_of(i));

		CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
		CHECK_EQ(res.fault_addr, va_of(i));
		CHECK_STATUS(fill(self, i, KEPT_VA), SVK_CPL_OK);
	}
	CHECK_EQ(memory_diff_byte(self->mem, SIZE, 0), SIZE);
}

/* What was cached of other addresses is gone from the device, too. */
TEST_F(second_stage_unmap, all_of_the_device_tlb_goes)
{
	u64 missed, descriptors = counter(self, SVK_LAB_QI_PDEVTLB);
	unsigned int i;

	/* It is cached: the device asks for nothing. */
	missed = counter(self, SVK_LAB_ATC_MISS);
	for (i = 0; i < PROCESSES; i++)
		CHECK_STATUS(fill(self, i, KEPT_VA), SVK_CPL_OK);
	CHECK_EQ(counter(self, SVK_LAB_ATC_MISS), missed);

	iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, GPA, SIZE);
	CHECK(counter(self, SVK_LAB_QI_PDEVTLB) - descriptors >= PROCESSES,
	      "%llu device-TLB invalidations for %d PASIDs",
	      (unsigned long long)(counter(self, SVK_LAB_QI_PDEVTLB) - descriptors), PROCESSES);
	for (i = 0; i < PROCESSES; i++) {
		missed = counter(self, SVK_LAB_ATC_MISS);
		CHECK_STATUS(fill(self, i, KEPT_VA), SVK_CPL_OK);
		CHECK(counter(self, SVK_LAB_ATC_MISS) - missed >= SIZE / GUEST_PAGE,
		      "PASID %u: the device still knows what was mapped", PASID + i);
	}
}

/* Other memory in its place. */
TEST_F(second_stage_unmap, what_comes_next_is_reached)
{
	u8 *other = memory_map_shared(SIZE);
	unsigned int i;

	iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, GPA, SIZE);
	iommufd_map(self->vm.g.iommufd, self->vm.g.ioas, other, GPA, SIZE);
	memset(self->mem, 0, SIZE);
	for (i = 0; i < PROCESSES; i++) {
		memset(other, 0, SIZE);
		CHECK_STATUS(fill(self, i, va_of(i)), SVK_CPL_OK);
		CHECK_EQ(memory_diff_byte(other, SIZE, 0xff), SIZE);
	}
	CHECK_EQ(memory_diff_byte(self->mem, SIZE, 0), SIZE);
}

/* A table that is attached nowhere any more is no reason for anything, nor trips over it. */
TEST_F(second_stage_unmap, detached_tables_are_left_out)
{
	u64 descriptors;

	vaccel_queue_disable(&self->q[0]);
	vaccel_queue_disable(&self->q[1]);
	vaccel_queue_disable(&self->q[2]);
	vfio_detach_pasid(&self->vm.a.v, PASID);
	vfio_detach_pasid(&self->vm.a.v, PASID + 1);
	iommufd_destroy(self->vm.g.iommufd, self->p[1].hwpt);
	vfio_detach_pasid(&self->vm.a.v, PASID + 2);
	descriptors = counter(self, SVK_LAB_QI_PDEVTLB);
	iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, GPA, SIZE);
	CHECK_EQ(counter(self, SVK_LAB_QI_PDEVTLB), descriptors);
}

HARNESS_MAIN(pf_lend)
