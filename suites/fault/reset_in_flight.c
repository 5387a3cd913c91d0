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
#include "ktap.h"
#include "memory.h"

#define LONG_SIZE (1024 * 1024)

static struct fault_scene s;

static void work_is_lost(u8 *target, u8 *seen)
{
	struct svk_cpl *cpl = memory_map(sizeof(*cpl));

	ktap_case("work_is_lost");
	svk_queue_submit_long(&s.q, target, LONG_SIZE, cpl);
	fault_arm(&s, fault_rule(SVK_INJECT_RESET, 0));
	svk_queue_wait_state(&s.q, SVK_QSTATE_DISABLED);
	CHECK_EQ(fault_struck(&s), 1);
	memcpy(seen, target, LONG_SIZE);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);
	fault_note(&s, "the queue is disabled, its record pending");
}

static void recovers(void)
{
	ktap_case("recovers");
	/*
	 * A reset by software enables ATS, PRI and PASID again, and restores the rest of
	 * configuration space as it has found it: off. A new probe sets up the rest.
	 */
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("reset"), "1"), 0);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	fault_reopen_all(&s);
	fault_expect_dma(&s.q, s.dst, s.src);
}

int main(void)
{
	u8 *target, *seen;

	svk_require_root();
	fault_begin(&s, 3);
	target = memory_map(LONG_SIZE);
	seen = memory_map(LONG_SIZE);
	work_is_lost(target, seen);

	ktap_case("processes_can_leave");
	memory_unmap(s.dst, FAULT_SIZE);
	s.dst = memory_map(FAULT_SIZE);
	svk_queue_close(&s.q);
	fault_bystander_closes(&s);
	CHECK_EQ(memory_diff(seen, target, LONG_SIZE), LONG_SIZE);

	recovers();
	return fault_end(&s);
}
