// SPDX-License-Identifier: GPL-2.0
/*
 * An invalidation queue that fails on demand, as software sees it: registers,
 * status of the waits, what is still cached.
 */
#include "inject/inject.h"
#include "oracle/oracle.h"
#include "tests/fault_fixture.h"
#include "tests/vtd_fixture.h"
#include "vtd/vtd_internal.h"

#define PASID 5
#define VA 0x7f0000000000ULL
#define PAGE 0x200000ULL
#define DEVTLB                                                                            \
	(svk_put(VTD_DESC_TYPE_LO, VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, VT_SID) | \
	 svk_put(VTD_DESC_PASID, PASID))
#define FAULT_MSI 0xfee00000ULL

static int setup(void **state)
{
	int ret = vt_setup(state);
	struct vt *vt = *state;

	if (ret)
		return ret;
	fault_clock(&vt->m);
	vt_write32(vt, VTD_FEADDR, (u32)FAULT_MSI);
	vt_write32(vt, VTD_FEDATA, 0x22);
	vt_write32(vt, VTD_FECTL, 0);
	return 0;
}

static void submit_wait(struct vt *vt, u32 data)
{
	vt_submit(vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_SW | svk_put(VTD_WAIT_STDATA, data),
		  vt->status);
}

static u32 status(struct vt *vt)
{
	return (u32)vt_get(vt, vt->status);
}

/* Where the head is, in descriptors. */
static u64 head(struct vt *vt)
{
	return vt_read64(vt, VTD_IQH) / 32;
}

static void expect_stopped(struct vt *vt, u32 bit, u64 record)
{
	assert_int_equal(vt_read32(vt, VTD_FSTS) & (VTD_FSTS_IQE | VTD_FSTS_ITE | VTD_FSTS_ICE),
			 bit);
	assert_int_equal(vt_read64(vt, VTD_IQERCD), record);
	assert_int_equal(vt->msis, 1);
	assert_int_equal(vt->msi_data, 0x22);
}

/* A page that is cached, and not in the tables any more. */
static u64 stale_page(struct vt *vt)
{
	const struct vt_map m = {.levels = 4, .addr = VA};
	u64 root, slot;

	vt_simple_fs(vt, VT_SID, PASID, VT_DID, VA, PAGE);
	vt_expect(vt, PASID, VA, false, 0, PAGE);
	root = vt_get(vt, vt_pe(vt, VT_SID, PASID) + 16) & VTD_PE2_FSPTPTR;
	slot = vt_slot(vt, &(struct vt_map){.root = root, .levels = 4, .addr = m.addr}, 1);
	vt_put(vt, slot, 0);
	return slot;
}

static void flush_page(struct vt *vt)
{
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, VT_DID, PASID), VA);
}

static bool cached(struct vt *vt)
{
	struct vtd_translation out;

	return !vt_xlate(vt, VT_SID, PASID, VA, false, &out);
}

/* The wait that was fetched is aborted: the head is behind it, its status never written. */
static void timeout_aborts_the_wait(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "ite");
	vt_submit(vt, DEVTLB, VA);
	/* Nothing waits for it; time passes all the same. */
	expect_stopped(vt, VTD_FSTS_ITE, svk_put(VTD_IQERCD_ITESID, VT_SID));
	assert_int_equal(vt->invs, 0);
	submit_wait(vt, 1);
	assert_int_equal(head(vt), 1);
	assert_int_equal(status(vt), 0);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_ITE);
	assert_int_equal(vt_read64(vt, VTD_IQERCD), 0);
	assert_int_equal(status(vt), 1);
	vt_submit(vt, DEVTLB, VA);
	assert_int_equal(vt->invs, 1);
	vt_wait(vt);
	assert_int_equal(fault_struck(&vt->m, SVK_INJECT_ITE), 1);
}

/* As Linux submits: all with one doorbell, and again when the time is out. */
static void timeout_in_one_doorbell(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "ite,count=2");
	vt_write32(vt, VTD_GCMD, VTD_G_TE);
	vt->tail = 0;
	vt_write32(vt, VTD_IQT, 0);
	vt_submit(vt, DEVTLB, VA);
	vt_submit(vt, DEVTLB, VA + 0x1000);
	submit_wait(vt, 1);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, PASID), 0);
	submit_wait(vt, 2);
	vt_write32(vt, VTD_GCMD, VTD_G_TE | VTD_G_QIE);
	assert_int_equal(head(vt), 3);
	assert_int_equal(status(vt), 0);
	expect_stopped(vt, VTD_FSTS_ITE, svk_put(VTD_IQERCD_ITESID, VT_SID));
	/* One event for both, and what is behind goes on. */
	vt_write32(vt, VTD_FSTS, VTD_FSTS_ITE);
	assert_int_equal(head(vt), 5);
	assert_int_equal(status(vt), 2);
	assert_int_equal(vt_read32(vt, VTD_FSTS), 0);
	assert_int_equal(fault_struck(&vt->m, SVK_INJECT_ITE), 2);
}

static void timeout_is_matched(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "ite,pasid=6");
	vt_submit(vt, DEVTLB, VA);
	vt_submit(vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, VT_SID), VA);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, 6), 0);
	vt_wait(vt);
	fault_arm(&vt->m, "ite,addr=0x7f0000001000");
	vt_submit(vt, DEVTLB, VA);
	vt_wait(vt);
	vt_submit(vt, DEVTLB, VA | 0x1000 | VTD_PDEVTLB_S);
	assert_int_equal(vt_read32(vt, VTD_FSTS), VTD_FSTS_ITE);
}

/* The same of a device that is not there, without anything armed. */
static void absent_device_times_out(void **state)
{
	struct vt *vt = *state;

	vt->absent = true;
	vt_submit(vt, DEVTLB, VA);
	expect_stopped(vt, VTD_FSTS_ITE, svk_put(VTD_IQERCD_ITESID, VT_SID));
	vt->absent = false;
	vt_write32(vt, VTD_FSTS, VTD_FSTS_ITE);
	vt_wait(vt);
}

static void timeout_and_reset(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "ite");
	vt_submit(vt, DEVTLB, VA);
	vtd_reset(vt->v);
	vt->tail = 0;
	vt_enable(vt);
	assert_int_equal(vt_read32(vt, VTD_FSTS), 0);
	vt_wait(vt);
}

/* The head stays at the descriptor; cleared, it is fetched again, and found to be good. */
static void error_stops_at_the_descriptor(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "iqe,skip=1");
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, PASID), 0);
	assert_int_equal(head(vt), 1);
	vt_submit(vt, DEVTLB, VA);
	submit_wait(vt, 1);
	assert_int_equal(head(vt), 1);
	assert_int_equal(vt->invs, 0);
	expect_stopped(vt, VTD_FSTS_IQE, VTD_IQEI_TAIL);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_IQE);
	assert_int_equal(head(vt), 3);
	assert_int_equal(vt->invs, 1);
	assert_int_equal(status(vt), 1);
	assert_int_equal(vt_read64(vt, VTD_IQERCD), 0);
}

static void error_has_its_code(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "iqe,code=4,pasid=5");
	submit_wait(vt, 1);
	assert_int_equal(status(vt), 1);
	vt_submit(vt, DEVTLB, VA);
	expect_stopped(vt, VTD_FSTS_IQE, VTD_IQEI_RESERVED);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_IQE);
	vt_wait(vt);
}

/* A wait that stalls is fetched again and again, and asked for once. */
static void error_of_a_wait(void **state)
{
	struct vt *vt = *state;
	u64 token;

	fault_arm(&vt->m, "iqe,skip=3");
	token = vtd_access_begin(vt->v);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, PASID), 0);
	submit_wait(vt, 1);
	for (unsigned int i = 0; i < 5; i++)
		vt_write32(vt, VTD_IQT, vt->tail);
	vtd_access_end(vt->v, token);
	assert_int_equal(status(vt), 1);
	submit_wait(vt, 2);
	assert_int_equal(status(vt), 2);
	submit_wait(vt, 3);
	assert_int_equal(vt_read32(vt, VTD_FSTS), VTD_FSTS_IQE);
	assert_int_equal(status(vt), 2);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_IQE);
	assert_int_equal(status(vt), 3);
}

static void wait_completes_later(void **state)
{
	struct vt *vt = *state;

	stale_page(vt);
	fault_arm(&vt->m, "wait-late,delay=2000");
	flush_page(vt);
	submit_wait(vt, 1);
	submit_wait(vt, 2);
	/* What it waits for is done; it, and what is behind it, is not. */
	assert_false(cached(vt));
	assert_int_equal(status(vt), 0);
	assert_int_equal(head(vt), 1);
	fault_pass(&vt->m, 1999);
	vt_write32(vt, VTD_IQT, vt->tail);
	assert_int_equal(status(vt), 0);
	fault_pass(&vt->m, 1);
	assert_int_equal(status(vt), 2);
	assert_int_equal(head(vt), 3);
	assert_int_equal(vt_read32(vt, VTD_FSTS) & (VTD_FSTS_IQE | VTD_FSTS_ITE), 0);
	vt_wait(vt);
}

static void late_and_not_drained(void **state)
{
	struct vt *vt = *state;
	u64 token = vtd_access_begin(vt->v);

	fault_arm(&vt->m, "wait-late,delay=10,pasid=5");
	submit_wait(vt, 1);
	assert_int_equal(status(vt), 1);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, PASID), 0);
	submit_wait(vt, 2);
	fault_pass(&vt->m, 10);
	assert_int_equal(status(vt), 1);
	vtd_access_end(vt->v, token);
	assert_int_equal(status(vt), 2);
	assert_int_equal(fault_struck(&vt->m, SVK_INJECT_WAIT_LATE), 1);
}

/* Neither a queue that is turned off nor a unit that is reset completes it after all. */
static void late_wait_is_given_up(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "wait-late,delay=10,count=2");
	submit_wait(vt, 1);
	vt_write32(vt, VTD_GCMD, VTD_G_TE);
	fault_pass(&vt->m, 100);
	assert_int_equal(status(vt), 0);
	vt->tail = 0;
	vt_write32(vt, VTD_IQT, 0);
	vt_write32(vt, VTD_GCMD, VTD_G_TE | VTD_G_QIE);
	submit_wait(vt, 2);
	vtd_reset(vt->v);
	fault_pass(&vt->m, 100);
	assert_int_equal(status(vt), 0);
	vt->tail = 0;
	vt_enable(vt);
	vt_wait(vt);
}

static void for_ever_is_long(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "wait-late,delay=0xffffffffffffffff");
	submit_wait(vt, 1);
	fault_pass(&vt->m, 1000000);
	assert_int_equal(status(vt), 0);
}

static void wait_overtakes(void **state)
{
	struct vt *vt = *state;

	stale_page(vt);
	fault_arm(&vt->m, "wait-early");
	flush_page(vt);
	vt_submit(vt, DEVTLB, VA);
	submit_wait(vt, 1);
	assert_int_equal(status(vt), 1);
	assert_int_equal(head(vt), 3);
	assert_true(cached(vt));
	assert_int_equal(vt->invs, 0);
	/* The next wait has them all behind it. */
	submit_wait(vt, 2);
	assert_int_equal(status(vt), 2);
	assert_false(cached(vt));
	assert_int_equal(vt->invs, 1);
	assert_int_equal(fault_struck(&vt->m, SVK_INJECT_WAIT_EARLY), 1);
}

/* One that has nothing to overtake, or others than those meant, does not count. */
static void only_what_is_meant_is_overtaken(void **state)
{
	struct vt *vt = *state;

	stale_page(vt);
	fault_arm(&vt->m, "wait-early,pasid=5,skip=1,count=2");
	submit_wait(vt, 1);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, 6), 0);
	submit_wait(vt, 2);
	flush_page(vt);
	submit_wait(vt, 3);
	assert_false(cached(vt));
	assert_int_equal(fault_struck(&vt->m, SVK_INJECT_WAIT_EARLY), 0);
	vt_submit(vt, DEVTLB, VA);
	submit_wait(vt, 4);
	assert_int_equal(vt->invs, 0);
	/* Twice in a row: the first is done before the second one waits. */
	vt_submit(vt, DEVTLB, VA + 0x1000);
	submit_wait(vt, 5);
	assert_int_equal(vt->invs, 1);
	assert_int_equal(vt->inv[0].addr, VA);
	assert_int_equal(status(vt), 5);
	vt_wait(vt);
	assert_int_equal(vt->invs, 2);
}

/* A queue that is turned off leaves nothing behind, nor does one that is too long. */
static void overtaken_takes_effect_at_last(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "wait-early,count=forever");
	vt_submit(vt, DEVTLB, VA);
	submit_wait(vt, 1);
	vt_submit(vt, DEVTLB, VA);
	vt_write32(vt, VTD_GCMD, VTD_G_TE);
	assert_int_equal(vt->invs, 2);
	vt->tail = 0;
	vt_write32(vt, VTD_IQT, 0);
	vt_write32(vt, VTD_GCMD, VTD_G_TE | VTD_G_QIE);
	for (unsigned int i = 0; i < VTD_HELD_DESCS; i++)
		vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, PASID), 0);
	vt_submit(vt, DEVTLB, VA);
	assert_int_equal(vt->v->fail.held, 1);
	vtd_reset(vt->v);
	assert_int_equal(vt->v->fail.held, 0);
	assert_int_equal(vt->invs, 2);
}

/* Held back, and then not answered: the wait behind it is aborted. */
static void overtaken_and_timed_out(void **state)
{
	struct vt *vt = *state;

	fault_arm(&vt->m, "wait-early");
	fault_arm(&vt->m, "ite");
	vt_submit(vt, DEVTLB, VA);
	submit_wait(vt, 1);
	assert_int_equal(status(vt), 1);
	submit_wait(vt, 2);
	assert_int_equal(status(vt), 1);
	assert_int_equal(vt_read32(vt, VTD_FSTS), VTD_FSTS_ITE);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_ITE);
	submit_wait(vt, 3);
	assert_int_equal(status(vt), 3);
}

/* In between the oracle says what is stale, and that it was on purpose; later nothing is. */
static void oracle_sees_the_gap(void **state)
{
	struct vt *vt = *state;
	struct oracle *o = oracle_new(vt->v, NULL);

	assert_non_null(o);
	stale_page(vt);
	fault_arm(&vt->m, "wait-early");
	flush_page(vt);
	vt_wait(vt);
	assert_int_equal(oracle_audit(o, false).stale, 1);
	assert_true(oracle_audit(o, true).at_rest);
	assert_int_equal(oracle_findings(o), 1);
	assert_true(oracle_found(o, 0)->lost);
	vt_wait(vt);
	assert_int_equal(oracle_audit(o, true).stale, 0);
	assert_int_equal(oracle_findings(o), 1);
	oracle_free(o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(timeout_aborts_the_wait),
		TEST(timeout_in_one_doorbell),
		TEST(timeout_is_matched),
		TEST(absent_device_times_out),
		TEST(timeout_and_reset),
		TEST(error_stops_at_the_descriptor),
		TEST(error_has_its_code),
		TEST(error_of_a_wait),
		TEST(wait_completes_later),
		TEST(late_and_not_drained),
		TEST(late_wait_is_given_up),
		TEST(for_ever_is_long),
		TEST(wait_overtakes),
		TEST(only_what_is_meant_is_overtaken),
		TEST(overtaken_takes_effect_at_last),
		TEST(overtaken_and_timed_out),
		TEST(oracle_sees_the_gap),
	};

	return cmocka_run_group_tests_name("vtd_qi_fail", tests, NULL, NULL);
}
