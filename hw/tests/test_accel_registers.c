// SPDX-License-Identifier: GPL-2.0
/* Every register: reset value, read-only, write-1-to-clear, width and alignment of accesses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "accel_fixture.h"

#define CTRL SVK_ACCEL_BAR_CTRL
#define PORTAL SVK_ACCEL_BAR_PORTAL
#define QUEUES 16
#define LAST_QUEUE (SVK_QCFG_BASE + (QUEUES - 1) * SVK_QCFG_STRIDE)
#define LAST_PORTAL ((QUEUES - 1) * SVK_ACCEL_PAGE)

/* What an all-ones write leaves behind while every queue is disabled. */
struct reg {
	unsigned int bar;
	u64 off;
	unsigned int width;
	u64 reset;
	u64 after;
};

#define CAP_VALUE ((u64)17 << 40 | (u64)1024 << 24 | 30 << 16 | 16 << 8 | QUEUES)

static const struct reg regs[] = {
	{CTRL, SVK_GLB_ID, 4, SVK_GLB_ID_MAGIC, SVK_GLB_ID_MAGIC},
	{CTRL, SVK_GLB_VERSION, 4, 2, 2},
	{CTRL, SVK_GLB_CAP, 8, CAP_VALUE, CAP_VALUE},
	{CTRL, SVK_GLB_OPCAP, 8, 0x7f, 0x7f},
	{CTRL, SVK_GLB_STATUS, 4, 0, 0},
	{CTRL, SVK_GLB_ERR, 8, 0, 0},
	{CTRL, LAST_QUEUE + SVK_QCFG_RING, 8, 0, ~0ULL},
	{CTRL, LAST_QUEUE + SVK_QCFG_SIZE, 4, 0, ~0u},
	{CTRL, LAST_QUEUE + SVK_QCFG_PASID, 4, 0, ~0u},
	{CTRL, LAST_QUEUE + SVK_QCFG_VECTOR, 4, 0, ~0u},
	{CTRL, LAST_QUEUE + SVK_QCFG_STATUS, 4, 0, 0},
	{CTRL, LAST_QUEUE + SVK_QCFG_HEAD, 4, 0, 0},
	{CTRL, LAST_QUEUE + SVK_QCFG_FAULT_ADDR, 8, 0, 0},
	{CTRL, SVK_LAB_COUNTER(SVK_LAB_DESC), 8, 0, 0},
	{CTRL, SVK_LAB_CLEAR, 4, 0, 0},
	{CTRL, SVK_LAB_INFLIGHT, 8, 0, 0},
	{CTRL, SVK_LAB_TRAPPED, 8, 0, 0},
	{CTRL, SVK_LAB_PASID(0), 4, 0, 0},
	{CTRL, SVK_LAB_PASID(QUEUES - 1), 4, 0, 0},
	{PORTAL, LAST_PORTAL + SVK_PORTAL_TAIL, 4, 0, 0},
	{PORTAL, LAST_PORTAL + SVK_PORTAL_HEAD, 4, 0, 0},
	{PORTAL, LAST_PORTAL + SVK_PORTAL_STATUS, 4, 0, 0},
	/* Shows the queue's SIZE, which was written above. */
	{PORTAL, LAST_PORTAL + SVK_PORTAL_SIZE, 4, 0, ~0u},
};

#define REGS (ARRAY_SIZE(regs))

static void check_reset_values(struct fx *f)
{
	unsigned int i;

	for (i = 0; i < REGS; i++)
		assert_int_equal(fx_bar(f, regs[i].bar, regs[i].off, regs[i].width), regs[i].reset);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_CTRL, 4), 0);
}

static int setup_untouched(void **state)
{
	struct fx_config cfg;

	fx_config_default(&cfg);
	cfg.no_enable = true;
	*state = fx_new(&cfg);
	return 0;
}

static void reset_values(void **state)
{
	check_reset_values(*state);
}

static void all_ones_written(void **state)
{
	struct fx *f = *state;
	unsigned int i;

	for (i = 0; i < REGS; i++)
		fx_bar_set(f, regs[i].bar, regs[i].off, ~0ULL, regs[i].width);
	for (i = 0; i < REGS; i++)
		assert_int_equal(fx_bar(f, regs[i].bar, regs[i].off, regs[i].width), regs[i].after);
	fx_bar_set(f, CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_RESET, 4);
	check_reset_values(f);
	assert_int_equal(fx_count(f, SVK_LAB_BAD_ACCESS), 0);
}

static void function_reset(void **state)
{
	struct fx *f = *state;
	unsigned int i;

	fx_bar_set(f, CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
	for (i = 0; i < REGS; i++)
		fx_bar_set(f, regs[i].bar, regs[i].off, ~0ULL, regs[i].width);
	machine_lock(&f->machine);
	pci_reset(f->fn);
	machine_unlock(&f->machine);
	check_reset_values(f);
}

static void halves_of_wide_registers(void **state)
{
	struct fx *f = *state;
	u64 ring = SVK_QCFG_BASE + SVK_QCFG_RING;

	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_CAP, 4), (u32)CAP_VALUE);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_CAP + 4, 4), CAP_VALUE >> 32);
	fx_bar_set(f, CTRL, ring + 4, 0x01234567, 4);
	assert_int_equal(fx_bar(f, CTRL, ring, 8), 0x0123456700000000ULL);
	fx_bar_set(f, CTRL, ring, 0x89abcdef, 4);
	assert_int_equal(fx_bar(f, CTRL, ring, 8), 0x0123456789abcdefULL);
	assert_int_equal(fx_bar(f, CTRL, ring, 4), 0x89abcdef);
	assert_int_equal(fx_bar(f, CTRL, ring + 4, 4), 0x01234567);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_TRAPPED, 4), 0);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_TRAPPED + 4, 4), 0);
	assert_int_equal(fx_count(f, SVK_LAB_BAD_ACCESS), 0);
}

static void bad_accesses(void **state)
{
	static const struct {
		unsigned int bar;
		u64 off;
		unsigned int len;
	} bad[] = {
		{CTRL, SVK_GLB_ID, 1},
		{CTRL, SVK_GLB_ID, 2},
		{CTRL, SVK_GLB_ID, 8}, /* two registers at once */
		{CTRL, SVK_GLB_CTRL, 8},
		{CTRL, SVK_GLB_CAP + 2, 2},
		{CTRL, SVK_QCFG_BASE + SVK_QCFG_SIZE, 8},
		{CTRL, SVK_QCFG_BASE + SVK_QCFG_VECTOR, 8},
		{CTRL, SVK_LAB_CLEAR, 8},
		{CTRL, SVK_LAB_COUNTER(0), 1},
		{CTRL, SVK_LAB_TRAPPED, 2},
		{CTRL, SVK_LAB_PASID(0), 8}, /* two registers at once */
		{CTRL, SVK_LAB_PASID(QUEUES - 2), 8},
		{CTRL, SVK_LAB_PASID(1), 1},
		{PORTAL, SVK_PORTAL_TAIL, 8},
		{PORTAL, SVK_PORTAL_TAIL, 2},
		{PORTAL, SVK_PORTAL_STATUS, 8},
		{PORTAL, LAST_PORTAL + 0x10, 1},
	};
	struct fx *f = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		u64 ones = bad[i].len == 8 ? ~0ULL : SVK_BIT(8 * bad[i].len) - 1;

		assert_int_equal(fx_bar(f, bad[i].bar, bad[i].off, bad[i].len), ones);
		fx_bar_set(f, bad[i].bar, bad[i].off, 1, bad[i].len);
		assert_int_equal(fx_count(f, SVK_LAB_BAD_ACCESS), 2 * (i + 1));
	}
	check_reset_values(f);
}

static void unassigned_offsets(void **state)
{
	static const struct {
		unsigned int bar;
		u64 off;
		unsigned int len;
	} holes[] = {
		{CTRL, 0x028, 4},
		{CTRL, 0x028, 8},
		{CTRL, 0xff8, 8},
		{CTRL, SVK_QCFG_BASE + 0x28, 8},
		{CTRL, SVK_QCFG_BASE + QUEUES * SVK_QCFG_STRIDE, 4}, /* no such queue */
		{CTRL, SVK_QCFG_BASE + 0xff8, 8},
		{CTRL, SVK_LAB_COUNTER(SVK_LAB_COUNTERS), 8},
		{CTRL, SVK_LAB_TRAPPED + 8, 8},
		{CTRL, SVK_LAB_PASID(0) - 4, 4},
		{CTRL, SVK_LAB_PASID(QUEUES), 4}, /* no such queue */
		{CTRL, SVK_LAB_PASID(QUEUES), 8},
		{CTRL, 0x3000, 8},
		{CTRL, SVK_ACCEL_CTRL_SIZE - 4, 4},
		{PORTAL, 0x10, 4},
		{PORTAL, LAST_PORTAL + 0xff8, 8},
	};
	struct fx *f = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(holes); i++) {
		fx_bar_set(f, holes[i].bar, holes[i].off, ~0ULL, holes[i].len);
		assert_int_equal(fx_bar(f, holes[i].bar, holes[i].off, holes[i].len), 0);
	}
	assert_int_equal(fx_count(f, SVK_LAB_BAD_ACCESS), 0);
	check_reset_values(f);
}

static void error_bits_clear_one_by_one(void **state)
{
	struct fx *f = *state;
	unsigned int q;

	/* A size of zero is refused. */
	for (q = 0; q < 3; q++)
		fx_q_set(f, q, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_ERR, 8), 7);
	assert_int_equal(fx_irqs(f, 0), 3);
	fx_bar_set(f, CTRL, SVK_GLB_ERR + 4, 7, 4);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_ERR, 8), 7);
	fx_bar_set(f, CTRL, SVK_GLB_ERR, 2, 8);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_ERR, 8), 5);
	fx_bar_set(f, CTRL, SVK_GLB_ERR, 1, 4);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_ERR, 8), 4);
}

static void global_enable(void **state)
{
	struct fx *f = *state;

	fx_bar_set(f, CTRL, SVK_GLB_CTRL, ~(u32)SVK_GLB_CTRL_RESET, 4);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_CTRL, 4), SVK_GLB_CTRL_ENABLE);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_STATUS, 4), SVK_GLB_STATUS_ENABLED);
	fx_bar_set(f, CTRL, SVK_GLB_CTRL, 0, 4);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_STATUS, 4), 0);
}

static void lab_counters(void **state)
{
	struct fx *f = *state;
	unsigned int i;

	machine_lock(&f->machine);
	for (i = 0; i < SVK_LAB_COUNTERS; i++)
		f->machine.count[i] = 0x100000000ULL * i + i + 1;
	machine_unlock(&f->machine);
	for (i = 0; i < SVK_LAB_COUNTERS; i++) {
		fx_bar_set(f, CTRL, SVK_LAB_COUNTER(i), 0, 8);
		assert_int_equal(fx_count(f, i), 0x100000000ULL * i + i + 1);
		assert_int_equal(fx_bar(f, CTRL, SVK_LAB_COUNTER(i) + 4, 4), i);
	}
	fx_bar_set(f, CTRL, SVK_LAB_CLEAR, 0, 4);
	for (i = 0; i < SVK_LAB_COUNTERS; i++)
		assert_int_equal(fx_count(f, i), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reset_values, setup_untouched, fx_teardown),
		cmocka_unit_test_setup_teardown(all_ones_written, setup_untouched, fx_teardown),
		cmocka_unit_test_setup_teardown(function_reset, setup_untouched, fx_teardown),
		cmocka_unit_test_setup_teardown(halves_of_wide_registers, setup_untouched,
						fx_teardown),
		cmocka_unit_test_setup_teardown(bad_accesses, setup_untouched, fx_teardown),
		cmocka_unit_test_setup_teardown(unassigned_offsets, setup_untouched, fx_teardown),
		cmocka_unit_test_setup_teardown(error_bits_clear_one_by_one, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(global_enable, setup_untouched, fx_teardown),
		cmocka_unit_test_setup_teardown(lab_counters, setup_untouched, fx_teardown),
	};

	return cmocka_run_group_tests_name("accel_registers", tests, NULL, NULL);
}
