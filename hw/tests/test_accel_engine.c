// SPDX-License-Identifier: GPL-2.0
/*
 * Work in flight meets everything that can end it. fx_catch_inflight() holds
 * a chunk in its middle, so each of these moments is certain, not likely.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "accel_fixture.h"
#include "gmem.h"

/* A gigabyte of addresses on a few superpages: longer in work than any test looks at it. */
#define BIG 0x600000000000ULL
#define BIG_SIZE (1ULL << 30)
#define CHUNK 0x10000
#define STATE(f, q) svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, q, SVK_QCFG_STATUS))

static int setup(void **state)
{
	struct fx *f = fx_new(NULL);
	u64 gpa = fx_superpage(f);
	u64 va;

	for (va = BIG; va < BIG + BIG_SIZE; va += FX_2M)
		fx_map_2m(f, FX_PASID, va, gpa, FX_RW);
	fx_queue_open(f, 0, FX_PASID, 4);
	fx_queue_open(f, 1, FX_PASID, 4);
	*state = f;
	return 0;
}

static void start_big(struct fx *f)
{
	struct svk_desc d = fx_desc(0, SVK_OP_FILL, 0, BIG, BIG_SIZE);

	fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
}

static void expect_abandoned(struct fx *f)
{
	struct svk_desc d = fx_desc(0, SVK_OP_NOP, 0, 0, 0);

	fx_poll(STATE(f, 0) == SVK_QSTATE_DISABLED);
	assert_int_equal(fx_cpl(f, 0, FX_PASID, 0)->status, SVK_CPL_PENDING);
	assert_int_equal(fx_bar(f, 0, SVK_LAB_INFLIGHT, 8), 0);
	/* The queue is as good as new. */
	fx_bar_set(f, 0, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
	fx_queue_config(f, 0, FX_PASID, 4);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_expect(f, 0, &d, SVK_CPL_OK);
}

static u64 bar_locked(struct fx *f, u64 off, unsigned int len)
{
	return f->fn->ops->bar_read(f->fn, 0, off, len);
}

static void set_locked(struct fx *f, u64 off, u32 val)
{
	f->fn->ops->bar_write(f->fn, 0, off, val, 4);
}

static u32 state_locked(struct fx *f)
{
	return svk_get(SVK_QCFG_STATUS_STATE, bar_locked(f, SVK_QCFG_BASE + SVK_QCFG_STATUS, 4));
}

static void disable_in_flight(void **state)
{
	struct fx *f = *state;

	start_big(f);
	fx_catch_inflight(f);
	assert_int_equal(bar_locked(f, SVK_LAB_INFLIGHT, 8), 1);
	assert_true(bar_locked(f, SVK_GLB_STATUS, 4) & SVK_GLB_STATUS_BUSY);
	set_locked(f, SVK_QCFG_BASE + SVK_QCFG_CTRL, 0);
	assert_int_equal(state_locked(f), SVK_QSTATE_STOPPING);
	assert_int_equal(bar_locked(f, SVK_QCFG_BASE + SVK_QCFG_CTRL, 4), 0);
	/* Too early to start again, or to change what the chunk depends on. */
	set_locked(f, SVK_QCFG_BASE + SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	set_locked(f, SVK_QCFG_BASE + SVK_QCFG_SIZE, 2);
	assert_int_equal(state_locked(f), SVK_QSTATE_STOPPING);
	assert_int_equal(bar_locked(f, SVK_QCFG_BASE + SVK_QCFG_SIZE, 4), 4);
	assert_true(bar_locked(f, SVK_GLB_STATUS, 4) & SVK_GLB_STATUS_BUSY);
	machine_unlock(&f->machine);
	expect_abandoned(f);
}

static void quiesce_then_disable_in_flight(void **state)
{
	struct fx *f = *state;

	start_big(f);
	fx_catch_inflight(f);
	set_locked(f, SVK_QCFG_BASE + SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE | SVK_QCFG_CTRL_QUIESCE);
	assert_int_equal(state_locked(f), SVK_QSTATE_STOPPING);
	assert_int_equal(bar_locked(f, SVK_QCFG_BASE + SVK_QCFG_CTRL, 4),
			 SVK_QCFG_CTRL_ENABLE | SVK_QCFG_CTRL_QUIESCE);
	/* A doorbell after QUIESCE is too late. */
	f->fn->ops->bar_write(f->fn, SVK_ACCEL_BAR_PORTAL, SVK_PORTAL_TAIL, 3, 4);
	assert_int_equal(f->fn->ops->bar_read(f->fn, SVK_ACCEL_BAR_PORTAL, SVK_PORTAL_TAIL, 4), 1);
	machine_unlock(&f->machine);
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	expect_abandoned(f);
}

static void register_reset_in_flight(void **state)
{
	struct fx *f = *state;

	start_big(f);
	fx_catch_inflight(f);
	set_locked(f, SVK_GLB_CTRL, SVK_GLB_CTRL_RESET);
	assert_int_equal(bar_locked(f, SVK_QCFG_BASE + SVK_QCFG_RING, 8), 0);
	assert_int_equal(state_locked(f), SVK_QSTATE_STOPPING);
	assert_int_equal(bar_locked(f, SVK_GLB_STATUS, 4), SVK_GLB_STATUS_BUSY);
	machine_unlock(&f->machine);
	fx_poll(!fx_bar(f, 0, SVK_GLB_STATUS, 4));
	expect_abandoned(f);
}

/* Of one queue; what is in flight still goes out under the PASID that it began with. */
static void queue_reset_in_flight(void **state)
{
	struct fx *f = *state;
	u64 ring, pasid, lab;
	u32 queue_state, neighbour;

	start_big(f);
	fx_catch_inflight(f);
	set_locked(f, SVK_QCFG_BASE + SVK_QCFG_CTRL, SVK_QCFG_CTRL_RESET);
	ring = bar_locked(f, SVK_QCFG_BASE + SVK_QCFG_RING, 8);
	pasid = bar_locked(f, SVK_QCFG_BASE + SVK_QCFG_PASID, 4);
	lab = bar_locked(f, SVK_LAB_PASID(0), 4);
	queue_state = state_locked(f);
	neighbour = bar_locked(f, SVK_QCFG_BASE + SVK_QCFG_STRIDE + SVK_QCFG_STATUS, 4);
	machine_unlock(&f->machine);
	assert_int_equal(ring, 0);
	assert_int_equal(pasid, 0);
	assert_int_equal(lab, FX_PASID | SVK_QCFG_PASID_VALID);
	assert_int_equal(queue_state, SVK_QSTATE_STOPPING);
	assert_int_equal(neighbour, SVK_QSTATE_ENABLED);
	fx_poll(STATE(f, 0) == SVK_QSTATE_DISABLED);
	assert_int_equal(fx_bar(f, 0, SVK_LAB_PASID(0), 4), 0);
	expect_abandoned(f);
}

static void function_reset_in_flight(void **state)
{
	struct fx *f = *state;

	start_big(f);
	fx_catch_inflight(f);
	pci_reset(f->fn);
	assert_int_equal(state_locked(f), SVK_QSTATE_STOPPING);
	machine_unlock(&f->machine);
	fx_set_command(f, true);
	fx_set_pasid(f, true);
	fx_set_ats(f, true);
	expect_abandoned(f);
}

static void global_disable_in_flight(void **state)
{
	struct fx *f = *state;

	start_big(f);
	fx_catch_inflight(f);
	set_locked(f, SVK_GLB_CTRL, 0);
	assert_int_equal(state_locked(f), SVK_QSTATE_STOPPING);
	machine_unlock(&f->machine);
	fx_poll(STATE(f, 0) == SVK_QSTATE_DISABLED);
	assert_int_equal(STATE(f, 1), SVK_QSTATE_DISABLED);
	expect_abandoned(f);
}

static void wild_doorbell_in_flight(void **state)
{
	struct fx *f = *state;

	start_big(f);
	fx_catch_inflight(f);
	f->fn->ops->bar_write(f->fn, SVK_ACCEL_BAR_PORTAL, SVK_PORTAL_TAIL, 5, 4);
	assert_int_equal(state_locked(f), SVK_QSTATE_HALTED);
	assert_int_equal(bar_locked(f, SVK_LAB_INFLIGHT, 8), 1);
	machine_unlock(&f->machine);
	fx_poll(!(fx_bar(f, 0, SVK_GLB_STATUS, 4) & SVK_GLB_STATUS_BUSY));
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_DOORBELL);
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	expect_abandoned(f);
}

static void bus_master_off_in_flight(void **state)
{
	struct fx *f = *state;
	u16 command = 0;

	start_big(f);
	fx_catch_inflight(f);
	pci_config_write(f->fn, 4, &command, sizeof(command));
	machine_unlock(&f->machine);
	/* The rest of the descriptor, and its record, cannot leave. */
	fx_poll(STATE(f, 0) == SVK_QSTATE_HALTED);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_CPL_FAULT);
}

/* The client takes its memory away: the chunk ends in memory that is still mapped. */
static void memory_goes_in_flight(void **state)
{
	struct fx *f = *state;

	start_big(f);
	fx_catch_inflight(f);
	assert_int_equal(gmem_unmap(f->mem, 0, ~0ULL), 0);
	machine_unlock(&f->machine);
	fx_poll(STATE(f, 0) == SVK_QSTATE_HALTED);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_CPL_FAULT);
}

/* What the destructor does with a chunk in flight is for the sanitizers to see. */
static void freed_in_flight(void **state)
{
	struct fx *f;
	void *machine;

	(void)state;
	setup(&machine);
	f = machine;
	start_big(f);
	fx_catch_inflight(f);
	machine_unlock(&f->machine);
	fx_free(f);
}

/*
 * munmap on the kernel's side: once the wait after a device-TLB invalidation
 * has completed, the device has stopped using the page, not only forgotten it.
 */
static void invalidation_waits_for_the_chunk(void **state)
{
	struct fx *f = *state;
	u32 token;

	start_big(f);
	fx_catch_inflight(f);
	token = fx_devtlb_locked(f, FX_PASID, BIG, FX_2M);
	assert_false(fx_wait_done(f, token));
	assert_int_equal(bar_locked(f, SVK_LAB_INFLIGHT, 8), 1);
	machine_unlock(&f->machine);
	fx_poll(fx_wait_done(f, token));
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	expect_abandoned(f);
}

/* Bytes that the device had moved when queue 1's interrupt came. */
static void note_bytes(struct fx *f, unsigned int vec)
{
	if (vec == 2)
		*(u64 *)f->arg = f->machine.count[SVK_LAB_BYTES];
}

static void long_descriptor_does_not_starve(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = {.ctrl = SVK_OP_NOP | SVK_DESC_CPL_IRQ};
	u64 before, at_interrupt = 0;

	f->arg = &at_interrupt;
	f->on_msix = note_bytes;
	start_big(f);
	fx_put(f, 1, FX_PASID, &d);
	fx_catch_inflight(f);
	before = f->machine.count[SVK_LAB_BYTES];
	f->fn->ops->bar_write(f->fn, SVK_ACCEL_BAR_PORTAL, SVK_ACCEL_PAGE + SVK_PORTAL_TAIL, 1, 4);
	machine_unlock(&f->machine);
	fx_poll(fx_q(f, 1, SVK_QCFG_HEAD) == 1);
	/* The chunk in flight, and at most the one whose turn it was. */
	assert_in_range(at_interrupt - before, CHUNK, 2 * CHUNK);
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	expect_abandoned(f);
}

/* Two long descriptors advance in step. */
static void equal_work_gets_equal_turns(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(1, SVK_OP_FILL, 0, BIG, 64 * CHUNK);
	u64 before, at_interrupt = 0;

	f->arg = &at_interrupt;
	f->on_msix = note_bytes;
	d.ctrl |= SVK_DESC_CPL_IRQ;
	start_big(f);
	fx_put(f, 1, FX_PASID, &d);
	fx_catch_inflight(f);
	before = f->machine.count[SVK_LAB_BYTES];
	f->fn->ops->bar_write(f->fn, SVK_ACCEL_BAR_PORTAL, SVK_ACCEL_PAGE + SVK_PORTAL_TAIL, 1, 4);
	machine_unlock(&f->machine);
	assert_int_equal(fx_wait(fx_cpl(f, 1, FX_PASID, 0)).status, SVK_CPL_OK);
	fx_poll(fx_q(f, 1, SVK_QCFG_HEAD) == 1);
	assert_in_range(at_interrupt - before, 127 * CHUNK, 129 * CHUNK);
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	expect_abandoned(f);
}

static void take_turn(struct fx *f)
{
	machine_lock(&f->machine);
	assert_true(accel_turn_begin(f->accel));
	accel_turn_move(f->accel);
	accel_turn_end(f->accel);
	assert_false(accel_turn_begin(f->accel));
	machine_unlock(&f->machine);
}

/* Without a thread nothing happens but in the turns that the owner takes. */
static void stepped_by_its_owner(void **state)
{
	struct svk_desc d = fx_desc(0, SVK_OP_NOP, 0, 0, 0);
	struct svk_cpl *cpl;
	struct fx_config cfg;
	struct fx *f;

	(void)state;
	fx_config_default(&cfg);
	cfg.accel.stepped = true;
	f = fx_new(&cfg);
	fx_queue_open(f, 0, FX_PASID, 4);
	fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
	cpl = fx_cpl(f, 0, FX_PASID, 0);
	assert_int_equal(cpl->status, SVK_CPL_PENDING);
	take_turn(f);
	assert_int_equal(cpl->status, SVK_CPL_OK);

	/* A reset in the middle of a turn: the queue does not want the outcome. */
	d = fx_desc(0, SVK_OP_FILL, 0, FX_CPL(0) + 64, 64);
	cpl->status = 0;
	fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
	machine_lock(&f->machine);
	assert_true(accel_turn_begin(f->accel));
	machine_unlock(&f->machine);
	assert_int_equal(fx_bar(f, 0, SVK_LAB_INFLIGHT, 8), 1);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_RESET);
	assert_int_equal(STATE(f, 0), SVK_QSTATE_STOPPING);
	machine_lock(&f->machine);
	accel_turn_move(f->accel);
	accel_turn_end(f->accel);
	machine_unlock(&f->machine);
	assert_int_equal(STATE(f, 0), SVK_QSTATE_DISABLED);
	assert_int_equal(cpl->status, SVK_CPL_PENDING);
	fx_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(disable_in_flight, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(quiesce_then_disable_in_flight, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(register_reset_in_flight, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(queue_reset_in_flight, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(function_reset_in_flight, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(global_disable_in_flight, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(wild_doorbell_in_flight, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(bus_master_off_in_flight, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(memory_goes_in_flight, setup, fx_teardown),
		cmocka_unit_test(freed_in_flight),
		cmocka_unit_test_setup_teardown(invalidation_waits_for_the_chunk, setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(long_descriptor_does_not_starve, setup,
						fx_teardown),
		cmocka_unit_test(stepped_by_its_owner),
		cmocka_unit_test_setup_teardown(equal_work_gets_equal_turns, setup, fx_teardown),
	};

	return cmocka_run_group_tests_name("accel_engine", tests, NULL, NULL);
}
