// SPDX-License-Identifier: GPL-2.0
/*
 * A translation request of the device is refused although the tables would
 * have allowed it, as an unsupported request or by completer abort: the
 * descriptor ends at that address, the kernel is not concerned, and the same
 * access succeeds when it is tried again.
 */
#include <stdint.h>
#include <string.h>

#include "fault.h"
#include "ktap.h"
#include "memory.h"

#define UNSUPPORTED_REQUEST 0
#define COMPLETER_ABORT 1
#define PATTERN 0x2b2b2b2b2b2b2b2bULL

static struct fault_scene s;

static void refused(u64 how, u32 status)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_ATS_REFUSE, how);
	/* Pages of which the device-TLB knows nothing. */
	u8 *target = memory_map(FAULT_SIZE);
	u8 *second = target + memory_page();
	struct svk_result res;

	rule.addr = (uintptr_t)second;
	fault_arm(&s, rule);
	res = svk_queue_run(&s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, status);
	CHECK_EQ(res.fault_addr, (uintptr_t)second);
	CHECK_EQ(res.done, memory_page());
	CHECK_EQ(memory_diff_byte(second, FAULT_SIZE - memory_page(), 0),
		 FAULT_SIZE - memory_page());
	CHECK_EQ(fault_struck(&s), 1);
	fault_note(&s, "%s at the second page, then granted", svk_status_name(res.status));
	CHECK_STATUS(svk_queue_run(&s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(target, FAULT_SIZE, PATTERN & 0xff), FAULT_SIZE);
	memory_unmap(target, FAULT_SIZE);
}

int main(void)
{
	fault_begin(&s, 2);
	ktap_case("unsupported_request");
	refused(UNSUPPORTED_REQUEST, SVK_CPL_FAULT_WRITE);
	ktap_case("completer_abort");
	refused(COMPLETER_ABORT, SVK_CPL_BUS_ERROR);
	return fault_end(&s);
}
