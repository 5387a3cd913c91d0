// SPDX-License-Identifier: GPL-2.0
/*
 * munmap() stops the device: from its return on, DMA to the range faults with
 * the address, the pages that were there are not written any more, and what is
 * mapped there next is reached instead.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define SIZE (64 * 1024)
#define HALF (SIZE / 2)
/* So that what is done before the fault is not a whole number of pages. */
#define START 136
#define CANARY 0xa5

FIXTURE(munmap)
{
	struct svk_queue q;
	u8 *src;
	u8 *target; /* a view of the pages that the device reaches, until it is unmapped */
	u8 *pages; /* another view of the same pages, which stays */
};

static struct svk_result copy(FIXTURE_DATA(munmap) *t)
{
	return svk_queue_run(&t->q, svk_desc_copy(t->target + START, t->src, SIZE - START));
}

/* The device has reached the target, so that there is something to forget. */
FIXTURE_SETUP(munmap)
{
	int fd;

	harness_begin(_metadata);
	fd = memfd_create("target", MFD_CLOEXEC);
	REQUIRE(fd >= 0 && !ftruncate(fd, SIZE), "memfd of %d bytes: %s", SIZE, strerror(errno));
	self->pages = memory_map_fd(fd, SIZE);
	self->target = memory_map_fd(fd, SIZE);
	close(fd);
	self->src = memory_map(SIZE);
	memory_pattern(self->src, SIZE, 1);
	svk_queue_open(&self->q);
	ktap_note("pasid", "%u", svk_queue_info(&self->q).pasid);
	REQUIRE_STATUS(copy(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff(self->src, self->pages + START, SIZE - START), SIZE - START);
	memset(self->pages, CANARY, SIZE);
}

FIXTURE_TEARDOWN(munmap)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(munmap, fault_is_at_the_first_unmapped_byte)
{
	struct svk_result res;

	memory_unmap(self->target + HALF, HALF);
	res = copy(self);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)self->target + HALF);
	CHECK_EQ(res.done, HALF - START);
	CHECK_EQ(memory_diff(self->src, self->pages + START, HALF - START), HALF - START);
	CHECK_EQ(memory_diff_byte(self->pages + HALF, HALF, CANARY), HALF);
}

TEST_F(munmap, nothing_is_done_when_all_is_unmapped)
{
	struct svk_result res;

	memory_unmap(self->target, SIZE);
	res = copy(self);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)self->target + START);
	CHECK_EQ(res.done, 0);
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, CANARY), SIZE);
}

TEST_F(munmap, reads_fault_too)
{
	struct svk_result res;

	memory_unmap(self->target, SIZE);
	res = svk_queue_run(&self->q, svk_desc_copy(self->src, self->target, SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, (uintptr_t)self->target);
	CHECK_EQ(res.done, 0);
}

TEST_F(munmap, new_mapping_is_reached)
{
	memory_unmap(self->target, SIZE);
	CHECK_STATUS(copy(self), SVK_CPL_FAULT_WRITE);
	memory_map_at(self->target, SIZE);
	memset(self->target, 0, SIZE);
	CHECK_STATUS(copy(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff(self->src, self->target + START, SIZE - START), SIZE - START);
	CHECK_EQ(memory_diff_byte(self->target, START, 0), START);
	/* and the old pages still are not */
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, CANARY), SIZE);
}

HARNESS_MAIN(svk_require)
