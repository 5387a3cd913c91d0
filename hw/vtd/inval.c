// SPDX-License-Identifier: GPL-2.0
/*
 * What each invalidation removes (6.5.2), and nothing beyond: a broader one
 * would hide defects of software, a narrower one would invent some.
 *
 * There are no paging-structure caches, so the invalidation hint (IH) has
 * nothing to keep or to drop.
 */
#include "log.h"
#include "vtd/vtd_internal.h"

void vtd_inv_context(struct vtd *v, unsigned int gran, u16 sid, unsigned int fm)
{
	/* Function number bits that are not compared, by FM (6.5.2.1). */
	static const u16 fm_mask[4] = {0, 4, 6, 7};
	u16 ignore = fm_mask[fm & 3];
	struct vtd_node *next;

	vtd_drain_mark(v);
	/*
	 * A scalable-mode context entry has no domain-id: a domain-selective
	 * request concerns all of them.
	 */
	for (struct vtd_node *n = v->context.oldest; n; n = next) {
		const struct vtd_context *ce = (struct vtd_context *)n;

		next = n->newer;
		if (gran != VTD_GRAN_SELECT || !((ce->sid ^ sid) & ~ignore))
			vtd_drop(v, VTD_VIEW_CONTEXT, n);
	}
}

void vtd_inv_pasid(struct vtd *v, unsigned int gran, u16 did, u32 pasid)
{
	struct vtd_node *next;

	vtd_drain_mark(v);
	if (gran == VTD_PC_G_PASID) {
		for (struct vtd_node *n = vtd_cache_first(&v->pasid, vtd_hash(pasid)); n;
		     n = next) {
			const struct vtd_pasid *pe = (struct vtd_pasid *)n;

			next = n->next;
			if (pe->pasid == pasid && pe->did == did)
				vtd_drop(v, VTD_VIEW_PASID, n);
		}
		return;
	}
	for (struct vtd_node *n = v->pasid.oldest; n; n = next) {
		next = n->newer;
		if (gran == VTD_PC_G_GLOBAL || ((struct vtd_pasid *)n)->did == did)
			vtd_drop(v, VTD_VIEW_PASID, n);
	}
}

static void range_set(struct vtd_range *r, u64 addr, unsigned int am)
{
	u64 size = am + 12 < 64 ? 1ULL << (am + 12) : 0;

	/* The address bits below the mask are ignored (6.5.2.3). */
	r->start = size ? addr & ~(size - 1) : 0;
	r->last = r->start + (size - 1);
}

static void drop_domain(struct vtd *v, const u16 *did, bool paged_only)
{
	struct vtd_node *next;

	for (struct vtd_node *n = v->group.oldest; n; n = next) {
		struct vtd_group *g = (struct vtd_group *)n;

		next = n->newer;
		if ((!did || g->did == *did) && (!paged_only || g->paged))
			vtd_iotlb_drop_group(v, g, paged_only);
	}
}

unsigned int vtd_inv_iotlb(struct vtd *v, unsigned int gran, u16 did, u64 addr, unsigned int am)
{
	struct vtd_range r = {.did = did};

	vtd_drain_mark(v);
	if (gran == VTD_GRAN_SELECT && !vtd_has_cap(v, VTD_CAP_PSI))
		gran = VTD_GRAN_DOMAIN;
	if (gran == VTD_GRAN_SELECT) {
		range_set(&r, addr, am);
		vtd_iotlb_drop_range(v, &r);
		/* An input address of the second stage says nothing about these. */
		drop_domain(v, &did, true);
	} else {
		drop_domain(v, gran == VTD_GRAN_GLOBAL ? NULL : &did, false);
	}
	return gran;
}

void vtd_inv_piotlb(struct vtd *v, u16 did, u32 pasid, bool page, u64 addr, unsigned int am)
{
	struct vtd_range r = {.did = did, .paged = true, .pasid = pasid};
	struct vtd_group *g;

	vtd_drain_mark(v);
	if (page) {
		range_set(&r, addr, am);
		vtd_iotlb_drop_range(v, &r);
		return;
	}
	g = vtd_iotlb_group(v, did, pasid);
	if (g)
		vtd_iotlb_drop_group(v, g, false);
}

void vtd_inv_devtlb(struct vtd *v, u16 sid, struct vtd_devtlb_inv *inv, u64 range, bool s)
{
	u64 addr = range & VTD_DEVTLB_ADDR;

	vtd_drain_mark(v);
	inv->size = 4096;
	if (s) {
		/* The lowest clear bit from 12 up gives the size (6.5.2.5). */
		unsigned int bit = ~addr >> 12 ? (unsigned int)__builtin_ctzll(~addr >> 12) : 51;

		inv->size = bit < 51 ? 1ULL << (bit + 13) : 0;
	}
	inv->addr = inv->size ? addr & ~(inv->size - 1) : 0;
	for (unsigned int i = 0; i < v->endpoints; i++) {
		if (v->endpoint[i].sid == sid) {
			if (!v->endpoint[i].ops->invalidate(v->endpoint[i].priv, inv))
				vtd_qi_unanswered(v, sid);
			return;
		}
	}
	log_guest("%s: device-TLB invalidation for unknown source-id 0x%04x, completed", v->name,
		  sid);
}

void vtd_inv_all(struct vtd *v)
{
	vtd_drain_mark(v);
	vtd_cache_clear(v, &v->context);
	vtd_cache_clear(v, &v->pasid);
	drop_domain(v, NULL, false);
	if (v->watch)
		v->watch->forgotten(v->watcher);
}

void vtd_forget(struct vtd *v)
{
	static const struct vtd_devtlb_inv each[] = {{.has_pasid = false},
						     {.has_pasid = true, .global = true}};

	/* Devices last: they fill themselves from the unit. */
	vtd_inv_all(v);
	for (unsigned int i = 0; i < v->endpoints; i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(each); j++)
			v->endpoint[i].ops->invalidate(v->endpoint[i].priv, &each[j]);
	}
}
