// SPDX-License-Identifier: GPL-2.0
/*
 * Every opcode does what docs/accelerator.md says of it, at sizes and offsets
 * around page boundaries.
 */
#include <string.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "crc32c.h"
#include "ktap.h"
#include "memory.h"

#define SIZE (64 * 1024)
#define BATCH 8

static struct svk_queue q;
static u8 *src, *dst;

static const size_t sizes[] = {1, 7, 8, 4095, 4096, 4097, 3 * 4096 + 5, SIZE - 64};
static const size_t offsets[] = {0, 1, 63};

/* Call @check for every size at every offset from a page boundary. */
static void each_shape(void (*check)(size_t off, size_t size))
{
	size_t o, s;

	for (o = 0; o < ARRAY_SIZE(offsets); o++) {
		for (s = 0; s < ARRAY_SIZE(sizes); s++)
			check(offsets[o], sizes[s]);
	}
}

/* Nothing is written beside [off, off + size). */
static void expect_confined(size_t off, size_t size)
{
	CHECK_EQ(memory_diff_byte(dst, off, 0), off);
	CHECK_EQ(memory_diff_byte(dst + off + size, SIZE - off - size, 0), SIZE - off - size);
}

static void nop_and_drain(void)
{
	ktap_case("nop_and_drain");
	CHECK_STATUS(svk_queue_run(&q, svk_desc_nop()), SVK_CPL_OK);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_drain()), SVK_CPL_OK);
}

static void copy(size_t off, size_t size)
{
	struct svk_result res;

	memset(dst, 0, SIZE);
	res = svk_queue_run(&q, svk_desc_copy(dst + off, src + 63 - off, size));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.done, size);
	CHECK_EQ(memory_diff(dst + off, src + 63 - off, size), size);
	expect_confined(off, size);
}

static void fill(size_t off, size_t size)
{
	static const u8 pattern[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct svk_result res;
	__le64 word;
	size_t i;

	memset(dst, 0, SIZE);
	memcpy(&word, pattern, sizeof(word));
	res = svk_queue_run(&q, svk_desc_fill(dst + off, le64_to_cpu(word), size));
	CHECK_STATUS(res, SVK_CPL_OK);
	for (i = 0; i < size; i++) {
		if (dst[off + i] != pattern[i % sizeof(pattern)])
			break;
	}
	CHECK_EQ(i, size);
	expect_confined(off, size);
}

static void compare(size_t off, size_t size)
{
	struct svk_result res;

	memcpy(dst + off, src, size);
	res = svk_queue_run(&q, svk_desc_compare(src, dst + off, size));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, size);

	dst[off + size - 1] ^= 0x80;
	res = svk_queue_run(&q, svk_desc_compare(src, dst + off, size));
	CHECK_STATUS(res, SVK_CPL_MISMATCH);
	CHECK_EQ(res.result, size - 1);
}

/* The check value that everybody gives for the polynomial of RFC 3720. */
static void crc32c_check_value(void)
{
	struct svk_result res;

	memcpy(dst, "123456789", 9);
	res = svk_queue_run(&q, svk_desc_crc32c(dst, 0, 9));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, 0xe3069283);
	CHECK_EQ(crc32c(0, dst, 9), 0xe3069283);
}

static void crc32c_whole_and_chained(size_t off, size_t size)
{
	u32 want = crc32c(0, src + off, size);
	size_t half = (size + 1) / 2;
	struct svk_result res;

	res = svk_queue_run(&q, svk_desc_crc32c(src + off, 0, size));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, want);
	if (size == half)
		return;
	res = svk_queue_run(&q, svk_desc_crc32c(src + off, 0, half));
	res = svk_queue_run(&q, svk_desc_crc32c(src + off + half, (u32)res.result, size - half));
	CHECK_EQ(res.result, want);
}

static void batch(void)
{
	struct svk_desc *members = memory_map(BATCH * sizeof(*members));
	size_t i, piece = SIZE / BATCH;
	struct svk_result res;

	ktap_case("batch");
	memset(dst, 0, SIZE);
	for (i = 0; i < BATCH; i++)
		members[i] = svk_desc_copy(dst + i * piece, src + i * piece, piece);
	res = svk_queue_run(&q, svk_desc_batch(members, BATCH));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.done, BATCH);
	CHECK_EQ(memory_diff(dst, src, SIZE), SIZE);
	memory_unmap(members, BATCH * sizeof(*members));
}

/* Round the ring, with several under way; each descriptor reads what the one before wrote. */
static void many_in_order(void)
{
	u32 i, ticket[SVK_QUEUE_ENTRIES / 2], nr = SVK_QUEUE_ENTRIES / 2;
	int round;

	ktap_case("many_in_order");
	for (round = 0; round < 5; round++) {
		memory_pattern(src, 4096, (u64)round);
		for (i = 0; i < nr; i++) {
			u8 *from = i ? dst + (i - 1) % 8 * 4096 : src;

			ticket[i] =
				svk_queue_submit(&q, svk_desc_copy(dst + i % 8 * 4096, from, 4096));
			svk_queue_submit(&q, svk_desc_drain());
		}
		for (i = 0; i < nr; i++)
			REQUIRE_STATUS(svk_queue_wait(&q, ticket[i]), SVK_CPL_OK);
		CHECK_EQ(memory_diff(src, dst + (nr - 1) % 8 * 4096, 4096), 4096);
		svk_queue_wait(&q, ticket[nr - 1] + 1);
	}
}

int main(void)
{
	svk_require();
	ktap_start(7);
	src = memory_map(SIZE);
	dst = memory_map(SIZE);
	memory_pattern(src, SIZE, 1);
	svk_queue_open(&q);
	nop_and_drain();
	ktap_case("copy");
	each_shape(copy);
	ktap_case("fill");
	each_shape(fill);
	ktap_case("compare");
	each_shape(compare);
	ktap_case("crc32c");
	crc32c_check_value();
	each_shape(crc32c_whole_and_chained);
	batch();
	many_in_order();
	svk_queue_close(&q);
	return ktap_finish();
}
