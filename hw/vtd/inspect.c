// SPDX-License-Identifier: GPL-2.0
/*
 * Cached entries against memory (6.5.3: what software must invalidate, and
 * what it may leave).
 *
 * An entry is looked up again from the root table on, so that an entry of a
 * PASID that has been torn down is stale whatever its own page tables say.
 */
#include "gmem.h"
#include "vtd/inspect.h"
#include "vtd/vtd_internal.h"

/* Permission bits of a PASID entry, as in struct vtd_view.entry[3]. */
#define PE_SRE 1u /* more is allowed with it */
#define PE_ERE 2u
#define PE_WPE 4u /* less is allowed with it */
#define PE_NXE 8u
#define PE_SMEP 16u
#define PE_SSADE 32u /* without it dirty pages go unseen */
#define PE_EAFE 64u
#define PE_GRANTS (PE_SRE | PE_ERE)

static void view_context(const struct vtd_node *n, struct vtd_view *e)
{
	const struct vtd_context *ce = (const struct vtd_context *)n;

	*e = (struct vtd_view){
		.kind = VTD_VIEW_CONTEXT,
		.sid = ce->sid,
		.has_pasid = true,
		.born = ce->node.born,
		.by = ce->node.by,
		.upper = ce->upper,
		.upper_at = ce->upper_at,
		.entry = {ce->dir, ce->rid_pasid, ce->pasids,
			  (u64)ce->dte | (u64)ce->paside << 1 | (u64)ce->rid_priv << 2 |
				  (u64)ce->pre << 3},
	};
}

static void view_pasid(const struct vtd_node *n, struct vtd_view *e)
{
	const struct vtd_pasid *pe = (const struct vtd_pasid *)n;

	*e = (struct vtd_view){
		.kind = VTD_VIEW_PASID,
		.sid = pe->sid,
		.has_pasid = true,
		.pasid = pe->pasid,
		.did = pe->did,
		.born = pe->node.born,
		.by = pe->node.by,
		.upper = pe->upper,
		.upper_at = pe->upper_at,
		.entry = {pe->fsptptr, pe->ssptptr,
			  pe->pgtt | (u64)pe->fs_levels << 8 | (u64)pe->ss_levels << 16,
			  (pe->sre ? PE_SRE : 0) | (pe->ere ? PE_ERE : 0) | (pe->wpe ? PE_WPE : 0) |
				  (pe->nxe ? PE_NXE : 0) | (pe->smep ? PE_SMEP : 0) |
				  (pe->ssade ? PE_SSADE : 0) | (pe->eafe ? PE_EAFE : 0)},
	};
}

static u8 page_perm(u8 flags)
{
	return (flags & VTD_PAGE_R ? VTD_VIEW_R : 0) | (flags & VTD_PAGE_W ? VTD_VIEW_W : 0) |
	       (flags & VTD_PAGE_X ? VTD_VIEW_X : 0);
}

static u8 page_usable(u8 flags)
{
	u8 perm = page_perm(flags);

	/* A clean page is walked again before it is written. */
	return flags & VTD_PAGE_D ? perm : perm & (u8)~VTD_VIEW_W;
}

void vtd_view_tlbe(const struct vtd_tlbe *t, struct vtd_view *e)
{
	*e = (struct vtd_view){
		.kind = VTD_VIEW_IOTLB,
		.sid = t->sid,
		.has_pasid = true,
		.priv = t->page.flags & VTD_PAGE_PRIV,
		.perm = page_usable(t->page.flags),
		.did = t->did,
		.pasid = t->pasid,
		.addr = t->addr,
		.size = 1ULL << t->page.order,
		.out = t->page.addr,
		.mid = t->page.mid,
		.born = t->node.born,
		.by = t->node.by,
		.entry = {t->pgtt == VTD_PGTT_FS || t->pgtt == VTD_PGTT_NESTED},
	};
}

static void view_tlbe(const struct vtd_node *n, struct vtd_view *e)
{
	vtd_view_tlbe((const struct vtd_tlbe *)n, e);
}

static bool each_node(const struct vtd_cache *c,
		      void (*view)(const struct vtd_node *n, struct vtd_view *e),
		      bool (*visit)(void *ctx, const struct vtd_view *e), void *ctx)
{
	struct vtd_view e;

	for (struct vtd_node *n = c->oldest; n; n = n->newer) {
		view(n, &e);
		if (!visit(ctx, &e))
			return false;
	}
	return true;
}

void vtd_inspect_each(struct vtd *v, unsigned int kinds,
		      bool (*visit)(void *ctx, const struct vtd_view *e), void *ctx)
{
	if ((kinds >> VTD_VIEW_CONTEXT & 1) && !each_node(&v->context, view_context, visit, ctx))
		return;
	if ((kinds >> VTD_VIEW_PASID & 1) && !each_node(&v->pasid, view_pasid, visit, ctx))
		return;
	if ((kinds >> VTD_VIEW_IOTLB & 1) && !each_node(&v->iotlb, view_tlbe, visit, ctx))
		return;
	if (!(kinds >> VTD_VIEW_DEVTLB & 1))
		return;
	for (unsigned int i = 0; i < v->endpoints; i++) {
		const struct vtd_endpoint *ep = &v->endpoint[i];

		if (ep->ops->each && !ep->ops->each(ep->priv, visit, ctx))
			return;
	}
}

static enum vtd_match match_context(struct vtd *v, const struct vtd_view *cached,
				    struct vtd_view *now, struct vtd_why *why)
{
	struct vtd_context ce = {0};
	bool fpd;

	why->reason = vtd_context_read(v, cached->sid, &ce, &fpd);
	now->upper = ce.upper;
	now->upper_at = ce.upper_at;
	if (why->reason)
		return VTD_MATCH_STALE;
	view_context(&ce.node, now);
	if (cached->entry[0] != now->entry[0] || cached->entry[1] != now->entry[1] ||
	    cached->entry[2] != now->entry[2] || (cached->entry[3] & ~now->entry[3]))
		return VTD_MATCH_STALE;
	return cached->entry[3] == now->entry[3] ? VTD_MATCH_SAME : VTD_MATCH_LESS;
}

/* The PASID entry that memory has for (source-id, PASID), from the root on. */
static int pasid_now(struct vtd *v, u16 sid, bool has_pasid, u32 pasid, struct vtd_context *ce,
		     struct vtd_pasid *pe)
{
	bool fpd = false;
	int ret;

	*ce = (struct vtd_context){0};
	*pe = (struct vtd_pasid){0};
	ret = vtd_context_read(v, sid, ce, &fpd);
	if (ret)
		return ret;
	if (!has_pasid)
		pasid = ce->rid_pasid;
	if (pasid >= ce->pasids)
		return has_pasid ? VTD_FR_SCT_7 : VTD_FR_SCT_9;
	return vtd_pasid_read(v, ce, pasid, pe, &fpd);
}

static enum vtd_match match_pasid(struct vtd *v, const struct vtd_view *cached,
				  struct vtd_view *now, struct vtd_why *why)
{
	struct vtd_context ce;
	struct vtd_pasid pe;
	u64 more, less;

	why->reason = pasid_now(v, cached->sid, true, cached->pasid, &ce, &pe);
	now->upper = pe.upper;
	now->upper_at = pe.upper_at;
	if (why->reason)
		return VTD_MATCH_STALE;
	view_pasid(&pe.node, now);
	more = cached->entry[3] & ~now->entry[3];
	less = now->entry[3] & ~cached->entry[3];
	if (cached->did != now->did || cached->entry[0] != now->entry[0] ||
	    cached->entry[1] != now->entry[1] || cached->entry[2] != now->entry[2] ||
	    (more & PE_GRANTS) || (less & ~(u64)PE_GRANTS))
		return VTD_MATCH_STALE;
	return more || less ? VTD_MATCH_LESS : VTD_MATCH_SAME;
}

/* Whose fault reason it is: of a nested translation either stage may refuse. */
static enum vtd_stage stage_refusing(int reason)
{
	switch (reason) {
	case VTD_FR_SFS_1:
	case VTD_FR_SFS_2:
	case VTD_FR_SFS_3:
	case VTD_FR_SFS_4:
	case VTD_FR_SGN_1:
	case VTD_FR_SGN_2:
		return VTD_STAGE_FIRST;
	case VTD_FR_SFS_5:
	case VTD_FR_SFS_6:
	case VTD_FR_SFS_7:
	case VTD_FR_SFS_8:
	case VTD_FR_SSS_1:
	case VTD_FR_SSS_2:
	case VTD_FR_SSS_3:
	case VTD_FR_SSS_4:
	case VTD_FR_SGN_5:
	case VTD_FR_SGN_7: /* what the first stage maps can be read */
		return VTD_STAGE_SECOND;
	default:
		return VTD_STAGE_NONE;
	}
}

/* Whose doing it is that a page is elsewhere, or permits less; @first: what that stage permits. */
static enum vtd_stage stage_changed(const struct vtd_pasid *pe, const struct vtd_view *cached,
				    const struct vtd_view *now, u8 first)
{
	u64 mid = cached->mid + (now->addr - cached->addr);

	switch (pe->pgtt) {
	case VTD_PGTT_FS:
		return VTD_STAGE_FIRST;
	case VTD_PGTT_SS:
		return VTD_STAGE_SECOND;
	case VTD_PGTT_NESTED:
		return now->mid != mid || (cached->perm & ~first) ? VTD_STAGE_FIRST
								  : VTD_STAGE_SECOND;
	default:
		return VTD_STAGE_NONE;
	}
}

/* Page by page as the tables have it now, until one differs. */
static enum vtd_match match_pages(struct vtd *v, const struct vtd_pasid *pe,
				  const struct vtd_view *cached, struct vtd_view *now,
				  struct vtd_why *why)
{
	enum vtd_match match = VTD_MATCH_SAME;
	u64 off, step;

	for (off = 0; off < cached->size; off += step) {
		u64 addr = cached->addr + off;
		struct vtd_page page;
		u64 in_page;
		u8 first;

		now->addr = addr;
		why->reason = vtd_walk_peek(v, pe, addr, cached->priv, &page, &first);
		if (why->reason) {
			why->stage = stage_refusing(why->reason);
			/* What the second refuses may be where the first leads to now. */
			if (why->stage == VTD_STAGE_SECOND && page.mid &&
			    page.mid != cached->mid + off)
				why->stage = VTD_STAGE_FIRST;
			return VTD_MATCH_STALE;
		}
		in_page = addr & ((1ULL << page.order) - 1);
		step = (1ULL << page.order) - in_page;
		now->size = 1ULL << page.order;
		now->out = page.addr + in_page;
		now->mid = page.mid + in_page;
		now->perm = page_usable(page.flags);
		/* The device-TLB of this model keeps no execute permission. */
		if (cached->kind == VTD_VIEW_DEVTLB)
			now->perm &= (u8)~VTD_VIEW_X;
		if (now->out != cached->out + off || (cached->perm & ~now->perm)) {
			why->stage = stage_changed(pe, cached, now, page_usable(first));
			return VTD_MATCH_STALE;
		}
		if (cached->perm != now->perm)
			match = VTD_MATCH_LESS;
	}
	return match;
}

static enum vtd_match match_page(struct vtd *v, const struct vtd_view *cached, struct vtd_view *now,
				 struct vtd_why *why)
{
	struct vtd_context ce;
	struct vtd_pasid pe;

	*now = *cached;
	why->reason = pasid_now(v, cached->sid, cached->has_pasid, cached->pasid, &ce, &pe);
	if (!why->reason && cached->kind == VTD_VIEW_DEVTLB && !ce.dte)
		why->reason = VTD_FR_SCT_5;
	if (why->reason)
		return VTD_MATCH_STALE;
	now->did = pe.did;
	/* Under another domain-id it is out of reach until that is used again. */
	if (cached->kind == VTD_VIEW_IOTLB && cached->did != pe.did)
		return VTD_MATCH_STALE;
	return match_pages(v, &pe, cached, now, why);
}

static enum vtd_match match_any(struct vtd *v, const struct vtd_view *cached, struct vtd_view *now,
				struct vtd_why *why)
{
	switch (cached->kind) {
	case VTD_VIEW_CONTEXT:
		return match_context(v, cached, now, why);
	case VTD_VIEW_PASID:
		return match_pasid(v, cached, now, why);
	default:
		return match_page(v, cached, now, why);
	}
}

enum vtd_match vtd_inspect(struct vtd *v, const struct vtd_view *cached, struct vtd_view *now,
			   struct vtd_why *why)
{
	enum vtd_match match;

	*now = *cached;
	*why = (struct vtd_why){0};
	v->inspecting = true;
	match = match_any(v, cached, now, why);
	v->inspecting = false;
	return match;
}

u64 vtd_as_executed(const struct vtd *v, u64 q0)
{
	bool iotlb = svk_get(VTD_DESC_TYPE_LO, q0) == VTD_DESC_IOTLB && !(q0 & VTD_DESC_TYPE_HI);

	if (!iotlb || svk_get(VTD_DESC_G, q0) != VTD_GRAN_SELECT || vtd_has_cap(v, VTD_CAP_PSI))
		return q0;
	return (q0 & ~VTD_DESC_G) | svk_put(VTD_DESC_G, VTD_GRAN_DOMAIN);
}

bool vtd_has_endpoint(const struct vtd *v, u16 sid)
{
	for (unsigned int i = 0; i < v->endpoints; i++) {
		if (v->endpoint[i].sid == sid)
			return true;
	}
	return false;
}

static struct vtd_view view_node(enum vtd_view_kind kind, const struct vtd_node *n)
{
	struct vtd_view e;

	switch (kind) {
	case VTD_VIEW_CONTEXT:
		view_context(n, &e);
		break;
	case VTD_VIEW_PASID:
		view_pasid(n, &e);
		break;
	default:
		view_tlbe(n, &e);
		break;
	}
	return e;
}

void vtd_filled_node(struct vtd *v, enum vtd_view_kind kind, const struct vtd_node *n)
{
	struct vtd_view e;

	if (!v->watch)
		return;
	e = view_node(kind, n);
	vtd_filled(v, &e);
}

static struct vtd_cache *cache_of(struct vtd *v, enum vtd_view_kind kind)
{
	switch (kind) {
	case VTD_VIEW_CONTEXT:
		return &v->context;
	case VTD_VIEW_PASID:
		return &v->pasid;
	default:
		return &v->iotlb;
	}
}

void vtd_drop(struct vtd *v, enum vtd_view_kind kind, struct vtd_node *n)
{
	/* Not for the register-based ones: they are no descriptors. */
	if (v->watch && v->qi_running) {
		struct vtd_view e = view_node(kind, n);

		vtd_dropped(v, &e);
	}
	cache_of(v, kind)->drop(v, n);
}

void vtd_malformed(struct vtd *v, const struct vtd_malformed *m)
{
	u64 value;

	if (!v->watch || v->inspecting)
		return;
	/* What was fetched may have been spoilt on purpose, or be another by now. */
	if (!gmem_read64(v->mem, m->at, &value) && value == m->value)
		v->watch->malformed(v->watcher, m);
}

u64 vtd_time(const struct vtd *v, u64 at)
{
	return at - v->m->born;
}

void vtd_count(struct vtd *v, enum svk_lab_counter counter)
{
	machine_count(v->m, counter);
}

bool vtd_at_rest(const struct vtd *v)
{
	return vtd_reg64(v, VTD_IQH) == vtd_reg64(v, VTD_IQT) && !vtd_inflight(v);
}

void vtd_set_watch(struct vtd *v, const struct vtd_watch *watch, void *watcher)
{
	v->watch = watch;
	v->watcher = watcher;
}

void vtd_used(struct vtd *v, const struct vtd_view *e, u64 addr)
{
	if (v->watch)
		v->watch->used(v->watcher, e, addr);
}

void vtd_filled(struct vtd *v, const struct vtd_view *e)
{
	if (v->watch)
		v->watch->filled(v->watcher, e);
}

void vtd_dropped(struct vtd *v, const struct vtd_view *e)
{
	if (v->watch)
		v->watch->dropped(v->watcher, e);
}

bool vtd_watched(const struct vtd *v)
{
	return v->watch;
}
