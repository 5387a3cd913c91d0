// SPDX-License-Identifier: GPL-2.0
/* Table entries that are fetched with a bit wrong, of every table. */
#include <stdio.h>

#include "inject/inject.h"
#include "oracle/oracle.h"
#include "tests/fault_fixture.h"
#include "tests/vtd_fixture.h"

#define PASID 5
#define VA 0x7f0000000000ULL
#define PAGE 0x200000ULL

static int setup(void **state)
{
	int ret = vt_setup(state);

	if (!ret)
		vt_simple_fs(*state, VT_SID, PASID, VT_DID, VA, PAGE);
	return ret;
}

static u64 struck(struct vt *vt)
{
	return fault_struck(&vt->m, SVK_INJECT_BIT_FLIP);
}

/* Refused once with a reason, and never again: nothing wrong has been kept. */
static void refused_once(struct vt *vt, const char *spec, int reason)
{
	u64 before = struck(vt);

	vt_flush_all(vt);
	vt_clear_faults(vt);
	fault_arm(&vt->m, spec);
	vt_expect(vt, PASID, VA, false, reason, 0);
	assert_int_equal(struck(vt), before + 1);
	vt_expect(vt, PASID, VA, false, 0, PAGE);
	assert_int_equal(struck(vt), before + 1);
}

static void present_bit_of_each_table(void **state)
{
	struct vt *vt = *state;

	refused_once(vt, "bit-flip,table=root,bit=0", VTD_FR_SRT_2);
	refused_once(vt, "bit-flip,table=context,bit=0", VTD_FR_SCT_2);
	refused_once(vt, "bit-flip,table=pasid-dir,bit=0,pasid=5", VTD_FR_SPD_2);
	refused_once(vt, "bit-flip,table=pasid,bit=0,pasid=5", VTD_FR_SPT_2);
	refused_once(vt, "bit-flip,table=first-stage,bit=0", VTD_FR_SFS_2);
	refused_once(vt, "bit-flip,table=first-stage,bit=0,skip=3", VTD_FR_SFS_2);
}

/* Bits of every quadword: those that must be zero. */
static void reserved_bit_of_each_table(void **state)
{
	struct vt *vt = *state;

	refused_once(vt, "bit-flip,table=root,bit=1", VTD_FR_SRT_3);
	refused_once(vt, "bit-flip,table=root,bit=65", VTD_FR_SRT_3);
	refused_once(vt, "bit-flip,table=context,bit=255", VTD_FR_SCT_3);
	refused_once(vt, "bit-flip,table=context,bit=511", VTD_FR_SCT_3);
	refused_once(vt, "bit-flip,table=pasid-dir,bit=2", VTD_FR_SPD_3);
	refused_once(vt, "bit-flip,table=pasid,bit=511", VTD_FR_SPT_3);
	refused_once(vt, "bit-flip,table=first-stage,bit=51", VTD_FR_SFS_3);
}

static void second_stage(void **state)
{
	struct vt *vt = *state;

	vt_simple_ss(vt, VT_SID, PASID, VT_DID, 0x5000, PAGE);
	vt_flush_all(vt);
	fault_arm(&vt->m, "bit-flip,table=first-stage,bit=0");
	vt_expect(vt, PASID, 0x5000, false, 0, PAGE);
	vt_flush_all(vt);
	fault_arm(&vt->m, "bit-flip,table=second-stage,bit=51,addr=0x5000");
	vt_expect(vt, PASID, 0x5000, false, VTD_FR_SSS_3, 0);
	vt_expect(vt, PASID, 0x5000, false, 0, PAGE);
	assert_int_equal(struck(vt), 1);
}

static void nested(void **state)
{
	struct vt *vt = *state;

	vt_simple_nested(vt, VT_SID, PASID, VT_DID, VA, PAGE);
	vt_flush_all(vt);
	fault_arm(&vt->m, "bit-flip,table=second-stage,bit=51,skip=2");
	vt_expect(vt, PASID, VA, false, VTD_FR_SSS_3, 0);
	fault_arm(&vt->m, "bit-flip,table=first-stage,bit=51,skip=2");
	vt_expect(vt, PASID, VA, false, VTD_FR_SFS_3, 0);
	vt_expect(vt, PASID, VA, false, 0, PAGE);
}

/* A wrong address is cached; the oracle knows what memory holds. */
static void wrong_page_lasts(void **state)
{
	struct vt *vt = *state;
	struct oracle *o = oracle_new(vt->v, NULL);

	assert_non_null(o);
	fault_arm(&vt->m, "bit-flip,table=first-stage,bit=12,skip=3");
	vt_expect(vt, PASID, VA, false, 0, PAGE + 0x1000);
	assert_int_equal(oracle_audit(o, false).stale, 1);
	vt_expect(vt, PASID, VA, false, 0, PAGE + 0x1000);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, VT_DID, PASID), VA);
	vt_expect(vt, PASID, VA, false, 0, PAGE);
	assert_int_equal(oracle_audit(o, false).stale, 0);
	oracle_free(o);
}

/* However often it looks, the oracle's own fetches are not struck. */
static void oracle_is_not_struck(void **state)
{
	static const char *const specs[] = {"bit-flip,table=root,bit=0",
					    "bit-flip,table=context,bit=0",
					    "bit-flip,table=pasid-dir,bit=0",
					    "bit-flip,table=pasid,bit=0",
					    "bit-flip,table=first-stage,bit=0"};
	struct vt *vt = *state;
	struct oracle *o = oracle_new(vt->v, NULL);

	assert_non_null(o);
	vt_expect(vt, PASID, VA, false, 0, PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		fault_arm(&vt->m, specs[i]);
		assert_int_equal(oracle_audit(o, true).stale, 0);
		assert_int_equal(struck(vt), 0);
	}
	oracle_free(o);
}

/* The accessed and dirty bits are set in memory, the wrong bit is not. */
static void memory_does_not_change(void **state)
{
	struct vt *vt = *state;
	u64 root = vt_get(vt, vt_pe(vt, VT_SID, PASID) + 16) & VTD_PE2_FSPTPTR;
	u64 slot = vt_slot(vt, &(struct vt_map){.root = root, .levels = 4, .addr = VA}, 1);
	u64 before = vt_get(vt, slot);

	assert_false(before & (VTD_FS_A | VTD_FS_D));
	fault_arm(&vt->m, "bit-flip,table=first-stage,bit=12,skip=3");
	vt_expect(vt, PASID, VA, true, 0, PAGE + 0x1000);
	assert_int_equal(vt_get(vt, slot), before | VTD_FS_A | VTD_FS_D);
	assert_int_equal(vt_get(vt, vt_pe(vt, VT_SID, PASID) + 16) & VTD_PE2_FSPTPTR, root);
}

/* Every fetch of every table, with whatever bit: refused or not, it ends. */
static void each_bit_for_ever(void **state)
{
	struct vt *vt = *state;
	struct vtd_translation out;
	char spec[80];

	for (unsigned int table = 0; table <= SVK_TABLE_SECOND_STAGE; table++) {
		for (unsigned int bit = 0; bit < 512; bit++) {
			snprintf(spec, sizeof(spec), "bit-flip,count=forever,table=%u,bit=%u",
				 table, bit);
			fault_arm(&vt->m, spec);
			vt_flush_all(vt);
			vt_xlate(vt, VT_SID, PASID, VA, true, &out);
			vt_clear_faults(vt);
		}
		snprintf(spec, sizeof(spec), "bit-flip,count=0,table=%u", table);
		fault_arm(&vt->m, spec);
	}
	vt_flush_all(vt);
	vt_expect(vt, PASID, VA, true, 0, PAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(present_bit_of_each_table),
		TEST(reserved_bit_of_each_table),
		TEST(second_stage),
		TEST(nested),
		TEST(wrong_page_lasts),
		TEST(oracle_is_not_struck),
		TEST(memory_does_not_change),
		TEST(each_bit_for_ever),
	};

	return cmocka_run_group_tests_name("vtd_flip", tests, NULL, NULL);
}
