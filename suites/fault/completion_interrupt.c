// SPDX-License-Identifier: GPL-2.0
/*
 * A completion interrupt does not come, or comes late. The record is there all
 * the same, for whoever looks; the next interrupt wakes, and no other queue
 * misses one.
 */
#include <poll.h>

#include "clock.h"
#include "fault.h"
#include "ktap.h"

#define LATE_US 50000

static struct fault_scene s;

static bool woken(int timeout_ms)
{
	struct pollfd fd = {.fd = s.q.fd, .events = POLLIN};

	return poll(&fd, 1, timeout_ms) == 1;
}

/* A descriptor with an interrupt: it is complete when this returns. */
static void complete_one(void)
{
	struct svk_desc desc = svk_desc_nop();

	desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_IRQ);
	CHECK_STATUS(svk_queue_run(&s.q, desc), SVK_CPL_OK);
}

static void lost(void)
{
	ktap_case("lost_interrupt");
	fault_arm_any(&s, fault_rule(SVK_INJECT_IRQ_LOST, SVK_IRQ_ANY));
	complete_one();
	/* The second one is sent behind the first, had that been sent. */
	complete_one();
	CHECK(woken(SVK_QUEUE_WAIT_MS), "no interrupt after the one that was lost");
	CHECK(!woken(0), "two interrupts came, one of them was lost");
	CHECK_EQ(fault_struck(&s), 1);
	fault_note(&s, "the record was there, the next interrupt woke poll()");
}

static void late(void)
{
	u64 start, took;

	ktap_case("late_interrupt");
	fault_arm_any(&s, fault_rule(SVK_INJECT_IRQ_LATE,
				     SVK_IRQ_ANY | svk_put(SVK_IRQ_DELAY, LATE_US)));
	start = clock_us();
	complete_one();
	CHECK(woken(SVK_QUEUE_WAIT_MS), "the late interrupt never came");
	took = clock_us() - start;
	CHECK(took >= LATE_US, "poll() woke after %llu us", (unsigned long long)took);
	CHECK_EQ(fault_struck(&s), 1);
	fault_note(&s, "poll() woke after %llu us", (unsigned long long)took);
}

int main(void)
{
	fault_begin(&s, 2);
	lost();
	late();
	return fault_end(&s);
}
