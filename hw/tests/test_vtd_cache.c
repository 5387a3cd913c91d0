// SPDX-License-Identifier: GPL-2.0
/* The caches keep what they have, up to their bound, and count what they do. */
#include "tests/vtd_fixture.h"

#define PASID 5
#define BASE 0x7f0000000000ULL
#define PAGE 0x200000ULL

/* @pages 4 KiB pages from BASE, all onto PAGE. Return: address of the first leaf table's slot. */
static struct vt_map many(struct vt *vt, unsigned int pages)
{
	struct vt_space s = {.sid = VT_SID,
			     .pasid = PASID,
			     .did = 1,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 4,
			     .fs_root = vt_page(vt)};
	struct vt_map m = {.root = s.fs_root,
			   .levels = 4,
			   .out = PAGE,
			   .level = 1,
			   .bits = VT_FS_BITS,
			   .table_bits = VT_FS_BITS};

	for (unsigned int i = 0; i < pages; i++) {
		m.addr = BASE + i * 4096ULL;
		vt_map(vt, &m);
	}
	vt_space_set(vt, &s);
	m.addr = BASE;
	return m;
}

static void every_entry_stays(void **state)
{
	struct vt *vt = *state;
	const unsigned int pages = 20000;
	struct vt_map m = many(vt, pages);
	u64 hits;

	for (unsigned int i = 0; i < pages; i++)
		vt_expect(vt, PASID, BASE + i * 4096ULL, true, 0, PAGE);
	/* The tables are gone, the unit does not look. */
	vt_put(vt, m.root + (BASE >> 39 & 511) * 8, 0);
	hits = vt->m.count[SVK_LAB_IOTLB_HIT];
	for (unsigned int i = 0; i < pages; i++)
		vt_expect(vt, PASID, BASE + i * 4096ULL, true, 0, PAGE);
	assert_int_equal(vt->m.count[SVK_LAB_IOTLB_HIT] - hits, pages);
	/* One page, a range by probing, a range by scanning, the rest. */
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, PASID), BASE);
	assert_int_equal(vt->m.count[SVK_LAB_IOTLB_DROPPED], 1);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, PASID), BASE | 9);
	assert_int_equal(vt->m.count[SVK_LAB_IOTLB_DROPPED], 512);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, PASID), (BASE + 0x1000000) | 12);
	assert_int_equal(vt->m.count[SVK_LAB_IOTLB_DROPPED], 512 + 4096);
	vt_expect(vt, PASID, BASE + 0x1000000, true, VTD_FR_SFS_2, 0);
	vt_expect(vt, PASID, BASE + 0x2000000, true, 0, PAGE);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, PASID), BASE | 30);
	assert_int_equal(vt->m.count[SVK_LAB_IOTLB_DROPPED], pages);
	vt_expect(vt, PASID, BASE + 0x2000000, true, VTD_FR_SFS_2, 0);
}

static void counters(void **state)
{
	struct vt *vt = *state;
	const u64 *c = vt->m.count;

	many(vt, 2);
	vt_expect(vt, PASID, BASE, true, 0, PAGE);
	vt_expect(vt, PASID, BASE, true, 0, PAGE);
	vt_expect(vt, PASID, BASE + 4096, true, 0, PAGE);
	assert_int_equal(c[SVK_LAB_XLATE_REQ], 3);
	assert_int_equal(c[SVK_LAB_CONTEXT_MISS], 1);
	assert_int_equal(c[SVK_LAB_CONTEXT_HIT], 2);
	assert_int_equal(c[SVK_LAB_PASID_MISS], 1);
	assert_int_equal(c[SVK_LAB_PASID_HIT], 2);
	assert_int_equal(c[SVK_LAB_IOTLB_MISS], 2);
	assert_int_equal(c[SVK_LAB_IOTLB_HIT], 1);
	assert_int_equal(c[SVK_LAB_WALK_FS], 2);
	assert_int_equal(c[SVK_LAB_WALK_SS], 0);
}

static void the_oldest_goes_at_the_bound(void **state)
{
	struct vt *vt = *state;
	struct vt_map m;

	vt_rebuild_max(vt, 4);
	m = many(vt, 5);
	for (unsigned int i = 0; i < 5; i++)
		vt_expect(vt, PASID, BASE + i * 4096ULL, true, 0, PAGE);
	vt_put(vt, m.root + (BASE >> 39 & 511) * 8, 0);
	for (unsigned int i = 1; i < 5; i++)
		vt_expect(vt, PASID, BASE + i * 4096ULL, true, 0, PAGE);
	vt_expect(vt, PASID, BASE, true, VTD_FR_SFS_2, 0);
	/* The same for the PASID cache and the context cache. */
	for (u32 pasid = 10; pasid < 15; pasid++) {
		vt_simple_fs(vt, (u16)(0x100 + pasid), pasid, 1, 0, PAGE);
		assert_int_equal(vt_xlate(vt, (u16)(0x100 + pasid), pasid, 0, true,
					  &(struct vtd_translation){0}),
				 0);
	}
	vt_expect(vt, PASID, BASE + 4096, true, VTD_FR_SFS_2, 0);
}

static void sizes_live_side_by_side(void **state)
{
	struct vt *vt = *state;
	struct vt_space s = {.sid = VT_SID,
			     .pasid = PASID,
			     .did = 1,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 4,
			     .fs_root = vt_page(vt)};
	struct vt_map m = {
		.root = s.fs_root, .levels = 4, .bits = VT_FS_BITS, .table_bits = VT_FS_BITS};
	struct vtd_translation t;

	vt_space_set(vt, &s);
	for (unsigned int level = 1; level <= 3; level++) {
		m.level = level;
		m.addr = BASE + level * (1ULL << 30);
		m.out = level == 1 ? PAGE : level == 2 ? 0x400000 : 0x40000000;
		vt_map(vt, &m);
	}
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int level = 1; level <= 3; level++) {
			assert_int_equal(vt_xlate(vt, VT_SID, PASID,
						  BASE + level * (1ULL << 30) + 0x10, true, &t),
					 0);
			assert_int_equal(t.size, 1ULL << (12 + 9 * (level - 1)));
		}
	}
	assert_int_equal(vt->m.count[SVK_LAB_IOTLB_HIT], 3);
}

/* Not-present results are not cached at any level (CAP.CM clear). */
static void nothing_absent_is_cached(void **state)
{
	struct vt *vt = *state;
	u64 ce = vt_context(vt, VT_SID), val = vt_get(vt, ce);

	vt_put(vt, ce, 0);
	vt_expect(vt, PASID, BASE, true, VTD_FR_SCT_2, 0);
	vt_put(vt, ce, val);
	vt_expect(vt, PASID, BASE, true, VTD_FR_SPD_2, 0);
	vt_pe(vt, VT_SID, PASID);
	vt_expect(vt, PASID, BASE, true, VTD_FR_SPT_2, 0);
	many(vt, 1);
	vt_expect(vt, PASID, BASE + 4096, true, VTD_FR_SFS_2, 0);
	vt_expect(vt, PASID, BASE, true, 0, PAGE);
}

static void domains_of_one_pasid_do_not_mix(void **state)
{
	struct vt *vt = *state;

	vt_simple_fs(vt, VT_SID, PASID, 1, BASE, PAGE);
	vt_expect(vt, PASID, BASE, true, 0, PAGE);
	/* Another domain at the same PASID: the IOTLB entry of the old one does not serve it. */
	vt_simple_fs(vt, VT_SID, PASID, 2, BASE, PAGE + 0x1000);
	vt_expect(vt, PASID, BASE, true, 0, PAGE);
	vt_submit(vt, vt_desc_pasid(VTD_PC_G_PASID, 1, PASID), 0);
	vt_expect(vt, PASID, BASE, true, 0, PAGE + 0x1000);
	/* And back: it was never invalidated. */
	vt_simple_fs(vt, VT_SID, PASID, 1, BASE, PAGE + 0x2000);
	vt_submit(vt, vt_desc_pasid(VTD_PC_G_PASID, 2, PASID), 0);
	vt_expect(vt, PASID, BASE, true, 0, PAGE);
}

/* Tags whose hashes are equal by construction: the comparison must tell them apart. */
static void tags_that_hash_alike(void **state)
{
	static const u64 addr[2] = {SVK_BIT(48) | 0x1000, 0x1000};
	struct vt *vt = *state;

	for (unsigned int i = 0; i < 2; i++) {
		struct vt_space s = {.sid = VT_SID,
				     .pasid = 4 + i,
				     .did = 1,
				     .pgtt = VTD_PGTT_FS,
				     .fs_levels = 5,
				     .fs_root = vt_page(vt)};
		struct vt_map m = {.root = s.fs_root,
				   .levels = 5,
				   .addr = addr[i],
				   .out = PAGE + i * 0x1000,
				   .level = 1,
				   .bits = VT_FS_BITS,
				   .table_bits = VT_FS_BITS};

		vt_map(vt, &m);
		vt_space_set(vt, &s);
	}
	vt_expect(vt, 4, addr[0], true, 0, PAGE);
	vt_expect(vt, 5, addr[1], true, 0, PAGE + 0x1000);
	vt_expect(vt, 4, addr[0], true, 0, PAGE);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, 5), addr[1]);
	assert_int_equal(vt->m.count[SVK_LAB_IOTLB_DROPPED], 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_entry_stays),
		TEST(counters),
		TEST(tags_that_hash_alike),
		TEST(the_oldest_goes_at_the_bound),
		TEST(sizes_live_side_by_side),
		TEST(nothing_absent_is_cached),
		TEST(domains_of_one_pasid_do_not_mix),
	};

	return cmocka_run_group_tests_name("vtd_cache", tests, NULL, NULL);
}
