// SPDX-License-Identifier: GPL-2.0
/* Fault recording registers, overflow, and the fault event. */
#include "tests/vtd_fixture.h"

#define PASID 5

static void fault(struct vt *vt, u64 addr)
{
	struct vtd_translation t;

	vt_context(vt, VT_SID);
	assert_int_equal(vt_xlate(vt, VT_SID, PASID, addr, false, &t), VTD_FR_SPD_2);
}

static void event_set_up(struct vt *vt)
{
	vt_write32(vt, VTD_FEDATA, 0x51);
	vt_write32(vt, VTD_FEADDR, 0xfee02000);
	vt_write32(vt, VTD_FEUADDR, 0);
	vt_write32(vt, VTD_FECTL, 0);
}

static void record_holds_the_request(void **state)
{
	struct vt *vt = *state;
	struct vtd_request req = vt_request(0xabcde, 0x123456789abcULL);
	struct vtd_translation t;
	u64 hi;

	vt_context(vt, VT_SID);
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SPD_2);
	hi = vt_read64(vt, vt_frcd(vt, 0) + VTD_FRCD_HI);
	assert_int_equal(vt_read64(vt, vt_frcd(vt, 0)), 0x123456789000ULL);
	assert_int_equal(hi, VTD_FRCD_F | VTD_FRCD_T1 | VTD_FRCD_PP |
				     svk_put(VTD_FRCD_PV, 0xabcde) |
				     svk_put(VTD_FRCD_FR, VTD_FR_SPD_2) | VT_SID);
	req.write = true;
	req.exec = true;
	req.priv = true;
	req.at = VTD_AT_TRANSLATION;
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SPD_2);
	hi = vt_read64(vt, vt_frcd(vt, 1) + VTD_FRCD_HI);
	assert_int_equal(hi, VTD_FRCD_F | VTD_FRCD_PP | VTD_FRCD_EXE | VTD_FRCD_PRIV |
				     svk_put(VTD_FRCD_AT, VTD_AT_TRANSLATION) |
				     svk_put(VTD_FRCD_PV, 0xabcde) |
				     svk_put(VTD_FRCD_FR, VTD_FR_SPD_2) | VT_SID);
	req = vt_request(VT_NO_PASID, 0);
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_SPD_2);
	hi = vt_read64(vt, vt_frcd(vt, 2) + VTD_FRCD_HI);
	assert_int_equal(hi & (VTD_FRCD_PP | VTD_FRCD_PV), 0);
	assert_int_equal(vt->m.count[SVK_LAB_FAULT], 3);
}

static void driver_reads_and_clears(void **state)
{
	struct vt *vt = *state;
	unsigned int records = (unsigned int)svk_get(VTD_CAP_NFR, vt->cfg.cap) + 1;

	/* Three rounds: the index of the first record moves on. */
	for (unsigned int round = 0; round < 3 * records; round++) {
		unsigned int i = round % records;
		u32 fsts;

		fault(vt, round * 4096ULL);
		fsts = vt_read32(vt, VTD_FSTS);
		assert_int_equal(fsts & VTD_FSTS_PPF, VTD_FSTS_PPF);
		assert_int_equal(svk_get(VTD_FSTS_FRI, fsts), i);
		assert_int_equal(vt_read64(vt, vt_frcd(vt, i)), round * 4096ULL);
		/* Only F, and only a written 1, clears. */
		vt_write32(vt, vt_frcd(vt, i) + VTD_FRCD_HI + 4, 0x7fffffff);
		vt_write64(vt, vt_frcd(vt, i), 0);
		assert_int_equal(vt_fault_count(vt), 1);
		vt_write32(vt, vt_frcd(vt, i) + VTD_FRCD_HI + 4, 0x80000000);
		assert_int_equal(vt_fault_count(vt), 0);
		assert_int_equal(vt_read32(vt, VTD_FSTS) & VTD_FSTS_PPF, 0);
	}
}

static void overflow(void **state)
{
	struct vt *vt = *state;
	unsigned int records = (unsigned int)svk_get(VTD_CAP_NFR, vt->cfg.cap) + 1;

	for (unsigned int i = 0; i < records; i++)
		fault(vt, i * 4096ULL);
	assert_int_equal(vt_read32(vt, VTD_FSTS) & VTD_FSTS_PFO, 0);
	fault(vt, 0x99000);
	assert_int_equal(vt_read32(vt, VTD_FSTS) & VTD_FSTS_PFO, VTD_FSTS_PFO);
	assert_int_equal(vt_read64(vt, vt_frcd(vt, 0)), 0);
	/* While PFO is set nothing is recorded, free register or not. */
	vt_write32(vt, vt_frcd(vt, 0) + VTD_FRCD_HI + 4, 0x80000000);
	fault(vt, 0x98000);
	assert_int_equal(vt_fault_count(vt), records - 1);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_PFO);
	fault(vt, 0x97000);
	assert_int_equal(vt_fault_count(vt), records);
	assert_int_equal(vt_read64(vt, vt_frcd(vt, 0)), 0x97000);
	assert_int_equal(vt->m.count[SVK_LAB_FAULT], records + 3);
}

static void as_many_records_as_the_capability_says(void **state)
{
	struct vt *vt = *state;

	vt_rebuild(vt, "nfr=0", NULL);
	fault(vt, 0x1000);
	fault(vt, 0x2000);
	assert_int_equal(vt_fault_count(vt), 1);
	assert_int_equal(vt_read32(vt, VTD_FSTS) & VTD_FSTS_PFO, VTD_FSTS_PFO);
	vt_rebuild(vt, "nfr=127", NULL);
	for (unsigned int i = 0; i < 128; i++)
		fault(vt, i * 4096ULL);
	assert_int_equal(vt_fault_count(vt), 128);
	assert_int_equal(vt_read32(vt, VTD_FSTS) & VTD_FSTS_PFO, 0);
}

static void event_once_until_serviced(void **state)
{
	struct vt *vt = *state;

	event_set_up(vt);
	fault(vt, 0x1000);
	assert_int_equal(vt->msis, 1);
	assert_int_equal(vt->msi_addr, 0xfee02000);
	assert_int_equal(vt->msi_data, 0x51);
	fault(vt, 0x2000);
	assert_int_equal(vt->msis, 1);
	/* One record cleared, one pending: still serviced by the same message. */
	vt_write32(vt, vt_frcd(vt, 0) + VTD_FRCD_HI + 4, 0x80000000);
	fault(vt, 0x3000);
	assert_int_equal(vt->msis, 1);
	vt_clear_faults(vt);
	fault(vt, 0x4000);
	assert_int_equal(vt->msis, 2);
}

static void masked_event_is_held(void **state)
{
	struct vt *vt = *state;

	event_set_up(vt);
	vt_write32(vt, VTD_FECTL, (u32)VTD_ECTL_IM);
	fault(vt, 0x1000);
	assert_int_equal(vt->msis, 0);
	assert_int_equal(vt_read32(vt, VTD_FECTL), (u32)(VTD_ECTL_IM | VTD_ECTL_IP));
	vt_write32(vt, VTD_FECTL, 0);
	assert_int_equal(vt->msis, 1);
	assert_int_equal(vt_read32(vt, VTD_FECTL), 0);
	/* Unmasking again delivers nothing more. */
	vt_write32(vt, VTD_FECTL, (u32)VTD_ECTL_IM);
	vt_write32(vt, VTD_FECTL, 0);
	assert_int_equal(vt->msis, 1);
}

static void servicing_drops_a_held_event(void **state)
{
	struct vt *vt = *state;

	event_set_up(vt);
	vt_write32(vt, VTD_FECTL, (u32)VTD_ECTL_IM);
	fault(vt, 0x1000);
	fault(vt, 0x2000);
	vt_write32(vt, vt_frcd(vt, 0) + VTD_FRCD_HI + 4, 0x80000000);
	assert_true(vt_read32(vt, VTD_FECTL) & VTD_ECTL_IP);
	vt_clear_faults(vt);
	assert_false(vt_read32(vt, VTD_FECTL) & VTD_ECTL_IP);
	vt_write32(vt, VTD_FECTL, 0);
	assert_int_equal(vt->msis, 0);
	fault(vt, 0x3000);
	assert_int_equal(vt->msis, 1);
}

static void queue_error_raises_the_same_event(void **state)
{
	struct vt *vt = *state;

	event_set_up(vt);
	vt_submit(vt, 0, 0);
	assert_int_equal(vt_read32(vt, VTD_FSTS), VTD_FSTS_IQE);
	assert_int_equal(vt->msis, 1);
	fault(vt, 0x1000);
	assert_int_equal(vt->msis, 1);
	vt_clear_faults(vt);
	/* IQE is still there. */
	fault(vt, 0x2000);
	assert_int_equal(vt->msis, 1);
	vt_write32(vt, VTD_IQT, (u32)vt_read64(vt, VTD_IQH));
	vt_write32(vt, VTD_FSTS, VTD_FSTS_IQE);
	vt_clear_faults(vt);
	fault(vt, 0x3000);
	assert_int_equal(vt->msis, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(record_holds_the_request),
		TEST(driver_reads_and_clears),
		TEST(overflow),
		TEST(as_many_records_as_the_capability_says),
		TEST(event_once_until_serviced),
		TEST(masked_event_is_held),
		TEST(servicing_drops_a_held_event),
		TEST(queue_error_raises_the_same_event),
	};

	return cmocka_run_group_tests_name("vtd_fault", tests, NULL, NULL);
}
