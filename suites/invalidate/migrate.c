// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel moves pages while the device writes to them: small ones into a huge
 * one, and a huge one is split. For a moment they are not there, and the device
 * faults; but what it has written, it has written: every byte that a completion
 * record has counted is in the page at the end, none is in a page that was left
 * behind.
 *
 * The broadest net for a missing mmu notifier. Moves that cannot be had on demand,
 * by compaction, KSM and swap, are for the collection `stress`.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "crc32c.h"
#include "harness.h"
#include "huge.h"
#include "memory.h"
#include "oracle.h"

#define PAGE 0x1000UL
#define PAGES HUGE_PAGES
/* Written one after the other, so that some are under way whenever a page is moved. */
#define FILLS 30
#define ROUNDS 3

FIXTURE(migrate)
{
	struct svk_queue q;
	u8 *block;
	u32 ticket[FILLS];
	struct svk_result res[FILLS];
	u64 frame[PAGES];
	unsigned int moved, faults;
};

FIXTURE_SETUP(migrate)
{
	harness_begin(_metadata);
	self->block = memory_block();
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(migrate)
{
	ktap_note("moved", "%u pages, %u faults", self->moved, self->faults);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

/* Descriptor @n writes its number, beginning with 1. */
static u64 pattern(unsigned int n)
{
	return 0x0101010101010101ULL * (n + 1);
}

static void fills_start(FIXTURE_DATA(migrate) *t)
{
	unsigned int i;

	memory_populate(t->block, MEMORY_HUGE);
	memset(t->block, 0, MEMORY_HUGE);
	for (i = 0; i < FILLS; i++)
		t->ticket[i] =
			svk_queue_submit(&t->q, svk_desc_fill(t->block, pattern(i), MEMORY_HUGE));
}

/* Each page has what was written to it last, as the records say. */
static void fills_check(FIXTURE_DATA(migrate) *t)
{
	unsigned int i, page, bad = 0;
	u8 last;

	for (i = 0; i < FILLS; i++) {
		t->res[i] = svk_queue_wait(&t->q, t->ticket[i]);
		t->faults += t->res[i].status == SVK_CPL_FAULT_WRITE;
		CHECK(t->res[i].status == SVK_CPL_OK || t->res[i].status == SVK_CPL_FAULT_WRITE,
		      "fill %u: %s", i, svk_status_name(t->res[i].status));
	}
	for (page = 0; page < PAGES; page++) {
		for (i = 0, last = 0; i < FILLS; i++)
			if (t->res[i].done > page * PAGE)
				last = (u8)pattern(i);
		if (memory_diff_byte(t->block + page * PAGE, PAGE, last) == PAGE)
			continue;
		if (!bad++)
			ktap_diag("page %u: has 0x%x, want 0x%x", page, t->block[page * PAGE],
				  last);
	}
	CHECK(!bad, "%u pages have lost what was written to them", bad);
}

/* The device reads what the CPU reads. */
static void expect_same_crc(FIXTURE_DATA(migrate) *t)
{
	struct svk_result res = svk_queue_run(&t->q, svk_desc_crc32c(t->block, 0, MEMORY_HUGE));

	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, crc32c(0, t->block, MEMORY_HUGE));
}

/* Return: pages that @move has moved while the device was writing to them. */
static unsigned int move_busy(FIXTURE_DATA(migrate) *t, void (*move)(u8 *block))
{
	unsigned int moved;

	fills_start(t);
	huge_frames(t->block, t->frame);
	move(t->block);
	moved = huge_moved(t->block, t->frame);
	t->moved += moved;
	fills_check(t);
	expect_same_crc(t);
	oracle_settle();
	return moved;
}

static void collapse(u8 *block)
{
	memory_collapse(block);
}

static void split(u8 *block)
{
	huge_split(block);
}

TEST_F_TIMEOUT(migrate, into_a_huge_page, 60)
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		CHECK(move_busy(self, collapse), "no page has moved");
		split(self->block);
		REQUIRE(!madvise(self->block, MEMORY_HUGE, MADV_NOHUGEPAGE), "madvise: %s",
			strerror(errno));
	}
}

TEST_F_TIMEOUT(migrate, out_of_a_huge_page, 60)
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		memory_collapse(self->block);
		move_busy(self, split);
	}
}

static void require(void)
{
	svk_require_root();
	huge_require();
}

HARNESS_MAIN(require)
