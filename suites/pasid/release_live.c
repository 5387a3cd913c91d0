// SPDX-License-Identifier: GPL-2.0
/*
 * A function is removed while a process is bound to it: its context entry goes, and with it the
 * whole of its PASID table, however many queues are open. Scanned again it has a new one, in which
 * there is nobody but who binds then.
 *
 * Would have caught 81e921fd3216 ("iommu/vt-d: Fix NULL domain on device release"), with which the
 * context entry of a removed function stays present.
 */
#include <string.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "unit_tables.h"

#define SIZE 4096

FIXTURE(release_live)
{
	struct svk_queue q;
	u8 *src;
	u8 *dst;
};

FIXTURE_SETUP(release_live)
{
	harness_begin(_metadata);
	self->src = memory_map(SIZE);
	self->dst = memory_map(SIZE);
	memory_pattern(self->src, SIZE, 1);
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(release_live)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

/* Of the function, one for each PASID. */
static unsigned int entries(void)
{
	return unit_tables_count(svk_pci_address());
}

static void expect_dma(FIXTURE_DATA(release_live) *t)
{
	memset(t->dst, 0, SIZE);
	CHECK_STATUS(svk_queue_run(&t->q, svk_desc_copy(t->dst, t->src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(t->src, t->dst, SIZE), SIZE);
}

TEST_F(release_live, its_entries_are_gone)
{
	unsigned int bound = entries(), unbound;

	expect_dma(self);
	svk_queue_close(&self->q);
	unbound = entries();
	/* that of the process comes and goes; those of the function itself stay */
	CHECK_EQ(bound, unbound + 1);
	CHECK(unbound, "no context entry of %s", svk_pci_address());

	svk_queue_open(&self->q);
	expect_dma(self);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	CHECK_EQ(entries(), 0);

	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	REQUIRE_ERRNO(__svk_device_find(), 0);
	CHECK_EQ(entries(), unbound);
	svk_queue_close(&self->q);
	svk_queue_open(&self->q);
	CHECK_EQ(entries(), bound);
	expect_dma(self);
}

HARNESS_MAIN(unit_tables_require)
