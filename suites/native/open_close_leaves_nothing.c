// SPDX-License-Identifier: GPL-2.0
/*
 * Opening and closing a queue, idle or busy, any number of times, gives every
 * queue back and leaves the device working.
 */
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "ktap.h"
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

static void open_only(void)
{
	int i, fd;

	for (i = 0; i < ROUNDS; i++) {
		fd = __svk_device_open();
		REQUIRE(fd >= 0, "open, round %d: error %d", i, fd);
		REQUIRE_EQ(close(fd), 0);
	}
}

/* close() returns when the device has stopped: the target may go at once. */
static void close_while_busy(const u8 *src)
{
	struct svk_queue q;
	u8 *dst;
	int i;

	for (i = 0; i < BUSY_ROUNDS; i++) {
		dst = memory_map(BUSY_SIZE);
		svk_queue_open(&q);
		svk_queue_submit(&q, svk_desc_copy(dst, src, BUSY_SIZE));
		svk_queue_submit(&q, svk_desc_copy(dst, src, BUSY_SIZE));
		svk_queue_close(&q);
		memory_unmap(dst, BUSY_SIZE);
	}
}

int main(void)
{
	unsigned int before;
	u8 *src, *dst;
	int i;

	svk_require();
	before = svk_device_instances();
	ktap_start(4);
	src = memory_map(BUSY_SIZE);
	dst = memory_map(SIZE);
	memory_pattern(src, BUSY_SIZE, 1);

	ktap_case("open_and_close");
	open_only();
	CHECK_EQ(svk_device_instances(), before);

	ktap_case("open_use_and_close");
	for (i = 0; i < ROUNDS; i++)
		copy_once(dst, src, SIZE);
	CHECK_EQ(svk_device_instances(), before);

	ktap_case("close_while_busy");
	close_while_busy(src);
	CHECK_EQ(svk_device_instances(), before);

	ktap_case("device_still_works");
	memory_pattern(src, SIZE, 2);
	copy_once(dst, src, SIZE);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	return ktap_finish();
}
