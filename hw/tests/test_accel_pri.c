// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors that wait for their pages: what is asked, what each response
 * does, and what becomes of a wait that is cut short.
 */
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/accel_fixture.h"
#include "tests/pri_fixture.h"

#define SRC 0x10000000ULL
#define DST 0x20000000ULL
#define PAGES 40
#define BYTES (PAGES * FX_PAGE)

static int setup(void **state)
{
	struct fx *f;

	pf_setup(state);
	f = *state;
	fx_buffer(f, FX_PASID, SRC, PAGES, FX_RW);
	fx_fill_random(f, FX_PASID, SRC, BYTES, 1);
	fx_queue_open(f, 0, FX_PASID, 16);
	return 0;
}

static struct svk_desc blocking(unsigned int q, enum svk_op op, u64 src, u64 dst, u64 size)
{
	struct svk_desc d = fx_desc(q, op, src, dst, size);

	d.ctrl |= SVK_DESC_BLOCK;
	return d;
}

static void start(struct fx *f, unsigned int q, const struct svk_desc *d)
{
	fx_put(f, q, FX_PASID, d);
	fx_ring(f, q);
}

static struct svk_cpl end(struct fx *f, unsigned int q)
{
	return fx_wait(fx_cpl(f, q, FX_PASID, 0));
}

static bool pending(struct fx *f, unsigned int q)
{
	return fx_cpl(f, q, FX_PASID, 0)->status == SVK_CPL_PENDING;
}

/* The next request is for a page of FX_PASID. */
static struct pf_request expect(struct fx *f, u64 addr, bool write)
{
	struct pf_request req = pf_next(f);

	assert_int_equal(req.sid, 6 << 3);
	assert_true(req.has_pasid);
	assert_int_equal(req.pasid, FX_PASID);
	assert_int_equal(req.addr, addr);
	assert_int_equal(req.read, !write);
	assert_int_equal(req.write, write);
	assert_true(req.last);
	return req;
}

static void expect_marker(struct fx *f)
{
	struct pf_request req = pf_next(f);

	assert_true(req.has_pasid && req.last);
	assert_int_equal(req.pasid, FX_PASID);
	assert_false(req.read || req.write);
}

static void provide(struct fx *f, const struct pf_request *req)
{
	fx_map(f, FX_PASID, req->addr, fx_pages(f, 1), FX_RW);
	pf_respond(f, req, PF_SUCCESS);
}

static void expect_equal(struct fx *f, u64 a, u64 b, size_t len)
{
	u8 *x = malloc(len), *y = malloc(len);

	fx_read(f, FX_PASID, a, x, len);
	fx_read(f, FX_PASID, b, y, len);
	assert_memory_equal(x, y, len);
	free(x);
	free(y);
}

/* Every page of the target comes when it is asked for, and not before. */
static void copy_into_nothing(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_COPY, SRC, DST + 5, BYTES - 5);
	struct svk_cpl cpl;

	start(f, 0, &d);
	for (unsigned int i = 0; i < PAGES; i++) {
		struct pf_request req = expect(f, DST + i * FX_PAGE, true);

		assert_true(pending(f, 0));
		assert_int_equal(fx_bar(f, 0, SVK_GLB_STATUS, 4) & SVK_GLB_STATUS_BUSY,
				 SVK_GLB_STATUS_BUSY);
		provide(f, &req);
	}
	cpl = end(f, 0);
	assert_int_equal(cpl.status, SVK_CPL_OK);
	assert_int_equal(cpl.done, BYTES - 5);
	expect_equal(f, SRC, DST + 5, BYTES - 5);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), PAGES);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_RESP), PAGES);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 0);
	assert_int_equal(fx_count(f, SVK_LAB_FAULT), 0);
	assert_int_equal(fx_bar(f, 0, SVK_GLB_STATUS, 4), SVK_GLB_STATUS_ENABLED);
}

/* The pattern goes on where it stopped, also in the middle of a word. */
static void fill_keeps_its_phase(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_FILL, 0, DST + 3, 3 * FX_PAGE);
	u8 got[3 * FX_PAGE];

	d.operand = 0x0807060504030201ULL;
	start(f, 0, &d);
	for (unsigned int i = 0; i < 4; i++) {
		struct pf_request req = expect(f, DST + i * FX_PAGE, true);

		provide(f, &req);
	}
	assert_int_equal(end(f, 0).status, SVK_CPL_OK);
	fx_read(f, FX_PASID, DST + 3, got, sizeof(got));
	for (unsigned int i = 0; i < sizeof(got); i++)
		assert_int_equal(got[i], i % 8 + 1);
}

static void crc_and_compare_go_on(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_CRC32C, SRC + 1, 0, BYTES - 1);
	u64 crc = fx_expect(f, 0, &d, SVK_CPL_OK).result;
	u64 gpa = fx_pages(f, 1);
	struct pf_request req;
	struct svk_cpl cpl;

	fx_read(f, FX_PASID, SRC + 7 * FX_PAGE, fx_ptr(f, gpa), FX_PAGE);
	for (unsigned int i = 0; i < 2; i++) {
		fx_unmap(f, FX_PASID, SRC + 7 * FX_PAGE);
		fx_flush_iotlb(f, FX_PASID);
		fx_flush_devtlb(f, FX_PASID, 0, 0);
		d = blocking(0, i ? SVK_OP_COMPARE : SVK_OP_CRC32C, SRC + 1, i ? SRC + 1 : 0,
			     BYTES - 1);
		start(f, 0, &d);
		req = expect(f, SRC + 7 * FX_PAGE, false);
		fx_map(f, FX_PASID, req.addr, gpa, FX_RW);
		pf_respond(f, &req, PF_SUCCESS);
		cpl = end(f, 0);
		assert_int_equal(cpl.status, SVK_CPL_OK);
		assert_int_equal(cpl.result, i ? BYTES - 1 : crc);
	}
}

/* A page that is there, but not so: the request says what is wanted. */
static void permission_is_asked_for(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_COPY, SRC, DST, 8);
	u64 gpa = fx_pages(f, 1);
	struct pf_request req;

	fx_map(f, FX_PASID, DST, gpa, FX_RO);
	start(f, 0, &d);
	req = expect(f, DST, true);
	fx_map(f, FX_PASID, DST, gpa, FX_RW);
	pf_respond(f, &req, PF_SUCCESS);
	assert_int_equal(end(f, 0).status, SVK_CPL_OK);
}

/* Invalid Request: as without the flag, whatever the tables say now. */
static void refused_by_the_response(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_COPY, SRC, DST + 5, BYTES - 5);
	struct pf_request req;
	struct svk_cpl cpl;

	start(f, 0, &d);
	req = expect(f, DST, true);
	provide(f, &req);
	req = expect(f, DST + FX_PAGE, true);
	fx_map(f, FX_PASID, req.addr, fx_pages(f, 1), FX_RW);
	pf_respond(f, &req, PF_INVALID);
	cpl = end(f, 0);
	assert_int_equal(cpl.status, SVK_CPL_FAULT_WRITE);
	assert_int_equal(cpl.fault_addr, DST + FX_PAGE);
	assert_int_equal(cpl.done, FX_PAGE - 5);
	expect_equal(f, SRC, DST + 5, FX_PAGE - 5);
	/* The interface stays in use. */
	assert_int_equal(pf_status(f), PCI_PRI_STATUS_PASID | PCI_PRI_STATUS_STOPPED);
	d = blocking(0, SVK_OP_CRC32C, DST + 2 * FX_PAGE + 9, 0, 8);
	start(f, 0, &d);
	req = expect(f, DST + 2 * FX_PAGE, false);
	pf_respond(f, &req, PF_INVALID);
	cpl = end(f, 0);
	assert_int_equal(cpl.status, SVK_CPL_FAULT_READ);
	assert_int_equal(cpl.fault_addr, DST + 2 * FX_PAGE + 9);
	assert_int_equal(cpl.done, 0);
}

/* Response Failure: nobody is asked any more, until software has taken note. */
static void response_failure(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_FILL, 0, DST, 8);
	struct svk_desc other = blocking(1, SVK_OP_FILL, 0, DST + FX_PAGE, 8);
	struct pf_request req, req1;

	fx_queue_open(f, 1, FX_PASID, 16);
	start(f, 0, &d);
	req = expect(f, DST, true);
	start(f, 1, &other);
	req1 = expect(f, DST + FX_PAGE, true);
	pf_respond(f, &req, PF_FAILURE);
	assert_int_equal(end(f, 0).status, SVK_CPL_FAULT_WRITE);
	/* No response is expected any more, so the other one ends as well. */
	assert_int_equal(end(f, 1).status, SVK_CPL_FAULT_WRITE);
	assert_int_equal(pf_status(f),
			 PCI_PRI_STATUS_PASID | PCI_PRI_STATUS_RF | PCI_PRI_STATUS_STOPPED);
	fx_expect(f, 0, &d, SVK_CPL_FAULT_WRITE);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 2);
	/* Ignored, since it is too late. */
	pf_respond(f, &req1, PF_SUCCESS);
	assert_int_equal(fx_count(f, SVK_LAB_PGRP_STRAY), 1);
	assert_int_equal(pf_status(f),
			 PCI_PRI_STATUS_PASID | PCI_PRI_STATUS_RF | PCI_PRI_STATUS_STOPPED);
	pf_control(f, 0);
	assert_true(pf_status(f) & PCI_PRI_STATUS_STOPPED);
	pf_enable(f, 64);
	assert_int_equal(pf_status(f), PCI_PRI_STATUS_PASID | PCI_PRI_STATUS_STOPPED);
	start(f, 0, &d);
	req = expect(f, DST, true);
	provide(f, &req);
	assert_int_equal(end(f, 0).status, SVK_CPL_OK);
}

/* Each request needs a response, and there is an end to them. */
static void response_that_helps_nothing(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_FILL, 0, DST + 8, 8);
	struct svk_cpl cpl;
	unsigned int n;

	start(f, 0, &d);
	for (n = 0; n < 16; n++) {
		struct pf_request req = expect(f, DST, true);

		assert_int_equal(pf_queued(f), 0);
		pf_respond(f, &req, PF_SUCCESS);
	}
	cpl = end(f, 0);
	assert_int_equal(cpl.status, SVK_CPL_FAULT_WRITE);
	assert_int_equal(cpl.fault_addr, DST + 8);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 16);
	/* The next descriptor starts anew. */
	start(f, 0, &d);
	for (n = 0; n < 16; n++) {
		struct pf_request req = expect(f, DST, true);

		if (n == 15)
			fx_map(f, FX_PASID, DST, fx_pages(f, 1), FX_RW);
		pf_respond(f, &req, PF_SUCCESS);
	}
	assert_int_equal(end(f, 0).status, SVK_CPL_OK);
}

/* What is behind the one that waits must wait, too; another queue need not. */
static void other_queues_go_on(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_FILL, 0, DST, 8);
	struct svk_desc behind = fx_desc(0, SVK_OP_NOP, 0, 0, 0);
	struct svk_desc other = fx_desc(1, SVK_OP_CRC32C, SRC, 0, BYTES);
	struct pf_request req;

	fx_queue_open(f, 1, FX_PASID, 16);
	behind.cpl = FX_CPL(0) + sizeof(struct svk_cpl);
	fx_put(f, 0, FX_PASID, &d);
	fx_put(f, 0, FX_PASID, &behind);
	fx_ring(f, 0);
	req = expect(f, DST, true);
	for (unsigned int i = 0; i < 20; i++)
		fx_expect(f, 1, &other, SVK_CPL_OK);
	assert_true(pending(f, 0));
	assert_int_equal(fx_cpl(f, 0, FX_PASID, 1)->status, SVK_CPL_PENDING);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_HEAD), 0);
	provide(f, &req);
	assert_int_equal(fx_wait(fx_cpl(f, 0, FX_PASID, 1)).status, SVK_CPL_OK);
	assert_int_equal(end(f, 0).status, SVK_CPL_OK);
}

static void record_waits(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_FILL, 0, SRC, 8);
	struct pf_request req;

	d.cpl = DST + 64;
	d.ctrl |= SVK_DESC_CPL_IRQ;
	start(f, 0, &d);
	req = expect(f, DST, true);
	assert_int_equal(fx_irqs(f, 1), 0);
	assert_int_equal(fx_q(f, 0, SVK_QCFG_HEAD), 0);
	assert_int_equal(fx_count(f, SVK_LAB_DESC), 1);
	provide(f, &req);
	fx_poll(fx_q(f, 0, SVK_QCFG_HEAD) == 1);
	assert_int_equal(fx_irqs(f, 1), 1);
	assert_int_equal(fx_count(f, SVK_LAB_DESC), 1);
	/* Refused: the queue halts, as without the flag. */
	d.cpl = DST + FX_PAGE;
	start(f, 0, &d);
	req = expect(f, DST + FX_PAGE, true);
	pf_respond(f, &req, PF_INVALID);
	fx_poll(fx_irqs(f, 0) == 1);
	fx_queue_state(f, 0, SVK_QSTATE_HALTED, SVK_QERR_CPL_FAULT);
	assert_int_equal(fx_bar(f, 0, SVK_QCFG_BASE + SVK_QCFG_FAULT_ADDR, 8), DST + FX_PAGE);
}

/* Data refused, then the record: two different requests, and the record tells of the first. */
static void record_waits_after_a_refusal(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_FILL, 0, DST + FX_PAGE, 8);
	struct svk_cpl cpl;
	struct pf_request req;

	d.cpl = DST;
	start(f, 0, &d);
	req = expect(f, DST + FX_PAGE, true);
	pf_respond(f, &req, PF_INVALID);
	req = expect(f, DST, true);
	provide(f, &req);
	fx_poll(fx_q(f, 0, SVK_QCFG_HEAD) == 1);
	fx_read(f, FX_PASID, DST, &cpl, sizeof(cpl));
	assert_int_equal(cpl.status, SVK_CPL_FAULT_WRITE);
	assert_int_equal(cpl.fault_addr, DST + FX_PAGE);
}

/* The ring does not wait: whoever rings a doorbell has just written there. */
static void ring_never_waits(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(1, SVK_OP_NOP, 0, 0, 0);

	fx_queue_open(f, 1, FX_PASID, 16);
	start(f, 1, &d);
	assert_int_equal(end(f, 1).status, SVK_CPL_OK);
	fx_unmap(f, FX_PASID, FX_RING(1));
	fx_flush_iotlb(f, FX_PASID);
	fx_flush_devtlb(f, FX_PASID, 0, 0);
	fx_doorbell(f, 1, 2);
	fx_poll(svk_get(SVK_QCFG_STATUS_STATE, fx_q(f, 1, SVK_QCFG_STATUS)) == SVK_QSTATE_HALTED);
	fx_queue_state(f, 1, SVK_QSTATE_HALTED, SVK_QERR_RING_FAULT);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 0);
}

/* Array, member's data, both records: each waits if its own descriptor says so. */
static void batch_waits_in_all_places(void **state)
{
	struct fx *f = *state;
	struct svk_desc batch = blocking(0, SVK_OP_BATCH, DST, 0, 2);
	struct svk_desc member[2];
	struct pf_request req;
	struct svk_cpl cpl;
	u64 gpa = fx_pages(f, 1);

	member[0] = blocking(0, SVK_OP_FILL, 0, DST + FX_PAGE, 8);
	member[0].cpl = DST + 2 * FX_PAGE;
	member[1] = fx_desc(0, SVK_OP_FILL, 0, DST + 3 * FX_PAGE, 8);
	member[1].cpl = DST + 2 * FX_PAGE + 32;
	batch.cpl = DST + 4 * FX_PAGE;
	memcpy(fx_ptr(f, gpa), member, sizeof(member));
	start(f, 0, &batch);
	req = expect(f, DST, false);
	fx_map(f, FX_PASID, DST, gpa, FX_RW);
	pf_respond(f, &req, PF_SUCCESS);
	for (unsigned int i = 1; i < 3; i++) {
		req = expect(f, DST + i * FX_PAGE, true);
		provide(f, &req);
	}
	/* The second member does not wait; it fails, and with it the batch, whose record waits. */
	req = expect(f, DST + 4 * FX_PAGE, true);
	provide(f, &req);
	fx_poll(fx_q(f, 0, SVK_QCFG_HEAD) == 1);
	fx_read(f, FX_PASID, DST + 2 * FX_PAGE, &cpl, sizeof(cpl));
	assert_int_equal(cpl.status, SVK_CPL_OK);
	fx_read(f, FX_PASID, DST + 2 * FX_PAGE + 32, &cpl, sizeof(cpl));
	assert_int_equal(cpl.status, SVK_CPL_FAULT_WRITE);
	fx_read(f, FX_PASID, DST + 4 * FX_PAGE, &cpl, sizeof(cpl));
	assert_int_equal(cpl.status, SVK_CPL_ABORTED_BATCH);
	assert_int_equal(cpl.result, 1);
	assert_int_equal(cpl.done, 1);
	assert_int_equal(fx_count(f, SVK_LAB_DESC), 3);
}

static void batch_array_refused(void **state)
{
	struct fx *f = *state;
	struct svk_desc batch = blocking(0, SVK_OP_BATCH, DST, 0, 2);
	struct pf_request req;
	struct svk_cpl cpl;

	start(f, 0, &batch);
	req = expect(f, DST, false);
	pf_respond(f, &req, PF_INVALID);
	cpl = end(f, 0);
	assert_int_equal(cpl.status, SVK_CPL_FAULT_READ);
	assert_int_equal(cpl.fault_addr, DST);
	assert_int_equal(cpl.done, 0);
}

/* Without the flag, without PRI, without ATS, without allocation: as before. */
static void faults_without_asking(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(0, SVK_OP_COPY, SRC, DST, 2 * FX_PAGE);
	struct svk_cpl cpl;

	fx_map(f, FX_PASID, DST, fx_pages(f, 1), FX_RW);
	for (unsigned int i = 0; i < 4; i++) {
		if (i)
			d.ctrl |= SVK_DESC_BLOCK;
		if (i == 1)
			pf_control(f, 0);
		if (i == 2)
			pf_enable(f, 0);
		if (i == 3) {
			pf_enable(f, 64);
			fx_set_ats(f, false);
		}
		cpl = fx_expect(f, 0, &d, SVK_CPL_FAULT_WRITE);
		assert_int_equal(cpl.fault_addr, DST + FX_PAGE);
		assert_int_equal(cpl.done, FX_PAGE);
	}
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 0);
}

static void more_than_allowed(void **state)
{
	struct fx *f = *state;
	struct pf_request req[2];
	unsigned int i;

	pf_enable(f, 2);
	for (i = 0; i < 4; i++) {
		struct svk_desc d = blocking(i, SVK_OP_FILL, 0, DST + i * FX_PAGE, 8);

		if (i)
			fx_queue_open(f, i, FX_PASID, 16);
		start(f, i, &d);
		if (i < 2)
			req[i] = expect(f, DST + i * FX_PAGE, true);
	}
	/* Ring and data of each: all four have been refused. */
	fx_poll(fx_count(f, SVK_LAB_XLATE_REQ) >= 4 + 4);
	assert_int_equal(pf_queued(f), 0);
	/* Each response lets one more out. */
	provide(f, &req[0]);
	req[0] = pf_next(f);
	assert_int_equal(pf_queued(f), 0);
	provide(f, &req[1]);
	req[1] = pf_next(f);
	for (i = 0; i < 2; i++) {
		assert_true(req[i].addr >= DST + 2 * FX_PAGE);
		provide(f, &req[i]);
	}
	assert_int_not_equal(req[0].addr, req[1].addr);
	for (i = 0; i < 4; i++)
		assert_int_equal(end(f, i).status, SVK_CPL_OK);
}

/* An allocation beyond the capacity is the capacity. */
static void allocation_beyond_capacity(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = blocking(0, SVK_OP_FILL, 0, DST, 8);
	struct pf_request req;
	u64 asked;

	pf_control(f, 0);
	pf_enable(f, 0xffffffff);
	for (unsigned int i = 0; i < 64; i++) {
		start(f, 0, &d);
		req = expect(f, DST, true);
		fx_q_set(f, 0, SVK_QCFG_CTRL, 0);
		expect_marker(f);
		fx_queue_config(f, 0, FX_PASID, 16);
		fx_q_set(f, 0, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	}
	asked = fx_count(f, SVK_LAB_XLATE_REQ);
	start(f, 0, &d);
	fx_poll(fx_count(f, SVK_LAB_XLATE_REQ) > asked);
	assert_int_equal(fx_count(f, SVK_LAB_PRQ), 64);
	pf_respond(f, &req, PF_SUCCESS);
	req = expect(f, DST, true);
	provide(f, &req);
	assert_int_equal(end(f, 0).status, SVK_CPL_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copy_into_nothing),
		TEST(fill_keeps_its_phase),
		TEST(crc_and_compare_go_on),
		TEST(permission_is_asked_for),
		TEST(refused_by_the_response),
		TEST(response_failure),
		TEST(response_that_helps_nothing),
		TEST(other_queues_go_on),
		TEST(record_waits),
		TEST(record_waits_after_a_refusal),
		TEST(ring_never_waits),
		TEST(batch_waits_in_all_places),
		TEST(batch_array_refused),
		TEST(faults_without_asking),
		TEST(more_than_allowed),
		TEST(allocation_beyond_capacity),
	};

	return cmocka_run_group_tests_name("accel_pri", tests, NULL, NULL);
}
