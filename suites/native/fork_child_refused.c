// SPDX-License-Identifier: GPL-2.0
/*
 * A forked child holds its parent's descriptor, but not its queue: it has no
 * portal, can neither map one nor move the ring, and its close() takes nothing
 * from the parent.
 */
#include <errno.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "process.h"

#define SIZE 4096

static void child_main(struct process *parent, void *arg)
{
	struct svk_queue *q = arg;
	struct svk_accel_info info;
	void *page = memory_map(SIZE);
	void *portal;

	(void)parent;
	CHECK(!memory_is_mapped(q->portal), "the portal was inherited");
	CHECK(!memory_is_mapped(q->ring), "the ring was inherited");
	/* uacce maps a region once: the parent has it */
	CHECK_ERRNO(__svk_queue_map_portal(q->fd, &portal), -EEXIST);
	CHECK_ERRNO(__svk_queue_set_ring(q->fd, page, 2), -EPERM);
	/* uacce itself refuses to start a started queue */
	CHECK_ERRNO(__svk_queue_start(q->fd), -EINVAL);
	/* for reports only, so it may */
	CHECK_ERRNO(__svk_queue_info(q->fd, &info), 0);
	CHECK_EQ(close(q->fd), 0);
}

/* The same with a queue that is not yet started, which the child could take over. */
static void takeover_main(struct process *parent, void *arg)
{
	const int *fd = arg;
	void *page = memory_map(SIZE);
	void *portal;

	(void)parent;
	CHECK_ERRNO(__svk_queue_set_ring(*fd, page, 2), -EPERM);
	CHECK_ERRNO(__svk_queue_start(*fd), -EPERM);
	CHECK_ERRNO(__svk_queue_map_portal(*fd, &portal), -EPERM);
}

FIXTURE(fork_child)
{
	unsigned int before; /* queues that nobody had open */
	struct process child;
};

FIXTURE_SETUP(fork_child)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
}

FIXTURE_TEARDOWN(fork_child)
{
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(fork_child, is_refused_a_started_queue)
{
	struct svk_queue q;
	u8 *src, *dst;

	svk_queue_open(&q);
	process_start(&self->child, child_main, &q);
	process_end(&self->child);

	/* The parent goes on. */
	src = memory_map(SIZE);
	dst = memory_map(SIZE);
	memory_pattern(src, SIZE, 1);
	CHECK_EQ(svk_device_instances(), self->before - 1);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	svk_queue_close(&q);
}

TEST_F(fork_child, is_refused_an_idle_queue)
{
	int fd = __svk_device_open();

	REQUIRE(fd >= 0, "open: error %d", fd);
	process_start(&self->child, takeover_main, &fd);
	process_end(&self->child);
	close(fd);
}

HARNESS_MAIN(svk_require)
