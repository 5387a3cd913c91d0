// SPDX-License-Identifier: GPL-2.0
/* BATCH and DRAIN: order, member records, the member that fails, the array that faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "accel_fixture.h"

#define ARRAY 0x10000000ULL
#define ARRAY_PAGES 16
#define BUF 0x20000000ULL
#define MEMBER_CPL(n) (FX_CPL(0) + ((n) + 1) * sizeof(struct svk_cpl))

static int setup(void **state)
{
	struct fx *f = fx_new(NULL);

	fx_buffer(f, FX_PASID, ARRAY, ARRAY_PAGES, FX_RW);
	fx_buffer(f, FX_PASID, BUF, 20, FX_RW);
	fx_queue_open(f, 0, FX_PASID, 16);
	*state = f;
	return 0;
}

static void put_member(struct fx *f, unsigned int n, struct svk_desc d)
{
	d.tag = n;
	fx_write(f, FX_PASID, ARRAY + n * sizeof(d), &d, sizeof(d));
}

static struct svk_desc member(unsigned int n, enum svk_op op, u64 src, u64 dst, u64 size)
{
	struct svk_desc d = fx_desc(0, op, src, dst, size);

	d.cpl = MEMBER_CPL(n);
	return d;
}

static struct svk_cpl member_cpl(struct fx *f, unsigned int n)
{
	return fx_wait(fx_cpl(f, 0, FX_PASID, n + 1));
}

/* Each member depends on the one before. */
static void members_run_in_order(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_BATCH, ARRAY, 0, 5);
	struct svk_cpl cpl;
	unsigned int i;

	d.ctrl |= SVK_DESC_CPL_IRQ;
	put_member(f, 0, member(0, SVK_OP_FILL, 0, BUF, 5 * FX_PAGE));
	put_member(f, 1, member(1, SVK_OP_COPY, BUF, BUF + 6 * FX_PAGE, 5 * FX_PAGE));
	put_member(f, 2, member(2, SVK_OP_DRAIN, 0, 0, 0));
	put_member(f, 3, member(3, SVK_OP_COMPARE, BUF, BUF + 6 * FX_PAGE, 5 * FX_PAGE));
	put_member(f, 4, member(4, SVK_OP_CRC32C, BUF + 6 * FX_PAGE, 0, 5 * FX_PAGE));
	cpl = fx_expect(f, 0, &d, SVK_CPL_OK);
	assert_int_equal(cpl.done, 5);
	assert_int_equal(cpl.result, 0);
	for (i = 0; i < 5; i++) {
		cpl = member_cpl(f, i);
		assert_int_equal(cpl.status, SVK_CPL_OK);
		assert_int_equal(cpl.tag, i);
	}
	assert_int_equal(fx_q(f, 0, SVK_QCFG_HEAD), 1);
	assert_int_equal(fx_count(f, SVK_LAB_DESC), 6);
	assert_int_equal(fx_irqs(f, 1), 1);
}

static void largest_batch(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_BATCH, ARRAY, 0, 1024);
	struct svk_desc n = {.ctrl = SVK_OP_NOP | SVK_DESC_CPL_IRQ};
	unsigned int i;

	for (i = 0; i < 1024; i++)
		put_member(f, i, n);
	assert_int_equal(fx_expect(f, 0, &d, SVK_CPL_OK).done, 1024);
	assert_int_equal(fx_irqs(f, 1), 1024);
}

/* A mismatch is an answer, not a failure. */
static void mismatch_does_not_abort(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_BATCH, ARRAY, 0, 2);
	u8 one = 1;

	fx_write(f, FX_PASID, BUF + 5, &one, 1);
	put_member(f, 0, member(0, SVK_OP_COMPARE, BUF, BUF + 8, 8));
	put_member(f, 1, member(1, SVK_OP_NOP, 0, 0, 0));
	fx_expect(f, 0, &d, SVK_CPL_OK);
	assert_int_equal(member_cpl(f, 0).status, SVK_CPL_MISMATCH);
	assert_int_equal(member_cpl(f, 1).status, SVK_CPL_OK);
}

static void failed_member_aborts(void **state)
{
	static const struct {
		struct svk_desc d;
		enum svk_status status;
	} bad[] = {
		{{.ctrl = SVK_OP_FILL, .dst = 0x70000000, .size = 8}, SVK_CPL_FAULT_WRITE},
		{{.ctrl = SVK_OP_CRC32C, .src = 0x70000000, .size = 8}, SVK_CPL_FAULT_READ},
		{{.ctrl = SVK_OP_BATCH, .src = ARRAY, .size = 1}, SVK_CPL_BAD_OPCODE},
		{{.ctrl = 0x80}, SVK_CPL_BAD_OPCODE},
		{{.ctrl = SVK_OP_NOP, .operand = 1}, SVK_CPL_BAD_FLAGS},
		{{.ctrl = SVK_OP_NOP, .size = 1}, SVK_CPL_BAD_SIZE},
	};
	struct fx *f = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct svk_desc d = fx_desc(0, SVK_OP_BATCH, ARRAY, 0, 3);
		struct svk_desc wrong = bad[i].d;
		struct svk_cpl cpl;

		wrong.ctrl |= SVK_DESC_CPL_RECORD;
		wrong.cpl = MEMBER_CPL(1);
		put_member(f, 0, member(0, SVK_OP_NOP, 0, 0, 0));
		put_member(f, 1, wrong);
		put_member(f, 2, member(2, SVK_OP_NOP, 0, 0, 0));
		cpl = fx_expect(f, 0, &d, SVK_CPL_ABORTED_BATCH);
		assert_int_equal(cpl.result, 1);
		assert_int_equal(cpl.done, 1);
		assert_int_equal(cpl.fault_addr, 0);
		assert_int_equal(member_cpl(f, 0).status, SVK_CPL_OK);
		assert_int_equal(member_cpl(f, 1).status, bad[i].status);
		assert_int_equal(fx_cpl(f, 0, FX_PASID, 3)->status, SVK_CPL_PENDING);
	}
	/* The queue goes on. */
	assert_int_equal(fx_q(f, 0, SVK_QCFG_HEAD), i);
	fx_queue_state(f, 0, SVK_QSTATE_ENABLED, SVK_QERR_NONE);
}

static void array_faults(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_BATCH, ARRAY, 0, 100);
	struct svk_cpl cpl;
	unsigned int i;

	for (i = 0; i < 64; i++)
		put_member(f, i, (struct svk_desc){.ctrl = SVK_OP_NOP});
	fx_unmap(f, FX_PASID, ARRAY + FX_PAGE);
	cpl = fx_expect(f, 0, &d, SVK_CPL_FAULT_READ);
	assert_int_equal(cpl.done, 64);
	assert_int_equal(cpl.fault_addr, ARRAY + FX_PAGE);
	assert_int_equal(cpl.result, 0);
	fx_map(f, FX_PASID, ARRAY + FX_PAGE, FX_RAM, FX_RW);
	fx_flush_iotlb(f, FX_PASID);
	assert_int_equal(fx_expect(f, 0, &d, SVK_CPL_BUS_ERROR).done, 64);
}

/* A member's record that cannot be written stops the queue: nobody would hear of the rest. */
static void member_record_refused(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_BATCH, ARRAY, 0, 2);
	struct svk_desc m = member(0, SVK_OP_NOP, 0, 0, 0);

	m.cpl = 0x70000000;
	put_member(f, 0, m);
	put_member(f, 1, member(1, SVK_OP_NOP, 0, 0, 0));
	fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, 0, SVK_QCFG_STATUS)) == SVK_QSTATE_HALTED);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_CPL_FAULT);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_HEAD), 0);
	assert_int_equal(fx_cpl(f, 0, FX_PASID, 0)->status, SVK_CPL_PENDING);
}

/* When the DRAIN's record is there, so are those of all before it. */
static void drain_comes_last(void **state)
{
	struct fx *f = *state;
	struct svk_desc d;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		d = member(i, SVK_OP_FILL, 0, BUF, 20 * FX_PAGE);
		fx_put(f, 0, FX_PASID, &d);
	}
	d = fx_desc(0, SVK_OP_DRAIN, 0, 0, 0);
	fx_expect(f, 0, &d, SVK_CPL_OK);
	for (i = 0; i < 8; i++)
		assert_int_equal(fx_cpl(f, 0, FX_PASID, i + 1)->status, SVK_CPL_OK);
	assert_int_equal(fx_count(f, SVK_LAB_DESC), 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(members_run_in_order, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(largest_batch, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(mismatch_does_not_abort, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(failed_member_aborts, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(array_faults, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(member_record_refused, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(drain_comes_last, setup, fx_teardown),
	};

	return cmocka_run_group_tests_name("accel_batch", tests, NULL, NULL);
}
