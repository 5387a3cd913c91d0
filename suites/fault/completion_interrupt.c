// SPDX-License-Identifier: GPL-2.0
/*
 * A completion interrupt does not come, or comes late. The record is there all
 * the same, for whoever looks; the next interrupt wakes, and no other queue
 * misses one.
 */
#include <poll.h>

#include "clock.h"
#include "fault.h"
#include "harness.h"

#define LATE_US 50000

FIXTURE(completion)
{
	struct fault_scene s;
};

static bool woken(FIXTURE_DATA(completion) *self, int timeout_ms)
{
	struct pollfd fd = {.fd = self->s.q.fd, .events = POLLIN};

	return poll(&fd, 1, timeout_ms) == 1;
}

/* A descriptor with an interrupt: it is complete when this returns. */
static void complete_one(FIXTURE_DATA(completion) *self)
{
	struct svk_desc desc = svk_desc_nop();

	desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_IRQ);
	CHECK_STATUS(svk_queue_run(&self->s.q, desc), SVK_CPL_OK);
}

FIXTURE_SETUP(completion)
{
	harness_begin(_metadata);
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(completion)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(completion, lost_interrupt)
{
	fault_arm_any(&self->s, fault_rule(SVK_INJECT_IRQ_LOST, SVK_IRQ_ANY));
	complete_one(self);
	/* The second one is sent behind the first, had that been sent. */
	complete_one(self);
	CHECK(woken(self, SVK_QUEUE_WAIT_MS), "no interrupt after the one that was lost");
	CHECK(!woken(self, 0), "two interrupts came, one of them was lost");
	CHECK_EQ(fault_struck(&self->s), 1);
	fault_note(&self->s, "the record was there, the next interrupt woke poll()");
}

TEST_F(completion, late_interrupt)
{
	u64 start, took;

	fault_arm_any(&self->s, fault_rule(SVK_INJECT_IRQ_LATE,
					   SVK_IRQ_ANY | svk_put(SVK_IRQ_DELAY, LATE_US)));
	start = clock_us();
	complete_one(self);
	CHECK(woken(self, SVK_QUEUE_WAIT_MS), "the late interrupt never came");
	took = clock_us() - start;
	CHECK(took >= LATE_US, "poll() woke after %llu us", (unsigned long long)took);
	CHECK_EQ(fault_struck(&self->s), 1);
	fault_note(&self->s, "poll() woke after %llu us", (unsigned long long)took);
}

HARNESS_MAIN(fault_require)
