// SPDX-License-Identifier: GPL-2.0
/*
 * The device does not answer a device-TLB invalidation in time (ITE, VT-d
 * 6.5.2.11): the kernel clears the error and sends everything again that has
 * not been waited for, once for each time. So when munmap(), close() or exit()
 * is over, the device has forgotten the pages, as always.
 */
#include <stdint.h>
#include <string.h>

#include <svakit/vtd_regs.h>

#include "fault.h"
#include "harness.h"
#include "memory.h"

#define PATTERN 0x1e1e1e1e1e1e1e1eULL
#define TIMEOUTS 3

FIXTURE(timed_out)
{
	struct fault_scene s;
};

static void arm(FIXTURE_DATA(timed_out) *self, unsigned int times)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_ITE, 0);

	rule.count = times;
	fault_arm(&self->s, rule);
}

static void expect_retries(FIXTURE_DATA(timed_out) *self, unsigned int times, const char *what)
{
	CHECK_EQ(fault_struck(&self->s), times);
	/* It was not forgotten over the error. */
	CHECK_EQ(fault_stale(), 0);
	fault_note(&self->s, "%s: sent again %u times, logged %u times", what, times,
		   fault_logged("Invalidation Time-out Error: SID"));
}

static void munmap_retries(FIXTURE_DATA(timed_out) *self, unsigned int times)
{
	u8 *target = memory_map(FAULT_SIZE);
	struct svk_result res;

	CHECK_STATUS(svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE)),
		     SVK_CPL_OK);
	arm(self, times);
	memory_unmap(target, FAULT_SIZE);
	expect_retries(self, times, "munmap");
	res = svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target);
}

FIXTURE_SETUP(timed_out)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("invalidations time out");
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(timed_out)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(timed_out, close_sends_it_again)
{
	fault_expect_dma(&self->s.q, self->s.dst, self->s.src);
	arm(self, 1);
	svk_queue_close(&self->s.q);
	expect_retries(self, 1, "close");
	svk_queue_open(&self->s.q);
	fault_expect_dma(&self->s.q, self->s.dst, self->s.src);
}

static void victim_main(struct process *parent, void *arg)
{
	u8 *src = memory_map(FAULT_SIZE), *dst = memory_map(FAULT_SIZE);
	struct svk_queue q;

	(void)arg;
	svk_queue_open(&q);
	fault_expect_dma(&q, dst, src);
	process_tell(parent, svk_queue_info(&q).pasid);
	process_hear(parent);
}

TEST_F(timed_out, kill_sends_it_again)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_ITE, 0);
	struct process victim;

	process_start(&victim, victim_main, NULL);
	rule.has_pasid = true;
	rule.pasid = (u32)process_hear(&victim);
	fault_arm(&self->s, rule);
	process_kill(&victim);
	expect_retries(self, 1, "kill");
}

TEST_F(timed_out, munmap_sends_it_again)
{
	munmap_retries(self, 1);
}

TEST_F(timed_out, munmap_sends_it_again_and_again)
{
	munmap_retries(self, TIMEOUTS);
}

HARNESS_MAIN(fault_require)
