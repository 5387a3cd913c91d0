// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle sees a lost invalidation of what a device reaches without a PASID,
 * through a second stage of iommufd: each granularity that unmapping and
 * detaching lead to. As lost_invalidation, in L1 alone.
 */
#include <string.h>

#include "iommufd.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"
#include "vm.h"

#include <svakit/vtd_regs.h>

#define PATTERN 0x5a5a5a5a5a5a5a5aULL
#define TARGET_IOVA (4ULL << 30)
#define PAGES_MAX 4
/* Too little for a large page: each page that the device uses is an entry. */
#define RAM (1ULL << 20)
/* The ring, and the records. */
#define QUEUE_PAGES 2
#define USED (QUEUE_PAGES + 1)

FIXTURE(lost)
{
	struct vm vm;
	struct vaccel_queue q;
	u64 size;
	u8 *target; /* stays in this process: what is written by mistake hits nobody else */
};

static struct svk_result fill_target(FIXTURE_DATA(lost) *self)
{
	return vaccel_queue_run(&self->q,
				svk_desc_fill(vaccel_va(TARGET_IOVA), PATTERN, self->size));
}

/* The tables refuse it, and the device writes all the same. */
static void expect_reached(FIXTURE_DATA(lost) *self)
{
	CHECK_STATUS(fill_target(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->target, self->size, PATTERN & 0xff), self->size);
}

/* @pages have been used, and are in every cache. */
static void begin(FIXTURE_DATA(lost) *self, unsigned int pages)
{
	self->size = pages * GUEST_PAGE;
	self->target = memory_map_shared(self->size);
	vfio_attach(&self->vm.a.v, self->vm.parent);
	iommufd_map(self->vm.g.iommufd, self->vm.g.ioas, self->target, TARGET_IOVA, self->size);
	vaccel_queue_enable(&self->q, 0);
	REQUIRE_STATUS(fill_target(self), SVK_CPL_OK);
	memset(self->target, 0, self->size);
}

static void end(FIXTURE_DATA(lost) *self, enum svk_cache lost, struct oracle_stale want)
{
	oracle_lose_expect(lost, want);
	oracle_lose_end();
	vaccel_queue_disable(&self->q);
	memory_unmap(self->target, self->size);
}

static void lost_on_unmap(FIXTURE_DATA(lost) *self, unsigned int type, unsigned int pages,
			  bool iotlb)
{
	begin(self, pages);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, TARGET_IOVA, self->size);
	expect_reached(self);
	end(self, iotlb ? SVK_CACHE_IOTLB : SVK_CACHE_DEVTLB,
	    (struct oracle_stale){
		    .of = {[SVK_CACHE_IOTLB] = iotlb ? pages : 0, [SVK_CACHE_DEVTLB] = pages}});
}

/* What is left, @want, is enough for the device, but for entries of the IOTLB alone. */
static void lost_on_detach(FIXTURE_DATA(lost) *self, unsigned int type, enum svk_cache lost,
			   struct oracle_stale want)
{
	begin(self, 1);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	REQUIRE_ERRNO(__vfio_detach(&self->vm.a.v), 0);
	if (lost != SVK_CACHE_IOTLB)
		expect_reached(self);
	end(self, lost, want);
	iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, TARGET_IOVA, self->size);
}

FIXTURE_SETUP(lost)
{
	harness_begin(_metadata);
	vm_init(&self->vm, RAM, __vfio_open_pci(pf_given()));
	vaccel_queue_init(&self->q, &self->vm.a, 0, 0);
}

FIXTURE_TEARDOWN(lost)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

/* The device-TLB has been invalidated, and has filled itself from the IOTLB again. */
TEST_F(lost, iotlb_page)
{
	lost_on_unmap(self, VTD_DESC_IOTLB, 1, true);
}

TEST_F(lost, iotlb_range)
{
	lost_on_unmap(self, VTD_DESC_IOTLB, PAGES_MAX, true);
}

TEST_F(lost, device_tlb_page)
{
	lost_on_unmap(self, VTD_DESC_DEVTLB, 1, false);
}

TEST_F(lost, device_tlb_range)
{
	lost_on_unmap(self, VTD_DESC_DEVTLB, PAGES_MAX, false);
}

/* Without its PASID entry nobody looks there, until the domain-id is given again. */
TEST_F(lost, iotlb_domain)
{
	lost_on_detach(self, VTD_DESC_IOTLB, SVK_CACHE_IOTLB,
		       (struct oracle_stale){.of = {[SVK_CACHE_IOTLB] = USED}});
}

TEST_F(lost, device_tlb_all)
{
	lost_on_detach(self, VTD_DESC_DEVTLB, SVK_CACHE_DEVTLB,
		       (struct oracle_stale){.of = {[SVK_CACHE_DEVTLB] = USED}});
}

/* From the entry of requests without PASID everything is filled again. */
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
