// SPDX-License-Identifier: GPL-2.0
/* Every opcode on real bytes, and every rule of a descriptor broken on its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accel_fixture.h"
#include "trace.h"

#define SRC 0x10000000ULL
#define DST 0x20000000ULL
#define PAGES 40
#define BYTES (PAGES * FX_PAGE)
#define MAX_XFER (1ULL << 30)

static int setup(void **state)
{
	struct fx *f = fx_new(NULL);

	fx_buffer(f, FX_PASID, SRC, PAGES, FX_RW);
	fx_buffer(f, FX_PASID, DST, PAGES, FX_RW);
	fx_fill_random(f, FX_PASID, SRC, BYTES, 1);
	fx_queue_open(f, 0, FX_PASID, 16);
	*state = f;
	return 0;
}

/* Sizes and alignments on both sides of byte, word, page and chunk boundaries. */
static const struct {
	u64 src_off;
	u64 dst_off;
	u64 size;
} shapes[] = {
	{0, 0, 1},	 {0, 0, 4096},	     {1, 0, 4096},
	{0, 4095, 2},	 {4095, 1, 8193},    {0, 0, 0x10000},
	{0, 0, 0x10001}, {7, 4093, 0x10000}, {4095, 3, 2 * 0x10000 + 5},
	{0, 0, BYTES},	 {3, 0, BYTES - 3},
};

#define SHAPES (ARRAY_SIZE(shapes))

static void expect_bytes(struct fx *f, u64 va, const u8 *want, size_t len)
{
	u8 *got = malloc(len);

	fx_read(f, FX_PASID, va, got, len);
	assert_memory_equal(got, want, len);
	free(got);
}

static void copy(void **state)
{
	struct fx *f = *state;
	u8 *want = malloc(BYTES);
	u8 *all = malloc(BYTES);
	unsigned int i;

	for (i = 0; i < SHAPES; i++) {
		u64 size = shapes[i].size;
		struct svk_desc d = fx_desc(0, SVK_OP_COPY, SRC + shapes[i].src_off,
					    DST + shapes[i].dst_off, size);
		u64 bytes = fx_count(f, SVK_LAB_BYTES);
		struct svk_cpl cpl;

		fx_read(f, FX_PASID, DST, all, BYTES);
		fx_fill_random(f, FX_PASID, SRC, BYTES, i + 10);
		fx_read(f, FX_PASID, SRC + shapes[i].src_off, want, size);
		memcpy(all + shapes[i].dst_off, want, size);
		cpl = fx_expect(f, 0, &d, SVK_CPL_OK);
		assert_int_equal(cpl.done, size);
		assert_int_equal(cpl.result, 0);
		assert_int_equal(cpl.fault_addr, 0);
		expect_bytes(f, DST, all, BYTES);
		assert_int_equal(fx_count(f, SVK_LAB_BYTES) - bytes, 2 * size);
	}
	free(want);
	free(all);
}

/* Adjacent ranges are fine; memory that is the same under two addresses does not crash. */
static void copy_of_neighbours_and_aliases(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_COPY, SRC, SRC + 2 * FX_PAGE, 2 * FX_PAGE);
	u64 gpa = fx_pages(f, 2);

	fx_expect(f, 0, &d, SVK_CPL_OK);
	d.src = SRC + 2 * FX_PAGE;
	d.dst = SRC;
	fx_expect(f, 0, &d, SVK_CPL_OK);
	fx_map(f, FX_PASID, 0x30000000, gpa, FX_RW);
	fx_map(f, FX_PASID, 0x30001000, gpa + FX_PAGE, FX_RW);
	fx_map(f, FX_PASID, 0x40000000, gpa, FX_RW);
	fx_map(f, FX_PASID, 0x40001000, gpa + FX_PAGE, FX_RW);
	d.src = 0x30000000;
	d.dst = 0x40000010;
	d.size = FX_PAGE;
	fx_expect(f, 0, &d, SVK_CPL_OK);
}

static void fill(void **state)
{
	static const u8 pattern[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
	struct fx *f = *state;
	u8 *want = malloc(BYTES);
	unsigned int i;
	u64 n;

	for (i = 0; i < SHAPES; i++) {
		struct svk_desc d =
			fx_desc(0, SVK_OP_FILL, 0, DST + shapes[i].dst_off, shapes[i].size);

		d.operand = 0x8877665544332211ULL;
		fx_fill_random(f, FX_PASID, DST, BYTES, i);
		fx_read(f, FX_PASID, DST, want, BYTES);
		for (n = 0; n < shapes[i].size; n++)
			want[shapes[i].dst_off + n] = pattern[n % 8];
		assert_int_equal(fx_expect(f, 0, &d, SVK_CPL_OK).done, shapes[i].size);
		expect_bytes(f, DST, want, BYTES);
	}
	free(want);
}

static void compare(void **state)
{
	struct fx *f = *state;
	u8 *bytes = malloc(BYTES);
	unsigned int i, n;

	fx_read(f, FX_PASID, SRC, bytes, BYTES);
	for (i = 0; i < SHAPES; i++) {
		u64 size = shapes[i].size;
		struct svk_desc d = fx_desc(0, SVK_OP_COMPARE, SRC + shapes[i].src_off,
					    DST + shapes[i].dst_off, size);
		u64 at[] = {size - 1, size / 2, 0};
		struct svk_cpl cpl;
		u8 other;

		fx_write(f, FX_PASID, d.dst, bytes + shapes[i].src_off, size);
		cpl = fx_expect(f, 0, &d, SVK_CPL_OK);
		assert_int_equal(cpl.result, size);
		assert_int_equal(cpl.done, size);
		/* From the back, so that the first difference moves forward. */
		for (n = 0; n < 3; n++) {
			other = ~bytes[shapes[i].src_off + at[n]];
			fx_write(f, FX_PASID, d.dst + at[n], &other, 1);
			cpl = fx_expect(f, 0, &d, SVK_CPL_MISMATCH);
			assert_int_equal(cpl.result, at[n]);
			assert_int_equal(cpl.done, size);
		}
	}
	free(bytes);
}

/* Bit by bit, from the polynomial: no table, no library. */
static u32 crc32c(u32 crc, const u8 *p, size_t len)
{
	unsigned int bit;

	crc = ~crc;
	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void crc_check_value(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_CRC32C, SRC, 0, 9);

	fx_write(f, FX_PASID, SRC, "123456789", 9);
	assert_int_equal(fx_expect(f, 0, &d, SVK_CPL_OK).result, 0xe3069283);
	/* In two parts, the first's result as the second's seed. */
	d.size = 4;
	d.operand = fx_expect(f, 0, &d, SVK_CPL_OK).result;
	d.src = SRC + 4;
	d.size = 5;
	assert_int_equal(fx_expect(f, 0, &d, SVK_CPL_OK).result, 0xe3069283);
}

static void crc_of_every_shape(void **state)
{
	struct fx *f = *state;
	u8 *bytes = malloc(BYTES);
	unsigned int i;

	fx_read(f, FX_PASID, SRC, bytes, BYTES);
	for (i = 0; i < SHAPES; i++) {
		struct svk_desc d =
			fx_desc(0, SVK_OP_CRC32C, SRC + shapes[i].src_off, 0, shapes[i].size);
		struct svk_cpl cpl;

		d.operand = 0xdeadbeef;
		cpl = fx_expect(f, 0, &d, SVK_CPL_OK);
		assert_int_equal(cpl.result,
				 crc32c(0xdeadbeef, bytes + shapes[i].src_off, shapes[i].size));
		assert_int_equal(cpl.done, shapes[i].size);
	}
	free(bytes);
}

#define RECORD SVK_DESC_CPL_RECORD
#define CPL FX_CPL(0)

static const struct {
	struct svk_desc d;
	enum svk_status status;
} broken[] = {
	{{RECORD | SVK_OP_COUNT, 0, 0, 0, 0, 0, CPL, {0}}, SVK_CPL_BAD_OPCODE},
	{{RECORD | 0xff, 0, 0, 0, 0, 0, CPL, {0}}, SVK_CPL_BAD_OPCODE},
	{{RECORD | 1 << 11, 0, 0, 0, 0, 0, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD | 1u << 31, 0, 0, 0, 0, 0, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD, 0, 0, 0, 0, 0, CPL, {1, 0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD, 0, 0, 0, 0, 0, CPL, {0, 1}}, SVK_CPL_BAD_FLAGS},
	/* Fields that the opcode does not use. */
	{{RECORD, 0, SRC, 0, 0, 0, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD, 0, 0, DST, 0, 0, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD, 0, 0, 0, 0, 1, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD | SVK_OP_DRAIN, 0, 0, 0, 0, 1, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD | SVK_OP_COPY, 0, SRC, DST, 8, 1, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD | SVK_OP_COMPARE, 0, SRC, DST, 8, 1, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD | SVK_OP_FILL, 0, SRC, DST, 8, 0, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD | SVK_OP_CRC32C, 0, SRC, DST, 8, 0, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD | SVK_OP_CRC32C, 0, SRC, 0, 8, 1ULL << 32, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD | SVK_OP_BATCH, 0, SRC, DST, 2, 0, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD, 0, 0, 0, 1, 0, CPL, {0}}, SVK_CPL_BAD_SIZE},
	{{RECORD | SVK_OP_DRAIN, 0, 0, 0, 1, 0, CPL, {0}}, SVK_CPL_BAD_SIZE},
	{{RECORD | SVK_OP_COPY, 0, SRC, DST, 0, 0, CPL, {0}}, SVK_CPL_BAD_SIZE},
	{{RECORD | SVK_OP_COPY, 0, 0, MAX_XFER * 2, MAX_XFER + 1, 0, CPL, {0}}, SVK_CPL_BAD_SIZE},
	{{RECORD | SVK_OP_FILL, 0, 0, DST, ~0ULL, 0, CPL, {0}}, SVK_CPL_BAD_SIZE},
	{{RECORD | SVK_OP_BATCH, 0, SRC, 0, 0, 0, CPL, {0}}, SVK_CPL_BAD_SIZE},
	{{RECORD | SVK_OP_BATCH, 0, SRC, 0, 1025, 0, CPL, {0}}, SVK_CPL_BAD_SIZE},
	/* Ranges that wrap. */
	{{RECORD | SVK_OP_COPY, 0, ~0ULL, DST, 2, 0, CPL, {0}}, SVK_CPL_BAD_ADDR},
	{{RECORD | SVK_OP_COPY, 0, SRC, ~0ULL - 6, 8, 0, CPL, {0}}, SVK_CPL_BAD_ADDR},
	{{RECORD | SVK_OP_FILL, 0, 0, ~0ULL, 2, 0, CPL, {0}}, SVK_CPL_BAD_ADDR},
	{{RECORD | SVK_OP_CRC32C, 0, ~0ULL, 0, 2, 0, CPL, {0}}, SVK_CPL_BAD_ADDR},
	{{RECORD | SVK_OP_BATCH, 0, ~0ULL << 6, 0, 2, 0, CPL, {0}}, SVK_CPL_BAD_ADDR},
	{{RECORD | SVK_OP_BATCH, 0, SRC + 32, 0, 1, 0, CPL, {0}}, SVK_CPL_BAD_ADDR},
	/* Ranges that overlap: the same, by one byte above, by one byte below. */
	{{RECORD | SVK_OP_COPY, 0, SRC, SRC, 8, 0, CPL, {0}}, SVK_CPL_BAD_ADDR},
	{{RECORD | SVK_OP_COPY, 0, SRC, SRC + 7, 8, 0, CPL, {0}}, SVK_CPL_BAD_ADDR},
	{{RECORD | SVK_OP_COPY, 0, SRC + 7, SRC, 8, 0, CPL, {0}}, SVK_CPL_BAD_ADDR},
	/* Several at once: opcode, flags, size, address, in this order. */
	{{RECORD | 7 | 1 << 11, 0, 1, 1, 1, 1, CPL, {1, 0}}, SVK_CPL_BAD_OPCODE},
	{{RECORD | SVK_OP_COPY, 0, SRC, SRC, 0, 1, CPL, {0}}, SVK_CPL_BAD_FLAGS},
	{{RECORD | SVK_OP_COPY, 0, ~0ULL, SRC, 0, 0, CPL, {0}}, SVK_CPL_BAD_SIZE},
};

static void broken_rules(void **state)
{
	struct fx *f = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		struct svk_cpl got = fx_expect(f, 0, &broken[i].d, broken[i].status);

		assert_int_equal(got.done, 0);
		assert_int_equal(got.result, 0);
		assert_int_equal(got.fault_addr, 0);
	}
	/* A refused descriptor does not stop the queue, and touched nothing. */
	assert_int_equal(fx_count(f, SVK_LAB_BYTES), 0);
	fx_queue_state(f, 0, SVK_QSTATE_ENABLED, SVK_QERR_NONE);
}

/* Comparing a range with itself is allowed, so are the last bytes of the address space. */
static void allowed_extremes(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_COMPARE, SRC, SRC + 1, 8);

	fx_expect(f, 0, &d, SVK_CPL_MISMATCH);
	d.dst = SRC;
	fx_expect(f, 0, &d, SVK_CPL_OK);
	/* Not mapped, but within the rules: it fails for the right reason. */
	d = fx_desc(0, SVK_OP_CRC32C, ~0ULL, 0, 1);
	assert_int_equal(fx_expect(f, 0, &d, SVK_CPL_FAULT_READ).fault_addr, ~0ULL);
	d = fx_desc(0, SVK_OP_FILL, 0, 0x500000000000ULL, MAX_XFER);
	assert_int_equal(fx_expect(f, 0, &d, SVK_CPL_FAULT_WRITE).done, 0);
}

static void record_and_interrupt(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_NOP, 0, 0, 0);
	unsigned int n;

	/* Neither, interrupt, record, both. */
	for (n = 0; n < 4; n++) {
		u32 head = fx_q(f, 0, SVK_QCFG_HEAD);
		struct svk_cpl *cpl = fx_cpl(f, 0, FX_PASID, n);

		d.ctrl = SVK_OP_NOP | (n & 1 ? SVK_DESC_CPL_IRQ : 0) |
			 (n & 2 ? SVK_DESC_CPL_RECORD : 0);
		d.cpl = n & 2 ? FX_CPL(0) + n * sizeof(*cpl) : 0;
		fx_put(f, 0, FX_PASID, &d);
		fx_ring(f, 0);
		fx_poll(fx_q(f, 0, SVK_QCFG_HEAD) == head + 1);
		assert_int_equal(cpl->status, n & 2 ? SVK_CPL_OK : SVK_CPL_PENDING);
		assert_int_equal(fx_irqs(f, 1), (n + 1) / 2);
	}
	assert_int_equal(fx_irqs(f, 0), 0);
}

/* One line for each descriptor: queue, opcode, bytes done, status. */
static void completions_are_traced(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_COPY, SRC, DST, 4096);
	char *text = NULL;
	size_t len;
	FILE *out;

	f->machine.trace = trace_new(1024);
	fx_expect(f, 0, &d, SVK_CPL_OK);
	out = open_memstream(&text, &len);
	machine_lock(&f->machine);
	assert_int_equal(trace_dump(f->machine.trace, out), 0);
	trace_free(f->machine.trace);
	f->machine.trace = NULL;
	machine_unlock(&f->machine);
	fclose(out);
	assert_non_null(strstr(text, " dma "));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(copy, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(copy_of_neighbours_and_aliases, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(fill, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(compare, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(crc_check_value, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(crc_of_every_shape, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(broken_rules, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(allowed_extremes, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(record_and_interrupt, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(completions_are_traced, setup, fx_teardown),
	};

	return cmocka_run_group_tests_name("accel_ops", tests, NULL, NULL);
}
