// SPDX-License-Identifier: GPL-2.0
/*
 * PASID entries that software takes away and puts back, as Linux does around the
 * reset of a function. What it has not invalidated in between was in use all the
 * time, and the tables do not show it any more.
 *
 * That an entry is gone is noted, with the time, when descriptors come that belong
 * to its teardown (6.5.3.3). Whatever was cached of it before has to go, sooner or
 * later; if it is still there when nothing is under way, it was forgotten.
 */
#include "clock.h"
#include "oracle/oracle_internal.h"

struct away_check {
	struct oracle *o;
	const u64 *q;
	unsigned int type;
};

/* Whether a descriptor is about a PASID entry, or about all that was cached behind it. */
static bool about(const struct away_check *c, const struct vtd_view *e)
{
	unsigned int g = (unsigned int)svk_get(VTD_DESC_G, c->q[0]);

	switch (c->type) {
	case VTD_DESC_PC:
		return oracle_covers(c->q, e);
	case VTD_DESC_IOTLB:
		return g == VTD_GRAN_DOMAIN && svk_get(VTD_DESC_DID, c->q[0]) == e->did;
	case VTD_DESC_PIOTLB:
		return g == VTD_PIOTLB_G_PASID && svk_get(VTD_DESC_DID, c->q[0]) == e->did &&
		       svk_get(VTD_DESC_PASID, c->q[0]) == e->pasid;
	case VTD_DESC_PDEVTLB:
		return (c->q[1] & VTD_PDEVTLB_S) && svk_get(VTD_PDEVTLB_SID, c->q[0]) == e->sid &&
		       svk_get(VTD_DESC_PASID, c->q[0]) == e->pasid;
	default:
		return false;
	}
}

static bool behind(const struct oracle_away *a, const struct vtd_view *e)
{
	if (e->kind == VTD_VIEW_CONTEXT || a->sid != e->sid || a->pasid != e->pasid)
		return false;
	return e->kind == VTD_VIEW_DEVTLB ? e->has_pasid : a->did == e->did;
}

bool oracle_was_away(const struct oracle *o, const struct vtd_view *e)
{
	for (size_t i = 0; i < o->aways; i++) {
		if (behind(&o->away[i], e) && e->born < o->away[i].at)
			return true;
	}
	return false;
}

/* Its note, an empty one, or in place of the oldest. */
static struct oracle_away *away_slot(struct oracle *o, const struct vtd_view *e)
{
	struct oracle_away *oldest = o->away;

	for (size_t i = 0; i < o->aways; i++) {
		if (behind(&o->away[i], e))
			return &o->away[i];
		if (o->away[i].at < oldest->at)
			oldest = &o->away[i];
	}
	return o->aways < ORACLE_AWAY ? &o->away[o->aways++] : oldest;
}

static bool note(void *ctx, const struct vtd_view *e)
{
	struct away_check *c = ctx;
	struct vtd_view now;
	struct vtd_why why;

	if (about(c, e) && vtd_inspect(c->o->unit, e, &now, &why) == VTD_MATCH_STALE && why.reason)
		*away_slot(c->o, e) = (struct oracle_away){
			.sid = e->sid, .pasid = e->pasid, .did = e->did, .at = clock_ns()};
	return true;
}

void oracle_away_descriptor(struct oracle *o, const u64 *q)
{
	struct away_check c = {.o = o, .q = q, .type = oracle_desc_type(q)};

	if (c.type == VTD_DESC_PC || c.type == VTD_DESC_IOTLB || c.type == VTD_DESC_PIOTLB ||
	    c.type == VTD_DESC_PDEVTLB)
		vtd_inspect_each(o->unit, 1u << VTD_VIEW_PASID, note, &c);
}
