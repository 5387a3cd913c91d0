// SPDX-License-Identifier: GPL-2.0
/* A function that is removed, or resets itself, in the middle of its work. */
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <svakit/vtd_regs.h>

#include "accel_fixture.h"
#include "inject/inject.h"
#include "pri_fixture.h"
#include "tests/fault_fixture.h"

#define QUEUE 1
#define OTHER 2
#define BASE 0x10000000ULL
#define CTRL SVK_ACCEL_BAR_CTRL

static int setup(void **state)
{
	struct fx *f;

	fx_setup(state);
	f = *state;
	fx_queue_open(f, QUEUE, FX_PASID, 8);
	fx_queue_open(f, OTHER, FX_OTHER_PASID, 8);
	fx_buffer(f, FX_PASID, BASE, 2, FX_RW);
	return 0;
}

static void arm(struct fx *f, const char *spec)
{
	machine_lock(&f->machine);
	fault_arm(&f->machine, spec);
	machine_unlock(&f->machine);
}

static u64 struck(struct fx *f, enum svk_inject kind)
{
	u64 n;

	machine_lock(&f->machine);
	n = fault_struck(&f->machine, kind);
	machine_unlock(&f->machine);
	return n;
}

static u32 config32(struct fx *f, unsigned int off)
{
	u32 val;

	machine_lock(&f->machine);
	pci_config_read(f->fn, off, &val, sizeof(val));
	machine_unlock(&f->machine);
	return val;
}

static void submit(struct fx *f)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_FILL, 0, BASE, 2 * FX_PAGE);

	d.ctrl |= cpu_to_le32(SVK_DESC_CPL_IRQ);
	fx_put(f, QUEUE, FX_PASID, &d);
	fx_ring(f, QUEUE);
}

static void remove_it(struct fx *f, const char *spec)
{
	arm(f, spec);
	submit(f);
	fx_poll(struck(f, SVK_INJECT_REMOVE));
}

static void respond(struct fx *f)
{
	const struct pf_request req = {.sid = f->sid, .has_pasid = true, .pasid = FX_PASID};

	pf_respond(f, &req, PF_SUCCESS);
}

/* Driver and queues from scratch. */
static void start_over(struct fx *f)
{
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_ID, 4), SVK_GLB_ID_MAGIC);
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_CTRL, 4), 0);
	fx_queue_state(f, QUEUE, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	fx_set_command(f, true);
	fx_set_pasid(f, true);
	fx_set_ats(f, true);
	fx_bar_set(f, CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
	fx_queue_config(f, QUEUE, FX_PASID, 8);
	fx_q_set(f, QUEUE, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	submit(f);
	assert_int_equal(fx_wait(fx_cpl(f, QUEUE, FX_PASID, 0)).status, SVK_CPL_OK);
}

static void removed_reads_ones(void **state)
{
	struct fx *f = *state;
	u32 command = PCI_COMMAND_MASTER;

	remove_it(f, "remove");
	assert_int_equal(fx_bar(f, CTRL, SVK_GLB_ID, 4), 0xffffffff);
	assert_int_equal(fx_bar(f, CTRL, SVK_LAB_FINDINGS, 8), ~0ULL);
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_PORTAL, SVK_PORTAL_SIZE, 4), 0xffffffff);
	assert_int_equal(config32(f, PCI_VENDOR_ID), 0xffffffff);
	assert_int_equal(config32(f, 0xffc), 0xffffffff);
	/* Written, nothing happens. */
	fx_bar_set(f, CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
	fx_bar_set(f, SVK_ACCEL_BAR_PORTAL, QUEUE * SVK_ACCEL_PAGE, 1, 4);
	machine_lock(&f->machine);
	pci_config_write(f->fn, PCI_COMMAND, &command, 4);
	machine_unlock(&f->machine);
	assert_int_equal(fx_irqs(f, QUEUE + 1), 0);
	assert_int_equal(fx_cpl(f, QUEUE, FX_PASID, 0)->status, 0);
	assert_int_equal(f->machine.count[SVK_LAB_BYTES], 0);
	arm(f, "remove,count=0");
	start_over(f);
}

/* The answer to what it has asked for comes too late. */
static void removed_takes_no_response(void **state)
{
	struct fx *f = *state;

	remove_it(f, "remove");
	respond(f);
	assert_int_equal(f->machine.count[SVK_LAB_PGRP_RESP], 1);
	assert_int_equal(f->machine.count[SVK_LAB_PGRP_STRAY], 0);
	arm(f, "remove,count=0");
	respond(f);
	assert_int_equal(f->machine.count[SVK_LAB_PGRP_STRAY], 1);
	start_over(f);
}

/* Nobody answers, until it is back; what it had cached is gone with it. */
static void removed_does_not_answer(void **state)
{
	struct fx *f = *state;
	u32 token;

	submit(f);
	assert_int_equal(fx_wait(fx_cpl(f, QUEUE, FX_PASID, 0)).status, SVK_CPL_OK);
	remove_it(f, "remove,sid=00:06.0,pasid=5,addr=0x10001000");
	machine_lock(&f->machine);
	pci_raise_msix(f->fn, 3);
	token = fx_devtlb_locked(f, FX_PASID, BASE, FX_PAGE);
	assert_false(fx_wait_done(f, token));
	assert_int_equal(vtd_mmio_read(f->unit, VTD_FSTS, 4), VTD_FSTS_ITE);
	assert_int_equal(svk_get(VTD_IQERCD_ITESID, vtd_mmio_read(f->unit, VTD_IQERCD, 8)), f->sid);
	vtd_mmio_write(f->unit, VTD_FSTS, VTD_FSTS_ITE, 4);
	inject_disarm_lab(f->machine.inject);
	token = fx_devtlb_locked(f, FX_PASID, BASE, FX_PAGE);
	assert_true(fx_wait_done(f, token));
	machine_unlock(&f->machine);
	assert_int_equal(fx_irqs(f, 3), 0);
	start_over(f);
}

/* A reboot, or a client that goes away: a new one finds it there. */
static void reset_brings_it_back(void **state)
{
	struct fx *f = *state;

	remove_it(f, "remove");
	machine_lock(&f->machine);
	pci_reset(f->fn);
	machine_unlock(&f->machine);
	start_over(f);
	assert_int_equal(struck(f, SVK_INJECT_REMOVE), 1);
}

static void whose_removal(void **state)
{
	struct fx *f = *state;

	arm(f, "remove,sid=00:07.0,count=forever");
	submit(f);
	assert_int_equal(fx_wait(fx_cpl(f, QUEUE, FX_PASID, 0)).status, SVK_CPL_OK);
	arm(f, "remove,pasid=9,count=forever");
	fx_cpl(f, QUEUE, FX_PASID, 0)->status = 0;
	submit(f);
	assert_int_equal(fx_wait(fx_cpl(f, QUEUE, FX_PASID, 0)).status, SVK_CPL_OK);
	arm(f, "remove,addr=0x10002000,count=forever");
	fx_cpl(f, QUEUE, FX_PASID, 0)->status = 0;
	submit(f);
	assert_int_equal(fx_wait(fx_cpl(f, QUEUE, FX_PASID, 0)).status, SVK_CPL_OK);
	assert_int_equal(struck(f, SVK_INJECT_REMOVE), 0);
}

static void resets_itself(void **state)
{
	struct fx *f = *state;

	arm(f, "reset,skip=1");
	submit(f);
	assert_int_equal(fx_wait(fx_cpl(f, QUEUE, FX_PASID, 0)).status, SVK_CPL_OK);
	fx_cpl(f, QUEUE, FX_PASID, 0)->status = 0;
	submit(f);
	fx_poll(struck(f, SVK_INJECT_RESET));
	fx_queue_state(f, OTHER, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	assert_int_equal(config32(f, PCI_COMMAND) & 0xffff, 0);
	assert_int_equal(fx_cpl(f, QUEUE, FX_PASID, 0)->status, 0);
	assert_int_equal(fx_irqs(f, 0), 0);
	start_over(f);
}

/* In the middle of a batch: neither it nor its members exist any more. */
static void resets_in_a_batch(void **state)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_BATCH, BASE, 0, 4);
	struct svk_desc nop = {.ctrl = cpu_to_le32(SVK_OP_NOP)};
	struct fx *f = *state;

	for (unsigned int i = 0; i < 4; i++)
		fx_write(f, FX_PASID, BASE + i * sizeof(nop), &nop, sizeof(nop));
	arm(f, "reset,skip=3");
	fx_put(f, QUEUE, FX_PASID, &d);
	fx_ring(f, QUEUE);
	fx_poll(struck(f, SVK_INJECT_RESET));
	assert_int_equal(fx_cpl(f, QUEUE, FX_PASID, 0)->status, 0);
	start_over(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(removed_reads_ones),
		TEST(removed_does_not_answer),
		TEST(removed_takes_no_response),
		TEST(reset_brings_it_back),
		TEST(whose_removal),
		TEST(resets_itself),
		TEST(resets_in_a_batch),
	};

	return cmocka_run_group_tests_name("accel_gone", tests, NULL, NULL);
}
