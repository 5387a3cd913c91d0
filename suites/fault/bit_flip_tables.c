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
#include "harness.h"
#include "lab.h"
#include "memory.h"

#define PRESENT 0
#define REPORT_WAIT_MS 2000

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

FIXTURE(bit_flip)
{
	struct fault_scene s;
};

static void flip(FIXTURE_DATA(bit_flip) *self, enum svk_table table)
{
	struct svk_cpl *cpl;
	u32 status;

	faults = svk_lab_read64(SVK_LAB_COUNTER(SVK_LAB_FAULT));
	fault_arm_any(&self->s,
		      fault_rule(SVK_INJECT_BIT_FLIP,
				 svk_put(SVK_FLIP_TABLE, table) | svk_put(SVK_FLIP_BIT, PRESENT)));
	/* Its first access is to the ring. */
	cpl = &self->s.q.cpl[self->s.q.tail % SVK_QUEUE_ENTRIES];
	svk_queue_submit(&self->s.q, svk_desc_nop());
	status = svk_queue_wait_state(&self->s.q, SVK_QSTATE_HALTED);
	CHECK_EQ(svk_get(SVK_QCFG_STATUS_ERR, status), SVK_QERR_RING_FAULT);
	CHECK_EQ(svk_queue_info(&self->s.q).fault_addr, (uintptr_t)self->s.q.ring);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);
	CHECK_EQ(fault_struck(&self->s), 1);
	if (fault_unit_here())
		wait_until_reported();
	/* Linux logs ten lines in five seconds, at most. */
	fault_note(&self->s, "queue halted; logged %u times", fault_logged("[fault reason 0x"));
	fault_reopen(&self->s);
	fault_expect_dma(&self->s.q, self->s.dst, self->s.src);
}

/* The caches of the PASID are empty once nobody is bound to it. */
static void of_pasid(FIXTURE_DATA(bit_flip) *self, enum svk_table table)
{
	fault_reopen(&self->s);
	flip(self, table);
}

/* Those of the function are, when it has been removed. */
static void of_function(FIXTURE_DATA(bit_flip) *self, enum svk_table table)
{
	fault_bystander_closes(&self->s);
	svk_queue_close(&self->s.q);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	fault_reopen(&self->s);
	flip(self, table);
	fault_reopen_all(&self->s);
}

FIXTURE_SETUP(bit_flip)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("a table entry is read wrong");
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(bit_flip)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(bit_flip, pasid_entry, 60)
{
	of_pasid(self, SVK_TABLE_PASID);
}

TEST_F_TIMEOUT(bit_flip, pasid_directory_entry, 60)
{
	of_pasid(self, SVK_TABLE_PASID_DIR);
}

TEST_F_TIMEOUT(bit_flip, context_entry, 60)
{
	if (fault_unit_here())
		of_function(self, SVK_TABLE_CONTEXT);
	else
		harness_skip(_metadata, "no guest can empty its host's context-cache");
}

TEST_F_TIMEOUT(bit_flip, root_entry, 60)
{
	if (fault_unit_here())
		of_function(self, SVK_TABLE_ROOT);
	else
		harness_skip(_metadata, "no guest can empty its host's context-cache");
}

HARNESS_MAIN(fault_require)
