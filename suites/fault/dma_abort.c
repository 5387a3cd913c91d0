// SPDX-License-Identifier: GPL-2.0
/*
 * A memory access of the device is aborted: of data, which its completion
 * record tells; of the ring or of the record itself, which halts the queue and
 * is logged. No other queue is concerned, and the one that was goes on, or
 * works again when it has been opened again.
 */
#include <stdint.h>
#include <string.h>

#include "fault.h"
#include "harness.h"
#include "memory.h"

#define PATTERN 0x6d6d6d6d6d6d6d6dULL

static struct inject_rule abort_at(const void *addr)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_DMA_ABORT, 0);

	rule.addr = (uintptr_t)addr;
	return rule;
}

FIXTURE(dma_abort)
{
	struct fault_scene s;
};

FIXTURE_SETUP(dma_abort)
{
	harness_begin(_metadata);
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(dma_abort)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(dma_abort, of_a_write_is_reported)
{
	u8 *refused = self->s.dst + FAULT_SIZE / 2;
	struct svk_result res;

	memset(self->s.dst, 0, FAULT_SIZE);
	fault_arm(&self->s, abort_at(refused));
	res = svk_queue_run(&self->s.q, svk_desc_fill(self->s.dst, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, SVK_CPL_BUS_ERROR);
	CHECK_EQ(res.fault_addr, (uintptr_t)refused);
	CHECK_EQ(res.done, FAULT_SIZE / 2);
	CHECK_EQ(memory_diff_byte(self->s.dst, FAULT_SIZE / 2, PATTERN & 0xff), FAULT_SIZE / 2);
	CHECK_EQ(memory_diff_byte(refused, FAULT_SIZE / 2, 0), FAULT_SIZE / 2);
	CHECK_EQ(fault_struck(&self->s), 1);
	fault_note(&self->s, "BUS_ERROR after %llu bytes", (unsigned long long)res.done);
	fault_expect_dma(&self->s.q, self->s.dst, self->s.src);
}

/* The queue halts with @err at @addr, and its driver says so. */
static void expect_halt(FIXTURE_DATA(dma_abort) *self, enum svk_queue_err err, const void *addr,
			const char *text)
{
	struct svk_accel_info info;
	u32 status;

	fault_arm(&self->s, abort_at(addr));
	svk_queue_submit(&self->s.q, svk_desc_nop());
	status = svk_queue_wait_state(&self->s.q, SVK_QSTATE_HALTED);
	CHECK_EQ(svk_get(SVK_QCFG_STATUS_ERR, status), err);
	info = svk_queue_info(&self->s.q);
	CHECK_EQ(info.fault_addr, (uintptr_t)addr);
	CHECK_EQ(fault_struck(&self->s), 1);
	fault_expect_logged(text);
	fault_note(&self->s, "queue halted, logged: %s", text);
	fault_reopen(&self->s);
	fault_expect_dma(&self->s.q, self->s.dst, self->s.src);
}

TEST_F(dma_abort, of_a_descriptor_fetch_halts_the_queue)
{
	fault_reopen(&self->s);
	expect_halt(self, SVK_QERR_RING_FAULT, self->s.q.ring, "descriptor fetch refused");
}

TEST_F(dma_abort, of_a_record_halts_the_queue)
{
	fault_reopen(&self->s);
	expect_halt(self, SVK_QERR_CPL_FAULT, self->s.q.cpl, "completion record write refused");
}

HARNESS_MAIN(fault_require)
