// SPDX-License-Identifier: GPL-2.0
/* One request from end to end (3.4, 4.2.3, 7.1). */
#include "trace.h"
#include "vtd/vtd_internal.h"

/* Faults that no FPD silences: the entry that holds it could not be read (7.1.3). */
static bool unqualified(int reason)
{
	return reason < VTD_FR_SCT_2 || reason == VTD_FR_SPD_1 || reason == VTD_FR_SPT_1;
}

/* Answered to a translation request as "no permission" instead of an error (4.2.3). */
static bool recoverable(int reason)
{
	switch (reason) {
	case VTD_FR_SFS_2:
	case VTD_FR_SFS_6:
	case VTD_FR_SFS_7:
	case VTD_FR_SFS_8:
	case VTD_FR_SSS_2:
	case VTD_FR_SGN_2:
	case VTD_FR_SGN_6:
	case VTD_FR_SGN_7:
		return true;
	default:
		return false;
	}
}

static int refuse(struct vtd *v, const struct vtd_request *req, int reason, bool fpd)
{
	if (req->at == VTD_AT_TRANSLATION && recoverable(reason))
		return 0;
	if (!fpd || unqualified(reason))
		vtd_fault_record(v, req, reason);
	return reason;
}

static void answer(struct vtd_translation *out, u64 addr, const struct vtd_page *page)
{
	out->size = 1ULL << page->order;
	out->addr = page->addr | (addr & (out->size - 1));
	out->mid = page->mid ? page->mid | (addr & (out->size - 1)) : 0;
	out->read = page->flags & VTD_PAGE_R;
	/* A clean page is not writable until a write request has set the dirty bit. */
	out->write = (page->flags & (VTD_PAGE_W | VTD_PAGE_D)) == (VTD_PAGE_W | VTD_PAGE_D);
}

static bool intr_range(u64 addr)
{
	return addr - VTD_INTR_BASE < VTD_INTR_SIZE;
}

static void answer_identity(struct vtd_translation *out, u64 addr)
{
	const struct vtd_page page = {.addr = addr & ~0xfffULL,
				      .order = 12,
				      .flags = VTD_PAGE_R | VTD_PAGE_W | VTD_PAGE_D};

	answer(out, addr, &page);
}

/* The PASID whose entry serves the request, checked against the context entry. */
static int select_pasid(const struct vtd *v, const struct vtd_context *ce,
			const struct vtd_request *req, u32 *pasid)
{
	if (req->at != VTD_AT_UNTRANSLATED && !ce->dte)
		return VTD_FR_SCT_5;
	*pasid = ce->rid_pasid;
	if (!req->has_pasid)
		return ce->rid_pasid < ce->pasids ? 0 : VTD_FR_SCT_9;
	*pasid = req->pasid;
	if (!ce->paside)
		return VTD_FR_SCT_6;
	if (req->pasid >= ce->pasids || req->pasid >> (svk_get(VTD_ECAP_PSS, v->cfg.ecap) + 1))
		return VTD_FR_SCT_7;
	return 0;
}

/* Whether a cached page answers the request; if not, the tables are asked again. */
static bool page_serves(const struct vtd_page *page, const struct vtd_request *req)
{
	u8 wanted = VTD_PAGE_R;

	if (req->write)
		wanted = VTD_PAGE_W | VTD_PAGE_D;
	if (req->exec && req->at == VTD_AT_UNTRANSLATED)
		wanted |= VTD_PAGE_X;
	return (page->flags & wanted) == wanted;
}

static int translate_page(struct vtd *v, const struct vtd_pasid *pe, const struct vtd_request *req,
			  struct vtd_page *page)
{
	const struct vtd_tlbe *e = vtd_iotlb_find(v, pe, req->addr, req->priv);
	int ret;

	vtd_pmu_saw(&v->pmu, VTD_PMU_IOTLB_LOOKUP);
	if (e && page_serves(&e->page, req)) {
		machine_count(v->m, SVK_LAB_IOTLB_HIT);
		vtd_pmu_saw(&v->pmu, VTD_PMU_IOTLB_HIT);
		if (v->watch) {
			struct vtd_view view;

			vtd_view_tlbe(e, &view);
			vtd_used(v, &view, req->addr);
		}
		*page = e->page;
		return 0;
	}
	machine_count(v->m, SVK_LAB_IOTLB_MISS);
	ret = vtd_walk(v, pe, req, page);
	trace_event(v->m->trace, TRACE_XLATE, (u64)req->sid << 32 | pe->pasid, req->addr,
		    ret ? (u64)ret : page->addr,
		    (ret ? TRACE_XLATE_REFUSED : page->flags) | (u64)req->at << 8);
	if (!ret)
		vtd_iotlb_insert(v, pe, req->addr, page);
	return ret;
}

static int translate_pasid(struct vtd *v, const struct vtd_context *ce, u32 pasid,
			   const struct vtd_request *req, struct vtd_page *page, bool *fpd)
{
	const struct vtd_pasid *pe;
	struct vtd_request r = *req;
	int ret = vtd_pasid_get(v, ce, pasid, &pe, fpd);

	if (ret)
		return ret;
	r.priv = req->has_pasid ? req->priv : ce->rid_priv;
	/* Without NWFS the no-write flag is ignored: every translation request wants to write. */
	if (r.at == VTD_AT_TRANSLATION && !vtd_has_ecap(v, VTD_ECAP_NWFS))
		r.write = true;
	if (pe->pgtt == VTD_PGTT_FS || pe->pgtt == VTD_PGTT_NESTED) {
		if (r.exec && r.at == VTD_AT_UNTRANSLATED && !pe->ere)
			return VTD_FR_SPT_5;
		if (r.priv && !pe->sre)
			return VTD_FR_SPT_6;
	}
	ret = translate_page(v, pe, &r, page);
	if (!ret && intr_range(page->addr | (req->addr & ((1ULL << page->order) - 1))))
		return VTD_FR_SGN_8;
	return ret;
}

/* Only scalable mode is modelled. */
static int mode_check(const struct vtd *v, const struct vtd_request *req)
{
	if (vtd_ttm(v) == VTD_TTM_SCALABLE && vtd_has_ecap(v, VTD_ECAP_SMTS))
		return 0;
	return vtd_ttm(v) == VTD_TTM_LEGACY && req->has_pasid ? VTD_FR_RTA_2 : VTD_FR_RTA_1;
}

static int translate(struct vtd *v, const struct vtd_request *req, struct vtd_translation *out,
		     bool *fpd)
{
	const struct vtd_context *ce;
	struct vtd_page page;
	u32 pasid;
	int ret;

	ret = mode_check(v, req);
	if (!ret)
		ret = vtd_context_get(v, req->sid, &ce, fpd);
	if (!ret)
		ret = select_pasid(v, ce, req, &pasid);
	if (ret)
		return ret;
	if (req->at == VTD_AT_TRANSLATED) {
		if (req->addr >> VTD_HAW)
			return VTD_FR_SGN_4;
		if (intr_range(req->addr))
			return VTD_FR_SGN_8;
		answer_identity(out, req->addr);
		return 0;
	}
	ret = translate_pasid(v, ce, pasid, req, &page, fpd);
	if (!ret)
		answer(out, req->addr, &page);
	return ret;
}

int vtd_page_request_check(struct vtd *v, const struct vtd_page_request *req, u32 *pasid)
{
	const struct vtd_request r = {.sid = req->sid,
				      .at = VTD_AT_PAGE_REQUEST,
				      .has_pasid = req->has_pasid,
				      .write = req->write,
				      .exec = req->exec,
				      .priv = req->priv,
				      .pasid = req->pasid,
				      .addr = req->addr};
	const struct vtd_context *ce;
	const struct vtd_pasid *pe;
	bool fpd = false;
	int ret;

	/* Remapping is off: an unsupported message, no fault. */
	if (!(vtd_reg32(v, VTD_GSTS) & VTD_G_TE))
		return VTD_FR_RTA_1;
	vtd_pmu_begin(v, r.sid, r.has_pasid, r.pasid);
	ret = mode_check(v, &r);
	if (!ret)
		ret = vtd_context_get(v, r.sid, &ce, &fpd);
	if (!ret && !ce->pre)
		ret = VTD_FR_SCT_8;
	if (!ret)
		ret = select_pasid(v, ce, &r, pasid);
	if (!ret)
		ret = vtd_pasid_get(v, ce, *pasid, &pe, &fpd);
	vtd_pmu_end(v);
	return ret ? refuse(v, &r, ret, fpd) : 0;
}

static int translate_or_refuse(struct vtd *v, const struct vtd_request *req,
			       struct vtd_translation *out)
{
	bool fpd = false;
	int ret;

	if (!(vtd_reg32(v, VTD_GSTS) & VTD_G_TE)) {
		/* Remapping is off: plain requests pass, all others are unsupported. */
		if (req->at != VTD_AT_UNTRANSLATED || req->has_pasid)
			return VTD_FR_RTA_1;
		answer_identity(out, req->addr);
		return 0;
	}
	ret = translate(v, req, out, &fpd);
	return ret ? refuse(v, req, ret, fpd) : 0;
}

int vtd_translate(struct vtd *v, const struct vtd_request *req, struct vtd_translation *out)
{
	int ret;

	machine_count(v->m, SVK_LAB_XLATE_REQ);
	vtd_pmu_begin(v, req->sid, req->has_pasid, req->pasid);
	vtd_pmu_saw(&v->pmu, VTD_PMU_REQUEST);
	v->by = req->by;
	*out = (struct vtd_translation){.size = 4096};
	ret = translate_or_refuse(v, req, out);
	vtd_pmu_end(v);
	return ret;
}
