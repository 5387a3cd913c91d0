// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests arrive twice. The kernel answers both, the device ignores the
 * second answer, and each page is brought once.
 */
#include "device_regs.h"
#include "fault.h"
#include "harness.h"
#include "memory.h"

#define PATTERN 0x7373737373737373ULL
#define TWICE 4

FIXTURE(page_request)
{
	struct fault_scene s;
};

FIXTURE_SETUP(page_request)
{
	harness_begin(_metadata);
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(page_request)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(page_request, twice_brings_each_page_once)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_PRQ_DUPLICATE, 0);
	struct svk_desc desc;
	const void *regs;
	u8 *target;
	u64 stray;

	regs = svk_regs_map();
	target = memory_untouched(FAULT_SIZE);
	desc = svk_desc_fill(target, PATTERN, FAULT_SIZE);
	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	stray = svk_reg64(regs, SVK_LAB_COUNTER(SVK_LAB_PGRP_STRAY));
	rule.count = TWICE;
	fault_arm(&self->s, rule);
	CHECK_STATUS(svk_queue_run(&self->s.q, desc), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(target, FAULT_SIZE, PATTERN & 0xff), FAULT_SIZE);
	CHECK_EQ(fault_struck(&self->s), TWICE);
	/* The answers to the copies may still be on their way; close() waits for them. */
	fault_reopen(&self->s);
	CHECK_EQ(svk_reg64(regs, SVK_LAB_COUNTER(SVK_LAB_PGRP_STRAY)) - stray, TWICE);
	fault_note(&self->s, "answered twice");
	svk_regs_unmap(regs);
}

HARNESS_MAIN(fault_require)
