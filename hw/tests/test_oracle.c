// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle: every cache, every way to be stale, every way not to be, and
 * what the descriptors cover, against the unit's own reading.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/oracle.h"
#include "oracle/oracle_internal.h"
#include "tests/fault_fixture.h"
#include "tests/vtd_fixture.h"

#define PASID 5
#define VA 0x7f0000000000ULL
#define PAGE 0x200000ULL

struct rig {
	struct vt *vt;
	struct oracle *o;
	FILE *out;
	char *text;
	size_t len;
};

static struct rig r;

static int setup(void **state)
{
	int ret = vt_setup(state);

	if (ret)
		return ret;
	r.vt = *state;
	r.text = NULL;
	r.out = open_memstream(&r.text, &r.len);
	r.o = oracle_new(r.vt->v, r.out);
	return r.o && r.out ? 0 : -1;
}

static int teardown(void **state)
{
	oracle_free(r.o);
	fclose(r.out);
	free(r.text);
	return vt_teardown(state);
}

/* A first-stage space with one page, used once. Return: address of its leaf entry. */
static u64 used_page(void)
{
	struct vt_space s = {.sid = VT_SID,
			     .pasid = PASID,
			     .did = VT_DID,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 4,
			     .fs_root = vt_page(r.vt)};
	struct vt_map m = {.root = s.fs_root,
			   .levels = 4,
			   .addr = VA,
			   .out = PAGE,
			   .level = 1,
			   .bits = VT_FS_BITS,
			   .table_bits = VT_FS_BITS};
	u64 slot = vt_map(r.vt, &m);

	vt_space_set(r.vt, &s);
	vt_expect(r.vt, PASID, VA, true, 0, PAGE);
	return slot;
}

static void expect_audit(u64 stale, u64 less)
{
	struct oracle_audit a = oracle_audit(r.o, false);

	assert_true(a.at_rest);
	assert_int_equal(a.stale, stale);
	assert_int_equal(a.less, less);
	assert_int_equal(oracle_findings(r.o), 0);
}

static void invalidate_page(void)
{
	vt_submit(r.vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, VT_DID, PASID), VA);
	vt_wait(r.vt);
}

static void nothing_cached_nothing_found(void **state)
{
	struct oracle_audit a = oracle_audit(r.o, true);

	(void)state;
	assert_int_equal(a.entries, 0);
	assert_int_equal(a.stale, 0);
}

static void fresh_entries_match(void **state)
{
	struct oracle_audit a;

	(void)state;
	used_page();
	a = oracle_audit(r.o, true);
	/* A context, a PASID and a page. */
	assert_int_equal(a.entries, 3);
	assert_int_equal(a.stale + a.less, 0);
}

static void unmapped_page(void **state)
{
	u64 slot = used_page();

	(void)state;
	vt_put(r.vt, slot, 0);
	expect_audit(1, 0);
	invalidate_page();
	expect_audit(0, 0);
}

static void moved_page(void **state)
{
	u64 slot = used_page();

	(void)state;
	vt_put(r.vt, slot, (vt_get(r.vt, slot) & ~VTD_PTE_ADDR) | (PAGE + 0x1000));
	expect_audit(1, 0);
	invalidate_page();
	vt_expect(r.vt, PASID, VA, true, 0, PAGE + 0x1000);
	expect_audit(0, 0);
}

static void write_protected_page(void **state)
{
	u64 slot = used_page();

	(void)state;
	vt_put(r.vt, slot, vt_get(r.vt, slot) & ~VTD_FS_RW);
	expect_audit(1, 0);
}

/* Writes would not be seen any more by whoever cleared the bit. */
static void cleaned_page(void **state)
{
	u64 slot = used_page();

	(void)state;
	vt_put(r.vt, slot, vt_get(r.vt, slot) & ~VTD_FS_D);
	expect_audit(1, 0);
}

/* Software may clear accessed bits without an invalidation. */
static void aged_page(void **state)
{
	u64 slot = used_page();

	(void)state;
	vt_put(r.vt, slot, vt_get(r.vt, slot) & ~VTD_FS_A);
	expect_audit(0, 0);
}

static void more_permission_is_harmless(void **state)
{
	u64 slot = used_page();

	(void)state;
	vt_put(r.vt, slot, vt_get(r.vt, slot) & ~VTD_FS_RW);
	invalidate_page();
	vt_expect(r.vt, PASID, VA, false, 0, PAGE);
	vt_put(r.vt, slot, vt_get(r.vt, slot) | VTD_FS_RW);
	expect_audit(0, 1);
}

/* A superpage that has been used and is many pages now, the same ones. Return: their table. */
static u64 split_page(void)
{
	struct vt_space s = {.sid = VT_SID,
			     .pasid = PASID,
			     .did = VT_DID,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 4,
			     .fs_root = vt_page(r.vt)};
	struct vt_map m = {.root = s.fs_root,
			   .levels = 4,
			   .addr = VA,
			   .out = PAGE,
			   .level = 2,
			   .bits = VT_FS_BITS | VTD_FS_PS,
			   .table_bits = VT_FS_BITS};
	u64 slot = vt_map(r.vt, &m);
	u64 table = vt_page(r.vt);

	vt_space_set(r.vt, &s);
	vt_expect(r.vt, PASID, VA, true, 0, PAGE);
	for (unsigned int i = 0; i < 512; i++)
		vt_put(r.vt, table + i * 8,
		       (PAGE + i * 4096ULL) | VT_FS_BITS | VTD_FS_A | VTD_FS_D);
	vt_put(r.vt, slot, table | VT_FS_BITS | VTD_FS_A);
	return table;
}

static void split_superpage(void **state)
{
	u64 table = split_page();

	(void)state;
	expect_audit(0, 0);
	vt_put(r.vt, table + 511 * 8, 0);
	expect_audit(1, 0);
}

/* An access to a page that is as it was has used nothing stale, also in an entry that is. */
static void superpage_is_used_page_by_page(void **state)
{
	u64 table = split_page();

	(void)state;
	vt_put(r.vt, table + 511 * 8, 0);
	vt_expect(r.vt, PASID, VA + 510 * 4096, true, 0, PAGE + 510 * 4096);
	assert_int_equal(oracle_audit(r.o, false).used, 0);
	vt_expect(r.vt, PASID, VA + 511 * 4096, true, 0, PAGE + 511 * 4096);
	assert_int_equal(oracle_audit(r.o, false).used, 1);
}

static void removed_pasid_entry(void **state)
{
	(void)state;
	used_page();
	vt_put(r.vt, vt_pe(r.vt, VT_SID, PASID), 0);
	/* The PASID entry, and the page behind it. */
	expect_audit(2, 0);
	vt_submit(r.vt, vt_desc_pasid(VTD_PC_G_PASID, VT_DID, PASID), 0);
	expect_audit(1, 0);
	vt_submit(r.vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, PASID), 0);
	vt_wait(r.vt);
	expect_audit(0, 0);
}

static void other_page_table(void **state)
{
	u64 pe = 0;

	(void)state;
	used_page();
	pe = vt_pe(r.vt, VT_SID, PASID);
	vt_put(r.vt, pe + 16, (vt_get(r.vt, pe + 16) & ~VTD_PE2_FSPTPTR) | vt_page(r.vt));
	expect_audit(2, 0);
}

/* The entry is given another domain-id, in the right order, but the old one is not flushed. */
static void other_domain(void **state)
{
	u64 pe, q[3];

	(void)state;
	used_page();
	pe = vt_pe(r.vt, VT_SID, PASID);
	for (unsigned int i = 0; i < 3; i++)
		q[i] = vt_get(r.vt, pe + 8 * i);
	vt_put(r.vt, pe, 0);
	vt_submit(r.vt, vt_desc_pasid(VTD_PC_G_PASID, VT_DID, PASID), 0);
	vt_put(r.vt, pe + 8, (q[1] & ~VTD_PE1_DID) | svk_put(VTD_PE1_DID, VT_DID + 1));
	vt_put(r.vt, pe, q[0]);
	/* Out of reach, until the domain-id is given again. */
	expect_audit(1, 0);
}

static void removed_context_entry(void **state)
{
	(void)state;
	used_page();
	vt_put(r.vt, vt_context(r.vt, VT_SID), 0);
	expect_audit(3, 0);
	vt_flush_all(r.vt);
	expect_audit(0, 0);
}

static void nested_second_stage(void **state)
{
	struct vt_map s2 = {.levels = 4, .addr = VT_NESTED_SHIFT + PAGE, .level = 2};
	u64 pe, slot;

	(void)state;
	vt_simple_nested(r.vt, VT_SID, PASID, VT_DID, VA, PAGE);
	vt_expect(r.vt, PASID, VA, true, 0, PAGE);
	expect_audit(0, 0);
	pe = vt_pe(r.vt, VT_SID, PASID);
	s2.root = vt_get(r.vt, pe) & VTD_PE_SSPTPTR;
	slot = vt_slot(r.vt, &s2, 2);
	vt_put(r.vt, slot, vt_get(r.vt, slot) + 0x200000);
	expect_audit(1, 0);
	vt_submit(r.vt, vt_desc_iotlb(VTD_GRAN_DOMAIN, VT_DID), 0);
	vt_wait(r.vt);
	expect_audit(0, 0);
}

static void looking_changes_nothing(void **state)
{
	u64 slot = used_page();
	u64 before[SVK_LAB_COUNTERS];
	u64 pte;

	(void)state;
	vt_put(r.vt, slot, vt_get(r.vt, slot) & ~(VTD_FS_A | VTD_FS_D));
	pte = vt_get(r.vt, slot);
	memcpy(before, r.vt->m.count, sizeof(before));
	oracle_audit(r.o, true);
	assert_int_equal(vt_get(r.vt, slot), pte);
	assert_memory_equal(before, r.vt->m.count, sizeof(before));
}

static void confirmed_once(void **state)
{
	u64 slot = used_page();

	(void)state;
	vt_put(r.vt, slot, 0);
	oracle_audit(r.o, true);
	oracle_audit(r.o, true);
	assert_int_equal(oracle_findings(r.o), 1);
	fflush(r.out);
	assert_non_null(strstr(r.text, "\"cache\":\"IOTLB\""));
	assert_non_null(strstr(r.text,
			       "00:06.0 PASID 5 can read and write 0x200000 at "
			       "0x7f0000000000 (4 KiB), but the first-stage tables refuse it"));
	assert_non_null(strstr(r.text, "Nothing that was sent since concerns it."));
}

static void use_while_stale_is_reported(void **state)
{
	u64 slot = used_page();
	struct oracle_audit a;

	(void)state;
	vt_put(r.vt, slot, 0);
	vt_expect(r.vt, PASID, VA, true, 0, PAGE);
	vt_expect(r.vt, PASID, VA, true, 0, PAGE);
	a = oracle_audit(r.o, true);
	assert_int_equal(a.used, 1);
	fflush(r.out);
	assert_non_null(strstr(r.text, "Used 2 times while stale"));
	assert_non_null(strstr(r.text, "\"uses\":2"));
}

/* Between the change and the invalidation an access may use the entry. */
static void use_in_time_is_no_finding(void **state)
{
	u64 slot = used_page();
	struct oracle_audit a;

	(void)state;
	vt_put(r.vt, slot, 0);
	vt_expect(r.vt, PASID, VA, true, 0, PAGE);
	invalidate_page();
	a = oracle_audit(r.o, true);
	assert_int_equal(a.stale + a.used, 0);
	assert_int_equal(oracle_findings(r.o), 0);
}

static void lost_descriptor_is_found(void **state)
{
	u64 slot = used_page();

	(void)state;
	vt_put(r.vt, slot, 0);
	fault_arm(&r.vt->m, "lose,types=piotlb+wait");
	invalidate_page();
	assert_int_equal(fault_struck(&r.vt->m, SVK_INJECT_LOSE), 1);
	vt_expect(r.vt, PASID, VA, true, 0, PAGE);
	oracle_audit(r.o, true);
	assert_int_equal(oracle_findings(r.o), 1);
	fflush(r.out);
	assert_non_null(strstr(r.text, "lost on purpose"));
	/* The next one is not lost. */
	invalidate_page();
	vt_expect(r.vt, PASID, VA, true, VTD_FR_SFS_2, 0);
}

static void some_pass_before(void **state)
{
	u64 slot = used_page();

	(void)state;
	fault_arm(&r.vt->m, "lose,types=piotlb,skip=1");
	invalidate_page();
	assert_int_equal(fault_struck(&r.vt->m, SVK_INJECT_LOSE), 0);
	vt_expect(r.vt, PASID, VA, true, 0, PAGE);
	vt_put(r.vt, slot, 0);
	vt_submit(r.vt, vt_desc_pasid(VTD_PC_G_PASID, VT_DID, PASID), 0);
	invalidate_page();
	assert_int_equal(fault_struck(&r.vt->m, SVK_INJECT_LOSE), 1);
	expect_audit(1, 0);
}

struct kept {
	struct vtd_view e[16];
	size_t count;
};

static bool keep(void *ctx, const struct vtd_view *e)
{
	struct kept *k = ctx;

	k->e[k->count++] = *e;
	return k->count < ARRAY_SIZE(k->e);
}

static bool still_there(const struct kept *after, const struct vtd_view *e)
{
	for (size_t i = 0; i < after->count; i++) {
		if (oracle_same(&after->e[i], e))
			return true;
	}
	return false;
}

/* A domain of first-stage, nested and second-stage pages, and a neighbour of each tag. */
static void fill_caches(void)
{
	static const struct {
		u16 sid;
		u32 pasid;
		u16 did;
	} spaces[] = {{VT_SID, 1, 7}, {VT_SID, 2, 7}, {VT_SID, 3, 8}, {VT_SID2, 1, 7}};

	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
		struct vtd_translation t;

		if (i == 1)
			vt_simple_ss(r.vt, spaces[i].sid, spaces[i].pasid, spaces[i].did, PAGE,
				     PAGE);
		else
			vt_simple_fs(r.vt, spaces[i].sid, spaces[i].pasid, spaces[i].did, PAGE,
				     PAGE);
		assert_int_equal(vt_xlate(r.vt, spaces[i].sid, spaces[i].pasid, PAGE, true, &t), 0);
	}
}

/* What one descriptor removes is what the oracle says that it covers. */
static void check_covers(u64 q0, u64 q1)
{
	const u64 q[4] = {q0, q1, 0, 0};
	struct kept before = {.count = 0}, after = {.count = 0};

	vt_flush_all(r.vt);
	fill_caches();
	vtd_inspect_each(r.vt->v, VTD_VIEW_ALL, keep, &before);
	assert_int_equal(before.count, 2 + 4 + 4);
	vt_submit4(r.vt, q);
	vtd_inspect_each(r.vt->v, VTD_VIEW_ALL, keep, &after);
	for (size_t i = 0; i < before.count; i++)
		assert_int_equal(oracle_covers(q, &before.e[i]),
				 !still_there(&after, &before.e[i]));
}

static void covers_what_is_removed(void **state)
{
	u64 cc = vt_type(VTD_DESC_CC);

	(void)state;
	check_covers(cc | svk_put(VTD_DESC_G, VTD_GRAN_GLOBAL), 0);
	check_covers(cc | svk_put(VTD_DESC_G, VTD_GRAN_SELECT) | svk_put(VTD_CC_SID, VT_SID), 0);
	check_covers(cc | svk_put(VTD_DESC_G, VTD_GRAN_SELECT) | svk_put(VTD_CC_SID, VT_SID) |
			     svk_put(VTD_CC_FM, 3),
		     0);
	for (unsigned int g = 0; g < 4; g++) {
		for (u16 did = 6; did < 9; did++) {
			for (u32 pasid = 0; pasid < 4; pasid++) {
				if (g != 2)
					check_covers(vt_desc_pasid(g, did, pasid), 0);
				if (g >= VTD_PIOTLB_G_PASID)
					check_covers(vt_desc_piotlb(g, did, pasid), PAGE);
			}
			if (g)
				check_covers(vt_desc_iotlb(g, did), PAGE);
		}
	}
	/* Ranges: the page itself, beside it, around it, everything. */
	check_covers(vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 7, 1), PAGE + 0x1000);
	check_covers(vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 7, 1), (PAGE + 0x1000) | 1);
	check_covers(vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 7, 1), (PAGE - 0x1000) | 9);
	check_covers(vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 7, 1), 63);
	check_covers(vt_desc_iotlb(VTD_GRAN_SELECT, 7), PAGE + 0x1000);
	check_covers(vt_desc_iotlb(VTD_GRAN_SELECT, 7), (PAGE + 0x1000) | 1);
}

/* 2^@order pages from @addr; a PASID-based descriptor has the size bit elsewhere. */
static u64 devtlb_range(u64 addr, unsigned int order)
{
	return order ? addr | ((1ULL << (11 + order)) - 0x1000) | VTD_PDEVTLB_S : addr;
}

static void covers_device_tlb(void **state)
{
	struct vtd_view e = {.kind = VTD_VIEW_DEVTLB,
			     .sid = VT_SID,
			     .has_pasid = true,
			     .pasid = PASID,
			     .addr = 0x10000,
			     .size = 0x1000};
	u64 q[2] = {vt_type(VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, VT_SID) |
			    svk_put(VTD_DESC_PASID, PASID),
		    0};

	(void)state;
	q[1] = devtlb_range(0x10000, 0);
	assert_true(oracle_covers(q, &e));
	q[1] = devtlb_range(0x11000, 0);
	assert_false(oracle_covers(q, &e));
	q[1] = devtlb_range(0x10000, 1);
	assert_true(oracle_covers(q, &e));
	q[1] = devtlb_range(0x12000, 1);
	assert_false(oracle_covers(q, &e));
	q[1] = devtlb_range(0, 16);
	assert_true(oracle_covers(q, &e));
	q[1] = VTD_DEVTLB_ADDR | VTD_PDEVTLB_S;
	assert_true(oracle_covers(q, &e));
	e.pasid++;
	assert_false(oracle_covers(q, &e));
	q[1] |= VTD_PDEVTLB_G;
	assert_true(oracle_covers(q, &e));
	e.sid++;
	assert_false(oracle_covers(q, &e));
	e.sid--;
	e.has_pasid = false;
	assert_false(oracle_covers(q, &e));
	q[0] = vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, VT_SID);
	q[1] = devtlb_range(0x10000, 0);
	assert_true(oracle_covers(q, &e));
	e.has_pasid = true;
	assert_false(oracle_covers(q, &e));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_cached_nothing_found),
		TEST(fresh_entries_match),
		TEST(unmapped_page),
		TEST(moved_page),
		TEST(write_protected_page),
		TEST(cleaned_page),
		TEST(aged_page),
		TEST(more_permission_is_harmless),
		TEST(split_superpage),
		TEST(superpage_is_used_page_by_page),
		TEST(removed_pasid_entry),
		TEST(other_page_table),
		TEST(other_domain),
		TEST(removed_context_entry),
		TEST(nested_second_stage),
		TEST(looking_changes_nothing),
		TEST(confirmed_once),
		TEST(use_while_stale_is_reported),
		TEST(use_in_time_is_no_finding),
		TEST(lost_descriptor_is_found),
		TEST(some_pass_before),
		TEST(covers_what_is_removed),
		TEST(covers_device_tlb),
	};

	return cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
}
