// SPDX-License-Identifier: GPL-2.0
/*
 * Reserved bits, in descriptors and in every kind of table entry: which bits
 * of what, once, and not where the unit has only looked.
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "oracle/oracle.h"
#include "tests/fault_fixture.h"
#include "tests/oracle_fixture.h"
#include "vtd/vtd_internal.h"

static void expect_rule(struct oc *oc, const char *id, const char *detail)
{
	char want[64];

	snprintf(want, sizeof(want), "\"rule\":\"%s\"", id);
	assert_int_equal(oracle_findings(oc->o), 1);
	oc_expect(oc, want);
	oc_expect(oc, detail);
	assert_true(oracle_found(oc->o, 0)->rule);
	assert_int_equal(oracle_found(oc->o, 0)->cache, SVK_CACHE_NONE);
}

static void expect_descriptor(struct oc *oc, u64 q0, u64 q1, const char *detail)
{
	log_set_level(LOG_ERROR);
	vt_submit(oc->vt, q0, q1);
	assert_true(vt_read32(oc->vt, VTD_FSTS) & VTD_FSTS_IQE);
	expect_rule(oc, "descriptor-reserved", detail);
}

static void descriptor_bits(void **state)
{
	expect_descriptor(*state, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, OC_PASID) | 1u << 8,
			  1u << 7,
			  "bits 0x100 of quadword 0 (0x500070126), bits 0x80 of quadword 1 (0x80); "
			  "descriptor 0000000500070126 0000000000000080");
}

static void descriptor_granularity(void **state)
{
	expect_descriptor(*state, vt_desc_pasid(2, VT_DID, OC_PASID), 0, "bits 0x30 of quadword 0");
}

static void descriptor_address_mask(void **state)
{
	expect_descriptor(*state, vt_desc_iotlb(VTD_GRAN_SELECT, VT_DID), 0x100000 | 19,
			  "bits 0x3f of quadword 1 (0x100013)");
}

static void descriptor_response_code(void **state)
{
	expect_descriptor(*state, vt_type(VTD_DESC_PGRP_RESP) | svk_put(VTD_PGRP_RC, 2), 0,
			  "bits 0xf000 of quadword 0");
}

static void descriptor_upper_half(void **state)
{
	const u64 q[4] = {vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_GLOBAL), 0, 1, 2};
	struct oc *oc = *state;

	vt_submit4(oc->vt, q);
	expect_rule(oc, "descriptor-reserved",
		    "bits 0x1 of quadword 2 (0x1), bits 0x2 of quadword 3 (0x2)");
}

/* Software that clears the error without mending it meets the same one again. */
static void descriptor_once(void **state)
{
	struct oc *oc = *state;

	descriptor_bits(state);
	vt_write32(oc->vt, VTD_FSTS, VTD_FSTS_IQE);
	assert_true(vt_read32(oc->vt, VTD_FSTS) & VTD_FSTS_IQE);
	assert_int_equal(oracle_findings(oc->o), 1);
}

/* An unknown type is refused as well, but breaks no field. */
static void unknown_type_is_none(void **state)
{
	struct oc *oc = *state;

	vt_submit(oc->vt, vt_type(15), 0);
	assert_true(vt_read32(oc->vt, VTD_FSTS) & VTD_FSTS_IQE);
	assert_int_equal(oracle_findings(oc->o), 0);
}

static void map_page(struct oc *oc)
{
	vt_simple_nested(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
}

/* Bits are set in a quadword; the access must fault for that reason, and be explained. */
static void expect_entry(struct oc *oc, u64 at, u64 bits, int reason, const char *detail)
{
	vt_put(oc->vt, at, vt_get(oc->vt, at) | bits);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), reason);
	expect_rule(oc, "entry-reserved", detail);
	/* Once, also for other accesses. */
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, false), reason);
	assert_int_equal(oracle_findings(oc->o), 1);
}

static void root_entry(void **state)
{
	struct oc *oc = *state;

	map_page(oc);
	expect_entry(oc, oc->vt->root, 1u << 1, VTD_FR_SRT_3,
		     "00:07.0 PASID 0, root entry: bits 0x2 of quadword 0 at 0x");
}

static void context_entry(void **state)
{
	struct oc *oc = *state;

	map_page(oc);
	expect_entry(oc, vt_context(oc->vt, OC_SID) + 8, 1ULL << 40, VTD_FR_SCT_3,
		     "context entry: bits 0x10000000000 of quadword 1 at 0x");
}

static void context_entry_upper_half(void **state)
{
	struct oc *oc = *state;

	map_page(oc);
	expect_entry(oc, vt_context(oc->vt, OC_SID) + 24, 1, VTD_FR_SCT_3,
		     "context entry: bits 0x1 of quadword 3 at 0x");
}

static void pasid_directory_entry(void **state)
{
	struct oc *oc = *state;

	map_page(oc);
	expect_entry(oc, vt_pde(oc->vt, OC_SID, OC_PASID), 1u << 2, VTD_FR_SPD_3,
		     "00:07.0 PASID 5, PASID directory entry: bits 0x4 of quadword 0");
}

static void pasid_table_entry(void **state)
{
	struct oc *oc = *state;

	map_page(oc);
	expect_entry(oc, vt_pe(oc->vt, OC_SID, OC_PASID) + 56, 4, VTD_FR_SPT_3,
		     "PASID table entry: bits 0x4 of quadword 7");
}

static void first_stage_entry(void **state)
{
	struct oc *oc = *state;

	map_page(oc);
	expect_entry(oc, oc_leaf(oc, OC_PASID, OC_VA), 1ULL << 51, VTD_FR_SFS_3,
		     "first-stage entry: bits 0x8000000000000 of quadword 0");
}

static void second_stage_entry(void **state)
{
	struct vt_map m = {.levels = 4, .addr = VT_NESTED_SHIFT + OC_PAGE, .level = 2};
	struct oc *oc = *state;

	map_page(oc);
	m.root = vt_get(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID)) & VTD_PE_SSPTPTR;
	expect_entry(oc, vt_slot(oc->vt, &m, 2), 1ULL << 50, VTD_FR_SSS_3,
		     "second-stage entry: bits 0x4000000000000 of quadword 0");
}

/* The audit comes by the same entry, and says that what is cached is stale, no more. */
static void an_audit_breaks_no_rule(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	map_page(oc);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) | 1ULL << 51);
	oc_confirm(oc, 1);
	oc_expect(oc, "\"kind\":\"stale\"");
}

/* A fetch may be spoilt on purpose, or software be quicker: what counts is what memory holds. */
static void not_what_memory_holds(void **state)
{
	struct oc *oc = *state;
	struct vtd_malformed m = {.table = SVK_TABLE_ROOT, .at = oc->vt->root, .bits = 2};

	map_page(oc);
	m.value = vt_get(oc->vt, m.at) | 2;
	vtd_malformed(oc->vt->v, &m);
	assert_int_equal(oracle_findings(oc->o), 0);
	vt_put(oc->vt, m.at, m.value);
	vtd_malformed(oc->vt->v, &m);
	assert_int_equal(oracle_findings(oc->o), 1);
}

static void spoilt_on_its_way(void **state)
{
	struct oc *oc = *state;

	map_page(oc);
	fault_arm(&oc->vt->m, "bit-flip,table=first-stage,bit=51");
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), VTD_FR_SFS_3);
	assert_int_equal(fault_struck(&oc->vt->m, SVK_INJECT_BIT_FLIP), 1);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_confirm(oc, 0);
}

/* More than are remembered: told again, and counted, and no harm done. */
static void many_entries(void **state)
{
	struct vt_map m = {.levels = 4, .level = 1, .bits = VT_FS_BITS, .table_bits = VT_FS_BITS};
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	m.root = vt_get(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID) + 16) & VTD_PE2_FSPTPTR;
	m.out = OC_PAGE | 1ULL << 51;
	assert_int_equal(log_open("/dev/null"), 0);
	for (unsigned int i = 0; i < 200; i++) {
		m.addr = OC_VA + i * 4096ULL;
		vt_map(oc->vt, &m);
		assert_int_equal(oc_use(oc, OC_PASID, m.addr, true), VTD_FR_SFS_3);
	}
	log_close();
	assert_int_equal(oracle_findings(oc->o), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oc_setup, oc_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(descriptor_bits),	       TEST(descriptor_granularity),
		TEST(descriptor_address_mask), TEST(descriptor_response_code),
		TEST(descriptor_upper_half),   TEST(descriptor_once),
		TEST(unknown_type_is_none),    TEST(root_entry),
		TEST(context_entry),	       TEST(context_entry_upper_half),
		TEST(pasid_directory_entry),   TEST(pasid_table_entry),
		TEST(first_stage_entry),       TEST(second_stage_entry),
		TEST(an_audit_breaks_no_rule), TEST(not_what_memory_holds),
		TEST(spoilt_on_its_way),       TEST(many_entries),
	};

	return cmocka_run_group_tests_name("oracle_reserved", tests, NULL, NULL);
}
