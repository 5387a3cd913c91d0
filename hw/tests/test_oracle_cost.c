// SPDX-License-Identifier: GPL-2.0
/*
 * Cost of an operation: what its descriptors remove, with need and without,
 * and which operations are remembered as the costliest.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/oracle.h"
#include "stats.h"
#include "tests/fault_fixture.h"
#include "tests/oracle_fixture.h"

static void touch_pages(struct oc *oc, unsigned int pages)
{
	for (unsigned int i = 0; i < pages; i++)
		assert_int_equal(oc_use(oc, OC_PASID, OC_VA + i * 4096ULL, true), 0);
}

/* So many pages of a first-stage space, each used once. */
static void use_pages(struct oc *oc, unsigned int pages)
{
	struct vt_map m = {.levels = 4, .level = 1, .bits = VT_FS_BITS, .table_bits = VT_FS_BITS};

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	m.root = vt_get(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID) + 16) & VTD_PE2_FSPTPTR;
	for (unsigned int i = 0; i < pages; i++) {
		m.addr = OC_VA + i * 4096ULL;
		m.out = OC_PAGE + i * 4096ULL;
		vt_map(oc->vt, &m);
	}
	touch_pages(oc, pages);
}

static void expect_cost(struct oc *oc, u64 ops, u64 needed, u64 collateral, u64 empty)
{
	const u64 *count = oc->vt->m.count;

	assert_int_equal(count[SVK_LAB_OPS], ops);
	assert_int_equal(count[SVK_LAB_INV_NEEDED], needed);
	assert_int_equal(count[SVK_LAB_INV_COLLATERAL], collateral);
	assert_int_equal(count[SVK_LAB_INV_EMPTY], empty);
}

static void what_is_asked_for(void **state)
{
	const struct oracle_op *op;
	struct oc *oc = *state;

	use_pages(oc, 3);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	/* Not before it is known that the operation ends here. */
	expect_cost(oc, 0, 1, 0, 0);
	vt_wait(oc->vt);
	expect_cost(oc, 1, 1, 0, 0);
	assert_int_equal(oracle_costliest(oc->o, &op), 0);
}

static void more_than_is_asked_for(void **state)
{
	const struct oracle_op *op;
	struct oc *oc = *state;

	use_pages(oc, 3);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	expect_cost(oc, 1, 1, 2, 0);
	assert_int_equal(oracle_costliest(oc->o, &op), 1);
	assert_int_equal(op->descriptors, 1);
	assert_int_equal(op->needed, 1);
	assert_int_equal(op->collateral, 2);
	assert_int_equal(op->empty, 0);
	assert_true(op->at > 0);
	assert_int_equal(op->worst_collateral, 2);
	assert_int_equal(op->worst[0], vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, OC_PASID));
}

static void nothing_to_remove(void **state)
{
	struct oc *oc = *state;

	use_pages(oc, 1);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA + 4096, 0);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	vt_wait(oc->vt);
	expect_cost(oc, 1, 0, 0, 2);
}

static void device_counts_too(void **state)
{
	struct oc *oc = *state;

	use_pages(oc, 2);
	oc_use_ats(oc, OC_PASID, OC_VA);
	oc_use_ats(oc, OC_PASID, OC_VA + 4096);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	vt_wait(oc->vt);
	expect_cost(oc, 1, 2, 1, 0);
}

/* Entries that grant less are removed so that the device need not ask again. */
static void less_is_needed(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	use_pages(oc, 1);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) & ~VTD_FS_RW);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, false), 0);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) | VTD_FS_RW);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	vt_wait(oc->vt);
	expect_cost(oc, 1, 2, 0, 0);
}

static void every_cache_counts(void **state)
{
	const struct oracle_op *op;
	struct oc *oc = *state;

	use_pages(oc, 1);
	vt_flush_all(oc->vt);
	expect_cost(oc, 1, 0, 3, 0);
	assert_int_equal(oracle_costliest(oc->o, &op), 1);
	assert_int_equal(op->descriptors, 3);
	assert_int_equal(op->worst_collateral, 1);
}

static void a_large_page_counts_once(void **state)
{
	struct vt_space s = {.sid = OC_SID,
			     .pasid = OC_PASID,
			     .did = VT_DID,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 4,
			     .fs_root = vt_page(((struct oc *)*state)->vt)};
	struct vt_map m = {.root = s.fs_root,
			   .levels = 4,
			   .addr = OC_VA,
			   .level = 3,
			   .bits = VT_FS_BITS | VTD_FS_PS,
			   .table_bits = VT_FS_BITS};
	struct oc *oc = *state;

	vt_map(oc->vt, &m);
	vt_space_set(oc->vt, &s);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	expect_cost(oc, 1, 0, 1, 0);
}

/* It was meant to remove something. */
static void lost_is_not_empty(void **state)
{
	struct oc *oc = *state;

	use_pages(oc, 1);
	oc_unmap(oc, OC_PASID, OC_VA);
	fault_arm(&oc->vt->m, "lose,types=piotlb");
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	vt_wait(oc->vt);
	expect_cost(oc, 1, 0, 0, 0);
}

static void other_descriptors_are_no_operation(void **state)
{
	struct oc *oc = *state;

	vt_wait(oc->vt);
	vt_submit(oc->vt, vt_type(VTD_DESC_PGRP_RESP) | svk_put(VTD_PGRP_RID, OC_SID), 0);
	vt_wait(oc->vt);
	expect_cost(oc, 0, 0, 0, 0);
}

/* Software that uses the registers has queued nothing. */
static void registers_are_no_operation(void **state)
{
	struct oc *oc = *state;

	use_pages(oc, 1);
	vt_write64(oc->vt, VTD_CCMD, VTD_CCMD_ICC | svk_put(VTD_CCMD_CIRG, VTD_GRAN_GLOBAL));
	vt_wait(oc->vt);
	expect_cost(oc, 0, 0, 0, 0);
}

static void reset_cuts_it_off(void **state)
{
	struct oc *oc = *state;

	use_pages(oc, 1);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	vtd_reset(oc->vt->v);
	vt_enable(oc->vt);
	oc->vt->tail = 0;
	vt_wait(oc->vt);
	expect_cost(oc, 0, 0, 1, 0);
}

static void the_costliest_are_kept(void **state)
{
	const struct oracle_op *op;
	struct oc *oc = *state;

	use_pages(oc, 20);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	for (unsigned int first = 1; first <= 2; first++) {
		for (unsigned int n = first; n <= 20; n += 2) {
			touch_pages(oc, n);
			oc_flush_iotlb(oc, VT_DID, OC_PASID);
			vt_wait(oc->vt);
		}
	}
	assert_int_equal(oracle_costliest(oc->o, &op), ORACLE_COSTLIEST);
	for (unsigned int i = 0; i < ORACLE_COSTLIEST; i++)
		assert_int_equal(op[i].collateral, i ? 21 - i : 20);
}

static void statistics_tell(void **state)
{
	struct json_object *obj, *list, *op, *val;
	struct oc *oc = *state;
	const u64 bar = 0;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	use_pages(oc, 3);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	vt_wait(oc->vt);
	oc->vt->m.oracle = oc->o;
	assert_int_equal(stats_write(out, &oc->vt->m, oc->vt->v, &bar), 0);
	oc->vt->m.oracle = NULL;
	fclose(out);
	obj = json_tokener_parse(text);
	assert_non_null(obj);
	assert_true(json_object_object_get_ex(obj, "inv_collateral", &val));
	assert_int_equal(json_object_get_int(val), 2);
	assert_true(json_object_object_get_ex(obj, "costliest", &list));
	assert_int_equal(json_object_array_length(list), 1);
	op = json_object_array_get_idx(list, 0);
	assert_true(json_object_object_get_ex(op, "descriptors", &val));
	assert_int_equal(json_object_get_int(val), 2);
	assert_true(json_object_object_get_ex(op, "empty", &val));
	assert_int_equal(json_object_get_int(val), 1);
	assert_true(json_object_object_get_ex(op, "worst", &val));
	assert_string_equal(json_object_get_string(val), "0000000500070026 0000000000000000");
	json_object_put(obj);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oc_setup, oc_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_asked_for),
		TEST(more_than_is_asked_for),
		TEST(nothing_to_remove),
		TEST(device_counts_too),
		TEST(less_is_needed),
		TEST(every_cache_counts),
		TEST(a_large_page_counts_once),
		TEST(lost_is_not_empty),
		TEST(other_descriptors_are_no_operation),
		TEST(registers_are_no_operation),
		TEST(reset_cuts_it_off),
		TEST(the_costliest_are_kept),
		TEST(statistics_tell),
	};

	return cmocka_run_group_tests_name("oracle_cost", tests, NULL, NULL);
}
