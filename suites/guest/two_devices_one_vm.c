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
#include "ktap.h"
#include "memory.h"

#define SIZE (64 * 1024)

static struct svk_queue queue[SVK_DEVICES];
static u8 *src, *middle, *dst;

static void open_both(void)
{
	enum svk_which i;

	for (i = 0; i < SVK_DEVICES; i++) {
		svk_device_select(i);
		svk_queue_open(&queue[i]);
	}
}

/* Return: the PASID that the hardware sends for the queue on device @which. */
static u32 sent_pasid(enum svk_which which)
{
	const void *regs;
	u32 sent;

	svk_device_select(which);
	regs = svk_regs_map();
	sent = svk_reg_sent_pasid(regs, svk_queue_info(&queue[which]).queue);
	svk_regs_unmap(regs);
	CHECK(sent & SVK_QCFG_PASID_VALID, "device %d sends no PASID: 0x%x", which, sent);
	return (u32)svk_get(SVK_QCFG_PASID_MASK, sent);
}

static void pasids(void)
{
	u32 first = svk_queue_info(&queue[SVK_DEVICE_FIRST]).pasid;
	u32 second = svk_queue_info(&queue[SVK_DEVICE_SECOND]).pasid;
	u32 host[SVK_DEVICES];

	ktap_case("one_pasid_here");
	ktap_note("pasid", "%u", first);
	CHECK_EQ(first, second);

	ktap_case("two_in_hardware");
	host[0] = sent_pasid(SVK_DEVICE_FIRST);
	host[1] = sent_pasid(SVK_DEVICE_SECOND);
	ktap_note("host_pasid", "%u %u", host[0], host[1]);
	CHECK(host[0] != host[1], "both devices send PASID %u", host[0]);
}

static void one_writes_the_other_reads(void)
{
	ktap_case("one_writes_the_other_reads");
	CHECK_STATUS(svk_queue_run(&queue[0], svk_desc_copy(middle, src, SIZE)), SVK_CPL_OK);
	CHECK_STATUS(svk_queue_run(&queue[1], svk_desc_copy(dst, middle, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
}

static void munmap_stops_both(void)
{
	struct svk_result res;
	enum svk_which i;

	ktap_case("munmap_stops_both");
	memory_unmap(middle, SIZE);
	for (i = 0; i < SVK_DEVICES; i++) {
		res = svk_queue_run(&queue[i], svk_desc_copy(dst, middle, SIZE));
		CHECK_STATUS(res, SVK_CPL_FAULT_READ);
		CHECK_EQ(res.fault_addr, (uintptr_t)middle);
	}
}

static void the_other_goes_on(void)
{
	ktap_case("the_other_goes_on");
	svk_queue_close(&queue[SVK_DEVICE_FIRST]);
	memory_pattern(src, SIZE, 2);
	CHECK_STATUS(svk_queue_run(&queue[1], svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	svk_queue_close(&queue[SVK_DEVICE_SECOND]);
}

int main(void)
{
	svk_require_two();
	ktap_start(5);
	src = memory_map(SIZE);
	middle = memory_map(SIZE);
	dst = memory_map(SIZE);
	memory_pattern(src, SIZE, 1);
	open_both();
	pasids();
	one_writes_the_other_reads();
	munmap_stops_both();
	the_other_goes_on();
	return ktap_finish();
}
