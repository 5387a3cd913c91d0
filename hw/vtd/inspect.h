/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looking at what is cached, and at what memory says of the same thing now.
 * Nothing here changes any state of the unit, of an endpoint or of memory.
 *
 * Every function is called with the machine's lock held.
 */
#ifndef HW_VTD_INSPECT_H
#define HW_VTD_INSPECT_H

#include <svakit/accel_regs.h>
#include <svakit/types.h>

struct vtd;

enum vtd_view_kind {
	VTD_VIEW_CONTEXT,
	VTD_VIEW_PASID,
	VTD_VIEW_IOTLB,
	VTD_VIEW_DEVTLB,
	VTD_VIEW_KINDS
};

#define VTD_VIEW_ALL ((1u << VTD_VIEW_KINDS) - 1)

/* struct vtd_view.perm */
#define VTD_VIEW_R 1u
#define VTD_VIEW_W 2u
#define VTD_VIEW_X 4u

/* Who refuses an access, or gives something else. */
enum vtd_stage {
	VTD_STAGE_NONE, /* root, context or PASID entry */
	VTD_STAGE_FIRST,
	VTD_STAGE_SECOND,
};

/**
 * struct vtd_view - One cached entry, or what an uncached look-up gives in its place.
 * @kind: of cache
 * @sid: source-id
 * @has_pasid: device-TLB: of requests with PASID; others: true
 * @pasid: 20 bits; not of a context entry
 * @did: domain-id of a PASID or IOTLB entry
 * @priv: permissions are those of a privileged request
 * @perm: VTD_VIEW_*, of a page
 * @addr: first input address of a page
 * @size: of the page, bytes, a power of two from 4096
 * @out: output address of @addr
 * @mid: of a nested translation, what the first stage gives for @addr; else 0
 * @born: when it was entered, ns of CLOCK_MONOTONIC
 * @by: who asked for it, as in struct vtd_request
 * @upper: of a context or PASID entry: the root or directory entry that led to it
 * @upper_at: address of that
 * @entry: of a context or PASID entry, what it says, for comparison and reports: context:
 *	directory pointer, RID_PASID, directory size, DTE | PASIDE << 1 | RID_PRIV << 2 |
 *	PRE << 3; PASID entry: FSPTPTR, SSPTPTR, PGTT | levels << 8 | levels << 16, permission
 *	bits; IOTLB: 1 for first-stage and nested entries, else 0
 */
struct vtd_view {
	enum vtd_view_kind kind;
	u16 sid;
	bool has_pasid;
	bool priv;
	u8 perm;
	u16 did;
	u32 pasid;
	u64 addr;
	u64 size;
	u64 out;
	u64 mid;
	u64 born;
	u64 by;
	u64 upper;
	u64 upper_at;
	u64 entry[4];
};

enum vtd_match {
	VTD_MATCH_SAME, /* grants what memory grants */
	VTD_MATCH_LESS, /* grants less: harmless, software may leave it */
	VTD_MATCH_STALE, /* grants what memory does not grant any more */
};

/**
 * vtd_inspect_each() - Visit cached entries: context, PASID, IOTLB, device-TLBs.
 * @kinds: bit n: those of kind n
 * @visit: may not invalidate or translate; returns false to end
 *
 * Order: by cache, then from the oldest to the newest.
 */
void vtd_inspect_each(struct vtd *v, unsigned int kinds,
		      bool (*visit)(void *ctx, const struct vtd_view *e), void *ctx);

/**
 * struct vtd_why - Why an entry is stale.
 * @reason: fault reason with which the tables refuse it, 0 if they grant something else
 * @stage: of a page: who refuses, or gives something else
 */
struct vtd_why {
	int reason;
	enum vtd_stage stage;
};

/**
 * vtd_inspect() - Compare an entry with the tables in memory.
 * @cached: the entry, as vtd_inspect_each() gave it
 * @now: what the tables say, where they differ first: for a page @addr, @out, @perm and @size of
 *	that page
 * @why: of a stale entry: why
 *
 * All of a page is compared, also where the tables have smaller ones now.
 */
enum vtd_match vtd_inspect(struct vtd *v, const struct vtd_view *cached, struct vtd_view *now,
			   struct vtd_why *why);

/**
 * vtd_as_executed() - Return: quadword 0 of an invalidation descriptor as the unit takes it.
 *
 * Without CAP.PSI an IOTLB invalidation of pages is one of the domain (6.5.2.3).
 */
u64 vtd_as_executed(const struct vtd *v, u64 q0);

/** vtd_has_endpoint() - Return: whether a device with this source-id is attached. */
bool vtd_has_endpoint(const struct vtd *v, u16 sid);

/** vtd_prq_queued() - Return: page requests that the unit has ever put into the queue. */
u64 vtd_prq_queued(const struct vtd *v);

/** vtd_prq_passed() - Return: of these, how many software has moved PQH past. */
u64 vtd_prq_passed(const struct vtd *v);

/** vtd_count() - Add one to a counter of the model. */
void vtd_count(struct vtd *v, enum svk_lab_counter counter);

/** vtd_time() - Return: nanoseconds from the start of the model to @at, ns of CLOCK_MONOTONIC. */
u64 vtd_time(const struct vtd *v, u64 at);

/** vtd_at_rest() - Return: the invalidation queue is empty and no access is in flight. */
bool vtd_at_rest(const struct vtd *v);

#endif /* HW_VTD_INSPECT_H */
