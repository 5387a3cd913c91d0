// SPDX-License-Identifier: GPL-2.0
/*
 * A page request arrives twice, and the copy does not say that it is the last of
 * its group: half a group, whose end never comes. Its owner gives up and unbinds.
 * Whoever uses the group's index next must not have to answer for what is left
 * of it: each page that he asks for is his, and is brought.
 */
#include <sys/mman.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "clock.h"
#include "fault.h"
#include "fault_unit.h"
#include "ktap.h"
#include "memory.h"

#define PATTERN 0x7575757575757575ULL
/* Each use of a slot is another index; after so many the first comes again. */
#define REQUESTS 16
#define QUEUE_WAIT_MS 2000

static struct fault_scene s;

static struct svk_desc blocking_fill(u8 *target)
{
	struct svk_desc desc = svk_desc_fill(target, PATTERN, memory_page());

	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	return desc;
}

/* The owner of half a group, which the kernel has taken, unbinds; then its page is gone. */
static void leave_half_a_group(void)
{
	struct inject_rule spoil = fault_rule(SVK_INJECT_PRQ_MALFORMED, SVK_PRQ_SPOIL_LAST);
	struct clock_wait wait = clock_wait_for(QUEUE_WAIT_MS);
	volatile void *unit = fault_unit_map();
	u8 *target = memory_untouched(memory_page());
	u64 copies = inject_struck(SVK_INJECT_PRQ_DUPLICATE);

	fault_arm(&s, fault_rule(SVK_INJECT_PRQ_DUPLICATE, 0));
	/* The first passes, the copy is spoilt. */
	spoil.skip = 1;
	fault_arm(&s, spoil);
	CHECK_STATUS(svk_queue_run(&s.q, blocking_fill(target)), SVK_CPL_OK);
	while (fault_unit_read(unit, VTD_PQH) != fault_unit_read(unit, VTD_PQT))
		REQUIRE(clock_wait_again(&wait), "the kernel does not take the request");
	CHECK_EQ(inject_struck(SVK_INJECT_PRQ_DUPLICATE) - copies, 1);
	CHECK_EQ(fault_struck(&s), 1);
	fault_reopen(&s);
	/* Its address is not given to anybody else. */
	memory_protect(target, memory_page(), PROT_NONE);
}

int main(void)
{
	unsigned int i, refused = 0;
	u8 *pages;

	svk_require_root();
	if (!fault_unit_here())
		ktap_skip_all("the remapping unit is not this machine's");
	fault_begin(&s, 1);
	ktap_case("nobody_answers_for_it");
	leave_half_a_group();
	/* The bystander stays bound, so the kernel keeps all that it has of the device. */
	pages = memory_untouched(REQUESTS * memory_page());
	for (i = 0; i < REQUESTS; i++) {
		if (svk_queue_run(&s.q, blocking_fill(pages + i * memory_page())).status !=
		    SVK_CPL_OK)
			refused++;
	}
	CHECK(refused <= 1, "%u of %d requests were refused", refused, REQUESTS);
	if (refused) /* docs/findings.md */
		ktap_xfail_case("Linux keeps half a group for ever, and adds it to the next one");
	fault_note(&s, "%u of %d requests with pages of their own were refused", refused, REQUESTS);
	return fault_end(&s);
}
