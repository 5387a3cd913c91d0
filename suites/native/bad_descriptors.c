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
#include "harness.h"
#include "memory.h"

#define PAGE ((size_t)SVK_ACCEL_PAGE)

FIXTURE(bad_descriptor)
{
	struct svk_queue q;
	u8 *src;
	u8 *dst;
	u8 *hole; /* nobody may touch it */
};

/* As svk_queue_run(), and the queue still works afterwards. */
static struct svk_result run(FIXTURE_DATA(bad_descriptor) *self, struct svk_desc desc)
{
	struct svk_result res = svk_queue_run(&self->q, desc);

	REQUIRE_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
	return res;
}

FIXTURE_SETUP(bad_descriptor)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("addresses that are not canonical");
	self->src = memory_map(PAGE);
	self->dst = memory_map(PAGE);
	memset(self->dst, 0x77, PAGE);
	self->hole = memory_hole(PAGE);
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(bad_descriptor)
{
	/* Whatever was wrong, nothing was written. */
	CHECK_EQ(memory_diff_byte(self->dst, PAGE, 0x77), PAGE);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(bad_descriptor, opcode)
{
	struct svk_desc desc = svk_desc_nop();

	desc.ctrl = cpu_to_le32(SVK_OP_COUNT);
	CHECK_STATUS(run(self, desc), SVK_CPL_BAD_OPCODE);
	desc.ctrl = cpu_to_le32(0xff);
	CHECK_STATUS(run(self, desc), SVK_CPL_BAD_OPCODE);
}

TEST_F(bad_descriptor, flags)
{
	struct svk_desc desc;
	u32 bit;

	for (bit = 11; bit < 32; bit++) {
		desc = svk_desc_nop();
		desc.ctrl |= cpu_to_le32(1u << bit);
		CHECK_STATUS(run(self, desc), SVK_CPL_BAD_FLAGS);
	}
	desc = svk_desc_copy(self->dst, self->src, PAGE);
	desc.pad[1] = cpu_to_le64(1);
	CHECK_STATUS(run(self, desc), SVK_CPL_BAD_FLAGS);
	desc = svk_desc_copy(self->dst, self->src, PAGE);
	desc.operand = cpu_to_le64(1);
	CHECK_STATUS(run(self, desc), SVK_CPL_BAD_FLAGS);
}

TEST_F(bad_descriptor, size)
{
	u64 cap = svk_queue_info(&self->q).cap;
	u64 most = 1ULL << svk_get(SVK_GLB_CAP_XFER_SHIFT, cap);
	struct svk_desc desc = svk_desc_nop();

	CHECK_STATUS(run(self, svk_desc_copy(self->dst, self->src, 0)), SVK_CPL_BAD_SIZE);
	CHECK_STATUS(run(self, svk_desc_fill(self->dst, 0, most + 1)), SVK_CPL_BAD_SIZE);
	CHECK_STATUS(run(self, svk_desc_batch((void *)self->dst, 0)), SVK_CPL_BAD_SIZE);
	CHECK_STATUS(run(self,
			 svk_desc_batch((void *)self->dst, svk_get(SVK_GLB_CAP_BATCH, cap) + 1)),
		     SVK_CPL_BAD_SIZE);
	desc.size = cpu_to_le64(1);
	CHECK_STATUS(run(self, desc), SVK_CPL_BAD_SIZE);
}

TEST_F(bad_descriptor, address)
{
	u8 *top = (u8 *)~0ul - 100;

	CHECK_STATUS(run(self, svk_desc_copy(self->dst + 1, self->dst, PAGE - 1)),
		     SVK_CPL_BAD_ADDR);
	CHECK_STATUS(run(self, svk_desc_copy(top, self->src, PAGE)), SVK_CPL_BAD_ADDR);
	CHECK_STATUS(run(self, svk_desc_copy(self->dst, top, PAGE)), SVK_CPL_BAD_ADDR);
	CHECK_STATUS(run(self, svk_desc_batch((void *)(self->dst + 32), 2)), SVK_CPL_BAD_ADDR);
}

TEST_F(bad_descriptor, faults)
{
	const u8 *kernel = (u8 *)0xffffffff80000000, *bent = (u8 *)0x0000900000000000;
	struct svk_result res;

	res = run(self, svk_desc_copy(self->dst, self->hole, PAGE));
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, (uintptr_t)self->hole);
	res = run(self, svk_desc_fill(self->hole + 8, 0, 8));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)self->hole + 8);
	CHECK_STATUS(run(self, svk_desc_crc32c(NULL, 0, 1)), SVK_CPL_FAULT_READ);
	/* A process that cannot read the kernel cannot have the device read it. */
	CHECK_STATUS(run(self, svk_desc_copy(self->dst, kernel, PAGE)), SVK_CPL_FAULT_READ);
	/* Not canonical with 48-bit addresses, not mapped with 57-bit ones. */
	CHECK_STATUS(run(self, svk_desc_copy(self->dst, bent, PAGE)), SVK_CPL_FAULT_READ);

	memory_protect(self->src, PAGE, PROT_READ);
	res = run(self, svk_desc_fill(self->src, 0, 8));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)self->src);
}

/* The portal is mapped, but it is no memory: the device does not talk to itself. */
TEST_F(bad_descriptor, device_memory)
{
	struct svk_result res;

	res = run(self, svk_desc_copy(self->dst, self->q.portal, 8));
	CHECK(res.status == SVK_CPL_BUS_ERROR || res.status == SVK_CPL_FAULT_READ,
	      "reading the portal by DMA: %s", svk_status_name(res.status));
}

TEST_F(bad_descriptor, batch_members)
{
	struct svk_desc *members = memory_map(PAGE);
	struct svk_result res;
	int i;

	for (i = 0; i < 4; i++)
		members[i] = svk_desc_nop();
	members[2] = svk_desc_fill(self->hole, 0, 8);
	members[3] = svk_desc_fill(self->dst, ~0ull, 8); /* must not be reached */
	res = run(self, svk_desc_batch(members, 4));
	CHECK_STATUS(res, SVK_CPL_ABORTED_BATCH);
	CHECK_EQ(res.result, 2);
	CHECK_EQ(res.done, 2);

	members[0] = svk_desc_batch(members + 1, 1);
	res = run(self, svk_desc_batch(members, 4));
	CHECK_STATUS(res, SVK_CPL_ABORTED_BATCH);
	CHECK_EQ(res.result, 0);

	CHECK_STATUS(run(self, svk_desc_batch((void *)self->hole, 4)), SVK_CPL_FAULT_READ);
	memory_unmap(members, PAGE);
}

HARNESS_MAIN(svk_require)
