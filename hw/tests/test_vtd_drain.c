// SPDX-License-Identifier: GPL-2.0
/* Wait descriptors and accesses in flight; device-TLB descriptors as the endpoint gets them. */
#include "tests/vtd_fixture.h"

static void submit_wait(struct vt *vt, u32 data)
{
	vt_submit(vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_SW | svk_put(VTD_WAIT_STDATA, data),
		  vt->status);
}

static void submit_invalidation(struct vt *vt)
{
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, 1, 5), 0);
}

static u32 status(struct vt *vt)
{
	return (u32)vt_get(vt, vt->status);
}

static void wait_stalls_for_an_earlier_access(void **state)
{
	struct vt *vt = *state;
	u64 token = vtd_access_begin(vt->v);

	submit_invalidation(vt);
	submit_wait(vt, 1);
	submit_invalidation(vt);
	submit_wait(vt, 2);
	/* Stalled at the wait: nothing after it has run, nothing has been counted. */
	assert_int_equal(vt_read64(vt, VTD_IQH), 32);
	assert_int_equal(vt->m.count[SVK_LAB_QI_TOTAL], 1);
	assert_int_equal(status(vt), 0);
	assert_int_equal(vt_read32(vt, VTD_FSTS), 0);
	vtd_access_end(vt->v, token);
	assert_int_equal(vt_read64(vt, VTD_IQH), 128);
	assert_int_equal(status(vt), 2);
}

static void later_accesses_do_not_hold_the_wait(void **state)
{
	struct vt *vt = *state;
	u64 early = vtd_access_begin(vt->v), late[3];

	submit_invalidation(vt);
	late[0] = vtd_access_begin(vt->v);
	submit_wait(vt, 1);
	late[1] = vtd_access_begin(vt->v);
	assert_int_equal(status(vt), 0);
	vtd_access_end(vt->v, early);
	assert_int_equal(status(vt), 1);
	assert_int_equal(vtd_inflight(vt->v), 2);
	/* They do hold the next one that an invalidation precedes. */
	submit_invalidation(vt);
	late[2] = vtd_access_begin(vt->v);
	submit_wait(vt, 2);
	vtd_access_end(vt->v, late[0]);
	assert_int_equal(status(vt), 1);
	vtd_access_end(vt->v, late[1]);
	assert_int_equal(status(vt), 2);
	vtd_access_end(vt->v, late[2]);
}

static void wait_without_invalidation_does_not_stall(void **state)
{
	struct vt *vt = *state;
	u64 token = vtd_access_begin(vt->v);

	submit_wait(vt, 1);
	assert_int_equal(status(vt), 1);
	submit_invalidation(vt);
	submit_wait(vt, 2);
	assert_int_equal(status(vt), 1);
	vtd_access_end(vt->v, token);
	submit_wait(vt, 3);
	assert_int_equal(status(vt), 3);
}

/* Two invalidations, each with an access of its own before it, one wait after both. */
static void wait_covers_every_invalidation_before_it(void **state)
{
	struct vt *vt = *state;

	for (unsigned int order = 0; order < 2; order++) {
		u64 first = vtd_access_begin(vt->v), second;

		submit_invalidation(vt);
		second = vtd_access_begin(vt->v);
		submit_invalidation(vt);
		submit_wait(vt, 10 + order);
		vtd_access_end(vt->v, order ? second : first);
		assert_int_not_equal(status(vt), 10 + order);
		vtd_access_end(vt->v, order ? first : second);
		assert_int_equal(status(vt), 10 + order);
	}
}

static void tail_moves_while_stalled(void **state)
{
	struct vt *vt = *state;
	u64 token = vtd_access_begin(vt->v);

	submit_invalidation(vt);
	submit_wait(vt, 1);
	for (u32 i = 2; i < 50; i++)
		submit_wait(vt, i);
	assert_int_equal(status(vt), 0);
	vtd_access_end(vt->v, token);
	assert_int_equal(status(vt), 49);
	assert_int_equal(vt_read64(vt, VTD_IQH), vt->tail);
}

static void queue_disabled_while_stalled(void **state)
{
	struct vt *vt = *state;
	u64 token = vtd_access_begin(vt->v);

	submit_invalidation(vt);
	submit_wait(vt, 1);
	vt_write32(vt, VTD_GCMD, VTD_G_TE);
	vtd_access_end(vt->v, token);
	assert_int_equal(status(vt), 0);
	vt_write32(vt, VTD_IQT, 0);
	vt->tail = 0;
	vt_write32(vt, VTD_GCMD, VTD_G_TE | VTD_G_QIE);
	vt_wait(vt);
}

static void double_end_is_harmless(void **state)
{
	struct vt *vt = *state;
	u64 token = vtd_access_begin(vt->v);

	vtd_access_end(vt->v, token);
	vtd_access_end(vt->v, token);
	assert_int_equal(vtd_inflight(vt->v), 0);
	vt_wait(vt);
}

struct devtlb {
	u64 q1;
	u64 addr;
	u64 size;
};

static void devtlb_sizes(void **state)
{
	static const struct devtlb cases[] = {
		{0x7000, 0x7000, 4096},
		{0x6000 | VTD_DEVTLB_S, 0x6000, 8192},
		{0x4000 | 0x1000 | VTD_DEVTLB_S, 0x4000, 16384},
		{0x7f0000000000 | 0x0ff000 | VTD_DEVTLB_S, 0x7f0000000000, 2 << 20},
		{0x7f0000000000 | 0x1ffff000 | VTD_DEVTLB_S, 0x7f0000000000, 1 << 30},
		{SVK_MASK(61, 12) | VTD_DEVTLB_S, 0, 1ULL << 63},
		{SVK_MASK(61, 12) | SVK_BIT(63) | VTD_DEVTLB_S, SVK_BIT(63), 1ULL << 63},
		{SVK_MASK(62, 12) | VTD_DEVTLB_S, 0, 0},
		{SVK_MASK(63, 12) | VTD_DEVTLB_S, 0, 0},
	};
	const u64 type3 = vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, VT_SID) |
			  svk_put(VTD_DEVTLB_MIP, 31) | svk_put(VTD_DESC_PFSID_LO, VT_SID & 15) |
			  svk_put(VTD_DESC_PFSID_HI, VT_SID >> 4);
	const u64 type8 = vt_type(VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, VT_SID) |
			  svk_put(VTD_PDEVTLB_MIP, 31) | svk_put(VTD_DESC_PASID, 0x54321) |
			  svk_put(VTD_DESC_PFSID_LO, VT_SID & 15) |
			  svk_put(VTD_DESC_PFSID_HI, VT_SID >> 4);
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 q1 = cases[i].q1;
		const struct vtd_devtlb_inv *inv = vt->inv;

		vt->invs = 0;
		vt_submit(vt, type3, q1);
		if (q1 & VTD_DEVTLB_S)
			q1 = (q1 & ~VTD_DEVTLB_S) | VTD_PDEVTLB_S;
		vt_submit(vt, type8, q1);
		assert_int_equal(vt->invs, 2);
		for (unsigned int n = 0; n < 2; n++) {
			assert_int_equal(inv[n].addr, cases[i].addr);
			assert_int_equal(inv[n].size, cases[i].size);
			assert_int_equal(inv[n].has_pasid, n);
			assert_false(inv[n].global);
		}
		assert_int_equal(inv[1].pasid, 0x54321);
	}
	vt_submit(vt, type8, VTD_PDEVTLB_G);
	assert_true(vt->inv[2].global);
}

static void devtlb_of_an_unknown_function_completes(void **state)
{
	struct vt *vt = *state;

	vt_submit(vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, VT_SID2), 0);
	vt_submit(vt, vt_type(VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, VT_SID2), 0);
	assert_int_equal(vt->invs, 0);
	vt_wait(vt);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wait_stalls_for_an_earlier_access),
		TEST(later_accesses_do_not_hold_the_wait),
		TEST(wait_without_invalidation_does_not_stall),
		TEST(wait_covers_every_invalidation_before_it),
		TEST(tail_moves_while_stalled),
		TEST(queue_disabled_while_stalled),
		TEST(double_end_is_harmless),
		TEST(devtlb_sizes),
		TEST(devtlb_of_an_unknown_function_completes),
	};

	return cmocka_run_group_tests_name("vtd_drain", tests, NULL, NULL);
}
