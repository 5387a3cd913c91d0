// SPDX-License-Identifier: GPL-2.0
/*
 * The lab page as a test uses it: audits of a real device-TLB, descriptors
 * that are lost, and a page that is silent without the oracle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <svakit/vtd_regs.h>

#include "accel_fixture.h"
#include "inject/inject.h"
#include "oracle/oracle.h"
#include "tests/fault_fixture.h"

#define BASE 0x10000000ULL
#define QUEUE 1
#define LOST SVK_LAB_INJECTED(SVK_INJECT_LOSE)

static int setup(void **state)
{
	struct fx *f = fx_new(NULL);

	machine_lock(&f->machine);
	f->machine.oracle = oracle_new(f->unit, NULL);
	machine_unlock(&f->machine);
	assert_non_null(f->machine.oracle);
	f->machine.inject = inject_new(&f->machine, 0);
	assert_non_null(f->machine.inject);
	fx_queue_open(f, QUEUE, FX_PASID, 8);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fx *f = *state;

	machine_lock(&f->machine);
	oracle_free(f->machine.oracle);
	f->machine.oracle = NULL;
	machine_unlock(&f->machine);
	return fx_teardown(state);
}

static u64 lab(struct fx *f, u64 off)
{
	return fx_bar(f, SVK_ACCEL_BAR_CTRL, off, 8);
}

static u32 audit(struct fx *f, u32 how)
{
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_AUDIT, how, 4);
	return (u32)fx_bar(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_AUDIT, 4);
}

static void lose(struct fx *f, unsigned int type, u32 skip, u32 count)
{
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_INJECT_ARG, svk_put(SVK_LOSE_TYPES, 1u << type),
		   8);
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_INJECT,
		   svk_put(SVK_LAB_INJECT_KIND, SVK_INJECT_LOSE) |
			   svk_put(SVK_LAB_INJECT_SKIP, skip) |
			   svk_put(SVK_LAB_INJECT_COUNT, count),
		   8);
}

/* One page that the device has written. */
static void use_page(struct fx *f)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_FILL, 0, BASE, 8);

	fx_buffer(f, FX_PASID, BASE, 1, FX_RW);
	fx_expect(f, QUEUE, &d, SVK_CPL_OK);
}

static void clean_machine(void **state)
{
	struct fx *f = *state;

	use_page(f);
	assert_int_equal(audit(f, SVK_LAB_AUDIT_LOOK),
			 SVK_LAB_AUDIT_PRESENT | SVK_LAB_AUDIT_AT_REST);
	assert_int_equal(lab(f, SVK_LAB_FIRST_STAGE(QUEUE)), f->root[FX_PASID]);
	/* Context, PASID; ring, records and page, each in the IOTLB and in the device-TLB. */
	assert_int_equal(lab(f, SVK_LAB_ENTRIES), 2 + 3 + 3);
	assert_int_equal(lab(f, SVK_LAB_STALE), 0);
	assert_int_equal(lab(f, SVK_LAB_LESS), 0);
	audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	assert_int_equal(lab(f, SVK_LAB_FINDINGS), 0);
}

static void each_cache_counts(void **state)
{
	struct fx *f = *state;

	use_page(f);
	fx_unmap(f, FX_PASID, BASE);
	audit(f, SVK_LAB_AUDIT_LOOK);
	assert_int_equal(lab(f, SVK_LAB_STALE), 2);
	fx_flush_iotlb(f, FX_PASID);
	assert_int_equal(lab(f, SVK_LAB_STALE), 2);
	assert_int_equal(lab(f, SVK_LAB_LOOK), 1);
	assert_int_equal(lab(f, SVK_LAB_STALE), 1);
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	assert_int_equal(lab(f, SVK_LAB_STALE), 0);
	assert_int_equal(lab(f, SVK_LAB_FINDINGS), 0);
}

static void confirmed_is_found(void **state)
{
	struct fx *f = *state;

	use_page(f);
	fx_unmap(f, FX_PASID, BASE);
	fx_flush_iotlb(f, FX_PASID);
	/* CONFIRM alone is nothing. */
	audit(f, SVK_LAB_AUDIT_CONFIRM);
	assert_int_equal(lab(f, SVK_LAB_FINDINGS), 0);
	audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	assert_int_equal(lab(f, SVK_LAB_FINDINGS), 1);
}

static void forgets_on_demand(void **state)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_FILL, 0, BASE, 8);
	struct fx *f = *state;

	use_page(f);
	fx_unmap(f, FX_PASID, BASE);
	/* FORGET alone is nothing. */
	audit(f, SVK_LAB_AUDIT_FORGET);
	audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_FORGET);
	assert_int_equal(lab(f, SVK_LAB_STALE), 2);
	audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	assert_int_equal(lab(f, SVK_LAB_ENTRIES), 0);
	assert_int_equal(lab(f, SVK_LAB_FINDINGS), 0);
	fx_expect(f, QUEUE, &d, SVK_CPL_FAULT_WRITE);
}

/* The device must be seen to write through what it should have forgotten. */
static void lost_device_tlb_invalidation(void **state)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_FILL, 0, BASE, 8);
	struct fx *f = *state;

	use_page(f);
	fx_unmap(f, FX_PASID, BASE);
	lose(f, VTD_DESC_PDEVTLB, 0, 1);
	fx_flush_iotlb(f, FX_PASID);
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	assert_int_equal(lab(f, LOST), 1);
	fx_expect(f, QUEUE, &d, SVK_CPL_OK);
	audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	assert_int_equal(lab(f, SVK_LAB_FINDINGS), 1);
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	assert_int_equal(lab(f, LOST), 1);
	fx_expect(f, QUEUE, &d, SVK_CPL_FAULT_WRITE);
}

/* The finding in words of the lab page, and no later than the clock there. */
static void found_in_the_page(void **state)
{
	struct fx *f = *state;
	u64 what;

	use_page(f);
	fx_unmap(f, FX_PASID, BASE);
	fx_flush_iotlb(f, FX_PASID);
	assert_int_equal(lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_WHAT), 0);
	audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	what = lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_WHAT);
	assert_int_equal(what, svk_put(SVK_LAB_FOUND_CACHE, SVK_CACHE_DEVTLB) |
				       svk_put(SVK_LAB_FOUND_SID, f->sid) |
				       svk_put(SVK_LAB_FOUND_PASID, FX_PASID) |
				       SVK_LAB_FOUND_HAS_PASID);
	assert_int_equal(lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_ADDR), BASE);
	assert_int_equal(lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_SIZE), FX_PAGE);
	assert_in_range(lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_BORN), 1, lab(f, SVK_LAB_TIME));
	assert_in_range(lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_AT),
			lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_BORN), lab(f, SVK_LAB_TIME));
	assert_int_equal(lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_DID), 0);
	assert_int_equal(lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_DID + 8), 0);
	assert_int_equal(lab(f, SVK_LAB_FOUND(1) + SVK_LAB_FOUND_WHAT), 0);
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_FOUND(0) + 4, 4), what >> 32);
	assert_int_equal(fx_count(f, SVK_LAB_BAD_ACCESS), 0);
}

/* An IOTLB entry has a domain-id, and says whether a first stage has part in it. */
static void domain_in_the_page(void **state)
{
	struct fx *f = *state;

	use_page(f);
	fx_unmap(f, FX_PASID, BASE);
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	assert_int_equal(svk_get(SVK_LAB_FOUND_CACHE, lab(f, SVK_LAB_FOUND(0))), SVK_CACHE_IOTLB);
	assert_true(lab(f, SVK_LAB_FOUND(0)) & SVK_LAB_FOUND_PAGED);
	assert_int_equal(lab(f, SVK_LAB_FOUND(0) + SVK_LAB_FOUND_DID), FX_DID);
}

/* Each bit of it. */
static void rules_and_losses_in_the_page(void **state)
{
	struct fx *f = *state;

	use_page(f);
	fx_unmap(f, FX_PASID, BASE);
	fx_flush_iotlb(f, FX_PASID);
	lose(f, VTD_DESC_PDEVTLB, 0, 1);
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	assert_true(lab(f, SVK_LAB_FOUND(0)) & SVK_LAB_FOUND_LOST);
	assert_false(lab(f, SVK_LAB_FOUND(0)) & SVK_LAB_FOUND_RULE);
	f->sid = 0x1234;
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	assert_int_equal(lab(f, SVK_LAB_FOUND(1)), SVK_LAB_FOUND_RULE);
}

static void time_goes_on(void **state)
{
	struct fx *f = *state;
	u64 before = lab(f, SVK_LAB_TIME);

	assert_true(before > 0);
	fx_poll(lab(f, SVK_LAB_TIME) > before);
	assert_int_equal(fx_count(f, SVK_LAB_BAD_ACCESS), 0);
}

static void half_a_loss_is_none(void **state)
{
	struct fx *f = *state;

	lose(f, VTD_DESC_PDEVTLB, 0, 0);
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_INJECT, SVK_INJECT_LOSE, 4);
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_INJECT + 4, 1, 4);
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	assert_int_equal(lab(f, LOST), 0);
}

/* A function whose engine takes its turns when it is told to: its work can be looked at. */
static int setup_stepped(void **state)
{
	struct fx_config cfg;
	struct fx *f;

	fx_config_default(&cfg);
	cfg.accel.stepped = true;
	f = fx_new(&cfg);
	machine_lock(&f->machine);
	f->machine.oracle = oracle_new(f->unit, NULL);
	machine_unlock(&f->machine);
	assert_non_null(f->machine.oracle);
	fx_queue_open(f, QUEUE, FX_PASID, 8);
	*state = f;
	return 0;
}

static bool at_rest(struct fx *f)
{
	oracle_audit(f->machine.oracle, false);
	return oracle_last(f->machine.oracle)->at_rest;
}

static void rest_is_told_from_work(void **state)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_FILL, 0, BASE, FX_PAGE);
	struct fx *f = *state;

	fx_buffer(f, FX_PASID, BASE, 1, FX_RW);
	fx_put(f, QUEUE, FX_PASID, &d);
	fx_ring(f, QUEUE);
	machine_lock(&f->machine);
	assert_true(at_rest(f));
	assert_true(accel_turn_begin(f->accel));
	assert_false(at_rest(f));
	accel_turn_move(f->accel);
	assert_false(at_rest(f));
	accel_turn_end(f->accel);
	assert_true(at_rest(f));
	machine_unlock(&f->machine);
	assert_int_equal(fx_wait(fx_cpl(f, QUEUE, FX_PASID, 0)).status, SVK_CPL_OK);
}

static void silent_without_oracle(void **state)
{
	struct fx *f = *state;

	use_page(f);
	fx_unmap(f, FX_PASID, BASE);
	assert_int_equal(audit(f, SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM), 0);
	assert_int_equal(lab(f, SVK_LAB_STALE), 0);
	assert_int_equal(lab(f, SVK_LAB_FOUND(0)), 0);
	assert_int_equal(lab(f, SVK_LAB_FINDINGS), 0);
	lose(f, VTD_DESC_PDEVTLB, 0, 1);
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	assert_int_equal(lab(f, LOST), 0);
}

static int setup_silent(void **state)
{
	*state = fx_new(NULL);
	fx_queue_open(*state, QUEUE, FX_PASID, 8);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Of the unit, beside those of the whole model, and not cleared with these. */
static void unit_counts_for_itself(void **state)
{
	struct fx *f = *state;
	u64 total;

	use_page(f);
	fx_unmap(f, FX_PASID, BASE);
	fx_flush_iotlb(f, FX_PASID);
	total = lab(f, SVK_LAB_UNIT_QI(SVK_LAB_QI_TOTAL));
	assert_true(total > 0);
	for (unsigned int i = 0; i <= SVK_LAB_QI_OTHER; i++)
		assert_int_equal(lab(f, SVK_LAB_UNIT_QI(i)), lab(f, SVK_LAB_COUNTER(i)));
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_CLEAR, 1, 4);
	assert_int_equal(lab(f, SVK_LAB_COUNTER(SVK_LAB_QI_TOTAL)), 0);
	assert_int_equal(lab(f, SVK_LAB_UNIT_QI(SVK_LAB_QI_TOTAL)), total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(clean_machine),
		TEST(each_cache_counts),
		TEST(confirmed_is_found),
		TEST(forgets_on_demand),
		TEST(lost_device_tlb_invalidation),
		TEST(found_in_the_page),
		TEST(domain_in_the_page),
		TEST(rules_and_losses_in_the_page),
		TEST(time_goes_on),
		TEST(half_a_loss_is_none),
		TEST(unit_counts_for_itself),
		cmocka_unit_test_setup_teardown(rest_is_told_from_work, setup_stepped, teardown),
		cmocka_unit_test_setup_teardown(silent_without_oracle, setup_silent, fx_teardown),
	};

	return cmocka_run_group_tests_name("accel_lab", tests, NULL, NULL);
}
