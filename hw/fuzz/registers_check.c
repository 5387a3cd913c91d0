// SPDX-License-Identifier: GPL-2.0
/* What must hold whatever a guest does: limits, exact invalidations, findings that are true. */
#include <svakit/vtd_regs.h>

#include "accel/accel_internal.h"
#include "fuzz/registers.h"
#include "oracle/oracle_internal.h"
#include "vtd/inspect.h"
#include "vtd/vtd_internal.h"

/* Entries by whether a descriptor names them. */
struct tally {
	const u64 *desc;
	u64 named;
	u64 others;
};

static bool tally_entry(void *ctx, const struct vtd_view *e)
{
	struct tally *t = ctx;

	if (oracle_covers(t->desc, e))
		t->named++;
	else
		t->others++;
	return true;
}

static struct tally tally(struct registers *r, const u64 *desc)
{
	struct tally t = {.desc = desc};

	vtd_inspect_each(r->unit, VTD_VIEW_ALL, tally_entry, &t);
	return t;
}

/* The descriptor before has been executed: nothing that it names is left, all else is. */
static void settle(struct registers *r)
{
	struct tally t;

	if (!r->pending[0])
		return;
	t = tally(r, r->pending);
	fuzz_check(!t.named);
	fuzz_check(t.others == r->expected);
	r->pending[0] = 0;
}

static void exact_descriptor(void *watcher, const u64 *d, bool lost)
{
	struct registers *r = watcher;

	/* What a wait has overtaken takes effect at any time from now on. */
	if (r->unit->fail.held) {
		r->pending[0] = 0;
		return;
	}
	settle(r);
	if (r->unsure || lost)
		return;
	memcpy(r->pending, d, sizeof(r->pending));
	r->pending[0] = vtd_as_executed(r->unit, d[0]);
	r->expected = tally(r, r->pending).others;
}

static void exact_used(void *watcher, const struct vtd_view *e, u64 addr)
{
	(void)watcher;
	fuzz_check(addr - e->addr < e->size);
}

static void exact_filled(void *watcher, const struct vtd_view *e)
{
	(void)watcher;
	fuzz_check(e->kind != VTD_VIEW_CONTEXT && e->born);
}

static void exact_dropped(void *watcher, const struct vtd_view *e)
{
	const struct registers *r = watcher;

	fuzz_check(!r->pending[0] || oracle_covers(r->pending, e));
}

static void exact_refused(void *watcher, const u64 *d, const u64 *bits)
{
	(void)watcher;
	(void)d;
	fuzz_check(bits[0] || bits[1] || bits[2] || bits[3]);
}

static void exact_malformed(void *watcher, const struct vtd_malformed *m)
{
	(void)watcher;
	fuzz_check(m->bits && !(m->bits & ~m->value));
}

/* Nobody changes memory while the unit works. */
static void exact_torn(void *watcher, const struct vtd_torn *t)
{
	fuzz_check(!watcher && !t);
}

/* It removes entries that the next descriptor is not expected to. */
static void exact_registered(void *watcher, const u64 *d)
{
	struct registers *r = watcher;

	fuzz_check(d[0]);
	settle(r);
}

static void exact_root(void *watcher)
{
	fuzz_check(watcher);
}

static void exact_forgotten(void *watcher)
{
	struct registers *r = watcher;

	r->pending[0] = 0;
}

void registers_watch_exact(struct registers *r)
{
	static const struct vtd_watch watch = {
		.used = exact_used,
		.filled = exact_filled,
		.dropped = exact_dropped,
		.descriptor = exact_descriptor,
		.refused = exact_refused,
		.malformed = exact_malformed,
		.torn = exact_torn,
		.registered = exact_registered,
		.root = exact_root,
		.forgotten = exact_forgotten,
	};

	vtd_set_watch(r->unit, &watch, r);
}

struct counts {
	size_t of[VTD_VIEW_KINDS];
};

static bool count_entry(void *ctx, const struct vtd_view *e)
{
	struct counts *c = ctx;

	fuzz_check(e->kind < VTD_VIEW_KINDS);
	c->of[e->kind]++;
	return true;
}

static size_t cache_checked(const struct vtd_cache *c)
{
	fuzz_check(c->count <= c->max);
	return c->count;
}

static void check_caches(struct registers *r)
{
	const struct vtd *v = r->unit;
	struct counts c = {0};
	size_t grouped = 0;

	vtd_inspect_each(r->unit, VTD_VIEW_ALL, count_entry, &c);
	fuzz_check(c.of[VTD_VIEW_CONTEXT] == cache_checked(&v->context));
	fuzz_check(c.of[VTD_VIEW_PASID] == cache_checked(&v->pasid));
	fuzz_check(c.of[VTD_VIEW_IOTLB] == cache_checked(&v->iotlb));
	fuzz_check(c.of[VTD_VIEW_DEVTLB] == r->accel->atc.count);
	fuzz_check(r->accel->atc.count <= r->accel->atc.max);
	for (const struct vtd_node *n = v->group.oldest; n; n = n->newer)
		grouped += ((const struct vtd_group *)n)->count;
	fuzz_check(grouped == v->iotlb.count);
	fuzz_check(v->order_count[0] + v->order_count[1] + v->order_count[2] == v->iotlb.count);
}

static void check_queue(const struct registers *r, const struct accel_queue *q)
{
	fuzz_check(q->state <= SVK_QSTATE_HALTED);
	fuzz_check(q->state != SVK_QSTATE_DISABLED || !accel_queue_busy(q));
	fuzz_check(q->state != SVK_QSTATE_ENABLED || q->tail - q->head <= q->size);
	fuzz_check(!q->inflight || (r->turn && r->accel->turn.queue == q));
	/* Whatever waits has its turn to come. */
	fuzz_check(!accel_queue_has_work(q) || (r->accel->ready >> q->index & 1));
}

void registers_check(struct registers *r)
{
	const struct vtd *v = r->unit;
	bool moving = false;

	settle(r);
	check_caches(r);
	for (unsigned int i = 0; i < r->accel->cfg.queues; i++) {
		check_queue(r, &r->accel->queue[i]);
		moving |= r->accel->queue[i].inflight;
	}
	fuzz_check(vtd_inflight(v) == moving);
	fuzz_check(vtd_reg64(v, VTD_IQH) < 4096ULL << svk_get(VTD_IQA_QS, vtd_reg64(v, VTD_IQA)) ||
		   !(vtd_reg32(v, VTD_GSTS) & VTD_G_QIE));
	/* With nothing in flight nothing stalls: the queue is empty, stopped, late, or in error. */
	fuzz_check(moving || v->fail.late.armed || !(vtd_reg32(v, VTD_GSTS) & VTD_G_QIE) ||
		   vtd_reg64(v, VTD_IQH) == vtd_reg64(v, VTD_IQT) ||
		   (vtd_reg32(v, VTD_FSTS) & (VTD_FSTS_IQE | VTD_FSTS_ITE)));
}

static bool check_entry(void *ctx, const struct vtd_view *e)
{
	struct vtd *v = ctx;
	struct vtd_view now;
	struct vtd_why why;

	if (e->kind != VTD_VIEW_DEVTLB)
		fuzz_check(vtd_inspect(v, e, &now, &why) != VTD_MATCH_STALE);
	return true;
}

/*
 * All caches empty, one translation, memory as it was before: then memory is what was cached. A
 * walk that has set a bit may have changed a table in which it also was, so it goes again.
 */
void registers_check_sound(struct registers *r, const struct vtd_request *req)
{
	static u8 before[REG_RAM];
	struct vtd_translation out;

	if (vtd_translate(r->unit, req, &out))
		return;
	vtd_inv_all(r->unit);
	memcpy(before, r->ram, sizeof(before));
	if (vtd_translate(r->unit, req, &out) || memcmp(before, r->ram, sizeof(before)))
		return;
	vtd_inspect_each(r->unit, VTD_VIEW_ALL, check_entry, r->unit);
}
