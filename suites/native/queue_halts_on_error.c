// SPDX-License-Identifier: GPL-2.0
/*
 * What makes the queue itself unusable halts it: a ring or a completion record
 * that the device cannot reach, a wild doorbell. The owner is woken, learns
 * the reason and the address, and opens another queue.
 */
#include <poll.h>
#include <stdint.h>
#include <string.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define PAGE ((size_t)SVK_ACCEL_PAGE)

static void expect_halt(const struct svk_queue *q, enum svk_queue_err err, u64 addr)
{
	struct pollfd fd = {.fd = q->fd, .events = POLLIN};
	u32 status = svk_queue_wait_state(q, SVK_QSTATE_HALTED);

	CHECK_EQ(svk_get(SVK_QCFG_STATUS_ERR, status), err);
	CHECK_EQ(svk_queue_info(q).fault_addr, addr);
	CHECK_EQ(poll(&fd, 1, SVK_QUEUE_WAIT_MS), 1);
}

FIXTURE(halt)
{
	unsigned int before; /* queues that nobody had open */
};

FIXTURE_SETUP(halt)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
}

FIXTURE_TEARDOWN(halt)
{
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(halt, when_the_ring_is_unmapped)
{
	void *ring = memory_map(PAGE);
	struct svk_queue q = {0};
	u32 entries = (u32)(PAGE / sizeof(struct svk_desc));

	q.fd = __svk_device_open();
	REQUIRE_ERRNO(__svk_queue_set_ring(q.fd, ring, entries), 0);
	REQUIRE_ERRNO(__svk_queue_start(q.fd), 0);
	REQUIRE_ERRNO(__svk_queue_map_portal(q.fd, &q.portal), 0);
	memory_unmap(ring, PAGE);
	svk_queue_doorbell(&q, 1);
	expect_halt(&q, SVK_QERR_RING_FAULT, (uintptr_t)ring);
	svk_queue_close(&q);
}

TEST_F(halt, when_the_record_is_out_of_reach)
{
	struct svk_desc desc = svk_desc_nop();
	void *hole = memory_hole(PAGE);
	struct svk_queue q;

	svk_queue_open(&q);
	desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_RECORD);
	desc.cpl = cpu_to_le64((uintptr_t)hole + 64);
	svk_queue_submit_as_is(&q, desc);
	expect_halt(&q, SVK_QERR_CPL_FAULT, (uintptr_t)hole + 64);
	svk_queue_close(&q);
	memory_unmap(hole, PAGE);
}

TEST_F(halt, when_the_doorbell_is_wild)
{
	struct svk_queue q;

	svk_queue_open(&q);
	svk_queue_doorbell(&q, SVK_QUEUE_ENTRIES + 1);
	expect_halt(&q, SVK_QERR_DOORBELL, 0);
	svk_queue_close(&q);
}

/* A halted queue runs nothing any more, and no other one is touched. */
TEST_F(halt, leaves_others_alone)
{
	struct svk_queue bad, good;
	u8 *dst = memory_map(PAGE);

	svk_queue_open(&good);
	svk_queue_open(&bad);
	svk_queue_doorbell(&bad, ~0u);
	expect_halt(&bad, SVK_QERR_DOORBELL, 0);
	svk_queue_submit(&bad, svk_desc_fill(dst, ~0ull, PAGE));
	CHECK_STATUS(svk_queue_run(&good, svk_desc_nop()), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(dst, PAGE, 0), PAGE);
	svk_queue_close(&bad);
	CHECK_STATUS(svk_queue_run(&good, svk_desc_fill(dst, ~0ull, PAGE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(dst, PAGE, 0xff), PAGE);
	svk_queue_close(&good);
	memory_unmap(dst, PAGE);
}

HARNESS_MAIN(svk_require)
