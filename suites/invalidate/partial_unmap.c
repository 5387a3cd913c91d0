// SPDX-License-Identifier: GPL-2.0
/*
 * A process gives some of its pages back, from any page on and any number of
 * them: the device finds none of them in a cache. An invalidation names a range
 * of 2^n pages that begins at a multiple of its size (6.5.2.4), so most of these
 * need one that is larger than what was given back.
 *
 * Would have caught 2d6ffc63f124 ("iommu/vt-d: Fix unaligned addresses for
 * intel_flush_svm_range_dev()").
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

/* Aligned to more than all of it, so that page n is page n of each range of 2^n pages. */
#define BASE ((u8 *)0x200000000000ULL)
#define PAGES 16
#define STARTS 8
#define LENGTHS 8

FIXTURE(partial_unmap)
{
	struct svk_queue q;
	u8 *dst;
};

static u8 *page_at(unsigned int page)
{
	return BASE + page * memory_page();
}

/* All pages are there, with their number in them, and in every cache of the device. */
static void use_all(FIXTURE_DATA(partial_unmap) *t)
{
	size_t size = PAGES * memory_page();
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		memset(page_at(i), (int)i + 1, memory_page());
	REQUIRE_STATUS(svk_queue_run(&t->q, svk_desc_copy(t->dst, BASE, size)), SVK_CPL_OK);
	REQUIRE_EQ(memory_diff(t->dst, BASE, size), size);
}

/* They are gone. Return: how many of them the device still reads. */
static unsigned int still_read(unsigned int start, unsigned int count,
			       FIXTURE_DATA(partial_unmap) *t)
{
	unsigned int i, left = 0;

	for (i = start; i < start + count; i++) {
		struct svk_result res;

		res = svk_queue_run(&t->q, svk_desc_copy(t->dst, page_at(i), memory_page()));
		left += res.status == SVK_CPL_OK;
	}
	return left;
}

static void give_back(unsigned int start, unsigned int count, FIXTURE_DATA(partial_unmap) *t)
{
	unsigned int left;

	use_all(t);
	REQUIRE_EQ(madvise(page_at(start), count * memory_page(), MADV_DONTNEED), 0);
	left = still_read(start, count, t);
	CHECK(!left,
	      "pages %u to %u were given back, and the device still reads %u of them: "
	      "the invalidation did not cover the range",
	      start, start + count - 1, left);
	CHECK_EQ(still_read(0, start, t), start);
}

FIXTURE_SETUP(partial_unmap)
{
	harness_begin(_metadata);
	memory_map_at(BASE, PAGES * memory_page());
	self->dst = memory_map(PAGES * memory_page());
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(partial_unmap)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(partial_unmap, every_start_and_length, 50)
{
	unsigned int start, count;

	for (start = 0; start < STARTS; start++) {
		for (count = 1; count <= LENGTHS; count++)
			give_back(start, count, self);
	}
}

HARNESS_MAIN(svk_require)
