// SPDX-License-Identifier: GPL-2.0
/*
 * Every way of a process to take pages from under an address, beside munmap():
 * from the system call's return on the device does not reach what was there;
 * it faults, or reaches what is there now.
 *
 * Would have caught uadk#1, for the paths that are not munmap().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"

#define SIZE (16 * 1024)
#define PATTERN 0x1717171717171717ULL
#define CANARY 0x77
#define OTHER 0x55

FIXTURE(take_away)
{
	struct svk_queue q;
	int fd; /* of the pages */
	u8 *pages; /* a view that stays */
	u8 *target; /* the device's */
};

static int open_pages(void)
{
	int fd = memfd_create("target", MFD_CLOEXEC);

	REQUIRE(fd >= 0 && !ftruncate(fd, SIZE), "memfd of %d bytes: %s", SIZE, strerror(errno));
	return fd;
}

static struct svk_result write_to(FIXTURE_DATA(take_away) *t, void *addr)
{
	return svk_queue_run(&t->q, svk_desc_fill(addr, PATTERN, SIZE));
}

FIXTURE_SETUP(take_away)
{
	harness_begin(_metadata);
	self->fd = open_pages();
	self->pages = memory_map_fd(self->fd, SIZE);
	self->target = memory_map_fd(self->fd, SIZE);
	svk_queue_open(&self->q);
	REQUIRE_STATUS(write_to(self, self->target), SVK_CPL_OK);
	memset(self->pages, CANARY, SIZE);
}

FIXTURE_TEARDOWN(take_away)
{
	svk_queue_close(&self->q);
	close(self->fd);
	harness_end(_metadata);
}

/* Neither reads nor writes reach @addr, and the pages that were there are as they were. */
static void expect_gone(FIXTURE_DATA(take_away) *t, u8 *addr)
{
	struct svk_result res = write_to(t, addr);

	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)addr);
	CHECK_EQ(res.done, 0);
	res = svk_queue_run(&t->q, svk_desc_crc32c(addr, 0, SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
}

TEST_F(take_away, madvise_dontneed)
{
	int ret = madvise(self->target, SIZE, MADV_DONTNEED);

	CHECK(!ret, "madvise: %s", strerror(errno));
	oracle_settle();
	expect_gone(self, self->target);
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, CANARY), SIZE);
}

/* The pages come back to the process as zeros: the device reads those, too. */
TEST_F(take_away, madvise_dontneed_of_private_memory)
{
	u8 *private = memory_map(SIZE);
	struct svk_result res;

	CHECK_STATUS(write_to(self, private), SVK_CPL_OK);
	CHECK(!madvise(private, SIZE, MADV_DONTNEED), "madvise: %s", strerror(errno));
	oracle_settle();
	expect_gone(self, private);
	CHECK_EQ(memory_diff_byte(private, SIZE, 0), SIZE);
	memset(self->pages, 0, SIZE);
	res = svk_queue_run(&self->q, svk_desc_compare(private, self->pages, SIZE));
	CHECK_STATUS(res, SVK_CPL_OK);
}

TEST_F(take_away, mremap_moves_the_device_along)
{
	u8 *hole = memory_hole(SIZE);
	u8 *moved = mremap(self->target, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, hole);

	REQUIRE(moved == hole, "mremap: %s", strerror(errno));
	oracle_settle();
	expect_gone(self, self->target);
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, CANARY), SIZE);
	CHECK_STATUS(write_to(self, moved), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, PATTERN & 0xff), SIZE);
}

/* The old mapping stays, but nothing is in it. */
TEST_F(take_away, mremap_leaves_nothing_behind)
{
	u8 *moved = mremap(self->target, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

	REQUIRE(moved != MAP_FAILED, "mremap: %s", strerror(errno));
	oracle_settle();
	expect_gone(self, self->target);
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, CANARY), SIZE);
	CHECK_STATUS(write_to(self, moved), SVK_CPL_OK);
}

TEST_F(take_away, mapping_over_it_is_reached)
{
	int other = open_pages();
	u8 *view = memory_map_fd(other, SIZE);
	u8 *mem;

	memset(view, OTHER, SIZE);
	mem = mmap(self->target, SIZE, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_POPULATE | MAP_FIXED, other, 0);
	REQUIRE(mem == self->target, "mmap: %s", strerror(errno));
	oracle_settle();
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_compare(self->target, view, SIZE)),
		     SVK_CPL_OK);
	CHECK_STATUS(write_to(self, self->target), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(view, SIZE, PATTERN & 0xff), SIZE);
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, CANARY), SIZE);
	close(other);
}

TEST_F(take_away, truncated_file)
{
	CHECK(!ftruncate(self->fd, 0), "ftruncate: %s", strerror(errno));
	oracle_settle();
	expect_gone(self, self->target);
}

TEST_F(take_away, hole_in_a_file)
{
	int ret = fallocate(self->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE);

	CHECK(!ret, "fallocate: %s", strerror(errno));
	oracle_settle();
	expect_gone(self, self->target);
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, 0), SIZE);
}

TEST_F(take_away, madvise_remove)
{
	CHECK(!madvise(self->target, SIZE, MADV_REMOVE), "madvise: %s", strerror(errno));
	oracle_settle();
	expect_gone(self, self->target);
	CHECK_EQ(memory_diff_byte(self->pages, SIZE, 0), SIZE);
}

HARNESS_MAIN(svk_require)
