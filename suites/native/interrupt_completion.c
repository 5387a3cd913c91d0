// SPDX-License-Identifier: GPL-2.0
/*
 * A descriptor that asks for it wakes poll() when it completes: once, with its
 * record written; one that does not ask wakes nobody.
 */
#include <poll.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "ktap.h"
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

int main(void)
{
	struct svk_queue q, other;
	u8 *src, *dst;
	int round;

	svk_require();
	ktap_start(5);
	src = memory_map(SIZE);
	dst = memory_map(SIZE);
	svk_queue_open(&q);
	svk_queue_open(&other);

	ktap_case("completion_wakes");
	wake_and_look(&q, svk_desc_copy(dst, src, SIZE));

	ktap_case("once_a_completion");
	CHECK_EQ(poll_in(&q, 0), 0);
	CHECK_EQ(poll_in(&q, 10), 0);

	ktap_case("every_completion");
	for (round = 0; round < ROUNDS; round++)
		wake_and_look(&q, svk_desc_nop());
	CHECK_EQ(poll_in(&q, 10), 0);

	ktap_case("not_unless_asked");
	CHECK_STATUS(svk_queue_run(&q, svk_desc_nop()), SVK_CPL_OK);
	CHECK_EQ(poll_in(&q, 10), 0);

	ktap_case("not_for_another_queue");
	wake_and_look(&other, svk_desc_nop());
	CHECK_EQ(poll_in(&q, 10), 0);

	svk_queue_close(&other);
	svk_queue_close(&q);
	return ktap_finish();
}
