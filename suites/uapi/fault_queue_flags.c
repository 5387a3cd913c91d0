// SPDX-License-Identifier: GPL-2.0
/*
 * A fault has the flags that include/uapi/linux/iommufd.h knows, and no other:
 * a VMM that looks at an unknown bit, or hands it on, relies on nothing.
 */
#include "fault_queue.h"
#include "ktap.h"
#include "memory.h"
#include "pf.h"

#define KNOWN (IOMMUFD_FAULT_PASID | IOMMUFD_FAULT_LAST)
/* include/linux/iommu.h, IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID: of the kernel alone. */
#define NEEDS_PASID 0x4

/* For a child, and what it has seen. */
struct look {
	const char *bdf;
	u32 flags;
};

static void vm_main(struct process *parent, void *arg)
{
	struct look *look = arg;
	struct iommufd_fault fault;
	struct fault_scene s;
	u32 ticket;

	(void)parent;
	fault_scene_init(&s, look->bdf);
	ticket = fault_scene_submit(&s, FAULT_VA, 1);
	fault = fault_queue_take(&s.f);
	look->flags = fault.flags;
	fault_queue_answer(&s.f, fault.cookie, IOMMUFD_RESP_INVALID);
	CHECK_STATUS(vaccel_queue_wait(&s.q, ticket), SVK_CPL_FAULT_WRITE);
	fault_scene_cleanup(&s, 0);
}

int main(void)
{
	const char *bdf = pf_require();
	struct look *look = memory_map_shared(sizeof(*look));

	ktap_start(1);
	ktap_case("no_unknown_flag");
	look->bdf = bdf;
	pf_run(bdf, vm_main, look);
	CHECK_EQ(look->flags & KNOWN, KNOWN);
	if ((look->flags & ~KNOWN) == NEEDS_PASID)
		ktap_xfail_case("Linux shows its internal bit 2: docs/findings.md");
	else
		CHECK_EQ(look->flags & ~KNOWN, 0);
	return ktap_finish();
}
