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
#include "harness.h"
#include "memory.h"
#include "prq.h"

#define QUEUES 4
#define PATTERN 0x3131313131313131ULL

FIXTURE(overflow)
{
	struct svk_queue q[QUEUES];
	u32 ticket[QUEUES];
	struct prq_count before;
	const void *regs;
	u8 *mem; /* a page a queue, which nobody has touched */
	size_t size;
	u64 struck;
};

/* Of the requests that find room, @skip pass, the next @count do not. */
static void begin(FIXTURE_DATA(overflow) *self, u32 skip, u32 count)
{
	const struct inject_rule rule = {
		.kind = SVK_INJECT_PRQ_OVERFLOW,
		.skip = skip,
		.count = count,
	};
	unsigned int i;

	self->size = QUEUES * memory_page();
	self->mem =
		mmap(NULL, self->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(self->mem != MAP_FAILED, "no memory");
	for (i = 0; i < QUEUES; i++)
		svk_queue_open(&self->q[i]);
	self->struck = inject_struck(rule.kind);
	inject_arm(&rule);
	self->before = prq_count(self->regs);
}

static struct svk_desc blocking(struct svk_desc desc)
{
	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	return desc;
}

static void submit_all(FIXTURE_DATA(overflow) *self)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		self->ticket[i] = svk_queue_submit(
			&self->q[i], blocking(svk_desc_fill(self->mem + i * memory_page(), PATTERN,
							    memory_page())));
}

static void close_all(FIXTURE_DATA(overflow) *self)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		svk_queue_close(&self->q[i]);
}

/* @pages came, @lost requests did not, and each was made once more. */
static void expect(FIXTURE_DATA(overflow) *self, u64 strikes, u64 pages, u64 lost)
{
	struct prq_count since = prq_count_since(self->regs, &self->before);

	CHECK_EQ(inject_struck(SVK_INJECT_PRQ_OVERFLOW) - self->struck, strikes);
	CHECK_EQ(since.overflow, lost);
	CHECK_EQ(since.sent, pages + lost);
	CHECK_EQ(since.answered, since.sent);
	inject_disarm_all();
	memory_unmap(self->mem, self->size);
}

static void works_afterwards(FIXTURE_DATA(overflow) *self)
{
	harness_step("works_afterwards");
	begin(self, 0, 0);
	CHECK_STATUS(svk_queue_run(&self->q[0],
				   blocking(svk_desc_fill(self->mem, PATTERN, self->size))),
		     SVK_CPL_OK);
	close_all(self);
	expect(self, 0, QUEUES, 0);
}

FIXTURE_SETUP(overflow)
{
	harness_begin(_metadata);
	self->regs = svk_regs_map();
}

FIXTURE_TEARDOWN(overflow)
{
	svk_regs_unmap(self->regs);
	harness_end(_metadata);
}

TEST_F(overflow, loses_one_after_the_other)
{
	begin(self, 1, 5);
	CHECK_STATUS(svk_queue_run(&self->q[0],
				   blocking(svk_desc_fill(self->mem, PATTERN, self->size))),
		     SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->mem, self->size, PATTERN & 0xff), self->size);
	close_all(self);
	expect(self, 5, QUEUES, 5);
	works_afterwards(self);
}

/* Of four that wait two are in the queue; the third, and what follows, found no room. */
TEST_F(overflow, loses_while_others_wait)
{
	struct prq_hold hold;
	unsigned int i;

	begin(self, 2, 1);
	prq_hold_begin(&hold, PRQ_IN_QUEUE);
	submit_all(self);
	prq_wait_sent(self->regs, &self->before, QUEUES);
	CHECK_EQ(prq_count_since(self->regs, &self->before).overflow, 2);
	CHECK_EQ(prq_count_since(self->regs, &self->before).answered, 0);
	prq_hold_end(&hold);
	for (i = 0; i < QUEUES; i++)
		CHECK_STATUS(svk_queue_wait(&self->q[i], self->ticket[i]), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->mem, self->size, PATTERN & 0xff), self->size);
	close_all(self);
	expect(self, 1, QUEUES, 2);
	works_afterwards(self);
}

/* close() drains a queue that has overflown. */
TEST_F(overflow, closes_with_requests_lost)
{
	struct prq_hold hold;

	begin(self, 2, 1);
	prq_hold_begin(&hold, PRQ_IN_QUEUE);
	submit_all(self);
	prq_wait_sent(self->regs, &self->before, QUEUES);
	CHECK_EQ(prq_count_since(self->regs, &self->before).overflow, 2);
	close_all(self);
	CHECK_EQ(prq_count_since(self->regs, &self->before).answered, QUEUES);
	prq_hold_end(&hold);
	CHECK_EQ(memory_diff_byte(self->mem, self->size, 0), self->size);
	expect(self, 1, QUEUES - 2, 2);
	works_afterwards(self);
}

HARNESS_MAIN(inject_require)
