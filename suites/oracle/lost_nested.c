// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle sees a lost invalidation of what a device reaches through nested
 * tables, as a VMM sends it for its guest: of the first stage, of the second
 * stage below it, and of the whole when the PASID is detached. As
 * lost_invalidation, in L1 alone.
 */
#include <string.h>

#include "iommufd.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"
#include "vm.h"

#include <svakit/vtd_regs.h>

#define PASID 77
#define PATTERN 0x5a5a5a5a5a5a5a5aULL
#define TARGET_VA 0x400000000000ULL
#define TARGET_GPA (4ULL << 30)
/* The ring, and the records. */
#define QUEUE_PAGES 2
#define USED (QUEUE_PAGES + 1)

FIXTURE(lost)
{
	struct vm vm;
	struct vm_process p;
	struct vaccel_queue q;
	u8 *target; /* stays in this process: what is written by mistake hits nobody else */
};

static struct svk_result fill_target(FIXTURE_DATA(lost) *self)
{
	return vaccel_queue_run(&self->q, svk_desc_fill(vaccel_va(TARGET_VA), PATTERN, GUEST_PAGE));
}

/* The tables refuse it, and the device writes all the same. */
static void expect_reached(FIXTURE_DATA(lost) *self)
{
	CHECK_STATUS(fill_target(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->target, GUEST_PAGE, PATTERN & 0xff), GUEST_PAGE);
}

/* One page has been used, and is in every cache. */
static void begin(FIXTURE_DATA(lost) *self)
{
	self->target = memory_map_shared(GUEST_PAGE);
	iommufd_map(self->vm.g.iommufd, self->vm.g.ioas, self->target, TARGET_GPA, GUEST_PAGE);
	guest_space_map(&self->p.s, TARGET_VA, TARGET_GPA, GUEST_PAGE);
	vm_process_attach(&self->p, &self->vm, PASID);
	vaccel_queue_enable(&self->q, PASID | (u32)SVK_QCFG_PASID_VALID);
	REQUIRE_STATUS(fill_target(self), SVK_CPL_OK);
	memset(self->target, 0, GUEST_PAGE);
}

static void end(FIXTURE_DATA(lost) *self, enum svk_cache lost, struct oracle_stale want)
{
	oracle_lose_expect(lost, want);
	oracle_lose_end();
	vaccel_queue_disable(&self->q);
	vfio_detach_pasid(&self->vm.a.v, PASID);
}

/* Undo begin(); the table is attached to nothing. */
static void drop_target(FIXTURE_DATA(lost) *self)
{
	guest_space_unmap(&self->p.s, TARGET_VA, GUEST_PAGE);
	oracle_invalidated();
	__iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, TARGET_GPA, GUEST_PAGE);
	memory_unmap(self->target, GUEST_PAGE);
}

/* @pages: ~0: everything of the table is invalidated, not the page alone. */
static void lost_of_first_stage(FIXTURE_DATA(lost) *self, unsigned int type, u64 pages, bool iotlb)
{
	begin(self);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	guest_space_unmap(&self->p.s, TARGET_VA, GUEST_PAGE);
	iommufd_invalidate(self->vm.g.iommufd, self->p.hwpt, pages == 1 ? TARGET_VA : 0, pages);
	expect_reached(self);
	end(self, iotlb ? SVK_CACHE_IOTLB : SVK_CACHE_DEVTLB,
	    (struct oracle_stale){.of = {[SVK_CACHE_IOTLB] = iotlb, [SVK_CACHE_DEVTLB] = 1}});
	drop_target(self);
}

static void lost_of_second_stage(FIXTURE_DATA(lost) *self, unsigned int type, bool iotlb)
{
	begin(self);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, TARGET_GPA, GUEST_PAGE);
	expect_reached(self);
	end(self, iotlb ? SVK_CACHE_IOTLB : SVK_CACHE_DEVTLB,
	    (struct oracle_stale){.of = {[SVK_CACHE_IOTLB] = iotlb, [SVK_CACHE_DEVTLB] = 1}});
	drop_target(self);
}

/* What is left, @want, is enough for the device, but for entries of the IOTLB alone. */
static void lost_on_detach(FIXTURE_DATA(lost) *self, unsigned int type, enum svk_cache lost,
			   struct oracle_stale want)
{
	begin(self);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	vfio_detach_pasid(&self->vm.a.v, PASID);
	if (lost != SVK_CACHE_IOTLB)
		expect_reached(self);
	end(self, lost, want);
	drop_target(self);
}

FIXTURE_SETUP(lost)
{
	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	vm_process_init(&self->p, &self->vm);
	vaccel_queue_init(&self->q, &self->vm.a, 0, VACCEL_RING_VA(0));
	guest_space_map(&self->p.s, self->q.va, self->q.gpa, VACCEL_RING_SIZE);
}

FIXTURE_TEARDOWN(lost)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

/* The device-TLB has been invalidated, and has filled itself from the IOTLB again. */
TEST_F(lost, iotlb_page)
{
	lost_of_first_stage(self, VTD_DESC_PIOTLB, 1, true);
}

TEST_F(lost, iotlb_pasid)
{
	lost_of_first_stage(self, VTD_DESC_PIOTLB, ~0ULL, true);
}

TEST_F(lost, device_tlb_pasid)
{
	lost_of_first_stage(self, VTD_DESC_PDEVTLB, ~0ULL, false);
}

TEST_F(lost, second_stage_iotlb)
{
	lost_of_second_stage(self, VTD_DESC_IOTLB, true);
}

TEST_F(lost, second_stage_device_tlb)
{
	lost_of_second_stage(self, VTD_DESC_PDEVTLB, false);
}

TEST_F(lost, iotlb_domain)
{
	lost_on_detach(self, VTD_DESC_IOTLB, SVK_CACHE_IOTLB,
		       (struct oracle_stale){.of = {[SVK_CACHE_IOTLB] = USED}});
}

TEST_F(lost, device_tlb_on_detach)
{
	lost_on_detach(self, VTD_DESC_PDEVTLB, SVK_CACHE_DEVTLB,
		       (struct oracle_stale){.of = {[SVK_CACHE_DEVTLB] = USED}});
}

/* From the PASID entry everything is filled again. */
TEST_F(lost, pasid_cache)
{
	lost_on_detach(self, VTD_DESC_PC, SVK_CACHE_PASID,
		       (struct oracle_stale){.of = {[SVK_CACHE_PASID] = 1,
						    [SVK_CACHE_IOTLB] = USED,
						    [SVK_CACHE_DEVTLB] = USED}});
}

static void require(void)
{
	oracle_require();
	pf_lend();
}

HARNESS_MAIN(require)
