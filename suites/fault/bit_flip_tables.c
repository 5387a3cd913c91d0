// SPDX-License-Identifier: GPL-2.0
/*
 * The unit reads an entry of the tables above the page tables wrong: it is not
 * present, all of a sudden. The access is refused and the kernel logs the fault;
 * the next access finds everything in order.
 */
#include <stdint.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "clock.h"
#include "fault.h"
#include "fault_unit.h"
#include "ktap.h"
#include "lab.h"
#include "memory.h"

#define PRESENT 0
#define REPORT_WAIT_MS 2000

static struct fault_scene s;
static u64 faults; /* that the unit had recorded before */

/* The kernel has taken the fault from the unit's record. */
static void wait_until_reported(void)
{
	struct clock_wait wait = clock_wait_for(REPORT_WAIT_MS);
	volatile void *unit = fault_unit_map();

	CHECK(svk_lab_read64(SVK_LAB_COUNTER(SVK_LAB_FAULT)) > faults, "no fault recorded");
	while (fault_unit_read(unit, VTD_FSTS) & VTD_FSTS_PPF)
		REQUIRE(clock_wait_again(&wait), "the fault stays in its record");
}

static void flip(const char *name, enum svk_table table)
{
	struct svk_cpl *cpl;
	u32 status;

	faults = svk_lab_read64(SVK_LAB_COUNTER(SVK_LAB_FAULT));
	fault_arm_any(&s, fault_rule(SVK_INJECT_BIT_FLIP, svk_put(SVK_FLIP_TABLE, table) |
								  svk_put(SVK_FLIP_BIT, PRESENT)));
	/* Its first access is to the ring. */
	cpl = &s.q.cpl[s.q.tail % SVK_QUEUE_ENTRIES];
	svk_queue_submit(&s.q, svk_desc_nop());
	status = svk_queue_wait_state(&s.q, SVK_QSTATE_HALTED);
	CHECK_EQ(svk_get(SVK_QCFG_STATUS_ERR, status), SVK_QERR_RING_FAULT);
	CHECK_EQ(svk_queue_info(&s.q).fault_addr, (uintptr_t)s.q.ring);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);
	CHECK_EQ(fault_struck(&s), 1);
	if (fault_unit_here())
		wait_until_reported();
	/* Linux logs ten lines in five seconds, at most. */
	fault_note(&s, "%s: queue halted; logged %u times", name, fault_logged("[fault reason 0x"));
	fault_reopen(&s);
	fault_expect_dma(&s.q, s.dst, s.src);
}

/* The caches of the PASID are empty once nobody is bound to it. */
static void of_pasid(const char *name, enum svk_table table)
{
	ktap_case(name);
	fault_reopen(&s);
	flip(name, table);
}

/* Those of the function are, when it has been removed. */
static void of_function(const char *name, enum svk_table table)
{
	ktap_case(name);
	if (!fault_unit_here()) {
		ktap_skip_case("no guest can empty its host's context-cache");
		return;
	}
	fault_bystander_closes(&s);
	svk_queue_close(&s.q);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	fault_reopen(&s);
	flip(name, table);
	fault_reopen_all(&s);
}

int main(void)
{
	fault_begin(&s, 4);
	ktap_expect_device_faults("a table entry is read wrong");
	of_pasid("pasid_entry", SVK_TABLE_PASID);
	of_pasid("pasid_directory_entry", SVK_TABLE_PASID_DIR);
	of_function("context_entry", SVK_TABLE_CONTEXT);
	of_function("root_entry", SVK_TABLE_ROOT);
	return fault_end(&s);
}
