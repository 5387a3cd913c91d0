// SPDX-License-Identifier: GPL-2.0
/* The register block: access rules, handshakes, register-based invalidation, reset. */
#include "tests/vtd_fixture.h"

#define IVA(vt) (svk_get(VTD_ECAP_IRO, (vt)->cfg.ecap) * 16 + VTD_IVA)
#define IOTLB(vt) (svk_get(VTD_ECAP_IRO, (vt)->cfg.ecap) * 16 + VTD_IOTLB)

static void identity_registers(void **state)
{
	struct vt *vt = *state;

	assert_int_equal(svk_get(VTD_VER_MAX, vt_read32(vt, VTD_VER)), 6);
	assert_int_equal(vt_read64(vt, VTD_CAP), vt->cfg.cap);
	assert_int_equal(vt_read64(vt, VTD_ECAP), vt->cfg.ecap);
	assert_int_equal(vt_read32(vt, VTD_CAP + 4), vt->cfg.cap >> 32);
}

static void bad_accesses_are_dropped(void **state)
{
	static const struct {
		u64 off;
		unsigned int len;
	} bad[] = {{0, 1},    {0, 2},	  {2, 4},     {4, 8}, {16384, 4},
		   {4092, 8}, {~0ULL, 4}, {~7ULL, 8}, {0, 16}};
	struct vt *vt = *state;
	u64 count = vt->m.count[SVK_LAB_BAD_ACCESS];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(vtd_mmio_read(vt->v, bad[i].off, bad[i].len), ~0ULL);
		vtd_mmio_write(vt->v, bad[i].off, 0, bad[i].len);
	}
	assert_int_equal(vt->m.count[SVK_LAB_BAD_ACCESS] - count, 2 * ARRAY_SIZE(bad));
}

/* Reserved and read-only bits keep their value whatever is written. */
static void write_masks(void **state)
{
	static const struct {
		u64 off;
		u32 ones; /* reads so after all ones were written */
	} regs[] = {
		{VTD_VER, 0x60},
		{VTD_GCMD, 0},
		{VTD_RTADDR, 0xfffffc00},
		{VTD_RTADDR + 4, 0xffffffff},
		{VTD_FSTS, 0},
		{VTD_FECTL, 0x80000000},
		{VTD_FEDATA, 0xffff},
		{VTD_FEADDR, 0xfffffffc},
		{VTD_FEUADDR, 0xffffffff},
		{0x64, 0}, /* PMEN: no protected memory regions */
		{VTD_ICS, 0},
		{VTD_IECTL, 0x80000000},
		{VTD_IEDATA, 0xffff},
		{VTD_IEADDR, 0xfffffffc},
		{VTD_IQH, 0},
		{VTD_IQERCD, 0},
		{VTD_PQH, 0x7ffe0},
		{VTD_PQT, 0x7ffe0},
		{VTD_PQA, 0xfffff007},
		{VTD_PQA + 4, 0xffffffff},
		{VTD_PRS, 0},
		{VTD_PECTL, 0x80000000},
		{VTD_PEDATA, 0xffff},
		{VTD_PEADDR, 0xfffffffc},
		{VTD_PEUADDR, 0xffffffff},
		{0x338, 0},
		{VTD_PERFINTRSTS, 0},
		{VTD_PERFINTRCTL, 0x80000000},
		{VTD_PERFINTRDATA, 0xffff},
		{VTD_PERFINTRADDR, 0xfffffffc},
		{VTD_PERFINTRUADDR, 0xffffffff},
		{VTD_ECMD + 4, 0xffffffff},
		{VTD_ECMD, 0xffff00ff},
		{VTD_ECEO, 0xffffffff},
		{VTD_ECRSP + 4, 0},
		{VTD_VCMD + 4, 0xffffffff},
		{VTD_VCMD, 0xffff00ff},
		{VTD_VCMD + 8, 0},
		{VTD_VCRSP + 4, 0},
		{VTD_VCCAP, 7},
		{VTD_VCCAP + 4, 0},
		{0xffc, 0},
	};
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
		if (regs[i].off != VTD_GCMD)
			vt_write32(vt, regs[i].off, 0xffffffff);
		assert_int_equal(vt_read32(vt, regs[i].off), regs[i].ones);
	}
}

static void global_command_handshake(void **state)
{
	struct vt *vt = *state;

	vt_write32(vt, VTD_GCMD, 0);
	vtd_reset(vt->v);
	assert_int_equal(vt_read32(vt, VTD_GSTS), 0);
	vt_write64(vt, VTD_RTADDR, vt->root | svk_put(VTD_RTADDR_TTM, VTD_TTM_SCALABLE));
	vt_write32(vt, VTD_GCMD, VTD_G_SRTP);
	assert_int_equal(vt_read32(vt, VTD_GSTS), VTD_G_SRTP);
	vt_write32(vt, VTD_GCMD, VTD_G_TE);
	assert_int_equal(vt_read32(vt, VTD_GSTS), (u32)(VTD_G_SRTP | VTD_G_TE));
	vt_write32(vt, VTD_GCMD, VTD_G_TE | VTD_G_QIE | VTD_G_WBF);
	assert_int_equal(vt_read32(vt, VTD_GSTS), (u32)(VTD_G_SRTP | VTD_G_TE | VTD_G_QIE));
	vt_write32(vt, VTD_GCMD, VTD_G_QIE);
	assert_int_equal(vt_read32(vt, VTD_GSTS), VTD_G_SRTP | VTD_G_QIE);
}

static void root_table_takes_effect_with_srtp(void **state)
{
	struct vt *vt = *state;

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	vt_write64(vt, VTD_RTADDR, VT_OUTSIDE | svk_put(VTD_RTADDR_TTM, VTD_TTM_SCALABLE));
	vt_flush_all(vt);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	vt_write32(vt, VTD_GCMD, VTD_G_SRTP | VTD_G_QIE | VTD_G_TE);
	vt_expect(vt, 5, 0x1000, false, VTD_FR_SRT_1, 0);
}

static void srtp_invalidates_only_with_esrtps(void **state)
{
	struct vt *vt = *state;
	u64 old_root;

	for (int esrtps = 0; esrtps < 2; esrtps++) {
		vt_rebuild(vt, esrtps ? NULL : "-esrtps", NULL);
		old_root = vt->root;
		vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
		vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
		vt->root = vt_page(vt);
		vt_write64(vt, VTD_RTADDR, vt->root | svk_put(VTD_RTADDR_TTM, VTD_TTM_SCALABLE));
		vt_write32(vt, VTD_GCMD, VTD_G_SRTP | VTD_G_QIE | VTD_G_TE);
		vt_expect(vt, 5, 0x1000, false, esrtps ? VTD_FR_SRT_2 : 0, 0x200000);
		assert_int_not_equal(vt->root, old_root);
	}
}

static void legacy_and_abort_modes_are_refused(void **state)
{
	struct vt *vt = *state;

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	for (unsigned int ttm = 0; ttm < 4; ttm++) {
		if (ttm == VTD_TTM_SCALABLE)
			continue;
		vt_write64(vt, VTD_RTADDR, vt->root | svk_put(VTD_RTADDR_TTM, ttm));
		vt_write32(vt, VTD_GCMD, VTD_G_SRTP | VTD_G_QIE | VTD_G_TE);
		assert_true(vt_read32(vt, VTD_GSTS) & VTD_G_SRTP);
		vt_expect(vt, VT_NO_PASID, 0x1000, false, VTD_FR_RTA_1, 0);
		vt_expect(vt, 5, 0x1000, false, ttm == VTD_TTM_LEGACY ? VTD_FR_RTA_2 : VTD_FR_RTA_1,
			  0);
	}
	assert_int_equal(vt_fault_count(vt), 6);
}

static void with_translation_off_plain_requests_pass(void **state)
{
	struct vt *vt = *state;
	struct vtd_translation t;
	struct vtd_request req = vt_request(VT_NO_PASID, 0x12345678);

	vt_write32(vt, VTD_GCMD, VTD_G_QIE);
	assert_int_equal(vtd_translate(vt->v, &req, &t), 0);
	assert_int_equal(t.addr, 0x12345678);
	assert_true(t.read && t.write);
	vt_expect(vt, 5, 0x1000, false, VTD_FR_RTA_1, 0);
	req.at = VTD_AT_TRANSLATION;
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_RTA_1);
	req.at = VTD_AT_TRANSLATED;
	assert_int_equal(vtd_translate(vt->v, &req, &t), VTD_FR_RTA_1);
	assert_int_equal(vt_fault_count(vt), 0);
}

static u64 iotlb_command(struct vt *vt, u64 cmd, u64 iva)
{
	vt_write64(vt, IVA(vt), iva);
	vt_write64(vt, IOTLB(vt), cmd | VTD_IOTLB_IVT);
	return vt_read64(vt, IOTLB(vt));
}

static void iotlb_register_invalidates(void **state)
{
	struct vt *vt = *state;
	u64 slot, done;

	vt_simple_ss(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	slot = vt_slot(vt,
		       &(struct vt_map){.root = vt_get(vt, vt_pe(vt, VT_SID, 5)) & VTD_PTE_ADDR,
					.levels = 4,
					.addr = 0x1000},
		       1);
	vt_put(vt, slot, 0x300000 | VT_SS_BITS);
	/* Another page, another domain, a reserved granularity, too large a mask: all stay. */
	done = iotlb_command(
		vt, svk_put(VTD_IOTLB_IIRG, VTD_GRAN_SELECT) | svk_put(VTD_IOTLB_DID, VT_DID),
		0x2000);
	assert_int_equal(svk_get(VTD_IOTLB_IAIG, done), VTD_GRAN_SELECT);
	assert_int_equal(done & VTD_IOTLB_IVT, 0);
	iotlb_command(vt, svk_put(VTD_IOTLB_IIRG, VTD_GRAN_DOMAIN) | svk_put(VTD_IOTLB_DID, 8), 0);
	done = iotlb_command(vt, 0, 0);
	assert_int_equal(svk_get(VTD_IOTLB_IAIG, done), 0);
	done = iotlb_command(
		vt, svk_put(VTD_IOTLB_IIRG, VTD_GRAN_SELECT) | svk_put(VTD_IOTLB_DID, VT_DID), 63);
	assert_int_equal(svk_get(VTD_IOTLB_IAIG, done), 0);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	done = iotlb_command(
		vt, svk_put(VTD_IOTLB_IIRG, VTD_GRAN_SELECT) | svk_put(VTD_IOTLB_DID, VT_DID),
		0x1000);
	vt_expect(vt, 5, 0x1000, false, 0, 0x300000);
	vt_put(vt, slot, 0x400000 | VT_SS_BITS);
	done = iotlb_command(vt, svk_put(VTD_IOTLB_IIRG, VTD_GRAN_GLOBAL), 0);
	assert_int_equal(svk_get(VTD_IOTLB_IAIG, done), VTD_GRAN_GLOBAL);
	vt_expect(vt, 5, 0x1000, false, 0, 0x400000);
	/* Without IVT nothing happens. */
	vt_put(vt, slot, 0x500000 | VT_SS_BITS);
	vt_write64(vt, IOTLB(vt), svk_put(VTD_IOTLB_IIRG, VTD_GRAN_GLOBAL));
	vt_expect(vt, 5, 0x1000, false, 0, 0x400000);
}

static void iotlb_register_waits_for_accesses(void **state)
{
	struct vt *vt = *state;
	u64 token = vtd_access_begin(vt->v), later;

	assert_true(iotlb_command(vt, svk_put(VTD_IOTLB_IIRG, VTD_GRAN_GLOBAL), 0) & VTD_IOTLB_IVT);
	later = vtd_access_begin(vt->v);
	/* Busy: a second command is ignored. */
	vt_write64(vt, IOTLB(vt), 0);
	assert_true(vt_read64(vt, IOTLB(vt)) & VTD_IOTLB_IVT);
	assert_int_equal(vtd_inflight(vt->v), 2);
	vtd_access_end(vt->v, token);
	assert_false(vt_read64(vt, IOTLB(vt)) & VTD_IOTLB_IVT);
	vtd_access_end(vt->v, later);
	assert_int_equal(vtd_inflight(vt->v), 0);
}

static void context_command_register_invalidates(void **state)
{
	static const unsigned int done[] = {0, VTD_GRAN_GLOBAL, VTD_GRAN_GLOBAL, VTD_GRAN_SELECT};
	struct vt *vt = *state;

	for (unsigned int gran = 0; gran < 4; gran++) {
		u64 cmd =
			VTD_CCMD_ICC | svk_put(VTD_CCMD_CIRG, gran) | svk_put(VTD_CCMD_SID, VT_SID);
		u64 ce = vt_context(vt, VT_SID);

		vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
		vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
		vt_put(vt, ce, vt_get(vt, ce) & ~VTD_CE_PASIDE);
		vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
		vt_write64(vt, VTD_CCMD, cmd);
		cmd = vt_read64(vt, VTD_CCMD);
		assert_int_equal(cmd & VTD_CCMD_ICC, 0);
		assert_int_equal(svk_get(VTD_CCMD_CAIG, cmd), done[gran]);
		vt_expect(vt, 5, 0x1000, false, gran ? VTD_FR_SCT_6 : 0, 0x200000);
		vt_put(vt, ce, vt_get(vt, ce) | VTD_CE_PASIDE);
		vt_flush_all(vt);
	}
}

static void reset_forgets_everything(void **state)
{
	struct vt *vt = *state;
	u64 token = vtd_access_begin(vt->v);

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	vt_expect(vt, 6, 0x1000, false, VTD_FR_SPT_2, 0);
	vt_write32(vt, VTD_FEDATA, 0x41);
	vtd_reset(vt->v);
	assert_int_equal(vt_read32(vt, VTD_GSTS), 0);
	assert_int_equal(vt_read32(vt, VTD_FSTS), 0);
	assert_int_equal(vt_read32(vt, VTD_FEDATA), 0);
	assert_int_equal(vt_read32(vt, VTD_FECTL), (u32)VTD_ECTL_IM);
	assert_int_equal(vt_read64(vt, VTD_IQT), 0);
	assert_int_equal(vt_fault_count(vt), 0);
	assert_int_equal(vt_read64(vt, VTD_CAP), vt->cfg.cap);
	vt_put(vt, vt_pe(vt, VT_SID, 5), 0);
	vt_enable(vt);
	vt_expect(vt, 5, 0x1000, false, VTD_FR_SPT_2, 0);
	/* The endpoint is still attached, and its access still counts. */
	vt_submit(vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, VT_SID), 0x1000);
	assert_int_equal(vt->invs, 1);
	assert_int_equal(vtd_inflight(vt->v), 1);
	vtd_access_end(vt->v, token);
	vt_wait(vt);
}

static void endpoints_are_limited(void **state)
{
	static const struct vtd_endpoint_ops ops = {0};
	struct vt *vt = *state;

	assert_int_equal(vtd_attach(vt->v, VT_SID, &ops, NULL), -17);
	for (u16 i = 1; i < 16; i++)
		assert_int_equal(vtd_attach(vt->v, (u16)(0x100 + i), &ops, NULL), 0);
	assert_int_equal(vtd_attach(vt->v, 0x200, &ops, NULL), -28);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(identity_registers),
		TEST(bad_accesses_are_dropped),
		TEST(write_masks),
		TEST(global_command_handshake),
		TEST(root_table_takes_effect_with_srtp),
		TEST(srtp_invalidates_only_with_esrtps),
		TEST(legacy_and_abort_modes_are_refused),
		TEST(with_translation_off_plain_requests_pass),
		TEST(iotlb_register_invalidates),
		TEST(iotlb_register_waits_for_accesses),
		TEST(context_command_register_invalidates),
		TEST(reset_forgets_everything),
		TEST(endpoints_are_limited),
	};

	return cmocka_run_group_tests_name("vtd_registers", tests, NULL, NULL);
}
