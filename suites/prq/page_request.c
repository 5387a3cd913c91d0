// SPDX-License-Identifier: GPL-2.0
/*
 * A descriptor that may wait for its pages: where the device meets a page that
 * is not there, it asks for it (PRI), the kernel brings it, and the descriptor
 * goes on. What the process itself could not reach ends it, with the address.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"
#include "prq.h"

#define SIZE (64 * 1024)
#define PATTERN 0x3c3c3c3c3c3c3c3cULL

FIXTURE(page_request)
{
	struct svk_queue q;
	const void *regs;
};

/* Pages that nobody has touched. */
static u8 *untouched(int prot)
{
	void *mem = mmap(NULL, SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(mem != MAP_FAILED, "mmap of %d bytes: %s", SIZE, strerror(errno));
	return mem;
}

static u64 requests(FIXTURE_DATA(page_request) *self)
{
	return svk_reg64(self->regs, SVK_LAB_COUNTER(SVK_LAB_PRQ));
}

static struct svk_result run(FIXTURE_DATA(page_request) *self, struct svk_desc desc, u32 flags)
{
	desc.ctrl |= cpu_to_le32(flags);
	return svk_queue_run(&self->q, desc);
}

/* Return: whether it ended well; else it failed, or the VMM is the reason. */
static bool brings_pages(struct __test_metadata *_metadata, FIXTURE_DATA(page_request) *self,
			 struct svk_desc desc)
{
	struct prq_count before = prq_count(self->regs);
	u64 interrupts = prq_interrupts();
	struct svk_result res = run(self, desc, SVK_DESC_BLOCK);
	const char *reason = NULL;

	if (res.status != SVK_CPL_OK)
		reason = prq_not_forwarded(self->regs, &before, interrupts);
	if (!reason)
		return CHECK_STATUS(res, SVK_CPL_OK);
	harness_xfail(_metadata, "%s", reason);
	return false;
}

FIXTURE_SETUP(page_request)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
	self->regs = svk_regs_map();
}

FIXTURE_TEARDOWN(page_request)
{
	/* A page request that was refused leaves nothing behind. */
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
	svk_regs_unmap(self->regs);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(page_request, brings_pages)
{
	u8 *target = untouched(PROT_READ | PROT_WRITE);
	u64 before = requests(self);

	if (brings_pages(_metadata, self, svk_desc_fill(target, PATTERN, SIZE))) {
		CHECK_EQ(memory_diff_byte(target, SIZE, PATTERN & 0xff), SIZE);
		CHECK_EQ(requests(self) - before, SIZE / memory_page());
	}
	memory_unmap(target, SIZE);
}

/* A read brings the shared zero page, a write then a page of its own. */
TEST_F(page_request, brings_pages_to_write_after_read)
{
	u8 *target = untouched(PROT_READ | PROT_WRITE);
	u8 *copy = memory_map(SIZE);

	if (brings_pages(_metadata, self, svk_desc_copy(copy, target, SIZE))) {
		CHECK_EQ(memory_diff_byte(copy, SIZE, 0), SIZE);
		CHECK_STATUS(run(self, svk_desc_fill(target, PATTERN, SIZE), SVK_DESC_BLOCK),
			     SVK_CPL_OK);
		CHECK_EQ(memory_diff_byte(target, SIZE, PATTERN & 0xff), SIZE);
	}
	memory_unmap(target, SIZE);
	memory_unmap(copy, SIZE);
}

TEST_F(page_request, is_not_sent_for_present_pages)
{
	u8 *target = memory_map(SIZE);
	u64 before = requests(self);

	CHECK_STATUS(run(self, svk_desc_fill(target, PATTERN, SIZE), SVK_DESC_BLOCK), SVK_CPL_OK);
	CHECK_EQ(requests(self), before);
	memory_unmap(target, SIZE);
}

TEST_F(page_request, is_not_sent_without_the_flag)
{
	u8 *target = untouched(PROT_READ | PROT_WRITE);
	struct svk_result res;
	u64 before = requests(self);

	target[0] = 1;
	res = run(self, svk_desc_fill(target, PATTERN, SIZE), 0);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target + memory_page());
	CHECK_EQ(res.done, memory_page());
	CHECK_EQ(requests(self), before);
	memory_unmap(target, SIZE);
}

TEST_F(page_request, for_what_is_not_mapped_is_refused)
{
	u8 *hole = memory_hole(SIZE);
	struct svk_result res;

	res = run(self, svk_desc_fill(hole, PATTERN, SIZE), SVK_DESC_BLOCK);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)hole);
	CHECK_EQ(res.done, 0);
	memory_unmap(hole, SIZE);
}

TEST_F(page_request, to_write_what_is_read_only_is_refused)
{
	u8 *target = untouched(PROT_READ);
	struct svk_result res;

	res = run(self, svk_desc_fill(target, PATTERN, SIZE), SVK_DESC_BLOCK);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target);
	memory_unmap(target, SIZE);
}

HARNESS_MAIN(svk_require_root)
