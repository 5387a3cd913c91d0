// SPDX-License-Identifier: GPL-2.0
/*
 * What translation refuses: status, address and byte count are exact, nothing
 * behind the fault was asked for, and a queue that cannot go on says so. Each
 * test runs with the device-TLB and without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accel_fixture.h"
#include "gmem.h"

#define SRC 0x10000000ULL
#define DST 0x20000000ULL
#define PAGES 40
#define BYTES (PAGES * FX_PAGE)
#define NO_HOLE 1000
#define NOT_RAM 0x4000000000ULL

static int add_buffers(void **state)
{
	struct fx *f = *state;

	fx_buffer(f, FX_PASID, SRC, PAGES, FX_RW);
	fx_buffer(f, FX_PASID, DST, PAGES, FX_RW);
	fx_fill_random(f, FX_PASID, SRC, BYTES, 1);
	fx_queue_open(f, 0, FX_PASID, 16);
	return 0;
}

static int setup(void **state)
{
	fx_setup(state);
	return add_buffers(state);
}

static int setup_no_ats(void **state)
{
	fx_setup_no_ats(state);
	return add_buffers(state);
}

/* The unit records what it refused of untranslated requests, and only that. */
static u64 recorded(struct fx *f)
{
	return pci_ats_enabled(f->fn) ? 0 : 1;
}

static void punch(struct fx *f, u64 va, unsigned int page)
{
	if (page != NO_HOLE)
		fx_unmap(f, FX_PASID, va + page * FX_PAGE);
}

static void expect_copied(struct fx *f, u64 src, u64 dst, u64 done)
{
	u8 *want = malloc(BYTES);
	u8 *got = malloc(BYTES);

	fx_read(f, FX_PASID, src, want, done);
	fx_read(f, FX_PASID, dst, got, done);
	assert_memory_equal(got, want, done);
	free(want);
	free(got);
}

static void copy_stops_at_the_byte(void **state)
{
	static const struct {
		u64 src_off;
		u64 dst_off;
		unsigned int src_hole; /* page */
		unsigned int dst_hole;
		enum svk_status status;
	} cases[] = {
		{0, 0, 0, NO_HOLE, SVK_CPL_FAULT_READ},	  {0, 0, NO_HOLE, 0, SVK_CPL_FAULT_WRITE},
		{0, 0, 1, NO_HOLE, SVK_CPL_FAULT_READ},	  {5, 0, 1, NO_HOLE, SVK_CPL_FAULT_READ},
		{0, 5, NO_HOLE, 1, SVK_CPL_FAULT_WRITE},  {0, 0, 15, NO_HOLE, SVK_CPL_FAULT_READ},
		{0, 0, 16, NO_HOLE, SVK_CPL_FAULT_READ}, /* first page of the second chunk */
		{0, 0, NO_HOLE, 17, SVK_CPL_FAULT_WRITE}, {0, 0, 39, NO_HOLE, SVK_CPL_FAULT_READ},
		{0, 0, 7, 7, SVK_CPL_FAULT_READ}, /* the same byte: it is read first */
		{0, 0, 9, 7, SVK_CPL_FAULT_WRITE},	  {0, 0, 7, 9, SVK_CPL_FAULT_READ},
		{1, 0, 7, 7, SVK_CPL_FAULT_READ}, /* one byte earlier in the source */
		{0, 1, 7, 7, SVK_CPL_FAULT_WRITE},
	};
	struct fx *f = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 src = SRC + cases[i].src_off;
		u64 dst = DST + cases[i].dst_off;
		bool read = cases[i].status == SVK_CPL_FAULT_READ;
		u64 addr = read ? SRC + cases[i].src_hole * FX_PAGE
				: DST + cases[i].dst_hole * FX_PAGE;
		u64 done = addr - (read ? src : dst);
		struct svk_desc d = fx_desc(0, SVK_OP_COPY, src, dst, BYTES - FX_PAGE / 2);
		u64 faults = fx_count(f, SVK_LAB_FAULT);
		struct svk_cpl cpl;
		u8 before, after;

		add_buffers(state);
		punch(f, SRC, cases[i].src_hole);
		punch(f, DST, cases[i].dst_hole);
		fx_flush_iotlb(f, FX_PASID);
		fx_flush_devtlb(f, FX_PASID, 0, 0);
		if (read)
			fx_read(f, FX_PASID, dst + done, &before, 1);
		cpl = fx_expect(f, 0, &d, cases[i].status);
		assert_int_equal(cpl.fault_addr, addr);
		assert_int_equal(cpl.done, done);
		assert_int_equal(cpl.result, 0);
		expect_copied(f, src, dst, done);
		if (read) {
			fx_read(f, FX_PASID, dst + done, &after, 1);
			assert_int_equal(before, after);
		}
		assert_int_equal(fx_count(f, SVK_LAB_FAULT) - faults, recorded(f));
		fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	}
}

static void fill_stops_at_the_byte(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_FILL, 0, DST + 3, BYTES - 3);
	struct svk_cpl cpl;
	u8 last;

	d.operand = 0x0807060504030201ULL;
	fx_map(f, FX_PASID, DST + 20 * FX_PAGE, fx_pages(f, 1), FX_RO);
	cpl = fx_expect(f, 0, &d, SVK_CPL_FAULT_WRITE);
	assert_int_equal(cpl.fault_addr, DST + 20 * FX_PAGE);
	assert_int_equal(cpl.done, 20 * FX_PAGE - 3);
	fx_read(f, FX_PASID, DST + 20 * FX_PAGE - 1, &last, 1);
	assert_int_equal(last, (20 * FX_PAGE - 4) % 8 + 1);
	fx_read(f, FX_PASID, DST + 20 * FX_PAGE, &last, 1);
	assert_int_equal(last, 0);
}

static void compare_and_crc_stop_at_the_byte(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_COPY, SRC, DST, BYTES);
	struct svk_cpl cpl;
	u8 other;

	fx_expect(f, 0, &d, SVK_CPL_OK);
	fx_unmap(f, FX_PASID, DST + 20 * FX_PAGE);
	fx_flush_iotlb(f, FX_PASID);
	fx_flush_devtlb(f, FX_PASID, 0, 0);
	d = fx_desc(0, SVK_OP_COMPARE, SRC, DST, BYTES);
	cpl = fx_expect(f, 0, &d, SVK_CPL_FAULT_READ);
	assert_int_equal(cpl.fault_addr, DST + 20 * FX_PAGE);
	assert_int_equal(cpl.done, 20 * FX_PAGE);
	assert_int_equal(cpl.result, 0);
	d = fx_desc(0, SVK_OP_CRC32C, DST + 1, 0, BYTES - 1);
	cpl = fx_expect(f, 0, &d, SVK_CPL_FAULT_READ);
	assert_int_equal(cpl.fault_addr, DST + 20 * FX_PAGE);
	assert_int_equal(cpl.done, 20 * FX_PAGE - 1);
	assert_int_equal(cpl.result, 0);
	/* A difference before the hole, in the same chunk, is the answer. */
	fx_read(f, FX_PASID, DST + 20 * FX_PAGE - 1, &other, 1);
	other = ~other;
	fx_write(f, FX_PASID, DST + 20 * FX_PAGE - 1, &other, 1);
	d = fx_desc(0, SVK_OP_COMPARE, SRC, DST, BYTES);
	cpl = fx_expect(f, 0, &d, SVK_CPL_MISMATCH);
	assert_int_equal(cpl.result, 20 * FX_PAGE - 1);
	assert_int_equal(cpl.fault_addr, 0);
}

static void fault_is_not_remembered(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_FILL, 0, 0x30000000, 16);

	fx_expect(f, 0, &d, SVK_CPL_FAULT_WRITE);
	fx_buffer(f, FX_PASID, 0x30000000, 1, FX_RW);
	fx_expect(f, 0, &d, SVK_CPL_OK);
}

static void addresses_that_are_not_ram(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_COPY, SRC, DST, BYTES);
	struct svk_cpl cpl;

	fx_map(f, FX_PASID, DST + 3 * FX_PAGE, NOT_RAM, FX_RW);
	cpl = fx_expect(f, 0, &d, SVK_CPL_BUS_ERROR);
	assert_int_equal(cpl.fault_addr, DST + 3 * FX_PAGE);
	assert_int_equal(cpl.done, 3 * FX_PAGE);
	assert_int_equal(fx_count(f, SVK_LAB_FAULT), 0);
}

/* One superpage entry over two mappings of RAM, the second read-only, then nothing. */
static void superpage_that_sticks_out_of_ram(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_CRC32C, 0x40000000, 0, FX_2M);
	struct svk_cpl cpl;

	machine_lock(&f->machine);
	assert_int_equal(gmem_map(f->mem, NOT_RAM, 0x5000, GMEM_READ | GMEM_WRITE, f->fd, 0), 0);
	assert_int_equal(gmem_map(f->mem, NOT_RAM + 0x5000, 0x3000, GMEM_READ, f->fd, 0x5000), 0);
	machine_unlock(&f->machine);
	fx_map_2m(f, FX_PASID, 0x40000000, NOT_RAM, FX_RW);
	cpl = fx_expect(f, 0, &d, SVK_CPL_BUS_ERROR);
	assert_int_equal(cpl.fault_addr, 0x40008000);
	assert_int_equal(cpl.done, 0x8000);
	/* Nothing is written: the first bytes of RAM are no one's. */
	d = fx_desc(0, SVK_OP_FILL, 0, 0x40004ff8, FX_PAGE);
	cpl = fx_expect(f, 0, &d, SVK_CPL_BUS_ERROR);
	assert_int_equal(cpl.fault_addr, 0x40005000);
	assert_int_equal(cpl.done, 8);
}

static void ring_refused(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(1, SVK_OP_NOP, 0, 0, 0);
	unsigned int i;

	/* Two pages of ring, the second not mapped: descriptor 64 is the first that is lost. */
	fx_queue_open(f, 1, FX_PASID, 128);
	for (i = 0; i < 66; i++)
		fx_put(f, 1, FX_PASID, &d);
	fx_unmap(f, FX_PASID, FX_RING(1) + FX_PAGE);
	fx_ring(f, 1);
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, 1, SVK_QCFG_STATUS)) == SVK_QSTATE_HALTED);
	fx_queue_state(f, 1, SVK_QSTATE_HALTED, SVK_QERR_RING_FAULT);
	assert_int_equal(fx_q(f, 1, SVK_QCFG_HEAD), 64);
	assert_int_equal(fx_bar(f, 0, SVK_QCFG_BASE + SVK_QCFG_STRIDE + SVK_QCFG_FAULT_ADDR, 8),
			 FX_RING(1) + FX_PAGE);
	assert_int_equal(fx_bar(f, 0, SVK_GLB_ERR, 8), 2);
	assert_int_equal(fx_irqs(f, 0), 1);
	assert_int_equal(fx_bar(f, 0, SVK_GLB_STATUS, 4), SVK_GLB_STATUS_ENABLED);
	/* The neighbour does not notice. */
	d.cpl = FX_CPL(0);
	fx_expect(f, 0, &d, SVK_CPL_OK);
}

static void record_refused(void **state)
{
	static const u64 where[] = {
		0x30000000, /* nothing there */
		0x31000000, /* read-only */
		FX_CPL(2) + 16, /* misaligned */
	};
	struct fx *f = *state;
	u64 word, block = SVK_QCFG_BASE + 2 * SVK_QCFG_STRIDE;
	unsigned int i;

	fx_buffer(f, FX_PASID, 0x31000000, 1, FX_RO);
	fx_queue_open(f, 2, FX_PASID, 4);
	for (i = 0; i < 3; i++) {
		struct svk_desc d = fx_desc(2, SVK_OP_FILL, 0, DST, 8);

		fx_q_set(f, 2, SVK_QCFG_CTRL, 0);
		fx_queue_config(f, 2, FX_PASID, 4);
		fx_q_set(f, 2, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
		d.operand = i + 1;
		d.cpl = where[i];
		fx_put(f, 2, FX_PASID, &d);
		fx_ring(f, 2);
		fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, 2, SVK_QCFG_STATUS)) ==
			SVK_QSTATE_HALTED);
		fx_queue_state(f, 2, SVK_QSTATE_HALTED, SVK_QERR_CPL_FAULT);
		assert_int_equal(fx_bar(f, 0, block + SVK_QCFG_FAULT_ADDR, 8), where[i]);
		assert_int_equal(fx_q(f, 2, SVK_QCFG_HEAD), 0);
		/* A misaligned record is seen before the work is done, the others after. */
		fx_read(f, FX_PASID, DST, &word, 8);
		assert_int_equal(word, i == 2 ? 2 : i + 1);
	}
}

/* Without bus mastering nothing leaves the function: the ring is what notices first. */
static void no_bus_master(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_NOP, 0, 0, 0);
	u64 requests;

	fx_expect(f, 0, &d, SVK_CPL_OK);
	fx_set_command(f, false);
	requests = fx_count(f, SVK_LAB_XLATE_REQ);
	fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, 0, SVK_QCFG_STATUS)) == SVK_QSTATE_HALTED);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_RING_FAULT);
	assert_int_equal(fx_count(f, SVK_LAB_XLATE_REQ), requests);
	assert_int_equal(fx_cpl(f, 0, FX_PASID, 0)->status, SVK_CPL_PENDING);
}

static void pasid_disabled_under_a_queue(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_NOP, 0, 0, 0);

	fx_set_pasid(f, false);
	fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, 0, SVK_QCFG_STATUS)) == SVK_QSTATE_HALTED);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_RING_FAULT);
}

/* Requests without PASID use another address space, not the PASID's. */
static void requests_without_pasid(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(3, SVK_OP_FILL, 0, SRC, 8);

	fx_queue_open(f, 3, FX_NO_PASID, 4);
	fx_put(f, 3, FX_NO_PASID, &d);
	fx_ring(f, 3);
	assert_int_equal(fx_wait(fx_cpl(f, 3, FX_NO_PASID, 0)).status, SVK_CPL_FAULT_WRITE);
	fx_buffer(f, FX_NO_PASID, SRC, 1, FX_RW);
	fx_put(f, 3, FX_NO_PASID, &d);
	fx_ring(f, 3);
	assert_int_equal(fx_wait(fx_cpl(f, 3, FX_NO_PASID, 0)).status, SVK_CPL_OK);
}

#define cmocka_unit_test_ats(test)                    \
	{                                             \
#test, test, setup, fx_teardown, NULL \
	}
#define cmocka_unit_test_without_ats(test)                                  \
	{                                                                   \
#test "_without_ats", test, setup_no_ats, fx_teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_ats(copy_stops_at_the_byte),
		cmocka_unit_test_without_ats(copy_stops_at_the_byte),
		cmocka_unit_test_ats(fill_stops_at_the_byte),
		cmocka_unit_test_without_ats(fill_stops_at_the_byte),
		cmocka_unit_test_ats(compare_and_crc_stop_at_the_byte),
		cmocka_unit_test_without_ats(compare_and_crc_stop_at_the_byte),
		cmocka_unit_test_ats(fault_is_not_remembered),
		cmocka_unit_test_without_ats(fault_is_not_remembered),
		cmocka_unit_test_ats(addresses_that_are_not_ram),
		cmocka_unit_test_without_ats(addresses_that_are_not_ram),
		cmocka_unit_test_ats(superpage_that_sticks_out_of_ram),
		cmocka_unit_test_without_ats(superpage_that_sticks_out_of_ram),
		cmocka_unit_test_ats(ring_refused),
		cmocka_unit_test_without_ats(ring_refused),
		cmocka_unit_test_ats(record_refused),
		cmocka_unit_test_without_ats(record_refused),
		cmocka_unit_test_ats(no_bus_master),
		cmocka_unit_test_without_ats(no_bus_master),
		cmocka_unit_test_ats(pasid_disabled_under_a_queue),
		cmocka_unit_test_without_ats(pasid_disabled_under_a_queue),
		cmocka_unit_test_ats(requests_without_pasid),
		cmocka_unit_test_without_ats(requests_without_pasid),
	};

	return cmocka_run_group_tests_name("accel_fault", tests, NULL, NULL);
}
