// SPDX-License-Identifier: GPL-2.0
/* The injection registers: what they hold, what they arm, and for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <svakit/vtd_regs.h>

#include "accel_fixture.h"
#include "inject/inject.h"
#include "tests/fault_fixture.h"

#define CTRL SVK_ACCEL_BAR_CTRL

static int setup(void **state)
{
	struct fx *f = fx_new(NULL);

	f->machine.inject = inject_new(&f->machine, 0);
	*state = f;
	return f->machine.inject ? 0 : -1;
}

static void inject(struct fx *f, enum svk_inject kind, u32 skip, u32 count)
{
	fx_bar_set(f, CTRL, SVK_LAB_INJECT,
		   svk_put(SVK_LAB_INJECT_KIND, kind) | svk_put(SVK_LAB_INJECT_SKIP, skip) |
			   svk_put(SVK_LAB_INJECT_COUNT, count),
		   8);
}

static void reset_values(struct fx *f)
{
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECT_PASID, 4), 0);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECT_CHANCE, 4), 0);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECT_ADDR, 8), INJECT_ANY_ADDR);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECT_ARG, 8), 0);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECT_SEED, 8), 0);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECT, 8), 0);
}

static void registers_hold(void **state)
{
	static const u64 wide[] = {SVK_LAB_INJECT_ADDR, SVK_LAB_INJECT_ARG, SVK_LAB_INJECT_SEED};
	struct fx *f = *state;

	reset_values(f);
	fx_bar_set(f, CTRL, SVK_LAB_INJECT_PASID, 0x80000005, 4);
	fx_bar_set(f, CTRL, SVK_LAB_INJECT_CHANCE, 0x1234, 4);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECT_PASID, 4), 0x80000005);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECT_CHANCE, 4), 0x1234);
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++) {
		fx_bar_set(f, CTRL, wide[i], 0x1122334455667788, 8);
		assert_int_equal(fx_bar(f, CTRL, wide[i], 8), 0x1122334455667788);
		fx_bar_set(f, CTRL, wide[i], 0xaaaaaaaa, 4);
		fx_bar_set(f, CTRL, wide[i] + 4, 0xbbbbbbbb, 4);
		assert_int_equal(fx_bar(f, CTRL, wide[i], 8), 0xbbbbbbbbaaaaaaaa);
		assert_int_equal(fx_bar(f, CTRL, wide[i] + 4, 4), 0xbbbbbbbb);
	}
	fx_bar_set(f, CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_RESET, 4);
	reset_values(f);
}

static void arms_what_registers_say(void **state)
{
	const struct inject_rule *r;
	struct fx *f = *state;

	fx_bar_set(f, CTRL, SVK_LAB_INJECT_PASID, SVK_QCFG_PASID_VALID | 5, 4);
	fx_bar_set(f, CTRL, SVK_LAB_INJECT_CHANCE, 0x8000, 4);
	fx_bar_set(f, CTRL, SVK_LAB_INJECT_ADDR, 0x1000, 8);
	fx_bar_set(f, CTRL, SVK_LAB_INJECT_ARG, 77, 8);
	fx_bar_set(f, CTRL, SVK_LAB_INJECT_SEED, 42, 8);
	assert_null(inject_armed(f->machine.inject, SVK_INJECT_WAIT_LATE));
	inject(f, SVK_INJECT_WAIT_LATE, 3, 4);
	r = inject_armed(f->machine.inject, SVK_INJECT_WAIT_LATE);
	assert_non_null(r);
	assert_true(r->lab && r->has_pasid);
	assert_int_equal(r->pasid, 5);
	assert_int_equal(r->skip, 3);
	assert_int_equal(r->count, 4);
	assert_int_equal(r->chance, 0x8000);
	assert_int_equal(r->addr, 0x1000);
	assert_int_equal(r->arg, 77);
	assert_int_equal(r->seed, 42);
	inject(f, SVK_INJECT_WAIT_LATE, 0, 0);
	assert_null(inject_armed(f->machine.inject, SVK_INJECT_WAIT_LATE));
}

/* After a test nothing of it is left, and nothing else is touched. */
static void disarm_all(void **state)
{
	struct fx *f = *state;

	fault_arm(&f->machine, "iqe");
	inject(f, SVK_INJECT_ITE, 0, 1);
	inject(f, SVK_INJECT_DMA_ABORT, 0, SVK_LAB_INJECT_FOREVER);
	inject(f, SVK_INJECT_NONE, 0, 1);
	assert_non_null(inject_armed(f->machine.inject, SVK_INJECT_ITE));
	inject(f, SVK_INJECT_NONE, 0, 0);
	assert_null(inject_armed(f->machine.inject, SVK_INJECT_ITE));
	assert_null(inject_armed(f->machine.inject, SVK_INJECT_DMA_ABORT));
	assert_non_null(inject_armed(f->machine.inject, SVK_INJECT_IQE));
	inject(f, 0xff, 0, 1);
}

/* A kind that names a function means this one, unless it says otherwise. */
static void own_function(void **state)
{
	struct fx *f = *state;
	struct inject *i = f->machine.inject;

	inject(f, SVK_INJECT_REMOVE, 5, 1);
	assert_int_equal(inject_armed(i, SVK_INJECT_REMOVE)->arg, f->sid);
	inject(f, SVK_INJECT_IRQ_LOST, 5, 1);
	assert_int_equal(inject_armed(i, SVK_INJECT_IRQ_LOST)->arg, f->sid);
	fx_bar_set(f, CTRL, SVK_LAB_INJECT_ARG, SVK_IRQ_UNIT, 8);
	inject(f, SVK_INJECT_IRQ_LATE, 5, 1);
	assert_int_equal(inject_armed(i, SVK_INJECT_IRQ_LATE)->arg, SVK_IRQ_UNIT);
	fx_bar_set(f, CTRL, SVK_LAB_INJECT_ARG, 0x50, 8);
	inject(f, SVK_INJECT_RESET, 5, 1);
	assert_int_equal(inject_armed(i, SVK_INJECT_RESET)->arg, 0x50);
	inject(f, SVK_INJECT_IRQ_LOST, 5, 1);
	assert_int_equal(inject_armed(i, SVK_INJECT_IRQ_LOST)->arg, 0x50);
}

static void counts_strikes(void **state)
{
	const struct inject_at at = {.has_pasid = true, .pasid = 7};
	struct fx *f = *state;

	inject(f, SVK_INJECT_ITE, 0, 2);
	assert_true(inject_strikes(f->machine.inject, SVK_INJECT_ITE, &at));
	assert_true(inject_strikes(f->machine.inject, SVK_INJECT_ITE, &at));
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECTED(SVK_INJECT_ITE), 8), 2);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECTED(SVK_INJECT_ITE), 4), 2);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECTED(SVK_INJECT_NONE), 8), 0);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECTED(SVK_INJECT_COUNT), 8), 0);
	fx_bar_set(f, CTRL, SVK_LAB_INJECTED(SVK_INJECT_ITE), 0, 8);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECTED(SVK_INJECT_ITE), 8), 2);
}

static void silent_without_engine(void **state)
{
	struct fx *f = *state;

	machine_lock(&f->machine);
	fault_end(&f->machine);
	machine_unlock(&f->machine);
	inject(f, SVK_INJECT_ITE, 0, 1);
	inject(f, SVK_INJECT_NONE, 0, 0);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_INJECTED(SVK_INJECT_ITE), 8), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_hold), TEST(arms_what_registers_say), TEST(disarm_all),
		TEST(own_function),   TEST(counts_strikes),	     TEST(silent_without_engine),
	};

	return cmocka_run_group_tests_name("accel_inject", tests, NULL, NULL);
}
