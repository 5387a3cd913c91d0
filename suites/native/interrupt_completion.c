// SPDX-License-Identifier: GPL-2.0
/*
 * A descriptor that asks for it wakes poll() when it completes: once, with its
 * record written; one that does not ask wakes nobody.
 */
#include <poll.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define SIZE (1024 * 1024)
#define ROUNDS 32

static struct svk_desc with_irq(struct svk_desc desc)
{
	desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_IRQ);
	return desc;
}

static int poll_in(const struct svk_queue *q, int timeout_ms)
{
	struct pollfd fd = {.fd = q->fd, .events = POLLIN};
	int ret = poll(&fd, 1, timeout_ms);

	if (ret == 1)
		CHECK_EQ(fd.revents, POLLIN);
	return ret;
}

/* The record is written before the interrupt: whoever is woken finds it. */
static void wake_and_look(struct svk_queue *q, struct svk_desc desc)
{
	u32 ticket = svk_queue_submit(q, with_irq(desc));
	struct svk_result res;

	REQUIRE_EQ(poll_in(q, SVK_QUEUE_WAIT_MS), 1);
	REQUIRE_EQ(__svk_cpl_wait(&q->cpl[ticket % SVK_QUEUE_ENTRIES], 0, &res), 0);
	CHECK_STATUS(res, SVK_CPL_OK);
}

FIXTURE(interrupt)
{
	struct svk_queue q;
	struct svk_queue other;
};

FIXTURE_SETUP(interrupt)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
	svk_queue_open(&self->other);
}

FIXTURE_TEARDOWN(interrupt)
{
	svk_queue_close(&self->other);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(interrupt, wakes_once)
{
	u8 *src = memory_map(SIZE), *dst = memory_map(SIZE);

	wake_and_look(&self->q, svk_desc_copy(dst, src, SIZE));
	CHECK_EQ(poll_in(&self->q, 0), 0);
	CHECK_EQ(poll_in(&self->q, 10), 0);
}

TEST_F(interrupt, wakes_for_every_completion)
{
	int round;

	for (round = 0; round < ROUNDS; round++)
		wake_and_look(&self->q, svk_desc_nop());
	CHECK_EQ(poll_in(&self->q, 10), 0);
}

TEST_F(interrupt, comes_not_unless_asked)
{
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
	CHECK_EQ(poll_in(&self->q, 10), 0);
}

TEST_F(interrupt, wakes_no_other_queue)
{
	wake_and_look(&self->other, svk_desc_nop());
	CHECK_EQ(poll_in(&self->q, 10), 0);
}

HARNESS_MAIN(svk_require)
