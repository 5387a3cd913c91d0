// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM maps more of its guest's memory, into a second stage that a device uses
 * by itself and below nested tables: with caching mode (CAP.CM) the unit may have
 * cached that nothing was there, and is told; without, an invalidation would be
 * for nothing, and none is sent (6.1). What is unmapped again is always told.
 *
 * Would have caught a cache_tag_flush_range_np() that forgets the tags below
 * nested tables, or does not ask for CAP.CM.
 */
#include <string.h>

#include <svakit/vtd_regs.h>

#include "counts.h"
#include "iommufd.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define PATTERN 0x3434343434343434ULL
#define TARGET_IOVA (4ULL << 30)
#define TARGET_VA 0x400000000000ULL

FIXTURE(second_stage)
{
	struct vm vm;
	struct vm_process p;
	struct vaccel_queue plain; /* without PASID */
	struct vaccel_queue nested;
	bool caching_mode;
	u8 *target;
};

static u64 invalidations(void)
{
	return counts_read(SVK_LAB_QI_IOTLB) + counts_read(SVK_LAB_QI_PIOTLB) +
	       counts_read(SVK_LAB_QI_DEVTLB) + counts_read(SVK_LAB_QI_PDEVTLB);
}

static struct svk_result fill(struct vaccel_queue *q, u64 addr)
{
	return vaccel_queue_run(q, svk_desc_fill(vaccel_va(addr), PATTERN, GUEST_PAGE));
}

static void not_present_is_refused(FIXTURE_DATA(second_stage) *self)
{
	harness_step("not_present_is_refused");
	CHECK_STATUS(fill(&self->plain, TARGET_IOVA), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(fill(&self->nested, TARGET_VA), SVK_CPL_FAULT_WRITE);
}

static void mapping_is_told_if_it_has_to_be(FIXTURE_DATA(second_stage) *self)
{
	u64 iotlb = counts_read(SVK_LAB_QI_IOTLB), all = invalidations();

	harness_step("mapping_is_told_if_it_has_to_be");
	iommufd_map(self->vm.g.iommufd, self->vm.g.ioas, self->target, TARGET_IOVA, GUEST_PAGE);
	iotlb = counts_read(SVK_LAB_QI_IOTLB) - iotlb;
	all = invalidations() - all;
	ktap_note("caching_mode", "%d: %llu invalidations", self->caching_mode,
		  (unsigned long long)all);
	/* A domain-id of its own for each: that of the device, and that below the nested table. */
	CHECK_EQ(iotlb, self->caching_mode ? 2 : 0);
	CHECK_EQ(all, iotlb);
}

static void present_is_reached(FIXTURE_DATA(second_stage) *self)
{
	harness_step("present_is_reached");
	CHECK_STATUS(fill(&self->plain, TARGET_IOVA), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->target, GUEST_PAGE, PATTERN & 0xff), GUEST_PAGE);
	memset(self->target, 0, GUEST_PAGE);
	CHECK_STATUS(fill(&self->nested, TARGET_VA), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->target, GUEST_PAGE, PATTERN & 0xff), GUEST_PAGE);
}

static void first_stage_is_not_told(FIXTURE_DATA(second_stage) *self)
{
	u64 all = invalidations();

	harness_step("first_stage_is_not_told");
	guest_space_map(&self->p.s, TARGET_VA + GUEST_PAGE, TARGET_IOVA, GUEST_PAGE);
	CHECK_STATUS(fill(&self->nested, TARGET_VA + GUEST_PAGE), SVK_CPL_OK);
	CHECK_EQ(invalidations() - all, 0);
}

static void unmapping_is_always_told(FIXTURE_DATA(second_stage) *self)
{
	u64 iotlb = counts_read(SVK_LAB_QI_IOTLB);

	harness_step("unmapping_is_always_told");
	iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, TARGET_IOVA, GUEST_PAGE);
	CHECK_EQ(counts_read(SVK_LAB_QI_IOTLB) - iotlb, 2);
	CHECK_STATUS(fill(&self->plain, TARGET_IOVA), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(fill(&self->nested, TARGET_VA), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(fill(&self->nested, TARGET_VA + GUEST_PAGE), SVK_CPL_FAULT_WRITE);
}

FIXTURE_SETUP(second_stage)
{
	struct iommufd_vtd_info info;

	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	REQUIRE_ERRNO(__iommufd_vtd_info(self->vm.g.iommufd, self->vm.a.v.dev, &info), 0);
	self->caching_mode = info.cap & VTD_CAP_CM;
	self->target = memory_map_shared(GUEST_PAGE);
	vfio_attach(&self->vm.a.v, self->vm.parent);
	vm_process_init(&self->p, &self->vm);
	guest_space_map(&self->p.s, TARGET_VA, TARGET_IOVA, GUEST_PAGE);
	vm_process_attach(&self->p, &self->vm, PASID);
	vaccel_queue_init(&self->plain, &self->vm.a, 0, 0);
	vaccel_queue_enable(&self->plain, 0);
	vaccel_queue_open(&self->nested, &self->vm.a, 1, &self->p.s,
			  PASID | (u32)SVK_QCFG_PASID_VALID);
}

FIXTURE_TEARDOWN(second_stage)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

TEST_F(second_stage, is_told_of_what_it_has_to_be)
{
	not_present_is_refused(self);
	mapping_is_told_if_it_has_to_be(self);
	present_is_reached(self);
	first_stage_is_not_told(self);
	unmapping_is_always_told(self);
}

static void require(void)
{
	oracle_require();
	pf_lend();
}

HARNESS_MAIN(require)
