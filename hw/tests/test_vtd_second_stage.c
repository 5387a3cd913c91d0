// SPDX-License-Identifier: GPL-2.0
/* Second-stage walks, and pass-through. */
#include "tests/vtd_fixture.h"

#define PASID 5
#define PAGE 0x2345000ULL
#define ADDR 0x0000000678abc000ULL /* within three levels */
#define AD (VTD_SS_A | VTD_SS_D)

static struct vt_map space_at(struct vt *vt, unsigned int levels, unsigned int level, u64 addr,
			      u64 q0)
{
	struct vt_space s = {.sid = VT_SID,
			     .pasid = PASID,
			     .did = VT_DID,
			     .pgtt = VTD_PGTT_SS,
			     .ss_levels = levels,
			     .ss_root = vt_page(vt),
			     .q0 = q0};
	struct vt_map m = {.root = s.ss_root,
			   .levels = levels,
			   .addr = addr,
			   .level = level,
			   .bits = VT_SS_BITS,
			   .table_bits = VT_SS_BITS};

	m.out = level == 1 ? PAGE : level == 2 ? 0x2000000 : 0;
	vt_map(vt, &m);
	vt_space_set(vt, &s);
	vt_flush_all(vt);
	return m;
}

static struct vt_map space(struct vt *vt, unsigned int levels, unsigned int level)
{
	return space_at(vt, levels, level, ADDR, 0);
}

static void every_size_and_width(void **state)
{
	struct vt *vt = *state;

	vt_rebuild(vt, "sagaw=14,mgaw=56", NULL);
	for (unsigned int levels = 3; levels <= 5; levels++) {
		for (unsigned int level = 1; level <= 3; level++) {
			u64 size = 1ULL << (12 + 9 * (level - 1));
			struct vt_map m = space(vt, levels, level);
			u64 addr = (ADDR & ~(size - 1)) + size - 8;
			struct vtd_translation t;

			assert_int_equal(vt_xlate(vt, VT_SID, PASID, addr, true, &t), 0);
			assert_int_equal(t.addr, m.out + size - 8);
			assert_int_equal(t.size, size);
			assert_true(t.read && t.write);
			vt_expect(vt, PASID, addr + 8, false, VTD_FR_SSS_2, 0);
		}
	}
}

static void input_width(void **state)
{
	static const u64 limit[] = {0, 0, 0, 1ULL << 39, 1ULL << 48, 1ULL << 57};
	struct vt *vt = *state;

	vt_rebuild(vt, "sagaw=14,mgaw=56", NULL);
	for (unsigned int levels = 3; levels <= 5; levels++) {
		space_at(vt, levels, 1, limit[levels] - 4096, 0);
		vt_expect(vt, PASID, limit[levels] - 8, false, 0, PAGE + 0xff8);
		vt_expect(vt, PASID, limit[levels], false, VTD_FR_SGN_5, 0);
		vt_expect(vt, PASID, ~0ULL, false, VTD_FR_SGN_5, 0);
	}
	vt_rebuild(vt, "mgaw=40", NULL);
	space_at(vt, 4, 1, (1ULL << 41) - 4096, 0);
	vt_expect(vt, PASID, (1ULL << 41) - 8, false, 0, PAGE + 0xff8);
	vt_expect(vt, PASID, 1ULL << 41, false, VTD_FR_SGN_5, 0);
}

static void check_level(struct vt *vt, const struct vt_map *m, unsigned int level, u64 reserved)
{
	u64 slot = vt_slot(vt, m, level), val = vt_get(vt, slot);
	u64 meaning = VT_SS_BITS | VTD_PTE_ADDR | (level == 2 || level == 3 ? VTD_SS_PS : 0);

	for (unsigned int b = 0; b < 64; b++) {
		u64 bit = SVK_BIT(b);

		if (!(reserved & bit) && (meaning & bit))
			continue;
		vt_put(vt, slot, val ^ bit);
		vt_flush_all(vt);
		vt_expect(vt, PASID, m->addr, false, reserved & bit ? VTD_FR_SSS_3 : 0, m->out);
		vt_clear_faults(vt);
	}
	vt_put(vt, slot, ~VT_SS_BITS);
	vt_flush_all(vt);
	vt_expect(vt, PASID, m->addr, false, VTD_FR_SSS_2, 0);
	vt_put(vt, slot, val);
	vt_clear_faults(vt);
}

static void reserved_bits(void **state)
{
	const u64 high = SVK_MASK(51, 48);
	struct vt *vt = *state;
	struct vt_map m;

	vt_rebuild(vt, "sagaw=14,mgaw=56", NULL);
	m = space(vt, 5, 1);
	check_level(vt, &m, 1, high);
	for (unsigned int level = 2; level <= 5; level++)
		check_level(vt, &m, level, high | VTD_SS_SNP | (level > 3 ? VTD_SS_PS : 0));
	m = space_at(vt, 4, 2, ADDR & ~0x1fffffULL, 0);
	check_level(vt, &m, 2, high | SVK_MASK(20, 12));
	m = space_at(vt, 4, 3, ADDR & ~0x3fffffffULL, 0);
	check_level(vt, &m, 3, high | SVK_MASK(29, 12));
	vt_rebuild(vt, NULL, "-sc");
	m = space(vt, 4, 1);
	check_level(vt, &m, 1, high | VTD_SS_SNP);
}

static void superpages_as_the_capability_says(void **state)
{
	struct vt *vt = *state;

	for (unsigned int sslps = 0; sslps < 4; sslps++) {
		const char *spec[] = {"sslps=0", "sslps=1", "sslps=2", "sslps=3"};

		vt_rebuild(vt, spec[sslps], NULL);
		for (unsigned int level = 2; level <= 3; level++) {
			struct vt_map m = space_at(vt, 4, level, 0, 0);

			vt_expect(vt, PASID, 0, false, sslps >> (level - 2) & 1 ? 0 : VTD_FR_SSS_3,
				  m.out);
		}
	}
}

static void tables_outside_ram(void **state)
{
	struct vt *vt = *state;
	struct vt_map m = space(vt, 4, 1);
	u64 pe = vt_pe(vt, VT_SID, PASID);

	for (unsigned int level = 4; level > 1; level--) {
		u64 slot = vt_slot(vt, &m, level), val = vt_get(vt, slot);

		vt_put(vt, slot, (val & ~VTD_PTE_ADDR) | VT_OUTSIDE);
		vt_expect(vt, PASID, ADDR, false, VTD_FR_SSS_1, 0);
		vt_put(vt, slot, val);
	}
	vt_put(vt, pe, (vt_get(vt, pe) & ~VTD_PE_SSPTPTR) | VT_OUTSIDE);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SSS_4, 0);
}

static void permissions(void **state)
{
	struct vt *vt = *state;
	struct vt_map m = space(vt, 4, 1);

	for (unsigned int level = 4; level; level--) {
		u64 slot = vt_slot(vt, &m, level), val = vt_get(vt, slot);

		vt_put(vt, slot, val & ~VTD_SS_W);
		vt_flush_all(vt);
		vt_expect(vt, PASID, ADDR, true, VTD_FR_SGN_6, 0);
		vt_expect(vt, PASID, ADDR, false, 0, PAGE);
		vt_put(vt, slot, val & ~VTD_SS_R);
		vt_flush_all(vt);
		vt_expect(vt, PASID, ADDR, false, VTD_FR_SGN_7, 0);
		vt_expect(vt, PASID, ADDR, true, 0, PAGE);
		vt_put(vt, slot, val & ~VT_SS_BITS);
		vt_flush_all(vt);
		vt_expect(vt, PASID, ADDR, true, VTD_FR_SSS_2, 0);
		vt_put(vt, slot, val);
	}
	/* No access is left where one level allows only reads and another only writes. */
	vt_put(vt, vt_slot(vt, &m, 4), vt_get(vt, vt_slot(vt, &m, 4)) & ~VTD_SS_W);
	vt_put(vt, vt_slot(vt, &m, 1), PAGE | VTD_SS_W);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SGN_7, 0);
}

static void accessed_and_dirty_only_with_ssade(void **state)
{
	struct vt *vt = *state;

	for (unsigned int leaf = 1; leaf <= 3; leaf++) {
		struct vt_map m = space(vt, 4, leaf);
		struct vtd_translation t;

		assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR, true, &t), 0);
		for (unsigned int level = 4; level >= leaf; level--)
			assert_int_equal(vt_get(vt, vt_slot(vt, &m, level)) & AD, 0);
		m = space_at(vt, 4, leaf, ADDR, VTD_PE_SSADE);
		assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR, false, &t), 0);
		assert_false(t.write);
		for (unsigned int level = 4; level >= leaf; level--)
			assert_int_equal(vt_get(vt, vt_slot(vt, &m, level)) & AD, VTD_SS_A);
		assert_int_equal(vt_xlate(vt, VT_SID, PASID, ADDR, true, &t), 0);
		assert_true(t.write);
		for (unsigned int level = 4; level > leaf; level--)
			assert_int_equal(vt_get(vt, vt_slot(vt, &m, level)) & AD, VTD_SS_A);
		assert_int_equal(vt_get(vt, vt_slot(vt, &m, leaf)) & AD, AD);
	}
}

static void supervisor_and_execute_do_not_concern_it(void **state)
{
	struct vt *vt = *state;
	struct vtd_request req = vt_request(PASID, ADDR);
	struct vtd_translation t;

	space(vt, 4, 1);
	req.priv = true;
	req.exec = true;
	assert_int_equal(vtd_translate(vt->v, &req, &t), 0);
	assert_int_equal(t.addr, PAGE);
}

static void pass_through(void **state)
{
	struct vt *vt = *state;
	struct vtd_translation t;

	vt_simple_pt(vt, VT_SID, PASID, VT_DID);
	assert_int_equal(vt_xlate(vt, VT_SID, PASID, 0x12345678, true, &t), 0);
	assert_int_equal(t.addr, 0x12345678);
	assert_true(t.read && t.write && t.size >= 4096);
	vt_expect(vt, PASID, (1ULL << 48) - 8, true, 0, (1ULL << 48) - 8);
	vt_expect(vt, PASID, 1ULL << 48, false, VTD_FR_SGN_4, 0);
	vt_expect(vt, PASID, VTD_INTR_BASE, true, VTD_FR_SGN_8, 0);
	vt_expect(vt, PASID, VTD_INTR_BASE + VTD_INTR_SIZE - 4, true, VTD_FR_SGN_8, 0);
	assert_int_equal(vt_xlate(vt, VT_SID, PASID, VTD_INTR_BASE + VTD_INTR_SIZE, true, &t), 0);
	assert_int_equal(t.size, 4096);
	assert_int_equal(vt_xlate(vt, VT_SID, PASID, VTD_INTR_BASE - 1, true, &t), 0);
	assert_true(t.size > 4096);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_size_and_width),
		TEST(input_width),
		TEST(reserved_bits),
		TEST(superpages_as_the_capability_says),
		TEST(tables_outside_ram),
		TEST(permissions),
		TEST(accessed_and_dirty_only_with_ssade),
		TEST(supervisor_and_execute_do_not_concern_it),
		TEST(pass_through),
	};

	return cmocka_run_group_tests_name("vtd_second_stage", tests, NULL, NULL);
}
