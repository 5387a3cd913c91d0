// SPDX-License-Identifier: GPL-2.0
/* Watching a unit: uses of stale entries, and audits. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "oracle/oracle_internal.h"

#define PAGE_SIZE 4096ULL

bool oracle_same(const struct vtd_view *a, const struct vtd_view *b)
{
	return a->kind == b->kind && a->sid == b->sid && a->has_pasid == b->has_pasid &&
	       a->pasid == b->pasid && a->did == b->did && a->priv == b->priv &&
	       a->addr == b->addr && a->size == b->size && a->born == b->born;
}

/* The 4 KiB of an entry that hold an address: a large page would take as many walks. */
static struct vtd_view view_page(const struct vtd_view *e, u64 addr)
{
	struct vtd_view page = *e;

	page.addr = addr & ~(PAGE_SIZE - 1);
	page.out += page.addr - e->addr;
	page.mid += page.addr - e->addr;
	page.size = PAGE_SIZE;
	return page;
}

static void answered(struct oracle *o, const struct vtd_view *e, bool stale)
{
	o->answer_stale = stale;
	if (stale)
		o->answer = *e;
}

/*
 * Only the page that was used is compared, and only noted: the invalidation
 * may be on its way. If there are too many, the audit still finds the entry.
 */
static void watch_used(void *watcher, const struct vtd_view *e, u64 addr)
{
	struct vtd_view page = view_page(e, addr), now;
	struct oracle *o = watcher;
	struct oracle_mark *mark;
	struct vtd_why why;
	bool stale;

	stale = vtd_inspect(o->unit, &page, &now, &why) == VTD_MATCH_STALE;
	if (e->kind == VTD_VIEW_IOTLB)
		answered(o, e, stale);
	if (!stale)
		return;
	mark = oracle_mark_get(&o->marks, e);
	if (mark && !mark->count++)
		mark->first = clock_ns();
}

static void watch_descriptor(void *watcher, const u64 *d, bool lost)
{
	struct oracle *o = watcher;
	struct oracle_desc *desc;

	if (oracle_desc_type(d) == VTD_DESC_WAIT) {
		o->unwaited = false;
		oracle_cost_wait(o);
		oracle_loss_waited(o, d);
		if (d[0] & VTD_WAIT_PD)
			oracle_requests_drained(o);
		return;
	}
	desc = oracle_history_add(o, d, lost);
	oracle_cost_descriptor(o, desc);
	o->unwaited = true;
	o->unwaited_desc = *desc;
	/* What is lost was sent: software has kept the rules. */
	oracle_rules_descriptor(o, desc);
	oracle_away_descriptor(o, d);
	if (lost)
		oracle_loss_begin(o, desc);
	else
		oracle_loss_descriptor(o, desc);
}

static void watch_dropped(void *watcher, const struct vtd_view *e)
{
	oracle_cost_dropped(watcher, e);
}

/* The walk has read the page tables just now: what differs is how it came to them. */
static void filled_page(struct oracle *o, const struct vtd_view *e)
{
	struct vtd_view page = view_page(e, e->addr), now;
	struct oracle_mark *mark;
	struct vtd_why why;
	bool stale;

	stale = vtd_inspect(o->unit, &page, &now, &why) == VTD_MATCH_STALE;
	answered(o, e, stale);
	if (!stale)
		return;
	mark = oracle_mark_get(&o->marks, e);
	if (mark)
		mark->inherited = true;
}

/* It holds what the IOTLB has just answered. */
static void filled_device(struct oracle *o, const struct vtd_view *e)
{
	struct oracle_mark *mark;

	if (!o->answer_stale)
		return;
	mark = oracle_mark_get(&o->marks, e);
	if (!mark)
		return;
	mark->inherited = true;
	mark->did = o->answer.did;
	mark->pasid = o->answer.pasid;
	mark->paged = o->answer.entry[0];
}

static void watch_filled(void *watcher, const struct vtd_view *e)
{
	struct oracle *o = watcher;

	switch (e->kind) {
	case VTD_VIEW_PASID:
		oracle_seen_add(&o->seen, e);
		oracle_rules_filled(o, e);
		break;
	case VTD_VIEW_IOTLB:
		filled_page(o, e);
		break;
	default:
		filled_device(o, e);
		break;
	}
}

static void watch_request(void *watcher, const struct vtd_page_request *req, u32 pasid)
{
	oracle_request_queued(watcher, req, pasid);
}

static void watch_refused(void *watcher, const u64 *d, const u64 *bits)
{
	oracle_reserved_descriptor(watcher, d, bits);
}

static void watch_malformed(void *watcher, const struct vtd_malformed *m)
{
	oracle_reserved_entry(watcher, m);
}

static void watch_torn(void *watcher, const struct vtd_torn *t)
{
	oracle_torn(watcher, t);
}

/* It ends with the register that started it: there is nothing to wait for in the queue. */
static void watch_registered(void *watcher, const u64 *d)
{
	struct oracle *o = watcher;

	oracle_rules_descriptor(o, oracle_history_add(o, d, false));
}

static void watch_root(void *watcher)
{
	oracle_rules_root(watcher);
}

/* Nothing is cached, so nothing is due. */
static void watch_forgotten(void *watcher)
{
	struct oracle *o = watcher;

	o->answer_stale = false;
	o->aways = 0;
	o->loss.entries = 0;
	o->duties = 0;
	o->root = ROOT_DONE;
	o->requests = 0;
	oracle_cost_forget(o);
	o->unwaited = false;
}

static const struct vtd_watch oracle_watch = {
	.used = watch_used,
	.filled = watch_filled,
	.dropped = watch_dropped,
	.descriptor = watch_descriptor,
	.request = watch_request,
	.refused = watch_refused,
	.malformed = watch_malformed,
	.torn = watch_torn,
	.registered = watch_registered,
	.root = watch_root,
	.forgotten = watch_forgotten,
};

/* Return: a watcher of one unit that has no book yet, or NULL. */
static struct oracle *watch(struct vtd *unit)
{
	struct oracle *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	if (oracle_marks_init(&o->marks)) {
		free(o);
		return NULL;
	}
	o->unit = unit;
	vtd_set_watch(unit, &oracle_watch, o);
	return o;
}

struct oracle *oracle_new(struct vtd *unit, FILE *findings)
{
	struct oracle_book *book = calloc(1, sizeof(*book));
	struct oracle *o = book ? watch(unit) : NULL;

	if (!o) {
		free(book);
		return NULL;
	}
	book->out = findings;
	o->book = book;
	return o;
}

int oracle_add(struct oracle *o, struct vtd *unit)
{
	struct oracle *more = watch(unit);

	if (!more)
		return -ENOMEM;
	more->book = o->book;
	o->book->several = true;
	while (o->next)
		o = o->next;
	o->next = more;
	return 0;
}

static void book_free(struct oracle_book *b)
{
	for (size_t i = 0; i < ORACLE_LINES; i++)
		free(b->line[i]);
	free(b);
}

void oracle_free(struct oracle *o)
{
	struct oracle *next;

	if (o)
		book_free(o->book);
	for (; o; o = next) {
		next = o->next;
		vtd_set_watch(o->unit, NULL, NULL);
		oracle_marks_cleanup(&o->marks);
		free(o);
	}
}

void oracle_forget(struct oracle *o)
{
	for (; o; o = o->next)
		vtd_forget(o->unit);
}

struct audit {
	struct oracle *o;
	struct oracle_audit sum;
	u64 found;
	bool confirm;
};

static bool audit_entry(void *ctx, const struct vtd_view *e)
{
	struct oracle_finding f = {.cached = e};
	struct audit *a = ctx;
	struct oracle_mark *mark;
	struct vtd_view now;

	a->sum.entries++;
	switch (vtd_inspect(a->o->unit, e, &now, &f.why)) {
	case VTD_MATCH_SAME:
		f.was_away = oracle_was_away(a->o, e);
		if (!f.was_away)
			return true;
		break;
	case VTD_MATCH_LESS:
		a->sum.less++;
		return true;
	case VTD_MATCH_STALE:
		break;
	}
	a->sum.stale++;
	mark = a->confirm ? oracle_mark_get(&a->o->marks, e) : oracle_mark_find(&a->o->marks, e);
	if (!mark)
		return true;
	mark->seen = true;
	a->sum.used += mark->count != 0;
	if (!a->confirm || mark->known)
		return true;
	mark->known = true;
	f.mark = mark;
	f.now = &now;
	if (a->found++ < ORACLE_LOOKED_FOR)
		oracle_cause_find(a->o, &f);
	oracle_report(a->o, &f);
	return true;
}

static struct oracle_audit audit_unit(struct oracle *o, bool confirm)
{
	struct audit a = {.o = o, .confirm = confirm};

	a.sum.at_rest = vtd_at_rest(o->unit);
	o->audit_reports = 0;
	oracle_loss_audit(o);
	vtd_inspect_each(o->unit, VTD_VIEW_ALL, audit_entry, &a);
	/* What is not stale any more was used in time. */
	oracle_marks_prune(&o->marks);
	if (o->audit_reports > ORACLE_REPORTS_AUDIT)
		log_error("oracle: %u more stale entries of this audit are only counted",
			  o->audit_reports - ORACLE_REPORTS_AUDIT);
	if (confirm)
		oracle_rules_confirm(o);
	return a.sum;
}

struct oracle_audit oracle_audit(struct oracle *o, bool confirm)
{
	struct oracle_audit sum = {.at_rest = true};

	for (struct oracle *u = o; u; u = u->next) {
		struct oracle_audit a = audit_unit(u, confirm);

		sum.at_rest &= a.at_rest;
		sum.entries += a.entries;
		sum.less += a.less;
		sum.stale += a.stale;
		sum.used += a.used;
	}
	o->last = sum;
	return sum;
}

const struct oracle_audit *oracle_last(const struct oracle *o)
{
	return &o->last;
}

u64 oracle_findings(const struct oracle *o)
{
	return o->book->findings;
}

const struct oracle_found *oracle_found(const struct oracle *o, unsigned int slot)
{
	return &o->book->found[slot];
}

const char *oracle_line(const struct oracle *o, unsigned int back)
{
	const struct oracle_book *b = o->book;

	if (back >= ORACLE_LINES || back >= b->lines)
		return NULL;
	return b->line[(b->lines - 1 - back) % ORACLE_LINES];
}

/* A descriptor, and whether it has been seen to be needed. */
struct need {
	struct oracle *o;
	u64 q[2];
	bool found;
};

static bool need_entry(void *ctx, const struct vtd_view *e)
{
	struct need *n = ctx;
	struct vtd_view now;
	struct vtd_why why;

	n->found =
		oracle_covers(n->q, e) && vtd_inspect(n->o->unit, e, &now, &why) == VTD_MATCH_STALE;
	return !n->found;
}

bool oracle_removes_stale(struct oracle *o, const struct vtd *unit, const u64 *d)
{
	struct need n = {0};

	while (o->unit != unit)
		o = o->next;
	n = (struct need){.o = o, .q = {vtd_as_executed(o->unit, d[0]), d[1]}};
	vtd_inspect_each(o->unit, VTD_VIEW_ALL, need_entry, &n);
	return n.found;
}
