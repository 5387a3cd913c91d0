// SPDX-License-Identifier: GPL-2.0
/*
 * Invalidations that are lost on purpose: whom a descriptor concerns, and which
 * of them would have removed something that is stale.
 */
#include "inject/inject.h"
#include "oracle/oracle.h"
#include "oracle_fixture.h"
#include "tests/fault_fixture.h"
#include "vtd/vtd_internal.h"

#define VA OC_VA
#define OTHER_VA (OC_VA + 0x200000)

static u64 lost(struct oc *oc)
{
	return fault_struck(&oc->vt->m, SVK_INJECT_LOSE);
}

static int setup(void **state)
{
	int ret = oc_setup(state);
	struct oc *oc = *state;

	if (!ret)
		oc->vt->m.oracle = oc->o;
	return ret;
}

static void at(struct inject_at *out, u64 q0, u64 q1)
{
	const u64 d[2] = {q0, q1};

	vtd_fail_at(d, out);
}

static void page_descriptor(void **state)
{
	struct inject_at a;

	(void)state;
	at(&a, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 3, 9), 0x7000 | 2);
	assert_true(a.has_pasid);
	assert_int_equal(a.pasid, 9);
	assert_int_equal(a.addr, 0x4000);
	assert_int_equal(a.size, 0x4000);
	assert_int_equal(a.what, INJECT_DESC(VTD_DESC_PIOTLB, VTD_PIOTLB_G_PAGE));
	at(&a, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 3, 9), 0x7000 | 63);
	assert_int_equal(a.addr, 0);
	assert_int_equal(a.size, ~0ULL);
	at(&a, vt_desc_piotlb(VTD_PIOTLB_G_PASID, 3, 9), 0);
	assert_int_equal(a.size, 0);
	at(&a, vt_desc_iotlb(VTD_GRAN_SELECT, 3), 0x5000);
	assert_false(a.has_pasid);
	assert_int_equal(a.addr, 0x5000);
	assert_int_equal(a.size, 0x1000);
	at(&a, vt_desc_iotlb(VTD_GRAN_GLOBAL, 3), 0x5000);
	assert_int_equal(a.size, 0);
}

static void entry_descriptor(void **state)
{
	struct inject_at a;

	(void)state;
	at(&a, vt_desc_pasid(VTD_PC_G_PASID, 3, 9), 0);
	assert_true(a.has_pasid);
	assert_int_equal(a.what, INJECT_DESC(VTD_DESC_PC, VTD_PC_G_PASID));
	at(&a, vt_desc_pasid(VTD_PC_G_DOMAIN, 3, 0), 0);
	assert_false(a.has_pasid);
	at(&a,
	   vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_SELECT) |
		   svk_put(VTD_CC_SID, VT_SID),
	   0);
	assert_int_equal(a.sid, VT_SID);
	at(&a, vt_type(VTD_DESC_IEC), 0);
	assert_int_equal(a.what, INJECT_DESC(VTD_DESC_IEC, INJECT_NO_GRAN));
	at(&a,
	   vt_type(VTD_DESC_PGRP_RESP) | VTD_PGRP_PP | svk_put(VTD_DESC_PASID, 9) |
		   svk_put(VTD_PGRP_RID, VT_SID),
	   0);
	assert_true(a.has_pasid);
	assert_int_equal(a.sid, VT_SID);
}

static void device_descriptor(void **state)
{
	u64 q0 = svk_put(VTD_DESC_TYPE_LO, VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, VT_SID) |
		 svk_put(VTD_DESC_PASID, 9);
	struct inject_at a;

	(void)state;
	at(&a, q0, 0x3000);
	assert_int_equal(a.sid, VT_SID);
	assert_int_equal(a.pasid, 9);
	assert_int_equal(a.addr, 0x3000);
	assert_int_equal(a.size, 0x1000);
	at(&a, q0, 0x3000 | VTD_PDEVTLB_S);
	assert_int_equal(a.addr, 0);
	assert_int_equal(a.size, 0x8000);
	at(&a, q0, OC_EVERYTHING | VTD_PDEVTLB_G);
	assert_false(a.has_pasid);
	assert_int_equal(a.addr, 0);
	assert_int_equal(a.size, ~0ULL);
	at(&a, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, VT_SID), 0x3000);
	assert_int_equal(a.sid, VT_SID);
	assert_int_equal(a.what, INJECT_DESC(VTD_DESC_DEVTLB, INJECT_NO_GRAN));
	at(&a, vt_type(VTD_DESC_DEVTLB), SVK_MASK(63, 12) | VTD_DEVTLB_S);
	assert_int_equal(a.size, ~0ULL);
}

/* Of two pages one is unmapped: only what names that one is worth losing. */
static void only_what_is_needed(void **state)
{
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, VA, OC_PAGE);
	oc_use_ats(oc, OC_PASID, VA);
	fault_arm(&oc->vt->m, "lose,stale,count=forever");
	oc_flush_page(oc, VT_DID, OC_PASID, VA, 0);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, VA);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	assert_int_equal(lost(oc), 0);
	oc_use_ats(oc, OC_PASID, VA);
	oc_unmap(oc, OC_PASID, VA);
	oc_flush_page(oc, VT_DID, OC_PASID, OTHER_VA, 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	assert_int_equal(lost(oc), 0);
	oc_flush_page(oc, VT_DID, OC_PASID, VA, 0);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, VA);
	assert_int_equal(lost(oc), 2);
	vt_wait(oc->vt);
	oc_confirm(oc, 2);
	oc_expect(oc, "lost on purpose");
}

/* What does not match is not put to the oracle, and what is not needed is not skipped. */
static void needed_and_matching(void **state)
{
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, VA, OC_PAGE);
	oc_use_ats(oc, OC_PASID, VA);
	oc_unmap(oc, OC_PASID, VA);
	fault_arm(&oc->vt->m, "lose,stale,types=piotlb+pdevtlb,skip=1,pasid=5");
	oc_flush_page(oc, VT_DID, OC_PASID, OTHER_VA, 0);
	oc_flush_devtlb(oc, OC_SID, OC_PASID + 1, OC_EVERYTHING);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	assert_int_equal(lost(oc), 0);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	assert_int_equal(lost(oc), 1);
	vt_wait(oc->vt);
}

/* Nobody can say what is stale: nothing is lost. */
static void stale_without_oracle(void **state)
{
	struct oc *oc = *state;

	oc->vt->m.oracle = NULL;
	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, VA, OC_PAGE);
	oc_use_ats(oc, OC_PASID, VA);
	oc_unmap(oc, OC_PASID, VA);
	fault_arm(&oc->vt->m, "lose,stale");
	oc_flush_page(oc, VT_DID, OC_PASID, VA, 0);
	assert_int_equal(lost(oc), 0);
	fault_arm(&oc->vt->m, "lose");
	oc_flush_devtlb(oc, OC_SID, OC_PASID, VA);
	assert_int_equal(lost(oc), 1);
	vt_wait(oc->vt);
	assert_int_equal(lost(oc), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, oc_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_descriptor),   cmocka_unit_test(entry_descriptor),
		cmocka_unit_test(device_descriptor), TEST(only_what_is_needed),
		TEST(needed_and_matching),	     TEST(stale_without_oracle),
	};

	return cmocka_run_group_tests_name("vtd_lose", tests, NULL, NULL);
}
