// SPDX-License-Identifier: GPL-2.0
/* What of the unit fails on demand (docs/faults.md), but for what is done where it happens. */
#include <string.h>

#include "inject/inject.h"
#include "oracle/oracle.h"
#include "vtd/vtd_internal.h"

/* Pages of 2^am times 4 KiB, naturally aligned. */
static void at_pages(struct inject_at *at, u64 addr, unsigned int am)
{
	at->size = am < 52 ? 4096ULL << am : ~0ULL;
	at->addr = am < 52 ? addr & ~(at->size - 1) : 0;
}

/* The size is in the address: the lowest clear bit from 12 up (6.5.2.5). */
static void at_range(struct inject_at *at, u64 q1, bool s)
{
	u64 ones = (q1 & VTD_DEVTLB_ADDR) >> 12;

	at_pages(at, q1, s ? (unsigned int)__builtin_ctzll(~ones) + 1 : 0);
}

static void at_pasid(struct inject_at *at, const u64 *d, bool given)
{
	at->has_pasid = given;
	at->pasid = given ? (u32)svk_get(VTD_DESC_PASID, d[0]) : 0;
}

void vtd_fail_at(const u64 *d, struct inject_at *at)
{
	unsigned int type = vtd_desc_type(d);
	unsigned int g = (unsigned int)svk_get(VTD_DESC_G, d[0]);
	unsigned int am = (unsigned int)svk_get(VTD_IVA_AM, d[1]);

	*at = (struct inject_at){.what = INJECT_DESC(type, INJECT_NO_GRAN)};
	switch (type) {
	case VTD_DESC_CC:
		at->sid = g == VTD_GRAN_SELECT ? (u16)svk_get(VTD_CC_SID, d[0]) : 0;
		break;
	case VTD_DESC_IOTLB:
		if (g == VTD_GRAN_SELECT)
			at_pages(at, d[1] & VTD_IVA_ADDR, am);
		break;
	case VTD_DESC_PIOTLB:
		at_pasid(at, d, true);
		if (g == VTD_PIOTLB_G_PAGE)
			at_pages(at, d[1] & VTD_IVA_ADDR, am);
		break;
	case VTD_DESC_PC:
		at_pasid(at, d, g == VTD_PC_G_PASID);
		break;
	case VTD_DESC_DEVTLB:
		at->sid = (u16)svk_get(VTD_DEVTLB_SID, d[0]);
		at_range(at, d[1], d[1] & VTD_DEVTLB_S);
		return;
	case VTD_DESC_PDEVTLB:
		at->sid = (u16)svk_get(VTD_PDEVTLB_SID, d[0]);
		at_pasid(at, d, !(d[1] & VTD_PDEVTLB_G));
		at_range(at, d[1], d[1] & VTD_PDEVTLB_S);
		return;
	case VTD_DESC_PGRP_RESP:
		at->sid = (u16)svk_get(VTD_PGRP_RID, d[0]);
		at_pasid(at, d, d[0] & VTD_PGRP_PP);
		return;
	default:
		return;
	}
	at->what = INJECT_DESC(type, g);
}

static bool lose(struct vtd *v, const u64 *d, const struct inject_at *at)
{
	const struct inject_rule *r = inject_armed(v->m->inject, SVK_INJECT_LOSE);

	/* Who can tell what is stale is the oracle alone; not asked for nothing. */
	if (r && (r->arg & SVK_LOSE_STALE) &&
	    (!v->m->oracle || !inject_matches(v->m->inject, SVK_INJECT_LOSE, at) ||
	     !oracle_removes_stale(v->m->oracle, v, d)))
		return false;
	return inject_strikes(v->m->inject, SVK_INJECT_LOSE, at);
}

/* Those that are overtaken, or all. What is left keeps its order. */
static void release(struct vtd *v, bool all)
{
	struct vtd_fail *f = &v->fail;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < f->held; i++) {
		const struct vtd_held_desc *h = &f->desc[i];

		/* Whoever looks on has been told of what is overtaken. */
		if (all || h->overtaken)
			vtd_qi_take(v, h->d, h->overtaken);
		else
			f->desc[kept++] = *h;
	}
	f->held = kept;
}

/* Keep it until the next wait, which may overtake it. */
static bool hold(struct vtd *v, const u64 *d)
{
	struct vtd_fail *f = &v->fail;

	if (!inject_armed(v->m->inject, SVK_INJECT_WAIT_EARLY))
		return false;
	if (f->held == VTD_HELD_DESCS)
		release(v, true);
	f->desc[f->held].overtaken = false;
	memcpy(f->desc[f->held++].d, d, sizeof(f->desc[0].d));
	return true;
}

bool vtd_fail_descriptor(struct vtd *v, const u64 *d)
{
	struct inject_at at;

	if (!v->m->inject)
		return false;
	memcpy(v->fail.last, d, sizeof(v->fail.last));
	v->fail.has_last = true;
	vtd_fail_at(d, &at);
	at.unit = vtd_number(v);
	if (!lose(v, d, &at))
		return hold(v, d);
	if (v->watch)
		v->watch->descriptor(v->watcher, d, true);
	return true;
}

bool vtd_fail_unanswered(struct vtd *v, const u64 *d)
{
	unsigned int type = vtd_desc_type(d);
	struct inject_at at;

	if ((type != VTD_DESC_DEVTLB && type != VTD_DESC_PDEVTLB) ||
	    !inject_armed(v->m->inject, SVK_INJECT_ITE))
		return false;
	vtd_fail_at(d, &at);
	if (!inject_strikes(v->m->inject, SVK_INJECT_ITE, &at))
		return false;
	vtd_qi_unanswered(v, at.sid);
	return true;
}

int vtd_fail_fetched(struct vtd *v, const u64 *d)
{
	const struct inject_rule *r = inject_armed(v->m->inject, SVK_INJECT_IQE);
	struct inject_at at;
	int code;

	/* A wait that has been let through is fetched again until it completes. */
	if (!r || v->fail.wait)
		return 0;
	code = (int)(r->arg & svk_get(VTD_IQERCD_IQEI, ~0ULL));
	vtd_fail_at(d, &at);
	if (!inject_strikes(v->m->inject, SVK_INJECT_IQE, &at))
		return 0;
	return code ? code : VTD_IQEI_TAIL;
}

/* The first that the rule is about stands for all that the wait would overtake. */
static bool overtakes(struct vtd *v)
{
	for (unsigned int i = 0; i < v->fail.held; i++) {
		struct inject_at at;

		vtd_fail_at(v->fail.desc[i].d, &at);
		if (inject_matches(v->m->inject, SVK_INJECT_WAIT_EARLY, &at))
			return inject_strikes(v->m->inject, SVK_INJECT_WAIT_EARLY, &at);
	}
	return false;
}

static void overtake(struct vtd *v)
{
	struct vtd_fail *f = &v->fail;

	for (unsigned int i = 0; i < f->held; i++) {
		f->desc[i].overtaken = true;
		if (v->watch)
			v->watch->descriptor(v->watcher, f->desc[i].d, true);
	}
}

static void late_over(void *who)
{
	vtd_qi_run(who);
}

/* A wait concerns whom the last descriptor ahead of it concerns. */
static void delay(struct vtd *v)
{
	const struct inject_rule *r = inject_armed(v->m->inject, SVK_INJECT_WAIT_LATE);
	struct inject_at at = {0};
	u64 us;

	if (!r)
		return;
	us = r->arg;
	if (v->fail.has_last)
		vtd_fail_at(v->fail.last, &at);
	if (!inject_strikes(v->m->inject, SVK_INJECT_WAIT_LATE, &at))
		return;
	v->fail.late.expired = late_over;
	v->fail.late.who = v;
	timer_start(v->m, &v->fail.late, us > ~0ULL / 1000 ? ~0ULL : us * 1000);
}

void vtd_fail_wait(struct vtd *v)
{
	if (v->fail.wait)
		return;
	v->fail.wait = true;
	release(v, false);
	if (overtakes(v))
		overtake(v);
	else
		release(v, true);
	if (!v->fail.unanswered)
		delay(v);
}

bool vtd_fail_wait_late(struct vtd *v)
{
	return v->fail.late.armed;
}

void vtd_fail_wait_over(struct vtd *v)
{
	v->fail.wait = false;
	v->fail.has_last = false;
}

void vtd_fail_flush(struct vtd *v)
{
	release(v, true);
	timer_stop(v->m, &v->fail.late);
	v->fail.unanswered = false;
	vtd_fail_wait_over(v);
}

static void event_over(void *who)
{
	const struct vtd_late *l = who;

	l->v->ops->msi(l->v->host, l->addr, l->data);
}

static unsigned int event_of(unsigned int ctl)
{
	switch (ctl) {
	case VTD_FECTL:
		return SVK_IRQ_EVENT_FAULT;
	case VTD_IECTL:
		return SVK_IRQ_EVENT_INVALIDATION;
	case VTD_PERFINTRCTL:
		return SVK_IRQ_EVENT_PERFORMANCE;
	default:
		return SVK_IRQ_EVENT_PAGE_REQUEST;
	}
}

bool vtd_fail_event(struct vtd *v, unsigned int ctl, u64 addr, u32 data)
{
	unsigned int event = event_of(ctl);
	const struct inject_at at = {.what = INJECT_IRQ(event, SVK_IRQ_UNIT)};
	struct vtd_late *l = &v->fail.event[event];
	u64 delay;

	switch (inject_irq(v->m->inject, &at, &delay)) {
	case INJECT_IRQ_SENT:
		return false;
	case INJECT_IRQ_LOST:
		return true;
	default:
		break;
	}
	l->v = v;
	l->addr = addr;
	l->data = data;
	l->timer.expired = event_over;
	l->timer.who = l;
	/* One that is on its way already is both. */
	if (!l->timer.armed)
		timer_start(v->m, &l->timer, delay);
	return true;
}

void vtd_fail_reset(struct vtd *v)
{
	v->fail.held = 0;
	vtd_fail_flush(v);
	for (unsigned int i = 0; i < VTD_EVENTS; i++)
		timer_stop(v->m, &v->fail.event[i].timer);
}

bool vtd_fail_flip(struct vtd *v, const struct inject_at *at, u64 *q, unsigned int n)
{
	const struct inject_rule *r = inject_armed(v->m->inject, SVK_INJECT_BIT_FLIP);
	unsigned int bit;

	if (!r || v->inspecting)
		return false;
	bit = (unsigned int)svk_get(SVK_FLIP_BIT, r->arg) % (64 * n);
	if (!inject_strikes(v->m->inject, SVK_INJECT_BIT_FLIP, at))
		return false;
	q[bit / 64] ^= SVK_BIT(bit % 64);
	return true;
}
