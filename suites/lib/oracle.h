/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model's oracle, over the lab page of any accelerator: audits of the
 * translation caches, and the means to spoil them (docs/oracle.md).
 */
#ifndef SUITES_LIB_ORACLE_H
#define SUITES_LIB_ORACLE_H

#include <svakit/accel_regs.h>

/**
 * oracle_settle() - All that has been changed so far has been invalidated: is nothing stale?
 *
 * A later invalidation may be broader and hide that one was missing, the end of the process above
 * all. So the library calls this wherever the kernel has come to an end with a change: after an
 * unmapping, a close, a detaching; before an unmapping, for what the kernel does by itself; and
 * before a case or a process ends.
 *
 * If nothing is stale, this takes one audit. Else it looks again until nothing is, for as long as
 * PID 1 does after the test, and confirms what is stale then (docs/oracle.md). What other
 * processes are changing meanwhile is stale for a moment, not each time for that long.
 *
 * Without root, an accelerator that answers, or an oracle it does nothing.
 */
void oracle_settle(void);

/**
 * oracle_changed() - The caller has changed tables himself, and has not invalidated them yet.
 *
 * oracle_settle() does nothing until oracle_invalidated().
 */
void oracle_changed(void);

/** oracle_invalidated() - Now they are; oracle_settle(). */
void oracle_invalidated(void);

/**
 * oracle_pause() - oracle_settle() does nothing until oracle_resume().
 *
 * For who loses invalidations on purpose, and for who measures time.
 */
void oracle_pause(void);

/** oracle_resume() - That is over; oracle_settle(). */
void oracle_resume(void);

/* Tests of the oracle itself. These assert. */

/** oracle_require() - Skip the whole program unless the oracle can be reached. */
void oracle_require(void);

/* A descriptor type for oracle_lose_begin(). */
#define ORACLE_TYPE(type) (1u << (type))

/**
 * oracle_lose_begin() - Nothing is stale; let the unit lose an invalidation.
 * @types: its descriptor is of one of these, ORACLE_TYPE(VTD_DESC_xxx) | ...
 * @granularity: its G field, or 0 for any
 *
 * What would remove a stale entry completes and removes nothing, until oracle_lose_expect(): Linux
 * sends some invalidations twice, of which one would do.
 */
void oracle_lose_begin(unsigned int types, unsigned int granularity);

/** struct oracle_stale - How many entries are stale, by cache. */
struct oracle_stale {
	unsigned int of[SVK_CACHE_DEVTLB + 1]; /* enum svk_cache */
};

/**
 * oracle_lose_expect() - It has been lost, and these entries, no others, are stale for that.
 * @lost: the cache that should have been invalidated; the oracle knows for each of its entries that
 *	a descriptor was lost on purpose
 * @want: entries; a cache beside @lost has filled itself again from that
 */
void oracle_lose_expect(enum svk_cache lost, struct oracle_stale want);

/**
 * oracle_lose_end() - Empty all caches; tell PID 1 how many findings there have been so far.
 *
 * The number is that of all tests since oracle_require(), which has been called before them.
 */
void oracle_lose_end(void);

#endif /* SUITES_LIB_ORACLE_H */
