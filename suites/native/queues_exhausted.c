// SPDX-License-Identifier: GPL-2.0
/*
 * When every queue is taken, open() says EBUSY, not more and not less; a
 * queue that is closed can be opened again.
 */
#include <errno.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "ktap.h"

int main(void)
{
	int fd[SVK_ACCEL_MAX_QUEUES];
	unsigned int i, nr;

	svk_require();
	nr = svk_device_instances();
	if (!nr)
		ktap_skip_all("no queue is free: close those that are open (fuser %s)",
			      svk_device_node());
	ktap_start(3);

	ktap_case("every_free_queue_opens");
	REQUIRE(nr <= SVK_ACCEL_MAX_QUEUES, "%u queues free", nr);
	for (i = 0; i < nr; i++) {
		fd[i] = __svk_device_open();
		REQUIRE(fd[i] >= 0, "open of queue %u of %u: error %d", i + 1, nr, fd[i]);
	}
	CHECK_EQ(svk_device_instances(), 0);

	ktap_case("one_more_is_ebusy");
	CHECK_ERRNO(__svk_device_open(), -EBUSY);

	ktap_case("a_closed_queue_opens_again");
	REQUIRE_EQ(close(fd[nr / 2]), 0);
	CHECK_EQ(svk_device_instances(), 1);
	fd[nr / 2] = __svk_device_open();
	CHECK(fd[nr / 2] >= 0, "open: error %d", fd[nr / 2]);
	for (i = 0; i < nr; i++)
		close(fd[i]);
	CHECK_EQ(svk_device_instances(), nr);
	return ktap_finish();
}
