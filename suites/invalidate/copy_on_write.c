// SPDX-License-Identifier: GPL-2.0
/*
 * A page that is shared until somebody writes to it: after the copy was made,
 * the device reaches the page of the process that it works for, and never that
 * of another one. Without page requests: the CPU breaks the copy, the device
 * follows.
 *
 * Would have caught a missing invalidation in wp_page_copy(): the device goes on
 * writing to the old page, which is a child's by then.
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
#include "oracle.h"
#include "process.h"

#define SIZE (16 * 1024)
#define PATTERN 0x2020202020202020ULL
#define BEFORE 0x77
#define PARENT 0x55
#define CHILD 0x33

FIXTURE(copy_on_write)
{
	struct svk_queue q;
	u8 *target; /* private */
	u8 *image; /* what it should be */
};

static struct svk_result write_target(FIXTURE_DATA(copy_on_write) *t)
{
	return svk_queue_run(&t->q, svk_desc_fill(t->target, PATTERN, SIZE));
}

FIXTURE_SETUP(copy_on_write)
{
	harness_begin(_metadata);
	self->target = memory_map(SIZE);
	self->image = memory_map_shared(SIZE);
	svk_queue_open(&self->q);
	REQUIRE_STATUS(write_target(self), SVK_CPL_OK);
	memset(self->target, BEFORE, SIZE);
}

FIXTURE_TEARDOWN(copy_on_write)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

/* The device, too, sees @value in all of the target. */
static void expect_read(FIXTURE_DATA(copy_on_write) *t, u8 value)
{
	memset(t->image, value, SIZE);
	CHECK_EQ(memory_diff_byte(t->target, SIZE, value), SIZE);
	CHECK_STATUS(svk_queue_run(&t->q, svk_desc_compare(t->target, t->image, SIZE)), SVK_CPL_OK);
}

/* Looks at its own copy whenever it is told to, until it is told 0; CHILD: writes first. */
static void child_main(struct process *parent, void *arg)
{
	u8 *target = arg;
	u64 word;

	while ((word = process_hear(parent))) {
		if (word == CHILD)
			memset(target, CHILD, SIZE);
		CHECK_EQ(memory_diff_byte(target, SIZE, (u8)word), SIZE);
		process_tell(parent, word);
	}
}

static void child_sees(struct process *child, u8 value)
{
	process_tell(child, value);
	CHECK_EQ(process_hear(child), value);
}

static void child_ends(struct process *child)
{
	process_tell(child, 0);
	process_end(child);
}

TEST_F(copy_on_write, fork_takes_the_right_to_write)
{
	struct process child;

	process_start(&child, child_main, self->target);
	CHECK_STATUS(write_target(self), SVK_CPL_FAULT_WRITE);
	expect_read(self, BEFORE);
	child_sees(&child, BEFORE);
	child_ends(&child);
}

TEST_F(copy_on_write, parent_writes_first)
{
	struct process child;

	process_start(&child, child_main, self->target);
	expect_read(self, BEFORE); /* the common page is in every cache */
	memset(self->target, PARENT, SIZE);
	oracle_settle();
	expect_read(self, PARENT);
	CHECK_STATUS(write_target(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->target, SIZE, PATTERN & 0xff), SIZE);
	child_sees(&child, BEFORE);
	child_ends(&child);
}

TEST_F(copy_on_write, child_writes_first)
{
	struct process child;

	process_start(&child, child_main, self->target);
	expect_read(self, BEFORE);
	child_sees(&child, CHILD);
	expect_read(self, BEFORE);
	memset(self->target, PARENT, SIZE);
	oracle_settle();
	CHECK_STATUS(write_target(self), SVK_CPL_OK);
	child_sees(&child, CHILD);
	child_ends(&child);
	CHECK_EQ(memory_diff_byte(self->target, SIZE, PATTERN & 0xff), SIZE);
}

/* One page of zeros for all that was only read: who writes gets another one. */
TEST_F(copy_on_write, page_of_zeros_is_replaced)
{
	memory_unmap(self->target, SIZE);
	self->target = memory_untouched(SIZE);
	CHECK_EQ(memory_diff_byte(self->target, SIZE, 0), SIZE);
	expect_read(self, 0);
	memset(self->target, PARENT, SIZE);
	oracle_settle();
	expect_read(self, PARENT);
	CHECK_STATUS(write_target(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->target, SIZE, PATTERN & 0xff), SIZE);
}

TEST_F(copy_on_write, private_view_of_a_file)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	u8 *file;

	REQUIRE(fd >= 0 && !ftruncate(fd, SIZE), "memfd of %d bytes: %s", SIZE, strerror(errno));
	file = memory_map_fd(fd, SIZE);
	memset(file, BEFORE, SIZE);
	memory_unmap(self->target, SIZE);
	self->target = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	REQUIRE(self->target != MAP_FAILED, "mmap: %s", strerror(errno));
	close(fd);
	expect_read(self, BEFORE);
	CHECK_STATUS(write_target(self), SVK_CPL_FAULT_WRITE);
	memset(self->target, PARENT, SIZE);
	oracle_settle();
	expect_read(self, PARENT);
	CHECK_STATUS(write_target(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(file, SIZE, BEFORE), SIZE);
}

HARNESS_MAIN(svk_require)
