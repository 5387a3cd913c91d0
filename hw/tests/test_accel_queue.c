// SPDX-License-Identifier: GPL-2.0
/* The life of a queue: ENABLE and what it refuses, doorbells, quiesce, disable, halt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "accel_fixture.h"

#define ENTRIES 8

static u64 glb_err(struct fx *f)
{
	return fx_bar(f, SVK_ACCEL_BAR_CTRL, SVK_GLB_ERR, 8);
}

static u32 glb_status(struct fx *f)
{
	return fx_bar(f, SVK_ACCEL_BAR_CTRL, SVK_GLB_STATUS, 4);
}

static void set_ring(struct fx *f, unsigned int q, u64 ring)
{
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_QCFG_BASE + q * SVK_QCFG_STRIDE + SVK_QCFG_RING, ring,
		   8);
}

static void nop(struct fx *f, unsigned int q)
{
	struct svk_desc d = fx_desc(q, SVK_OP_NOP, 0, 0, 0);

	fx_expect(f, q, &d, SVK_CPL_OK);
}

/* Each register alone out of range; then the good values work. */
static void enable_refuses_bad_values(void **state)
{
	static const struct {
		u64 ring;
		u32 size;
		u32 pasid;
		u32 vector;
	} bad[] = {
		{FX_RING(3) + 32, 8, FX_PASID | SVK_QCFG_PASID_VALID, 1},
		{~0ULL << 6, 2, FX_PASID | SVK_QCFG_PASID_VALID, 1}, /* wraps */
		{FX_RING(3), 0, FX_PASID | SVK_QCFG_PASID_VALID, 1},
		{FX_RING(3), 1, FX_PASID | SVK_QCFG_PASID_VALID, 1},
		{FX_RING(3), 24, FX_PASID | SVK_QCFG_PASID_VALID, 1},
		{FX_RING(3), 1 << 17, FX_PASID | SVK_QCFG_PASID_VALID, 1},
		{FX_RING(3), 1u << 31, FX_PASID | SVK_QCFG_PASID_VALID, 1},
		{FX_RING(3), 8, FX_PASID, 1},
		{FX_RING(3), 8, FX_PASID | SVK_QCFG_PASID_VALID | 1 << 20, 1},
		{FX_RING(3), 8, FX_PASID | SVK_QCFG_PASID_VALID, 17},
		{FX_RING(3), 8, FX_PASID | SVK_QCFG_PASID_VALID, ~0u},
	};
	struct fx *f = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		set_ring(f, 3, bad[i].ring);
		fx_q_set(f, 3, SVK_QCFG_SIZE, bad[i].size);
		fx_q_set(f, 3, SVK_QCFG_PASID, bad[i].pasid);
		fx_q_set(f, 3, SVK_QCFG_VECTOR, bad[i].vector);
		fx_q_set(f, 3, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
		fx_queue_state(f, 3, SVK_QSTATE_HALTED, SVK_QERR_CONFIG);
		assert_int_equal(fx_q(f, 3, SVK_QCFG_CTRL), SVK_QCFG_CTRL_ENABLE);
		assert_int_equal(glb_err(f), 1 << 3);
		assert_int_equal(fx_irqs(f, 0), i + 1);
		fx_q_set(f, 3, SVK_QCFG_CTRL, 0);
		/* The reason stays to be read, and the bit until it is cleared. */
		fx_queue_state(f, 3, SVK_QSTATE_DISABLED, SVK_QERR_CONFIG);
	}
	fx_queue_open(f, 3, FX_PASID, ENTRIES);
	nop(f, 3);
}

static void enable_accepts_the_extremes(void **state)
{
	struct fx *f = *state;

	fx_queue_config(f, 0, FX_PASID, 1 << 16);
	set_ring(f, 0, ~0ULL - (64ULL << 16) + 1); /* the last byte is the last there is */
	fx_q_set(f, 0, SVK_QCFG_VECTOR, 16);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_queue_state(f, 0, SVK_QSTATE_ENABLED, SVK_QERR_NONE);
	fx_queue_open(f, 1, FX_PASID, 2);
	nop(f, 1);
}

static void enable_needs_the_function(void **state)
{
	struct fx *f = *state;

	fx_queue_config(f, 0, FX_PASID, ENTRIES);
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL, 0, 4);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_CONFIG);
}

static void enable_needs_pasid_in_configuration_space(void **state)
{
	struct fx *f = *state;

	fx_set_pasid(f, false);
	fx_queue_config(f, 0, FX_PASID, ENTRIES);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_CONFIG);
	fx_queue_open(f, 1, FX_NO_PASID, ENTRIES);
}

static void enable_checks_the_pasid_width(void **state)
{
	struct fx_config cfg;
	struct fx *f;

	(void)state;
	fx_config_default(&cfg);
	cfg.accel.pasid_width = 8;
	f = fx_new(&cfg);
	fx_queue_config(f, 0, 0x100, ENTRIES);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_CONFIG);
	fx_queue_config(f, 1, 0xff, ENTRIES);
	fx_q_set(f, 1, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_queue_state(f, 1, SVK_QSTATE_ENABLED, SVK_QERR_NONE);
	fx_free(f);
}

static void configuration_is_latched(void **state)
{
	struct fx *f = *state;

	fx_queue_open(f, 0, FX_PASID, ENTRIES);
	set_ring(f, 0, 0);
	fx_q_set(f, 0, SVK_QCFG_SIZE, 4);
	fx_q_set(f, 0, SVK_QCFG_PASID, FX_OTHER_PASID | SVK_QCFG_PASID_VALID);
	fx_q_set(f, 0, SVK_QCFG_VECTOR, 2);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_RING), (u32)FX_RING(0));
	assert_int_equal(fx_q(f, 0, SVK_QCFG_SIZE), ENTRIES);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_PASID), FX_PASID | SVK_QCFG_PASID_VALID);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_VECTOR), 1);
	nop(f, 0);
}

static void portal_mirrors_the_queue(void **state)
{
	struct fx *f = *state;
	u64 portal = 2 * SVK_ACCEL_PAGE;

	fx_queue_open(f, 2, FX_PASID, ENTRIES);
	nop(f, 2);
	nop(f, 2);
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_PORTAL, portal + SVK_PORTAL_TAIL, 4), 2);
	fx_poll(fx_bar(f, SVK_ACCEL_BAR_PORTAL, portal + SVK_PORTAL_HEAD, 4) == 2);
	assert_int_equal(fx_q(f, 2, SVK_QCFG_HEAD), 2);
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_PORTAL, portal + SVK_PORTAL_STATUS, 4),
			 fx_q(f, 2, SVK_QCFG_STATUS));
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_PORTAL, portal + SVK_PORTAL_SIZE, 4), ENTRIES);
	fx_bar_set(f, SVK_ACCEL_BAR_PORTAL, portal + SVK_PORTAL_HEAD, 7, 4);
	fx_bar_set(f, SVK_ACCEL_BAR_PORTAL, portal + SVK_PORTAL_SIZE, 2, 4);
	assert_int_equal(fx_q(f, 2, SVK_QCFG_HEAD), 2);
	assert_int_equal(fx_q(f, 2, SVK_QCFG_SIZE), ENTRIES);
}

/* Four times around the ring, full every time. */
static void ring_wraps(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_NOP, 0, 0, 0);
	unsigned int i;

	fx_queue_open(f, 0, FX_PASID, ENTRIES);
	for (i = 0; i < 4 * ENTRIES; i++) {
		d.tag = i;
		d.cpl = FX_CPL(0) + i * sizeof(struct svk_cpl);
		fx_put(f, 0, FX_PASID, &d);
		if (i % ENTRIES != ENTRIES - 1)
			continue;
		fx_ring(f, 0);
		fx_poll(fx_q(f, 0, SVK_QCFG_HEAD) == i + 1);
	}
	for (i = 0; i < 4 * ENTRIES; i++)
		assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, i)).tag, i);
	assert_int_equal(fx_count(f, SVK_LAB_DESC), 4 * ENTRIES);
	assert_int_equal(fx_count(f, SVK_LAB_DOORBELL), 4);
}

static void wild_doorbells(void **state)
{
	static const u32 wild[] = {ENTRIES + 3, 0x7fffffff, 0x80000000, 1, 0, ~0u};
	struct fx *f = *state;
	unsigned int i;

	/* Head and tail are both at 2: all but 2..ENTRIES + 2 is wild, and so is going back. */
	fx_queue_open(f, 4, FX_PASID, ENTRIES);
	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		fx_queue_config(f, 4, FX_PASID, ENTRIES);
		fx_q_set(f, 4, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
		nop(f, 4);
		nop(f, 4);
		fx_poll(fx_q(f, 4, SVK_QCFG_HEAD) == 2);
		fx_doorbell(f, 4, wild[i]);
		fx_queue_state(f, 4, SVK_QSTATE_HALTED, SVK_QERR_DOORBELL);
		assert_int_equal(glb_err(f), 1 << 4);
		assert_int_equal(fx_irqs(f, 0), i + 1);
		assert_int_equal(fx_q(f, 4, SVK_QCFG_HEAD), 2);
		fx_doorbell(f, 4, 3);
		fx_queue_state(f, 4, SVK_QSTATE_HALTED, SVK_QERR_DOORBELL);
		fx_q_set(f, 4, SVK_QCFG_CTRL, 0);
		fx_queue_state(f, 4, SVK_QSTATE_DISABLED, SVK_QERR_DOORBELL);
		fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_GLB_ERR, 1 << 4, 8);
		assert_int_equal(glb_err(f), 0);
	}
}

static void doorbell_of_a_disabled_queue(void **state)
{
	struct fx *f = *state;

	fx_doorbell(f, 5, 1000);
	fx_queue_state(f, 5, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_PORTAL, 5 * SVK_ACCEL_PAGE, 4), 0);
	assert_int_equal(glb_err(f), 0);
}

static void quiesce_finishes_what_was_announced(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_FILL, 0, 0x10000000, 64 * FX_PAGE);
	unsigned int i;

	fx_buffer(f, FX_PASID, 0x10000000, 64, FX_RW);
	fx_queue_open(f, 0, FX_PASID, ENTRIES);
	for (i = 0; i < ENTRIES; i++)
		fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE | SVK_QCFG_CTRL_QUIESCE);
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, 0, SVK_QCFG_STATUS)) == SVK_QSTATE_DISABLED);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_HEAD), ENTRIES);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_CTRL), 0);
	assert_int_equal(fx_count(f, SVK_LAB_DESC), ENTRIES);
	assert_int_equal(glb_status(f), SVK_GLB_STATUS_ENABLED);
}

static void quiesce_of_an_idle_queue(void **state)
{
	struct fx *f = *state;

	fx_queue_open(f, 0, FX_PASID, ENTRIES);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE | SVK_QCFG_CTRL_QUIESCE);
	fx_queue_state(f, 0, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	/* On a queue that is not enabled QUIESCE alone is nothing. */
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_QUIESCE);
	fx_queue_state(f, 0, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_CTRL), 0);
}

static void enable_starts_from_zero(void **state)
{
	struct fx *f = *state;

	fx_queue_open(f, 0, FX_PASID, ENTRIES);
	nop(f, 0);
	fx_poll(fx_q(f, 0, SVK_QCFG_HEAD) == 1);
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_HEAD), 1);
	fx_queue_config(f, 0, FX_PASID, ENTRIES);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_HEAD), 0);
	nop(f, 0);
}

/* Two queues, two address spaces, the same addresses: each sees its own. */
static void queues_are_isolated(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_FILL, 0, 0x10000000, FX_PAGE);
	u64 word[2];

	fx_buffer(f, FX_PASID, 0x10000000, 1, FX_RW);
	fx_buffer(f, FX_OTHER_PASID, 0x10000000, 1, FX_RW);
	fx_queue_open(f, 0, FX_PASID, ENTRIES);
	fx_queue_open(f, 1, FX_OTHER_PASID, ENTRIES);
	d.operand = 0x1111111111111111ULL;
	fx_put(f, 0, FX_PASID, &d);
	d.operand = 0x2222222222222222ULL;
	d.cpl = FX_CPL(1);
	fx_put(f, 1, FX_OTHER_PASID, &d);
	fx_ring(f, 0);
	fx_ring(f, 1);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_OK);
	assert_int_equal(fx_wait(fx_cpl(f, 1, FX_OTHER_PASID, 0)).status, SVK_CPL_OK);
	fx_read(f, FX_PASID, 0x10000000, &word[0], 8);
	fx_read(f, FX_OTHER_PASID, 0x10000000, &word[1], 8);
	assert_int_equal(word[0], 0x1111111111111111ULL);
	assert_int_equal(word[1], 0x2222222222222222ULL);
}

static void all_queues_at_once(void **state)
{
	struct fx_config cfg;
	struct fx *f;
	unsigned int q;

	(void)state;
	fx_config_default(&cfg);
	cfg.accel.queues = SVK_ACCEL_MAX_QUEUES;
	f = fx_new(&cfg);
	for (q = 0; q < SVK_ACCEL_MAX_QUEUES; q++) {
		struct svk_desc d = fx_desc(q, SVK_OP_NOP, 0, 0, 0);

		d.ctrl |= SVK_DESC_CPL_IRQ;
		fx_queue_open(f, q, q % 15 + 1, 2);
		fx_put(f, q, q % 15 + 1, &d);
	}
	for (q = 0; q < SVK_ACCEL_MAX_QUEUES; q++)
		fx_ring(f, q);
	for (q = 0; q < SVK_ACCEL_MAX_QUEUES; q++) {
		fx_poll(fx_q(f, q, SVK_QCFG_HEAD) == 1);
		assert_int_equal(fx_irqs(f, q + 1), 1);
	}
	fx_free(f);
}

static u32 lab_pasid(struct fx *f, unsigned int q)
{
	return fx_bar(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_PASID(q), 4);
}

/* What the lab page says of a queue's PASID: nothing that software merely wrote. */
static void lab_page_shows_the_pasid_in_use(void **state)
{
	struct fx *f = *state;
	u32 in_use = FX_PASID | SVK_QCFG_PASID_VALID;

	fx_queue_config(f, 2, FX_PASID, ENTRIES);
	assert_int_equal(lab_pasid(f, 2), 0);
	fx_queue_open(f, 2, FX_PASID, ENTRIES);
	assert_int_equal(lab_pasid(f, 2), in_use);
	/* Latched: neither this register nor the one it comes from can be written now. */
	fx_q_set(f, 2, SVK_QCFG_PASID, FX_OTHER_PASID | SVK_QCFG_PASID_VALID);
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_PASID(2), 0, 4);
	assert_int_equal(lab_pasid(f, 2), in_use);
	assert_int_equal(lab_pasid(f, 1), 0);
	assert_int_equal(lab_pasid(f, 3), 0);
	fx_q_set(f, 2, SVK_QCFG_CTRL, 0);
	assert_int_equal(lab_pasid(f, 2), 0);

	/* The last queue, another PASID; and a queue that halts. */
	fx_queue_open(f, 15, FX_OTHER_PASID, ENTRIES);
	assert_int_equal(lab_pasid(f, 15), FX_OTHER_PASID | SVK_QCFG_PASID_VALID);
	fx_doorbell(f, 15, ENTRIES + 1);
	fx_queue_state(f, 15, SVK_QSTATE_HALTED, SVK_QERR_DOORBELL);
	assert_int_equal(lab_pasid(f, 15), 0);
	/* One that was refused, and one that sends no PASID. */
	fx_queue_config(f, 4, FX_PASID, 3);
	fx_q_set(f, 4, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_queue_state(f, 4, SVK_QSTATE_HALTED, SVK_QERR_CONFIG);
	assert_int_equal(lab_pasid(f, 4), 0);
	fx_queue_open(f, 5, FX_NO_PASID, ENTRIES);
	assert_int_equal(lab_pasid(f, 5), 0);
}

static void expect_reset_values(struct fx *f, unsigned int q)
{
	static const u64 regs[] = {SVK_QCFG_RING,	   SVK_QCFG_RING + 4, SVK_QCFG_SIZE,
				   SVK_QCFG_PASID,	   SVK_QCFG_VECTOR,   SVK_QCFG_CTRL,
				   SVK_QCFG_STATUS,	   SVK_QCFG_HEAD,     SVK_QCFG_FAULT_ADDR,
				   SVK_QCFG_FAULT_ADDR + 4};

	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++)
		assert_int_equal(fx_q(f, q, regs[i]), 0);
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_PORTAL, q * SVK_ACCEL_PAGE + SVK_PORTAL_TAIL, 4),
			 0);
}

/* A queue that was open before, on the ring that it had: its pages are in the device-TLB. */
static void reopen(struct fx *f, unsigned int q)
{
	fx_queue_config(f, q, FX_PASID, ENTRIES);
	fx_q_set(f, q, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_queue_state(f, q, SVK_QSTATE_ENABLED, SVK_QERR_NONE);
}

/* RESET of one queue in each state; its neighbour does not notice. */
static void reset_of_one_queue(void **state)
{
	struct fx *f = *state;

	fx_queue_open(f, 1, FX_PASID, ENTRIES);
	nop(f, 1);
	fx_queue_config(f, 0, FX_PASID, ENTRIES);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_RESET);
	expect_reset_values(f, 0);

	/* RESET goes before ENABLE. */
	fx_queue_open(f, 0, FX_PASID, ENTRIES);
	nop(f, 0);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_RESET | SVK_QCFG_CTRL_ENABLE);
	expect_reset_values(f, 0);

	reopen(f, 0);
	fx_doorbell(f, 0, ENTRIES + 1);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_DOORBELL);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_RESET);
	expect_reset_values(f, 0);
	/* The error was reported by a register of the function, which keeps it. */
	assert_int_equal(glb_err(f), 1);

	nop(f, 1);
	assert_int_equal(fx_q(f, 1, SVK_QCFG_HEAD), 2);
	reopen(f, 0);
	nop(f, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(enable_refuses_bad_values, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(enable_accepts_the_extremes, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(enable_needs_the_function, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(enable_needs_pasid_in_configuration_space, fx_setup,
						fx_teardown),
		cmocka_unit_test(enable_checks_the_pasid_width),
		cmocka_unit_test_setup_teardown(configuration_is_latched, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(portal_mirrors_the_queue, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(ring_wraps, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(wild_doorbells, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(doorbell_of_a_disabled_queue, fx_setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(quiesce_finishes_what_was_announced, fx_setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(quiesce_of_an_idle_queue, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(enable_starts_from_zero, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(queues_are_isolated, fx_setup, fx_teardown),
		cmocka_unit_test(all_queues_at_once),
		cmocka_unit_test_setup_teardown(lab_page_shows_the_pasid_in_use, fx_setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(reset_of_one_queue, fx_setup, fx_teardown),
	};

	return cmocka_run_group_tests_name("accel_queue", tests, NULL, NULL);
}
