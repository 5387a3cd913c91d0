// SPDX-License-Identifier: GPL-2.0
/* The invalidation queue: order, wrap, errors, waits. */
#include "tests/vtd_fixture.h"

#define WAIT_SW (vt_type(VTD_DESC_WAIT) | VTD_WAIT_SW)

static unsigned int iqei(struct vt *vt)
{
	return (unsigned int)svk_get(VTD_IQERCD_IQEI, vt_read64(vt, VTD_IQERCD));
}

static bool stopped(struct vt *vt)
{
	return vt_read32(vt, VTD_FSTS) & VTD_FSTS_IQE;
}

static void wraps_around(void **state)
{
	struct vt *vt = *state;

	/* 256 descriptors: three times around. */
	for (unsigned int i = 0; i < 3 * 256; i++)
		vt_wait(vt);
	assert_int_equal(vt->m.count[SVK_LAB_QI_WAIT], 3 * 256);
	assert_int_equal(vt_read64(vt, VTD_IQH), 0);
}

static void one_doorbell_many_descriptors(void **state)
{
	struct vt *vt = *state;

	for (unsigned int i = 0; i < 250; i++)
		vt_wait(vt);
	/* From 250 over the end to 10. */
	for (unsigned int i = 250; i < 266; i++) {
		u64 d = vt->queue + (i % 256) * 32;

		vt_put(vt, d, WAIT_SW | svk_put(VTD_WAIT_STDATA, 0xabc00 + i));
		vt_put(vt, d + 8, vt->status + 4 * (i - 250));
	}
	vt_write32(vt, VTD_IQT, 10 * 32);
	assert_int_equal(vt_read64(vt, VTD_IQH), 10 * 32);
	for (unsigned int i = 250; i < 266; i += 2)
		assert_int_equal(vt_get(vt, vt->status + 4 * (i - 250)),
				 (0xabc00 + i) | (u64)(0xabc00 + i + 1) << 32);
}

static void every_type_is_counted(void **state)
{
	struct vt *vt = *state;
	const u64 *c = vt->m.count;

	vt_submit(vt, vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_GLOBAL), 0);
	vt_submit(vt, vt_desc_iotlb(VTD_GRAN_GLOBAL, 0), 0);
	vt_submit(vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, 1, 5), 0);
	vt_submit(vt, vt_desc_pasid(VTD_PC_G_GLOBAL, 0, 0), 0);
	vt_submit(vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, VT_SID), 0);
	vt_submit(vt, vt_type(VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, VT_SID), 0);
	vt_submit(vt, vt_type(VTD_DESC_PGRP_RESP) | VTD_PGRP_PP | svk_put(VTD_PGRP_RID, VT_SID), 8);
	vt_wait(vt);
	assert_int_equal(c[SVK_LAB_QI_CONTEXT], 1);
	assert_int_equal(c[SVK_LAB_QI_IOTLB], 1);
	assert_int_equal(c[SVK_LAB_QI_PIOTLB], 1);
	assert_int_equal(c[SVK_LAB_QI_PASID], 1);
	assert_int_equal(c[SVK_LAB_QI_DEVTLB], 1);
	assert_int_equal(c[SVK_LAB_QI_PDEVTLB], 1);
	assert_int_equal(c[SVK_LAB_QI_OTHER], 1);
	assert_int_equal(c[SVK_LAB_QI_WAIT], 1);
	assert_int_equal(c[SVK_LAB_QI_TOTAL], 8);
}

static void disabled_queue_does_nothing(void **state)
{
	struct vt *vt = *state;

	vt_wait(vt);
	vt_write32(vt, VTD_GCMD, VTD_G_TE);
	assert_int_equal(vt_read64(vt, VTD_IQH), 0);
	vt_write32(vt, VTD_IQT, 0);
	vt->tail = 0;
	vt_submit(vt, WAIT_SW | svk_put(VTD_WAIT_STDATA, 0x77), vt->status);
	assert_int_equal((u32)vt_get(vt, vt->status), 1);
	/* What is queued runs when the queue is enabled. */
	vt_write32(vt, VTD_GCMD, VTD_G_TE | VTD_G_QIE);
	assert_int_equal((u32)vt_get(vt, vt->status), 0x77);
	/* The address cannot change under a running queue. */
	vt_write64(vt, VTD_IQA, 0x5000);
	assert_int_equal(vt_read64(vt, VTD_IQA), vt->queue | VTD_IQA_DW | 1);
}

/* The queue stops at the bad descriptor, and goes on with what software puts there. */
static void expect_error(struct vt *vt, const u64 *q, unsigned int code)
{
	u32 at = vt->tail;
	u64 total;

	vt_clear_faults(vt);
	vt_submit4(vt, q);
	if (!stopped(vt) || iqei(vt) != code)
		fail_msg("descriptor %016llx %016llx: IQEI %u, wanted %u", (unsigned long long)q[0],
			 (unsigned long long)q[1], iqei(vt), code);
	assert_int_equal(vt_read64(vt, VTD_IQH), at);
	total = vt->m.count[SVK_LAB_QI_TOTAL];
	vt_write32(vt, VTD_IQT, vt->tail);
	assert_int_equal(vt->m.count[SVK_LAB_QI_TOTAL], total);
	/* As Linux does: overwrite with a wait, clear IQE. */
	vt_put(vt, vt->queue + at, WAIT_SW | svk_put(VTD_WAIT_STDATA, 0xfeed));
	vt_put(vt, vt->queue + at + 8, vt->status);
	vt_put(vt, vt->queue + at + 16, 0);
	vt_put(vt, vt->queue + at + 24, 0);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_IQE);
	assert_false(stopped(vt));
	assert_int_equal(iqei(vt), 0);
	assert_int_equal((u32)vt_get(vt, vt->status), 0xfeed);
	assert_int_equal(vt_read64(vt, VTD_IQH), vt->tail);
}

/* Reserved bits of each descriptor that the model accepts. */
static const struct {
	u64 q0;
	u64 rsvd0;
	u64 rsvd1;
} formats[] = {
	{0x11, SVK_MASK(63, 50) | SVK_MASK(15, 12) | SVK_MASK(8, 6), ~0ULL},
	{0x12, SVK_MASK(63, 32) | SVK_MASK(15, 12) | SVK_BIT(8), SVK_MASK(11, 7)},
	{0x03, SVK_MASK(51, 48) | SVK_MASK(31, 21) | SVK_MASK(8, 4), SVK_MASK(11, 1)},
	{0x05, SVK_MASK(31, 12) | SVK_BIT(8), SVK_MASK(1, 0)},
	{0x26, SVK_MASK(63, 52) | SVK_MASK(15, 12) | SVK_MASK(8, 6), SVK_MASK(11, 7)},
	{0x37, SVK_MASK(63, 52) | SVK_MASK(15, 12) | SVK_MASK(8, 6), ~0ULL},
	{0x08, 0, SVK_MASK(10, 1)},
	{0x09, SVK_MASK(63, 52) | SVK_MASK(8, 5), ~SVK_MASK(11, 2)},
};

static void reserved_bits_of_descriptors(void **state)
{
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		for (unsigned int b = 0; b < 64; b++) {
			u64 q[4] = {formats[i].q0, 0, 0, 0};

			if (formats[i].rsvd0 >> b & 1) {
				q[0] |= SVK_BIT(b);
				expect_error(vt, q, VTD_IQEI_RESERVED);
				q[0] = formats[i].q0;
			}
			q[1] = SVK_BIT(b);
			if (formats[i].rsvd1 >> b & 1)
				expect_error(vt, q, VTD_IQEI_RESERVED);
			q[1] = 0;
			q[2 + (b & 1)] = SVK_BIT(b);
			expect_error(vt, q, VTD_IQEI_RESERVED);
		}
		/* And as it stands it is fine. */
		vt_submit(vt, formats[i].q0, 0);
		assert_false(stopped(vt));
	}
}

static void reserved_encodings(void **state)
{
	static const u64 q0[] = {0x01, 0x02, 0x06, 0x16, 0x27};
	const u64 am[4] = {0x32, 19, 0, 0};
	const u64 pd[4] = {0x05 | VTD_WAIT_PD, 0, 0, 0};
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(q0); i++) {
		const u64 q[4] = {q0[i], 0, 0, 0};

		expect_error(vt, q, VTD_IQEI_RESERVED);
	}
	/* Beyond MAMV; the PASID-based one has no such limit. */
	expect_error(vt, am, VTD_IQEI_RESERVED);
	vt_submit(vt, 0x36, 52);
	vt_submit4(vt, pd);
	assert_false(stopped(vt));
	vt_rebuild(vt, NULL, "-pds");
	expect_error(vt, pd, VTD_IQEI_RESERVED);
}

static void unknown_types(void **state)
{
	static const struct {
		const char *ecap;
		u64 type;
	} absent[] = {{"-dt", 3}, {"-dt", 8}, {"-prs", 9}, {"-pasid", 8}};
	struct vt *vt = *state;
	const u64 iec[4] = {4, 0, 0, 0};

	for (unsigned int t = 0; t < 128; t++) {
		const u64 q[4] = {(t & 15) | (u64)(t >> 4) << 9, 0, 0, 0};

		if (t == 0 || t == 4 || t > 9)
			expect_error(vt, q, VTD_IQEI_TYPE);
	}
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		const u64 q[4] = {absent[i].type, 0, 0, 0};

		vt_rebuild(vt, NULL, absent[i].ecap);
		expect_error(vt, q, VTD_IQEI_TYPE);
	}
	vt_rebuild(vt, NULL, "+ir");
	vt_submit4(vt, iec);
	assert_false(stopped(vt));
}

static void wild_tail(void **state)
{
	struct vt *vt = *state;

	vt_wait(vt);
	vt_write32(vt, VTD_IQT, 8192);
	assert_true(stopped(vt));
	assert_int_equal(iqei(vt), VTD_IQEI_TAIL);
	assert_int_equal(vt_read64(vt, VTD_IQH), 32);
	vt_write32(vt, VTD_IQT, 32);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_IQE);
	assert_false(stopped(vt));
	vt_wait(vt);
	/* Misaligned to 256 bits. */
	vt_write32(vt, VTD_IQT, vt->tail + 16);
	assert_int_equal(iqei(vt), VTD_IQEI_TAIL_ALIGN);
	/* Cleared without having been mended: the same again. */
	vt_write32(vt, VTD_FSTS, VTD_FSTS_IQE);
	assert_int_equal(iqei(vt), VTD_IQEI_TAIL_ALIGN);
	vt_write32(vt, VTD_IQT, vt->tail);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_IQE);
	vt_wait(vt);
}

static void queue_set_up(struct vt *vt, u64 iqa, unsigned int ttm)
{
	vt_write32(vt, VTD_GCMD, 0);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_IQE);
	vt_write64(vt, VTD_RTADDR, vt->root | svk_put(VTD_RTADDR_TTM, ttm));
	vt_write32(vt, VTD_GCMD, VTD_G_SRTP);
	vt_write32(vt, VTD_IQT, 0);
	vt_write64(vt, VTD_IQA, iqa);
	vt_write32(vt, VTD_GCMD, VTD_G_QIE);
}

static void queue_outside_ram(void **state)
{
	struct vt *vt = *state;

	queue_set_up(vt, VT_OUTSIDE | VTD_IQA_DW, VTD_TTM_SCALABLE);
	vt_write32(vt, VTD_IQT, 32);
	assert_true(stopped(vt));
	assert_int_equal(iqei(vt), VTD_IQEI_FETCH);
	/* A queue whose second half is not RAM. */
	queue_set_up(vt, (VT_RAM - 4096) | VTD_IQA_DW | 1, VTD_TTM_SCALABLE);
	for (unsigned int i = 0; i < 128; i++)
		vt_put(vt, VT_RAM - 4096 + i * 32, vt_type(VTD_DESC_WAIT));
	vt_write32(vt, VTD_IQT, 4096 + 32);
	assert_int_equal(iqei(vt), VTD_IQEI_FETCH);
	assert_int_equal(vt_read64(vt, VTD_IQH), 4096);
}

static void descriptor_width(void **state)
{
	struct vt *vt = *state;

	/* 128-bit descriptors do not go with scalable mode. */
	queue_set_up(vt, vt->queue, VTD_TTM_SCALABLE);
	vt_put(vt, vt->queue, WAIT_SW | svk_put(VTD_WAIT_STDATA, 0x55));
	vt_put(vt, vt->queue + 8, vt->status);
	vt_write32(vt, VTD_IQT, 16);
	assert_int_equal(iqei(vt), VTD_IQEI_WIDTH);
	/* Before that mode is set they do; what belongs to it does not. */
	queue_set_up(vt, vt->queue, VTD_TTM_LEGACY);
	vt_put(vt, vt->queue + 16, vt_desc_pasid(VTD_PC_G_GLOBAL, 0, 0));
	vt_put(vt, vt->queue + 24, 0);
	vt_write32(vt, VTD_IQT, 32);
	assert_int_equal((u32)vt_get(vt, vt->status), 0x55);
	assert_int_equal(iqei(vt), VTD_IQEI_TTM);
	assert_int_equal(vt_read64(vt, VTD_IQH), 16);
}

static void wait_interrupt(void **state)
{
	struct vt *vt = *state;

	vt_write32(vt, VTD_IEDATA, 0x41);
	vt_write32(vt, VTD_IEADDR, 0xfee01000);
	vt_write32(vt, VTD_IEUADDR, 0x7);
	vt_submit(vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_IF | VTD_WAIT_FN, 0);
	assert_int_equal(vt_read32(vt, VTD_ICS), VTD_ICS_IWC);
	assert_int_equal(vt_read32(vt, VTD_IECTL), (u32)(VTD_ECTL_IM | VTD_ECTL_IP));
	assert_int_equal(vt->msis, 0);
	vt_write32(vt, VTD_IECTL, 0);
	assert_int_equal(vt->msis, 1);
	assert_int_equal(vt->msi_addr, 0x7fee01000);
	assert_int_equal(vt->msi_data, 0x41);
	assert_int_equal(vt_read32(vt, VTD_IECTL), 0);
	/* Not again before software has cleared the status. */
	vt_submit(vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_IF, 0);
	assert_int_equal(vt->msis, 1);
	vt_write32(vt, VTD_ICS, VTD_ICS_IWC);
	assert_int_equal(vt_read32(vt, VTD_ICS), 0);
	vt_submit(vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_IF, 0);
	assert_int_equal(vt->msis, 2);
	/* Serviced while masked: nothing is left to deliver. */
	vt_write32(vt, VTD_ICS, VTD_ICS_IWC);
	vt_write32(vt, VTD_IECTL, (u32)VTD_ECTL_IM);
	vt_submit(vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_IF, 0);
	vt_write32(vt, VTD_ICS, VTD_ICS_IWC);
	vt_write32(vt, VTD_IECTL, 0);
	assert_int_equal(vt->msis, 2);
}

static void wait_status_outside_ram(void **state)
{
	struct vt *vt = *state;

	vt_submit(vt, WAIT_SW, VT_OUTSIDE);
	assert_false(stopped(vt));
	vt_wait(vt);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wraps_around),
		TEST(one_doorbell_many_descriptors),
		TEST(every_type_is_counted),
		TEST(disabled_queue_does_nothing),
		TEST(reserved_bits_of_descriptors),
		TEST(reserved_encodings),
		TEST(unknown_types),
		TEST(wild_tail),
		TEST(queue_outside_ram),
		TEST(descriptor_width),
		TEST(wait_interrupt),
		TEST(wait_status_outside_ram),
	};

	return cmocka_run_group_tests_name("vtd_queue", tests, NULL, NULL);
}
