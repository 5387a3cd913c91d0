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
#include "ktap.h"
#include "memory.h"

#define PATTERN 0x1e1e1e1e1e1e1e1eULL
#define TIMEOUTS 3

static struct fault_scene s;

static void arm(unsigned int times)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_ITE, 0);

	rule.count = times;
	fault_arm(&s, rule);
}

static void expect_retries(unsigned int times, const char *what)
{
	CHECK_EQ(fault_struck(&s), times);
	/* It was not forgotten over the error. */
	CHECK_EQ(fault_stale(), 0);
	fault_note(&s, "%s: sent again %u times, logged %u times", what, times,
		   fault_logged("Invalidation Time-out Error: SID"));
}

static void munmap_retries(unsigned int times)
{
	u8 *target = memory_map(FAULT_SIZE);
	struct svk_result res;

	CHECK_STATUS(svk_queue_run(&s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE)), SVK_CPL_OK);
	arm(times);
	memory_unmap(target, FAULT_SIZE);
	expect_retries(times, "munmap");
	res = svk_queue_run(&s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target);
}

static void close_retries(void)
{
	ktap_case("close_sends_it_again");
	fault_expect_dma(&s.q, s.dst, s.src);
	arm(1);
	svk_queue_close(&s.q);
	expect_retries(1, "close");
	svk_queue_open(&s.q);
	fault_expect_dma(&s.q, s.dst, s.src);
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

static void kill_retries(void)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_ITE, 0);
	struct process victim;

	ktap_case("kill_sends_it_again");
	process_start(&victim, victim_main, NULL);
	rule.has_pasid = true;
	rule.pasid = (u32)process_hear(&victim);
	fault_arm(&s, rule);
	process_kill(&victim);
	expect_retries(1, "kill");
}

int main(void)
{
	fault_begin(&s, 4);
	ktap_expect_device_faults("invalidations time out");
	ktap_case("munmap_sends_it_again");
	munmap_retries(1);
	ktap_case("and_again");
	munmap_retries(TIMEOUTS);
	close_retries();
	kill_retries();
	return fault_end(&s);
}
