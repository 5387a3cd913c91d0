// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever range of an address space changes, the device forgets all of it: of
 * many beginnings and lengths, aligned or not, across boundaries of each page
 * table level. An invalidation names a naturally aligned power of two, so that
 * neighbours may have to be fetched again; but only those that lie in the
 * smallest one around the range.
 *
 * Would have caught 0a3f6b346301 ("iommu/vt-d: Fix aligned pages in
 * calculate_psi_aligned_address()"), 2d6ffc63f124 ("... Fix unaligned addresses
 * for intel_flush_svm_range_dev()"), and the range of v6.7's "... Fix incorrect
 * cache invalidation for mm notification".
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "fault_unit.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"

/* In the middle of the window, the first byte behind a boundary. Nothing else is near. */
#define BASE_VA 0x200000000000ULL
#define WINDOW 64 /* pages */
#define WINDOW_SIZE (WINDOW * 0x1000ULL)
#define PATTERN 0x2727272727272727ULL
/* Each page is in the IOTLB and in the device-TLB. */
#define CACHES 2

static const unsigned int starts[] = {0, 1, 2, 5, 8, 30, 31, 32};
static const unsigned int lengths[] = {1, 2, 3, 4, 7, 8, 16, 17, 33, 63, 64};

FIXTURE(range_sweep)
{
	struct svk_queue q;
	u8 *window;
	unsigned int ranges;
};

FIXTURE_VARIANT(range_sweep)
{
	int (*change)(void *addr, size_t size);
	bool readable; /* it still is afterwards */
	unsigned int boundary; /* log2 */
};

static int protect_none(void *addr, size_t size)
{
	return mprotect(addr, size, PROT_NONE);
}

static int protect_write(void *addr, size_t size)
{
	return mprotect(addr, size, PROT_READ);
}

static int discard(void *addr, size_t size)
{
	return madvise(addr, size, MADV_DONTNEED);
}

/* clang-format off */
FIXTURE_VARIANT_ADD(range_sweep, munmap_2m) {
	.change = munmap,
	.boundary = 21,
};

FIXTURE_VARIANT_ADD(range_sweep, munmap_512m) {
	.change = munmap,
	.boundary = 29,
};

FIXTURE_VARIANT_ADD(range_sweep, protect_none_2m) {
	.change = protect_none,
	.boundary = 21,
};

FIXTURE_VARIANT_ADD(range_sweep, protect_write_2m) {
	.change = protect_write,
	.readable = true,
	.boundary = 21,
};

FIXTURE_VARIANT_ADD(range_sweep, discard_2m) {
	.change = discard,
	.boundary = 21,
};

/* clang-format on */

FIXTURE_SETUP(range_sweep)
{
	harness_begin(_metadata);
	self->window = (u8 *)(uintptr_t)(BASE_VA + (1ULL << variant->boundary) - WINDOW_SIZE / 2);
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(range_sweep)
{
	ktap_note("ranges", "%u", self->ranges);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

static u8 *page_at(const FIXTURE_DATA(range_sweep) *t, unsigned int page)
{
	return t->window + page * memory_page();
}

/* All of the window is there, and in every cache. */
static void fill_window(FIXTURE_DATA(range_sweep) *t)
{
	void *mem = mmap(t->window, WINDOW_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_FIXED_NOREPLACE, -1, 0);

	REQUIRE(mem == t->window, "mmap at %p: %s", t->window, strerror(errno));
	REQUIRE_STATUS(svk_queue_run(&t->q, svk_desc_fill(t->window, PATTERN, WINDOW_SIZE)),
		       SVK_CPL_OK);
}

/* Pages of the window in the smallest aligned power of two around some of them. */
static unsigned int pages_around(const FIXTURE_DATA(range_sweep) *t, unsigned int start,
				 unsigned int length)
{
	u64 first = (uintptr_t)page_at(t, start);
	u64 last = (uintptr_t)page_at(t, start + length) - 1;
	u64 size = memory_page();
	unsigned int page, pages = 0;

	while ((first & ~(size - 1)) != (last & ~(size - 1)))
		size *= 2;
	for (page = 0; page < WINDOW; page++)
		pages += ((uintptr_t)page_at(t, page) & ~(size - 1)) == (first & ~(size - 1));
	return pages;
}

static void expect_refused(FIXTURE_DATA(range_sweep) *t, unsigned int page, bool readable)
{
	struct svk_result res;
	u8 *addr = page_at(t, page);

	res = svk_queue_run(&t->q, svk_desc_fill(addr, PATTERN, memory_page()));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)addr);
	res = svk_queue_run(&t->q, svk_desc_crc32c(addr, 0, memory_page()));
	CHECK_STATUS(res, readable ? SVK_CPL_OK : SVK_CPL_FAULT_READ);
}

/* Return: translations that the device had to ask for, to read all pages but some. */
static u64 read_others(FIXTURE_DATA(range_sweep) *t, unsigned int start, unsigned int length)
{
	unsigned int end = start + length;
	u64 before = counts_read(SVK_LAB_ATC_MISS);

	if (start)
		CHECK_STATUS(svk_queue_run(&t->q,
					   svk_desc_crc32c(t->window, 0, start * memory_page())),
			     SVK_CPL_OK);
	if (end < WINDOW)
		CHECK_STATUS(svk_queue_run(&t->q, svk_desc_crc32c(page_at(t, end), 0,
								  (WINDOW - end) * memory_page())),
			     SVK_CPL_OK);
	return counts_read(SVK_LAB_ATC_MISS) - before;
}

/* Return: entries that invalidations have removed so far, stale or not. */
static u64 dropped(void)
{
	return counts_read(SVK_LAB_INV_NEEDED) + counts_read(SVK_LAB_INV_COLLATERAL);
}

/* Return: whether all was as it should be. */
static bool change_range(FIXTURE_DATA(range_sweep) *t, const FIXTURE_VARIANT(range_sweep) *way,
			 unsigned int start, unsigned int length)
{
	unsigned int around = pages_around(t, start, length);
	u64 entries;
	bool fine;
	int ret;

	fill_window(t);
	entries = dropped();
	ret = way->change(page_at(t, start), length * memory_page());
	REQUIRE(!ret, "page %u, %u pages: %s", start, length, strerror(errno));
	entries = dropped() - entries;
	oracle_settle();
	fine = CHECK_EQ(counts_stale(), 0);
	fine &= CHECK(entries >= CACHES * length && entries <= CACHES * around,
		      "%llu entries dropped, want %u to %u", (unsigned long long)entries,
		      CACHES * length, CACHES * around);
	fine &= CHECK(read_others(t, start, length) <= around - length,
		      "more than %u other pages had to be asked for again", around - length);
	expect_refused(t, start, way->readable);
	expect_refused(t, start + length - 1, way->readable);
	memory_unmap(t->window, WINDOW_SIZE);
	t->ranges++;
	return fine;
}

TEST_F_TIMEOUT(range_sweep, is_forgotten, 60)
{
	/* In L2 a look at the counters costs a hundred times as much. */
	unsigned int step = fault_unit_here() ? 1 : 3;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		for (j = i % step; j < ARRAY_SIZE(lengths); j += step) {
			if (starts[i] + lengths[j] <= WINDOW)
				REQUIRE(change_range(self, variant, starts[i], lengths[j]),
					"%u pages from page %u", lengths[j], starts[i]);
		}
	}
}

HARNESS_MAIN(oracle_require)
