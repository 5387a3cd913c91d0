// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupt that tells of a page request comes late, or not at all. Late, the
 * descriptor waits for it, and that is all. Lost, no other one follows: the unit
 * sends the next only when software has seen to the first (VT-d 7.4.1, PRS.PPR).
 * A kernel that looks at the queue by itself, or when a process closes its
 * device, serves the request; where it does neither, nobody is served until the
 * test clears the bit for it.
 */
#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "clock.h"
#include "fault.h"
#include "fault_unit.h"
#include "ktap.h"
#include "memory.h"

#define PATTERN 0x7171717171717171ULL
#define EVENT (SVK_IRQ_UNIT | svk_put(SVK_IRQ_VECTOR, SVK_IRQ_EVENT_PAGE_REQUEST))
#define LATE_US 50000
/* Far more than a page request takes, and less than a kernel takes a wait for a hang. */
#define PATIENCE_MS 1000

static struct fault_scene s;
static volatile void *unit;

static struct svk_desc blocking_fill(u8 *target)
{
	struct svk_desc desc = svk_desc_fill(target, PATTERN, memory_page());

	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	return desc;
}

static void late(void)
{
	u8 *target = memory_untouched(FAULT_SIZE);
	u64 start, took;

	ktap_case("late_interrupt");
	fault_arm_any(&s, fault_rule(SVK_INJECT_IRQ_LATE, EVENT | svk_put(SVK_IRQ_DELAY, LATE_US)));
	start = clock_us();
	CHECK_STATUS(svk_queue_run(&s.q, blocking_fill(target)), SVK_CPL_OK);
	took = clock_us() - start;
	CHECK(took >= LATE_US, "the request was served after %llu us", (unsigned long long)took);
	CHECK_EQ(memory_diff_byte(target, memory_page(), PATTERN & 0xff), memory_page());
	CHECK_EQ(fault_struck(&s), 1);
	fault_note(&s, "served after %llu us", (unsigned long long)took);
	memory_unmap(target, FAULT_SIZE);
}

static void lost(void)
{
	u8 *target = memory_untouched(FAULT_SIZE);
	u8 *second = target + memory_page();
	const struct svk_cpl *cpl;
	struct svk_result res;
	u32 ticket;

	ktap_case("lost_interrupt");
	fault_arm_any(&s, fault_rule(SVK_INJECT_IRQ_LOST, EVENT));
	ticket = svk_queue_submit(&s.q, blocking_fill(target));
	cpl = &s.q.cpl[ticket % SVK_QUEUE_ENTRIES];
	if (__svk_cpl_wait(cpl, PATIENCE_MS, &res)) {
		CHECK(fault_unit_read(unit, VTD_PRS) & VTD_PRS_PPR,
		      "the kernel has seen the request and not served it");
		/* docs/findings.md */
		ktap_xfail_case("Linux looks at page requests only when it is interrupted");
		fault_unit_clear(unit, VTD_PRS, VTD_PRS_PPR);
		fault_bystander_asks(&s);
	}
	CHECK_STATUS(svk_queue_wait(&s.q, ticket), SVK_CPL_OK);
	CHECK_EQ(fault_struck(&s), 1);
	fault_note(&s, "served after %llu us", (unsigned long long)(clock_us() - s.armed_us));
	CHECK_STATUS(svk_queue_run(&s.q, blocking_fill(second)), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(target, 2 * memory_page(), PATTERN & 0xff), 2 * memory_page());
	memory_unmap(target, FAULT_SIZE);
}

int main(void)
{
	svk_require_root();
	if (!fault_unit_here())
		ktap_skip_all("the remapping unit is not this machine's");
	fault_begin(&s, 2);
	unit = fault_unit_map();
	late();
	lost();
	return fault_end(&s);
}
