// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle sees a lost invalidation of what a device reaches through nested
 * tables, as a VMM sends it for its guest: of the first stage, of the second
 * stage below it, and of the whole when the PASID is detached. As
 * lost_invalidation, in L1 alone.
 */
#include <string.h>

#include "iommufd.h"
#include "ktap.h"
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

static struct {
	struct vm vm;
	struct vm_process p;
	struct vaccel_queue q;
	u8 *target; /* stays in this process: what is written by mistake hits nobody else */
} t;

static struct svk_result fill_target(void)
{
	return vaccel_queue_run(&t.q, svk_desc_fill(vaccel_va(TARGET_VA), PATTERN, GUEST_PAGE));
}

/* The tables refuse it, and the device writes all the same. */
static void expect_reached(void)
{
	CHECK_STATUS(fill_target(), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(t.target, GUEST_PAGE, PATTERN & 0xff), GUEST_PAGE);
}

/* One page has been used, and is in every cache. */
static void begin(const char *name)
{
	ktap_case(name);
	t.target = memory_map_shared(GUEST_PAGE);
	iommufd_map(t.vm.g.iommufd, t.vm.g.ioas, t.target, TARGET_GPA, GUEST_PAGE);
	guest_space_map(&t.p.s, TARGET_VA, TARGET_GPA, GUEST_PAGE);
	vm_process_attach(&t.p, &t.vm, PASID);
	vaccel_queue_enable(&t.q, PASID | (u32)SVK_QCFG_PASID_VALID);
	REQUIRE_STATUS(fill_target(), SVK_CPL_OK);
	memset(t.target, 0, GUEST_PAGE);
}

static void end(enum svk_cache lost, struct oracle_stale want)
{
	oracle_lose_expect(lost, want);
	oracle_lose_end();
	vaccel_queue_disable(&t.q);
	vfio_detach_pasid(&t.vm.a.v, PASID);
}

/* Undo begin(); the table is attached to nothing. */
static void drop_target(void)
{
	guest_space_unmap(&t.p.s, TARGET_VA, GUEST_PAGE);
	oracle_invalidated();
	__iommufd_unmap(t.vm.g.iommufd, t.vm.g.ioas, TARGET_GPA, GUEST_PAGE);
	memory_unmap(t.target, GUEST_PAGE);
}

/* @pages: ~0: everything of the table is invalidated, not the page alone. */
static void lost_of_first_stage(const char *name, unsigned int type, u64 pages, bool iotlb)
{
	begin(name);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	guest_space_unmap(&t.p.s, TARGET_VA, GUEST_PAGE);
	iommufd_invalidate(t.vm.g.iommufd, t.p.hwpt, pages == 1 ? TARGET_VA : 0, pages);
	expect_reached();
	end(iotlb ? SVK_CACHE_IOTLB : SVK_CACHE_DEVTLB,
	    (struct oracle_stale){.of = {[SVK_CACHE_IOTLB] = iotlb, [SVK_CACHE_DEVTLB] = 1}});
	drop_target();
}

static void lost_of_second_stage(const char *name, unsigned int type, bool iotlb)
{
	begin(name);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	iommufd_unmap(t.vm.g.iommufd, t.vm.g.ioas, TARGET_GPA, GUEST_PAGE);
	expect_reached();
	end(iotlb ? SVK_CACHE_IOTLB : SVK_CACHE_DEVTLB,
	    (struct oracle_stale){.of = {[SVK_CACHE_IOTLB] = iotlb, [SVK_CACHE_DEVTLB] = 1}});
	drop_target();
}

/* What is left, @want, is enough for the device, but for entries of the IOTLB alone. */
static void lost_on_detach(const char *name, unsigned int type, enum svk_cache lost,
			   struct oracle_stale want)
{
	begin(name);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	vfio_detach_pasid(&t.vm.a.v, PASID);
	if (lost != SVK_CACHE_IOTLB)
		expect_reached();
	end(lost, want);
	drop_target();
}

static int test(void)
{
	const unsigned int used = QUEUE_PAGES + 1;

	ktap_start(8);
	vm_init(&t.vm, VM_RAM, __vfio_open_pci(pf_given()));
	vm_process_init(&t.p, &t.vm);
	vaccel_queue_init(&t.q, &t.vm.a, 0, VACCEL_RING_VA(0));
	guest_space_map(&t.p.s, t.q.va, t.q.gpa, VACCEL_RING_SIZE);
	/* The device-TLB has been invalidated, and has filled itself from the IOTLB again. */
	lost_of_first_stage("lost_iotlb_page", VTD_DESC_PIOTLB, 1, true);
	lost_of_first_stage("lost_iotlb_pasid", VTD_DESC_PIOTLB, ~0ULL, true);
	lost_of_first_stage("lost_device_tlb_pasid", VTD_DESC_PDEVTLB, ~0ULL, false);
	lost_of_second_stage("lost_second_stage_iotlb", VTD_DESC_IOTLB, true);
	lost_of_second_stage("lost_second_stage_device_tlb", VTD_DESC_PDEVTLB, false);
	lost_on_detach("lost_iotlb_domain", VTD_DESC_IOTLB, SVK_CACHE_IOTLB,
		       (struct oracle_stale){.of = {[SVK_CACHE_IOTLB] = used}});
	lost_on_detach("lost_device_tlb_on_detach", VTD_DESC_PDEVTLB, SVK_CACHE_DEVTLB,
		       (struct oracle_stale){.of = {[SVK_CACHE_DEVTLB] = used}});
	/* From the PASID entry everything is filled again. */
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
