/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The oracle: proves that an invalidation is missing. Real hardware forgets
 * cached translations when it likes, so a lost invalidation is corruption once
 * a week. The model forgets only what it is told to, and so can say, at any
 * moment, which entry grants what the tables do not grant any more.
 *
 * A stale entry is no defect as such: between the change of a table and the
 * end of the invalidation there always is one. Whoever asks decides when that
 * time is over: see oracle_audit().
 *
 * Every function is called with the machine's lock held.
 */
#ifndef HW_ORACLE_ORACLE_H
#define HW_ORACLE_ORACLE_H

#include <stdio.h>

#include <svakit/accel_regs.h>
#include <svakit/types.h>

#include "vtd/inspect.h"

struct oracle;
struct vtd;

#define ORACLE_COSTLIEST 16 /* operations remembered */

/**
 * oracle_new() - Begin to watch a unit.
 * @findings: where each finding is written as one JSON object a line, or NULL
 *
 * Return: the oracle, or NULL with errno ENOMEM.
 */
struct oracle *oracle_new(struct vtd *unit, FILE *findings);

/**
 * oracle_add() - Watch one more unit; what is said below of the unit is then of all together.
 *
 * Return: 0 or -ENOMEM.
 */
int oracle_add(struct oracle *o, struct vtd *unit);

/** oracle_free() - End watching. NULL is allowed. */
void oracle_free(struct oracle *o);

/**
 * struct oracle_audit - Outcome of an audit.
 * @at_rest: the invalidation queue was empty and no access in flight, of each unit
 * @entries: cached entries compared
 * @less: of these, grant less than the tables: harmless
 * @stale: of these, grant what the tables do not grant
 * @used: of the stale ones, have served an access since they went stale
 */
struct oracle_audit {
	bool at_rest;
	u64 entries;
	u64 less;
	u64 stale;
	u64 used;
};

/**
 * oracle_audit() - Compare every cached entry with the tables.
 * @confirm: the caller knows that every change of a table made so far has been
 *	invalidated, or never will be: each stale entry is a finding, once
 *
 * Without @confirm nothing is concluded. A caller who does not know that
 * nothing is under way audits until @stale is zero or a deadline has passed,
 * and only then confirms.
 */
struct oracle_audit oracle_audit(struct oracle *o, bool confirm);

/** oracle_last() - Return: outcome of the last audit, zero before the first. */
const struct oracle_audit *oracle_last(const struct oracle *o);

/** oracle_findings() - Return: findings so far. */
u64 oracle_findings(const struct oracle *o);

/**
 * struct oracle_found - A finding, as the lab page shows it.
 * @cache: which cache's entry it is about; SVK_CACHE_NONE: about none, and what follows is zero
 * @rule: a rule was broken; else the entry is stale
 * @second: the second stage refuses what the entry grants, or gives something else
 * @lost: a descriptor that covers the entry was lost on purpose
 * @paged: of a page: a first stage has part in it
 * @has_pasid: the entry has a PASID
 * @sid: source-id
 * @did: domain-id of a PASID or IOTLB entry, else 0
 * @pasid: 20 bits, else 0
 * @addr: input address of a page, else 0
 * @size: bytes of a page, else 0
 * @born: when it was entered, ns since the model was started
 * @at: when it became a finding, likewise
 */
struct oracle_found {
	enum svk_cache cache;
	bool rule;
	bool second;
	bool lost;
	bool paged;
	bool has_pasid;
	u16 sid;
	u16 did;
	u32 pasid;
	u64 addr;
	u64 size;
	u64 born;
	u64 at;
};

/**
 * oracle_found() - One of the last findings.
 * @slot: number of the finding, from 0 on, modulo SVK_LAB_FOUND_KEPT; less than that
 *
 * Return: the latest with such a number, all zero if there is none.
 */
const struct oracle_found *oracle_found(const struct oracle *o, unsigned int slot);

/** oracle_cache_name() - Return: the cache that holds such entries, as findings call it. */
const char *oracle_cache_name(enum vtd_view_kind kind);

/**
 * oracle_line() - One of the last findings, as it was written to the file of findings.
 * @back: 0: the last one, 1: the one before, and so on
 *
 * Return: the JSON object without a newline, until the next finding; NULL if there is none, or it
 * is too long ago, or was only counted.
 */
const char *oracle_line(const struct oracle *o, unsigned int back);

/**
 * struct oracle_op - What one operation of software cost: all that it queued up to a wait.
 * @at: when its first descriptor was executed, ns since the model was started
 * @descriptors: invalidations of a cache; page group responses and the wait do not count
 * @empty: of these, have removed nothing
 * @needed: entries removed that differed from the tables
 * @collateral: entries removed that were as the tables have them
 * @worst_collateral: of these, removed by one and the same descriptor
 * @worst: that descriptor, quadwords 0 and 1
 */
struct oracle_op {
	u64 at;
	u64 descriptors;
	u64 empty;
	u64 needed;
	u64 collateral;
	u64 worst_collateral;
	u64 worst[2];
};

/**
 * oracle_costliest() - Operations that have removed the most entries without need.
 * @ops: they, the costliest first
 *
 * Return: how many, at most ORACLE_COSTLIEST.
 */
size_t oracle_costliest(const struct oracle *o, const struct oracle_op **ops);

/**
 * oracle_removes_stale() - Whether an entry that is stale now is removed by a descriptor.
 * @unit: it is of the queue of this one, which is watched
 * @d: its quadwords 0 and 1
 */
bool oracle_removes_stale(struct oracle *o, const struct vtd *unit, const u64 *d);

/** oracle_forget() - Empty every cache of what is watched, see vtd_forget(). */
void oracle_forget(struct oracle *o);

#endif /* HW_ORACLE_ORACLE_H */
