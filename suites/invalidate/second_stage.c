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
#include "ktap.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define PATTERN 0x3434343434343434ULL
#define TARGET_IOVA (4ULL << 30)
#define TARGET_VA 0x400000000000ULL

static struct {
	struct vm vm;
	struct vm_process p;
	struct vaccel_queue plain; /* without PASID */
	struct vaccel_queue nested;
	bool caching_mode;
	u8 *target;
} t;

static u64 invalidations(void)
{
	return counts_read(SVK_LAB_QI_IOTLB) + counts_read(SVK_LAB_QI_PIOTLB) +
	       counts_read(SVK_LAB_QI_DEVTLB) + counts_read(SVK_LAB_QI_PDEVTLB);
}

static struct svk_result fill(struct vaccel_queue *q, u64 addr)
{
	return vaccel_queue_run(q, svk_desc_fill(vaccel_va(addr), PATTERN, GUEST_PAGE));
}

static void not_present_is_refused(void)
{
	ktap_case("not_present_is_refused");
	CHECK_STATUS(fill(&t.plain, TARGET_IOVA), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(fill(&t.nested, TARGET_VA), SVK_CPL_FAULT_WRITE);
}

static void mapping_is_told_if_it_has_to_be(void)
{
	u64 iotlb = counts_read(SVK_LAB_QI_IOTLB), all = invalidations();

	ktap_case("mapping_is_told_if_it_has_to_be");
	iommufd_map(t.vm.g.iommufd, t.vm.g.ioas, t.target, TARGET_IOVA, GUEST_PAGE);
	iotlb = counts_read(SVK_LAB_QI_IOTLB) - iotlb;
	all = invalidations() - all;
	ktap_note("caching_mode", "%d: %llu invalidations", t.caching_mode,
		  (unsigned long long)all);
	/* A domain-id of its own for each: that of the device, and that below the nested table. */
	CHECK_EQ(iotlb, t.caching_mode ? 2 : 0);
	CHECK_EQ(all, iotlb);
}

static void present_is_reached(void)
{
	ktap_case("present_is_reached");
	CHECK_STATUS(fill(&t.plain, TARGET_IOVA), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(t.target, GUEST_PAGE, PATTERN & 0xff), GUEST_PAGE);
	memset(t.target, 0, GUEST_PAGE);
	CHECK_STATUS(fill(&t.nested, TARGET_VA), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(t.target, GUEST_PAGE, PATTERN & 0xff), GUEST_PAGE);
}

static void first_stage_is_not_told(void)
{
	u64 all = invalidations();

	ktap_case("first_stage_is_not_told");
	guest_space_map(&t.p.s, TARGET_VA + GUEST_PAGE, TARGET_IOVA, GUEST_PAGE);
	CHECK_STATUS(fill(&t.nested, TARGET_VA + GUEST_PAGE), SVK_CPL_OK);
	CHECK_EQ(invalidations() - all, 0);
}

static void unmapping_is_always_told(void)
{
	u64 iotlb = counts_read(SVK_LAB_QI_IOTLB);

	ktap_case("unmapping_is_always_told");
	iommufd_unmap(t.vm.g.iommufd, t.vm.g.ioas, TARGET_IOVA, GUEST_PAGE);
	CHECK_EQ(counts_read(SVK_LAB_QI_IOTLB) - iotlb, 2);
	CHECK_STATUS(fill(&t.plain, TARGET_IOVA), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(fill(&t.nested, TARGET_VA), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(fill(&t.nested, TARGET_VA + GUEST_PAGE), SVK_CPL_FAULT_WRITE);
}

static int test(void)
{
	struct iommufd_vtd_info info;

	ktap_start(5);
	vm_init(&t.vm, VM_RAM, __vfio_open_pci(pf_given()));
	REQUIRE_ERRNO(__iommufd_vtd_info(t.vm.g.iommufd, t.vm.a.v.dev, &info), 0);
	t.caching_mode = info.cap & VTD_CAP_CM;
	t.target = memory_map_shared(GUEST_PAGE);
	vfio_attach(&t.vm.a.v, t.vm.parent);
	vm_process_init(&t.p, &t.vm);
	guest_space_map(&t.p.s, TARGET_VA, TARGET_IOVA, GUEST_PAGE);
	vm_process_attach(&t.p, &t.vm, PASID);
	vaccel_queue_init(&t.plain, &t.vm.a, 0, 0);
	vaccel_queue_enable(&t.plain, 0);
	vaccel_queue_open(&t.nested, &t.vm.a, 1, &t.p.s, PASID | (u32)SVK_QCFG_PASID_VALID);

	not_present_is_refused();
	mapping_is_told_if_it_has_to_be();
	present_is_reached();
	first_stage_is_not_told();
	unmapping_is_always_told();
	vm_cleanup(&t.vm);
	return ktap_finish();
}

int main(void)
{
	oracle_require();
	return pf_test(test);
}
