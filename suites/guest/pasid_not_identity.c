// SPDX-License-Identifier: GPL-2.0
/*
 * On a mediated device the PASID that this kernel gave to the process stands in
 * the queue's register, the hardware sends another one, and the copy reaches
 * this process all the same: the numbers are translated, not passed through.
 */
#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"

#define SIZE (64 * 1024)

FIXTURE(guest_pasid)
{
	struct svk_queue q;
	struct svk_accel_info info;
	const void *regs;
};

FIXTURE_SETUP(guest_pasid)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
	self->info = svk_queue_info(&self->q);
	self->regs = svk_regs_map();
}

FIXTURE_TEARDOWN(guest_pasid)
{
	svk_regs_unmap(self->regs);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(guest_pasid, is_in_the_register)
{
	CHECK(self->info.pasid, "the process has PASID 0");
	CHECK_EQ(svk_reg_queue_pasid(self->regs, self->info.queue),
		 self->info.pasid | SVK_QCFG_PASID_VALID);
}

TEST_F(guest_pasid, is_not_what_the_hardware_sends)
{
	u32 sent = svk_reg_sent_pasid(self->regs, self->info.queue);

	ktap_note("pasid", "%u", self->info.pasid);
	ktap_note("host_pasid", "%llu", (unsigned long long)svk_get(SVK_QCFG_PASID_MASK, sent));
	CHECK(sent & SVK_QCFG_PASID_VALID, "no PASID is sent: 0x%x", sent);
	CHECK(svk_get(SVK_QCFG_PASID_MASK, sent) != self->info.pasid,
	      "PASID %u is the same in the guest and in hardware", self->info.pasid);
}

TEST_F(guest_pasid, reaches_this_process)
{
	u8 *src = memory_map(SIZE), *dst = memory_map(SIZE);

	memory_pattern(src, SIZE, 1);
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
}

HARNESS_MAIN(svk_require_root)
