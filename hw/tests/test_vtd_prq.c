// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests at the registers: descriptors in memory, events, overflow,
 * what is refused and how, responses, drain.
 */
#include "tests/vtd_fixture.h"
#include "vtd/inspect.h"

#define PASID 5
#define VA 0x7f0000000000ULL
#define PAGE 0x200000ULL
#define SLOTS 128u /* of a queue of one page */
#define PRGI_MAX 511u

static u64 queue;

static struct vtd_page_request request(u16 prgi)
{
	return (struct vtd_page_request){.sid = VT_SID,
					 .has_pasid = true,
					 .last = true,
					 .read = true,
					 .pasid = PASID,
					 .prgi = prgi,
					 .addr = VA + prgi * 4096ULL};
}

static bool ask(struct vt *vt, u16 prgi)
{
	struct vtd_page_request req = request(prgi);

	return vtd_page_request(vt->v, &req);
}

static void permit(struct vt *vt)
{
	u64 ce = vt_context(vt, VT_SID);

	vt_put(vt, ce, vt_get(vt, ce) | VTD_CE_PRE);
}

/* As intel_iommu_enable_prq(): pointers, then the queue; the event is masked. */
static void queue_set_up(struct vt *vt, unsigned int order)
{
	queue = vt_page(vt);
	for (unsigned int i = 1; i < 1u << order; i++)
		vt_page(vt);
	vt_write64(vt, VTD_PQH, 0);
	vt_write64(vt, VTD_PQT, 0);
	vt_write64(vt, VTD_PQA, queue | order);
	vt_write32(vt, VTD_PEDATA, 0x61);
	vt_write32(vt, VTD_PEADDR, 0xfee03000);
	vt_write32(vt, VTD_PEUADDR, 0);
}

static int setup(void **state)
{
	int ret = vt_setup(state);

	if (ret)
		return ret;
	permit(*state);
	vt_simple_fs(*state, VT_SID, PASID, VT_DID, VA, PAGE);
	queue_set_up(*state, 0);
	return 0;
}

static u32 prs(struct vt *vt)
{
	return vt_read32(vt, VTD_PRS);
}

static void expect_response(struct vt *vt, unsigned int n, u16 prgi, unsigned int code)
{
	assert_int_equal(vt->resps, n + 1);
	assert_int_equal(vt->resp[n].prgi, prgi);
	assert_int_equal(vt->resp[n].code, code);
	assert_true(vt->resp[n].has_pasid);
	assert_int_equal(vt->resp[n].pasid, PASID);
}

/* The bit layout of struct page_req_dsc in Linux, written down a second time. */
static void descriptor_in_memory(void **state)
{
	struct vt *vt = *state;
	struct vtd_page_request req = request(0x1a5);

	/* Old contents must not shine through. */
	for (unsigned int i = 0; i < 64; i += 8)
		vt_put(vt, queue + i, ~0ULL);
	req.write = true;
	req.exec = true;
	req.priv = true;
	req.addr = VA + 0xabc;
	req.pasid = 0xabcde;
	vt_simple_fs(vt, VT_SID, 0xabcde, VT_DID, VA, PAGE);
	assert_true(vtd_page_request(vt->v, &req));
	assert_int_equal(vt_get(vt, queue), 1ULL | 1ULL << 8 | (u64)VT_SID << 16 |
						    0xabcdeULL << 32 | 1ULL << 52 | 1ULL << 53);
	assert_int_equal(vt_get(vt, queue + 8), 1 | 1 << 1 | 1 << 2 | 0x1a5 << 3 | VA);
	assert_int_equal(vt_get(vt, queue + 16), 0);
	assert_int_equal(vt_get(vt, queue + 24), 0);
	assert_int_equal(vt_get(vt, queue + 32), ~0ULL);
	assert_int_equal(vt_read64(vt, VTD_PQT), 32);
	assert_int_equal(vt_read64(vt, VTD_PQH), 0);
	assert_int_equal(prs(vt), VTD_PRS_PPR);
	assert_int_equal(vt->resps, 0);
}

static void request_without_pasid(void **state)
{
	struct vt *vt = *state;
	struct vtd_page_request req = request(3);

	/* RID_PASID is 0; the prefix is what carries these two. */
	vt_simple_fs(vt, VT_SID, 0, VT_DID, VA, PAGE);
	req.has_pasid = false;
	req.exec = true;
	req.priv = true;
	assert_true(vtd_page_request(vt->v, &req));
	assert_int_equal(vt_get(vt, queue), 1ULL | (u64)VT_SID << 16);
}

static void groups_of_one_and_of_many(void **state)
{
	struct vt *vt = *state;
	struct vtd_page_request req = request(7);

	for (unsigned int i = 0; i < 4; i++) {
		req.addr = VA + i * 4096ULL;
		req.last = i == 3;
		assert_true(vtd_page_request(vt->v, &req));
	}
	assert_true(ask(vt, 8));
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(vt_get(vt, queue + i * 32 + 8) >> 2 & 1, i >= 3);
	assert_int_equal(vt_read64(vt, VTD_PQT), 5 * 32);
	assert_int_equal(vt->m.count[SVK_LAB_PRQ], 5);
	assert_int_equal(vt->m.count[SVK_LAB_PRQ_OVERFLOW], 0);
}

static void event_once_until_serviced(void **state)
{
	struct vt *vt = *state;

	vt_write32(vt, VTD_PECTL, 0);
	ask(vt, 1);
	assert_int_equal(vt->msis, 1);
	assert_int_equal(vt->msi_addr, 0xfee03000);
	assert_int_equal(vt->msi_data, 0x61);
	ask(vt, 2);
	assert_int_equal(vt->msis, 1);
	/* As prq_event_thread(): PPR first, or a request that comes now would be missed. */
	vt_write32(vt, VTD_PRS, VTD_PRS_PPR);
	assert_int_equal(prs(vt), 0);
	ask(vt, 3);
	assert_int_equal(vt->msis, 2);
}

static void event_waits_for_its_mask(void **state)
{
	struct vt *vt = *state;

	/* Masked at reset. */
	assert_int_equal(vt_read32(vt, VTD_PECTL), VTD_ECTL_IM);
	ask(vt, 1);
	assert_int_equal(vt->msis, 0);
	assert_int_equal(vt_read32(vt, VTD_PECTL), VTD_ECTL_IM | VTD_ECTL_IP);
	vt_write32(vt, VTD_PECTL, 0);
	assert_int_equal(vt->msis, 1);
	assert_int_equal(vt_read32(vt, VTD_PECTL), 0);
	/* What has been serviced meanwhile is not announced any more. */
	vt_write32(vt, VTD_PRS, VTD_PRS_PPR);
	vt_write32(vt, VTD_PECTL, (u32)VTD_ECTL_IM);
	ask(vt, 2);
	vt_write32(vt, VTD_PRS, VTD_PRS_PPR);
	assert_int_equal(vt_read32(vt, VTD_PECTL), VTD_ECTL_IM);
	vt_write32(vt, VTD_PECTL, 0);
	assert_int_equal(vt->msis, 1);
}

/* One slot stays free, so that full and empty differ. */
static void fill(struct vt *vt)
{
	for (unsigned int i = 0; i < SLOTS - 1; i++)
		assert_true(ask(vt, (u16)i));
	assert_int_equal(vt_read64(vt, VTD_PQT), (SLOTS - 1) * 32);
}

static void overflow_discards_until_cleared(void **state)
{
	struct vt *vt = *state;
	u64 before;

	fill(vt);
	before = vt_get(vt, queue + (SLOTS - 1) * 32);
	assert_false(ask(vt, 200));
	assert_int_equal(prs(vt), VTD_PRS_PPR | VTD_PRS_PRO);
	assert_int_equal(vt_get(vt, queue + (SLOTS - 1) * 32), before);
	assert_int_equal(vt_read64(vt, VTD_PQT), (SLOTS - 1) * 32);
	/* Room alone does not help: software has to know that something is lost. */
	vt_write64(vt, VTD_PQH, vt_read64(vt, VTD_PQT));
	assert_false(ask(vt, 201));
	vt_write32(vt, VTD_PRS, VTD_PRS_PPR);
	assert_int_equal(prs(vt), VTD_PRS_PRO);
	assert_false(ask(vt, 202));
	assert_int_equal(vt->resps, 0);
	assert_int_equal(vt->m.count[SVK_LAB_PRQ_OVERFLOW], 3);
	vt_write32(vt, VTD_PRS, VTD_PRS_PRO);
	assert_int_equal(prs(vt), 0);
	assert_int_equal(vt->resps, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(vt->resp[i].prgi, 200 + i);
		assert_int_equal(vt->resp[i].code, VTD_PGRP_RC_SUCCESS);
		assert_int_equal(vt->resp[i].pasid, PASID);
	}
	assert_int_equal(vt->m.count[SVK_LAB_PGRP_RESP], 3);
	/* The next one is served again, in the slot that stayed free; then it wraps. */
	assert_true(ask(vt, 203));
	assert_int_equal(vt_read64(vt, VTD_PQT), 0);
	assert_int_equal(svk_get(VTD_PRD_PRGI, vt_get(vt, queue + (SLOTS - 1) * 32 + 8)), 203);
}

/* Only the last request of a group is answered, and a stop marker never is. */
static void overflow_of_others_than_last(void **state)
{
	struct vt *vt = *state;
	struct vtd_page_request req = request(300);

	fill(vt);
	req.last = false;
	assert_false(vtd_page_request(vt->v, &req));
	req.last = true;
	req.read = false;
	assert_false(vtd_page_request(vt->v, &req));
	assert_int_equal(vt->m.count[SVK_LAB_PRQ_OVERFLOW], 1);
	vt_write32(vt, VTD_PRS, VTD_PRS_PRO);
	assert_int_equal(vt->resps, 0);
}

static void overflow_raises_the_event(void **state)
{
	struct vt *vt = *state;

	vt_write32(vt, VTD_PECTL, 0);
	fill(vt);
	assert_int_equal(vt->msis, 1);
	/* PPR is pending: one message stands for both. */
	ask(vt, 200);
	assert_int_equal(vt->msis, 1);
	vt_write32(vt, VTD_PRS, VTD_PRS_PPR | VTD_PRS_PRO);
	ask(vt, 201);
	assert_int_equal(prs(vt), VTD_PRS_PRO);
	assert_int_equal(vt->msis, 2);
}

/* More than the unit keeps answers for: the rest is answered at once, nothing is lost. */
static void overflow_without_end(void **state)
{
	struct vt *vt = *state;
	const unsigned int asked = 600;

	fill(vt);
	for (unsigned int i = 0; i < asked; i++)
		ask(vt, (u16)(i & PRGI_MAX));
	assert_true(vt->resps > 0 && vt->resps < asked);
	vt_write32(vt, VTD_PRS, VTD_PRS_PRO);
	assert_int_equal(vt->resps, asked);
	assert_int_equal(vt->m.count[SVK_LAB_PRQ_OVERFLOW], asked);
}

static void queue_wraps(void **state)
{
	struct vt *vt = *state;

	for (unsigned int i = 0; i < 3 * SLOTS + 5; i++) {
		u64 at = i % SLOTS * 32;

		assert_true(ask(vt, (u16)(i & PRGI_MAX)));
		assert_int_equal(svk_get(VTD_PRD_PRGI, vt_get(vt, queue + at + 8)), i & PRGI_MAX);
		assert_int_equal(vt_read64(vt, VTD_PQT), (at + 32) % 4096);
		vt_write64(vt, VTD_PQH, (at + 32) % 4096);
	}
	assert_int_equal(vtd_prq_queued(vt->v), 3 * SLOTS + 5);
	assert_int_equal(vtd_prq_passed(vt->v), 3 * SLOTS + 5);
}

static void queue_of_more_pages(void **state)
{
	struct vt *vt = *state;

	queue_set_up(vt, 2);
	for (unsigned int i = 0; i < 4 * SLOTS - 1; i++)
		assert_true(ask(vt, (u16)(i & PRGI_MAX)));
	assert_int_equal(vtd_prq_passed(vt->v), 0);
	vt_write64(vt, VTD_PQH, SLOTS * 32);
	assert_int_equal(vtd_prq_passed(vt->v), SLOTS);
	vt_write64(vt, VTD_PQH, 0);
	assert_false(ask(vt, 0));
	assert_int_equal(prs(vt), VTD_PRS_PPR | VTD_PRS_PRO);
}

static void queue_that_is_not_in_memory(void **state)
{
	static const u64 where[] = {VT_OUTSIDE, 0};
	struct vt *vt = *state;

	for (unsigned int i = 0; i < ARRAY_SIZE(where); i++) {
		vt_write64(vt, VTD_PQA, where[i]);
		assert_false(ask(vt, (u16)i));
		expect_response(vt, i, (u16)i, VTD_PGRP_RC_FAILURE);
	}
	assert_int_equal(vt_read64(vt, VTD_PQT), 0);
	assert_int_equal(prs(vt), 0);
	assert_int_equal(vt_fault_count(vt), 0);
}

/* A tail that software has moved out of the queue is taken modulo its size. */
static void pointers_beyond_the_queue(void **state)
{
	struct vt *vt = *state;

	vt_write64(vt, VTD_PQH, 4096 + 64);
	vt_write64(vt, VTD_PQT, 8192 + 64);
	assert_true(ask(vt, 9));
	assert_int_equal(svk_get(VTD_PRD_PRGI, vt_get(vt, queue + 64 + 8)), 9);
	assert_int_equal(vt_read64(vt, VTD_PQT), 96);
}

static void expect_fault(struct vt *vt, int reason)
{
	u64 hi = vt_read64(vt, vt_frcd(vt, 0) + VTD_FRCD_HI);

	assert_int_equal(vt_fault_count(vt), 1);
	assert_int_equal(svk_get(VTD_FRCD_FR, hi), reason);
	assert_int_equal(hi & (VTD_FRCD_T1 | VTD_FRCD_T2 | VTD_FRCD_AT), VTD_FRCD_T2);
	assert_int_equal(svk_get(VTD_FRCD_PV, hi), PASID);
	assert_int_equal(vt_read64(vt, vt_frcd(vt, 0)), VA + 4096);
}

static void refused_by_the_context_entry(void **state)
{
	struct vt *vt = *state;
	u64 ce = vt_context(vt, VT_SID);
	u64 old = vt_get(vt, ce);
	const struct {
		u64 clear;
		int reason;
		unsigned int code;
	} cases[] = {
		{VTD_CE_PRE, VTD_FR_SCT_8, VTD_PGRP_RC_INVALID},
		{VTD_CE_DTE, VTD_FR_SCT_5, VTD_PGRP_RC_INVALID},
		{VTD_CE_PASIDE, VTD_FR_SCT_6, VTD_PGRP_RC_INVALID},
		{VTD_CE_P, VTD_FR_SCT_2, VTD_PGRP_RC_FAILURE},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		vt_put(vt, ce, old & ~cases[i].clear);
		vt_flush_all(vt);
		assert_false(ask(vt, 1));
		expect_response(vt, i, 1, cases[i].code);
		if (i)
			assert_int_equal(vt_fault_count(vt), 1);
		else
			expect_fault(vt, cases[i].reason);
		vt_clear_faults(vt);
	}
	assert_int_equal(vt_read64(vt, VTD_PQT), 0);
	/* PRE is cached with the rest of the entry. */
	vt_put(vt, ce, old);
	assert_true(ask(vt, 1));
	vt_put(vt, ce, old & ~VTD_CE_PRE);
	assert_true(ask(vt, 2));
}

static void refused_by_the_pasid(void **state)
{
	struct vt *vt = *state;
	u64 pe = vt_pe(vt, VT_SID, PASID);

	vt_put(vt, pe, 0);
	assert_false(ask(vt, 1));
	expect_response(vt, 0, 1, VTD_PGRP_RC_INVALID);
	expect_fault(vt, VTD_FR_SPT_2);
	vt_clear_faults(vt);
	/* As after intel_mm_release(): faults of a PASID that goes away are not recorded. */
	vt_put(vt, pe, VTD_PE_FPD);
	assert_false(ask(vt, 2));
	expect_response(vt, 1, 2, VTD_PGRP_RC_INVALID);
	assert_int_equal(vt_fault_count(vt), 0);
	/* A group is answered once, a marker not at all. */
	vt->resps = 0;
	for (unsigned int i = 0; i < 2; i++) {
		struct vtd_page_request req = request(3);

		req.last = i;
		req.read = !i;
		assert_false(vtd_page_request(vt->v, &req));
	}
	assert_int_equal(vt->resps, 0);
}

/* The entry goes, its caches go: from then on nothing enters the queue. */
static void nothing_after_teardown(void **state)
{
	struct vt *vt = *state;

	assert_true(ask(vt, 1));
	vt_put(vt, vt_pe(vt, VT_SID, PASID), 0);
	/* It is cached still. */
	assert_true(ask(vt, 2));
	vt_submit(vt, vt_desc_pasid(VTD_PC_G_PASID, VT_DID, PASID), 0);
	vt_wait(vt);
	assert_false(ask(vt, 3));
	assert_int_equal(vt_read64(vt, VTD_PQT), 2 * 32);
}

static void refused_without_translation(void **state)
{
	struct vt *vt = *state;

	vt_write32(vt, VTD_GCMD, (u32)VTD_G_QIE);
	assert_false(ask(vt, 1));
	expect_response(vt, 0, 1, VTD_PGRP_RC_FAILURE);
	assert_int_equal(vt_fault_count(vt), 0);
	/* Legacy mode is refused as for any request. */
	vt_write64(vt, VTD_RTADDR, vt->root);
	vt_write32(vt, VTD_GCMD, (u32)(VTD_G_QIE | VTD_G_SRTP));
	vt_write32(vt, VTD_GCMD, (u32)(VTD_G_QIE | VTD_G_TE));
	assert_false(ask(vt, 1));
	expect_response(vt, 1, 1, VTD_PGRP_RC_FAILURE);
	expect_fault(vt, VTD_FR_RTA_2);
}

static void capability_off(void **state)
{
	static const unsigned int regs[] = {VTD_PQH,   VTD_PQT,	   VTD_PQA,    VTD_PRS,
					    VTD_PECTL, VTD_PEDATA, VTD_PEADDR, VTD_PEUADDR};
	struct vt *vt = *state;

	vt_rebuild(vt, NULL, "-prs");
	vt_simple_fs(vt, VT_SID, PASID, VT_DID, VA, PAGE);
	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++) {
		vt_write32(vt, regs[i], ~0u);
		assert_int_equal(vt_read32(vt, regs[i]), 0);
	}
	assert_false(ask(vt, 1));
	expect_response(vt, 0, 1, VTD_PGRP_RC_FAILURE);
	assert_int_equal(vt_fault_count(vt), 0);
}

static u64 response_low(u16 sid, unsigned int code)
{
	return vt_type(VTD_DESC_PGRP_RESP) | VTD_PGRP_PP | svk_put(VTD_PGRP_RC, code) |
	       svk_put(VTD_PGRP_RID, sid) | svk_put(VTD_DESC_PASID, PASID);
}

static void response_reaches_the_endpoint(void **state)
{
	static const unsigned int codes[] = {VTD_PGRP_RC_SUCCESS, VTD_PGRP_RC_INVALID,
					     VTD_PGRP_RC_FAILURE};
	struct vt *vt = *state;

	for (unsigned int i = 0; i < ARRAY_SIZE(codes); i++) {
		vt_submit(vt, response_low(VT_SID, codes[i]), svk_put(VTD_PGRP_PRGI, 0x100 + i));
		expect_response(vt, i, (u16)(0x100 + i), codes[i]);
	}
	/* LPIG, which Linux has set until 6.18, is ignored. */
	vt_submit(vt, response_low(VT_SID, 0), svk_put(VTD_PGRP_PRGI, 511) | VTD_PGRP_LPIG);
	expect_response(vt, 3, 511, VTD_PGRP_RC_SUCCESS);
	/* Without PASID the field means nothing. */
	vt_submit(vt, response_low(VT_SID, 0) & ~VTD_PGRP_PP, 0);
	assert_int_equal(vt->resps, 5);
	assert_false(vt->resp[4].has_pasid);
	assert_int_equal(vt->resp[4].pasid, 0);
	assert_int_equal(vt->m.count[SVK_LAB_PGRP_RESP], 5);
	/* Nobody has that source-id; the queue goes on. */
	vt_submit(vt, response_low(0x1234, 0), 0);
	vt_wait(vt);
	assert_int_equal(vt->resps, 5);
}

static void response_with_a_reserved_code(void **state)
{
	struct vt *vt = *state;

	for (unsigned int code = 2; code < 15; code++) {
		vt_submit(vt, response_low(VT_SID, code), 0);
		assert_int_equal(vt_read32(vt, VTD_FSTS) & VTD_FSTS_IQE, VTD_FSTS_IQE);
		assert_int_equal(vt_read64(vt, VTD_IQERCD), VTD_IQEI_RESERVED);
		assert_int_equal(vt->resps, 0);
		vt_write32(vt, VTD_GCMD, (u32)VTD_G_TE);
		vt_write32(vt, VTD_FSTS, (u32)VTD_FSTS_IQE);
		vt_enable(vt);
	}
}

static void drain(struct vt *vt)
{
	u32 data = ++vt->status_data;

	vt_submit(vt,
		  vt_type(VTD_DESC_WAIT) | VTD_WAIT_PD | VTD_WAIT_SW |
			  svk_put(VTD_WAIT_STDATA, data),
		  vt->status);
	assert_int_equal((u32)vt_get(vt, vt->status), data);
}

/* What is in the queue has been drained; who answers it is software's business. */
static void drain_while_unanswered(void **state)
{
	struct vt *vt = *state;

	ask(vt, 1);
	ask(vt, 2);
	drain(vt);
	assert_int_equal(vt->resps, 0);
	assert_int_equal(vt_read64(vt, VTD_PQT), 64);
}

/* Nothing that a drain has seen off may come later. */
static void drain_in_overflow(void **state)
{
	struct vt *vt = *state;

	fill(vt);
	ask(vt, 200);
	vt_wait(vt);
	assert_int_equal(vt->resps, 0);
	drain(vt);
	expect_response(vt, 0, 200, VTD_PGRP_RC_SUCCESS);
	/* Which software can tell: PRO is still set. */
	assert_int_equal(prs(vt), VTD_PRS_PPR | VTD_PRS_PRO);
	vt_write32(vt, VTD_PRS, VTD_PRS_PRO);
	assert_int_equal(vt->resps, 1);
}

static void endpoint_goes_in_overflow(void **state)
{
	struct vt *vt = *state;

	fill(vt);
	ask(vt, 200);
	vtd_detach(vt->v, VT_SID2);
	vt_write32(vt, VTD_PRS, VTD_PRS_PRO);
	assert_int_equal(vt->resps, 1);
	ask(vt, 201);
	vtd_detach(vt->v, VT_SID);
	vt_write32(vt, VTD_PRS, VTD_PRS_PRO);
	assert_int_equal(vt->resps, 1);
}

static void reset_in_overflow(void **state)
{
	struct vt *vt = *state;

	fill(vt);
	ask(vt, 200);
	vtd_reset(vt->v);
	expect_response(vt, 0, 200, VTD_PGRP_RC_SUCCESS);
	assert_int_equal(prs(vt), 0);
	assert_int_equal(vt_read64(vt, VTD_PQA), 0);
	assert_int_equal(vt_read32(vt, VTD_PECTL), VTD_ECTL_IM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(descriptor_in_memory),	     TEST(request_without_pasid),
		TEST(groups_of_one_and_of_many),     TEST(event_once_until_serviced),
		TEST(event_waits_for_its_mask),	     TEST(overflow_discards_until_cleared),
		TEST(overflow_of_others_than_last),  TEST(overflow_raises_the_event),
		TEST(overflow_without_end),	     TEST(queue_wraps),
		TEST(queue_of_more_pages),	     TEST(queue_that_is_not_in_memory),
		TEST(pointers_beyond_the_queue),     TEST(refused_by_the_context_entry),
		TEST(refused_by_the_pasid),	     TEST(nothing_after_teardown),
		TEST(refused_without_translation),   TEST(capability_off),
		TEST(response_reaches_the_endpoint), TEST(response_with_a_reserved_code),
		TEST(drain_while_unanswered),	     TEST(drain_in_overflow),
		TEST(endpoint_goes_in_overflow),     TEST(reset_in_overflow),
	};

	return cmocka_run_group_tests_name("vtd_prq", tests, NULL, NULL);
}
