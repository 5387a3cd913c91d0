// SPDX-License-Identifier: GPL-2.0
/*
 * Each page that a device misses is asked for once, comes, and the work goes
 * on. Device and kernel agree on the number, and the kernel saw the addresses,
 * permissions and PASID that the device meant. Whatever is behind the page.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"
#include "process.h"
#include "prq.h"

#define PAGES 16
#define QUEUES 8
#define PATTERN 0x6d6d6d6d6d6d6d6dULL

FIXTURE(page)
{
	struct svk_queue q;
	const void *regs;
	bool traced;
	size_t size;
};

static u8 *untouched(FIXTURE_DATA(page) *self, int flags, int fd)
{
	u8 *mem = mmap(NULL, self->size, PROT_READ | PROT_WRITE, flags, fd, 0);

	REQUIRE(mem != MAP_FAILED, "mmap of %zu bytes: %s", self->size, strerror(errno));
	return mem;
}

static struct svk_desc blocking(struct svk_desc desc)
{
	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	return desc;
}

static void expect_requests(FIXTURE_DATA(page) *self, const struct prq_count *before, u64 count)
{
	struct prq_count since = prq_count_since(self->regs, before);

	CHECK_EQ(since.sent, count);
	CHECK_EQ(since.answered, count);
	CHECK_EQ(since.stray, 0);
	CHECK_EQ(since.overflow, 0);
}

/* As "addr" Linux 7.3 prints the number of the page; an address would do as well. */
static bool expect_traced_once(u64 addr, const char *access, u32 pasid)
{
	unsigned long long as[] = {addr, addr / memory_page()};
	u64 count = 0;
	char what[96];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(as); i++) {
		snprintf(what, sizeof(what), " addr=0x%llx %s pasid=0x%x ", as[i], access, pasid);
		count += prq_trace_count(what);
	}
	return CHECK(count == 1, "the kernel saw a request for 0x%llx, %s, %llu times", as[0],
		     access, (unsigned long long)count);
}

/* Every page of @mem once, with @access, last in its group, and of this process. */
static void expect_traced(FIXTURE_DATA(page) *self, const u8 *mem, const char *access)
{
	u32 pasid = svk_queue_info(&self->q).pasid;
	size_t off;

	CHECK_EQ(prq_trace_count(""), PAGES);
	for (off = 0; off < self->size; off += memory_page()) {
		if (!expect_traced_once((uintptr_t)(mem + off), access, pasid))
			break;
	}
}

static void traced(FIXTURE_DATA(page) *self, const char *access, struct svk_desc desc, u8 *mem)
{
	struct prq_count before = prq_count(self->regs);

	self->traced = prq_trace_start();
	CHECK_STATUS(svk_queue_run(&self->q, blocking(desc)), SVK_CPL_OK);
	expect_requests(self, &before, PAGES);
	if (self->traced) {
		expect_traced(self, mem, access);
		prq_trace_stop();
	} else {
		ktap_diag("no tracepoint intel_iommu:prq_report, so only the device has counted");
	}
	memory_unmap(mem, self->size);
}

FIXTURE_SETUP(page)
{
	harness_begin(_metadata);
	self->size = PAGES * memory_page();
	self->regs = svk_regs_map();
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(page)
{
	svk_queue_close(&self->q);
	svk_regs_unmap(self->regs);
	harness_end(_metadata);
}

/* Memory of a file: the same page for everybody. */
TEST_F(page, of_shared_memory)
{
	struct prq_count before;
	int fd = memfd_create("pages", MFD_CLOEXEC);
	u8 *mem, *other;

	REQUIRE(fd >= 0 && !ftruncate(fd, (off_t)self->size), "memfd: %s", strerror(errno));
	mem = untouched(self, MAP_SHARED, fd);
	other = untouched(self, MAP_SHARED, fd);
	before = prq_count(self->regs);
	CHECK_STATUS(svk_queue_run(&self->q, blocking(svk_desc_fill(mem, PATTERN, self->size))),
		     SVK_CPL_OK);
	expect_requests(self, &before, PAGES);
	CHECK_EQ(memory_diff_byte(other, self->size, PATTERN & 0xff), self->size);
	memory_unmap(mem, self->size);
	memory_unmap(other, self->size);
	close(fd);
}

/* The record of a descriptor may be missing, too. */
TEST_F(page, of_a_completion_record)
{
	u8 *mem = untouched(self, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct svk_desc desc = blocking(svk_desc_nop());
	struct prq_count before = prq_count(self->regs);
	struct svk_cpl *cpl = (void *)mem;
	struct svk_result res;

	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_CPL_RECORD);
	desc.cpl = cpu_to_le64((uintptr_t)cpl);
	svk_queue_submit(&self->q, desc);
	/* Not by a look at the record, which would bring the page. */
	prq_wait_sent(self->regs, &before, 1);
	REQUIRE_ERRNO(__svk_cpl_wait(cpl, SVK_QUEUE_WAIT_MS, &res), 0);
	CHECK_STATUS(res, SVK_CPL_OK);
	memory_unmap(mem, self->size);
}

/* All wait at the same time; each is answered, and for its own page. */
TEST_F(page, of_many_queues_at_once)
{
	u8 *mem = untouched(self, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct svk_queue q[QUEUES];
	struct prq_count before;
	struct prq_hold hold;
	u32 ticket[QUEUES];
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		svk_queue_open(&q[i]);
	before = prq_count(self->regs);
	prq_hold_begin(&hold, PRQ_IN_QUEUE);
	for (i = 0; i < QUEUES; i++)
		ticket[i] = svk_queue_submit(
			&q[i], blocking(svk_desc_fill(mem + i * memory_page(), i, memory_page())));
	prq_wait_sent(self->regs, &before, QUEUES);
	CHECK_EQ(prq_count_since(self->regs, &before).answered, 0);
	prq_hold_end(&hold);
	for (i = 0; i < QUEUES; i++) {
		CHECK_STATUS(svk_queue_wait(&q[i], ticket[i]), SVK_CPL_OK);
		CHECK_EQ(*(u64 *)(mem + i * memory_page()), i);
		svk_queue_close(&q[i]);
	}
	expect_requests(self, &before, QUEUES);
	memory_unmap(mem, self->size);
}

TEST_F(page, is_asked_for_to_write)
{
	u8 *mem = untouched(self, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	traced(self, "-w--l", svk_desc_fill(mem, PATTERN, self->size), mem);
}

TEST_F(page, is_asked_for_to_read)
{
	u8 *mem = untouched(self, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	traced(self, "r---l", svk_desc_crc32c(mem, 0, self->size), mem);
}

static void child_looks(struct process *parent, void *arg)
{
	process_tell(parent, 1);
	process_hear(parent);
	CHECK_EQ(memory_diff_byte(arg, PAGES * memory_page(), 0x11), PAGES * memory_page());
}

/* What the device writes after a fork() is the parent's alone. */
TEST_F(page, of_a_fork_is_copied)
{
	u8 *mem = untouched(self, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct prq_count before;
	struct process child;

	memset(mem, 0x11, self->size);
	process_start(&child, child_looks, mem);
	process_hear(&child);
	before = prq_count(self->regs);
	CHECK_STATUS(svk_queue_run(&self->q, blocking(svk_desc_fill(mem, PATTERN, self->size))),
		     SVK_CPL_OK);
	expect_requests(self, &before, PAGES);
	CHECK_EQ(memory_diff_byte(mem, self->size, PATTERN & 0xff), self->size);
	process_tell(&child, 1);
	process_end(&child);
	memory_unmap(mem, self->size);
}

HARNESS_MAIN(svk_require_root)
