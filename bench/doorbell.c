// SPDX-License-Identifier: GPL-2.0
/*
 * What a doorbell costs the process that rings it, through its portal of the
 * device under test, and how much of it software has emulated: nothing.
 */
#include "accel_queue.h"
#include "bench.h"
#include "device_regs.h"
#include "options.h"
#include "section.h"

#define BATCH 100 /* so that the clock is the lesser part */

/* Emulated accesses to the device's BARs so far. Reading them may be one itself. */
static u64 trapped_now(void)
{
	const void *regs = svk_regs_map();
	u64 trapped = svk_reg64(regs, SVK_LAB_TRAPPED);

	svk_regs_unmap(regs);
	return trapped;
}

/* A tail that the queue has already: the hardware looks at it and finds nothing to do. */
static void ring(const struct svk_queue *q)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		svk_queue_doorbell(q, q->tail);
}

void bench_doorbell(void)
{
	const struct param params[] = {PARAM_VALUE("writes", BATCH), PARAM_END};
	u64 idle, before, trapped;
	struct section *s;
	struct svk_queue q;

	if (!bench_needs_device())
		return;
	section_counters(false);
	s = section_new("doorbell", 1);
	svk_queue_open(&q);
	while (round_next()) {
		section_begin(s);
		ring(&q);
		section_end(s);
	}
	idle = trapped_now();
	before = trapped_now();
	ring(&q);
	trapped = trapped_now() - before - (before - idle);
	svk_queue_close(&q);
	section_report(s, params);
	record_emit(&(struct record){
		.metric = "doorbell.trapped",
		.kind = RECORD_COUNT,
		.params = params,
		.value = &trapped,
		.count = 1,
	});
}
