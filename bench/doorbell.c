// SPDX-License-Identifier: GPL-2.0
/*
 * What a doorbell costs the process that rings it, through its portal of the
 * device under test, and how much of it software has emulated: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "bench.h"
#include "device_regs.h"

#define DOORBELL_BATCHES 100
#define DOORBELL_BATCH 100

/* Emulated accesses to the device's BARs so far. Reading them may be one itself. */
static u64 trapped_now(void)
{
	const void *regs = svk_regs_map();
	u64 trapped = svk_reg64(regs, SVK_LAB_TRAPPED);

	svk_regs_unmap(regs);
	return trapped;
}

/* A tail that the queue has already: the hardware looks at it and finds nothing to do. */
static void doorbell_measure(struct samples *s, const struct svk_queue *q)
{
	unsigned int i, j;

	for (i = 0; i < DOORBELL_BATCHES; i++) {
		u64 start = now_ns();

		for (j = 0; j < DOORBELL_BATCH; j++)
			svk_queue_doorbell(q, q->tail);
		samples_add(s, (now_ns() - start) / DOORBELL_BATCH);
	}
}

int bench_doorbell(int argc, char **argv)
{
	u64 idle, before, after;
	struct samples s;
	struct svk_queue q;
	int ret;

	(void)argc;
	(void)argv;
	ret = __svk_device_find();
	if (ret) {
		printf("# skipped: no svakit accelerator: %s\n", strerror(-ret));
		return BENCH_SKIP;
	}
	if (samples_init(&s, DOORBELL_BATCHES))
		return BENCH_FAIL;
	svk_queue_open(&q);
	idle = trapped_now();
	before = trapped_now();
	doorbell_measure(&s, &q);
	after = trapped_now();
	svk_queue_close(&q);
	printf("# note doorbell_ns %llu\n", (unsigned long long)samples_percentile(&s, 500));
	printf("# note doorbell_trapped %lld\n",
	       (long long)(after - before) - (long long)(before - idle));
	samples_cleanup(&s);
	return BENCH_PASS;
}
