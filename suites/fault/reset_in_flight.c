// SPDX-License-Identifier: GPL-2.0
/*
 * The function resets itself while it works, and nobody has asked for it: its
 * registers, its queues and its configuration space are as after power-on. The
 * kernel learns of it from nobody. A process finds its queue disabled, can
 * leave, and after a reset by software and a new probe everything works again.
 */
#include <string.h>

#include "accel_device.h"
#include "fault.h"
#include "harness.h"
#include "memory.h"

#define LONG_SIZE (1024 * 1024)

FIXTURE(reset)
{
	struct fault_scene s;
};

static void work_is_lost(FIXTURE_DATA(reset) *self, u8 *target, u8 *seen)
{
	struct svk_cpl *cpl = memory_map(sizeof(*cpl));

	harness_step("work_is_lost");
	svk_queue_submit_long(&self->s.q, target, LONG_SIZE, cpl);
	fault_arm(&self->s, fault_rule(SVK_INJECT_RESET, 0));
	svk_queue_wait_state(&self->s.q, SVK_QSTATE_DISABLED);
	CHECK_EQ(fault_struck(&self->s), 1);
	memcpy(seen, target, LONG_SIZE);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);
	fault_note(&self->s, "the queue is disabled, its record pending");
}

static void recovers(FIXTURE_DATA(reset) *self)
{
	harness_step("recovers");
	/*
	 * A reset by software enables ATS, PRI and PASID again, and restores the rest of
	 * configuration space as it has found it: off. A new probe sets up the rest.
	 */
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("reset"), "1"), 0);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	fault_reopen_all(&self->s);
	fault_expect_dma(&self->s.q, self->s.dst, self->s.src);
}

FIXTURE_SETUP(reset)
{
	harness_begin(_metadata);
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(reset)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(reset, can_be_recovered_from, 60)
{
	u8 *target, *seen;

	target = memory_map(LONG_SIZE);
	seen = memory_map(LONG_SIZE);
	work_is_lost(self, target, seen);

	memory_unmap(self->s.dst, FAULT_SIZE);
	self->s.dst = memory_map(FAULT_SIZE);
	svk_queue_close(&self->s.q);
	fault_bystander_closes(&self->s);
	CHECK_EQ(memory_diff(seen, target, LONG_SIZE), LONG_SIZE);

	recovers(self);
}

HARNESS_MAIN(fault_require)
