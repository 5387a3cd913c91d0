// SPDX-License-Identifier: GPL-2.0
/* First-stage walks: sizes, reserved bits, permissions, accessed and dirty bits. */
#include "tests/vtd_fixture.h"

#define PASID 5
#define PAGE 0x2345000ULL
#define AD (VTD_FS_A | VTD_FS_D)

/* An address with a different index at each of five levels, in the lower half. */
#define ADDR5 0x0012345678abc000ULL
#define ADDR4 0x0000345678abc000ULL

static struct vt_map space(struct vt *vt, unsigned int levels, unsigned int level, u64 addr)
{
	struct vt_space s = {.sid = VT_SID,
			     .pasid = PASID,
			     .did = VT_DID,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = levels,
			     .fs_root = vt_page(vt)};
	struct vt_map m = {.root = s.fs_root,
			   .levels = levels,
			   .addr = addr,
			   .level = level,
			   .bits = VT_FS_BITS,
			   .table_bits = VT_FS_BITS};

	m.out = level == 1 ? PAGE : level == 2 ? 0x2000000 : 0;
	vt_map(vt, &m);
	vt_space_set(vt, &s);
	vt_flush_all(vt);
	return m;
}

static void every_size_and_depth(void **state)
{
	struct vt *vt = *state;

	for (unsigned int levels = 4; levels <= 5; levels++) {
		for (unsigned int level = 1; level <= 3; level++) {
			u64 addr = levels == 5 ? ADDR5 : ADDR4;
			u64 size = 1ULL << (12 + 9 * (level - 1));
			struct vt_map m = space(vt, levels, level, addr);
			struct vtd_translation t;

			addr = (addr & ~(size - 1)) + size - 8;
			assert_int_equal(vt_xlate(vt, VT_SID, PASID, addr, true, &t), 0);
			assert_int_equal(t.addr, m.out + size - 8);
			assert_int_equal(t.size, size);
			assert_true(t.read && t.write);
			/* The next page is not mapped. */
			vt_expect(vt, PASID, addr + 8, false, VTD_FR_SFS_2, 0);
		}
	}
}

static void canonical_addresses(void **state)
{
	struct vt *vt = *state;

	space(vt, 4, 1, 0xffff800000000000ULL);
	vt_expect(vt, PASID, 0xffff800000000010ULL, false, 0, PAGE + 0x10);
	vt_expect(vt, PASID, 0x0000800000000000ULL, false, VTD_FR_SGN_1, 0);
	vt_expect(vt, PASID, 0xffff7fffffffffffULL, false, VTD_FR_SGN_1, 0);
	space(vt, 5, 1, 0xff00000000000000ULL);
	vt_expect(vt, PASID, 0xff00000000000000ULL, false, 0, PAGE);
	vt_expect(vt, PASID, 0x0100000000000000ULL, false, VTD_FR_SGN_1, 0);
	vt_expect(vt, PASID, 0xfeffffffffffffffULL, false, VTD_FR_SGN_1, 0);
}

/* Flip each bit of the entry at @level: reserved ones fault, all others are taken as they are. */
static void check_level(struct vt *vt, const struct vt_map *m, unsigned int level, u64 reserved)
{
	u64 slot = vt_slot(vt, m, level), val = vt_get(vt, slot);
	u64 meaning = VT_FS_BITS | VTD_PTE_ADDR | (level == 2 || level == 3 ? VTD_FS_PS : 0);

	for (unsigned int b = 0; b < 64; b++) {
		u64 bit = SVK_BIT(b);

		if (!(reserved & bit) && (meaning & bit))
			continue;
		vt_put(vt, slot, val ^ bit);
		vt_flush_all(vt);
		vt_expect(vt, PASID, m->addr, false, reserved & bit ? VTD_FR_SFS_3 : 0, m->out);
		vt_clear_faults(vt);
	}
	/* A reserved bit does not matter in an entry that is not present. */
	vt_put(vt, slot, ~0ULL & ~VTD_FS_P);
	vt_flush_all(vt);
	vt_expect(vt, PASID, m->addr, false, VTD_FR_SFS_2, 0);
	vt_put(vt, slot, val);
	vt_clear_faults(vt);
}

static void reserved_bits(void **state)
{
	const u64 high = SVK_MASK(51, 48);
	struct vt *vt = *state;
	struct vt_map m = space(vt, 5, 1, ADDR5);

	for (unsigned int level = 1; level <= 5; level++)
		check_level(vt, &m, level, high | (level > 3 ? VTD_FS_PS : 0));
	m = space(vt, 4, 2, ADDR4 & ~0x1fffffULL);
	check_level(vt, &m, 2, high | SVK_MASK(20, 13));
	check_level(vt, &m, 4, high | VTD_FS_PS);
	m = space(vt, 4, 3, ADDR4 & ~0x3fffffffULL);
	check_level(vt, &m, 3, high | SVK_MASK(29, 13));
	vt_rebuild(vt, "-fs1gp", NULL);
	m = space(vt, 4, 3, ADDR4);
	vt_expect(vt, PASID, ADDR4, false, VTD_FR_SFS_3, 0);
}

static void tables_outside_ram(void **state)
{
	struct vt *vt = *state;
	struct vt_map m = space(vt, 4, 1, ADDR4);
	u64 pe = vt_pe(vt, VT_SID, PASID);

	for (unsigned int level = 4; level > 1; level--) {
		u64 slot = vt_slot(vt, &m, level), val = vt_get(vt, slot);

		vt_put(vt, slot, (val & ~VTD_PTE_ADDR) | VT_OUTSIDE);
		vt_expect(vt, PASID, ADDR4, false, VTD_FR_SFS_1, 0);
		vt_put(vt, slot, val);
	}
	vt_put(vt, pe + 16, VT_OUTSIDE);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR4, false, VTD_FR_SFS_4, 0);
}

static void looped_table_ends(void **state)
{
	struct vt *vt = *state;
	u64 root = vt_page(vt);
	struct vt_space s = {.sid = VT_SID,
			     .pasid = PASID,
			     .did = VT_DID,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 5,
			     .fs_root = root};

	for (unsigned int i = 0; i < 512; i++)
		vt_put(vt, root + 8 * i, root | VT_FS_BITS);
	vt_space_set(vt, &s);
	vt_expect(vt, PASID, ADDR5 | 0x18, false, 0, root + 0x18);
}

static void write_permission(void **state)
{
	struct vt *vt = *state;
	struct vt_map m = space(vt, 4, 1, ADDR4);
	struct vtd_translation t;

	for (unsigned int level = 4; level; level--) {
		u64 slot = vt_slot(vt, &m, level), val = vt_get(vt, slot);

		vt_put(vt, slot, val & ~VTD_FS_RW);
		vt_flush_all(vt);
		vt_expect(vt, PASID, ADDR4, true, VTD_FR_SGN_6, 0);
		assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR4, false, &t), 0);
		assert_true(t.read && !t.write);
		vt_put(vt, slot, val);
		/* More permission needs no invalidation: a denied hit asks the tables again. */
		vt_expect(vt, PASID, ADDR4, true, 0, PAGE);
	}
}

static void user_and_supervisor(void **state)
{
	struct vt *vt = *state;
	struct vt_map m = space(vt, 4, 1, ADDR4);
	struct vtd_request req = vt_request(PASID, ADDR4);
	struct vtd_translation t;
	u64 pe = vt_pe(vt, VT_SID, PASID);

	for (unsigned int level = 4; level; level--) {
		u64 slot = vt_slot(vt, &m, level), val = vt_get(vt, slot);

		vt_put(vt, slot, val & ~VTD_FS_US);
		vt_flush_all(vt);
		vt_expect(vt, PASID, ADDR4, false, VTD_FR_SGN_2, 0);
		vt_put(vt, slot, val);
	}
	req.priv = true;
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SPT_6);
	vt_put(vt, pe + 16, vt_get(vt, pe + 16) | VTD_PE2_SRE);
	vt_put(vt, vt_slot(vt, &m, 1), PAGE | VTD_FS_P);
	vt_flush_all(vt);
	assert_int_equal(vtd_translate(vt->v, &req, &t), 0);
	/* What a privileged request has cached does not serve a user's. */
	vt_expect(vt, PASID, ADDR4, false, VTD_FR_SGN_2, 0);
	req.write = true;
	assert_int_equal(vtd_translate(vt->v, &req, &t), 0);
	vt_put(vt, pe + 16, vt_get(vt, pe + 16) | VTD_PE2_WPE);
	vt_flush_all(vt);
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SGN_6);
}

static void rid_priv_makes_plain_requests_privileged(void **state)
{
	struct vt *vt = *state;
	struct vt_map m = space(vt, 4, 1, ADDR4);
	u64 ce = vt_context(vt, VT_SID), pe = vt_pe(vt, VT_SID, PASID);

	vt_put(vt, vt_slot(vt, &m, 1), PAGE | VTD_FS_P);
	vt_put(vt, ce + 8, PASID);
	vt_put(vt, pe + 16, vt_get(vt, pe + 16) | VTD_PE2_SRE);
	vt_flush_all(vt);
	vt_expect(vt, VT_NO_PASID, ADDR4, false, VTD_FR_SGN_2, 0);
	vt_put(vt, ce + 8, PASID | VTD_CE1_RID_PRIV);
	vt_flush_all(vt);
	vt_expect(vt, VT_NO_PASID, ADDR4, false, 0, PAGE);
}

static void execute_permission(void **state)
{
	struct vt *vt = *state;
	struct vtd_request req = vt_request(PASID, ADDR4);
	struct vtd_translation t;
	struct vt_map m;
	u64 pe;

	space(vt, 4, 1, ADDR4);
	req.exec = true;
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SPT_5);
	vt_rebuild(vt, NULL, "+ers");
	m = space(vt, 4, 1, ADDR4);
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SPT_5);
	pe = vt_pe(vt, VT_SID, PASID);
	vt_put(vt, pe + 16, vt_get(vt, pe + 16) | VTD_PE2_ERE);
	vt_put(vt, vt_slot(vt, &m, 3), vt_get(vt, vt_slot(vt, &m, 3)) | VTD_FS_XD);
	vt_flush_all(vt);
	assert_int_equal(vtd_translate(vt->v, &req, &t), 0);
	vt_put(vt, pe + 16, vt_get(vt, pe + 16) | VTD_PE2_NXE);
	vt_flush_all(vt);
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SGN_3);
	vt_expect(vt, PASID, ADDR4, false, 0, PAGE);
	/* Cached without X: the execute request still looks at the tables. */
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SGN_3);
	/* SMEP: no supervisor execution of a user's page. */
	vt_put(vt, vt_slot(vt, &m, 3), vt_get(vt, vt_slot(vt, &m, 3)) & ~VTD_FS_XD);
	vt_put(vt, pe + 16, vt_get(vt, pe + 16) | VTD_PE2_SRE);
	vt_flush_all(vt);
	req.priv = true;
	assert_int_equal(vtd_translate(vt->v, &req, &t), 0);
	vt_put(vt, pe + 16, vt_get(vt, pe + 16) | VTD_PE2_SMEP);
	vt_flush_all(vt);
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SGN_3);
}

static void accessed_and_dirty(void **state)
{
	struct vt *vt = *state;

	for (unsigned int leaf = 1; leaf <= 3; leaf++) {
		struct vt_map m = space(vt, 4, leaf, ADDR4);
		u64 slot = vt_slot(vt, &m, leaf);
		struct vtd_translation t;

		assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR4, false, &t), 0);
		/* Not dirty: a write must come back, so the answer allows none. */
		assert_false(t.write);
		for (unsigned int level = 4; level >= leaf; level--)
			assert_int_equal(vt_get(vt, vt_slot(vt, &m, level)) & AD, VTD_FS_A);
		assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR4, true, &t), 0);
		assert_true(t.write);
		assert_int_equal(vt_get(vt, slot) & (AD | VTD_FS_EA), AD);
		for (unsigned int level = 4; level > leaf; level--)
			assert_int_equal(vt_get(vt, vt_slot(vt, &m, level)) & AD, VTD_FS_A);
		/* The dirty bit is in the cache: software that clears it must invalidate. */
		vt_put(vt, slot, vt_get(vt, slot) & ~AD);
		assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR4, true, &t), 0);
		assert_int_equal(vt_get(vt, slot) & AD, 0);
		vt_flush_all(vt);
		assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR4, true, &t), 0);
		assert_int_equal(vt_get(vt, slot) & AD, AD);
	}
}

static void a_refused_request_sets_no_bit(void **state)
{
	struct vt *vt = *state;
	struct vt_map m = space(vt, 4, 1, ADDR4);
	u64 slot = vt_slot(vt, &m, 1);

	vt_put(vt, slot, PAGE | VTD_FS_P | VTD_FS_US);
	vt_expect(vt, PASID, ADDR4, true, VTD_FR_SGN_6, 0);
	vt_put(vt, slot, 0);
	vt_expect(vt, PASID, ADDR4, true, VTD_FR_SFS_2, 0);
	vt_put(vt, slot, PAGE | VTD_FS_P | VTD_FS_RW);
	vt_expect(vt, PASID, ADDR4, true, VTD_FR_SGN_2, 0);
	for (unsigned int level = 4; level; level--)
		assert_int_equal(vt_get(vt, vt_slot(vt, &m, level)) & AD, 0);
}

struct flipper {
	u64 *entry;
	volatile bool stop;
};

static void *flip(void *arg)
{
	struct flipper *f = arg;

	while (!f->stop)
		__atomic_fetch_xor(f->entry, SVK_BIT(52), __ATOMIC_RELAXED);
	return NULL;
}

/* Software keeps changing an ignored bit: no update is lost, none overwrites it. */
static void an_entry_changes_under_the_walk(void **state)
{
	struct vt *vt = *state;
	struct vt_map m = space(vt, 4, 1, ADDR4);
	u64 *entry = (u64 *)(vt->ram + vt_slot(vt, &m, 1));
	struct flipper f = {.entry = entry};
	unsigned int done = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, flip, &f), 0);
	for (unsigned int i = 0; i < 2000; i++) {
		struct vtd_translation t;
		int ret = vt_xlate(vt, VT_SID, PASID, ADDR4, true, &t);

		assert_true(!ret || ret == VTD_FR_SFS_10);
		if (!ret) {
			done++;
			assert_int_equal(__atomic_fetch_and(entry, ~AD, __ATOMIC_RELAXED) & AD, AD);
		}
		vt_flush_all(vt);
		vt_clear_faults(vt);
	}
	f.stop = true;
	pthread_join(thread, NULL);
	assert_true(done > 0);
}

static void extended_accessed(void **state)
{
	struct vt *vt = *state;
	struct vt_map m = space(vt, 4, 1, ADDR4);
	u64 pe = vt_pe(vt, VT_SID, PASID);

	vt_put(vt, pe + 16, vt_get(vt, pe + 16) | VTD_PE2_EAFE);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR4, false, 0, PAGE);
	for (unsigned int level = 4; level; level--)
		assert_int_equal(vt_get(vt, vt_slot(vt, &m, level)) & (AD | VTD_FS_EA),
				 VTD_FS_A | VTD_FS_EA);
}

static void interrupt_range_is_not_translated_to(void **state)
{
	struct vt *vt = *state;
	struct vtd_translation t;
	struct vt_map m = space(vt, 4, 1, ADDR4);

	vt_put(vt, vt_slot(vt, &m, 1), VTD_INTR_BASE | VT_FS_BITS);
	vt_expect(vt, PASID, ADDR4, true, VTD_FR_SGN_8, 0);
	/* Around the range a superpage is used in 4 KiB pieces. */
	m = space(vt, 4, 3, 0);
	vt_put(vt, vt_slot(vt, &m, 3), 0xc0000000 | VT_FS_BITS | VTD_FS_PS);
	assert_int_equal(vt_xlate(vt, VT_SID, PASID, 0x1000, true, &t), 0);
	assert_int_equal(t.addr, 0xc0001000);
	assert_int_equal(t.size, 4096);
	vt_expect(vt, PASID, VTD_INTR_BASE - 0xc0000000, true, VTD_FR_SGN_8, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_size_and_depth),
		TEST(canonical_addresses),
		TEST(reserved_bits),
		TEST(tables_outside_ram),
		TEST(looped_table_ends),
		TEST(write_permission),
		TEST(user_and_supervisor),
		TEST(rid_priv_makes_plain_requests_privileged),
		TEST(execute_permission),
		TEST(accessed_and_dirty),
		TEST(a_refused_request_sets_no_bit),
		TEST(an_entry_changes_under_the_walk),
		TEST(extended_accessed),
		TEST(interrupt_range_is_not_translated_to),
	};

	return cmocka_run_group_tests_name("vtd_first_stage", tests, NULL, NULL);
}
