// SPDX-License-Identifier: GPL-2.0
/*
 * A descriptor that breaks a rule, or names memory that is not there, completes
 * with the status that docs/accelerator.md gives for it, writes nothing else,
 * and the queue goes on.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "ktap.h"
#include "memory.h"

#define PAGE ((size_t)SVK_ACCEL_PAGE)

static struct svk_queue q;
static u8 *src, *dst, *hole; /* a page each; nobody may touch hole */

/* As svk_queue_run(), and the queue still works afterwards. */
static struct svk_result run(struct svk_desc desc)
{
	struct svk_result res = svk_queue_run(&q, desc);

	REQUIRE_STATUS(svk_queue_run(&q, svk_desc_nop()), SVK_CPL_OK);
	return res;
}

static void bad_opcode(void)
{
	struct svk_desc desc = svk_desc_nop();

	ktap_case("bad_opcode");
	desc.ctrl = cpu_to_le32(SVK_OP_COUNT);
	CHECK_STATUS(run(desc), SVK_CPL_BAD_OPCODE);
	desc.ctrl = cpu_to_le32(0xff);
	CHECK_STATUS(run(desc), SVK_CPL_BAD_OPCODE);
}

static void bad_flags(void)
{
	struct svk_desc desc;
	u32 bit;

	ktap_case("bad_flags");
	for (bit = 11; bit < 32; bit++) {
		desc = svk_desc_nop();
		desc.ctrl |= cpu_to_le32(1u << bit);
		CHECK_STATUS(run(desc), SVK_CPL_BAD_FLAGS);
	}
	desc = svk_desc_copy(dst, src, PAGE);
	desc.pad[1] = cpu_to_le64(1);
	CHECK_STATUS(run(desc), SVK_CPL_BAD_FLAGS);
	desc = svk_desc_copy(dst, src, PAGE);
	desc.operand = cpu_to_le64(1);
	CHECK_STATUS(run(desc), SVK_CPL_BAD_FLAGS);
}

static void bad_size(void)
{
	u64 cap = svk_queue_info(&q).cap;
	u64 most = 1ULL << svk_get(SVK_GLB_CAP_XFER_SHIFT, cap);
	struct svk_desc desc = svk_desc_nop();

	ktap_case("bad_size");
	CHECK_STATUS(run(svk_desc_copy(dst, src, 0)), SVK_CPL_BAD_SIZE);
	CHECK_STATUS(run(svk_desc_fill(dst, 0, most + 1)), SVK_CPL_BAD_SIZE);
	CHECK_STATUS(run(svk_desc_batch((void *)dst, 0)), SVK_CPL_BAD_SIZE);
	CHECK_STATUS(run(svk_desc_batch((void *)dst, svk_get(SVK_GLB_CAP_BATCH, cap) + 1)),
		     SVK_CPL_BAD_SIZE);
	desc.size = cpu_to_le64(1);
	CHECK_STATUS(run(desc), SVK_CPL_BAD_SIZE);
}

static void bad_address(void)
{
	u8 *top = (u8 *)~0ul - 100;

	ktap_case("bad_address");
	CHECK_STATUS(run(svk_desc_copy(dst + 1, dst, PAGE - 1)), SVK_CPL_BAD_ADDR);
	CHECK_STATUS(run(svk_desc_copy(top, src, PAGE)), SVK_CPL_BAD_ADDR);
	CHECK_STATUS(run(svk_desc_copy(dst, top, PAGE)), SVK_CPL_BAD_ADDR);
	CHECK_STATUS(run(svk_desc_batch((void *)(dst + 32), 2)), SVK_CPL_BAD_ADDR);
}

static void faults(void)
{
	const u8 *kernel = (u8 *)0xffffffff80000000, *bent = (u8 *)0x0000900000000000;
	struct svk_result res;

	ktap_case("faults");
	res = run(svk_desc_copy(dst, hole, PAGE));
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, (uintptr_t)hole);
	res = run(svk_desc_fill(hole + 8, 0, 8));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)hole + 8);
	CHECK_STATUS(run(svk_desc_crc32c(NULL, 0, 1)), SVK_CPL_FAULT_READ);
	/* A process that cannot read the kernel cannot have the device read it. */
	CHECK_STATUS(run(svk_desc_copy(dst, kernel, PAGE)), SVK_CPL_FAULT_READ);
	/* Not canonical with 48-bit addresses, not mapped with 57-bit ones. */
	CHECK_STATUS(run(svk_desc_copy(dst, bent, PAGE)), SVK_CPL_FAULT_READ);

	memory_protect(src, PAGE, PROT_READ);
	res = run(svk_desc_fill(src, 0, 8));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)src);
}

/* The portal is mapped, but it is no memory: the device does not talk to itself. */
static void device_memory(void)
{
	struct svk_result res;

	ktap_case("device_memory");
	res = run(svk_desc_copy(dst, q.portal, 8));
	CHECK(res.status == SVK_CPL_BUS_ERROR || res.status == SVK_CPL_FAULT_READ,
	      "reading the portal by DMA: %s", svk_status_name(res.status));
}

static void bad_batch_members(void)
{
	struct svk_desc *members = memory_map(PAGE);
	struct svk_result res;
	int i;

	ktap_case("bad_batch_members");
	for (i = 0; i < 4; i++)
		members[i] = svk_desc_nop();
	members[2] = svk_desc_fill(hole, 0, 8);
	members[3] = svk_desc_fill(dst, ~0ull, 8); /* must not be reached */
	res = run(svk_desc_batch(members, 4));
	CHECK_STATUS(res, SVK_CPL_ABORTED_BATCH);
	CHECK_EQ(res.result, 2);
	CHECK_EQ(res.done, 2);

	members[0] = svk_desc_batch(members + 1, 1);
	res = run(svk_desc_batch(members, 4));
	CHECK_STATUS(res, SVK_CPL_ABORTED_BATCH);
	CHECK_EQ(res.result, 0);

	CHECK_STATUS(run(svk_desc_batch((void *)hole, 4)), SVK_CPL_FAULT_READ);
	memory_unmap(members, PAGE);
}

static void nothing_was_written(void)
{
	ktap_case("nothing_was_written");
	CHECK_EQ(memory_diff_byte(dst, PAGE, 0x77), PAGE);
}

int main(void)
{
	svk_require();
	ktap_start(8);
	ktap_expect_device_faults("addresses that are not canonical");
	src = memory_map(PAGE);
	dst = memory_map(PAGE);
	memset(dst, 0x77, PAGE);
	hole = memory_hole(PAGE);
	svk_queue_open(&q);
	bad_opcode();
	bad_flags();
	bad_size();
	bad_address();
	faults();
	device_memory();
	bad_batch_members();
	nothing_was_written();
	svk_queue_close(&q);
	return ktap_finish();
}
