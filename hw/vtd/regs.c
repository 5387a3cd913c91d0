// SPDX-License-Identifier: GPL-2.0
/*
 * The register block (11.4): storage with write masks, and what a write does.
 * Every command completes before the write returns, except a register-based
 * IOTLB invalidation that drains accesses in flight.
 */
#include <string.h>

#include "log.h"
#include "vtd/vtd_internal.h"

#define ALL 0xffffffffu

/* Writable and write-1-to-clear bits of one 4-byte word; what is not here is read-only. */
struct reg_word {
	u16 off;
	u32 rw;
	u32 w1c;
};

static const struct reg_word words_base[] = {
	{VTD_RTADDR, 0xfffffc00, 0},
	{VTD_RTADDR + 4, ALL, 0},
	{VTD_CCMD, ALL, 0},
	{VTD_CCMD + 4, 0xe0000003, 0},
	{VTD_FSTS, 0, (u32)(VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ICE | VTD_FSTS_ITE)},
	{VTD_FECTL, (u32)VTD_ECTL_IM, 0},
	{VTD_FEDATA, 0xffff, 0},
	{VTD_FEADDR, 0xfffffffc, 0},
	{VTD_FEUADDR, ALL, 0},
	{VTD_IOTLB_BASE + VTD_IVA, 0xfffff07f, 0},
	{VTD_IOTLB_BASE + VTD_IVA + 4, ALL, 0},
	{VTD_IOTLB_BASE + VTD_IOTLB + 4, 0xb003ffff, 0},
	{0},
};

static const struct reg_word words_qi[] = {
	{VTD_IQT, (u32)VTD_IQ_OFFSET, 0},
	{VTD_IQA, 0xfffff807, 0},
	{VTD_IQA + 4, ALL, 0},
	{VTD_ICS, 0, (u32)VTD_ICS_IWC},
	{VTD_IECTL, (u32)VTD_ECTL_IM, 0},
	{VTD_IEDATA, 0xffff, 0},
	{VTD_IEADDR, 0xfffffffc, 0},
	{VTD_IEUADDR, ALL, 0},
	{0},
};

static const struct reg_word words_ir[] = {
	{VTD_IRTA, 0xfffff80f, 0},
	{VTD_IRTA + 4, ALL, 0},
	{0},
};

static const struct reg_word words_prs[] = {
	{VTD_PQH, (u32)VTD_PQ_OFFSET, 0},
	{VTD_PQT, (u32)VTD_PQ_OFFSET, 0},
	{VTD_PQA, 0xfffff007, 0},
	{VTD_PQA + 4, ALL, 0},
	{VTD_PRS, 0, (u32)(VTD_PRS_PPR | VTD_PRS_PRO)},
	{VTD_PECTL, (u32)VTD_ECTL_IM, 0},
	{VTD_PEDATA, 0xffff, 0},
	{VTD_PEADDR, 0xfffffffc, 0},
	{VTD_PEUADDR, ALL, 0},
	{0},
};

/* Bits 15:8 are reserved; operand B (0xe08) is left out, no command has one. */
static const struct reg_word words_vcs[] = {
	{VTD_VCMD, 0xffff00ff, 0},
	{VTD_VCMD + 4, ALL, 0},
	{0},
};

static void words_add(struct vtd *v, const struct reg_word *w)
{
	for (; w->off; w++) {
		v->rw[w->off / 4] = w->rw;
		v->w1c[w->off / 4] = w->w1c;
	}
}

void vtd_regs_reset(struct vtd *v)
{
	unsigned int records = (unsigned int)svk_get(VTD_CAP_NFR, v->cfg.cap) + 1;

	memset(v->reg, 0, sizeof(v->reg));
	memset(v->rw, 0, sizeof(v->rw));
	memset(v->w1c, 0, sizeof(v->w1c));
	words_add(v, words_base);
	v->reg[VTD_FECTL / 4] = (u32)VTD_ECTL_IM;
	if (vtd_has_ecap(v, VTD_ECAP_QI)) {
		words_add(v, words_qi);
		v->reg[VTD_IECTL / 4] = (u32)VTD_ECTL_IM;
	}
	if (!vtd_has_ecap(v, VTD_ECAP_SMTS))
		v->rw[VTD_IQA / 4] &= ~(u32)VTD_IQA_DW;
	if (vtd_has_ecap(v, VTD_ECAP_IR))
		words_add(v, words_ir);
	if (vtd_has_ecap(v, VTD_ECAP_PRS)) {
		words_add(v, words_prs);
		v->reg[VTD_PECTL / 4] = (u32)VTD_ECTL_IM;
	}
	if (vtd_has_ecap(v, VTD_ECAP_VCS))
		words_add(v, words_vcs);
	vtd_vcs_reset(v);
	vtd_pmu_reset(v);
	for (unsigned int i = 0; i < records; i++)
		v->w1c[(VTD_FRCD_BASE + i * VTD_FRCD_SIZE + VTD_FRCD_HI + 4) / 4] = 1u << 31;
	v->reg[VTD_VER / 4] = VTD_VERSION;
	vtd_set64(v, VTD_CAP, v->cfg.cap);
	vtd_set64(v, VTD_ECAP, v->cfg.ecap);
	v->root = 0;
	v->frcd_next = 0;
	v->ivt_pending = false;
	vtd_fail_reset(v);
}

static void gcmd_root(struct vtd *v)
{
	v->root = vtd_reg64(v, VTD_RTADDR);
	if (vtd_ttm(v) != VTD_TTM_SCALABLE || !vtd_has_ecap(v, VTD_ECAP_SMTS))
		log_guest("%s: root table 0x%llx has translation table mode %u, only scalable "
			  "mode (1) %s: every request will fault",
			  v->name, (unsigned long long)v->root, vtd_ttm(v),
			  vtd_has_ecap(v, VTD_ECAP_SMTS) ? "is modelled" : "would be");
	else
		log_debug("%s: root table 0x%llx", v->name, (unsigned long long)v->root);
	if (vtd_has_cap(v, VTD_CAP_ESRTPS))
		vtd_inv_all(v);
	else if (v->watch && vtd_ttm(v) == VTD_TTM_SCALABLE)
		v->watch->root(v->watcher);
}

static void gcmd_write(struct vtd *v, u32 cmd)
{
	u32 *gsts = &v->reg[VTD_GSTS / 4];
	u32 level = (u32)VTD_G_TE;
	u32 changed;

	if (vtd_has_ecap(v, VTD_ECAP_QI))
		level |= (u32)VTD_G_QIE;
	if (vtd_has_ecap(v, VTD_ECAP_IR))
		level |= (u32)(VTD_G_IRE | VTD_G_CFI);
	if (cmd & VTD_G_SRTP) {
		gcmd_root(v);
		*gsts |= (u32)VTD_G_SRTP;
	}
	/* Interrupts do not pass through this unit: the handshake is all there is. */
	if ((cmd & VTD_G_SIRTP) && vtd_has_ecap(v, VTD_ECAP_IR))
		*gsts |= (u32)VTD_G_SIRTP;
	/* WBF: no write is buffered, GSTS.WBFS reads 0 at once. */
	changed = (*gsts ^ cmd) & level;
	*gsts ^= changed;
	if (changed & VTD_G_TE)
		log_info("%s: translation %s", v->name, cmd & VTD_G_TE ? "on" : "off");
	if (changed & VTD_G_QIE) {
		/* Disabling resets the head (11.4.9.1). */
		if (!(cmd & VTD_G_QIE))
			vtd_qi_disable(v);
		vtd_qi_run(v);
	}
}

/* What software has done by register, in the words of a descriptor. */
static void registered(struct vtd *v, u64 q0, u64 q1)
{
	const u64 d[4] = {q0, q1, 0, 0};

	if (v->watch)
		v->watch->registered(v->watcher, d);
}

static void ccmd_write(struct vtd *v)
{
	u64 cmd = vtd_reg64(v, VTD_CCMD);
	unsigned int gran = (unsigned int)svk_get(VTD_CCMD_CIRG, cmd);

	if (!(cmd & VTD_CCMD_ICC))
		return;
	if (gran) {
		registered(v,
			   VTD_DESC_CC | svk_put(VTD_DESC_G, gran) |
				   svk_put(VTD_DESC_DID, svk_get(VTD_CCMD_DID, cmd)) |
				   svk_put(VTD_CC_SID, svk_get(VTD_CCMD_SID, cmd)) |
				   svk_put(VTD_CC_FM, svk_get(VTD_CCMD_FM, cmd)),
			   0);
		vtd_inv_context(v, gran, (u16)svk_get(VTD_CCMD_SID, cmd),
				(unsigned int)svk_get(VTD_CCMD_FM, cmd));
	}
	/* Scalable mode: domain-selective is done as global. */
	if (gran == VTD_GRAN_DOMAIN)
		gran = VTD_GRAN_GLOBAL;
	cmd &= ~(VTD_CCMD_ICC | VTD_CCMD_CAIG);
	vtd_set64(v, VTD_CCMD, cmd | svk_put(VTD_CCMD_CAIG, gran));
}

void vtd_ivt_resume(struct vtd *v)
{
	if (!v->ivt_pending || !vtd_drain_done(v))
		return;
	v->ivt_pending = false;
	v->reg[(VTD_IOTLB_BASE + VTD_IOTLB + 4) / 4] &= ~(u32)(VTD_IOTLB_IVT >> 32);
}

static void iotlb_write(struct vtd *v)
{
	u64 cmd = vtd_reg64(v, VTD_IOTLB_BASE + VTD_IOTLB);
	u64 iva = vtd_reg64(v, VTD_IOTLB_BASE + VTD_IVA);
	unsigned int gran = (unsigned int)svk_get(VTD_IOTLB_IIRG, cmd);
	unsigned int am = (unsigned int)svk_get(VTD_IVA_AM, iva);

	if (!(cmd & VTD_IOTLB_IVT))
		return;
	/* A reserved granularity or too large a mask is answered with IAIG 0: nothing done. */
	if (gran == VTD_GRAN_SELECT && am > svk_get(VTD_CAP_MAMV, v->cfg.cap))
		gran = 0;
	if (gran) {
		registered(v,
			   VTD_DESC_IOTLB | svk_put(VTD_DESC_G, gran) |
				   svk_put(VTD_DESC_DID, svk_get(VTD_IOTLB_DID, cmd)),
			   iva & (VTD_IVA_ADDR | VTD_IVA_AM));
		gran = vtd_inv_iotlb(v, gran, (u16)svk_get(VTD_IOTLB_DID, cmd), iva & VTD_IVA_ADDR,
				     am);
	}
	cmd &= ~VTD_IOTLB_IAIG;
	vtd_set64(v, VTD_IOTLB_BASE + VTD_IOTLB, cmd | svk_put(VTD_IOTLB_IAIG, gran));
	v->ivt_pending = true;
	vtd_ivt_resume(v);
}

static void w1c_done(struct vtd *v, unsigned int off, u32 cleared)
{
	if (off == VTD_FSTS || (off >= VTD_FRCD_BASE && off < VTD_PERF_CFG && cleared))
		vtd_fault_update(v);
	if (off == VTD_FSTS && (cleared & (VTD_FSTS_IQE | VTD_FSTS_ITE)))
		vtd_qi_cleared(v, cleared);
	if (off == VTD_PRS && cleared)
		vtd_prq_update(v);
	if (off == VTD_PERFINTRSTS && cleared)
		v->reg[VTD_PERFINTRCTL / 4] &= ~(u32)VTD_ECTL_IP;
	if (off == VTD_ICS && cleared)
		v->reg[VTD_IECTL / 4] &= ~(u32)VTD_ECTL_IP;
}

static void write32(struct vtd *v, unsigned int off, u32 val)
{
	u32 *reg = &v->reg[off / 4];
	u32 cleared = *reg & val & v->w1c[off / 4];

	/* Busy: software must not touch the command before IVT reads 0 (11.4.6.2). */
	if (v->ivt_pending && off == VTD_IOTLB_BASE + VTD_IOTLB + 4)
		return;
	if ((off & ~4u) == VTD_IQA && (vtd_reg32(v, VTD_GSTS) & VTD_G_QIE)) {
		log_guest("%s: write to IQA ignored, the invalidation queue is enabled", v->name);
		return;
	}
	*reg = ((*reg & ~v->rw[off / 4]) | (val & v->rw[off / 4])) & ~cleared;
	switch (off) {
	case VTD_GCMD:
		gcmd_write(v, val);
		break;
	case VTD_CCMD + 4:
		ccmd_write(v);
		break;
	case VTD_IOTLB_BASE + VTD_IOTLB + 4:
		iotlb_write(v);
		break;
	case VTD_IQT:
		vtd_qi_run(v);
		break;
	case VTD_VCMD:
		if (vtd_has_ecap(v, VTD_ECAP_VCS))
			vtd_vcs_command(v);
		break;
	case VTD_ECMD:
		if (vtd_has_cap(v, VTD_CAP_ECMDS))
			vtd_pmu_command(v);
		break;
	case VTD_FECTL:
	case VTD_IECTL:
	case VTD_PECTL:
	case VTD_PERFINTRCTL:
		vtd_event_unmask(v, off);
		break;
	default:
		if (v->w1c[off / 4])
			w1c_done(v, off, cleared);
		break;
	}
}

static bool access_ok(struct vtd *v, u64 off, unsigned int len)
{
	if ((len == 4 || len == 8) && off <= VTD_REG_SIZE - len && !(off % len))
		return true;
	machine_count(v->m, SVK_LAB_BAD_ACCESS);
	return false;
}

u64 vtd_mmio_read(struct vtd *v, u64 off, unsigned int len)
{
	if (!access_ok(v, off, len))
		return ~0ULL;
	return len == 8 ? vtd_reg64(v, (unsigned int)off) : vtd_reg32(v, (unsigned int)off);
}

void vtd_mmio_write(struct vtd *v, u64 off, u64 val, unsigned int len)
{
	bool low_last = len == 8 && (off == VTD_VCMD || off == VTD_ECMD);

	if (!access_ok(v, off, len)) {
		log_guest("%s: register write of %u bytes at 0x%llx dropped", v->name, len,
			  (unsigned long long)off);
		return;
	}
	/* The half that executes a command comes last: of VCMD and ECMD the low one. */
	if (low_last)
		write32(v, (unsigned int)off + 4, (u32)(val >> 32));
	write32(v, (unsigned int)off, (u32)val);
	if (len == 8 && !low_last)
		write32(v, (unsigned int)off + 4, (u32)(val >> 32));
}
