// SPDX-License-Identifier: GPL-2.0
/*
 * A page request arrives spoilt. What the kernel can answer it answers; where it
 * cannot know whom to answer, or must not, that one descriptor waits until its
 * owner gives up, and only that one.
 */
#include <stdint.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "clock.h"
#include "fault.h"
#include "fault_unit.h"
#include "harness.h"
#include "memory.h"

#define PATTERN 0x7474747474747474ULL
#define QUEUE_WAIT_MS 2000

FIXTURE(spoilt)
{
	struct fault_scene s;
	volatile void *unit;
};

/* The kernel has taken every request from the unit's queue. */
static void wait_until_taken(FIXTURE_DATA(spoilt) *self)
{
	struct clock_wait wait = clock_wait_for(QUEUE_WAIT_MS);

	while (fault_unit_read(self->unit, VTD_PQH) != fault_unit_read(self->unit, VTD_PQT))
		REQUIRE(clock_wait_again(&wait), "requests stay in the queue");
}

/* Return: ticket of a descriptor that asks for one page, and whose request is spoilt. */
static u32 ask(FIXTURE_DATA(spoilt) *self, u8 *target, enum svk_prq_spoil how)
{
	struct svk_desc desc = svk_desc_fill(target, PATTERN, memory_page());
	u32 ticket;

	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	fault_arm(&self->s, fault_rule(SVK_INJECT_PRQ_MALFORMED, how));
	ticket = svk_queue_submit(&self->s.q, desc);
	fault_wait_struck(&self->s);
	return ticket;
}

static void answered(FIXTURE_DATA(spoilt) *self, enum svk_prq_spoil how, u32 status,
		     const char *logged)
{
	u8 *target = memory_untouched(memory_page());
	struct svk_result res;

	res = svk_queue_wait(&self->s.q, ask(self, target, how));
	CHECK_STATUS(res, status);
	if (status == SVK_CPL_FAULT_WRITE)
		CHECK_EQ(res.fault_addr, (uintptr_t)target);
	if (logged)
		fault_expect_logged(logged);
	fault_note(&self->s, "%s", svk_status_name(res.status));
	memory_unmap(target, memory_page());
}

static void unanswered(FIXTURE_DATA(spoilt) *self, enum svk_prq_spoil how, const char *logged)
{
	u8 *target = memory_untouched(memory_page());
	struct svk_result res;
	u32 ticket;

	ticket = ask(self, target, how);
	wait_until_taken(self);
	if (logged)
		fault_expect_logged(logged);
	/* Behind it the kernel has answered another one. */
	fault_bystander_asks(&self->s);
	CHECK(__svk_cpl_wait(&self->s.q.cpl[ticket % SVK_QUEUE_ENTRIES], 0, &res),
	      "it was answered: %s", svk_status_name(res.status));
	fault_reopen(&self->s);
	fault_expect_dma(&self->s.q, self->s.dst, self->s.src);
	fault_note(&self->s, "no answer, until close");
	memory_unmap(target, memory_page());
}

FIXTURE_SETUP(spoilt)
{
	harness_begin(_metadata);
	fault_begin(&self->s);
	self->unit = fault_unit_map();
}

FIXTURE_TEARDOWN(spoilt)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(spoilt, reserved_bits_are_ignored)
{
	answered(self, SVK_PRQ_SPOIL_RESERVED, SVK_CPL_OK, NULL);
}

TEST_F(spoilt, address_is_refused)
{
	answered(self, SVK_PRQ_SPOIL_ADDRESS, SVK_CPL_FAULT_WRITE, "Address is not canonical");
}

/* Requests without an answer count as outstanding for the device, until it is reset. */
TEST_F_TIMEOUT(spoilt, waits_until_its_owner_gives_up, 60)
{
	harness_step("unknown_pasid");
	unanswered(self, SVK_PRQ_SPOIL_PASID, NULL);
	harness_step("neither_read_nor_write");
	unanswered(self, SVK_PRQ_SPOIL_ACCESS, NULL);
	harness_step("group_without_end");
	unanswered(self, SVK_PRQ_SPOIL_LAST, NULL);
	harness_step("unknown_source");
	unanswered(self, SVK_PRQ_SPOIL_SOURCE, "Invalid page request");

	harness_step("reset_forgets_them");
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("reset"), "1"), 0);
	fault_reopen_all(&self->s);
	fault_bystander_asks(&self->s);
}

HARNESS_MAIN(fault_require_unit)
