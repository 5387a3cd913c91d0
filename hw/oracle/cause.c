// SPDX-License-Identifier: GPL-2.0
/*
 * Why an entry is still there although the tables refuse it: what software
 * has sent since the entry was filled, and how near that came.
 *
 * Most descriptors concern something else, and are right. One with another tag
 * is held to be a failed attempt only if it has removed nothing stale, and if
 * what it names instead was never in use; one with another range only if that
 * is near. Else nothing was sent.
 */
#include "oracle/oracle_internal.h"

void oracle_seen_add(struct oracle_seen *s, const struct vtd_view *e)
{
	s->pasid[e->pasid / 64] |= 1ULL << (e->pasid & 63);
	s->did[e->did / 64] |= 1ULL << (e->did & 63);
	s->sid[e->sid / 64] |= 1ULL << (e->sid & 63);
}

static bool seen(const u64 *bits, u32 n)
{
	return bits[n / 64] >> (n & 63) & 1;
}

/* The descriptor @back steps ago, the latest being 1; NULL: not remembered. */
static const struct oracle_desc *past(const struct oracle *o, u64 back)
{
	if (back > o->descs || back > ORACLE_HISTORY)
		return NULL;
	return &o->history[(o->descs - back) % ORACLE_HISTORY];
}

/* The latest descriptor that removes an entry, or would have. */
static const struct oracle_desc *last_covering(const struct oracle *o, const struct vtd_view *e,
					       u64 until)
{
	const struct oracle_desc *d;

	for (u64 i = 1; (d = past(o, i)); i++) {
		if (d->at <= until && oracle_covers(d->q, e))
			return d;
	}
	return NULL;
}

static bool apart(const u64 *q, const struct vtd_view *e)
{
	u64 first, last;

	return oracle_range(q, &first, &last) &&
	       (e->addr > last || first > e->addr + (e->size - 1));
}

/* Whether the range ends less than its own size before the entry, or begins so behind it. */
static bool beside(const u64 *q, const struct vtd_view *e)
{
	u64 first, last, gap;

	oracle_range(q, &first, &last);
	gap = e->addr > last ? e->addr - last - 1 : first - (e->addr + e->size);
	return gap <= last - first;
}

/* ORACLE_TAG_* that a descriptor has otherwise than the entry. */
static unsigned int wrong_tags(const struct oracle_tags *t, const struct vtd_view *e)
{
	return (t->has_did && t->did != e->did ? ORACLE_TAG_DID : 0) |
	       (t->has_pasid && !t->any_pasid && t->pasid != e->pasid ? ORACLE_TAG_PASID : 0) |
	       (t->has_sid && t->sid != e->sid ? ORACLE_TAG_SID : 0);
}

/* Whether the one tag that differs cannot have been meant for anybody else. */
static bool never_used(const struct oracle *o, const struct oracle_tags *t, unsigned int differ)
{
	switch (differ) {
	case ORACLE_TAG_DID:
		/* Whoever else has the PASID would have removed something. */
		return t->has_pasid || !seen(o->seen.did, t->did);
	case ORACLE_TAG_PASID:
		return !seen(o->seen.pasid, t->pasid);
	case ORACLE_TAG_SID:
		return !seen(o->seen.sid, t->sid);
	default:
		return false;
	}
}

/* A device-TLB invalidation of requests with PASID for those without, or the other way round. */
static bool wrong_kind(const struct oracle *o, const struct oracle_tags *t,
		       const struct vtd_view *e)
{
	if (e->kind != VTD_VIEW_DEVTLB || t->has_pasid == e->has_pasid || t->sid != e->sid)
		return false;
	return e->has_pasid ? !seen(o->seen.pasid, 0) : t->pasid == 0;
}

/*
 * How one descriptor has failed to remove an entry; NEVER: it was not meant to.
 * @after: when software took the PASID entry away, so that a page is not enough; 0: it did not
 */
static enum oracle_cause_id near_miss(const struct oracle *o, const struct oracle_desc *d,
				      const struct vtd_view *e, u64 after, unsigned int *tags)
{
	unsigned int differ;
	struct oracle_tags t;

	*tags = 0;
	if (d->lost || !oracle_tags(d->q, e->kind, &t))
		return CAUSE_NEVER;
	if (wrong_kind(o, &t, e))
		return d->needed || apart(d->q, e) ? CAUSE_NEVER : CAUSE_GRANULARITY;
	if (e->kind == VTD_VIEW_DEVTLB && t.has_pasid != e->has_pasid)
		return CAUSE_NEVER;
	differ = wrong_tags(&t, e);
	if (differ) {
		if (!d->needed && !apart(d->q, e) && never_used(o, &t, differ))
			*tags = differ;
		return *tags ? CAUSE_TAG : CAUSE_NEVER;
	}
	if (!apart(d->q, e))
		return CAUSE_GRANULARITY;
	if (after)
		return d->at >= after ? CAUSE_GRANULARITY : CAUSE_NEVER;
	return beside(d->q, e) ? CAUSE_RANGE : CAUSE_NEVER;
}

/* Whether a descriptor makes the PASID-cache forget the PASID that a page belongs to. */
static bool takes_away(const u64 *q, const struct vtd_view *e)
{
	struct oracle_tags t;

	return oracle_tags(q, VTD_VIEW_PASID, &t) && (!t.has_pasid || t.pasid == e->pasid) &&
	       (e->kind == VTD_VIEW_DEVTLB || !t.has_did || t.did == e->did);
}

/* When the PASID-cache was told that the PASID entry is gone; 0: never, or it is not gone. */
static u64 taken_away(const struct oracle *o, const struct oracle_finding *f)
{
	const struct vtd_view *e = f->cached;
	const struct oracle_desc *d;

	if (f->why.stage != VTD_STAGE_NONE ||
	    (e->kind != VTD_VIEW_IOTLB && e->kind != VTD_VIEW_DEVTLB))
		return 0;
	for (u64 i = 1; (d = past(o, i)) && d->at >= e->born; i++) {
		if (takes_away(d->q, e))
			return d->at;
	}
	return 0;
}

/* Whether it is of the same address space, whatever its range. */
static bool same_space(const struct oracle_desc *d, const struct vtd_view *e)
{
	struct oracle_tags t;

	return oracle_tags(d->q, e->kind, &t) && !wrong_tags(&t, e) &&
	       (e->kind != VTD_VIEW_DEVTLB || t.has_pasid == e->has_pasid);
}

static void search(const struct oracle *o, struct oracle_finding *f)
{
	u64 after = taken_away(o, f);
	const struct oracle_desc *d;

	for (u64 i = 1; (d = past(o, i)) && d->at >= f->cached->born; i++) {
		enum oracle_cause_id id;
		unsigned int tags;

		id = near_miss(o, d, f->cached, after, &tags);
		if (id > f->cause.id)
			f->cause = (struct oracle_cause){.id = id, .desc = d, .tags = tags};
		else if (!f->cause.desc && same_space(d, f->cached))
			f->cause.desc = d;
	}
}

/* The entry of another cache that this one was filled from, as far as descriptors go. */
static struct vtd_view source_of(const struct oracle_finding *f)
{
	struct vtd_view e = *f->cached;

	if (e.kind == VTD_VIEW_DEVTLB) {
		e.kind = VTD_VIEW_IOTLB;
		e.did = f->mark->did;
		e.pasid = f->mark->pasid;
		e.entry[0] = f->mark->paged;
	} else {
		e.kind = VTD_VIEW_PASID;
	}
	return e;
}

/* It was stale from the start. Return: whether that says why it still is. */
static bool inherited(const struct oracle *o, struct oracle_finding *f)
{
	const struct vtd_view source = source_of(f);
	const struct oracle_desc *d = last_covering(o, &source, ~0ULL);
	const struct oracle_desc *own;

	if (!d)
		return false;
	if (d->lost) {
		f->cause = (struct oracle_cause){.id = CAUSE_LOST, .desc = d};
		return true;
	}
	own = last_covering(o, f->cached, f->cached->born);
	if (d->at < f->cached->born || !own)
		return false;
	f->cause = (struct oracle_cause){.id = CAUSE_ORDER, .desc = own, .source = d};
	return true;
}

void oracle_cause_find(const struct oracle *o, struct oracle_finding *f)
{
	const struct oracle_desc *d = last_covering(o, f->cached, ~0ULL);

	f->cause = (struct oracle_cause){.id = CAUSE_NEVER};
	if (d && d->lost && d->at >= f->cached->born)
		f->cause = (struct oracle_cause){.id = CAUSE_LOST, .desc = d};
	else if (!f->mark->inherited || !inherited(o, f))
		search(o, f);
}
