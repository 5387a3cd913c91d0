// SPDX-License-Identifier: GPL-2.0
/*
 * A doorbell goes from the process straight to the hardware: each write arrives
 * there, and none is emulated by software on the way, not on a mediated device
 * either, whose other registers are trapped.
 */
#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "harness.h"

#define WRITES 1000

/* What has been counted: doorbells by the model, emulated accesses by whoever emulates. */
struct counts {
	u64 doorbells;
	u64 trapped;
};

static struct counts read_counts(const void *regs)
{
	/* In this order, so that two readings are equally far apart in what they add themselves. */
	u64 doorbells = svk_reg64(regs, SVK_LAB_COUNTER(SVK_LAB_DOORBELL));

	return (struct counts){doorbells, svk_reg64(regs, SVK_LAB_TRAPPED)};
}

FIXTURE(doorbell)
{
	struct svk_queue q;
	const void *regs;
};

FIXTURE_SETUP(doorbell)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
	self->regs = svk_regs_map();
}

FIXTURE_TEARDOWN(doorbell)
{
	svk_regs_unmap(self->regs);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(doorbell, is_direct)
{
	struct counts idle, before, after;
	int i;

	/* Reading a register of a mediated device is itself an emulated access. */
	idle = read_counts(self->regs);
	before = read_counts(self->regs);
	for (i = 0; i < WRITES; i++)
		svk_queue_doorbell(&self->q, self->q.tail);
	after = read_counts(self->regs);
	ktap_note("doorbells", "%llu trapped=%llu",
		  (unsigned long long)(after.doorbells - before.doorbells),
		  (unsigned long long)(after.trapped - before.trapped));

	harness_step("every_write_arrives");
	CHECK_EQ(after.doorbells - before.doorbells, WRITES);

	harness_step("none_is_emulated");
	CHECK_EQ(after.trapped - before.trapped, before.trapped - idle.trapped);

	harness_step("queue_still_works");
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
}

HARNESS_MAIN(svk_require_root)
