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
#include "ktap.h"
#include "memory.h"
#include "prq.h"

#define QUEUES 4
#define PATTERN 0x7373737373737373ULL

static struct {
	struct svk_queue q[QUEUES];
	const void *regs;
	u8 *mem; /* a page a queue, which nobody has touched */
} t;

static void submit_all(void)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++) {
		struct svk_desc desc =
			svk_desc_fill(t.mem + i * memory_page(), PATTERN, memory_page());

		desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
		svk_queue_submit(&t.q[i], desc);
	}
}

static void close_all(void)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		svk_queue_close(&t.q[i]);
}

static void prepare(const char *name)
{
	unsigned int i;

	ktap_case(name);
	t.mem = mmap(NULL, QUEUES * memory_page(), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(t.mem != MAP_FAILED, "mmap failed");
	for (i = 0; i < QUEUES; i++)
		svk_queue_open(&t.q[i]);
}

static void expect_over(const struct prq_count *before)
{
	struct prq_count since = prq_count_since(t.regs, before);
	unsigned int i;

	CHECK_EQ(since.sent, QUEUES);
	CHECK_EQ(since.answered, QUEUES);
	CHECK_EQ(since.stray, QUEUES);
	for (i = 0; i < QUEUES; i++)
		CHECK_EQ(memory_diff_byte(t.mem + i * memory_page(), memory_page(), 0),
			 memory_page());
	memory_unmap(t.mem, QUEUES * memory_page());
}

static void in_the_queue(void)
{
	struct prq_count before;
	struct prq_hold hold;

	prepare("in_the_queue");
	before = prq_count(t.regs);
	prq_hold_begin(&hold, PRQ_IN_QUEUE);
	submit_all();
	prq_wait_sent(t.regs, &before, QUEUES);
	CHECK_EQ(prq_count_since(t.regs, &before).answered, 0);
	/* The last one unbinds; that sleeps, and so lets the kernel serve them. */
	close_all();
	CHECK_EQ(prq_count_since(t.regs, &before).answered, QUEUES);
	prq_hold_end(&hold);
	expect_over(&before);
}

static void in_the_kernel(void)
{
	struct prq_count before;
	struct prq_hold hold;

	prepare("in_the_kernel");
	if (!prq_trace_start()) {
		ktap_skip_case("no tracepoint intel_iommu:prq_report to see the requests arrive");
		close_all();
		return;
	}
	before = prq_count(t.regs);
	prq_hold_begin(&hold, PRQ_IN_WORK);
	submit_all();
	prq_wait_sent(t.regs, &before, QUEUES);
	prq_wait_traced(QUEUES);
	CHECK_EQ(prq_count_since(t.regs, &before).answered, 0);
	close_all();
	CHECK_EQ(prq_count_since(t.regs, &before).answered, QUEUES);
	prq_hold_end(&hold);
	prq_trace_stop();
	expect_over(&before);
}

/* The PASID, given out again, works as if nothing had been. */
static void works_afterwards(void)
{
	struct prq_count before;
	struct svk_desc desc;

	prepare("works_afterwards");
	before = prq_count(t.regs);
	desc = svk_desc_fill(t.mem, PATTERN, memory_page());
	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	CHECK_STATUS(svk_queue_run(&t.q[0], desc), SVK_CPL_OK);
	CHECK_EQ(prq_count_since(t.regs, &before).answered, 1);
	close_all();
}

int main(void)
{
	svk_require_root();
	ktap_start(3);
	t.regs = svk_regs_map();
	in_the_queue();
	in_the_kernel();
	works_afterwards();
	svk_regs_unmap(t.regs);
	return ktap_finish();
}
