// SPDX-License-Identifier: GPL-2.0
/*
 * A PASID belongs to an address space, and comes back with its end: processes one
 * after the other need a few PASIDs, not one each.
 *
 * Would have caught a21518cb23a3 ("iommu/vt-d: Fix PASID leak in intel_svm_unbind_mm()").
 */
#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "process.h"

#define PROCESSES 64
/* The kernel may let go of an address space some time after the process has ended. */
#define AT_ONCE 8

FIXTURE(pasid_comes_back)
{
	u64 lowest, highest; /* that any process had */
};

FIXTURE_SETUP(pasid_comes_back)
{
	harness_begin(_metadata);
	self->lowest = ~0ULL;
	self->highest = 0;
}

FIXTURE_TEARDOWN(pasid_comes_back)
{
	harness_end(_metadata);
}

static void child_main(struct process *parent, void *arg)
{
	struct svk_queue q;

	(void)arg;
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);
	svk_queue_close(&q);
}

TEST_F(pasid_comes_back, processes_share_a_few)
{
	u64 pasid;
	struct process child;
	int i;

	for (i = 0; i < PROCESSES; i++) {
		process_start(&child, child_main, NULL);
		pasid = process_hear(&child);
		process_end(&child);
		self->lowest = pasid < self->lowest ? pasid : self->lowest;
		self->highest = pasid > self->highest ? pasid : self->highest;
	}
	ktap_note("pasids", "%llu %llu", (unsigned long long)self->lowest,
		  (unsigned long long)self->highest);
	CHECK(self->highest - self->lowest < AT_ONCE,
	      "%d processes one after the other had PASIDs from %llu to %llu: "
	      "those of the first did not come back",
	      PROCESSES, (unsigned long long)self->lowest, (unsigned long long)self->highest);
}

HARNESS_MAIN(svk_require)
