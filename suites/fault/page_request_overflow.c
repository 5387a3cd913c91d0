// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests find the unit's queue full, and are lost. The kernel clears the
 * overflow, the device asks again, and all pages are brought.
 */
#include "fault.h"
#include "harness.h"
#include "memory.h"

#define PATTERN 0x7272727272727272ULL
#define OVERFLOWS 3

FIXTURE(page_request)
{
	struct fault_scene s;
};

FIXTURE_SETUP(page_request)
{
	harness_begin(_metadata);
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(page_request)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(page_request, lost_is_sent_again)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_PRQ_OVERFLOW, 0);
	struct svk_desc desc;
	u8 *target;

	target = memory_untouched(FAULT_SIZE);
	desc = svk_desc_fill(target, PATTERN, FAULT_SIZE);
	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	rule.skip = 1;
	rule.count = OVERFLOWS;
	fault_arm(&self->s, rule);
	CHECK_STATUS(svk_queue_run(&self->s.q, desc), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(target, FAULT_SIZE, PATTERN & 0xff), FAULT_SIZE);
	CHECK_EQ(fault_struck(&self->s), OVERFLOWS);
	fault_expect_logged("PRQ overflow detected");
	fault_expect_logged("PRQ overflow cleared");
	fault_note(&self->s, "overflow detected and cleared, logged %u times",
		   fault_logged("PRQ overflow cleared"));
}

HARNESS_MAIN(fault_require)
