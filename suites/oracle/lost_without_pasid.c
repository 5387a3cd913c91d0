// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle sees a lost invalidation of what a device reaches without a PASID,
 * through a second stage of iommufd: each granularity that unmapping and
 * detaching lead to. As lost_invalidation, in L1 alone.
 */
#include <string.h>

#include "iommufd.h"
#include "ktap.h"
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

static struct {
	struct vm vm;
	struct vaccel_queue q;
	u64 size;
	u8 *target; /* stays in this process: what is written by mistake hits nobody else */
} t;

static struct svk_result fill_target(void)
{
	return vaccel_queue_run(&t.q, svk_desc_fill(vaccel_va(TARGET_IOVA), PATTERN, t.size));
}

/* The tables refuse it, and the device writes all the same. */
static void expect_reached(void)
{
	CHECK_STATUS(fill_target(), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(t.target, t.size, PATTERN & 0xff), t.size);
}

/* @pages have been used, and are in every cache. */
static void begin(const char *name, unsigned int pages)
{
	ktap_case(name);
	t.size = pages * GUEST_PAGE;
	t.target = memory_map_shared(t.size);
	vfio_attach(&t.vm.a.v, t.vm.parent);
	iommufd_map(t.vm.g.iommufd, t.vm.g.ioas, t.target, TARGET_IOVA, t.size);
	vaccel_queue_enable(&t.q, 0);
	REQUIRE_STATUS(fill_target(), SVK_CPL_OK);
	memset(t.target, 0, t.size);
}

static void end(enum svk_cache lost, struct oracle_stale want)
{
	oracle_lose_expect(lost, want);
	oracle_lose_end();
	vaccel_queue_disable(&t.q);
	memory_unmap(t.target, t.size);
}

static void lost_on_unmap(const char *name, unsigned int type, unsigned int pages, bool iotlb)
{
	begin(name, pages);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	iommufd_unmap(t.vm.g.iommufd, t.vm.g.ioas, TARGET_IOVA, t.size);
	expect_reached();
	end(iotlb ? SVK_CACHE_IOTLB : SVK_CACHE_DEVTLB,
	    (struct oracle_stale){
		    .of = {[SVK_CACHE_IOTLB] = iotlb ? pages : 0, [SVK_CACHE_DEVTLB] = pages}});
}

/* What is left, @want, is enough for the device, but for entries of the IOTLB alone. */
static void lost_on_detach(const char *name, unsigned int type, enum svk_cache lost,
			   struct oracle_stale want)
{
	begin(name, 1);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	REQUIRE_ERRNO(__vfio_detach(&t.vm.a.v), 0);
	if (lost != SVK_CACHE_IOTLB)
		expect_reached();
	end(lost, want);
	iommufd_unmap(t.vm.g.iommufd, t.vm.g.ioas, TARGET_IOVA, t.size);
}

static int test(void)
{
	const unsigned int used = QUEUE_PAGES + 1;

	ktap_start(7);
	vm_init(&t.vm, RAM, __vfio_open_pci(pf_given()));
	vaccel_queue_init(&t.q, &t.vm.a, 0, 0);
	/* The device-TLB has been invalidated, and has filled itself from the IOTLB again. */
	lost_on_unmap("lost_iotlb_page", VTD_DESC_IOTLB, 1, true);
	lost_on_unmap("lost_iotlb_range", VTD_DESC_IOTLB, PAGES_MAX, true);
	lost_on_unmap("lost_device_tlb_page", VTD_DESC_DEVTLB, 1, false);
	lost_on_unmap("lost_device_tlb_range", VTD_DESC_DEVTLB, PAGES_MAX, false);
	/* Without its PASID entry nobody looks there, until the domain-id is given again. */
	lost_on_detach("lost_iotlb_domain", VTD_DESC_IOTLB, SVK_CACHE_IOTLB,
		       (struct oracle_stale){.of = {[SVK_CACHE_IOTLB] = used}});
	lost_on_detach("lost_device_tlb_all", VTD_DESC_DEVTLB, SVK_CACHE_DEVTLB,
		       (struct oracle_stale){.of = {[SVK_CACHE_DEVTLB] = used}});
	/* From the entry of requests without PASID everything is filled again. */
	lost_on_detach("lost_pasid_cache", VTD_DESC_PC, SVK_CACHE_PASID,
		       (struct oracle_stale){.of = {[SVK_CACHE_PASID] = 1,
						    [SVK_CACHE_IOTLB] = used,
						    [SVK_CACHE_DEVTLB] = used}});
	vm_cleanup(&t.vm);
	return ktap_finish();
}

int main(void)
{
	oracle_require();
	return pf_test(test);
}
