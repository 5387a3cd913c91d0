// SPDX-License-Identifier: GPL-2.0
/* Translation requests and translated requests of an endpoint with a device-TLB (4.2). */
#include "tests/vtd_fixture.h"

#define PASID 5
#define ADDR 0x7f0000001000ULL
#define PAGE 0x200000ULL

static int ask(struct vt *vt, u32 pasid, u64 addr, bool write, struct vtd_translation *t)
{
	struct vtd_request req = vt_request(pasid, addr);

	req.at = VTD_AT_TRANSLATION;
	req.write = write;
	return vtd_translate(vt->v, &req, t);
}

/* Success, and these permissions. */
static void expect(struct vt *vt, u64 addr, bool write, bool r, bool w)
{
	struct vtd_translation t;

	assert_int_equal(ask(vt, PASID, addr, write, &t), 0);
	assert_int_equal(t.read, r);
	assert_int_equal(t.write, w);
	if (r || w)
		assert_int_equal(t.addr, PAGE + (addr & 0xfff));
}

static u64 leaf(struct vt *vt)
{
	struct vt_map m = {.levels = 4, .addr = ADDR};

	m.root = vt_get(vt, vt_pe(vt, VT_SID, PASID) + 16) & VTD_PTE_ADDR;
	return vt_slot(vt, &m, 1);
}

static void permissions_are_told(void **state)
{
	struct vt *vt = *state;

	vt_simple_fs(vt, VT_SID, PASID, 1, ADDR, PAGE);
	/* Read only wanted: nothing gets dirty, so no write is granted. */
	expect(vt, ADDR, false, true, false);
	assert_int_equal(vt_get(vt, leaf(vt)) & (VTD_FS_A | VTD_FS_D), VTD_FS_A);
	expect(vt, ADDR, true, true, true);
	assert_int_equal(vt_get(vt, leaf(vt)) & (VTD_FS_A | VTD_FS_D), VTD_FS_A | VTD_FS_D);
	expect(vt, ADDR, false, true, true);
	/* A read-only page: R=1, W=0, and no dirty bit. */
	vt_put(vt, leaf(vt), PAGE | VTD_FS_P | VTD_FS_US);
	vt_flush_all(vt);
	expect(vt, ADDR, true, true, false);
	assert_int_equal(vt_get(vt, leaf(vt)) & (VTD_FS_A | VTD_FS_D), VTD_FS_A);
	/* Made writable without an invalidation: the next write request sees it. */
	vt_put(vt, leaf(vt), PAGE | VT_FS_BITS);
	expect(vt, ADDR, true, true, true);
	assert_int_equal(vt_fault_count(vt), 0);
}

static void without_nwfs_every_request_may_write(void **state)
{
	struct vt *vt = *state;

	vt_rebuild(vt, NULL, "-nwfs");
	vt_simple_fs(vt, VT_SID, PASID, 1, ADDR, PAGE);
	expect(vt, ADDR, false, true, true);
	assert_int_equal(vt_get(vt, leaf(vt)) & VTD_FS_D, VTD_FS_D);
}

static void not_present_is_no_fault(void **state)
{
	struct vt *vt = *state;

	vt_simple_fs(vt, VT_SID, PASID, 1, ADDR, PAGE);
	expect(vt, ADDR + 4096, false, false, false);
	expect(vt, 0, true, false, false);
	vt_put(vt, leaf(vt), PAGE | VTD_FS_P | VTD_FS_RW);
	expect(vt, ADDR, false, false, false);
	assert_int_equal(vt_get(vt, leaf(vt)) & VTD_FS_A, 0);
	/* Not cached: it is found as soon as it is there. */
	vt_put(vt, leaf(vt), PAGE | VT_FS_BITS);
	expect(vt, ADDR, false, true, false);
	vt_simple_ss(vt, VT_SID, PASID, 2, ADDR, PAGE);
	vt_flush_all(vt);
	expect(vt, ADDR + 4096, true, false, false);
	expect(vt, ADDR, true, true, true);
	assert_int_equal(vt_fault_count(vt), 0);
	assert_int_equal(vt->msis, 0);
}

static void nested_refusals_are_no_fault(void **state)
{
	struct vt *vt = *state;
	u64 ss_root, first;

	vt_simple_nested(vt, VT_SID, PASID, 3, ADDR, PAGE);
	expect(vt, ADDR, true, true, true);
	vt_flush_all(vt);
	/* The whole second stage gone: the top table is not readable. */
	ss_root = vt_get(vt, vt_pe(vt, VT_SID, PASID)) & VTD_PTE_ADDR;
	first = vt_get(vt, ss_root);
	vt_put(vt, ss_root, 0);
	expect(vt, ADDR, true, false, false);
	vt_put(vt, ss_root, first);
	expect(vt, ADDR, true, true, true);
	assert_int_equal(vt_fault_count(vt), 0);
}

static void broken_structures_are_faults(void **state)
{
	struct vt *vt = *state;
	struct vtd_translation t;
	u64 ce, slot, val;

	assert_int_equal(ask(vt, PASID, ADDR, false, &t), VTD_FR_SRT_2);
	ce = vt_context(vt, VT_SID);
	assert_int_equal(ask(vt, PASID, ADDR, false, &t), VTD_FR_SPD_2);
	vt_simple_fs(vt, VT_SID, PASID, 1, ADDR, PAGE);
	assert_int_equal(ask(vt, PASID + 1, ADDR, false, &t), VTD_FR_SPT_2);
	assert_int_equal(ask(vt, PASID, SVK_BIT(60), false, &t), VTD_FR_SGN_1);
	slot = leaf(vt);
	val = vt_get(vt, slot);
	vt_put(vt, slot, val | SVK_BIT(51));
	assert_int_equal(ask(vt, PASID, ADDR, false, &t), VTD_FR_SFS_3);
	vt_put(vt, slot, VTD_INTR_BASE | VT_FS_BITS);
	assert_int_equal(ask(vt, PASID, ADDR, false, &t), VTD_FR_SGN_8);
	assert_int_equal(vt_fault_count(vt), 6);
	assert_int_equal(svk_get(VTD_FRCD_AT, vt_read64(vt, vt_frcd(vt, 0) + VTD_FRCD_HI)),
			 VTD_AT_TRANSLATION);
	vt_clear_faults(vt);
	vt_put(vt, slot, val);
	/* The context entry does not allow a device-TLB. */
	vt_put(vt, ce, vt_get(vt, ce) & ~VTD_CE_DTE);
	vt_flush_all(vt);
	assert_int_equal(ask(vt, PASID, ADDR, false, &t), VTD_FR_SCT_5);
	assert_int_equal(vt_fault_count(vt), 1);
	vt_expect(vt, PASID, ADDR, false, 0, PAGE);
}

static void execute_is_not_asked_of_the_entry(void **state)
{
	struct vt *vt = *state;
	struct vtd_request req = vt_request(PASID, ADDR);
	struct vtd_translation t;

	vt_simple_fs(vt, VT_SID, PASID, 1, ADDR, PAGE);
	req.at = VTD_AT_TRANSLATION;
	req.exec = true;
	assert_int_equal(vtd_translate(vt->v, &req, &t), 0);
	assert_true(t.read);
}

static void size_follows_the_mapping(void **state)
{
	struct vt *vt = *state;
	struct vt_space s = {.sid = VT_SID,
			     .pasid = PASID,
			     .did = 1,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 4,
			     .fs_root = vt_page(vt)};
	struct vt_map m = {.root = s.fs_root,
			   .levels = 4,
			   .addr = ADDR & ~0x1fffffULL,
			   .out = PAGE,
			   .level = 2,
			   .bits = VT_FS_BITS,
			   .table_bits = VT_FS_BITS};
	struct vtd_translation t;

	vt_map(vt, &m);
	vt_space_set(vt, &s);
	assert_int_equal(ask(vt, PASID, ADDR + 8, true, &t), 0);
	assert_int_equal(t.size, 2 << 20);
	assert_int_equal(t.addr, PAGE + 0x1008);
	/* Answered from the cache, the same. */
	assert_int_equal(ask(vt, PASID, m.addr, true, &t), 0);
	assert_int_equal(t.size, 2 << 20);
	assert_int_equal(t.addr, PAGE);
}

static void translated_requests(void **state)
{
	struct vt *vt = *state;
	struct vtd_request req = vt_request(VT_NO_PASID, 0x123458);
	u64 ce = vt_context(vt, VT_SID);
	struct vtd_translation t;

	req.at = VTD_AT_TRANSLATED;
	req.write = true;
	assert_int_equal(vtd_translate(vt->v, &req, &t), 0);
	assert_int_equal(t.addr, 0x123458);
	assert_true(t.write);
	req.addr = 1ULL << 48;
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SGN_4);
	req.addr = VTD_INTR_BASE + 0x10;
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SGN_8);
	req.addr = 0x1000;
	vt_put(vt, ce, vt_get(vt, ce) & ~VTD_CE_DTE);
	vt_flush_all(vt);
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SCT_5);
	req.sid = VT_SID2;
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SCT_2);
	assert_int_equal(vt_fault_count(vt), 4);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(permissions_are_told),	    TEST(without_nwfs_every_request_may_write),
		TEST(not_present_is_no_fault),	    TEST(nested_refusals_are_no_fault),
		TEST(broken_structures_are_faults), TEST(execute_is_not_asked_of_the_entry),
		TEST(size_follows_the_mapping),	    TEST(translated_requests),
	};

	return cmocka_run_group_tests_name("vtd_ats", tests, NULL, NULL);
}
