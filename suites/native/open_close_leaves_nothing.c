// SPDX-License-Identifier: GPL-2.0
/*
 * Opening and closing a queue, idle or busy, any number of times, gives every
 * queue back and leaves the device working.
 */
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define ROUNDS 64
#define BUSY_ROUNDS 16
#define BUSY_SIZE (4 * 1024 * 1024)
#define SIZE 4096

static void copy_once(u8 *dst, const u8 *src, size_t size)
{
	struct svk_queue q;

	svk_queue_open(&q);
	REQUIRE_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, size)), SVK_CPL_OK);
	svk_queue_close(&q);
}

FIXTURE(open_close)
{
	unsigned int before; /* queues that nobody had open */
	u8 *src;
	u8 *dst;
};

FIXTURE_SETUP(open_close)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
	self->src = memory_map(BUSY_SIZE);
	self->dst = memory_map(SIZE);
	memory_pattern(self->src, BUSY_SIZE, 1);
}

FIXTURE_TEARDOWN(open_close)
{
	/* All came back, and the device still works. */
	CHECK_EQ(svk_device_instances(), self->before);
	memory_pattern(self->src, SIZE, 2);
	copy_once(self->dst, self->src, SIZE);
	CHECK_EQ(memory_diff(self->src, self->dst, SIZE), SIZE);
	harness_end(_metadata);
}

TEST_F(open_close, idle)
{
	int i, fd;

	for (i = 0; i < ROUNDS; i++) {
		fd = __svk_device_open();
		REQUIRE(fd >= 0, "open, round %d: error %d", i, fd);
		REQUIRE_EQ(close(fd), 0);
	}
}

TEST_F(open_close, used)
{
	int i;

	for (i = 0; i < ROUNDS; i++)
		copy_once(self->dst, self->src, SIZE);
}

/* close() returns when the device has stopped: the target may go at once. */
TEST_F(open_close, busy)
{
	struct svk_queue q;
	u8 *dst;
	int i;

	for (i = 0; i < BUSY_ROUNDS; i++) {
		dst = memory_map(BUSY_SIZE);
		svk_queue_open(&q);
		svk_queue_submit(&q, svk_desc_copy(dst, self->src, BUSY_SIZE));
		svk_queue_submit(&q, svk_desc_copy(dst, self->src, BUSY_SIZE));
		svk_queue_close(&q);
		memory_unmap(dst, BUSY_SIZE);
	}
}

HARNESS_MAIN(svk_require)
