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
#include "ktap.h"
#include "memory.h"
#include "prq.h"

#define QUEUES 4
#define PATTERN 0x5757575757575757ULL

static struct {
	struct svk_queue q[QUEUES];
	struct prq_count before;
	const void *regs;
	u8 *mem; /* a page a queue, which nobody has touched */
	size_t size;
} t;

static struct svk_desc fill_page(unsigned int i)
{
	struct svk_desc fill = svk_desc_fill(t.mem + i * memory_page(), PATTERN, memory_page());

	fill.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	return fill;
}

static void prepare(void)
{
	unsigned int i;

	t.size = QUEUES * memory_page();
	t.mem = mmap(NULL, t.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(t.mem != MAP_FAILED, "no memory");
	for (i = 0; i < QUEUES; i++)
		svk_queue_open(&t.q[i]);
	t.regs = svk_regs_map();
	t.before = prq_count(t.regs);
}

/* Queue 0 goes first: its function is about to go. */
static void write_while_pending(const char *attribute, enum prq_stage stage)
{
	const char *path = svk_pci_path(attribute);
	struct prq_hold hold;
	unsigned int i;

	prq_hold_begin(&hold, stage);
	for (i = 0; i < QUEUES; i++)
		svk_queue_submit(&t.q[i], fill_page(i));
	prq_wait_sent(t.regs, &t.before, QUEUES);
	if (stage == PRQ_IN_WORK)
		prq_wait_traced(QUEUES);
	CHECK_EQ(prq_count_since(t.regs, &t.before).answered, 0);
	REQUIRE_ERRNO(__svk_write_file(path, "1"), 0);
	prq_hold_end(&hold);
	prq_trace_stop();
}

static void close_all(void)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		svk_queue_close(&t.q[i]);
	svk_regs_unmap(t.regs);
	memory_unmap(t.mem, t.size);
}

static void expect_untouched(void)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++) {
		CHECK_EQ(memory_diff_byte(t.mem + i * memory_page(), memory_page(), 0),
			 memory_page());
		CHECK_EQ(le32_to_cpu(t.q[i].cpl[0].status), SVK_CPL_PENDING);
	}
}

static void expect_works(void)
{
	prepare();
	CHECK_STATUS(svk_queue_run(&t.q[0], fill_page(0)), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(t.mem, memory_page(), PATTERN & 0xff), memory_page());
	CHECK_EQ(prq_count_since(t.regs, &t.before).answered, 1);
	close_all();
}

static void reset(const char *name, enum prq_stage stage)
{
	ktap_case(name);
	if (stage == PRQ_IN_WORK && !prq_trace_start()) {
		ktap_skip_case("no tracepoint intel_iommu:prq_report to see requests arrive");
		return;
	}
	prepare();
	write_while_pending("reset", stage);
	/* Each gets its answer all the same, and none is believed. */
	prq_wait_answered(t.regs, &t.before, QUEUES);
	CHECK_EQ(prq_count_since(t.regs, &t.before).stray, QUEUES);
	expect_untouched();
	close_all();
	expect_works();
}

static void remove_function(const char *name, enum prq_stage stage)
{
	ktap_case(name);
	if (stage == PRQ_IN_WORK && !prq_trace_start()) {
		ktap_skip_case("no tracepoint intel_iommu:prq_report to see requests arrive");
		return;
	}
	prepare();
	write_while_pending("remove", stage);
	expect_untouched();
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	REQUIRE_ERRNO(__svk_device_find(), 0);
	close_all();
	expect_works();
}

int main(void)
{
	svk_require_root();
	if (access(svk_pci_path("reset"), W_OK))
		ktap_skip_all("the function cannot be reset (no %s): needs FLR",
			      svk_pci_path("reset"));
	ktap_start(4);
	reset("reset_with_requests_in_the_queue", PRQ_IN_QUEUE);
	remove_function("removed_with_requests_in_the_queue", PRQ_IN_QUEUE);
	reset("reset_with_requests_in_the_kernel", PRQ_IN_WORK);
	remove_function("removed_with_requests_in_the_kernel", PRQ_IN_WORK);
	return ktap_finish();
}
