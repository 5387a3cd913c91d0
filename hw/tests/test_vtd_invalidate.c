// SPDX-License-Identifier: GPL-2.0
/*
 * Every invalidation against every cached kind: what must go goes, and what
 * must stay stays, stale as it is. A model that caches nothing fails here.
 *
 * Eight spaces are cached; then every page is moved in the tables. A space
 * that still gives the old address is stale, which is what the hardware's
 * specification allows software to rely on not happening only after the right
 * invalidation.
 */
#include "tests/vtd_fixture.h"

#define ADDR 0x10000ULL
#define OLD 0x2000000ULL
#define NEW 0x3000000ULL

enum {
	FS,
	FS_PASID, /* as FS, another PASID of the same domain */
	FS_DID, /* another domain, PASID as FS, another source-id */
	FS_SID, /* domain and PASID as FS, another source-id */
	SS,
	SS_DID,
	NEST,
	PT,
	SPACES
};

struct space {
	unsigned int pgtt;
	u16 sid;
	u32 pasid;
	u16 did;
};

static const struct space spaces[SPACES] = {
	[FS] = {VTD_PGTT_FS, VT_SID, 5, 1},	  [FS_PASID] = {VTD_PGTT_FS, VT_SID, 6, 1},
	[FS_DID] = {VTD_PGTT_FS, VT_SID2, 5, 2},  [FS_SID] = {VTD_PGTT_FS, VT_SID2 + 1, 5, 1},
	[SS] = {VTD_PGTT_SS, VT_SID, 7, 3},	  [SS_DID] = {VTD_PGTT_SS, VT_SID, 8, 4},
	[NEST] = {VTD_PGTT_NESTED, VT_SID, 9, 3}, [PT] = {VTD_PGTT_PT, VT_SID, 10, 3},
};

#define ALL ((1u << SPACES) - 1)
/* Moving a page does not show for pass-through: its PASID entry becomes first-stage instead. */
#define NOT_PT (ALL & ~(1u << PT))
#define B(s) (1u << (s))

static u64 page_of(unsigned int s, u64 base)
{
	return base + s * 0x10000ULL;
}

static u64 leaf_of(struct vt *vt, unsigned int s)
{
	const struct space *p = &spaces[s];
	u64 pe = vt_pe(vt, p->sid, p->pasid);
	struct vt_map m = {.levels = 4, .addr = ADDR};

	if (p->pgtt == VTD_PGTT_SS) {
		m.root = vt_get(vt, pe) & VTD_PTE_ADDR;
	} else {
		m.root = vt_get(vt, pe + 16) & VTD_PTE_ADDR;
		m.shift = p->pgtt == VTD_PGTT_NESTED ? VT_NESTED_SHIFT : 0;
		m.root -= m.shift;
	}
	return vt_slot(vt, &m, 1);
}

static u64 lookup(struct vt *vt, unsigned int s)
{
	const struct space *p = &spaces[s];
	struct vtd_translation t;
	u64 addr = p->pgtt == VTD_PGTT_PT ? page_of(PT, OLD) : ADDR;

	assert_int_equal(vt_xlate(vt, p->sid, p->pasid, addr, true, &t), 0);
	return t.addr;
}

static void build(struct vt *vt)
{
	for (unsigned int s = 0; s < SPACES; s++) {
		const struct space *p = &spaces[s];

		switch (p->pgtt) {
		case VTD_PGTT_FS:
			vt_simple_fs(vt, p->sid, p->pasid, p->did, ADDR, page_of(s, OLD));
			break;
		case VTD_PGTT_SS:
			vt_simple_ss(vt, p->sid, p->pasid, p->did, ADDR, page_of(s, OLD));
			break;
		case VTD_PGTT_NESTED:
			vt_simple_nested(vt, p->sid, p->pasid, p->did, ADDR, page_of(s, OLD));
			break;
		default:
			vt_simple_pt(vt, p->sid, p->pasid, p->did);
			break;
		}
		assert_int_equal(lookup(vt, s), page_of(s, OLD));
	}
}

static void move_pages(struct vt *vt)
{
	for (unsigned int s = 0; s < SPACES; s++) {
		if (spaces[s].pgtt != VTD_PGTT_PT) {
			u64 slot = leaf_of(vt, s);

			vt_put(vt, slot, vt_get(vt, slot) ^ OLD ^ NEW);
		}
	}
}

/* Which spaces give the new page. */
static unsigned int fresh(struct vt *vt)
{
	unsigned int set = 0;

	for (unsigned int s = 0; s < SPACES; s++) {
		if (spaces[s].pgtt == VTD_PGTT_PT)
			continue;
		if (lookup(vt, s) == page_of(s, NEW))
			set |= B(s);
		else
			assert_int_equal(lookup(vt, s), page_of(s, OLD));
	}
	return set;
}

struct matrix {
	const char *what;
	u64 q0;
	u64 q1;
	unsigned int gone;
};

static void iotlb_matrix(void **state)
{
	struct vt *vt = *state;
	const struct matrix rows[] = {
		{"global", vt_desc_iotlb(VTD_GRAN_GLOBAL, 9), 0, NOT_PT},
		{"domain 1", vt_desc_iotlb(VTD_GRAN_DOMAIN, 1), 0, B(FS) | B(FS_PASID) | B(FS_SID)},
		{"domain 2", vt_desc_iotlb(VTD_GRAN_DOMAIN, 2), 0, B(FS_DID)},
		{"domain 3", vt_desc_iotlb(VTD_GRAN_DOMAIN, 3), 0, B(SS) | B(NEST)},
		{"domain 4", vt_desc_iotlb(VTD_GRAN_DOMAIN, 4), 0, B(SS_DID)},
		{"domain 9", vt_desc_iotlb(VTD_GRAN_DOMAIN, 9), 0, 0},
		/* By page: first-stage and nested entries go whatever the address. */
		{"page, domain 1", vt_desc_iotlb(VTD_GRAN_SELECT, 1), ADDR + 0x100000,
		 B(FS) | B(FS_PASID) | B(FS_SID)},
		{"page, domain 3", vt_desc_iotlb(VTD_GRAN_SELECT, 3), ADDR, B(SS) | B(NEST)},
		{"next page", vt_desc_iotlb(VTD_GRAN_SELECT, 3), ADDR + 4096, B(NEST)},
		{"page, hint", vt_desc_iotlb(VTD_GRAN_SELECT, 3), ADDR | VTD_IVA_IH,
		 B(SS) | B(NEST)},
		/* The mask covers the page from below; address bits under it are ignored. */
		{"32 pages", vt_desc_iotlb(VTD_GRAN_SELECT, 3), 5, B(SS) | B(NEST)},
		{"16 pages", vt_desc_iotlb(VTD_GRAN_SELECT, 3), 4, B(NEST)},
		{"unaligned", vt_desc_iotlb(VTD_GRAN_SELECT, 4), 0x1f000 | 5, B(SS_DID)},
		{"largest", vt_desc_iotlb(VTD_GRAN_SELECT, 4), 18, B(SS_DID)},
		{"pasid, domain 1", vt_desc_piotlb(VTD_PIOTLB_G_PASID, 1, 5), 0, B(FS) | B(FS_SID)},
		{"pasid, domain 2", vt_desc_piotlb(VTD_PIOTLB_G_PASID, 2, 5), 0, B(FS_DID)},
		{"pasid 6", vt_desc_piotlb(VTD_PIOTLB_G_PASID, 1, 6), 0, B(FS_PASID)},
		{"pasid 7", vt_desc_piotlb(VTD_PIOTLB_G_PASID, 3, 7), 0, B(SS)},
		{"pasid 9", vt_desc_piotlb(VTD_PIOTLB_G_PASID, 3, 9), 0, B(NEST)},
		{"pasid, no such", vt_desc_piotlb(VTD_PIOTLB_G_PASID, 2, 6), 0, 0},
		{"pasid page", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, 5), ADDR, B(FS) | B(FS_SID)},
		{"pasid next page", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, 5), ADDR + 4096, 0},
		{"pasid page, hint", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, 6), ADDR | VTD_IVA_IH,
		 B(FS_PASID)},
		{"pasid page, nested", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 3, 9), ADDR, B(NEST)},
		/* A second-stage entry has no address of this kind. */
		{"pasid page, second stage", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 3, 7), ADDR, 0},
		{"pasid 32 pages", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 3, 9), 5, B(NEST)},
		{"pasid 16 pages", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 3, 9), 4, 0},
		{"pasid unaligned", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, 6), 0x1f000 | 5,
		 B(FS_PASID)},
		{"pasid, all addresses", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, 6), 63, B(FS_PASID)},
		/* Others leave the IOTLB alone. */
		{"pasid-cache", vt_desc_pasid(VTD_PC_G_GLOBAL, 0, 0), 0, 0},
		{"context-cache", vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_GLOBAL), 0,
		 0},
		{"device-TLB", vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, VT_SID), ADDR, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		vt_flush_all(vt);
		build(vt);
		move_pages(vt);
		assert_int_equal(fresh(vt), 0);
		vt_submit(vt, rows[i].q0, rows[i].q1);
		vt_wait(vt);
		if (fresh(vt) != rows[i].gone)
			fail_msg("%s: gone 0x%x, wanted 0x%x", rows[i].what, fresh(vt),
				 rows[i].gone);
	}
}

/* Pass-through entries, seen through the counter: nothing else tells them apart. */
static void pass_through_entries(void **state)
{
	struct vt *vt = *state;
	const struct matrix rows[] = {
		{"global", vt_desc_iotlb(VTD_GRAN_GLOBAL, 0), 0, 1},
		{"domain", vt_desc_iotlb(VTD_GRAN_DOMAIN, 3), 0, 1},
		{"other domain", vt_desc_iotlb(VTD_GRAN_DOMAIN, 4), 0, 0},
		{"page", vt_desc_iotlb(VTD_GRAN_SELECT, 3), OLD + 0x5000, 1},
		{"page beyond", vt_desc_iotlb(VTD_GRAN_SELECT, 3), OLD + 0x200000, 0},
		{"page, other domain", vt_desc_iotlb(VTD_GRAN_SELECT, 1), OLD, 0},
		{"pasid", vt_desc_piotlb(VTD_PIOTLB_G_PASID, 3, 10), 0, 1},
		{"other pasid", vt_desc_piotlb(VTD_PIOTLB_G_PASID, 3, 9), 0, 0},
		{"pasid page", vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 3, 10), OLD, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 dropped;

		vt_flush_all(vt);
		vt_simple_pt(vt, VT_SID, 10, 3);
		vt_expect(vt, 10, OLD, true, 0, OLD);
		dropped = vt->m.count[SVK_LAB_IOTLB_DROPPED];
		vt_submit(vt, rows[i].q0, rows[i].q1);
		vt_wait(vt);
		if (vt->m.count[SVK_LAB_IOTLB_DROPPED] - dropped != rows[i].gone)
			fail_msg("%s", rows[i].what);
	}
}

/* Give every PASID entry another table; which spaces use it. */
static unsigned int moved_tables(struct vt *vt)
{
	unsigned int set = 0;

	for (unsigned int s = 0; s < SPACES; s++) {
		const struct space *p = &spaces[s];
		struct vtd_translation t;
		int ret = vt_xlate(vt, p->sid, p->pasid, ADDR, true, &t);

		assert_true(ret == 0 || ret == VTD_FR_SPT_2);
		set |= ret ? B(s) : 0;
	}
	vt_clear_faults(vt);
	return set;
}

static void pasid_cache_matrix(void **state)
{
	struct vt *vt = *state;
	const struct matrix rows[] = {
		{"global", vt_desc_pasid(VTD_PC_G_GLOBAL, 9, 9), 0, ALL},
		{"domain 1", vt_desc_pasid(VTD_PC_G_DOMAIN, 1, 0), 0,
		 B(FS) | B(FS_PASID) | B(FS_SID)},
		{"domain 3", vt_desc_pasid(VTD_PC_G_DOMAIN, 3, 0), 0, B(SS) | B(NEST) | B(PT)},
		{"domain 9", vt_desc_pasid(VTD_PC_G_DOMAIN, 9, 0), 0, 0},
		{"pasid 5 of 1", vt_desc_pasid(VTD_PC_G_PASID, 1, 5), 0, B(FS) | B(FS_SID)},
		{"pasid 5 of 2", vt_desc_pasid(VTD_PC_G_PASID, 2, 5), 0, B(FS_DID)},
		{"pasid 10 of 3", vt_desc_pasid(VTD_PC_G_PASID, 3, 10), 0, B(PT)},
		{"pasid 6 of 2", vt_desc_pasid(VTD_PC_G_PASID, 2, 6), 0, 0},
		{"iotlb", vt_desc_iotlb(VTD_GRAN_GLOBAL, 0), 0, 0},
		{"piotlb", vt_desc_piotlb(VTD_PIOTLB_G_PASID, 1, 5), 0, 0},
		{"context-cache", vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_GLOBAL), 0,
		 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned int gone;

		vt_flush_all(vt);
		build(vt);
		for (unsigned int s = 0; s < SPACES; s++) {
			u64 pe = vt_pe(vt, spaces[s].sid, spaces[s].pasid);

			vt_put(vt, pe, vt_get(vt, pe) & ~VTD_PE_P);
		}
		assert_int_equal(moved_tables(vt), 0);
		vt_submit(vt, rows[i].q0, rows[i].q1);
		vt_wait(vt);
		gone = moved_tables(vt);
		if (gone != rows[i].gone)
			fail_msg("%s: gone 0x%x, wanted 0x%x", rows[i].what, gone, rows[i].gone);
	}
}

static void context_cache_matrix(void **state)
{
	static const u16 sids[] = {0x30, 0x31, 0x32, 0x34, 0x38, 0x130};
	static const struct {
		unsigned int gran;
		u16 sid;
		unsigned int fm;
		unsigned int gone; /* by index of sids */
	} rows[] = {
		{VTD_GRAN_GLOBAL, 0, 0, 0x3f},
		/* A context entry has no domain-id in scalable mode: all of them. */
		{VTD_GRAN_DOMAIN, 0, 0, 0x3f},
		{VTD_GRAN_SELECT, 0x30, 0, 0x01},
		{VTD_GRAN_SELECT, 0x31, 0, 0x02},
		{VTD_GRAN_SELECT, 0x30, 1, 0x09},
		{VTD_GRAN_SELECT, 0x30, 2, 0x0d},
		{VTD_GRAN_SELECT, 0x30, 3, 0x0f},
		{VTD_GRAN_SELECT, 0x130, 3, 0x20},
		{VTD_GRAN_SELECT, 0x33, 0, 0x00},
	};
	struct vt *vt = *state;
	struct vtd_translation t;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned int gone = 0;

		vt_flush_all(vt);
		for (unsigned int s = 0; s < 6; s++) {
			u64 ce = vt_context(vt, sids[s]);

			vt_put(vt, ce, vt_get(vt, ce) | VTD_CE_P);
			vt_simple_fs(vt, sids[s], 5, 1, ADDR, OLD);
			assert_int_equal(vt_xlate(vt, sids[s], 5, ADDR, false, &t), 0);
			vt_put(vt, ce, vt_get(vt, ce) & ~VTD_CE_P);
			assert_int_equal(vt_xlate(vt, sids[s], 5, ADDR, false, &t), 0);
		}
		vt_submit(vt,
			  vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, rows[i].gran) |
				  svk_put(VTD_CC_SID, rows[i].sid) | svk_put(VTD_CC_FM, rows[i].fm),
			  0);
		vt_wait(vt);
		for (unsigned int s = 0; s < 6; s++) {
			if (vt_xlate(vt, sids[s], 5, ADDR, false, &t) == VTD_FR_SCT_2)
				gone |= 1u << s;
		}
		assert_int_equal(gone, rows[i].gone);
		vt_clear_faults(vt);
	}
}

/* A range takes superpages that it only touches, and spares the neighbours. */
static void ranges_and_superpages(void **state)
{
	static const struct {
		u64 q1;
		unsigned int gone; /* bit 0 4 KiB page, bit 1 2 MiB, bit 2 1 GiB */
	} rows[] = {
		{0x40000000, 1},      {0x401ff000, 0},	    {0x40200000, 2},	  {0x403ff000, 2},
		{0x40400000, 0},      {0x80123000, 4},	    {0xbffff000, 4},	  {0xc0000000, 0},
		{10 | 0x40000000, 3}, {18 | 0x40000000, 3}, {18 | 0x80000000, 4}, {20 | 0, 7},
	};
	static const u64 addr[] = {0x40000000, 0x40200000, 0x80000000};
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vt_space s = {.sid = VT_SID,
				     .pasid = 5,
				     .did = 1,
				     .pgtt = VTD_PGTT_FS,
				     .fs_levels = 4,
				     .fs_root = vt_page(vt)};
		u64 slot[3];

		vt_space_set(vt, &s);
		vt_flush_all(vt);
		for (unsigned int n = 0; n < 3; n++) {
			struct vt_map m = {.root = s.fs_root,
					   .levels = 4,
					   .addr = addr[n],
					   .level = n + 1,
					   .bits = VT_FS_BITS,
					   .table_bits = VT_FS_BITS};

			slot[n] = vt_map(vt, &m);
			vt_expect(vt, 5, addr[n], true, 0, 0);
		}
		for (unsigned int n = 0; n < 3; n++)
			vt_put(vt, slot[n], 0);
		vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, 1, 5), rows[i].q1);
		vt_wait(vt);
		for (unsigned int n = 0; n < 3; n++)
			vt_expect(vt, 5, addr[n], true, (rows[i].gone >> n & 1) ? VTD_FR_SFS_2 : 0,
				  0);
		vt_clear_faults(vt);
	}
}

static void without_psi_the_domain_goes(void **state)
{
	struct vt *vt = *state;

	vt_rebuild(vt, "-psi", NULL);
	vt_simple_ss(vt, VT_SID, 7, 3, ADDR, OLD);
	vt_expect(vt, 7, ADDR, true, 0, OLD);
	vt_put(vt, leaf_of(vt, SS), 0);
	vt_expect(vt, 7, ADDR, true, 0, OLD);
	vt_submit(vt, vt_desc_iotlb(VTD_GRAN_SELECT, 3), ADDR + 0x100000);
	vt_expect(vt, 7, ADDR, true, VTD_FR_SSS_2, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(iotlb_matrix),	     TEST(pass_through_entries),
		TEST(pasid_cache_matrix),    TEST(context_cache_matrix),
		TEST(ranges_and_superpages), TEST(without_psi_the_domain_goes),
	};

	return cmocka_run_group_tests_name("vtd_invalidate", tests, NULL, NULL);
}
