// SPDX-License-Identifier: GPL-2.0
/*
 * UACCE_CMD_PUT_Q stops a queue and no more: it stays with its process, whose portal
 * is mapped, until the descriptor is closed; it can be started again, and nobody
 * else is given it meanwhile.
 *
 * Would have caught 26c08dabe547 ("uacce: ensure safe queue release with state management").
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <misc/uacce/uacce.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define SIZE (64 * 1024)

FIXTURE(stopped_queue)
{
	struct svk_queue q;
	unsigned int before; /* queues that were free */
	u32 index;
};

FIXTURE_SETUP(stopped_queue)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
	svk_queue_open(&self->q);
	self->index = svk_queue_info(&self->q).queue;
	REQUIRE(!ioctl(self->q.fd, UACCE_CMD_PUT_Q), "UACCE_CMD_PUT_Q: %s", strerror(errno));
}

FIXTURE_TEARDOWN(stopped_queue)
{
	svk_queue_close(&self->q);
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(stopped_queue, stays_with_its_process)
{
	struct svk_queue other;
	unsigned int now = svk_device_instances();

	CHECK(now == self->before - 1,
	      "%u queues were free before the open, and %u are after UACCE_CMD_PUT_Q: "
	      "the queue was given back while its portal is mapped",
	      self->before, now);
	svk_queue_open(&other);
	CHECK(svk_queue_info(&other).queue != self->index,
	      "queue %u was given to another one while its portal is mapped", self->index);
	svk_queue_close(&other);
}

TEST_F(stopped_queue, starts_again)
{
	u8 *src = memory_map(SIZE);
	u8 *dst = memory_map(SIZE);

	memory_pattern(src, SIZE, 1);
	REQUIRE_ERRNO(__svk_queue_start(self->q.fd), 0);
	self->q.tail = 0;
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
}

HARNESS_MAIN(svk_require)
