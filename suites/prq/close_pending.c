// SPDX-License-Identifier: GPL-2.0
/*
 * A queue is closed, and its PASID unbound, while page requests of it are under
 * way: in the unit's queue, then in the kernel's hands. When close() has
 * returned each has been answered, and nothing is left that could hit whoever
 * gets the PASID next.
 */
#include <string.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"
#include "prq.h"

#define QUEUES 4
#define PATTERN 0x7373737373737373ULL

FIXTURE(close_with)
{
	struct svk_queue q[QUEUES];
	const void *regs;
	u8 *mem; /* a page a queue, which nobody has touched */
};

static void submit_all(FIXTURE_DATA(close_with) *self)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++) {
		struct svk_desc desc =
			svk_desc_fill(self->mem + i * memory_page(), PATTERN, memory_page());

		desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
		svk_queue_submit(&self->q[i], desc);
	}
}

static void close_all(FIXTURE_DATA(close_with) *self)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		svk_queue_close(&self->q[i]);
}

static void prepare(FIXTURE_DATA(close_with) *self)
{
	unsigned int i;

	self->mem = mmap(NULL, QUEUES * memory_page(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(self->mem != MAP_FAILED, "mmap failed");
	for (i = 0; i < QUEUES; i++)
		svk_queue_open(&self->q[i]);
}

static void expect_over(FIXTURE_DATA(close_with) *self, const struct prq_count *before)
{
	struct prq_count since = prq_count_since(self->regs, before);
	unsigned int i;

	CHECK_EQ(since.sent, QUEUES);
	CHECK_EQ(since.answered, QUEUES);
	CHECK_EQ(since.stray, QUEUES);
	for (i = 0; i < QUEUES; i++)
		CHECK_EQ(memory_diff_byte(self->mem + i * memory_page(), memory_page(), 0),
			 memory_page());
	memory_unmap(self->mem, QUEUES * memory_page());
}

/* The PASID, given out again, works as if nothing had been. */
static void works_afterwards(FIXTURE_DATA(close_with) *self)
{
	struct prq_count before;
	struct svk_desc desc;

	harness_step("works_afterwards");
	prepare(self);
	before = prq_count(self->regs);
	desc = svk_desc_fill(self->mem, PATTERN, memory_page());
	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	CHECK_STATUS(svk_queue_run(&self->q[0], desc), SVK_CPL_OK);
	CHECK_EQ(prq_count_since(self->regs, &before).answered, 1);
	close_all(self);
}

FIXTURE_SETUP(close_with)
{
	harness_begin(_metadata);
	self->regs = svk_regs_map();
}

FIXTURE_TEARDOWN(close_with)
{
	svk_regs_unmap(self->regs);
	harness_end(_metadata);
}

TEST_F(close_with, requests_in_the_queue)
{
	struct prq_count before;
	struct prq_hold hold;
	u64 answered;

	prepare(self);
	before = prq_count(self->regs);
	prq_hold_begin(&hold, PRQ_IN_QUEUE);
	submit_all(self);
	prq_wait_sent(self->regs, &before, QUEUES);
	CHECK_EQ(prq_count_since(self->regs, &before).answered, 0);
	/* The last one unbinds; that sleeps, and so lets the kernel serve them. */
	close_all(self);
	answered = prq_count_since(self->regs, &before).answered;
	CHECK(answered == QUEUES,
	      "close() is over, and %llu of %d page requests are answered: they were not drained",
	      (unsigned long long)answered, QUEUES);
	prq_hold_end(&hold);
	expect_over(self, &before);
	works_afterwards(self);
}

TEST_F(close_with, requests_in_the_kernel)
{
	struct prq_count before;
	struct prq_hold hold;

	prepare(self);
	if (!prq_trace_start()) {
		harness_skip(_metadata,
			     "no tracepoint intel_iommu:prq_report to see the requests arrive");
		close_all(self);
		return;
	}
	before = prq_count(self->regs);
	prq_hold_begin(&hold, PRQ_IN_WORK);
	submit_all(self);
	prq_wait_sent(self->regs, &before, QUEUES);
	prq_wait_traced(QUEUES);
	CHECK_EQ(prq_count_since(self->regs, &before).answered, 0);
	close_all(self);
	CHECK_EQ(prq_count_since(self->regs, &before).answered, QUEUES);
	prq_hold_end(&hold);
	prq_trace_stop();
	expect_over(self, &before);
	works_afterwards(self);
}

HARNESS_MAIN(svk_require_root)
