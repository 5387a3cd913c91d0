// SPDX-License-Identifier: GPL-2.0
/*
 * What is kept of a finding for the lab page, its number in the report, and
 * which stage of a nested translation it is laid to.
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "oracle/oracle_internal.h"
#include "tests/fault_fixture.h"
#include "tests/oracle_fixture.h"

/* A nested page, used by the unit's IOTLB. */
static void nested(struct oc *oc)
{
	vt_simple_nested(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
}

/* Second-stage leaf, of 2 MiB, of the page itself. */
static u64 second_leaf(struct oc *oc)
{
	struct vt_map m = {.levels = 4, .addr = VT_NESTED_SHIFT + OC_PAGE, .level = 2};

	m.root = vt_get(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID)) & VTD_PE_SSPTPTR;
	return vt_slot(oc->vt, &m, 2);
}

static void expect_stage(struct oc *oc, const char *stage, bool second)
{
	char want[32];

	snprintf(want, sizeof(want), "\"stage\":\"%s\"", stage);
	oc_confirm(oc, 1);
	oc_expect(oc, want);
	assert_int_equal(oracle_found(oc->o, 0)->second, second);
	assert_int_equal(oracle_found(oc->o, 0)->cache, SVK_CACHE_IOTLB);
}

static void first_stage_refuses(void **state)
{
	struct oc *oc = *state;

	nested(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	expect_stage(oc, "first", false);
	oc_expect(oc, "the first-stage tables refuse it");
}

static void first_stage_write_protects(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	nested(oc);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) & ~VTD_FS_RW);
	expect_stage(oc, "first", false);
}

static void first_stage_maps_elsewhere(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	nested(oc);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) + 0x1000);
	expect_stage(oc, "first", false);
	oc_expect(oc, "the first-stage tables let it read and write");
}

/* To where the second stage has nothing, which is not what has changed. */
static void first_stage_maps_to_nowhere(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	nested(oc);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) + (1ULL << 36));
	expect_stage(oc, "first", false);
}

static void second_stage_refuses(void **state)
{
	struct oc *oc = *state;

	nested(oc);
	vt_put(oc->vt, second_leaf(oc), 0);
	expect_stage(oc, "second", true);
	oc_expect(oc, "the second-stage tables refuse it");
}

static void second_stage_write_protects(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	nested(oc);
	leaf = second_leaf(oc);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) & ~VTD_SS_W);
	expect_stage(oc, "second", true);
}

static void second_stage_maps_elsewhere(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	nested(oc);
	leaf = second_leaf(oc);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) + 0x200000);
	expect_stage(oc, "second", true);
}

/* A device-TLB keeps what it needs to tell the stages apart. */
static void device_tlb_too(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	nested(oc);
	oc_use_ats(oc, OC_PASID, OC_VA);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	leaf = second_leaf(oc);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) + 0x200000);
	oc_confirm(oc, 1);
	oc_expect(oc, "\"stage\":\"second\"");
	oc_expect(oc, "the second-stage tables let it read and write 0x400000");
	assert_int_equal(oracle_found(oc->o, 0)->cache, SVK_CACHE_DEVTLB);
}

static void one_stage(void **state)
{
	struct oc *oc = *state;
	struct vt_map m = {.levels = 4, .addr = OC_PAGE, .level = 1};
	u64 leaf;

	vt_simple_ss(oc->vt, OC_SID, OC_PASID, VT_DID, OC_PAGE, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_PAGE, true), 0);
	m.root = vt_get(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID)) & VTD_PE_SSPTPTR;
	leaf = vt_slot(oc->vt, &m, 1);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) + 0x1000);
	expect_stage(oc, "second", true);
}

static void first_stage_alone(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) + 0x1000);
	expect_stage(oc, "first", false);
}

/* A PASID that passes everything through has no stage that could be asked. */
static void no_stage(void **state)
{
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA & SVK_MASK(38, 0), OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA & SVK_MASK(38, 0), true), 0);
	vt_put(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID), 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	vt_simple_pt(oc->vt, OC_SID, OC_PASID, VT_DID);
	vt_wait(oc->vt);
	/* Besides, the IOTLB should have been told. */
	oc_confirm(oc, 2);
	assert_non_null(strstr(oc_told(oc), "\"stage\":\"none\""));
}

static void numbers_are_the_reports(void **state)
{
	const struct oracle_found *found;
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_use_ats(oc, OC_PASID, OC_VA);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_confirm(oc, 2);
	assert_non_null(
		strstr(oc_told(oc), "\"finding\":0,\"kind\":\"stale\",\"cache\":\"IOTLB\""));
	oc_expect(oc, "\"finding\":1,\"kind\":\"stale\",\"cache\":\"device-TLB\"");
	found = oracle_found(oc->o, 1);
	assert_int_equal(found->cache, SVK_CACHE_DEVTLB);
	assert_false(found->rule || found->lost || found->second);
	assert_true(found->has_pasid);
	assert_int_equal(found->sid, OC_SID);
	assert_int_equal(found->pasid, OC_PASID);
	assert_int_equal(found->addr, OC_VA);
	assert_int_equal(found->size, 4096);
	assert_in_range(found->born, 1, 3600ULL * 1000000000);
	assert_int_equal(oracle_found(oc->o, 2)->cache, SVK_CACHE_NONE);
}

static void entries_without_a_page(void **state)
{
	const struct oracle_found *found;
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	vt_put(oc->vt, vt_context(oc->vt, OC_SID), 0);
	oc_confirm(oc, 3);
	found = oracle_found(oc->o, 0);
	assert_int_equal(found->cache, SVK_CACHE_CONTEXT);
	assert_int_equal(found->sid, OC_SID);
	assert_false(found->has_pasid);
	assert_int_equal(found->pasid + found->addr + found->size, 0);
	found = oracle_found(oc->o, 1);
	assert_int_equal(found->cache, SVK_CACHE_PASID);
	assert_int_equal(found->pasid, OC_PASID);
	assert_int_equal(found->addr + found->size, 0);
}

static void loss_is_marked(void **state)
{
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_unmap(oc, OC_PASID, OC_VA);
	fault_arm(&oc->vt->m, "lose,types=piotlb");
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	vt_wait(oc->vt);
	oc_confirm(oc, 1);
	assert_true(oracle_found(oc->o, 0)->lost);
}

/* Descriptors that concern no entry, more than are kept: the latest ones stay. */
static void rules_are_kept_too(void **state)
{
	struct oc *oc = *state;

	assert_int_equal(log_open("/dev/null"), 0);
	for (unsigned int i = 0; i <= SVK_LAB_FOUND_KEPT; i++)
		oc_flush_devtlb(oc, 0x1234, OC_PASID, 0);
	vt_wait(oc->vt);
	log_close();
	oc_expect(oc, "\"finding\":64,\"kind\":\"rule\",\"rule\":\"devtlb-unknown-source\"");
	assert_true(oracle_found(oc->o, 0)->rule);
	assert_int_equal(oracle_found(oc->o, 0)->cache, SVK_CACHE_NONE);
}

static void rule_about_an_entry(void **state)
{
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	vt_put(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID), 0);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	oc_confirm(oc, 1);
	oc_expect(oc, "\"cache\":\"PASID-cache\",\"sid\":56,\"pasid\":5");
	assert_true(oracle_found(oc->o, 0)->rule);
	assert_int_equal(oracle_found(oc->o, 0)->cache, SVK_CACHE_PASID);
	assert_int_equal(oracle_found(oc->o, 0)->pasid, OC_PASID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oc_setup, oc_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_stage_refuses),
		TEST(first_stage_write_protects),
		TEST(first_stage_maps_elsewhere),
		TEST(first_stage_maps_to_nowhere),
		TEST(second_stage_refuses),
		TEST(second_stage_write_protects),
		TEST(second_stage_maps_elsewhere),
		TEST(device_tlb_too),
		TEST(one_stage),
		TEST(first_stage_alone),
		TEST(no_stage),
		TEST(numbers_are_the_reports),
		TEST(entries_without_a_page),
		TEST(loss_is_marked),
		TEST(rules_are_kept_too),
		TEST(rule_about_an_entry),
	};

	return cmocka_run_group_tests_name("oracle_found", tests, NULL, NULL);
}
