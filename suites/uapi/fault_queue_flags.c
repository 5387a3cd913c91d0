// SPDX-License-Identifier: GPL-2.0
/*
 * A fault has the flags that include/uapi/linux/iommufd.h knows, and no other:
 * a VMM that looks at an unknown bit, or hands it on, relies on nothing.
 */
#include "fault_queue.h"
#include "harness.h"
#include "pf.h"

#define KNOWN (IOMMUFD_FAULT_PASID | IOMMUFD_FAULT_LAST)
/* include/linux/iommu.h, IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID: of the kernel alone. */
#define NEEDS_PASID 0x4

FIXTURE(fault)
{
	struct fault_scene s;
};

FIXTURE_SETUP(fault)
{
	harness_begin(_metadata);
	fault_scene_init(&self->s, pf_given());
}

FIXTURE_TEARDOWN(fault)
{
	fault_scene_cleanup(&self->s, 0);
	harness_end(_metadata);
}

TEST_F(fault, has_no_unknown_flag)
{
	u32 ticket = fault_scene_submit(&self->s, FAULT_VA, 1);
	struct iommufd_fault fault = fault_queue_take(&self->s.f);

	fault_queue_answer(&self->s.f, fault.cookie, IOMMUFD_RESP_INVALID);
	CHECK_STATUS(vaccel_queue_wait(&self->s.q, ticket), SVK_CPL_FAULT_WRITE);
	CHECK_EQ(fault.flags & KNOWN, KNOWN);
	if ((fault.flags & ~KNOWN) == NEEDS_PASID)
		harness_xfail(_metadata, "Linux shows its internal bit 2: docs/findings.md");
	else
		CHECK_EQ(fault.flags & ~KNOWN, 0);
}

HARNESS_MAIN(pf_lend)
