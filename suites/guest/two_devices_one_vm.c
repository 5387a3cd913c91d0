// SPDX-License-Identifier: GPL-2.0
/*
 * One process and two mediated devices of one VM: to this kernel it has one
 * PASID, in hardware each device sends its own. What one writes the other
 * reads; munmap() stops both; closing one leaves the other alone.
 */
#include <stdint.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"

#define SIZE (64 * 1024)

FIXTURE(two_devices)
{
	struct svk_queue queue[SVK_DEVICES];
	u8 *src;
	u8 *middle;
	u8 *dst;
};

static void open_both(FIXTURE_DATA(two_devices) *self)
{
	enum svk_which i;

	for (i = 0; i < SVK_DEVICES; i++) {
		svk_device_select(i);
		svk_queue_open(&self->queue[i]);
	}
}

/* Return: the PASID that the hardware sends for the queue on device @which. */
static u32 sent_pasid(FIXTURE_DATA(two_devices) *self, enum svk_which which)
{
	const void *regs;
	u32 sent;

	svk_device_select(which);
	regs = svk_regs_map();
	sent = svk_reg_sent_pasid(regs, svk_queue_info(&self->queue[which]).queue);
	svk_regs_unmap(regs);
	CHECK(sent & SVK_QCFG_PASID_VALID, "device %d sends no PASID: 0x%x", which, sent);
	return (u32)svk_get(SVK_QCFG_PASID_MASK, sent);
}

FIXTURE_SETUP(two_devices)
{
	harness_begin(_metadata);
	self->src = memory_map(SIZE);
	self->middle = memory_map(SIZE);
	self->dst = memory_map(SIZE);
	memory_pattern(self->src, SIZE, 1);
	open_both(self);
}

FIXTURE_TEARDOWN(two_devices)
{
	svk_queue_close(&self->queue[SVK_DEVICE_FIRST]);
	svk_queue_close(&self->queue[SVK_DEVICE_SECOND]);
	svk_device_select(SVK_DEVICE_FIRST);
	harness_end(_metadata);
}

static void share(FIXTURE_DATA(two_devices) *self)
{
	CHECK_STATUS(svk_queue_run(&self->queue[0], svk_desc_copy(self->middle, self->src, SIZE)),
		     SVK_CPL_OK);
	CHECK_STATUS(svk_queue_run(&self->queue[1], svk_desc_copy(self->dst, self->middle, SIZE)),
		     SVK_CPL_OK);
	CHECK_EQ(memory_diff(self->src, self->dst, SIZE), SIZE);
}

TEST_F(two_devices, share_memory)
{
	share(self);
}

TEST_F(two_devices, stop_at_munmap)
{
	struct svk_result res;
	enum svk_which i;

	share(self);
	memory_unmap(self->middle, SIZE);
	for (i = 0; i < SVK_DEVICES; i++) {
		res = svk_queue_run(&self->queue[i], svk_desc_copy(self->dst, self->middle, SIZE));
		CHECK_STATUS(res, SVK_CPL_FAULT_READ);
		CHECK_EQ(res.fault_addr, (uintptr_t)self->middle);
	}
}

TEST_F(two_devices, close_one_by_one)
{
	svk_queue_close(&self->queue[SVK_DEVICE_FIRST]);
	memory_pattern(self->src, SIZE, 2);
	CHECK_STATUS(svk_queue_run(&self->queue[1], svk_desc_copy(self->dst, self->src, SIZE)),
		     SVK_CPL_OK);
	CHECK_EQ(memory_diff(self->src, self->dst, SIZE), SIZE);
}

TEST_F(two_devices, one_pasid_here_and_two_in_hardware)
{
	u32 first = svk_queue_info(&self->queue[SVK_DEVICE_FIRST]).pasid;
	u32 second = svk_queue_info(&self->queue[SVK_DEVICE_SECOND]).pasid;
	u32 host[SVK_DEVICES];

	ktap_note("pasid", "%u", first);
	CHECK_EQ(first, second);
	host[0] = sent_pasid(self, SVK_DEVICE_FIRST);
	host[1] = sent_pasid(self, SVK_DEVICE_SECOND);
	ktap_note("host_pasid", "%u %u", host[0], host[1]);
	CHECK(host[0] != host[1], "both devices send PASID %u", host[0]);
}

HARNESS_MAIN(svk_require_two)
