// SPDX-License-Identifier: GPL-2.0
/*
 * Waits for a page that are cut short: abort, resets, quiesce, halt, PRI and
 * ATS switched off, responses that nobody expects, a full queue of requests.
 */
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/accel_fixture.h"
#include "tests/pri_fixture.h"

#define DST 0x20000000ULL
#define PRS 0xdc
#define PQH 0xc0
#define PQT 0xc8

/* Queue 0 waits for DST; *@req is its request. */
static struct svk_desc park(struct fx *f, struct pf_request *req)
{
	struct svk_desc d = fx_desc(0, SVK_OP_FILL, 0, DST, 8);

	d.ctrl |= SVK_DESC_BLOCK;
	fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
	*req = pf_next(f);
	assert_int_equal(req->addr, DST);
	assert_true(req->write);
	return d;
}

static int setup(void **state)
{
	pf_setup(state);
	fx_queue_open(*state, 0, FX_PASID, 16);
	return 0;
}

static void map(struct fx *f)
{
	fx_map(f, FX_PASID, DST, fx_pages(f, 1), FX_RW);
}

static void reopen(struct fx *f)
{
	fx_queue_config(f, 0, FX_PASID, 16);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_queue_state(f, 0, SVK_QSTATE_ENABLED, SVK_QERR_NONE);
}

static void expect_untouched(struct fx *f)
{
	assert_int_equal(fx_cpl(f, 0, FX_PASID, 0)->status, SVK_CPL_PENDING);
}

static void expect_marker(struct fx *f)
{
	struct pf_request req = pf_next(f);

	assert_true(req.last && !req.read && !req.write);
	assert_true(req.has_pasid);
	assert_int_equal(req.pasid, FX_PASID);
}

static u16 status(struct fx *f)
{
	return pf_status(f) & (PCI_PRI_STATUS_RF | PCI_PRI_STATUS_UPRGI | PCI_PRI_STATUS_STOPPED);
}

/* The queue is free at once; the response that comes later is nobody's, and no error. */
static void abort_while_waiting(void **state)
{
	struct fx *f = *state;
	struct pf_request req;
	struct svk_desc d = park(f, &req);

	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	fx_queue_state(f, 0, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	assert_int_equal(fx_bar(f, 0, SVK_GLB_STATUS, 4), SVK_GLB_STATUS_ENABLED);
	expect_marker(f);
	reopen(f);
	d.ctrl &= ~(u32)SVK_DESC_BLOCK;
	fx_expect(f, 0, &d, SVK_CPL_FAULT_WRITE);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 1);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED);
	expect_untouched(f);
	/* Once more is once too often. */
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 2);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_UPRGI);
	pf_clear_status(f, PCI_PRI_STATUS_UPRGI);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 1);
}

/* A response to what the queue waited for before must not end what it waits for now. */
static void old_response_new_wait(void **state)
{
	struct fx *f = *state;
	struct pf_request old, req;

	park(f, &old);
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	expect_marker(f);
	reopen(f);
	park(f, &req);
	assert_int_not_equal(req.prgi, old.prgi);
	pf_respond(f, &old, PF_INVALID);
	expect_untouched(f);
	assert_int_equal(fx_bar(f, 0, SVK_GLB_STATUS, 4) & SVK_GLB_STATUS_BUSY,
			 SVK_GLB_STATUS_BUSY);
	map(f);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_OK);
}

/* Nor must a second response to what has been answered, although the slot is in use again. */
static void response_sent_twice(void **state)
{
	struct fx *f = *state;
	struct pf_request first, second;

	park(f, &first);
	pf_respond(f, &first, PF_SUCCESS);
	second = pf_next(f);
	pf_respond(f, &first, PF_INVALID);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 1);
	assert_int_equal(status(f), PCI_PRI_STATUS_UPRGI);
	expect_untouched(f);
	map(f);
	pf_respond(f, &second, PF_SUCCESS);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_OK);
}

/* The marker says that the PASID is done with: not while another queue uses it. */
static void marker_for_the_last_queue(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	fx_queue_open(f, 1, FX_PASID, 16);
	fx_queue_open(f, 2, FX_OTHER_PASID, 16);
	park(f, &req);
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	assert_int_equal(pf_queued(f), 0);
	fx_q_set(f, 1, SVK_QCFG_CTRL, 0);
	reopen(f);
	park(f, &req);
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	expect_marker(f);
}

static void resets_while_waiting(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	for (unsigned int i = 0; i < 3; i++) {
		park(f, &req);
		if (i == 0)
			fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_RESET);
		else if (i == 1)
			fx_bar_set(f, 0, SVK_GLB_CTRL, SVK_GLB_CTRL_RESET, 4);
		else
			fx_bar_set(f, 0, SVK_GLB_CTRL, 0, 4);
		fx_queue_state(f, 0, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
		assert_int_equal(fx_bar(f, 0, SVK_GLB_STATUS, 4) & SVK_GLB_STATUS_BUSY, 0);
		expect_marker(f);
		pf_respond(f, &req, PF_SUCCESS);
		assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), i + 1);
		/* Configuration space is left alone, and what it allowed to be outstanding. */
		assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED);
		expect_untouched(f);
		fx_bar_set(f, 0, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
		reopen(f);
	}
}

/* It forgets all, and sends nothing. */
static void function_level_reset(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	park(f, &req);
	machine_lock(&f->machine);
	pci_reset(f->fn);
	machine_unlock(&f->machine);
	fx_queue_state(f, 0, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	assert_int_equal(pf_queued(f), 0);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 1);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_UPRGI);
	pf_enable(f, 64);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED);
}

static void quiesce_waits_for_the_page(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	park(f, &req);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE | SVK_QCFG_CTRL_QUIESCE);
	fx_queue_state(f, 0, SVK_QSTATE_STOPPING, SVK_QERR_NONE);
	map(f);
	pf_respond(f, &req, PF_SUCCESS);
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, 0, SVK_QCFG_STATUS)) == SVK_QSTATE_DISABLED);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_OK);
	assert_int_equal(pf_queued(f), 0);
	/* An abort meanwhile is an abort. */
	reopen(f);
	fx_unmap(f, FX_PASID, DST);
	fx_flush_iotlb(f, FX_PASID);
	fx_flush_devtlb(f, FX_PASID, 0, 0);
	park(f, &req);
	fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE | SVK_QCFG_CTRL_QUIESCE);
	fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
	fx_queue_state(f, 0, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	expect_untouched(f);
}

static void halt_while_waiting(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	park(f, &req);
	fx_doorbell(f, 0, 1000);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_DOORBELL);
	assert_int_equal(fx_bar(f, 0, SVK_GLB_STATUS, 4), SVK_GLB_STATUS_ENABLED);
	expect_marker(f);
	pf_respond(f, &req, PF_INVALID);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_DOORBELL);
	expect_untouched(f);
}

/* Off: nothing new is asked, but what is outstanding will be answered, and counts until then. */
static void pri_off_while_waiting(void **state)
{
	struct fx *f = *state;
	struct pf_request req;
	struct svk_desc d = park(f, &req);

	pf_control(f, 0);
	assert_int_equal(status(f), 0);
	expect_untouched(f);
	map(f);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_OK);
	/* One that is not helped by the response may not ask again. */
	d.dst += FX_PAGE;
	pf_enable(f, 64);
	fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
	req = pf_next(f);
	pf_control(f, 0);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_FAULT_WRITE);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 2);
}

/* One that has not even asked, for want of allocation, ends. */
static void pri_off_before_asking(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(1, SVK_OP_FILL, 0, DST + FX_PAGE, 8);
	struct pf_request req;

	pf_enable(f, 1);
	fx_queue_open(f, 1, FX_PASID, 16);
	park(f, &req);
	d.ctrl |= SVK_DESC_BLOCK;
	fx_put(f, 1, FX_PASID, &d);
	fx_ring(f, 1);
	/* Ring and data of both. */
	fx_poll(fx_count(f, SVK_LAB_XLATE_REQ) >= 4);
	assert_int_equal(fx_cpl(f, 1, FX_PASID, 0)->status, SVK_CPL_PENDING);
	pf_control(f, 0);
	assert_int_equal(fx_wait(fx_cpl(f, 1, FX_PASID, 0)).status, SVK_CPL_FAULT_WRITE);
	expect_untouched(f);
}

static void pri_reset_while_waiting(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	park(f, &req);
	/* Ignored while it is on. */
	pf_control(f, PCI_PRI_CTRL_ENABLE | PCI_PRI_CTRL_RESET);
	expect_untouched(f);
	pf_control(f, PCI_PRI_CTRL_RESET);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_FAULT_WRITE);
	pf_enable(f, 64);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 1);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_UPRGI);
}

/* The access that is tried again is an ordinary one, refused as such. */
static void ats_off_while_waiting(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	park(f, &req);
	fx_set_ats(f, false);
	expect_untouched(f);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_FAULT_WRITE);
	assert_int_equal(fx_count(f, SVK_LAB_FAULT), 1);
}

static void bus_master_off_while_waiting(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	park(f, &req);
	fx_set_command(f, false);
	pf_respond(f, &req, PF_SUCCESS);
	/* The data ends with a bus error, and so does its record. */
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, 0, SVK_QCFG_STATUS)) == SVK_QSTATE_HALTED);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_CPL_FAULT);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 1);
}

/* PRG Response PASID Required: a response without it, or with another one, is not for us. */
static void response_for_somebody_else(void **state)
{
	struct fx *f = *state;
	struct pf_request req, wrong[3];

	park(f, &req);
	for (unsigned int i = 0; i < 3; i++)
		wrong[i] = req;
	wrong[0].pasid = FX_OTHER_PASID;
	wrong[1].has_pasid = false;
	wrong[2].prgi ^= 0x100;
	for (unsigned int i = 0; i < 3; i++) {
		pf_respond(f, &wrong[i], PF_FAILURE);
		assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), i + 1);
		assert_int_equal(status(f), PCI_PRI_STATUS_UPRGI);
		pf_clear_status(f, PCI_PRI_STATUS_UPRGI);
		expect_untouched(f);
	}
	map(f);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_OK);
}

static u64 unit(struct fx *f, u64 reg, bool write, u64 val)
{
	machine_lock(&f->machine);
	if (write)
		vtd_mmio_write(f->unit, reg, val, reg == PRS ? 4 : 8);
	else
		val = vtd_mmio_read(f->unit, reg, reg == PRS ? 4 : 8);
	machine_unlock(&f->machine);
	return val;
}

/* The unit answers with Success what it had no room for: it is asked again, once. */
static void full_queue(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_FILL, 0, DST, 8);
	struct pf_request req;

	d.ctrl |= SVK_DESC_BLOCK;
	/* Full, as if 127 requests of others were in it. */
	unit(f, PQT, true, 127 * 32);
	fx_put(f, 0, FX_PASID, &d);
	fx_ring(f, 0);
	fx_poll(fx_count(f, SVK_LAB_PRQ_OVERFLOW));
	unit(f, PQH, true, 127 * 32);
	assert_int_equal(unit(f, PRS, false, 0), 2);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_RESP), 0);
	unit(f, PRS, true, 2);
	req = pf_next(f);
	map(f);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_OK);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 2);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ_OVERFLOW), 1);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_RESP), 2);
}

/* The context entry lets it translate, but not ask: the unit's own answer ends the wait. */
static void unit_refuses(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_FILL, 0, DST, 8);

	fx_queue_open(f, 0, FX_PASID, 16);
	pf_enable(f, 64);
	d.ctrl |= SVK_DESC_BLOCK;
	fx_expect(f, 0, &d, SVK_CPL_FAULT_WRITE);
	assert_int_equal(fx_count(f, SVK_LAB_FAULT), 1);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 1);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_RESP), 1);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 0);
	assert_int_equal(status(f), PCI_PRI_STATUS_STOPPED);
}

/* What has been asked is in the queue when a drain completes, and no drain waits for software. */
static void drain_while_waiting(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	park(f, &req);
	pf_drain(f);
	expect_untouched(f);
	map(f);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 0)).status, SVK_CPL_OK);
}

/* A queue without PASID asks without one, and says no good-bye. */
static void without_pasid(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(3, SVK_OP_FILL, 0, DST, 8);
	struct pf_request req;

	fx_queue_open(f, 3, FX_NO_PASID, 16);
	d.ctrl |= SVK_DESC_BLOCK;
	fx_put(f, 3, FX_NO_PASID, &d);
	fx_ring(f, 3);
	req = pf_next(f);
	assert_false(req.has_pasid);
	assert_int_equal(req.pasid, 0);
	fx_map(f, FX_NO_PASID, DST, fx_pages(f, 1), FX_RW);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(fx_wait(fx_cpl(f, 3, FX_NO_PASID, 0)).status, SVK_CPL_OK);
	d.dst += FX_PAGE;
	fx_put(f, 3, FX_NO_PASID, &d);
	fx_ring(f, 3);
	req = pf_next(f);
	fx_q_set(f, 3, SVK_QCFG_CTRL, 0);
	assert_int_equal(pf_queued(f), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(abort_while_waiting),
		TEST(old_response_new_wait),
		TEST(response_sent_twice),
		TEST(marker_for_the_last_queue),
		TEST(resets_while_waiting),
		TEST(function_level_reset),
		TEST(quiesce_waits_for_the_page),
		TEST(halt_while_waiting),
		TEST(pri_off_while_waiting),
		TEST(pri_off_before_asking),
		TEST(pri_reset_while_waiting),
		TEST(ats_off_while_waiting),
		TEST(bus_master_off_while_waiting),
		TEST(response_for_somebody_else),
		TEST(full_queue),
		cmocka_unit_test_setup_teardown(unit_refuses, fx_setup, fx_teardown),
		TEST(drain_while_waiting),
		TEST(without_pasid),
	};

	return cmocka_run_group_tests_name("accel_pri_stop", tests, NULL, NULL);
}
