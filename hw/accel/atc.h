/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device-TLB (address translation cache, ATC; PCIe 10.1.2): what the
 * remapping unit answered to translation requests.
 *
 * An entry lives until an invalidation names it, exactly: nothing is merged,
 * split or refreshed behind software's back, so that a missing invalidation
 * shows every time. The only exception is the bound given to atc_init().
 *
 * Not locked: the accelerator calls with the machine's lock held.
 */
#ifndef HW_ACCEL_ATC_H
#define HW_ACCEL_ATC_H

#include <svakit/types.h>

struct vtd_devtlb_inv;
struct vtd_view;

#define ATC_READ 1u
#define ATC_WRITE 2u

/** ATC_NO_PASID - Tag of entries of requests without PASID. */
#define ATC_NO_PASID (~0u)

/**
 * struct atc_entry - One answer, for the naturally aligned range of span + 1 bytes.
 * @base: first input address
 * @out: output address of @base
 * @mid: for reports: of a nested translation, what the first stage gives for @base; else 0
 * @span: size of the range - 1
 * @tag: PASID, or ATC_NO_PASID
 * @next: hash chain, or free list; index + 1, 0 ends
 * @older: insertion order, towards the oldest; index + 1
 * @newer: towards the newest
 * @perm: ATC_READ and/or ATC_WRITE
 * @born: when it was entered, ns of CLOCK_MONOTONIC
 * @by: struct vtd_request.by of the request
 */
struct atc_entry {
	u64 base;
	u64 out;
	u64 span;
	u32 tag;
	u32 next;
	u32 older;
	u32 newer;
	u8 perm;
	u64 mid;
	u64 born;
	u64 by;
};

/**
 * struct atc - A device-TLB.
 * @entry: storage of @max entries, taken in ascending order, so that pages
 *	touched in sequence are neighbours
 * @bucket: heads of the hash chains, index + 1
 * @max: bound on entries
 * @mask: number of buckets - 1
 * @used: entries of @entry ever taken
 * @free: list of returned entries, index + 1
 * @count: valid entries
 * @oldest: first of the entries in the order of their insertion, index + 1
 * @newest: last of them
 * @smallest: span of the smallest size cached
 * @sizes: bit n set = some entry of 1 << n bytes is cached
 * @of_order: valid entries by order
 * @evicted: entries dropped because the cache was full
 */
struct atc {
	struct atc_entry *entry;
	u32 *bucket;
	size_t max;
	size_t mask;
	size_t used;
	size_t count;
	u32 free;
	u32 oldest;
	u32 newest;
	u64 sizes;
	u64 smallest;
	u32 of_order[64];
	u64 evicted;
};

/**
 * atc_init() - Set up an empty cache.
 * @max: bound on entries, 1..1 << 30
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int atc_init(struct atc *c, size_t max);

/** atc_cleanup() - Free the storage; a zeroed cache is allowed. */
void atc_cleanup(struct atc *c);

/**
 * atc_lookup() - Find the entry that covers an address.
 *
 * Of several sizes that cover it the smallest is used. The caller checks
 * the permissions: an entry that lacks one must be asked for again, not missed.
 *
 * Return: the entry, valid until the cache is changed, or NULL.
 */
const struct atc_entry *atc_lookup(const struct atc *c, u32 tag, u64 addr);

/**
 * struct atc_cursor - Where a sequence of lookups is, and which way it goes.
 * @last: entry that was found
 * @step: from there to the next one
 * @wrong: the last guess was; the second in a row changes @step
 *
 * Pages that are used in sequence were mostly asked for in sequence, so the
 * next entry is mostly as far away as the last one was. Zero to start; stale
 * contents cost time, never a wrong answer.
 */
struct atc_cursor {
	size_t last;
	size_t step;
	bool wrong;
};

/**
 * atc_lookup_next() - atc_lookup() that looks at the likely place first.
 *
 * A guess counts only for the smallest size cached: nothing smaller can cover
 * the address then, and the answer is that of atc_lookup().
 */
static inline const struct atc_entry *atc_lookup_next(const struct atc *c, struct atc_cursor *cur,
						      u32 tag, u64 addr)
{
	size_t i = cur->last + cur->step;
	const struct atc_entry *e = i < c->used ? &c->entry[i] : NULL;

	if (e && e->tag == tag && addr - e->base <= e->span && e->span == c->smallest) {
		cur->wrong = false;
	} else {
		e = atc_lookup(c, tag, addr);
		if (!e)
			return NULL;
		i = e - c->entry;
		if (cur->wrong)
			cur->step = i - cur->last;
		cur->wrong = !cur->wrong;
	}
	cur->last = i;
	return e;
}

/**
 * atc_insert() - Cache an answer; one with the same tag, address and size is replaced.
 * @new: all but the links is read; span + 1 is a power of two from 4096
 *
 * A full cache drops its oldest entry.
 */
void atc_insert(struct atc *c, const struct atc_entry *new);

/**
 * atc_invalidate() - Drop the entries that an invalidation names: those whose
 * range overlaps it and whose tag it selects.
 * @gone: called before each is dropped; may be NULL
 *
 * Return: number of entries dropped.
 */
size_t atc_invalidate(struct atc *c, const struct vtd_devtlb_inv *inv,
		      void (*gone)(void *ctx, const struct atc_entry *e), void *ctx);

/**
 * atc_each() - Visit every entry, oldest first, as an entry of @sid's device-TLB.
 *
 * Return: false as soon as @visit returns false, else true.
 */
bool atc_each(const struct atc *c, u16 sid, bool (*visit)(void *ctx, const struct vtd_view *e),
	      void *ctx);

/** atc_view() - One entry as others see it. */
void atc_view(const struct atc_entry *e, u16 sid, struct vtd_view *view);

/** atc_flush() - Drop everything. Return: number of entries dropped. */
size_t atc_flush(struct atc *c);

#endif /* HW_ACCEL_ATC_H */
