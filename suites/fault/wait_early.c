// SPDX-License-Identifier: GPL-2.0
/*
 * The unit completes an invalidation wait before what was queued ahead of it.
 * No kernel can know: munmap() returns, and for a moment the device can still
 * reach the pages. All that is asked of the kernel is that nothing of it lasts:
 * when the invalidations have been executed after all, nothing is stale. Here that
 * is when the next wait completes.
 */
#include <stdint.h>

#include "fault.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"

#define PATTERN 0x5f5f5f5f5f5f5f5fULL

FIXTURE(early_wait)
{
	struct fault_scene s;
};

FIXTURE_SETUP(early_wait)
{
	harness_begin(_metadata);
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(early_wait)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(early_wait, leaves_nothing_stale)
{
	struct svk_result res;
	u64 stale;
	u8 *target, *other;

	target = memory_map(FAULT_SIZE);
	other = memory_map(memory_page());
	CHECK_STATUS(svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE)),
		     SVK_CPL_OK);
	oracle_pause();
	fault_arm(&self->s, fault_rule(SVK_INJECT_WAIT_EARLY, 0));
	memory_unmap(target, FAULT_SIZE);
	stale = fault_stale();
	CHECK_EQ(fault_struck(&self->s), 1);
	CHECK(stale || !fault_has_oracle(), "the wait did not overtake anything");
	/* The next wait finds the invalidations that the first one has overtaken executed. */
	memory_unmap(other, memory_page());
	CHECK_EQ(fault_stale(), 0);
	oracle_resume();
	fault_note(&self->s, "%llu entries were stale when munmap returned",
		   (unsigned long long)stale);
	res = svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target);
}

HARNESS_MAIN(fault_require)
