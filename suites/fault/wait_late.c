// SPDX-License-Identifier: GPL-2.0
/*
 * The unit completes an invalidation wait late. munmap() waits for it, and the
 * others work meanwhile.
 */
#include <stdint.h>

#include "clock.h"
#include "fault.h"
#include "harness.h"
#include "memory.h"

#define PATTERN 0x3f3f3f3f3f3f3f3fULL
#define LATE_US 50000

FIXTURE(late_wait)
{
	struct fault_scene s;
};

FIXTURE_SETUP(late_wait)
{
	harness_begin(_metadata);
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(late_wait)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(late_wait, is_waited_for)
{
	struct svk_result res;
	u64 start, took;
	u8 *target;

	target = memory_map(FAULT_SIZE);
	CHECK_STATUS(svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE)),
		     SVK_CPL_OK);
	fault_arm(&self->s, fault_rule(SVK_INJECT_WAIT_LATE, LATE_US));
	start = clock_us();
	memory_unmap(target, FAULT_SIZE);
	took = clock_us() - start;
	CHECK_EQ(fault_struck(&self->s), 1);
	CHECK(took >= LATE_US, "munmap returned after %llu us, before the wait completed",
	      (unsigned long long)took);
	CHECK_EQ(fault_stale(), 0);
	fault_note(&self->s, "munmap took %llu us", (unsigned long long)took);
	res = svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target);
}

HARNESS_MAIN(fault_require)
