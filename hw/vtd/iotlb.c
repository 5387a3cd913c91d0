// SPDX-License-Identifier: GPL-2.0
/*
 * The IOTLB (6.2.5). Two indices over the same entries:
 *
 * - a hash by what a page-selective invalidation names: (PASID, page) for
 *   first-stage and nested entries, (domain-id, page) for second-stage and
 *   pass-through ones;
 * - groups by (domain-id, PASID), for everything coarser.
 *
 * The remaining tags are compared, the kind of translation (PGTT) is not a
 * tag. Both stages share one page size field, so one probe a size in use.
 */
#include "vtd/vtd_internal.h"

static unsigned int order_index(unsigned int order)
{
	return (order - 12) / 9;
}

static bool pgtt_paged(u8 pgtt)
{
	return pgtt == VTD_PGTT_FS || pgtt == VTD_PGTT_NESTED;
}

static u64 tlbe_key(bool paged, u32 id, u64 addr, unsigned int order)
{
	return vtd_hash(addr >> order ^ (u64)id << 36 ^ (u64)order << 57 ^ (u64)paged << 63);
}

static u64 group_key(u16 did, u32 pasid)
{
	return vtd_hash((u64)did << 20 | pasid);
}

static struct vtd_tlbe *tlbe_of(struct vtd_node *n)
{
	return (struct vtd_tlbe *)n;
}

struct vtd_group *vtd_iotlb_group(const struct vtd *v, u16 did, u32 pasid)
{
	u64 key = group_key(did, pasid);

	for (struct vtd_node *n = vtd_cache_first(&v->group, key); n; n = n->next) {
		struct vtd_group *g = (struct vtd_group *)n;

		if (g->did == did && g->pasid == pasid)
			return g;
	}
	return NULL;
}

static void group_drop(struct vtd *v, struct vtd_node *n)
{
	vtd_cache_del(&v->group, n);
}

static void tlbe_drop(struct vtd *v, struct vtd_node *n)
{
	struct vtd_tlbe *e = tlbe_of(n);
	struct vtd_group *g = e->group;

	if (e->gprev)
		e->gprev->gnext = e->gnext;
	else
		g->first = e->gnext;
	if (e->gnext)
		e->gnext->gprev = e->gprev;
	g->paged -= pgtt_paged(e->pgtt);
	if (!--g->count)
		group_drop(v, &g->node);
	v->order_count[order_index(e->page.order)]--;
	vtd_cache_del(&v->iotlb, n);
}

int vtd_iotlb_init(struct vtd *v)
{
	int ret = vtd_cache_init(&v->iotlb, sizeof(struct vtd_tlbe), v->cfg.max_entries);

	if (ret)
		return ret;
	v->iotlb.name = "IOTLB";
	v->iotlb.drop = tlbe_drop;
	/* A group exists only with an entry, so the IOTLB's bound is never reached here. */
	ret = vtd_cache_init(&v->group, sizeof(struct vtd_group), v->cfg.max_entries + 1);
	v->group.name = "IOTLB index";
	v->group.drop = group_drop;
	return ret;
}

static struct vtd_tlbe *iotlb_probe(const struct vtd *v, const struct vtd_pasid *pe, u64 addr,
				    unsigned int order, bool priv)
{
	bool paged = pgtt_paged(pe->pgtt);
	u64 page = addr >> order << order;
	u64 key = tlbe_key(paged, paged ? pe->pasid : pe->did, addr, order);

	for (struct vtd_node *n = vtd_cache_first(&v->iotlb, key); n; n = n->next) {
		struct vtd_tlbe *e = tlbe_of(n);

		if (e->addr == page && e->page.order == order && e->pasid == pe->pasid &&
		    e->did == pe->did && e->sid == pe->sid && pgtt_paged(e->pgtt) == paged &&
		    !(e->page.flags & VTD_PAGE_PRIV) == !priv)
			return e;
	}
	return NULL;
}

const struct vtd_tlbe *vtd_iotlb_find(const struct vtd *v, const struct vtd_pasid *pe, u64 addr,
				      bool priv)
{
	for (unsigned int i = 0; i < VTD_ORDERS; i++) {
		const struct vtd_tlbe *e;

		if (!v->order_count[i])
			continue;
		e = iotlb_probe(v, pe, addr, 12 + 9 * i, priv);
		if (e)
			return e;
	}
	return NULL;
}

static struct vtd_group *group_get(struct vtd *v, u16 did, u32 pasid)
{
	struct vtd_group *g = vtd_iotlb_group(v, did, pasid);

	if (g)
		return g;
	g = (struct vtd_group *)vtd_cache_add(v, &v->group, group_key(did, pasid));
	if (g) {
		g->did = did;
		g->pasid = pasid;
	}
	return g;
}

static void group_link(struct vtd_group *g, struct vtd_tlbe *e)
{
	e->group = g;
	e->gnext = g->first;
	if (g->first)
		g->first->gprev = e;
	g->first = e;
	g->count++;
	g->paged += pgtt_paged(e->pgtt);
}

void vtd_iotlb_insert(struct vtd *v, const struct vtd_pasid *pe, u64 addr,
		      const struct vtd_page *page)
{
	bool paged = pgtt_paged(pe->pgtt);
	struct vtd_group *g;
	struct vtd_tlbe *e;

	e = iotlb_probe(v, pe, addr, page->order, page->flags & VTD_PAGE_PRIV);
	if (e)
		tlbe_drop(v, &e->node);
	e = (struct vtd_tlbe *)vtd_cache_add(
		v, &v->iotlb, tlbe_key(paged, paged ? pe->pasid : pe->did, addr, page->order));
	if (!e)
		return;
	g = group_get(v, pe->did, pe->pasid);
	if (!g) {
		vtd_cache_del(&v->iotlb, &e->node);
		return;
	}
	e->addr = addr >> page->order << page->order;
	e->page = *page;
	e->pasid = pe->pasid;
	e->sid = pe->sid;
	e->did = pe->did;
	e->pgtt = pe->pgtt;
	group_link(g, e);
	v->order_count[order_index(page->order)]++;
	vtd_filled_node(v, VTD_VIEW_IOTLB, &e->node);
}

static void drop_counted(struct vtd *v, struct vtd_tlbe *e)
{
	machine_count(v->m, SVK_LAB_IOTLB_DROPPED);
	vtd_drop(v, VTD_VIEW_IOTLB, &e->node);
}

void vtd_iotlb_drop_group(struct vtd *v, struct vtd_group *g, bool paged_only)
{
	struct vtd_tlbe *next;

	/* The group itself goes with its last entry. */
	for (struct vtd_tlbe *e = g->first; e; e = next) {
		next = e->gnext;
		if (!paged_only || pgtt_paged(e->pgtt))
			drop_counted(v, e);
	}
}

static bool range_hits(const struct vtd_range *r, const struct vtd_tlbe *e)
{
	u64 last = e->addr + ((1ULL << e->page.order) - 1);

	return e->did == r->did && pgtt_paged(e->pgtt) == r->paged &&
	       (!r->paged || e->pasid == r->pasid) && e->addr <= r->last && last >= r->start;
}

/* One probe a page; returns false, having done nothing, if a scan is cheaper. */
static bool drop_by_probe(struct vtd *v, const struct vtd_range *r, size_t limit)
{
	if ((r->last - r->start) >> 12 >= limit)
		return false;
	for (unsigned int i = 0; i < VTD_ORDERS; i++) {
		unsigned int order = 12 + 9 * i;

		if (!v->order_count[i])
			continue;
		for (u64 p = r->start >> order; p <= r->last >> order; p++) {
			u32 id = r->paged ? r->pasid : r->did;
			u64 key = tlbe_key(r->paged, id, p << order, order);
			struct vtd_node *next;

			for (struct vtd_node *n = vtd_cache_first(&v->iotlb, key); n; n = next) {
				next = n->next;
				if (n->key == key && range_hits(r, tlbe_of(n)))
					drop_counted(v, tlbe_of(n));
			}
		}
	}
	return true;
}

static void drop_by_scan(struct vtd *v, const struct vtd_range *r, struct vtd_group *g)
{
	struct vtd_tlbe *next;

	for (struct vtd_tlbe *e = g->first; e; e = next) {
		next = e->gnext;
		if (range_hits(r, e))
			drop_counted(v, e);
	}
}

void vtd_iotlb_drop_range(struct vtd *v, const struct vtd_range *r)
{
	struct vtd_group *g;
	struct vtd_node *next;

	if (r->paged) {
		g = vtd_iotlb_group(v, r->did, r->pasid);
		if (g && !drop_by_probe(v, r, g->count))
			drop_by_scan(v, r, g);
		return;
	}
	if (drop_by_probe(v, r, v->iotlb.count))
		return;
	for (struct vtd_node *n = v->group.oldest; n; n = next) {
		next = n->newer;
		g = (struct vtd_group *)n;
		if (g->did == r->did)
			drop_by_scan(v, r, g);
	}
}
