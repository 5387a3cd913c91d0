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
#include "harness.h"
#include "memory.h"

#define UNSUPPORTED_REQUEST 0
#define COMPLETER_ABORT 1
#define PATTERN 0x2b2b2b2b2b2b2b2bULL

FIXTURE(ats)
{
	struct fault_scene s;
};

static void refused(FIXTURE_DATA(ats) *self, u64 how, u32 status)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_ATS_REFUSE, how);
	/* Pages of which the device-TLB knows nothing. */
	u8 *target = memory_map(FAULT_SIZE);
	u8 *second = target + memory_page();
	struct svk_result res;

	rule.addr = (uintptr_t)second;
	fault_arm(&self->s, rule);
	res = svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, status);
	CHECK_EQ(res.fault_addr, (uintptr_t)second);
	CHECK_EQ(res.done, memory_page());
	CHECK_EQ(memory_diff_byte(second, FAULT_SIZE - memory_page(), 0),
		 FAULT_SIZE - memory_page());
	CHECK_EQ(fault_struck(&self->s), 1);
	fault_note(&self->s, "%s at the second page, then granted", svk_status_name(res.status));
	CHECK_STATUS(svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE)),
		     SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(target, FAULT_SIZE, PATTERN & 0xff), FAULT_SIZE);
	memory_unmap(target, FAULT_SIZE);
}

FIXTURE_SETUP(ats)
{
	harness_begin(_metadata);
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(ats)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(ats, refused_as_unsupported_request)
{
	refused(self, UNSUPPORTED_REQUEST, SVK_CPL_FAULT_WRITE);
}

TEST_F(ats, refused_by_completer_abort)
{
	refused(self, COMPLETER_ABORT, SVK_CPL_BUS_ERROR);
}

HARNESS_MAIN(fault_require)
