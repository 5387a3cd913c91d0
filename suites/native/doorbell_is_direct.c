// SPDX-License-Identifier: GPL-2.0
/*
 * A doorbell goes from the process straight to the hardware: each write arrives
 * there, and none is emulated by software on the way, not on a mediated device
 * either, whose other registers are trapped.
 */
#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "ktap.h"

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

int main(void)
{
	struct counts idle, before, after;
	struct svk_queue q;
	const void *regs;
	int i;

	svk_require_root();
	ktap_start(3);
	svk_queue_open(&q);
	regs = svk_regs_map();

	/* Reading a register of a mediated device is itself an emulated access. */
	idle = read_counts(regs);
	before = read_counts(regs);
	for (i = 0; i < WRITES; i++)
		svk_queue_doorbell(&q, q.tail);
	after = read_counts(regs);
	ktap_note("doorbells", "%llu trapped=%llu",
		  (unsigned long long)(after.doorbells - before.doorbells),
		  (unsigned long long)(after.trapped - before.trapped));

	ktap_case("every_write_arrives");
	CHECK_EQ(after.doorbells - before.doorbells, WRITES);

	ktap_case("none_is_emulated");
	CHECK_EQ(after.trapped - before.trapped, before.trapped - idle.trapped);

	ktap_case("queue_still_works");
	CHECK_STATUS(svk_queue_run(&q, svk_desc_nop()), SVK_CPL_OK);

	svk_regs_unmap(regs);
	svk_queue_close(&q);
	return ktap_finish();
}
