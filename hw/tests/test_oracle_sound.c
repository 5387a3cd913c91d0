// SPDX-License-Identifier: GPL-2.0
/*
 * What is no finding, although something is stale, late, or more than was
 * needed: each of these is software that keeps the specification.
 */
#include <stdlib.h>
#include <string.h>

#include "oracle/oracle.h"
#include "tests/fault_fixture.h"
#include "tests/oracle_fixture.h"

static void use_page(struct oc *oc)
{
	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
}

/* In both caches. */
static void use_page_ats(struct oc *oc)
{
	use_page(oc);
	oc_use_ats(oc, OC_PASID, OC_VA);
}

static void flush_page(struct oc *oc)
{
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_VA);
	vt_wait(oc->vt);
}

/* All is over, and so is the talk of it. */
static void expect_nothing(struct oc *oc)
{
	oc_confirm(oc, 0);
	assert_int_equal(oracle_findings(oc->o), 0);
	assert_string_equal(oc_told(oc), "");
	assert_int_equal(oracle_last(oc->o)->stale, 0);
}

/* Lazy mode: the flush queue comes much later, and nobody has said that it would not. */
static void lazy(void **state)
{
	struct oc *oc = *state;

	use_page_ats(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
		assert_int_equal(oracle_audit(oc->o, false).stale, 2);
	}
	assert_int_equal(oracle_audit(oc->o, false).used, 1);
	flush_page(oc);
	expect_nothing(oc);
}

/* The device works on while its page is taken away, until the invalidation has come. */
static void access_in_the_window(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	flush_page(oc);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), VTD_FR_SFS_2);
	expect_nothing(oc);
}

/* Filled from the IOTLB in the middle of the window, and told afterwards. */
static void refill_in_the_window(void **state)
{
	struct oc *oc = *state;

	use_page_ats(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_VA);
	oc_use_ats(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_VA);
	vt_wait(oc->vt);
	expect_nothing(oc);
}

/* Between the two invalidations, from the new tables. */
static void refill_with_the_new(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	use_page_ats(oc);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) + 0x1000);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_VA);
	oc_use_ats(oc, OC_PASID, OC_VA);
	vt_wait(oc->vt);
	expect_nothing(oc);
}

/* Gone, and there again before anybody has looked. */
static void changed_and_back(void **state)
{
	struct oc *oc = *state;
	u64 leaf, entry;

	use_page_ats(oc);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	entry = vt_get(oc->vt, leaf);
	vt_put(oc->vt, leaf, 0);
	assert_int_equal(oracle_audit(oc->o, false).stale, 2);
	vt_put(oc->vt, leaf, entry);
	expect_nothing(oc);
}

static void accessed_bit_cleared(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	use_page_ats(oc);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) & ~VTD_FS_A);
	expect_nothing(oc);
}

/* A superpage that is many pages now, and many pages that are one again: the same ones. */
static void split_and_merged(void **state)
{
	struct oc *oc = *state;
	struct vt_space s = {.sid = OC_SID,
			     .pasid = OC_PASID,
			     .did = VT_DID,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 4,
			     .fs_root = vt_page(oc->vt)};
	struct vt_map m = {.root = s.fs_root,
			   .levels = 4,
			   .addr = OC_VA,
			   .out = OC_PAGE,
			   .level = 2,
			   .bits = VT_FS_BITS | VTD_FS_PS,
			   .table_bits = VT_FS_BITS};
	u64 slot = vt_map(oc->vt, &m);
	u64 table = vt_page(oc->vt);
	u64 large;

	vt_space_set(oc->vt, &s);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_use_ats(oc, OC_PASID, OC_VA);
	large = vt_get(oc->vt, slot);
	for (unsigned int i = 0; i < 512; i++)
		vt_put(oc->vt, table + i * 8,
		       (OC_PAGE + i * 4096ULL) | VT_FS_BITS | VTD_FS_A | VTD_FS_D);
	vt_put(oc->vt, slot, table | VT_FS_BITS | VTD_FS_A);
	expect_nothing(oc);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	vt_wait(oc->vt);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA + 0x5000, true), 0);
	oc_use_ats(oc, OC_PASID, OC_VA + 0x5000);
	vt_put(oc->vt, slot, large);
	expect_nothing(oc);
}

/* More is allowed now; whoever needs it asks again. */
static void restrictive(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, (vt_get(oc->vt, leaf) | VTD_FS_D) & ~VTD_FS_RW);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, false), 0);
	oc_use_ats(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) | VTD_FS_RW);
	expect_nothing(oc);
	assert_int_equal(oracle_last(oc->o)->less, 2);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
}

/* A page that appears: nothing of it was cached. */
static void mapped_anew(void **state)
{
	struct oc *oc = *state;
	u64 leaf, entry;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	entry = vt_get(oc->vt, leaf);
	vt_put(oc->vt, leaf, 0);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), VTD_FR_SFS_2);
	vt_put(oc->vt, leaf, entry);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	expect_nothing(oc);
}

static void more_than_needed(void **state)
{
	struct oc *oc = *state;

	use_page_ats(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	vt_flush_all(oc->vt);
	oc_flush_devtlb(oc, OC_SID, 0, OC_EVERYTHING | VTD_PDEVTLB_G);
	vt_wait(oc->vt);
	expect_nothing(oc);
}

static void for_nothing(void **state)
{
	struct oc *oc = *state;

	use_page_ats(oc);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA + 0x100000, 4);
	oc_flush_iotlb(oc, VT_DID + 1, OC_PASID + 1);
	oc_flush_devtlb(oc, OC_SID, OC_PASID + 1, OC_EVERYTHING);
	oc_flush_pasid_cache(oc, VT_DID + 1, OC_PASID + 1);
	vt_wait(oc->vt);
	expect_nothing(oc);
}

/* A first stage by domain: not what Linux does, but it removes all that it must (6.5.2.3). */
static void domain_instead_of_pasid(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	vt_submit(oc->vt, vt_desc_iotlb(VTD_GRAN_DOMAIN, VT_DID), 0);
	vt_wait(oc->vt);
	expect_nothing(oc);
}

/*
 * The drain of page requests has invalidations between its two waits, only to
 * push out what is under way; any will do (7.10). Linux names the domain of
 * requests without PASID there, not the PASID's own.
 */
static void drain_names_another_domain(void **state)
{
	struct oc *oc = *state;

	use_page_ats(oc);
	vt_put(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID), 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	vt_wait(oc->vt);
	vt_submit(oc->vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_FN, 0);
	oc_flush_iotlb(oc, VT_DID + 1, OC_PASID);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	vt_submit(oc->vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_PD, 0);
	expect_nothing(oc);
}

/* Hardware has failed, and it made no difference. */
static void lost_without_need(void **state)
{
	struct oc *oc = *state;

	use_page_ats(oc);
	fault_arm(&oc->vt->m, "lose,types=piotlb+pdevtlb,count=2");
	flush_page(oc);
	assert_int_equal(fault_struck(&oc->vt->m, SVK_INJECT_LOSE), 2);
	expect_nothing(oc);
}

/* Later invalidations make good for what was lost before anybody has looked. */
static void lost_and_made_good(void **state)
{
	struct oc *oc = *state;

	use_page_ats(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	fault_arm(&oc->vt->m, "lose,types=piotlb+pdevtlb,count=2");
	flush_page(oc);
	assert_int_equal(oracle_audit(oc->o, false).stale, 2);
	flush_page(oc);
	expect_nothing(oc);
}

/* What the unit has dropped by itself need not be invalidated. */
static void reset(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	vt_put(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID), 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	vtd_reset(oc->vt->v);
	expect_nothing(oc);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oc_setup, oc_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lazy),
		TEST(access_in_the_window),
		TEST(refill_in_the_window),
		TEST(refill_with_the_new),
		TEST(changed_and_back),
		TEST(accessed_bit_cleared),
		TEST(split_and_merged),
		TEST(restrictive),
		TEST(mapped_anew),
		TEST(more_than_needed),
		TEST(for_nothing),
		TEST(domain_instead_of_pasid),
		TEST(drain_names_another_domain),
		TEST(lost_without_need),
		TEST(lost_and_made_good),
		TEST(reset),
	};

	return cmocka_run_group_tests_name("oracle_sound", tests, NULL, NULL);
}
