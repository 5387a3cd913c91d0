// SPDX-License-Identifier: GPL-2.0
/*
 * On a mediated device the PASID that this kernel gave to the process stands in
 * the queue's register, the hardware sends another one, and the copy reaches
 * this process all the same: the numbers are translated, not passed through.
 */
#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "ktap.h"
#include "memory.h"

#define SIZE (64 * 1024)

int main(void)
{
	u8 *src, *dst;
	struct svk_accel_info info;
	struct svk_result res;
	struct svk_queue q;
	const void *regs;
	u32 sent;

	svk_require_root();
	ktap_start(3);
	src = memory_map(SIZE);
	dst = memory_map(SIZE);
	memory_pattern(src, SIZE, 1);
	svk_queue_open(&q);
	info = svk_queue_info(&q);
	regs = svk_regs_map();

	ktap_case("queue_holds_the_pasid_of_this_kernel");
	CHECK(info.pasid, "the process has PASID 0");
	CHECK_EQ(svk_reg_queue_pasid(regs, info.queue), info.pasid | SVK_QCFG_PASID_VALID);

	ktap_case("hardware_sends_another");
	sent = svk_reg_sent_pasid(regs, info.queue);
	ktap_note("pasid", "%u", info.pasid);
	ktap_note("host_pasid", "%llu", (unsigned long long)svk_get(SVK_QCFG_PASID_MASK, sent));
	CHECK(sent & SVK_QCFG_PASID_VALID, "no PASID is sent: 0x%x", sent);
	CHECK(svk_get(SVK_QCFG_PASID_MASK, sent) != info.pasid,
	      "PASID %u is the same in the guest and in hardware", info.pasid);

	ktap_case("copy_reaches_this_process");
	res = svk_queue_run(&q, svk_desc_copy(dst, src, SIZE));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);

	svk_regs_unmap(regs);
	svk_queue_close(&q);
	return ktap_finish();
}
