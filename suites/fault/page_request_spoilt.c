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
#include "ktap.h"
#include "memory.h"

#define PATTERN 0x7474747474747474ULL
#define QUEUE_WAIT_MS 2000

static struct fault_scene s;
static volatile void *unit;

/* The kernel has taken every request from the unit's queue. */
static void wait_until_taken(void)
{
	struct clock_wait wait = clock_wait_for(QUEUE_WAIT_MS);

	while (fault_unit_read(unit, VTD_PQH) != fault_unit_read(unit, VTD_PQT))
		REQUIRE(clock_wait_again(&wait), "requests stay in the queue");
}

/* Return: ticket of a descriptor that asks for one page, and whose request is spoilt. */
static u32 ask(u8 *target, enum svk_prq_spoil how)
{
	struct svk_desc desc = svk_desc_fill(target, PATTERN, memory_page());
	u32 ticket;

	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	fault_arm(&s, fault_rule(SVK_INJECT_PRQ_MALFORMED, how));
	ticket = svk_queue_submit(&s.q, desc);
	fault_wait_struck(&s);
	return ticket;
}

static void answered(const char *name, enum svk_prq_spoil how, u32 status, const char *logged)
{
	u8 *target = memory_untouched(memory_page());
	struct svk_result res;

	ktap_case(name);
	res = svk_queue_wait(&s.q, ask(target, how));
	CHECK_STATUS(res, status);
	if (status == SVK_CPL_FAULT_WRITE)
		CHECK_EQ(res.fault_addr, (uintptr_t)target);
	if (logged)
		fault_expect_logged(logged);
	fault_note(&s, "%s: %s", name, svk_status_name(res.status));
	memory_unmap(target, memory_page());
}

static void unanswered(const char *name, enum svk_prq_spoil how, const char *logged)
{
	u8 *target = memory_untouched(memory_page());
	struct svk_result res;
	u32 ticket;

	ktap_case(name);
	ticket = ask(target, how);
	wait_until_taken();
	if (logged)
		fault_expect_logged(logged);
	/* Behind it the kernel has answered another one. */
	fault_bystander_asks(&s);
	CHECK(__svk_cpl_wait(&s.q.cpl[ticket % SVK_QUEUE_ENTRIES], 0, &res), "it was answered: %s",
	      svk_status_name(res.status));
	fault_reopen(&s);
	fault_expect_dma(&s.q, s.dst, s.src);
	fault_note(&s, "%s: no answer, until close", name);
	memory_unmap(target, memory_page());
}

/* The requests without an answer still count as outstanding for the device. */
static void reset_forgets(void)
{
	ktap_case("reset_forgets_them");
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("reset"), "1"), 0);
	fault_reopen_all(&s);
	fault_bystander_asks(&s);
}

int main(void)
{
	svk_require_root();
	if (!fault_unit_here())
		ktap_skip_all("the remapping unit is not this machine's");
	fault_begin(&s, 7);
	unit = fault_unit_map();
	answered("reserved_bits_are_ignored", SVK_PRQ_SPOIL_RESERVED, SVK_CPL_OK, NULL);
	answered("address_is_refused", SVK_PRQ_SPOIL_ADDRESS, SVK_CPL_FAULT_WRITE,
		 "Address is not canonical");
	unanswered("unknown_pasid", SVK_PRQ_SPOIL_PASID, NULL);
	unanswered("neither_read_nor_write", SVK_PRQ_SPOIL_ACCESS, NULL);
	unanswered("group_without_end", SVK_PRQ_SPOIL_LAST, NULL);
	unanswered("unknown_source", SVK_PRQ_SPOIL_SOURCE, "Invalid page request");
	reset_forgets();
	return fault_end(&s);
}
