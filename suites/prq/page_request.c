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
#include "ktap.h"
#include "memory.h"
#include "prq.h"

#define SIZE (64 * 1024)
#define PATTERN 0x3c3c3c3c3c3c3c3cULL

static struct {
	struct svk_queue q;
	const void *regs;
} t;

/* Pages that nobody has touched. */
static u8 *untouched(int prot)
{
	void *mem = mmap(NULL, SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(mem != MAP_FAILED, "mmap of %d bytes: %s", SIZE, strerror(errno));
	return mem;
}

static u64 requests(void)
{
	return svk_reg64(t.regs, SVK_LAB_COUNTER(SVK_LAB_PRQ));
}

static struct svk_result run(struct svk_desc desc, u32 flags)
{
	desc.ctrl |= cpu_to_le32(flags);
	return svk_queue_run(&t.q, desc);
}

/* Return: whether it ended well; else it failed, or the VMM is the reason. */
static bool brings_pages(struct svk_desc desc)
{
	struct prq_count before = prq_count(t.regs);
	u64 interrupts = prq_interrupts();
	struct svk_result res = run(desc, SVK_DESC_BLOCK);
	const char *reason = NULL;

	if (res.status != SVK_CPL_OK)
		reason = prq_not_forwarded(t.regs, &before, interrupts);
	if (!reason)
		return CHECK_STATUS(res, SVK_CPL_OK);
	ktap_xfail_case(reason);
	return false;
}

static void pages_are_brought(void)
{
	u8 *target = untouched(PROT_READ | PROT_WRITE);
	u64 before = requests();

	ktap_case("pages_are_brought");
	if (brings_pages(svk_desc_fill(target, PATTERN, SIZE))) {
		CHECK_EQ(memory_diff_byte(target, SIZE, PATTERN & 0xff), SIZE);
		CHECK_EQ(requests() - before, SIZE / memory_page());
	}
	memory_unmap(target, SIZE);
}

/* A read brings the shared zero page, a write then a page of its own. */
static void write_after_read(void)
{
	u8 *target = untouched(PROT_READ | PROT_WRITE);
	u8 *copy = memory_map(SIZE);

	ktap_case("write_after_read");
	if (brings_pages(svk_desc_copy(copy, target, SIZE))) {
		CHECK_EQ(memory_diff_byte(copy, SIZE, 0), SIZE);
		CHECK_STATUS(run(svk_desc_fill(target, PATTERN, SIZE), SVK_DESC_BLOCK), SVK_CPL_OK);
		CHECK_EQ(memory_diff_byte(target, SIZE, PATTERN & 0xff), SIZE);
	}
	memory_unmap(target, SIZE);
	memory_unmap(copy, SIZE);
}

static void present_pages_need_no_request(void)
{
	u8 *target = memory_map(SIZE);
	u64 before = requests();

	ktap_case("present_pages_need_no_request");
	CHECK_STATUS(run(svk_desc_fill(target, PATTERN, SIZE), SVK_DESC_BLOCK), SVK_CPL_OK);
	CHECK_EQ(requests(), before);
	memory_unmap(target, SIZE);
}

static void without_the_flag_it_ends(void)
{
	u8 *target = untouched(PROT_READ | PROT_WRITE);
	struct svk_result res;
	u64 before = requests();

	ktap_case("without_the_flag_it_ends");
	target[0] = 1;
	res = run(svk_desc_fill(target, PATTERN, SIZE), 0);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target + memory_page());
	CHECK_EQ(res.done, memory_page());
	CHECK_EQ(requests(), before);
	memory_unmap(target, SIZE);
}

static void what_is_not_mapped_ends_it(void)
{
	u8 *hole = memory_hole(SIZE);
	struct svk_result res;

	ktap_case("what_is_not_mapped_ends_it");
	res = run(svk_desc_fill(hole, PATTERN, SIZE), SVK_DESC_BLOCK);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)hole);
	CHECK_EQ(res.done, 0);
	memory_unmap(hole, SIZE);
}

static void what_is_read_only_ends_a_write(void)
{
	u8 *target = untouched(PROT_READ);
	struct svk_result res;

	ktap_case("what_is_read_only_ends_a_write");
	res = run(svk_desc_fill(target, PATTERN, SIZE), SVK_DESC_BLOCK);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target);
	memory_unmap(target, SIZE);
}

/* A page request that was refused leaves nothing behind. */
static void the_queue_goes_on(void)
{
	ktap_case("the_queue_goes_on");
	CHECK_STATUS(svk_queue_run(&t.q, svk_desc_nop()), SVK_CPL_OK);
}

int main(void)
{
	svk_require_root();
	ktap_start(7);
	svk_queue_open(&t.q);
	t.regs = svk_regs_map();
	pages_are_brought();
	write_after_read();
	present_pages_need_no_request();
	without_the_flag_it_ends();
	what_is_not_mapped_ends_it();
	what_is_read_only_ends_a_write();
	the_queue_goes_on();
	svk_regs_unmap(t.regs);
	svk_queue_close(&t.q);
	return ktap_finish();
}
