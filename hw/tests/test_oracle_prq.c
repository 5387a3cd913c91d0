// SPDX-License-Identifier: GPL-2.0
/*
 * The rule "drain page requests before a PASID is used again": kept by what
 * Linux does, and reported to software that leaves something out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/oracle.h"
#include "tests/fault_fixture.h"
#include "tests/vtd_fixture.h"

#define PASID 5
#define OTHER 9
#define VA 0x7f0000000000ULL
#define PAGE 0x200000ULL

static struct {
	struct vt *vt;
	struct oracle *o;
	FILE *out;
	char *text;
	size_t len;
} r;

static void use_pasid(u32 pasid)
{
	vt_simple_fs(r.vt, VT_SID, pasid, VT_DID, VA, PAGE);
	vt_expect(r.vt, pasid, VA, false, 0, PAGE);
}

static int setup(void **state)
{
	u64 ce;

	assert_int_equal(vt_setup(state), 0);
	r.vt = *state;
	r.text = NULL;
	r.out = open_memstream(&r.text, &r.len);
	assert_non_null(r.out);
	r.o = oracle_new(r.vt->v, r.out);
	assert_non_null(r.o);
	ce = vt_context(r.vt, VT_SID);
	vt_put(r.vt, ce, vt_get(r.vt, ce) | VTD_CE_PRE);
	vt_write64(r.vt, VTD_PQA, vt_page(r.vt));
	use_pasid(PASID);
	use_pasid(OTHER);
	return 0;
}

static int teardown(void **state)
{
	oracle_free(r.o);
	fclose(r.out);
	free(r.text);
	return vt_teardown(state);
}

static void ask(u32 pasid, u16 prgi, bool last)
{
	const struct vtd_page_request req = {.sid = VT_SID,
					     .has_pasid = pasid,
					     .last = last,
					     .read = true,
					     .pasid = pasid,
					     .prgi = prgi,
					     .addr = VA};

	assert_true(vtd_page_request(r.vt->v, &req));
}

static void answer(u32 pasid, u16 prgi)
{
	vt_submit(r.vt,
		  vt_type(VTD_DESC_PGRP_RESP) | (pasid ? VTD_PGRP_PP : 0) |
			  svk_put(VTD_PGRP_RID, VT_SID) | svk_put(VTD_DESC_PASID, pasid),
		  svk_put(VTD_PGRP_PRGI, prgi));
	vt_wait(r.vt);
}

/* The entry goes, as in intel_pasid_tear_down_entry(). */
static void take_away(u32 pasid)
{
	vt_put(r.vt, vt_pe(r.vt, VT_SID, pasid), 0);
	vt_submit(r.vt, vt_desc_pasid(VTD_PC_G_PASID, VT_DID, pasid), 0);
	vt_submit(r.vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, pasid), 0);
	vt_wait(r.vt);
}

static void pass_queue(void)
{
	vt_write64(r.vt, VTD_PQH, vt_read64(r.vt, VTD_PQT));
}

/* The descriptors of intel_iommu_drain_pasid_prq(). */
static void drain(u32 pasid)
{
	vt_submit(r.vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_FN, 0);
	vt_submit(r.vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, pasid), 0);
	vt_submit(r.vt,
		  vt_type(VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, VT_SID) |
			  svk_put(VTD_DESC_PASID, pasid),
		  SVK_MASK(62, 12) | VTD_PDEVTLB_S);
	vt_submit(r.vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_PD, 0);
}

static void expect_findings(unsigned int n)
{
	oracle_audit(r.o, true);
	fflush(r.out);
	assert_int_equal(oracle_findings(r.o), n);
	if (n)
		assert_non_null(strstr(r.text, "\"rule\":\"prq-drain\""));
	else
		assert_string_equal(r.text ? r.text : "", "");
}

static void as_linux_does(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	ask(PASID, 2, true);
	take_away(PASID);
	/* prq_event_thread() passes them, the fault handler answers, then it drains. */
	pass_queue();
	answer(PASID, 1);
	answer(PASID, 2);
	drain(PASID);
	use_pasid(PASID);
	expect_findings(0);
}

/* Linux does not drain what never had a fault handler: each request is refused at once. */
static void answered_and_not_drained(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	answer(PASID, 1);
	take_away(PASID);
	use_pasid(PASID);
	ask(PASID, 2, true);
	take_away(PASID);
	answer(PASID, 2);
	/* The thread that answered has not moved the head yet. */
	use_pasid(PASID);
	expect_findings(0);
}

static void unanswered_in_the_queue(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	take_away(PASID);
	use_pasid(PASID);
	expect_findings(1);
	/* Found once. */
	take_away(PASID);
	use_pasid(PASID);
	expect_findings(1);
}

/* A drain brings everything into the queue; it does not take it out. */
static void drained_into_the_queue(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	take_away(PASID);
	drain(PASID);
	use_pasid(PASID);
	expect_findings(1);
}

static void passed_but_not_drained(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	pass_queue();
	take_away(PASID);
	use_pasid(PASID);
	expect_findings(1);
}

static void drained_too_early(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	pass_queue();
	drain(PASID);
	take_away(PASID);
	use_pasid(PASID);
	expect_findings(1);
}

static void passed_and_drained(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	take_away(PASID);
	pass_queue();
	drain(PASID);
	use_pasid(PASID);
	expect_findings(0);
}

/* The first request of a group whose last one never came: out of the queue is all it can be. */
static void partial_group(void **state)
{
	(void)state;
	ask(PASID, 1, false);
	take_away(PASID);
	pass_queue();
	use_pasid(PASID);
	expect_findings(0);
	ask(PASID, 2, false);
	take_away(PASID);
	drain(PASID);
	use_pasid(PASID);
	expect_findings(1);
}

static void whole_group(void **state)
{
	(void)state;
	ask(PASID, 1, false);
	ask(PASID, 1, true);
	take_away(PASID);
	answer(PASID, 1);
	use_pasid(PASID);
	expect_findings(0);
}

static void answer_to_another(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	answer(OTHER, 1);
	answer(PASID, 2);
	answer(0, 1);
	take_away(PASID);
	use_pasid(PASID);
	expect_findings(1);
}

static void other_pasid_is_not_concerned(void **state)
{
	(void)state;
	ask(OTHER, 1, true);
	take_away(PASID);
	use_pasid(PASID);
	take_away(OTHER);
	take_away(PASID);
	use_pasid(PASID);
	expect_findings(0);
}

/* An invalidation alone takes nothing away. */
static void flushed_and_not_changed(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	vt_submit(r.vt, vt_desc_pasid(VTD_PC_G_PASID, VT_DID, PASID), 0);
	vt_wait(r.vt);
	vt_expect(r.vt, PASID, VA, false, 0, PAGE);
	expect_findings(0);
}

static void stop_marker_does_not_count(void **state)
{
	const struct vtd_page_request req = {
		.sid = VT_SID, .has_pasid = true, .last = true, .pasid = PASID};

	(void)state;
	assert_true(vtd_page_request(r.vt->v, &req));
	take_away(PASID);
	use_pasid(PASID);
	expect_findings(0);
}

/* Without a PASID prefix it is the entry of RID_PASID that counts. */
static void request_without_pasid(void **state)
{
	(void)state;
	use_pasid(0);
	ask(0, 1, true);
	take_away(0);
	use_pasid(0);
	expect_findings(1);
	ask(0, 2, true);
	take_away(0);
	answer(0, 2);
	use_pasid(0);
	expect_findings(1);
}

/* A response that hardware loses was sent all the same. */
static void lost_response(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	fault_arm(&r.vt->m, "lose,types=response");
	answer(PASID, 1);
	assert_int_equal(fault_struck(&r.vt->m, SVK_INJECT_LOSE), 1);
	assert_int_equal(r.vt->resps, 0);
	take_away(PASID);
	use_pasid(PASID);
	expect_findings(0);
}

static void unit_is_reset(void **state)
{
	(void)state;
	ask(PASID, 1, true);
	take_away(PASID);
	vtd_reset(r.vt->v);
	vt_enable(r.vt);
	use_pasid(PASID);
	expect_findings(0);
}

/* More than is remembered: less is found, nothing is invented. */
static void more_than_is_remembered(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 1500; i++) {
		ask(PASID, (u16)(i & 511), true);
		pass_queue();
	}
	ask(OTHER, 1, true);
	take_away(OTHER);
	use_pasid(OTHER);
	expect_findings(0);
	take_away(PASID);
	use_pasid(PASID);
	expect_findings(1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_linux_does),
		TEST(answered_and_not_drained),
		TEST(unanswered_in_the_queue),
		TEST(drained_into_the_queue),
		TEST(passed_but_not_drained),
		TEST(drained_too_early),
		TEST(passed_and_drained),
		TEST(partial_group),
		TEST(whole_group),
		TEST(answer_to_another),
		TEST(other_pasid_is_not_concerned),
		TEST(flushed_and_not_changed),
		TEST(stop_marker_does_not_count),
		TEST(request_without_pasid),
		TEST(lost_response),
		TEST(unit_is_reset),
		TEST(more_than_is_remembered),
	};

	return cmocka_run_group_tests_name("oracle_prq", tests, NULL, NULL);
}
