// SPDX-License-Identifier: GPL-2.0
/*
 * The function is reset, then removed, while page requests of it are under way.
 * The kernel neither stumbles over requests whose device is gone nor waits for
 * them; the device believes no answer from before its reset. Afterwards page
 * requests work as before.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"
#include "prq.h"

#define QUEUES 4
#define NO_TRACE "no tracepoint intel_iommu:prq_report to see requests arrive"
#define PATTERN 0x5757575757575757ULL

FIXTURE(function)
{
	struct svk_queue q[QUEUES];
	struct prq_count before;
	const void *regs;
	u8 *mem; /* a page a queue, which nobody has touched */
	size_t size;
};

static struct svk_desc fill_page(FIXTURE_DATA(function) *self, unsigned int i)
{
	struct svk_desc fill = svk_desc_fill(self->mem + i * memory_page(), PATTERN, memory_page());

	fill.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	return fill;
}

static void prepare(FIXTURE_DATA(function) *self)
{
	unsigned int i;

	self->size = QUEUES * memory_page();
	self->mem =
		mmap(NULL, self->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(self->mem != MAP_FAILED, "no memory");
	for (i = 0; i < QUEUES; i++)
		svk_queue_open(&self->q[i]);
	self->regs = svk_regs_map();
	self->before = prq_count(self->regs);
}

/* Queue 0 goes first: its function is about to go. */
static void write_while_pending(FIXTURE_DATA(function) *self, const char *attribute,
				enum prq_stage stage)
{
	const char *path = svk_pci_path(attribute);
	struct prq_hold hold;
	unsigned int i;

	prq_hold_begin(&hold, stage);
	for (i = 0; i < QUEUES; i++)
		svk_queue_submit(&self->q[i], fill_page(self, i));
	prq_wait_sent(self->regs, &self->before, QUEUES);
	if (stage == PRQ_IN_WORK)
		prq_wait_traced(QUEUES);
	CHECK_EQ(prq_count_since(self->regs, &self->before).answered, 0);
	REQUIRE_ERRNO(__svk_write_file(path, "1"), 0);
	prq_hold_end(&hold);
	prq_trace_stop();
}

static void close_all(FIXTURE_DATA(function) *self)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		svk_queue_close(&self->q[i]);
	svk_regs_unmap(self->regs);
	memory_unmap(self->mem, self->size);
}

static void expect_untouched(FIXTURE_DATA(function) *self)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++) {
		CHECK_EQ(memory_diff_byte(self->mem + i * memory_page(), memory_page(), 0),
			 memory_page());
		CHECK_EQ(le32_to_cpu(self->q[i].cpl[0].status), SVK_CPL_PENDING);
	}
}

static void expect_works(FIXTURE_DATA(function) *self)
{
	prepare(self);
	CHECK_STATUS(svk_queue_run(&self->q[0], fill_page(self, 0)), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->mem, memory_page(), PATTERN & 0xff), memory_page());
	CHECK_EQ(prq_count_since(self->regs, &self->before).answered, 1);
	close_all(self);
}

static void reset(FIXTURE_DATA(function) *self, enum prq_stage stage)
{
	prepare(self);
	write_while_pending(self, "reset", stage);
	/* Each gets its answer all the same, and none is believed. */
	prq_wait_answered(self->regs, &self->before, QUEUES);
	CHECK_EQ(prq_count_since(self->regs, &self->before).stray, QUEUES);
	expect_untouched(self);
	close_all(self);
	expect_works(self);
}

static void remove_function(FIXTURE_DATA(function) *self, enum prq_stage stage)
{
	prepare(self);
	write_while_pending(self, "remove", stage);
	expect_untouched(self);
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	REQUIRE_ERRNO(__svk_device_find(), 0);
	close_all(self);
	expect_works(self);
}

FIXTURE_SETUP(function)
{
	harness_begin(_metadata);
	/* A test before may have removed it. */
	REQUIRE_ERRNO(__svk_device_find(), 0);
}

FIXTURE_TEARDOWN(function)
{
	harness_end(_metadata);
}

TEST_F(function, reset_with_requests_in_the_queue)
{
	reset(self, PRQ_IN_QUEUE);
}

TEST_F(function, removed_with_requests_in_the_queue)
{
	remove_function(self, PRQ_IN_QUEUE);
}

TEST_F(function, reset_with_requests_in_the_kernel)
{
	if (prq_trace_start())
		reset(self, PRQ_IN_WORK);
	else
		harness_skip(_metadata, NO_TRACE);
}

TEST_F(function, removed_with_requests_in_the_kernel)
{
	if (prq_trace_start())
		remove_function(self, PRQ_IN_WORK);
	else
		harness_skip(_metadata, NO_TRACE);
}

static void require(void)
{
	svk_require_root();
	if (access(svk_pci_path("reset"), W_OK))
		ktap_skip_all("the function cannot be reset (no %s): needs FLR",
			      svk_pci_path("reset"));
}

HARNESS_MAIN(require)
