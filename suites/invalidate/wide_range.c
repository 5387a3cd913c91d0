// SPDX-License-Identifier: GPL-2.0
/*
 * Two pages on either side of a boundary lose their rights at once, so that the
 * invalidation that covers them is of 2 GiB and more, up to half of the address
 * space. Its address mask is beyond CAP.MAMV, which is about the second stage
 * alone: a unit in scalable mode has to take any in a PASID-based IOTLB
 * invalidation (11.4.2, MAMV).
 *
 * Would have caught 0a3f6b346301 ("iommu/vt-d: Fix aligned pages in
 * calculate_psi_aligned_address()"): the power of two was the length's, not
 * that of the smallest aligned block around the range.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "fault_unit.h"
#include "harness.h"
#include "kmsg.h"
#include "memory.h"
#include "oracle.h"

#define SIZE 0x2000ULL
#define PATTERN 0x5353535353535353ULL
#define REFUSED "Invalidation Queue Error"

FIXTURE(wide_range)
{
	struct svk_queue q;
	u8 *pages; /* stay mapped: what is written by mistake hits nobody else */
	u8 *target; /* the device's way to them */
	int log;
};

FIXTURE_VARIANT(wide_range)
{
	u64 boundary; /* multiple of this power of two, and of no larger one */
};

/* clang-format off */
FIXTURE_VARIANT_ADD(wide_range, across_1g) {
	.boundary = 0x200040000000ULL,
};

FIXTURE_VARIANT_ADD(wide_range, across_512g) {
	.boundary = 0x208000000000ULL,
};

FIXTURE_VARIANT_ADD(wide_range, across_64t) {
	.boundary = 0x400000000000ULL,
};

/* clang-format on */

FIXTURE_SETUP(wide_range)
{
	int fd;

	harness_begin(_metadata);
	fd = memfd_create("target", MFD_CLOEXEC);
	REQUIRE(fd >= 0 && !ftruncate(fd, SIZE), "memfd of %llu bytes: %s", SIZE, strerror(errno));
	self->pages = memory_map_fd(fd, SIZE);
	self->target = mmap((void *)(uintptr_t)(variant->boundary - SIZE / 2), SIZE,
			    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE | MAP_FIXED_NOREPLACE,
			    fd, 0);
	REQUIRE(self->target != MAP_FAILED, "mmap: %s", strerror(errno));
	close(fd);
	svk_queue_open(&self->q);
	REQUIRE_STATUS(svk_queue_run(&self->q, svk_desc_fill(self->target, PATTERN, SIZE)),
		       SVK_CPL_OK);
	memset(self->pages, 0, SIZE);
	self->log = kmsg_mark();
}

FIXTURE_TEARDOWN(wide_range)
{
	svk_queue_close(&self->q);
	oracle_resume();
	harness_end(_metadata);
}

TEST_F(wide_range, is_forgotten)
{
	struct svk_result res;
	u64 stale;
	int ret;

	/* Until it is known who has not forgotten it. */
	oracle_pause();
	ret = mprotect(self->target, SIZE, PROT_NONE);
	REQUIRE(!ret, "mprotect: %s", strerror(errno));
	stale = counts_stale();
	res = svk_queue_run(&self->q, svk_desc_fill(self->target, PATTERN, SIZE));
	if (!fault_unit_here() && res.status == SVK_CPL_OK && stale &&
	    kmsg_take(self->log, REFUSED, "")) {
		ktap_expect_invalidation_errors("the unit refuses an address mask");
		harness_xfail(
			_metadata,
			"the VMM's unit refuses the invalidation (IQE), %llu entries are stale "
			"(docs/findings.md)",
			(unsigned long long)stale);
		return;
	}
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)self->target);
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, 0), SIZE);
	CHECK_EQ(stale, 0);
}

HARNESS_MAIN(oracle_require)
