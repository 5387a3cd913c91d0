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
#include "ktap.h"
#include "memory.h"

#define PATTERN 0x6d6d6d6d6d6d6d6dULL

static struct fault_scene s;

static struct inject_rule abort_at(const void *addr)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_DMA_ABORT, 0);

	rule.addr = (uintptr_t)addr;
	return rule;
}

static void aborted_write(void)
{
	u8 *refused = s.dst + FAULT_SIZE / 2;
	struct svk_result res;

	ktap_case("aborted_write_is_reported");
	memset(s.dst, 0, FAULT_SIZE);
	fault_arm(&s, abort_at(refused));
	res = svk_queue_run(&s.q, svk_desc_fill(s.dst, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, SVK_CPL_BUS_ERROR);
	CHECK_EQ(res.fault_addr, (uintptr_t)refused);
	CHECK_EQ(res.done, FAULT_SIZE / 2);
	CHECK_EQ(memory_diff_byte(s.dst, FAULT_SIZE / 2, PATTERN & 0xff), FAULT_SIZE / 2);
	CHECK_EQ(memory_diff_byte(refused, FAULT_SIZE / 2, 0), FAULT_SIZE / 2);
	CHECK_EQ(fault_struck(&s), 1);
	fault_note(&s, "BUS_ERROR after %llu bytes", (unsigned long long)res.done);
	fault_expect_dma(&s.q, s.dst, s.src);
}

/* The queue halts with @err at @addr, and its driver says so. */
static void expect_halt(enum svk_queue_err err, const void *addr, const char *text)
{
	struct svk_accel_info info;
	u32 status;

	fault_arm(&s, abort_at(addr));
	svk_queue_submit(&s.q, svk_desc_nop());
	status = svk_queue_wait_state(&s.q, SVK_QSTATE_HALTED);
	CHECK_EQ(svk_get(SVK_QCFG_STATUS_ERR, status), err);
	info = svk_queue_info(&s.q);
	CHECK_EQ(info.fault_addr, (uintptr_t)addr);
	CHECK_EQ(fault_struck(&s), 1);
	fault_expect_logged(text);
	fault_note(&s, "queue halted, logged: %s", text);
	fault_reopen(&s);
	fault_expect_dma(&s.q, s.dst, s.src);
}

static void aborted_fetch(void)
{
	ktap_case("aborted_descriptor_fetch_halts_the_queue");
	fault_reopen(&s);
	expect_halt(SVK_QERR_RING_FAULT, s.q.ring, "descriptor fetch refused");
}

static void aborted_record(void)
{
	ktap_case("aborted_record_halts_the_queue");
	fault_reopen(&s);
	expect_halt(SVK_QERR_CPL_FAULT, s.q.cpl, "completion record write refused");
}

int main(void)
{
	fault_begin(&s, 3);
	aborted_write();
	aborted_fetch();
	aborted_record();
	return fault_end(&s);
}
