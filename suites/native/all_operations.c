// SPDX-License-Identifier: GPL-2.0
/*
 * Every opcode does what docs/accelerator.md says of it, at sizes and offsets
 * around page boundaries.
 */
#include <string.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "crc32c.h"
#include "harness.h"
#include "memory.h"

#define SIZE (64 * 1024)
#define BATCH 8

static const size_t sizes[] = {1, 7, 8, 4095, 4096, 4097, 3 * 4096 + 5, SIZE - 64};
static const size_t offsets[] = {0, 1, 63};

FIXTURE(operation)
{
	struct svk_queue q;
	u8 *src;
	u8 *dst;
};

/* Nothing is written beside [off, off + size). */
static void expect_confined(FIXTURE_DATA(operation) *self, size_t off, size_t size)
{
	CHECK_EQ(memory_diff_byte(self->dst, off, 0), off);
	CHECK_EQ(memory_diff_byte(self->dst + off + size, SIZE - off - size, 0), SIZE - off - size);
}

FIXTURE_SETUP(operation)
{
	harness_begin(_metadata);
	self->src = memory_map(SIZE);
	self->dst = memory_map(SIZE);
	memory_pattern(self->src, SIZE, 1);
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(operation)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(operation, nop_and_drain)
{
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_drain()), SVK_CPL_OK);
}

static void copy(FIXTURE_DATA(operation) *self, size_t off, size_t size)
{
	struct svk_result res;

	memset(self->dst, 0, SIZE);
	res = svk_queue_run(&self->q, svk_desc_copy(self->dst + off, self->src + 63 - off, size));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.done, size);
	CHECK_EQ(memory_diff(self->dst + off, self->src + 63 - off, size), size);
	expect_confined(self, off, size);
}

static void fill(FIXTURE_DATA(operation) *self, size_t off, size_t size)
{
	static const u8 pattern[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct svk_result res;
	__le64 word;
	size_t i;

	memset(self->dst, 0, SIZE);
	memcpy(&word, pattern, sizeof(word));
	res = svk_queue_run(&self->q, svk_desc_fill(self->dst + off, le64_to_cpu(word), size));
	CHECK_STATUS(res, SVK_CPL_OK);
	for (i = 0; i < size; i++) {
		if (self->dst[off + i] != pattern[i % sizeof(pattern)])
			break;
	}
	CHECK_EQ(i, size);
	expect_confined(self, off, size);
}

static void compare(FIXTURE_DATA(operation) *self, size_t off, size_t size)
{
	struct svk_result res;

	memcpy(self->dst + off, self->src, size);
	res = svk_queue_run(&self->q, svk_desc_compare(self->src, self->dst + off, size));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, size);

	self->dst[off + size - 1] ^= 0x80;
	res = svk_queue_run(&self->q, svk_desc_compare(self->src, self->dst + off, size));
	CHECK_STATUS(res, SVK_CPL_MISMATCH);
	CHECK_EQ(res.result, size - 1);
}

/* The check value that everybody gives for the polynomial of RFC 3720. */
static void crc32c_check_value(FIXTURE_DATA(operation) *self)
{
	struct svk_result res;

	memcpy(self->dst, "123456789", 9);
	res = svk_queue_run(&self->q, svk_desc_crc32c(self->dst, 0, 9));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, 0xe3069283);
	CHECK_EQ(crc32c(0, self->dst, 9), 0xe3069283);
}

static void crc32c_whole_and_chained(FIXTURE_DATA(operation) *self, size_t off, size_t size)
{
	u32 want = crc32c(0, self->src + off, size);
	size_t half = (size + 1) / 2;
	struct svk_result res;

	res = svk_queue_run(&self->q, svk_desc_crc32c(self->src + off, 0, size));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, want);
	if (size == half)
		return;
	res = svk_queue_run(&self->q, svk_desc_crc32c(self->src + off, 0, half));
	res = svk_queue_run(&self->q,
			    svk_desc_crc32c(self->src + off + half, (u32)res.result, size - half));
	CHECK_EQ(res.result, want);
}

TEST_F(operation, batch)
{
	struct svk_desc *members = memory_map(BATCH * sizeof(*members));
	size_t i, piece = SIZE / BATCH;
	struct svk_result res;

	memset(self->dst, 0, SIZE);
	for (i = 0; i < BATCH; i++)
		members[i] = svk_desc_copy(self->dst + i * piece, self->src + i * piece, piece);
	res = svk_queue_run(&self->q, svk_desc_batch(members, BATCH));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.done, BATCH);
	CHECK_EQ(memory_diff(self->dst, self->src, SIZE), SIZE);
	memory_unmap(members, BATCH * sizeof(*members));
}

/* Round the ring, with several under way; each descriptor reads what the one before wrote. */
TEST_F(operation, many_in_order)
{
	u32 i, ticket[SVK_QUEUE_ENTRIES / 2], nr = SVK_QUEUE_ENTRIES / 2;
	int round;

	for (round = 0; round < 5; round++) {
		memory_pattern(self->src, 4096, (u64)round);
		for (i = 0; i < nr; i++) {
			u8 *from = i ? self->dst + (i - 1) % 8 * 4096 : self->src;

			ticket[i] = svk_queue_submit(
				&self->q, svk_desc_copy(self->dst + i % 8 * 4096, from, 4096));
			svk_queue_submit(&self->q, svk_desc_drain());
		}
		for (i = 0; i < nr; i++)
			REQUIRE_STATUS(svk_queue_wait(&self->q, ticket[i]), SVK_CPL_OK);
		CHECK_EQ(memory_diff(self->src, self->dst + (nr - 1) % 8 * 4096, 4096), 4096);
		svk_queue_wait(&self->q, ticket[nr - 1] + 1);
	}
}

/* Call @check for every size at every offset from a page boundary. */
static void each_shape(FIXTURE_DATA(operation) *self,
		       void (*check)(FIXTURE_DATA(operation) *self, size_t off, size_t size))
{
	size_t o, s;

	for (o = 0; o < ARRAY_SIZE(offsets); o++) {
		for (s = 0; s < ARRAY_SIZE(sizes); s++)
			check(self, offsets[o], sizes[s]);
	}
}

TEST_F(operation, copy)
{
	each_shape(self, copy);
}

TEST_F(operation, fill)
{
	each_shape(self, fill);
}

TEST_F(operation, compare)
{
	each_shape(self, compare);
}

TEST_F(operation, crc32c)
{
	crc32c_check_value(self);
	each_shape(self, crc32c_whole_and_chained);
}

HARNESS_MAIN(svk_require)
