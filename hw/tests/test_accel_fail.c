// SPDX-License-Identifier: GPL-2.0
/* Accesses of the accelerator that fail on demand: refused translations, aborts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "accel_fixture.h"
#include "inject/inject.h"
#include "tests/fault_fixture.h"

#define QUEUE 1
#define BASE 0x10000000ULL
#define PAGES 40
#define SIZE (PAGES * FX_PAGE)

static int begin(struct fx *f)
{
	fx_queue_open(f, QUEUE, FX_PASID, 8);
	fx_buffer(f, FX_PASID, BASE, PAGES, FX_RW);
	return 0;
}

static int setup(void **state)
{
	fx_setup(state);
	return begin(*state);
}

static int setup_no_ats(void **state)
{
	fx_setup_no_ats(state);
	return begin(*state);
}

static void arm(struct fx *f, const char *spec)
{
	machine_lock(&f->machine);
	fault_arm(&f->machine, spec);
	machine_unlock(&f->machine);
}

static struct svk_cpl fill(struct fx *f, enum svk_status status)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_FILL, 0, BASE, SIZE);

	d.operand = cpu_to_le64(0x5a5a5a5a5a5a5a5aULL);
	d.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	return fx_expect(f, QUEUE, &d, status);
}

/* Everything before a page has been written, and nothing behind it. */
static void expect_filled(struct fx *f, unsigned int pages)
{
	static u8 data[SIZE];

	fx_read(f, FX_PASID, BASE, data, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(data[i], i < pages * FX_PAGE ? 0x5a : 0);
}

static void refused_as_unsupported(void **state)
{
	struct fx *f = *state;
	struct svk_cpl cpl;

	arm(f, "ats-refuse,addr=0x10011000");
	cpl = fill(f, SVK_CPL_FAULT_WRITE);
	assert_int_equal(cpl.fault_addr, BASE + 17 * FX_PAGE);
	assert_int_equal(cpl.done, 17 * FX_PAGE);
	expect_filled(f, 17);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 0);
	assert_int_equal(fx_count(f, SVK_LAB_FAULT), 0);
	fill(f, SVK_CPL_OK);
}

static void refused_by_abort(void **state)
{
	struct fx *f = *state;
	struct svk_cpl cpl;

	arm(f, "ats-refuse,status=ca,pasid=5,skip=3");
	cpl = fill(f, SVK_CPL_BUS_ERROR);
	/* The first request was for the ring. */
	assert_int_equal(cpl.fault_addr, BASE + 2 * FX_PAGE);
	assert_int_equal(cpl.done, 2 * FX_PAGE);
	fill(f, SVK_CPL_OK);
	/* What is cached is not asked for. */
	arm(f, "ats-refuse,status=ca,count=forever");
	fill(f, SVK_CPL_OK);
	assert_int_equal(fault_struck(&f->machine, SVK_INJECT_ATS_REFUSE), 1);
}

/* Without ATS there is nothing to refuse. */
static void not_asked_without_ats(void **state)
{
	struct fx *f = *state;

	arm(f, "ats-refuse,count=forever");
	fill(f, SVK_CPL_OK);
	assert_int_equal(fault_struck(&f->machine, SVK_INJECT_ATS_REFUSE), 0);
}

static void aborted_data(void **state)
{
	struct fx *f = *state;
	struct svk_cpl cpl;

	/* Cached, and in the middle of a chunk. */
	fill(f, SVK_CPL_OK);
	arm(f, "dma-abort,addr=0x10012345");
	cpl = fill(f, SVK_CPL_BUS_ERROR);
	assert_int_equal(cpl.fault_addr, BASE + 18 * FX_PAGE);
	assert_int_equal(cpl.done, 18 * FX_PAGE);
	fill(f, SVK_CPL_OK);
	expect_filled(f, PAGES);
	assert_int_equal(fault_struck(&f->machine, SVK_INJECT_DMA_ABORT), 1);
}

static void aborted_data_without_ats(void **state)
{
	aborted_data(state);
}

static void aborted_descriptor(void **state)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_NOP, 0, 0, 0);
	struct fx *f = *state;

	arm(f, "dma-abort,pasid=5");
	fx_put(f, QUEUE, FX_PASID, &d);
	fx_ring(f, QUEUE);
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, QUEUE, SVK_QCFG_STATUS)) ==
		SVK_QSTATE_HALTED);
	fx_queue_state(f, QUEUE, SVK_QSTATE_HALTED, SVK_QERR_RING_FAULT);
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_CTRL,
				SVK_QCFG_BASE + QUEUE * SVK_QCFG_STRIDE + SVK_QCFG_FAULT_ADDR, 8),
			 FX_RING(QUEUE));
}

static void aborted_record(void **state)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_NOP, 0, 0, 0);
	struct fx *f = *state;

	arm(f, "dma-abort,skip=1");
	fx_put(f, QUEUE, FX_PASID, &d);
	fx_ring(f, QUEUE);
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, QUEUE, SVK_QCFG_STATUS)) ==
		SVK_QSTATE_HALTED);
	fx_queue_state(f, QUEUE, SVK_QSTATE_HALTED, SVK_QERR_CPL_FAULT);
	fx_q_set(f, QUEUE, SVK_QCFG_CTRL, 0);
	f->tail[QUEUE] = 0;
	fx_q_set(f, QUEUE, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fill(f, SVK_CPL_OK);
}

/* Of a superpage one page; what is before it is exact. */
static void aborted_in_a_superpage(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_FILL, 0, 0x40000000, 0x10000);
	struct svk_cpl cpl;

	fx_map_2m(f, FX_PASID, 0x40000000, fx_superpage(f), FX_RW);
	arm(f, "dma-abort,addr=0x40003000");
	cpl = fx_expect(f, QUEUE, &d, SVK_CPL_BUS_ERROR);
	assert_int_equal(cpl.fault_addr, 0x40003000);
	assert_int_equal(cpl.done, 0x3000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refused_as_unsupported),
		TEST(refused_by_abort),
		cmocka_unit_test_setup_teardown(not_asked_without_ats, setup_no_ats, fx_teardown),
		TEST(aborted_data),
		cmocka_unit_test_setup_teardown(aborted_data_without_ats, setup_no_ats,
						fx_teardown),
		TEST(aborted_descriptor),
		TEST(aborted_record),
		TEST(aborted_in_a_superpage),
	};

	return cmocka_run_group_tests_name("accel_fail", tests, NULL, NULL);
}
