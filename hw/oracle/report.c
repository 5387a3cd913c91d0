// SPDX-License-Identifier: GPL-2.0
/* A finding in words: what can still be reached, and what should have come. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "oracle/oracle_internal.h"

#define REPORT_TEXT 1024
#define NS_PER_S 1e9

static const char *const kind_names[VTD_VIEW_KINDS] = {
	[VTD_VIEW_CONTEXT] = "context-cache",
	[VTD_VIEW_PASID] = "PASID-cache",
	[VTD_VIEW_IOTLB] = "IOTLB",
	[VTD_VIEW_DEVTLB] = "device-TLB",
};

static const char *const cause_names[ORACLE_CAUSES] = {
	[CAUSE_UNKNOWN] = "unknown", [CAUSE_NEVER] = "never",
	[CAUSE_TAG] = "tag",	     [CAUSE_GRANULARITY] = "granularity",
	[CAUSE_RANGE] = "range",     [CAUSE_LOST] = "lost",
	[CAUSE_ORDER] = "order",
};

/* A text that grows, and is cut where it does not fit. */
struct text {
	char buf[REPORT_TEXT];
	size_t len;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
	if (t->len >= sizeof(t->buf))
		t->len = sizeof(t->buf) - 1;
}

const char *oracle_cache_name(enum vtd_view_kind kind)
{
	return kind_names[kind];
}

/* Where there are several units. */
static void add_unit(struct text *t, const struct oracle *o)
{
	if (o->book->several)
		add(t, "unit %u: ", vtd_number(o->unit));
}

static void add_who(struct text *t, const struct vtd_view *e)
{
	add(t, "%02x:%02x.%x", e->sid >> 8, e->sid >> 3 & 0x1f, e->sid & 7);
	if (e->kind == VTD_VIEW_CONTEXT)
		return;
	if (e->has_pasid)
		add(t, " PASID %u", e->pasid);
	else
		add(t, " without PASID");
}

static const char *perm_name(u8 perm)
{
	switch (perm & (VTD_VIEW_R | VTD_VIEW_W)) {
	case VTD_VIEW_R:
		return "read";
	case VTD_VIEW_W:
		return "write";
	case VTD_VIEW_R | VTD_VIEW_W:
		return "read and write";
	default:
		return "nothing";
	}
}

static void add_reach(struct text *t, const struct vtd_view *e)
{
	if (e->kind == VTD_VIEW_IOTLB || e->kind == VTD_VIEW_DEVTLB)
		add(t, " can %s 0x%" PRIx64 " at 0x%" PRIx64 " (%" PRIu64 " KiB)",
		    perm_name(e->perm), (uint64_t)e->out, (uint64_t)e->addr,
		    (uint64_t)e->size >> 10);
	else
		add(t, " uses the entry as it was");
}

static const char *tables_name(enum vtd_stage stage)
{
	switch (stage) {
	case VTD_STAGE_FIRST:
		return "first-stage ";
	case VTD_STAGE_SECOND:
		return "second-stage ";
	default:
		return "";
	}
}

static const char *stage_name(enum vtd_stage stage)
{
	switch (stage) {
	case VTD_STAGE_FIRST:
		return "first";
	case VTD_STAGE_SECOND:
		return "second";
	default:
		return "none";
	}
}

static void add_now(struct text *t, const struct oracle_finding *f)
{
	const struct vtd_view *now = f->now;

	if (f->was_away) {
		add(t, "its PASID entry was taken away meanwhile, and put back");
	} else if (f->why.reason) {
		add(t, "the %stables refuse it (fault reason 0x%x", tables_name(f->why.stage),
		    f->why.reason);
		if (now->addr != f->cached->addr)
			add(t, " from 0x%" PRIx64 " on", (uint64_t)now->addr);
		add(t, ")");
	} else if (now->kind == VTD_VIEW_CONTEXT || now->kind == VTD_VIEW_PASID) {
		add(t, "the entry in memory is another one");
	} else if (now->kind == VTD_VIEW_IOTLB && now->did != f->cached->did) {
		add(t, "the PASID is in domain %u now, not in %u", now->did, f->cached->did);
	} else {
		add(t, "the %stables let it %s 0x%" PRIx64 " at 0x%" PRIx64,
		    tables_name(f->why.stage), perm_name(now->perm), (uint64_t)now->out,
		    (uint64_t)now->addr);
	}
}

/* What should have come, and the section of the specification that asks for it. */
static void add_missing(struct text *t, const struct vtd_view *e)
{
	switch (e->kind) {
	case VTD_VIEW_CONTEXT:
		add(t, "a context-cache invalidation of this source-id (6.5.2.1)");
		break;
	case VTD_VIEW_PASID:
		add(t, "a PASID-cache invalidation of domain %u, PASID %u (6.5.2.2)", e->did,
		    e->pasid);
		break;
	case VTD_VIEW_IOTLB:
		add(t, "an IOTLB invalidation of domain %u, PASID %u (6.5.2.3, 6.5.2.4)", e->did,
		    e->pasid);
		break;
	default:
		add(t, "a%s device-TLB invalidation (6.5.2.5, 6.5.2.6)",
		    e->has_pasid ? " PASID-based" : "");
		break;
	}
}

static double seconds(const struct oracle *o, u64 ns)
{
	return (double)vtd_time(o->unit, ns) / NS_PER_S;
}

static void add_desc(struct text *t, const struct oracle *o, const struct oracle_desc *d)
{
	u64 first, last;

	add(t, "%016" PRIx64 " %016" PRIx64 " at %.6f s", (uint64_t)d->q[0], (uint64_t)d->q[1],
	    seconds(o, d->at));
	if (oracle_range(d->q, &first, &last))
		add(t, ", of 0x%" PRIx64 " to 0x%" PRIx64, (uint64_t)first, (uint64_t)last);
}

/* Which tag has missed it. */
static void add_tag(struct text *t, const struct oracle_finding *f)
{
	struct oracle_tags tags;

	oracle_tags(f->cause.desc->q, f->cached->kind, &tags);
	switch (f->cause.tags) {
	case ORACLE_TAG_DID:
		add(t, "domain %u", tags.did);
		break;
	case ORACLE_TAG_PASID:
		add(t, "PASID %u", tags.pasid);
		break;
	default:
		add(t, "source-id %02x:%02x.%x", tags.sid >> 8, tags.sid >> 3 & 0x1f, tags.sid & 7);
		break;
	}
}

static void add_cause(struct text *t, const struct oracle *o, const struct oracle_finding *f)
{
	const struct oracle_cause *c = &f->cause;

	switch (c->id) {
	case CAUSE_UNKNOWN:
		return;
	case CAUSE_NEVER:
		add(t, " Nothing that was sent since concerns it.");
		if (!c->desc)
			return;
		add(t, " The last of its address space was");
		break;
	case CAUSE_TAG:
		add(t, " What was sent names ");
		add_tag(t, f);
		break;
	case CAUSE_GRANULARITY:
		add(t, " What was sent is of a kind that leaves it");
		break;
	case CAUSE_RANGE:
		add(t, " What was sent is of other addresses");
		break;
	case CAUSE_LOST:
		add(t, " What was sent was lost on purpose");
		break;
	default:
		add(t, " It was removed, and filled again before what it was filled from was "
		       "removed");
		break;
	}
	add(t, c->id == CAUSE_NEVER ? " " : ": ");
	add_desc(t, o, c->desc);
	if (c->source) {
		add(t, ", then ");
		add_desc(t, o, c->source);
	}
	add(t, ".");
}

static void add_history(struct text *t, const struct oracle *o, const struct oracle_finding *f)
{
	add(t, " Entered at %.6f s by queue %u, descriptor %u.", seconds(o, f->cached->born),
	    (u32)(f->cached->by >> 32), (u32)f->cached->by);
	if (f->mark->count)
		add(t, " Used %" PRIu64 " times while stale, first at %.6f s.",
		    (uint64_t)f->mark->count, seconds(o, f->mark->first));
	add_cause(t, o, f);
}

static struct json_object *json_start(const struct oracle *o, u64 number, const char *kind,
				      const struct vtd_view *e)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "finding", json_object_new_uint64(number));
	json_object_object_add(obj, "kind", json_object_new_string(kind));
	if (o->book->several)
		json_object_object_add(obj, "unit", json_object_new_int((int)vtd_number(o->unit)));
	if (!e)
		return obj;
	json_object_object_add(obj, "cache", json_object_new_string(kind_names[e->kind]));
	json_object_object_add(obj, "sid", json_object_new_int(e->sid));
	if (e->kind != VTD_VIEW_CONTEXT && e->has_pasid)
		json_object_object_add(obj, "pasid", json_object_new_int64(e->pasid));
	return obj;
}

/* For who asks later; without memory it is in the log and the file only. */
static void line_keep(struct oracle_book *b, const char *line)
{
	char **slot = &b->line[b->lines++ % ORACLE_LINES];

	free(*slot);
	*slot = strdup(line);
}

static void json_end(struct oracle *o, struct json_object *obj, const char *text)
{
	const char *line;

	json_object_object_add(obj, "text", json_object_new_string(text));
	line = json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN);
	line_keep(o->book, line);
	if (o->book->out) {
		fprintf(o->book->out, "%s\n", line);
		/* A reader must find it although svahw may be killed. */
		fflush(o->book->out);
	}
	json_object_put(obj);
}

static void write_stale(struct oracle *o, u64 number, const struct oracle_finding *f,
			const char *text)
{
	const struct vtd_view *e = f->cached;
	struct json_object *obj = json_start(o, number, "stale", e);

	json_object_object_add(obj, "addr", json_object_new_uint64(e->addr));
	json_object_object_add(obj, "size", json_object_new_uint64(e->size));
	json_object_object_add(obj, "out", json_object_new_uint64(e->out));
	json_object_object_add(obj, "stage", json_object_new_string(stage_name(f->why.stage)));
	json_object_object_add(obj, "reason", json_object_new_int(f->why.reason));
	json_object_object_add(obj, "cause", json_object_new_string(cause_names[f->cause.id]));
	if (f->mark->inherited)
		json_object_object_add(obj, "inherited", json_object_new_boolean(true));
	json_object_object_add(obj, "uses", json_object_new_uint64(f->mark->count));
	json_end(o, obj, text);
}

static const enum svk_cache caches[VTD_VIEW_KINDS] = {
	[VTD_VIEW_CONTEXT] = SVK_CACHE_CONTEXT,
	[VTD_VIEW_PASID] = SVK_CACHE_PASID,
	[VTD_VIEW_IOTLB] = SVK_CACHE_IOTLB,
	[VTD_VIEW_DEVTLB] = SVK_CACHE_DEVTLB,
};

/* Count it, for the lab page as well. Return: its number. */
static u64 found_add(struct oracle *o, const struct vtd_view *e, struct oracle_found found)
{
	if (e) {
		bool page = e->kind == VTD_VIEW_IOTLB || e->kind == VTD_VIEW_DEVTLB;

		found.cache = caches[e->kind];
		found.has_pasid = e->kind != VTD_VIEW_CONTEXT && e->has_pasid;
		found.sid = e->sid;
		found.pasid = found.has_pasid ? e->pasid : 0;
		found.addr = page ? e->addr : 0;
		found.size = page ? e->size : 0;
		found.born = vtd_time(o->unit, e->born);
		found.did = e->kind == VTD_VIEW_PASID || e->kind == VTD_VIEW_IOTLB ? e->did : 0;
		found.paged = page && e->entry[0];
	}
	found.at = vtd_time(o->unit, clock_ns());
	o->book->found[o->book->findings % SVK_LAB_FOUND_KEPT] = found;
	return o->book->findings++;
}

/* A guest can make as many findings as it likes, but not fill the host's disk with them. */
static bool report_wanted(struct oracle_book *b)
{
	if (b->reports > ORACLE_REPORTS)
		return false;
	if (b->reports++ < ORACLE_REPORTS)
		return true;
	log_error("oracle: %d findings reported, further ones are only counted", ORACLE_REPORTS);
	return false;
}

void oracle_report(struct oracle *o, const struct oracle_finding *f)
{
	const struct oracle_found found = {.second = f->why.stage == VTD_STAGE_SECOND,
					   .lost = f->cause.id == CAUSE_LOST};
	u64 number = found_add(o, f->cached, found);
	struct text t = {.len = 0};

	if (o->audit_reports++ >= ORACLE_REPORTS_AUDIT || !report_wanted(o->book))
		return;
	add_unit(&t, o);
	add(&t, "stale %s entry: ", kind_names[f->cached->kind]);
	add_who(&t, f->cached);
	add_reach(&t, f->cached);
	add(&t, ", but ");
	add_now(&t, f);
	add(&t, ". Missing: ");
	add_missing(&t, f->cached);
	add(&t, ".");
	add_history(&t, o, f);
	log_error("oracle: %s", t.buf);
	write_stale(o, number, f, t.buf);
}

void oracle_report_rule(struct oracle *o, const struct oracle_breach *b)
{
	const struct oracle_rule *rule = &oracle_rules[b->id];
	u64 number = found_add(o, b->entry, (struct oracle_found){.rule = true});
	struct text t = {.len = 0};
	struct json_object *obj;

	if (!report_wanted(o->book))
		return;
	add_unit(&t, o);
	add(&t, "rule %s (%s): %s", rule->id, rule->section, rule->text);
	if (b->entry) {
		add(&t, ": ");
		add_who(&t, b->entry);
	}
	if (b->entry && b->entry->kind == VTD_VIEW_PASID)
		add(&t, ", domain %u", b->entry->did);
	if (b->detail)
		add(&t, ": %s", b->detail);
	if (b->desc)
		add(&t, "; descriptor %016" PRIx64 " %016" PRIx64 " at %.6f s",
		    (uint64_t)b->desc->q[0], (uint64_t)b->desc->q[1], seconds(o, b->desc->at));
	add(&t, ".");
	log_error("oracle: %s", t.buf);
	obj = json_start(o, number, "rule", b->entry);
	json_object_object_add(obj, "rule", json_object_new_string(rule->id));
	json_object_object_add(obj, "section", json_object_new_string(rule->section));
	json_end(o, obj, t.buf);
}
