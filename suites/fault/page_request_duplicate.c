// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests arrive twice. The kernel answers both, the device ignores the
 * second answer, and each page is brought once.
 */
#include "device_regs.h"
#include "fault.h"
#include "ktap.h"
#include "memory.h"

#define PATTERN 0x7373737373737373ULL
#define TWICE 4

int main(void)
{
	static struct fault_scene s;
	struct inject_rule rule = fault_rule(SVK_INJECT_PRQ_DUPLICATE, 0);
	struct svk_desc desc;
	const void *regs;
	u8 *target;
	u64 stray;

	fault_begin(&s, 1);
	regs = svk_regs_map();
	target = memory_untouched(FAULT_SIZE);
	desc = svk_desc_fill(target, PATTERN, FAULT_SIZE);
	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	ktap_case("each_page_is_brought_once");
	stray = svk_reg64(regs, SVK_LAB_COUNTER(SVK_LAB_PGRP_STRAY));
	rule.count = TWICE;
	fault_arm(&s, rule);
	CHECK_STATUS(svk_queue_run(&s.q, desc), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(target, FAULT_SIZE, PATTERN & 0xff), FAULT_SIZE);
	CHECK_EQ(fault_struck(&s), TWICE);
	/* The answers to the copies may still be on their way; close() waits for them. */
	fault_reopen(&s);
	CHECK_EQ(svk_reg64(regs, SVK_LAB_COUNTER(SVK_LAB_PGRP_STRAY)) - stray, TWICE);
	fault_note(&s, "answered twice");
	svk_regs_unmap(regs);
	return fault_end(&s);
}
