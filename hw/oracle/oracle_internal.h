/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the oracle share. */
#ifndef HW_ORACLE_ORACLE_INTERNAL_H
#define HW_ORACLE_ORACLE_INTERNAL_H

#include <svakit/vtd_regs.h>

#include "oracle/covers.h"
#include "oracle/oracle.h"
#include "vtd/inspect.h"
#include "vtd/vtd.h"

#define ORACLE_HISTORY 8192 /* descriptors remembered */
#define ORACLE_MARKS 16384 /* stale entries of which something is remembered; a power of two */
#define ORACLE_LOOKED_FOR 4096 /* findings of one audit whose causes are looked for */
#define ORACLE_REPORTS 4096 /* findings written to the log and the file; all are counted */
#define ORACLE_LINES 64 /* of these, the last ones, kept for oracle_line() */
#define ORACLE_REPORTS_AUDIT 64 /* of these, by one audit: one loss can leave thousands stale */
#define ORACLE_LOSS_ENTRIES 64 /* stale entries remembered of the latest loss */
#define ORACLE_AWAY 64 /* PASID entries remembered as taken away */
#define ORACLE_DUTIES 256 /* PASID entries whose caches are still to be invalidated */
#define ORACLE_REQUESTS 1024 /* page requests that software has not done with */
#define ORACLE_BAD 64 /* table entries with reserved bits that are not reported again */
#define ORACLE_DETAIL 256 /* bytes of text about a broken rule */

/**
 * struct oracle_desc - An invalidation descriptor that the unit executed, or lost.
 * @q: its quadwords 0 and 1, as executed
 * @at: ns of CLOCK_MONOTONIC
 * @lost: on purpose: it removed nothing
 * @needed: entries that it has removed, that differed from the tables
 * @collateral: entries that it has removed, that did not
 */
struct oracle_desc {
	u64 q[2];
	u64 at;
	bool lost;
	u64 needed;
	u64 collateral;
};

/**
 * struct oracle_mark - A stale entry of which something is remembered.
 * @entry: identifies it
 * @first: ns of the first access that it has served while it was stale
 * @count: such accesses
 * @known: it is a finding already
 * @inherited: it was stale from the start, since what it was filled from was
 * @paged: inherited: that was an entry of the first stage; with @did and @pasid, of a device-TLB
 * @did: its domain-id
 * @pasid: its PASID
 * @seen: still cached at the last audit
 * @next: hash chain, index + 1
 */
struct oracle_mark {
	struct vtd_view entry;
	u64 first;
	u64 count;
	bool known;
	bool inherited;
	bool paged;
	bool seen;
	u16 did;
	u32 pasid;
	u32 next;
};

/** struct oracle_marks - All of them; @full: there were too many, and it was said. */
struct oracle_marks {
	struct oracle_mark *mark;
	u32 *bucket;
	u32 count;
	bool full;
};

/* Tags by which a descriptor may miss an entry. */
#define ORACLE_TAG_DID 1u
#define ORACLE_TAG_PASID 2u
#define ORACLE_TAG_SID 4u

/** struct oracle_seen - Tags that entries of the PASID-cache have ever had, a bit for each. */
struct oracle_seen {
	u64 did[1 << 16 >> 6];
	u64 sid[1 << 16 >> 6];
	u64 pasid[1 << 20 >> 6];
};

/* Why an entry is still there; between NEVER and LOST the nearer miss is the greater. */
enum oracle_cause_id {
	CAUSE_UNKNOWN, /* too many findings at once */
	CAUSE_NEVER, /* nothing was sent that could have been meant for it */
	CAUSE_TAG, /* the right range of another domain-id, PASID or source-id */
	CAUSE_GRANULARITY, /* the right tags, but a kind that does not concern it */
	CAUSE_RANGE, /* the right tags, but other addresses */
	CAUSE_LOST, /* lost on purpose */
	CAUSE_ORDER, /* removed, and filled again from what was invalidated too late */
	ORACLE_CAUSES
};

/**
 * struct oracle_cause - The same, with the descriptors.
 * @desc: the one that missed, was lost, or came too early; NEVER: the last one of its address
 *	space, or NULL
 * @source: CAUSE_ORDER: the one that came too late
 * @tags: CAUSE_TAG: ORACLE_TAG_* that differ
 */
struct oracle_cause {
	enum oracle_cause_id id;
	const struct oracle_desc *desc;
	const struct oracle_desc *source;
	unsigned int tags;
};

/**
 * struct oracle_finding - A stale entry, when nothing will invalidate it any more.
 * @cached: the entry
 * @now: what the tables say where they differ first
 * @why: they do not grant it
 * @mark: what is remembered of it
 * @cause: why it is still there
 * @was_away: the tables grant the same again, but did not; see oracle_was_away()
 */
struct oracle_finding {
	const struct vtd_view *cached;
	const struct vtd_view *now;
	struct vtd_why why;
	const struct oracle_mark *mark;
	struct oracle_cause cause;
	bool was_away;
};

enum oracle_rule_id {
	RULE_PASID_PRESENT,
	RULE_CONTEXT_PRESENT,
	RULE_NO_IOTLB,
	RULE_NO_DEVTLB,
	RULE_ORDER,
	RULE_DID_REUSE,
	RULE_UNKNOWN_SID,
	RULE_NO_WAIT,
	RULE_PRQ_DRAIN,
	RULE_ROOT,
	RULE_ROOT_PRESENT,
	RULE_DIR_PRESENT,
	RULE_DEVTLB_SIZE,
	RULE_DESC_RESERVED,
	RULE_ENTRY_RESERVED,
	RULE_TORN_PASID,
	RULE_TORN_CONTEXT,
	ORACLE_RULES
};

/** struct oracle_rule - Name, section of the specification, and what breaking it looks like. */
struct oracle_rule {
	const char *id;
	const char *section;
	const char *text;
};

/**
 * struct oracle_breach - A rule was broken.
 * @id: which
 * @entry: the cached entry that it is about, or NULL
 * @desc: the descriptor that broke it, or NULL
 * @detail: more of it, or NULL
 */
struct oracle_breach {
	enum oracle_rule_id id;
	const struct vtd_view *entry;
	const struct oracle_desc *desc;
	const char *detail;
};

/** struct oracle_bad - A table entry with reserved bits that was reported. */
struct oracle_bad {
	u64 at;
	u64 value;
};

/* The root table pointer has been set: what must be invalidated next, all of it. */
enum oracle_root {
	ROOT_DONE,
	ROOT_CONTEXT,
	ROOT_PASID,
	ROOT_IOTLB,
};

/**
 * struct oracle_duty - A PASID entry has been taken away; its caches must follow, in this order.
 * @entry: as it was cached
 * @desc: the PASID-cache invalidation
 * @iotlb: all of (domain-id, PASID) is still to be invalidated in the IOTLB
 * @devtlb: all of the PASID is still to be invalidated in the device, which has entries of it
 * @early: the device was told before the IOTLB
 */
struct oracle_duty {
	struct vtd_view entry;
	struct oracle_desc desc;
	bool iotlb;
	bool devtlb;
	bool early;
};

/**
 * struct oracle_request - A page request that software has been told of, and has not done with.
 * @number: which one of the unit's queue, from 1 on
 * @sid: source-id
 * @has_pasid: with a PASID prefix
 * @pasid: whose entry serves it, also without a prefix
 * @prgi: group index
 * @last: of its group: done when the group is answered; else when it has left the queue
 * @taken: its PASID entry has been taken away since
 * @drained: page requests have been drained after that
 */
struct oracle_request {
	u64 number;
	u16 sid;
	bool has_pasid;
	u32 pasid;
	u16 prgi;
	bool last;
	bool taken;
	bool drained;
};

/** struct oracle_away - A PASID entry that was gone from memory, at @at ns of CLOCK_MONOTONIC. */
struct oracle_away {
	u16 sid;
	u16 did;
	u32 pasid;
	u64 at;
};

/**
 * struct oracle_loss - The latest descriptor that was lost on purpose.
 * @q: its quadwords 0 and 1
 * @at: when, in ns of CLOCK_MONOTONIC
 * @entry: stale ones that it would have removed, and that no later one has
 * @entries: how many
 * @waits: times that software has waited since
 * @audits: since
 */
struct oracle_loss {
	u64 q[2];
	u64 at;
	struct vtd_view entry[ORACLE_LOSS_ENTRIES];
	size_t entries;
	unsigned int waits;
	unsigned int audits;
};

/**
 * struct oracle_book - What has been found, of all units.
 * @out: file of findings, or NULL
 * @findings: how many
 * @found: the last ones
 * @reports: findings that were written
 * @line: the last ones, as written
 * @lines: written
 * @cost: the costliest operations, @costs of them
 * @several: there is more than one unit
 */
struct oracle_book {
	FILE *out;
	u64 findings;
	struct oracle_found found[SVK_LAB_FOUND_KEPT];
	unsigned int reports;
	char *line[ORACLE_LINES];
	u64 lines;
	struct oracle_op cost[ORACLE_COSTLIEST];
	size_t costs;
	bool several;
};

/* Of one unit, and the first of them stands for all: it has the book. */
struct oracle {
	struct vtd *unit;
	struct oracle *next;
	struct oracle_book *book;
	unsigned int audit_reports; /* of the present audit, or the last one */
	struct oracle_audit last;
	struct oracle_desc history[ORACLE_HISTORY];
	u64 descs;
	struct oracle_marks marks;
	struct oracle_seen seen;
	struct vtd_view answer; /* the IOTLB entry that has served the last request, if stale */
	bool answer_stale;
	struct oracle_duty duty[ORACLE_DUTIES];
	size_t duties;
	struct oracle_request request[ORACLE_REQUESTS];
	size_t requests;
	struct oracle_desc *executing; /* the last descriptor, until it is known what it removes */
	struct oracle_op op; /* what has been queued since the last wait */
	enum oracle_root root;
	u64 refused[4]; /* the last descriptor with reserved bits */
	struct oracle_bad bad[ORACLE_BAD];
	u64 bads;
	struct oracle_loss loss;
	struct oracle_away away[ORACLE_AWAY];
	size_t aways;
	bool unwaited; /* descriptors have been executed since the last wait */
	struct oracle_desc unwaited_desc;
};

/** oracle_same() - Whether two views are of one and the same entry. */
bool oracle_same(const struct vtd_view *a, const struct vtd_view *b);

/* history.c */
/** oracle_history_add() - Remember a descriptor. Return: it, until ORACLE_HISTORY others came. */
struct oracle_desc *oracle_history_add(struct oracle *o, const u64 *d, bool lost);

/* marks.c */
/** oracle_marks_init() - Return: 0 or -ENOMEM. */
int oracle_marks_init(struct oracle_marks *m);
/** oracle_marks_cleanup() - Free the memory. */
void oracle_marks_cleanup(struct oracle_marks *m);
/** oracle_mark_find() - The mark of an entry, or NULL. */
struct oracle_mark *oracle_mark_find(const struct oracle_marks *m, const struct vtd_view *e);
/** oracle_mark_get() - Likewise, a new one if there is none; NULL if there are too many. */
struct oracle_mark *oracle_mark_get(struct oracle_marks *m, const struct vtd_view *e);
/** oracle_marks_prune() - Forget those that are not seen; the others are not seen any more. */
void oracle_marks_prune(struct oracle_marks *m);

/* cause.c */
/** oracle_seen_add() - An entry has come into the PASID-cache. */
void oracle_seen_add(struct oracle_seen *s, const struct vtd_view *e);
/** oracle_cause_find() - Fill in @f->cause. */
void oracle_cause_find(const struct oracle *o, struct oracle_finding *f);

/* cost.c */
/** oracle_cost_descriptor() - One is about to be executed. */
void oracle_cost_descriptor(struct oracle *o, struct oracle_desc *d);
/** oracle_cost_dropped() - As vtd_watch.dropped. */
void oracle_cost_dropped(struct oracle *o, const struct vtd_view *e);
/** oracle_cost_wait() - The operation ends. */
void oracle_cost_wait(struct oracle *o);
/** oracle_cost_forget() - It has been cut off. */
void oracle_cost_forget(struct oracle *o);

/** oracle_desc_type() - Return: type of a descriptor, VTD_DESC_xxx. */
static inline unsigned int oracle_desc_type(const u64 *q)
{
	return (unsigned int)(svk_get(VTD_DESC_TYPE_LO, q[0]) | svk_get(VTD_DESC_TYPE_HI, q[0])
									<< 4);
}

/* away.c */
/** oracle_away_descriptor() - A descriptor is about to be executed, or has been lost. */
void oracle_away_descriptor(struct oracle *o, const u64 *q);
/** oracle_was_away() - Whether an entry has outlived the PASID entry that it came from. */
bool oracle_was_away(const struct oracle *o, const struct vtd_view *e);

/* lost.c */
/** oracle_loss_begin() - A descriptor has been lost. */
void oracle_loss_begin(struct oracle *o, const struct oracle_desc *d);
/** oracle_loss_descriptor() - Another one is about to be executed. */
void oracle_loss_descriptor(struct oracle *o, const struct oracle_desc *d);
/** oracle_loss_waited() - A wait descriptor. */
void oracle_loss_waited(struct oracle *o, const u64 *d);
/** oracle_loss_audit() - An audit begins. */
void oracle_loss_audit(struct oracle *o);

/* rules.c */
extern const struct oracle_rule oracle_rules[ORACLE_RULES];
/** oracle_rules_descriptor() - A descriptor is about to be executed, or a register's equivalent. */
void oracle_rules_descriptor(struct oracle *o, const struct oracle_desc *d);
/** oracle_rules_filled() - An entry has been entered into a cache. */
void oracle_rules_filled(struct oracle *o, const struct vtd_view *e);
/** oracle_rules_root() - As vtd_watch.root. */
void oracle_rules_root(struct oracle *o);
/** oracle_rules_confirm() - Nothing is under way: what is still due is a finding. */
void oracle_rules_confirm(struct oracle *o);

/* reserved.c */
/** oracle_reserved_descriptor() - As vtd_watch.refused. */
void oracle_reserved_descriptor(struct oracle *o, const u64 *d, const u64 *bits);
/** oracle_reserved_entry() - As vtd_watch.malformed. */
void oracle_reserved_entry(struct oracle *o, const struct vtd_malformed *m);

/* torn.c */
/** oracle_torn() - As vtd_watch.torn. */
void oracle_torn(struct oracle *o, const struct vtd_torn *t);

/* requests.c */
/** oracle_request_queued() - As vtd_watch.request. */
void oracle_request_queued(struct oracle *o, const struct vtd_page_request *req, u32 pasid);
/** oracle_requests_descriptor() - A descriptor is about to be executed: PASID-cache, response. */
void oracle_requests_descriptor(struct oracle *o, const u64 *q);
/** oracle_requests_drained() - A wait descriptor has drained page requests. */
void oracle_requests_drained(struct oracle *o);
/** oracle_requests_undrained() - A PASID entry is used anew. Return: too early, as requests go. */
bool oracle_requests_undrained(struct oracle *o, const struct vtd_view *e);

/* report.c */
/** oracle_report_rule() - A broken rule: count it, and say it in words and as JSON. */
void oracle_report_rule(struct oracle *o, const struct oracle_breach *b);
/** oracle_report() - A stale entry: count it, and say it in words and as JSON. */
void oracle_report(struct oracle *o, const struct oracle_finding *f);

#endif /* HW_ORACLE_ORACLE_INTERNAL_H */
