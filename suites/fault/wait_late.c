// SPDX-License-Identifier: GPL-2.0
/*
 * The unit completes an invalidation wait late. munmap() waits for it, and the
 * others work meanwhile.
 */
#include <stdint.h>

#include "clock.h"
#include "fault.h"
#include "ktap.h"
#include "memory.h"

#define PATTERN 0x3f3f3f3f3f3f3f3fULL
#define LATE_US 50000

int main(void)
{
	static struct fault_scene s;
	struct svk_result res;
	u64 start, took;
	u8 *target;

	fault_begin(&s, 1);
	target = memory_map(FAULT_SIZE);
	ktap_case("munmap_waits");
	CHECK_STATUS(svk_queue_run(&s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE)), SVK_CPL_OK);
	fault_arm(&s, fault_rule(SVK_INJECT_WAIT_LATE, LATE_US));
	start = clock_us();
	memory_unmap(target, FAULT_SIZE);
	took = clock_us() - start;
	CHECK_EQ(fault_struck(&s), 1);
	CHECK(took >= LATE_US, "munmap returned after %llu us, before the wait completed",
	      (unsigned long long)took);
	CHECK_EQ(fault_stale(), 0);
	fault_note(&s, "munmap took %llu us", (unsigned long long)took);
	res = svk_queue_run(&s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target);
	return fault_end(&s);
}
