// SPDX-License-Identifier: GPL-2.0
/*
 * What is no address cannot be asked for: the unit refuses it by itself, and
 * tells the kernel, which hears of no page request.
 */
#include <stdint.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "device_regs.h"
#include "kmsg.h"
#include "harness.h"
#include "memory.h"
#include "prq.h"

/* DEFAULT_RATELIMIT_INTERVAL of the kernel, and some more. */
#define RATELIMIT_MS 7000

FIXTURE(not_canonical)
{
	struct svk_queue q;
	const void *regs;
	int kmsg;
};

/* It is refused, and nobody is asked for a page. */
static void provoke(FIXTURE_DATA(not_canonical) *self, u64 addr)
{
	struct svk_desc desc = svk_desc_crc32c((void *)(uintptr_t)addr, 0, memory_page());
	struct prq_count before = prq_count(self->regs);
	struct svk_result res;

	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	res = svk_queue_run(&self->q, desc);
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, addr);
	CHECK_EQ(res.done, 0);
	CHECK_EQ(prq_count_since(self->regs, &before).sent, 0);
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
}

/*
 * dmar_fault() logs ten lines in five seconds, of all devices, and clears other faults without a
 * word: after a test that had many, the first ones here are among those.
 */
static void refused(FIXTURE_DATA(not_canonical) *self, u64 addr, const char *text)
{
	struct clock_wait wait = clock_wait_for(RATELIMIT_MS);

	provoke(self, addr);
	while (!kmsg_take(self->kmsg, "[fault reason 0x80]", text)) {
		if (!clock_wait_again(&wait)) {
			CHECK(false, "no fault at%s in the kernel's log", text);
			return;
		}
		provoke(self, addr);
	}
}

FIXTURE_SETUP(not_canonical)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("the unit records addresses that are not canonical");
	self->kmsg = kmsg_mark();
	self->regs = svk_regs_map();
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(not_canonical)
{
	svk_queue_close(&self->q);
	svk_regs_unmap(self->regs);
	harness_end(_metadata);
}

TEST_F(not_canonical, behind_the_lower_half)
{
	refused(self, 0x0000800000000000ULL, " addr 0x800000000000 ");
}

TEST_F(not_canonical, in_the_middle)
{
	refused(self, 0x5555000000000000ULL, " addr 0x5555000000000000 ");
}

HARNESS_MAIN(svk_require_root)
