// SPDX-License-Identifier: GPL-2.0
/*
 * The unit's page request queue overflows: requests are lost, and all that
 * follow until the kernel has emptied the queue and cleared PRS.PRO. The device
 * asks again, and each page comes in the end.
 *
 * Linux makes the queue larger than what these functions may have outstanding
 * together, so that it never fills by itself: the model says that it is full.
 */
#include <string.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "inject.h"
#include "ktap.h"
#include "memory.h"
#include "prq.h"

#define QUEUES 4
#define PATTERN 0x3131313131313131ULL

static struct {
	struct svk_queue q[QUEUES];
	u32 ticket[QUEUES];
	struct prq_count before;
	const void *regs;
	u8 *mem; /* a page a queue, which nobody has touched */
	size_t size;
	u64 struck;
} t;

/* Of the requests that find room, @skip pass, the next @count do not. */
static void begin(const char *name, u32 skip, u32 count)
{
	const struct inject_rule rule = {
		.kind = SVK_INJECT_PRQ_OVERFLOW,
		.skip = skip,
		.count = count,
	};
	unsigned int i;

	ktap_case(name);
	t.size = QUEUES * memory_page();
	t.mem = mmap(NULL, t.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(t.mem != MAP_FAILED, "no memory");
	for (i = 0; i < QUEUES; i++)
		svk_queue_open(&t.q[i]);
	t.struck = inject_struck(rule.kind);
	inject_arm(&rule);
	t.before = prq_count(t.regs);
}

static struct svk_desc blocking(struct svk_desc desc)
{
	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	return desc;
}

static void submit_all(void)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		t.ticket[i] =
			svk_queue_submit(&t.q[i], blocking(svk_desc_fill(t.mem + i * memory_page(),
									 PATTERN, memory_page())));
}

static void close_all(void)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		svk_queue_close(&t.q[i]);
}

/* @pages came, @lost requests did not, and each was made once more. */
static void expect(u64 strikes, u64 pages, u64 lost)
{
	struct prq_count since = prq_count_since(t.regs, &t.before);

	CHECK_EQ(inject_struck(SVK_INJECT_PRQ_OVERFLOW) - t.struck, strikes);
	CHECK_EQ(since.overflow, lost);
	CHECK_EQ(since.sent, pages + lost);
	CHECK_EQ(since.answered, since.sent);
	inject_disarm_all();
	memory_unmap(t.mem, t.size);
}

static void one_after_the_other(void)
{
	begin("lost_one_after_the_other", 1, 5);
	CHECK_STATUS(svk_queue_run(&t.q[0], blocking(svk_desc_fill(t.mem, PATTERN, t.size))),
		     SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(t.mem, t.size, PATTERN & 0xff), t.size);
	close_all();
	expect(5, QUEUES, 5);
}

/* Of four that wait two are in the queue; the third, and what follows, found no room. */
static void many_wait(void)
{
	struct prq_hold hold;
	unsigned int i;

	begin("lost_while_others_wait", 2, 1);
	prq_hold_begin(&hold, PRQ_IN_QUEUE);
	submit_all();
	prq_wait_sent(t.regs, &t.before, QUEUES);
	CHECK_EQ(prq_count_since(t.regs, &t.before).overflow, 2);
	CHECK_EQ(prq_count_since(t.regs, &t.before).answered, 0);
	prq_hold_end(&hold);
	for (i = 0; i < QUEUES; i++)
		CHECK_STATUS(svk_queue_wait(&t.q[i], t.ticket[i]), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(t.mem, t.size, PATTERN & 0xff), t.size);
	close_all();
	expect(1, QUEUES, 2);
}

/* close() drains a queue that has overflown. */
static void closed_meanwhile(void)
{
	struct prq_hold hold;

	begin("closed_with_requests_lost", 2, 1);
	prq_hold_begin(&hold, PRQ_IN_QUEUE);
	submit_all();
	prq_wait_sent(t.regs, &t.before, QUEUES);
	CHECK_EQ(prq_count_since(t.regs, &t.before).overflow, 2);
	close_all();
	CHECK_EQ(prq_count_since(t.regs, &t.before).answered, QUEUES);
	prq_hold_end(&hold);
	CHECK_EQ(memory_diff_byte(t.mem, t.size, 0), t.size);
	expect(1, QUEUES - 2, 2);
}

static void works_afterwards(void)
{
	begin("works_afterwards", 0, 0);
	CHECK_STATUS(svk_queue_run(&t.q[0], blocking(svk_desc_fill(t.mem, PATTERN, t.size))),
		     SVK_CPL_OK);
	close_all();
	expect(0, QUEUES, 0);
}

int main(void)
{
	inject_require();
	ktap_start(4);
	t.regs = svk_regs_map();
	one_after_the_other();
	many_wait();
	closed_meanwhile();
	works_afterwards();
	svk_regs_unmap(t.regs);
	return ktap_finish();
}
