// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI function is removed while a queue is open and busy: the device stops,
 * the descriptor answers ENXIO, the portal is gone. After a rescan the device
 * works again, and the old descriptor can still be closed.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define SIZE (1024 * 1024)

static sigjmp_buf after_signal;

static void on_signal(int sig)
{
	siglongjmp(after_signal, sig);
}

/* Return: the signal that reading @addr raises, or 0. */
static int read_signal(const volatile u32 *addr)
{
	struct sigaction action = {.sa_handler = on_signal}, old;
	int sig;

	sigaction(SIGBUS, &action, &old);
	sig = sigsetjmp(after_signal, 1);
	if (!sig)
		(void)*addr;
	sigaction(SIGBUS, &old, NULL);
	return sig;
}

static void old_descriptor_is_dead(const struct svk_queue *q)
{
	struct pollfd fd = {.fd = q->fd, .events = POLLIN};
	struct svk_accel_info info;
	void *portal;

	CHECK_ERRNO(__svk_queue_info(q->fd, &info), -ENXIO);
	CHECK_ERRNO(__svk_queue_set_ring(q->fd, q->ring, 2), -ENXIO);
	CHECK_ERRNO(__svk_queue_start(q->fd), -ENXIO);
	CHECK(__svk_queue_map_portal(q->fd, &portal) < 0, "the portal could be mapped");
	CHECK_EQ(read_signal(q->portal), SIGBUS);
	/* it must not hang; there is nothing to wait for */
	CHECK_EQ(poll(&fd, 1, 0), 0);
}

FIXTURE(removal)
{
	unsigned int before; /* queues that nobody had open */
};

FIXTURE_SETUP(removal)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
}

FIXTURE_TEARDOWN(removal)
{
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(removal, stops_an_open_queue)
{
	u8 *src = memory_map(SIZE), *dst = memory_map(SIZE), *seen = memory_map(SIZE);
	struct svk_cpl *cpl = memory_map(sizeof(*cpl));
	struct svk_queue q, fresh;

	memory_pattern(src, SIZE, 1);

	harness_step("removal_stops_the_device");
	svk_queue_open(&q);
	svk_queue_submit_long(&q, dst, SIZE, cpl);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	memcpy(seen, dst, SIZE);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);
	CHECK_ERRNO(__svk_device_find(), -ENODEV);

	harness_step("old_descriptor_is_dead");
	old_descriptor_is_dead(&q);
	CHECK_EQ(memory_diff(seen, dst, SIZE), SIZE);

	harness_step("works_after_rescan");
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	REQUIRE_ERRNO(__svk_device_find(), 0);
	CHECK_EQ(svk_device_instances(), self->before);
	svk_queue_open(&fresh);
	CHECK_STATUS(svk_queue_run(&fresh, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);

	harness_step("old_descriptor_closes");
	svk_queue_close(&q);
	CHECK_EQ(svk_device_instances(), self->before - 1);
	memory_pattern(src, SIZE, 2);
	CHECK_STATUS(svk_queue_run(&fresh, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	svk_queue_close(&fresh);
}

HARNESS_MAIN(svk_require_root)
