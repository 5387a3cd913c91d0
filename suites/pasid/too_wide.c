// SPDX-License-Identifier: GPL-2.0
/*
 * A process whose PASID a second device has no bits for: binding it there is EOVERFLOW
 * (drivers/iommu/iommu-sva.c), and nothing has changed. It keeps its PASID and goes on with the
 * first device; a process with a PASID that the second device can have is bound to both.
 *
 * Only with a second device of fewer bits: HW=--pasid-width=20,3.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "harness.h"
#include "memory.h"
#include "pci_config.h"
#include "pf.h"
#include "process.h"

#define PATTERN 0x1717171717171717ULL

#define MOST 64 /* processes */
/* until a PASID is free whose process has been reaped; seen: 0.1 s */
#define WAIT_MS 10000

static u32 second_pasids; /* how many numbers the second device has room for */

static void expect_works(struct svk_queue *q)
{
	u8 *mem = memory_map(memory_page());

	CHECK_STATUS(svk_queue_run(q, svk_desc_fill(mem, PATTERN, memory_page())), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(mem, memory_page(), (u8)PATTERN), memory_page());
	memory_unmap(mem, memory_page());
}

/* What the parent says to a process that holds its PASID. */
enum word {
	WORD_END,
	WORD_TRY_SECOND
};

static void expect_refused(struct svk_queue *first)
{
	u32 pasid = svk_queue_info(first).pasid;
	struct svk_queue second;

	svk_device_select(SVK_DEVICE_SECOND);
	CHECK_ERRNO(__svk_queue_open(&second), -EOVERFLOW);
	CHECK_ERRNO(__svk_queue_open(&second), -EOVERFLOW);
	CHECK_EQ(svk_queue_info(first).pasid, pasid);
	expect_works(first);
	svk_device_select(SVK_DEVICE_FIRST);
	svk_queue_open(&second);
	CHECK_EQ(svk_queue_info(&second).pasid, pasid);
	expect_works(&second);
	svk_queue_close(&second);
}

static void holder_main(struct process *parent, void *arg)
{
	struct svk_queue q;

	(void)arg;
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);
	if (process_hear(parent) == WORD_TRY_SECOND)
		expect_refused(&q);
	svk_queue_close(&q);
}

FIXTURE(too_wide)
{
	struct process holder[MOST];
	unsigned int nr; /* all but the last one could be bound to the second device, too */
};

static void end_one(FIXTURE_DATA(too_wide) *t, enum word word)
{
	process_tell(&t->holder[--t->nr], word);
	process_end(&t->holder[t->nr]);
}

/* The lowest PASID that is free is given, until what is given does not fit. */
FIXTURE_SETUP(too_wide)
{
	harness_begin(_metadata);
	svk_device_select(SVK_DEVICE_FIRST);
	do {
		REQUIRE(self->nr < MOST, "%u processes, and PASIDs still fit", self->nr);
		process_start(&self->holder[self->nr], holder_main, NULL);
	} while (process_hear(&self->holder[self->nr++]) < second_pasids);
}

FIXTURE_TEARDOWN(too_wide)
{
	while (self->nr)
		end_one(self, WORD_END);
	harness_end(_metadata);
}

TEST_F(too_wide, is_refused_and_changes_nothing)
{
	end_one(self, WORD_TRY_SECOND);
}

/*
 * The address space of a process that has been reaped lives on until the notifier of its SVA domain
 * has had its grace period (mmu_notifier_put()), and its PASID with it.
 */
static void both_main(struct process *parent, void *arg)
{
	struct clock_wait wait = clock_wait_for(WAIT_MS);
	struct svk_queue first, second;
	int ret;

	(void)arg;
	svk_device_select(SVK_DEVICE_SECOND);
	while ((ret = __svk_queue_open(&second)) == -ENOSPC && clock_wait_again(&wait))
		;
	REQUIRE_ERRNO(ret, 0);
	svk_device_select(SVK_DEVICE_FIRST);
	svk_queue_open(&first);
	CHECK_EQ(svk_queue_info(&first).pasid, svk_queue_info(&second).pasid);
	expect_works(&second);
	expect_works(&first);
	svk_queue_close(&first);
	svk_queue_close(&second);
	process_tell(parent, 1);
}

/* One that fits goes back, and who asks next gets it. */
TEST_F(too_wide, one_that_fits_is_of_both)
{
	struct process child;

	end_one(self, WORD_END);
	end_one(self, WORD_END);
	process_start(&child, both_main, NULL);
	process_hear(&child);
	process_end(&child);
}

/* Return: how many PASIDs the function @bdf has room for (PCIe 7.8.9.2). */
static u32 room(const char *bdf)
{
	unsigned int cap = pci_config_ext_cap(bdf, PCI_CONFIG_PASID);

	return cap ? 1u << (pci_config_read(bdf, cap + 4, 2) >> 8 & 0x1f) : 0;
}

static void require(void)
{
	u32 first;

	svk_require_root();
	first = room(svk_pci_address());
	if (!pf_borrow_second())
		ktap_skip_all("one accelerator, and no other: VIA=both");
	second_pasids = room(getenv("SVAKIT_DEVICE_2"));
	if (second_pasids >= first)
		ktap_skip_all(
			"the second device has as many PASIDs as the first: HW=--pasid-width=20,3");
	svk_require_two();
}

HARNESS_MAIN(require)
