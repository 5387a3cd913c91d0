// SPDX-License-Identifier: GPL-2.0
/*
 * Root, context, PASID directory and PASID table entries (3.4.3, 9.2 - 9.6).
 * Entries that are not present or not valid are not cached (CAP.CM clear).
 */
#include <string.h>

#include "gmem.h"
#include "vtd/vtd_internal.h"

static u64 above_haw(void)
{
	return ~SVK_MASK(VTD_HAW - 1, 0);
}

static int root_fetch(struct vtd *v, u16 sid, u64 *table)
{
	u64 addr = (v->root & VTD_RTADDR_RTA) + (sid >> 8) * 16u + (sid & 0x80 ? 8 : 0);
	u64 e;

	if (gmem_read64(v->mem, addr, &e))
		return VTD_FR_SRT_1;
	if (!(e & VTD_ROOT_P))
		return VTD_FR_SRT_2;
	if ((e & ~(VTD_ROOT_P | VTD_ROOT_CTP)) || (e & above_haw()))
		return VTD_FR_SRT_3;
	*table = e & VTD_ROOT_CTP;
	return 0;
}

/* Quadword 0 first: software writes P last, so what is read after a set P is whole. */
static int qwords_read(struct vtd *v, u64 addr, unsigned int n, u64 *q)
{
	for (unsigned int i = 0; i < n; i++) {
		if (gmem_read64(v->mem, addr + 8 * i, &q[i]))
			return -1;
	}
	return 0;
}

int vtd_context_read(struct vtd *v, u16 sid, struct vtd_context *ce, bool *fpd)
{
	u64 table, q[4];
	int ret = root_fetch(v, sid, &table);

	if (ret)
		return ret;
	if (qwords_read(v, table + (sid & 0x7f) * sizeof(q), 4, q))
		return VTD_FR_SCT_1;
	*fpd = q[0] & VTD_CE_FPD;
	if (!(q[0] & VTD_CE_P))
		return VTD_FR_SCT_2;
	if ((q[0] & v->ce_rsvd[0]) || (q[1] & v->ce_rsvd[1]) || q[2] || q[3])
		return VTD_FR_SCT_3;
	*ce = (struct vtd_context){
		.sid = sid,
		.fpd = *fpd,
		.dte = q[0] & VTD_CE_DTE,
		.paside = q[0] & VTD_CE_PASIDE,
		.pre = q[0] & VTD_CE_PRE,
		.rid_priv = q[1] & VTD_CE1_RID_PRIV,
		.rid_pasid = (u32)svk_get(VTD_CE1_RID_PASID, q[1]),
		.pasids = 1u << (svk_get(VTD_CE_PDTS, q[0]) + 7 + 6),
		.dir = q[0] & VTD_CE_PASIDDIRPTR,
	};
	return 0;
}

/* Enter a fetched entry; without memory the caller's copy serves this once. */
static void *cache_enter(struct vtd *v, struct vtd_cache *c, u64 key, void *fetched)
{
	struct vtd_node *n = vtd_cache_add(v, c, key);

	if (!n)
		return fetched;
	memcpy((char *)n + sizeof(*n), (char *)fetched + sizeof(*n), c->node_size - sizeof(*n));
	return n;
}

int vtd_context_get(struct vtd *v, u16 sid, const struct vtd_context **ce, bool *fpd)
{
	u64 key = vtd_hash(sid);
	int ret;

	for (struct vtd_node *n = vtd_cache_first(&v->context, key); n; n = n->next) {
		const struct vtd_context *c = (struct vtd_context *)n;

		if (c->sid == sid) {
			machine_count(v->m, SVK_LAB_CONTEXT_HIT);
			*fpd = c->fpd;
			*ce = c;
			return 0;
		}
	}
	machine_count(v->m, SVK_LAB_CONTEXT_MISS);
	ret = vtd_context_read(v, sid, &v->ce_tmp, fpd);
	if (!ret)
		*ce = cache_enter(v, &v->context, key, &v->ce_tmp);
	return ret;
}

/* Whether the type, its width and its paging mode are implemented (SPT.4). */
static bool pe_valid(const struct vtd *v, const u64 *q)
{
	unsigned int pgtt = (unsigned int)svk_get(VTD_PE_PGTT, q[0]);
	unsigned int aw = (unsigned int)svk_get(VTD_PE_AW, q[0]);
	unsigned int fspm = (unsigned int)svk_get(VTD_PE2_FSPM, q[2]);
	bool fs = pgtt == VTD_PGTT_FS || pgtt == VTD_PGTT_NESTED;
	bool ss = pgtt == VTD_PGTT_SS || pgtt == VTD_PGTT_NESTED;

	if (pgtt == VTD_PGTT_PT)
		return vtd_has_ecap(v, VTD_ECAP_PT);
	if (!fs && !ss)
		return false;
	if (pgtt == VTD_PGTT_NESTED && !vtd_has_ecap(v, VTD_ECAP_NEST))
		return false;
	if (fs && (!vtd_has_ecap(v, VTD_ECAP_FSTS) || fspm > 1 ||
		   (fspm && !vtd_has_cap(v, VTD_CAP_FS5LP))))
		return false;
	return !ss || (vtd_has_ecap(v, VTD_ECAP_SSTS) && aw < 5 &&
		       (svk_get(VTD_CAP_SAGAW, v->cfg.cap) >> aw & 1));
}

static int pasid_qwords(struct vtd *v, const struct vtd_context *ce, u32 pasid, u64 *q, bool *fpd)
{
	u64 pde;

	if (gmem_read64(v->mem, ce->dir + (pasid >> 6) * 8u, &pde))
		return VTD_FR_SPD_1;
	*fpd |= (pde & VTD_PDE_FPD) != 0;
	if (!(pde & VTD_PDE_P))
		return VTD_FR_SPD_2;
	if ((pde & ~(VTD_PDE_P | VTD_PDE_FPD | VTD_PDE_SMPTBLPTR)) || (pde & above_haw()))
		return VTD_FR_SPD_3;
	if (qwords_read(v, (pde & VTD_PDE_SMPTBLPTR) + (pasid & 63) * 64u, 8, q))
		return VTD_FR_SPT_1;
	*fpd |= (q[0] & VTD_PE_FPD) != 0;
	if (!(q[0] & VTD_PE_P))
		return VTD_FR_SPT_2;
	if ((q[0] & v->pe_rsvd[0]) || (q[1] & v->pe_rsvd[1]) || (q[2] & v->pe_rsvd[2]) || q[3] ||
	    q[4] || q[5] || q[6] || q[7])
		return VTD_FR_SPT_3;
	return pe_valid(v, q) ? 0 : VTD_FR_SPT_4;
}

int vtd_pasid_read(struct vtd *v, const struct vtd_context *ce, u32 pasid, struct vtd_pasid *pe,
		   bool *fpd)
{
	u64 q[8];
	bool own_fpd = false;
	int ret = pasid_qwords(v, ce, pasid, q, &own_fpd);

	*fpd |= own_fpd;
	if (ret)
		return ret;
	*pe = (struct vtd_pasid){
		.pasid = pasid,
		.sid = ce->sid,
		.did = (u16)svk_get(VTD_PE1_DID, q[1]),
		.pgtt = (u8)svk_get(VTD_PE_PGTT, q[0]),
		.fs_levels = svk_get(VTD_PE2_FSPM, q[2]) ? 5 : 4,
		.ss_levels = (u8)(svk_get(VTD_PE_AW, q[0]) + 2),
		.fpd = own_fpd,
		.ssade = q[0] & VTD_PE_SSADE,
		.sre = q[2] & VTD_PE2_SRE,
		.ere = q[2] & VTD_PE2_ERE,
		.wpe = q[2] & VTD_PE2_WPE,
		.nxe = q[2] & VTD_PE2_NXE,
		.smep = q[2] & VTD_PE2_SMEP,
		.eafe = q[2] & VTD_PE2_EAFE,
		.fsptptr = q[2] & VTD_PE2_FSPTPTR,
		.ssptptr = q[0] & VTD_PE_SSPTPTR,
	};
	return 0;
}

int vtd_pasid_get(struct vtd *v, const struct vtd_context *ce, u32 pasid,
		  const struct vtd_pasid **pe, bool *fpd)
{
	u64 key = vtd_hash(pasid);
	int ret;

	for (struct vtd_node *n = vtd_cache_first(&v->pasid, key); n; n = n->next) {
		const struct vtd_pasid *p = (struct vtd_pasid *)n;

		if (p->pasid == pasid && p->sid == ce->sid) {
			machine_count(v->m, SVK_LAB_PASID_HIT);
			*fpd |= p->fpd;
			*pe = p;
			return 0;
		}
	}
	machine_count(v->m, SVK_LAB_PASID_MISS);
	ret = vtd_pasid_read(v, ce, pasid, &v->pe_tmp, fpd);
	if (ret)
		return ret;
	*pe = cache_enter(v, &v->pasid, key, &v->pe_tmp);
	vtd_filled_node(v, VTD_VIEW_PASID, &(*pe)->node);
	return 0;
}
