// SPDX-License-Identifier: GPL-2.0
/* The device-TLB: a chained hash over (tag, size, address). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/atc.h"
#include "log.h"
#include "vtd/inspect.h"
#include "vtd/vtd.h"

#define ATC_MAX (1u << 30)

int atc_init(struct atc *c, size_t max)
{
	size_t buckets = 512;

	if (!max || max > ATC_MAX)
		return -EINVAL;
	memset(c, 0, sizeof(*c));
	while (buckets < max)
		buckets *= 2;
	/* Untouched pages of a large zeroed allocation cost nothing. */
	c->entry = calloc(max, sizeof(*c->entry));
	c->bucket = calloc(buckets, sizeof(*c->bucket));
	if (!c->entry || !c->bucket) {
		atc_cleanup(c);
		return -ENOMEM;
	}
	c->smallest = ~0ULL;
	c->max = max;
	c->mask = buckets - 1;
	return 0;
}

void atc_cleanup(struct atc *c)
{
	free(c->entry);
	free(c->bucket);
	memset(c, 0, sizeof(*c));
}

static unsigned int order_of(const struct atc_entry *e)
{
	return __builtin_ctzll(e->span + 1);
}

/*
 * 512 neighbours go to neighbouring buckets (a sequential copy then walks the
 * bucket array and the entries in memory order), and their regions are spread:
 * with a plain modulus, buffers a power of two apart would share one chain.
 */
static size_t atc_hash(const struct atc *c, u32 tag, unsigned int order, u64 addr)
{
	u64 index = addr >> order;
	u64 region = (index >> 9) ^ ((u64)tag << 40) ^ ((u64)order << 34);

	return (index + (region * 0x9e3779b97f4a7c15ULL >> 32)) & c->mask;
}

static inline u32 atc_find(const struct atc *c, u32 tag, unsigned int order, u64 addr)
{
	u64 span = SVK_BIT(order) - 1;
	u32 i = c->bucket[atc_hash(c, tag, order, addr)];

	for (; i; i = c->entry[i - 1].next) {
		const struct atc_entry *e = &c->entry[i - 1];

		if (e->tag == tag && e->span == span && addr - e->base <= span)
			break;
	}
	return i;
}

const struct atc_entry *atc_lookup(const struct atc *c, u32 tag, u64 addr)
{
	u64 sizes;
	u32 i;

	for (sizes = c->sizes; sizes; sizes &= sizes - 1) {
		i = atc_find(c, tag, __builtin_ctzll(sizes), addr);
		if (i)
			return &c->entry[i - 1];
	}
	return NULL;
}

static void atc_unlink_age(struct atc *c, const struct atc_entry *e)
{
	if (e->older)
		c->entry[e->older - 1].newer = e->newer;
	else
		c->oldest = e->newer;
	if (e->newer)
		c->entry[e->newer - 1].older = e->older;
	else
		c->newest = e->older;
}

static void atc_count_size(struct atc *c, unsigned int order, int by)
{
	c->count += by;
	c->of_order[order] += by;
	if (c->of_order[order])
		c->sizes |= SVK_BIT(order);
	else
		c->sizes &= ~SVK_BIT(order);
	/* No entry, free ones included, has the span that stands for none. */
	c->smallest = c->sizes ? (c->sizes & -c->sizes) - 1 : ~0ULL;
}

static void atc_drop(struct atc *c, u32 i)
{
	struct atc_entry *e = &c->entry[i - 1];
	u32 *link = &c->bucket[atc_hash(c, e->tag, order_of(e), e->base)];

	while (*link != i)
		link = &c->entry[*link - 1].next;
	*link = e->next;
	atc_unlink_age(c, e);
	atc_count_size(c, order_of(e), -1);
	e->span = 0;
	e->next = c->free;
	c->free = i;
}

static u32 atc_take(struct atc *c)
{
	u32 i;

	if (!c->free && c->used == c->max) {
		if (!c->evicted++)
			log_warn("accel: device-TLB full: missing invalidations may stay unseen");
		atc_drop(c, c->oldest);
	}
	i = c->free;
	if (i) {
		c->free = c->entry[i - 1].next;
		return i;
	}
	return ++c->used;
}

void atc_insert(struct atc *c, const struct atc_entry *new)
{
	struct atc_entry *e;
	u32 *head;
	u32 i;

	i = atc_find(c, new->tag, order_of(new), new->base);
	if (i) {
		c->entry[i - 1].out = new->out;
		c->entry[i - 1].mid = new->mid;
		c->entry[i - 1].perm = new->perm;
		c->entry[i - 1].born = new->born;
		c->entry[i - 1].by = new->by;
		return;
	}
	i = atc_take(c);
	e = &c->entry[i - 1];
	*e = *new;
	head = &c->bucket[atc_hash(c, e->tag, order_of(e), e->base)];
	e->next = *head;
	*head = i;
	e->newer = 0;
	e->older = c->newest;
	if (c->newest)
		c->entry[c->newest - 1].newer = i;
	else
		c->oldest = i;
	c->newest = i;
	atc_count_size(c, order_of(e), 1);
}

void atc_view(const struct atc_entry *e, u16 sid, struct vtd_view *view)
{
	*view = (struct vtd_view){
		.kind = VTD_VIEW_DEVTLB,
		.sid = sid,
		.has_pasid = e->tag != ATC_NO_PASID,
		.pasid = e->tag != ATC_NO_PASID ? e->tag : 0,
		.perm = (e->perm & ATC_READ ? VTD_VIEW_R : 0) |
			(e->perm & ATC_WRITE ? VTD_VIEW_W : 0),
		.addr = e->base,
		.size = e->span + 1,
		.out = e->out,
		.mid = e->mid,
		.born = e->born,
		.by = e->by,
	};
}

bool atc_each(const struct atc *c, u16 sid, bool (*visit)(void *ctx, const struct vtd_view *e),
	      void *ctx)
{
	struct vtd_view view;

	for (u32 i = c->oldest; i; i = c->entry[i - 1].newer) {
		atc_view(&c->entry[i - 1], sid, &view);
		if (!visit(ctx, &view))
			return false;
	}
	return true;
}

static bool atc_overlaps(const struct atc_entry *e, const struct vtd_devtlb_inv *inv)
{
	u64 last = inv->addr + inv->size - 1;
	u64 e_last = e->base + e->span;

	return !inv->size || (e->base <= last && inv->addr <= e_last);
}

static bool atc_selects(const struct atc_entry *e, const struct vtd_devtlb_inv *inv)
{
	if (!inv->has_pasid)
		return e->tag == ATC_NO_PASID;
	return e->tag != ATC_NO_PASID && (inv->global || e->tag == inv->pasid);
}

/* An invalidation under way. */
struct atc_sweep {
	struct atc *c;
	const struct vtd_devtlb_inv *inv;
	void (*gone)(void *ctx, const struct atc_entry *e);
	void *ctx;
	size_t dropped;
};

static void sweep_drop(struct atc_sweep *s, u32 i)
{
	if (s->gone)
		s->gone(s->ctx, &s->c->entry[i - 1]);
	atc_drop(s->c, i);
	s->dropped++;
}

static void atc_sweep_all(struct atc_sweep *s)
{
	u32 i, newer;

	for (i = s->c->oldest; i; i = newer) {
		const struct atc_entry *e = &s->c->entry[i - 1];

		newer = e->newer;
		if (atc_selects(e, s->inv) && atc_overlaps(e, s->inv))
			sweep_drop(s, i);
	}
}

/* Entries of one size; the range holds 1..count places where one could start. */
static void atc_sweep_size(struct atc_sweep *s, unsigned int order)
{
	u32 tag = s->inv->has_pasid ? s->inv->pasid : ATC_NO_PASID;
	u64 places = s->inv->size >> order;
	u64 n = 0;
	u32 i;

	do {
		i = atc_find(s->c, tag, order, s->inv->addr + (n << order));
		if (i)
			sweep_drop(s, i);
	} while (++n < places);
}

size_t atc_invalidate(struct atc *c, const struct vtd_devtlb_inv *inv,
		      void (*gone)(void *ctx, const struct atc_entry *e), void *ctx)
{
	struct atc_sweep s = {.c = c, .inv = inv, .gone = gone, .ctx = ctx};
	u64 sizes;

	if (!inv->size || (inv->has_pasid && inv->global) || inv->size >> 12 > c->count) {
		atc_sweep_all(&s);
		return s.dropped;
	}
	/* A copy: dropping the last entry of a size clears its bit. */
	for (sizes = c->sizes; sizes; sizes &= sizes - 1)
		atc_sweep_size(&s, __builtin_ctzll(sizes));
	return s.dropped;
}

size_t atc_flush(struct atc *c)
{
	size_t dropped = c->count;

	while (c->oldest)
		atc_drop(c, c->oldest);
	c->used = 0;
	c->free = 0;
	return dropped;
}
