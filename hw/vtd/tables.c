// SPDX-License-Identifier: GPL-2.0
/*
 * Root, context, PASID directory and PASID table entries (3.4.3, 9.2 - 9.6).
 * Entries that are not present or not valid are not cached (CAP.CM clear).
 */
#include <string.h>

#include "gmem.h"
#include "inject/inject.h"
#include "vtd/vtd_internal.h"

static u64 above_haw(void)
{
	return ~SVK_MASK(VTD_HAW - 1, 0);
}

static int reserved(struct vtd *v, struct vtd_malformed m, int reason)
{
	vtd_malformed(v, &m);
	return reason;
}

/* The root entry that leads to the context table of @ce, which has the source-id. */
static int root_fetch(struct vtd *v, struct vtd_context *ce)
{
	u16 sid = ce->sid;
	u64 rsvd = ~(VTD_ROOT_P | VTD_ROOT_CTP) | above_haw();
	u64 e;

	ce->upper_at = (v->root & VTD_RTADDR_RTA) + (sid >> 8) * 16u + (sid & 0x80 ? 8 : 0);
	if (gmem_read64(v->mem, ce->upper_at, &e))
		return VTD_FR_SRT_1;
	vtd_fail_flip(v, &(struct inject_at){.sid = sid, .what = SVK_TABLE_ROOT}, &e, 1);
	ce->upper = e;
	if (!(e & VTD_ROOT_P))
		return VTD_FR_SRT_2;
	if (e & rsvd)
		return reserved(v,
				(struct vtd_malformed){.table = SVK_TABLE_ROOT,
						       .sid = sid,
						       .at = ce->upper_at,
						       .quadword = sid & 0x80 ? 1 : 0,
						       .value = e,
						       .bits = e & rsvd},
				VTD_FR_SRT_3);
	return 0;
}

/* The first quadword with reserved bits set, in @m, which has the address of the entry. */
static bool qwords_reserved(struct vtd_malformed *m, const u64 *q, const u64 *rsvd, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!(q[i] & rsvd[i]))
			continue;
		m->at += 8 * i;
		m->quadword = i;
		m->value = q[i];
		m->bits = q[i] & rsvd[i];
		return true;
	}
	return false;
}

int vtd_context_read(struct vtd *v, u16 sid, struct vtd_context *ce, bool *fpd)
{
	const struct inject_at at = {.sid = sid, .what = SVK_TABLE_CONTEXT};
	struct vtd_malformed m = {.table = SVK_TABLE_CONTEXT, .sid = sid};
	const u64 rsvd[4] = {v->ce_rsvd[0], v->ce_rsvd[1], ~0ULL, ~0ULL};
	u64 q[4];
	int ret;

	*ce = (struct vtd_context){.sid = sid};
	ret = root_fetch(v, ce);
	if (ret)
		return ret;
	m.at = (ce->upper & VTD_ROOT_CTP) + (sid & 0x7f) * sizeof(q);
	if (vtd_fetch(v, &at, m.at, 4, q))
		return VTD_FR_SCT_1;
	vtd_fail_flip(v, &at, q, 4);
	*fpd = q[0] & VTD_CE_FPD;
	if (!(q[0] & VTD_CE_P))
		return VTD_FR_SCT_2;
	if (qwords_reserved(&m, q, rsvd, 4))
		return reserved(v, m, VTD_FR_SCT_3);
	ce->fpd = *fpd;
	ce->dte = q[0] & VTD_CE_DTE;
	ce->paside = q[0] & VTD_CE_PASIDE;
	ce->pre = q[0] & VTD_CE_PRE;
	ce->rid_priv = q[1] & VTD_CE1_RID_PRIV;
	ce->rid_pasid = (u32)svk_get(VTD_CE1_RID_PASID, q[1]);
	ce->pasids = 1u << (svk_get(VTD_CE_PDTS, q[0]) + 7 + 6);
	ce->dir = q[0] & VTD_CE_PASIDDIRPTR;
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

	vtd_pmu_saw(&v->pmu, VTD_PMU_CONTEXT_LOOKUP);
	for (struct vtd_node *n = vtd_cache_first(&v->context, key); n; n = n->next) {
		const struct vtd_context *c = (struct vtd_context *)n;

		if (c->sid == sid) {
			machine_count(v->m, SVK_LAB_CONTEXT_HIT);
			vtd_pmu_saw(&v->pmu, VTD_PMU_CONTEXT_HIT);
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

/* The directory entry, in @pe, which has the PASID. */
static int directory_fetch(struct vtd *v, const struct vtd_context *ce, struct vtd_pasid *pe)
{
	u64 rsvd = ~(VTD_PDE_P | VTD_PDE_FPD | VTD_PDE_SMPTBLPTR) | above_haw();
	const struct inject_at at = {
		.has_pasid = true, .sid = ce->sid, .pasid = pe->pasid, .what = SVK_TABLE_PASID_DIR};

	pe->upper_at = ce->dir + (pe->pasid >> 6) * 8u;
	if (gmem_read64(v->mem, pe->upper_at, &pe->upper))
		return VTD_FR_SPD_1;
	vtd_fail_flip(v, &at, &pe->upper, 1);
	pe->fpd = pe->upper & VTD_PDE_FPD;
	if (!(pe->upper & VTD_PDE_P))
		return VTD_FR_SPD_2;
	if (pe->upper & rsvd)
		return reserved(v,
				(struct vtd_malformed){.table = SVK_TABLE_PASID_DIR,
						       .sid = ce->sid,
						       .pasid = pe->pasid,
						       .at = pe->upper_at,
						       .value = pe->upper,
						       .bits = pe->upper & rsvd},
				VTD_FR_SPD_3);
	return 0;
}

static int pasid_qwords(struct vtd *v, const struct vtd_context *ce, struct vtd_pasid *pe, u64 *q)
{
	const u64 rsvd[8] = {v->pe_rsvd[0], v->pe_rsvd[1], v->pe_rsvd[2], ~0ULL,
			     ~0ULL,	    ~0ULL,	   ~0ULL,	  ~0ULL};
	const struct inject_at at = {
		.has_pasid = true, .sid = ce->sid, .pasid = pe->pasid, .what = SVK_TABLE_PASID};
	struct vtd_malformed m = {.table = SVK_TABLE_PASID, .sid = ce->sid, .pasid = pe->pasid};
	int ret = directory_fetch(v, ce, pe);

	if (ret)
		return ret;
	m.at = (pe->upper & VTD_PDE_SMPTBLPTR) + (pe->pasid & 63) * 64u;
	if (vtd_fetch(v, &at, m.at, 8, q))
		return VTD_FR_SPT_1;
	vtd_fail_flip(v, &at, q, 8);
	pe->fpd |= (q[0] & VTD_PE_FPD) != 0;
	if (!(q[0] & VTD_PE_P))
		return VTD_FR_SPT_2;
	if (qwords_reserved(&m, q, rsvd, 8))
		return reserved(v, m, VTD_FR_SPT_3);
	return pe_valid(v, q) ? 0 : VTD_FR_SPT_4;
}

int vtd_pasid_read(struct vtd *v, const struct vtd_context *ce, u32 pasid, struct vtd_pasid *pe,
		   bool *fpd)
{
	u64 q[8];
	int ret;

	*pe = (struct vtd_pasid){.pasid = pasid, .sid = ce->sid};
	ret = pasid_qwords(v, ce, pe, q);
	*fpd |= pe->fpd;
	if (ret)
		return ret;
	pe->did = (u16)svk_get(VTD_PE1_DID, q[1]);
	pe->pgtt = (u8)svk_get(VTD_PE_PGTT, q[0]);
	pe->fs_levels = svk_get(VTD_PE2_FSPM, q[2]) ? 5 : 4;
	pe->ss_levels = (u8)(svk_get(VTD_PE_AW, q[0]) + 2);
	pe->ssade = q[0] & VTD_PE_SSADE;
	pe->sre = q[2] & VTD_PE2_SRE;
	pe->ere = q[2] & VTD_PE2_ERE;
	pe->wpe = q[2] & VTD_PE2_WPE;
	pe->nxe = q[2] & VTD_PE2_NXE;
	pe->smep = q[2] & VTD_PE2_SMEP;
	pe->eafe = q[2] & VTD_PE2_EAFE;
	pe->fsptptr = q[2] & VTD_PE2_FSPTPTR;
	pe->ssptptr = q[0] & VTD_PE_SSPTPTR;
	return 0;
}

static int pasid_get(struct vtd *v, const struct vtd_context *ce, u32 pasid,
		     const struct vtd_pasid **pe, bool *fpd)
{
	u64 key = vtd_hash(pasid);
	int ret;

	vtd_pmu_saw(&v->pmu, VTD_PMU_PASID_LOOKUP);
	for (struct vtd_node *n = vtd_cache_first(&v->pasid, key); n; n = n->next) {
		const struct vtd_pasid *p = (struct vtd_pasid *)n;

		if (p->pasid == pasid && p->sid == ce->sid) {
			machine_count(v->m, SVK_LAB_PASID_HIT);
			vtd_pmu_saw(&v->pmu, VTD_PMU_PASID_HIT);
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

int vtd_pasid_get(struct vtd *v, const struct vtd_context *ce, u32 pasid,
		  const struct vtd_pasid **pe, bool *fpd)
{
	int ret = pasid_get(v, ce, pasid, pe, fpd);

	if (!ret) {
		v->pmu.has_did = true;
		v->pmu.did = (*pe)->did;
	}
	return ret;
}
