// SPDX-License-Identifier: GPL-2.0
/*
 * When every queue is taken, open() says EBUSY, not more and not less; a
 * queue that is closed can be opened again.
 */
#include <errno.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"

FIXTURE(queues)
{
	unsigned int before; /* queues that nobody had open */
};

FIXTURE_SETUP(queues)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
}

FIXTURE_TEARDOWN(queues)
{
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(queues, exhausted)
{
	unsigned int i, nr = svk_device_instances();
	int fd[SVK_ACCEL_MAX_QUEUES];

	if (!nr) {
		harness_skip(_metadata, "no queue is free: close those that are open (fuser %s)",
			     svk_device_node());
		return;
	}
	harness_step("every_free_queue_opens");
	REQUIRE(nr <= SVK_ACCEL_MAX_QUEUES, "%u queues free", nr);
	for (i = 0; i < nr; i++) {
		fd[i] = __svk_device_open();
		REQUIRE(fd[i] >= 0, "open of queue %u of %u: error %d", i + 1, nr, fd[i]);
	}
	CHECK_EQ(svk_device_instances(), 0);

	harness_step("one_more_is_ebusy");
	CHECK_ERRNO(__svk_device_open(), -EBUSY);

	harness_step("a_closed_queue_opens_again");
	REQUIRE_EQ(close(fd[nr / 2]), 0);
	CHECK_EQ(svk_device_instances(), 1);
	fd[nr / 2] = __svk_device_open();
	CHECK(fd[nr / 2] >= 0, "open: error %d", fd[nr / 2]);
	for (i = 0; i < nr; i++)
		close(fd[i]);
	CHECK_EQ(svk_device_instances(), nr);
}

HARNESS_MAIN(svk_require)
