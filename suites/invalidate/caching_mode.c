// SPDX-License-Identifier: GPL-2.0
/*
 * What was not present and is now needs an invalidation only if the unit may
 * have cached that it was not: with CAP.CM, and of a second stage alone (6.1). A
 * process that gets memory sends none in any case; a VMM that maps more of its
 * guest's memory sends one with CAP.CM, as a unit has it that is itself virtual,
 * and none without.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "oracle.h"
#include "qi_trace.h"

#define SIZE 0x4000
#define PATTERN 0x3434343434343434ULL

FIXTURE(caching_mode)
{
	struct svk_queue q;
	u32 pasid;
	struct qi_desc desc[QI_TRACE_MAX];
};

FIXTURE_SETUP(caching_mode)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
	self->pasid = svk_queue_info(&self->q).pasid;
}

FIXTURE_TEARDOWN(caching_mode)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(caching_mode, first_stage_needs_none)
{
	u8 *target = memory_untouched(SIZE);
	unsigned int i, n;

	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_fill(target, PATTERN, SIZE)),
		     SVK_CPL_FAULT_WRITE);
	qi_trace_begin();
	memory_populate(target, SIZE);
	n = qi_trace_end(self->desc);
	for (i = 0; i < n; i++) {
		if (!qi_is(&self->desc[i], VTD_DESC_PIOTLB, self->pasid) ||
		    !qi_covers(&self->desc[i], target, SIZE))
			continue;
		CHECK(false, "an invalidation of what was not present");
		qi_show(&self->desc[i]);
	}
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_fill(target, PATTERN, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(target, SIZE, PATTERN & 0xff), SIZE);
}

static void require(void)
{
	oracle_require();
	qi_trace_require();
}

HARNESS_MAIN(require)
