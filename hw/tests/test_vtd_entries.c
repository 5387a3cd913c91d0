// SPDX-License-Identifier: GPL-2.0
/* Root, context, PASID directory and PASID table entries: every way to be wrong. */
#include "tests/vtd_fixture.h"

#define PASID 5
#define ADDR 0x1000ULL
#define PAGE 0x200000ULL

static void ready(struct vt *vt)
{
	vt_simple_fs(vt, VT_SID, PASID, VT_DID, ADDR, PAGE);
	vt_expect(vt, PASID, ADDR, false, 0, PAGE);
	vt_flush_all(vt);
}

/*
 * With each of @bits set in turn in the quadword at @gpa the request gets
 * @reason, with any other bit of @ok it is translated as before.
 */
static void check_reserved(struct vt *vt, u64 gpa, u64 bits, u64 ok, int reason)
{
	u64 val = vt_get(vt, gpa);

	for (unsigned int b = 0; b < 64; b++) {
		if (!(((bits | ok) >> b) & 1))
			continue;
		vt_put(vt, gpa, val ^ SVK_BIT(b));
		vt_flush_all(vt);
		if (bits >> b & 1)
			vt_expect(vt, PASID, ADDR, false, reason, 0);
		else
			vt_expect(vt, PASID, ADDR, false, 0, PAGE);
		vt_clear_faults(vt);
	}
	vt_put(vt, gpa, val);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, 0, PAGE);
}

static void root_entry(void **state)
{
	struct vt *vt = *state;
	u64 root = vt->root, val;

	ready(vt);
	val = vt_get(vt, root);
	check_reserved(vt, root, SVK_MASK(11, 1) | SVK_MASK(63, 48), 0, VTD_FR_SRT_3);
	/* The upper half serves other functions, a wrong one does not matter here. */
	check_reserved(vt, root + 8, 0, ~VTD_ROOT_P, 0);
	vt_put(vt, root, val & ~VTD_ROOT_P);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SRT_2, 0);
	vt_put(vt, root, VT_OUTSIDE | VTD_ROOT_P);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SCT_1, 0);
}

static void upper_root_entry_serves_upper_functions(void **state)
{
	struct vt *vt = *state;
	struct vtd_translation t;

	vt_simple_fs(vt, 0x1fa, PASID, VT_DID, ADDR, PAGE);
	assert_int_equal(vt_xlate(vt, 0x1fa, PASID, ADDR, false, &t), 0);
	assert_int_equal(t.addr, PAGE);
	assert_int_equal(vt_get(vt, vt->root + 16), 0);
	assert_int_not_equal(vt_get(vt, vt->root + 24), 0);
	assert_int_equal(vt_xlate(vt, 0x17a, PASID, ADDR, false, &t), VTD_FR_SRT_2);
}

static void context_entry(void **state)
{
	struct vt *vt = *state;
	u64 ce = vt_context(vt, VT_SID), val;

	ready(vt);
	check_reserved(vt, ce, SVK_MASK(8, 5) | SVK_MASK(63, 48), VTD_CE_PRE | VTD_CE_FPD,
		       VTD_FR_SCT_3);
	check_reserved(vt, ce + 8, SVK_MASK(63, 21), VTD_CE1_RID_PASID | VTD_CE1_RID_PRIV,
		       VTD_FR_SCT_3);
	check_reserved(vt, ce + 16, ~0ULL, 0, VTD_FR_SCT_3);
	check_reserved(vt, ce + 24, ~0ULL, 0, VTD_FR_SCT_3);
	val = vt_get(vt, ce);
	vt_put(vt, ce, val & ~VTD_CE_P);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SCT_2, 0);
	vt_put(vt, ce, val & ~VTD_CE_PASIDE);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SCT_6, 0);
	vt_put(vt, ce, (val & ~VTD_CE_PASIDDIRPTR) | VT_OUTSIDE);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SPD_1, 0);
}

static void context_fields_reserved_without_capability(void **state)
{
	static const struct {
		const char *ecap;
		unsigned int quad;
		u64 bits;
	} cases[] = {
		{"-dt", 0, VTD_CE_DTE},
		{"-prs", 0, VTD_CE_PRE},
		{"-srs", 1, VTD_CE1_RID_PRIV},
		{"-rps", 1, VTD_CE1_RID_PASID},
	};
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 ce;

		vt_rebuild(vt, NULL, cases[i].ecap);
		ce = vt_context(vt, VT_SID);
		vt_put(vt, ce, vt_get(vt, ce) & ~(VTD_CE_DTE | VTD_CE_PRE));
		ready(vt);
		check_reserved(vt, ce + 8 * cases[i].quad, cases[i].bits, 0, VTD_FR_SCT_3);
	}
	vt_rebuild(vt, NULL, "-pasid");
	vt_simple_fs(vt, VT_SID, PASID, VT_DID, ADDR, PAGE);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SCT_3, 0);
}

static void pasid_beyond_directory(void **state)
{
	struct vt *vt = *state;
	u64 ce = vt_context(vt, VT_SID);

	vt_simple_fs(vt, VT_SID, 0xfffff, VT_DID, ADDR, PAGE);
	vt_expect(vt, 0xfffff, ADDR, false, 0, PAGE);
	/* A directory of 128 entries covers 8192 PASIDs. */
	vt_put(vt, ce, vt_get(vt, ce) & ~VTD_CE_PDTS);
	vt_simple_fs(vt, VT_SID, 8191, VT_DID, ADDR, PAGE);
	vt_flush_all(vt);
	vt_expect(vt, 8191, ADDR, false, 0, PAGE);
	vt_expect(vt, 8192, ADDR, false, VTD_FR_SCT_7, 0);
	vt_put(vt, ce + 8, 8192);
	vt_flush_all(vt);
	vt_expect(vt, VT_NO_PASID, ADDR, false, VTD_FR_SCT_9, 0);
	vt_rebuild(vt, NULL, "pss=9");
	vt_simple_fs(vt, VT_SID, 1023, VT_DID, ADDR, PAGE);
	vt_expect(vt, 1023, ADDR, false, 0, PAGE);
	vt_expect(vt, 1024, ADDR, false, VTD_FR_SCT_7, 0);
}

static void rid_pasid_serves_requests_without(void **state)
{
	struct vt *vt = *state;
	u64 ce = vt_context(vt, VT_SID);

	vt_simple_fs(vt, VT_SID, 0, VT_DID, ADDR, PAGE);
	vt_simple_fs(vt, VT_SID, 9, VT_DID, ADDR, PAGE + 0x1000);
	vt_expect(vt, VT_NO_PASID, ADDR + 8, false, 0, PAGE + 8);
	vt_put(vt, ce + 8, 9);
	vt_expect(vt, VT_NO_PASID, ADDR + 8, false, 0, PAGE + 8);
	vt_flush_all(vt);
	vt_expect(vt, VT_NO_PASID, ADDR + 8, false, 0, PAGE + 0x1008);
}

static void pasid_directory_entry(void **state)
{
	struct vt *vt = *state;
	u64 pde = vt_pde(vt, VT_SID, PASID);

	ready(vt);
	check_reserved(vt, pde, SVK_MASK(11, 2) | SVK_MASK(63, 48), VTD_PDE_FPD, VTD_FR_SPD_3);
	check_reserved(vt, pde, VTD_PDE_P, 0, VTD_FR_SPD_2);
	vt_put(vt, pde, VT_OUTSIDE | VTD_PDE_P);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SPT_1, 0);
}

static void pasid_table_entry(void **state)
{
	struct vt *vt = *state;
	u64 pe = vt_pe(vt, VT_SID, PASID);
	u64 eafe_sre = VTD_PE2_SRE | VTD_PE2_WPE | VTD_PE2_EAFE;

	ready(vt);
	check_reserved(vt, pe, SVK_BIT(5) | SVK_MASK(11, 10) | SVK_MASK(63, 48),
		       VTD_PE_AW | VTD_PE_SSADE | VTD_PE_FPD | SVK_MASK(47, 12), VTD_FR_SPT_3);
	check_reserved(vt, pe, VTD_PE_P, 0, VTD_FR_SPT_2);
	check_reserved(vt, pe + 8, SVK_MASK(63, 25) | SVK_MASK(22, 16),
		       VTD_PE1_DID | VTD_PE1_PWSNP | VTD_PE1_PGSNP, VTD_FR_SPT_3);
	check_reserved(vt, pe + 16,
		       SVK_MASK(11, 8) | SVK_MASK(63, 48) | VTD_PE2_ERE | VTD_PE2_NXE |
			       VTD_PE2_SMEP,
		       eafe_sre, VTD_FR_SPT_3);
	for (unsigned int q = 3; q < 8; q++)
		check_reserved(vt, pe + 8 * q, ~0ULL, 0, VTD_FR_SPT_3);
}

static void pasid_fields_reserved_without_capability(void **state)
{
	static const struct {
		const char *cap;
		const char *ecap;
		unsigned int quad;
		u64 bits;
	} cases[] = {
		{NULL, "-ssads", 0, VTD_PE_SSADE},
		{NULL, "-smpwc", 1, VTD_PE1_PWSNP},
		{NULL, "-sc", 1, VTD_PE1_PGSNP},
		{"nd=2", NULL, 1, SVK_MASK(15, 8)},
		{NULL, "-srs", 2, VTD_PE2_SRE | VTD_PE2_WPE},
		{NULL, "-eafs", 2, VTD_PE2_EAFE},
		{NULL, "+ers,-srs", 2, VTD_PE2_SMEP},
	};
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		vt_rebuild(vt, cases[i].cap, cases[i].ecap);
		ready(vt);
		check_reserved(vt, vt_pe(vt, VT_SID, PASID) + 8 * cases[i].quad, cases[i].bits, 0,
			       VTD_FR_SPT_3);
	}
	vt_rebuild(vt, NULL, "+ers");
	ready(vt);
	check_reserved(vt, vt_pe(vt, VT_SID, PASID) + 16, 0,
		       VTD_PE2_ERE | VTD_PE2_NXE | VTD_PE2_SMEP, 0);
}

struct pe_case {
	const char *cap;
	const char *ecap;
	unsigned int pgtt;
	unsigned int fs_levels;
	unsigned int ss_levels;
	bool valid;
};

static void pasid_entry_programming(void **state)
{
	static const struct pe_case cases[] = {
		{NULL, NULL, 0, 4, 4, false},
		{NULL, NULL, VTD_PGTT_FS, 4, 0, true},
		{NULL, NULL, VTD_PGTT_FS, 5, 0, true},
		{"-fs5lp", NULL, VTD_PGTT_FS, 5, 0, false},
		{NULL, NULL, VTD_PGTT_FS, 6, 0, false},
		{NULL, NULL, VTD_PGTT_FS, 7, 0, false},
		{NULL, "-fsts", VTD_PGTT_FS, 4, 0, false},
		{NULL, NULL, VTD_PGTT_SS, 0, 4, true},
		{NULL, NULL, VTD_PGTT_SS, 0, 3, true},
		{NULL, NULL, VTD_PGTT_SS, 0, 5, false},
		{"sagaw=8,mgaw=56", NULL, VTD_PGTT_SS, 0, 5, true},
		{"sagaw=8,mgaw=56", NULL, VTD_PGTT_SS, 0, 4, false},
		{NULL, NULL, VTD_PGTT_SS, 0, 2, false},
		{NULL, NULL, VTD_PGTT_SS, 0, 9, false},
		{NULL, "-ssts", VTD_PGTT_SS, 0, 4, false},
		{NULL, NULL, VTD_PGTT_NESTED, 4, 4, true},
		{NULL, NULL, VTD_PGTT_NESTED, 4, 5, false},
		{NULL, NULL, VTD_PGTT_NESTED, 6, 4, false},
		{NULL, "-nest", VTD_PGTT_NESTED, 4, 4, false},
		{NULL, "-fsts", VTD_PGTT_NESTED, 4, 4, false},
		{NULL, "-ssts", VTD_PGTT_NESTED, 4, 4, false},
		{NULL, NULL, VTD_PGTT_PT, 0, 0, true},
		{NULL, "-pt", VTD_PGTT_PT, 0, 0, false},
		{NULL, NULL, 5, 4, 4, false},
		{NULL, NULL, 6, 4, 4, false},
		{NULL, NULL, 7, 4, 4, false},
	};
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct pe_case *c = &cases[i];
		struct vt_space s = {.sid = VT_SID,
				     .pasid = PASID,
				     .did = VT_DID,
				     .pgtt = c->pgtt,
				     .fs_levels = c->fs_levels,
				     .ss_levels = c->ss_levels};
		struct vtd_translation t;
		int ret;

		vt_rebuild(vt, c->cap, c->ecap);
		s.fs_root = vt_page(vt);
		s.ss_root = vt_page(vt);
		vt_space_set(vt, &s);
		ret = vt_xlate(vt, VT_SID, PASID, ADDR, false, &t);
		/* A valid entry leads to empty tables, or passes through. */
		assert_int_equal(ret == VTD_FR_SPT_4, !c->valid);
	}
}

/* Which FPD silences which faults (7.1.3): none above it, all below it. */
static void fault_processing_disable(void **state)
{
	struct vt *vt = *state;
	u64 ce = vt_context(vt, VT_SID), pde = vt_pde(vt, VT_SID, PASID), pe;
	const u64 *holder[] = {&ce, &pde, &pe};

	ready(vt);
	pe = vt_pe(vt, VT_SID, PASID);
	for (unsigned int i = 0; i < 3; i++) {
		u64 val = vt_get(vt, *holder[i]);

		vt_put(vt, *holder[i], val | VTD_PE_FPD);
		vt_flush_all(vt);
		vt_expect(vt, PASID, ADDR + 0x1000, false, VTD_FR_SFS_2, 0);
		/* Cached now, and still silent. */
		vt_expect(vt, PASID, ADDR + 0x1000, false, VTD_FR_SFS_2, 0);
		assert_int_equal(vt_fault_count(vt), 0);
		/* FPD counts also in an entry that is not present. */
		vt_put(vt, *holder[i], VTD_PE_FPD);
		vt_flush_all(vt);
		vt_expect(vt, PASID, ADDR, false,
			  i == 0   ? VTD_FR_SCT_2
			  : i == 1 ? VTD_FR_SPD_2
				   : VTD_FR_SPT_2,
			  0);
		assert_int_equal(vt_fault_count(vt), 0);
		vt_put(vt, *holder[i], val);
		vt_flush_all(vt);
		vt_expect(vt, PASID, ADDR + 0x1000, false, VTD_FR_SFS_2, 0);
		assert_int_equal(vt_fault_count(vt), 1);
		vt_clear_faults(vt);
	}
	/* An access error of a structure is reported all the same. */
	vt_put(vt, ce, (vt_get(vt, ce) & ~VTD_CE_PASIDDIRPTR) | VT_OUTSIDE | VTD_CE_FPD);
	vt_flush_all(vt);
	vt_expect(vt, PASID, ADDR, false, VTD_FR_SPD_1, 0);
	assert_int_equal(vt_fault_count(vt), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(root_entry),
		TEST(upper_root_entry_serves_upper_functions),
		TEST(context_entry),
		TEST(context_fields_reserved_without_capability),
		TEST(pasid_beyond_directory),
		TEST(rid_pasid_serves_requests_without),
		TEST(pasid_directory_entry),
		TEST(pasid_table_entry),
		TEST(pasid_fields_reserved_without_capability),
		TEST(pasid_entry_programming),
		TEST(fault_processing_disable),
	};

	return cmocka_run_group_tests_name("vtd_entries", tests, NULL, NULL);
}
