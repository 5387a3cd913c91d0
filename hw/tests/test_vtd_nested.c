// SPDX-License-Identifier: GPL-2.0
/* Nested translation: every first-stage table access and the result go through the second stage. */
#include "gmem.h"
#include "tests/vtd_fixture.h"

#define PASID 5
#define PAGE 0x3400000ULL /* host-physical; nothing else lies in these 2 MiB */
#define ADDR 0x0000345678abc000ULL
#define SHIFT VT_NESTED_SHIFT
#define FS_AD (VTD_FS_A | VTD_FS_D)
#define SS_AD (VTD_SS_A | VTD_SS_D)

/*
 * One nested space. The first-stage tables get 2 MiB of second stage each, so
 * that the second stage can be spoiled for one of them alone: level n lies at
 * host-physical 0x2000000 + n * 2 MiB.
 */
struct nested {
	struct vt_map fs;
	struct vt_map ss;
	struct vt_space s;
};

static u64 table_at(unsigned int level)
{
	return 0x2000000ULL + level * 0x200000ULL;
}

/* Second-stage leaf for a host-physical address. */
static u64 ss_leaf(struct vt *vt, const struct nested *n, u64 host)
{
	struct vt_map m = n->ss;

	m.addr = host + SHIFT;
	return vt_slot(vt, &m, 2);
}

static void fs_fill(struct vt *vt, struct nested *n, unsigned int leaf, u64 out)
{
	unsigned int levels = n->fs.levels;

	for (unsigned int level = levels; level >= leaf; level--) {
		u64 slot = table_at(level) + (ADDR >> (12 + 9 * (level - 1)) & 511) * 8;
		u64 next = level == leaf ? out : table_at(level - 1);

		vt_put(vt, slot,
		       (next + SHIFT) | VT_FS_BITS | (level == leaf && level > 1 ? VTD_FS_PS : 0));
	}
}

static struct nested nested(struct vt *vt, unsigned int levels, unsigned int leaf, u64 q0)
{
	struct nested n = {
		.fs = {.root = table_at(levels), .levels = levels, .addr = ADDR, .shift = SHIFT},
		.ss = {.root = vt_nested_base(vt), .levels = 4},
		.s = {.sid = VT_SID,
		      .pasid = PASID,
		      .did = VT_DID,
		      .pgtt = VTD_PGTT_NESTED,
		      .fs_levels = levels,
		      .fs_root = table_at(levels) + SHIFT,
		      .ss_levels = 4,
		      .q0 = q0},
	};

	n.s.ss_root = n.ss.root;
	fs_fill(vt, &n, leaf, PAGE);
	vt_space_set(vt, &n.s);
	vt_flush_all(vt);
	return n;
}

static void both_stages_apply(void **state)
{
	struct vt *vt = *state;
	struct vtd_translation t;

	for (unsigned int levels = 4; levels <= 5; levels++) {
		nested(vt, levels, 1, 0);
		assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR + 8, true, &t), 0);
		assert_int_equal(t.addr, PAGE + 8);
		assert_int_equal(t.size, 4096);
		assert_true(t.read && t.write);
	}
	assert_int_equal(vt->m.count[SVK_LAB_WALK_NESTED], 2);
	/* 4 or 5 tables and the page. */
	assert_int_equal(vt->m.count[SVK_LAB_WALK_SS], 5 + 6);
}

static void the_smaller_page_wins(void **state)
{
	struct vt *vt = *state;
	struct nested n = nested(vt, 4, 2, 0);
	struct vtd_translation t;
	struct vt_map m;

	assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR, false, &t), 0);
	assert_int_equal(t.size, 2 << 20);
	assert_int_equal(t.addr, PAGE + (ADDR & 0x1fffff));
	/* First stage 2 MiB, second stage 4 KiB, out of order. */
	vt_put(vt, ss_leaf(vt, &n, PAGE), 0);
	m = (struct vt_map){.root = n.ss.root,
			    .levels = 4,
			    .level = 1,
			    .bits = VT_SS_BITS,
			    .table_bits = VT_SS_BITS};
	m.addr = PAGE + (ADDR & 0x1ff000) + SHIFT;
	m.out = 0x1234000;
	vt_map(vt, &m);
	vt_flush_all(vt);
	assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR + 0x10, false, &t), 0);
	assert_int_equal(t.size, 4096);
	assert_int_equal(t.addr, 0x1234010);
	vt_expect(vt, PASID, ADDR + 4096, false, VTD_FR_SSS_2, 0);
}

static void permissions_combine(void **state)
{
	struct vt *vt = *state;
	struct nested n = nested(vt, 4, 1, 0);
	u64 leaf = ss_leaf(vt, &n, PAGE), val = vt_get(vt, leaf);
	u64 fs = vt_slot(vt, &n.fs, 1);

	vt_put(vt, leaf, val & ~VTD_SS_W);
	vt_expect(vt, PASID, ADDR, true, VTD_FR_SGN_6, 0);
	vt_expect(vt, PASID, ADDR, false, 0, PAGE);
	vt_put(vt, leaf, val & ~VTD_SS_R);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SGN_7, 0);
	vt_put(vt, leaf, 0);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SSS_2, 0);
	vt_put(vt, leaf, val);
	vt_put(vt, fs, vt_get(vt, fs) & ~VTD_FS_RW);
	vt_expect(vt, PASID, ADDR, true, VTD_FR_SGN_6, 0);
	vt_put(vt, fs, 0);
	vt_expect(vt, PASID, ADDR, true, VTD_FR_SFS_2, 0);
}

static void second_stage_refuses_a_table(void **state)
{
	struct vt *vt = *state;
	struct nested n = nested(vt, 4, 1, 0);

	for (unsigned int level = 4; level; level--) {
		u64 leaf = ss_leaf(vt, &n, table_at(level)), val = vt_get(vt, leaf);

		vt_put(vt, leaf, 0);
		vt_expect(vt, PASID, ADDR, false, level == 4 ? VTD_FR_SFS_6 : VTD_FR_SFS_7, 0);
		vt_put(vt, leaf, val & ~VTD_SS_R);
		vt_expect(vt, PASID, ADDR, false, level == 4 ? VTD_FR_SFS_6 : VTD_FR_SFS_7, 0);
		/* Readable only: the accessed bit cannot be set. */
		vt_put(vt, leaf, val & ~VTD_SS_W);
		vt_expect(vt, PASID, ADDR, false, VTD_FR_SFS_8, 0);
		vt_put(vt, leaf, val | SVK_BIT(50));
		vt_expect(vt, PASID, ADDR, false, VTD_FR_SSS_3, 0);
		vt_put(vt, leaf, (val & ~VTD_PTE_ADDR) | VT_OUTSIDE);
		vt_expect(vt, PASID, ADDR, false, level == 4 ? VTD_FR_SFS_4 : VTD_FR_SFS_1, 0);
		vt_put(vt, leaf, val);
		vt_clear_faults(vt);
	}
	vt_expect(vt, PASID, ADDR, false, 0, PAGE);
}

static void read_only_tables_are_enough_without_updates(void **state)
{
	struct vt *vt = *state;
	struct nested n = nested(vt, 4, 1, 0);

	vt_expect(vt, PASID, ADDR, true, 0, PAGE);
	vt_flush_all(vt);
	for (unsigned int level = 4; level; level--) {
		u64 leaf = ss_leaf(vt, &n, table_at(level));

		vt_put(vt, leaf, vt_get(vt, leaf) & ~VTD_SS_W);
	}
	vt_expect(vt, PASID, ADDR, true, 0, PAGE);
}

static void addresses_beyond_the_second_stage(void **state)
{
	struct vt *vt = *state;
	struct nested n = nested(vt, 4, 1, 0);
	u64 fs = vt_slot(vt, &n.fs, 1), fs2 = vt_slot(vt, &n.fs, 2);
	u64 pe = vt_pe(vt, VT_SID, PASID), beyond = 1ULL << 39;

	/* A second stage of three levels: 39 bits. */
	n.s.ss_levels = 3;
	n.s.ss_root = vt_get(vt, n.ss.root) & VTD_PTE_ADDR;
	vt_space_set(vt, &n.s);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, 0, PAGE);
	vt_flush_all(vt);
	vt_put(vt, fs, vt_get(vt, fs) | beyond);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SGN_5, 0);
	vt_put(vt, fs2, vt_get(vt, fs2) | beyond);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SFS_5, 0);
	vt_put(vt, pe + 16, vt_get(vt, pe + 16) | beyond);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SFS_5, 0);
}

static void second_stage_tables_outside_ram(void **state)
{
	struct vt *vt = *state;
	struct nested n = nested(vt, 4, 1, 0);
	u64 slot;

	n.ss.addr = PAGE + SHIFT;
	slot = vt_slot(vt, &n.ss, 3);
	vt_put(vt, slot, VT_OUTSIDE | VT_SS_BITS);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SSS_1, 0);
	n.s.ss_root = VT_OUTSIDE;
	vt_space_set(vt, &n.s);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SSS_4, 0);
}

/* With SSADE: a table that is only read gets A, one whose entry is updated gets D. */
static void accessed_and_dirty_of_both_stages(void **state)
{
	struct vt *vt = *state;
	struct nested n = nested(vt, 4, 1, VTD_PE_SSADE);

	vt_expect(vt, PASID, ADDR, false, 0, PAGE);
	for (unsigned int level = 4; level; level--) {
		assert_int_equal(vt_get(vt, vt_slot(vt, &n.fs, level)) & FS_AD, VTD_FS_A);
		assert_int_equal(vt_get(vt, ss_leaf(vt, &n, table_at(level))) & SS_AD, SS_AD);
	}
	assert_int_equal(vt_get(vt, ss_leaf(vt, &n, PAGE)) & SS_AD, VTD_SS_A);
	for (unsigned int level = 4; level; level--) {
		u64 leaf = ss_leaf(vt, &n, table_at(level));

		vt_put(vt, leaf, vt_get(vt, leaf) & ~SS_AD);
	}
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, true, 0, PAGE);
	assert_int_equal(vt_get(vt, vt_slot(vt, &n.fs, 1)) & FS_AD, FS_AD);
	assert_int_equal(vt_get(vt, ss_leaf(vt, &n, PAGE)) & SS_AD, SS_AD);
	for (unsigned int level = 4; level; level--)
		assert_int_equal(vt_get(vt, ss_leaf(vt, &n, table_at(level))) & SS_AD,
				 level == 1 ? SS_AD : VTD_SS_A);
	/* Without SSADE the second stage is left alone. */
	n = nested(vt, 4, 1, 0);
	vt_expect(vt, PASID, ADDR, true, 0, PAGE);
	assert_int_equal(vt_get(vt, ss_leaf(vt, &n, PAGE)) & SS_AD, 0);
}

static void a_refused_request_sets_no_bit(void **state)
{
	struct vt *vt = *state;
	struct nested n = nested(vt, 4, 1, VTD_PE_SSADE);
	u64 leaf = ss_leaf(vt, &n, PAGE);

	vt_put(vt, leaf, vt_get(vt, leaf) & ~VTD_SS_W);
	vt_expect(vt, PASID, ADDR, true, VTD_FR_SGN_6, 0);
	for (unsigned int level = 4; level; level--) {
		assert_int_equal(vt_get(vt, vt_slot(vt, &n.fs, level)) & FS_AD, 0);
		assert_int_equal(vt_get(vt, ss_leaf(vt, &n, table_at(level))) & SS_AD, 0);
	}
	assert_int_equal(vt_get(vt, leaf) & SS_AD, 0);
}

/* Tables in memory that the unit can read but not write. */
static void update_in_read_only_memory(void **state)
{
	struct vt *vt = *state;
	u64 rom = VT_RAM;

	struct vt_space s = {.sid = VT_SID,
			     .pasid = PASID,
			     .did = VT_DID,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 4,
			     .fs_root = rom};

	assert_int_equal(gmem_map(vt->mem, rom, 0x400000, GMEM_READ, vt->fd, 0x2000000), 0);
	for (unsigned int i = 0; i < 512; i++)
		vt_put(vt, 0x2000000 + 8 * i, rom | VT_FS_BITS);
	vt_space_set(vt, &s);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SFS_10, 0);
	s = (struct vt_space){.sid = VT_SID,
			      .pasid = PASID,
			      .did = VT_DID,
			      .pgtt = VTD_PGTT_SS,
			      .ss_levels = 4,
			      .ss_root = rom,
			      .q0 = VTD_PE_SSADE};
	vt_space_set(vt, &s);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SSS_6, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_stages_apply),
		TEST(the_smaller_page_wins),
		TEST(permissions_combine),
		TEST(second_stage_refuses_a_table),
		TEST(read_only_tables_are_enough_without_updates),
		TEST(addresses_beyond_the_second_stage),
		TEST(second_stage_tables_outside_ram),
		TEST(accessed_and_dirty_of_both_stages),
		TEST(a_refused_request_sets_no_bit),
		TEST(update_in_read_only_memory),
	};

	return cmocka_run_group_tests_name("vtd_nested", tests, NULL, NULL);
}
