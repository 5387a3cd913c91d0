// SPDX-License-Identifier: GPL-2.0
/* Page requests that fail on demand, with a device that waits for them. */
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
#include "vtd/vtd_internal.h"

#define QUEUE 1
#define BASE 0x10000000ULL

static int setup(void **state)
{
	struct fx *f;

	pf_setup(state);
	f = *state;
	fx_queue_open(f, QUEUE, FX_PASID, 8);
	machine_lock(&f->machine);
	return 0;
}

static int teardown(void **state)
{
	struct fx *f = *state;

	machine_unlock(&f->machine);
	return fx_teardown(state);
}

static void arm(struct fx *f, const char *spec)
{
	fault_arm(&f->machine, spec);
	machine_unlock(&f->machine);
}

/* A descriptor that waits for the page at BASE. */
static struct svk_cpl *fill(struct fx *f)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_FILL, 0, BASE, 8);

	d.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	fx_put(f, QUEUE, FX_PASID, &d);
	fx_ring(f, QUEUE);
	return fx_cpl(f, QUEUE, FX_PASID, 0);
}

static u32 unit32(struct fx *f, u64 off)
{
	u32 val;

	machine_lock(&f->machine);
	val = (u32)vtd_mmio_read(f->unit, off, 4);
	machine_unlock(&f->machine);
	return val;
}

/* Make the page present and answer, as a kernel does. */
static void serve(struct fx *f, const struct pf_request *req)
{
	fx_buffer(f, FX_PASID, BASE, 1, FX_RW);
	pf_respond(f, req, PF_SUCCESS);
}

static void end(struct fx *f)
{
	/* The test goes on with the lock, for its teardown. */
	machine_lock(&f->machine);
}

static void overflow(void **state)
{
	struct fx *f = *state;
	struct pf_request req;
	struct svk_cpl *cpl;

	arm(f, "prq-overflow");
	cpl = fill(f);
	fx_poll(unit32(f, VTD_PRS) & VTD_PRS_PRO);
	assert_int_equal(pf_queued(f), 0);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ_OVERFLOW), 1);
	/* Software clears it; the device is answered, and asks again. */
	machine_lock(&f->machine);
	vtd_mmio_write(f->unit, VTD_PRS, VTD_PRS_PRO, 4);
	machine_unlock(&f->machine);
	req = pf_next(f);
	assert_int_equal(req.addr, BASE);
	serve(f, &req);
	assert_int_equal(fx_wait(cpl).status, SVK_CPL_OK);
	end(f);
}

static void duplicate(void **state)
{
	struct fx *f = *state;
	struct pf_request first, second;
	struct svk_cpl *cpl;

	arm(f, "prq-duplicate,pasid=5,addr=0x10000000");
	cpl = fill(f);
	first = pf_next(f);
	second = pf_next(f);
	assert_int_equal(first.prgi, second.prgi);
	assert_int_equal(first.addr, second.addr);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 2);
	serve(f, &first);
	assert_int_equal(fx_wait(cpl).status, SVK_CPL_OK);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 0);
	pf_respond(f, &second, PF_SUCCESS);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 1);
	assert_true(pf_status(f) & PCI_PRI_STATUS_UPRGI);
	end(f);
}

/* What software does with a spoilt request is an answer that the device may, or may not, take. */
static void spoilt(struct fx *f, const char *spec, struct pf_request *req)
{
	arm(f, spec);
	fill(f);
	*req = pf_next(f);
	assert_int_equal(fault_struck(&f->machine, SVK_INJECT_PRQ_MALFORMED), 1);
}

/* The queue is aborted, and is as good as new. */
static void aborts(struct fx *f)
{
	fx_q_set(f, QUEUE, SVK_QCFG_CTRL, 0);
	fx_queue_state(f, QUEUE, SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	end(f);
}

static void unanswered(struct fx *f, const struct pf_request *req)
{
	pf_respond(f, req, PF_INVALID);
	assert_int_equal(fx_cpl(f, QUEUE, FX_PASID, 0)->status, 0);
	assert_true(pf_status(f) & PCI_PRI_STATUS_UPRGI);
	aborts(f);
}

static void spoilt_reserved(void **state)
{
	struct fx *f = *state;
	struct pf_request req;
	u64 q0;

	spoilt(f, "prq-malformed", &req);
	machine_lock(&f->machine);
	q0 = *(u64 *)fx_ptr(f, vtd_mmio_read(f->unit, VTD_PQA, 8) & VTD_PQA_PQA);
	machine_unlock(&f->machine);
	assert_int_equal(q0 & (SVK_MASK(15, 9) | SVK_MASK(63, 54)),
			 SVK_MASK(15, 9) | SVK_MASK(63, 54));
	assert_int_equal(req.addr, BASE);
	assert_int_equal(req.pasid, FX_PASID);
	serve(f, &req);
	assert_int_equal(fx_wait(fx_cpl(f, QUEUE, FX_PASID, 0)).status, SVK_CPL_OK);
	end(f);
}

static void spoilt_pasid(void **state)
{
	struct pf_request req;

	spoilt(*state, "prq-malformed,spoil=pasid", &req);
	assert_true(req.has_pasid);
	assert_int_equal(req.pasid, 0xfffff);
	unanswered(*state, &req);
}

static void spoilt_address(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	spoilt(f, "prq-malformed,spoil=address", &req);
	assert_int_equal(req.addr, BASE | SVK_BIT(62));
	/* Its group and its PASID are right. */
	pf_respond(f, &req, PF_INVALID);
	assert_int_equal(fx_wait(fx_cpl(f, QUEUE, FX_PASID, 0)).status, SVK_CPL_FAULT_WRITE);
	end(f);
}

static void spoilt_access(void **state)
{
	struct pf_request req;

	spoilt(*state, "prq-malformed,spoil=access", &req);
	assert_true(req.last && !req.read && !req.write);
	aborts(*state);
}

static void spoilt_last(void **state)
{
	struct pf_request req;

	spoilt(*state, "prq-malformed,spoil=last", &req);
	assert_true(req.write);
	assert_false(req.last);
	aborts(*state);
}

static void spoilt_source(void **state)
{
	struct fx *f = *state;
	struct pf_request req;

	spoilt(f, "prq-malformed,spoil=source", &req);
	assert_int_equal(req.sid, 0xffff);
	pf_respond(f, &req, PF_INVALID);
	assert_int_equal(fx_cpl(f, QUEUE, FX_PASID, 0)->status, 0);
	aborts(f);
}

/* A stop marker is no page request. */
static void markers_are_let_through(void **state)
{
	struct fx *f = *state;
	const struct vtd_page_request marker = {
		.sid = f->sid, .has_pasid = true, .last = true, .pasid = FX_PASID};

	fault_arm(&f->machine, "prq-overflow");
	fault_arm(&f->machine, "prq-malformed");
	fault_arm(&f->machine, "prq-duplicate");
	assert_true(vtd_page_request(f->unit, &marker));
	assert_int_equal(fault_struck(&f->machine, SVK_INJECT_PRQ_OVERFLOW), 0);
	assert_int_equal(fault_struck(&f->machine, SVK_INJECT_PRQ_MALFORMED), 0);
	assert_int_equal(fault_struck(&f->machine, SVK_INJECT_PRQ_DUPLICATE), 0);
}

/* Requests of the highest PASID, and without one, are spoilt as well. */
static void nobody_is_found(void **state)
{
	struct vtd_page_request req = {
		.sid = 0x30, .has_pasid = true, .last = true, .read = true, .pasid = 0xfffff};
	static const struct vtd_endpoint_ops ops = {0};
	struct fx *f = *state;

	fault_arm(&f->machine, "prq-malformed,spoil=pasid,count=2");
	vtd_fail_spoil(f->unit, &req);
	assert_int_equal(req.pasid, 0xffffe);
	req.has_pasid = false;
	vtd_fail_spoil(f->unit, &req);
	assert_true(req.has_pasid);
	assert_int_equal(req.pasid, 0xfffff);
	assert_int_equal(vtd_attach(f->unit, 0xffff, &ops, NULL), 0);
	fault_arm(&f->machine, "prq-malformed,spoil=source");
	vtd_fail_spoil(f->unit, &req);
	assert_int_equal(req.sid, 0xfffe);
	vtd_detach(f->unit, 0xffff);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(overflow),	       TEST(duplicate),	     TEST(spoilt_reserved),
		TEST(spoilt_pasid),    TEST(spoilt_address), TEST(spoilt_access),
		TEST(spoilt_last),     TEST(spoilt_source),  TEST(markers_are_let_through),
		TEST(nobody_is_found),
	};

	return cmocka_run_group_tests_name("prq_fail", tests, NULL, NULL);
}
