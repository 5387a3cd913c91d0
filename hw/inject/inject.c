// SPDX-License-Identifier: GPL-2.0
/* The rules that are armed, and whether one of them strikes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "inject/inject.h"
#include "log.h"
#include "machine.h"
#include "trace.h"

#define PAGE_SIZE 4096ULL
#define CHANCE_BITS 16
/* Strikes written to the log: a guest can have any number, but not fill the host's disk. */
#define INJECT_REPORTS 4096
#define NS_PER_S 1e9
#define NS_PER_US 1000ULL
#define PLACE_SIZE 80

/* A rule, and where its sequence of random numbers is. */
struct armed {
	struct inject_rule rule;
	u64 random;
};

struct inject {
	struct machine *m;
	u64 seed;
	unsigned int reports;
	u64 plugs;
	struct armed armed[SVK_INJECT_COUNT];
	u64 struck[SVK_INJECT_COUNT];
};

/*
 * SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
 * Generators, OOPSLA 2014): any state is a good one, so any seed is, too.
 */
static u64 random_next(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static bool is_kind(enum svk_inject kind)
{
	return kind > SVK_INJECT_NONE && kind < SVK_INJECT_COUNT;
}

struct inject *inject_new(struct machine *m, u64 seed)
{
	struct inject *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->m = m;
	i->seed = seed;
	return i;
}

void inject_free(struct inject *i)
{
	free(i);
}

void inject_arm(struct inject *i, const struct inject_rule *r)
{
	struct armed *a;

	if (!is_kind(r->kind))
		return;
	i->plugs += r->kind == SVK_INJECT_REMOVE && !r->count;
	a = &i->armed[r->kind];
	a->rule = *r;
	/* Two kinds with one seed have sequences of their own. */
	a->random = i->seed + r->kind;
	a->random = random_next(&a->random) ^ r->seed;
}

void inject_disarm_lab(struct inject *i)
{
	i->plugs++;
	for (unsigned int kind = 0; kind < SVK_INJECT_COUNT; kind++) {
		if (i->armed[kind].rule.lab)
			i->armed[kind].rule.count = 0;
	}
}

const struct inject_rule *inject_armed(const struct inject *i, enum svk_inject kind)
{
	return i && i->armed[kind].rule.count ? &i->armed[kind].rule : NULL;
}

static bool touches(const struct inject_at *at, u64 page)
{
	u64 last = at->addr + (at->size - 1);

	if (!at->size)
		return false;
	if (last < at->addr)
		last = ~0ULL;
	return at->addr <= page + (PAGE_SIZE - 1) && page <= last;
}

static bool matches_desc(u64 arg, const struct inject_at *at)
{
	u64 types = svk_get(SVK_LOSE_TYPES, arg), grans = svk_get(SVK_LOSE_GRANS, arg);
	u64 unit = svk_get(SVK_LOSE_UNIT, arg), what = at->what;

	if (!(types >> (what & 0xff) & 1) || (unit && unit != at->unit))
		return false;
	return !grans || what >> 8 == INJECT_NO_GRAN || (grans >> (what >> 8) & 1);
}

static bool matches_irq(u64 arg, const struct inject_at *at)
{
	u64 sid = svk_get(SVK_IRQ_SID, arg);

	if ((arg ^ at->what) & SVK_IRQ_UNIT)
		return false;
	if (!(arg & SVK_IRQ_UNIT) && sid && sid != at->sid)
		return false;
	return (arg & SVK_IRQ_ANY) || !((arg ^ at->what) & SVK_IRQ_VECTOR);
}

/* Whether the rule's argument has something to say about where it strikes, and says no. */
static bool matches_arg(const struct inject_rule *r, const struct inject_at *at)
{
	switch (r->kind) {
	case SVK_INJECT_LOSE:
		return matches_desc(r->arg, at);
	case SVK_INJECT_IRQ_LOST:
	case SVK_INJECT_IRQ_LATE:
		return matches_irq(r->arg, at);
	case SVK_INJECT_REMOVE:
	case SVK_INJECT_RESET:
		return !r->arg || r->arg == at->sid;
	case SVK_INJECT_BIT_FLIP:
		return svk_get(SVK_FLIP_TABLE, r->arg) == at->what;
	case SVK_INJECT_SLOW_FETCH:
		return svk_get(SVK_SLOW_TABLE, r->arg) == at->what;
	default:
		return true;
	}
}

bool inject_matches(const struct inject *i, enum svk_inject kind, const struct inject_at *at)
{
	const struct inject_rule *r = inject_armed(i, kind);

	if (!r)
		return false;
	if (r->has_pasid && (!at->has_pasid || at->pasid != r->pasid))
		return false;
	if (r->addr != INJECT_ANY_ADDR && !touches(at, r->addr & ~(PAGE_SIZE - 1)))
		return false;
	return matches_arg(r, at);
}

static void report(struct inject *i, const struct inject_rule *r, const struct inject_at *at)
{
	double now = (double)(s64)(clock_ns() - i->m->born) / NS_PER_S;
	char place[PLACE_SIZE] = "";
	int n = 0;

	if (i->reports > INJECT_REPORTS)
		return;
	if (i->reports++ == INJECT_REPORTS) {
		log_info("inject: %d strikes reported, further ones are only counted",
			 INJECT_REPORTS);
		return;
	}
	if (at->sid)
		n += snprintf(place, sizeof(place), " %02x:%02x.%x", at->sid >> 8,
			      at->sid >> 3 & 0x1f, at->sid & 7);
	if (at->has_pasid)
		n += snprintf(place + n, sizeof(place) - (size_t)n, " PASID %u", at->pasid);
	if (at->size)
		snprintf(place + n, sizeof(place) - (size_t)n, " address 0x%" PRIx64,
			 (uint64_t)at->addr);
	log_info("inject: %s at %.6f s:%s argument 0x%" PRIx64 ", time %" PRIu64,
		 inject_name(r->kind), now, place, (uint64_t)r->arg, (uint64_t)i->struck[r->kind]);
}

bool inject_strikes(struct inject *i, enum svk_inject kind, const struct inject_at *at)
{
	struct armed *a;

	if (!inject_matches(i, kind, at))
		return false;
	a = &i->armed[kind];
	if (a->rule.skip) {
		a->rule.skip--;
		return false;
	}
	if (a->rule.chance && random_next(&a->random) >> (64 - CHANCE_BITS) >= a->rule.chance)
		return false;
	if (a->rule.count != SVK_LAB_INJECT_FOREVER)
		a->rule.count--;
	i->struck[kind]++;
	trace_event(i->m->trace, TRACE_INJECT, kind, at->sid, at->has_pasid ? at->pasid : ~0ULL,
		    at->size ? at->addr : ~0ULL);
	report(i, &a->rule, at);
	return true;
}

u64 inject_random(struct inject *i, enum svk_inject kind)
{
	return random_next(&i->armed[kind].random);
}

enum inject_irq inject_irq(struct inject *i, const struct inject_at *at, u64 *delay_ns)
{
	if (inject_strikes(i, SVK_INJECT_IRQ_LOST, at))
		return INJECT_IRQ_LOST;
	if (!inject_strikes(i, SVK_INJECT_IRQ_LATE, at))
		return INJECT_IRQ_SENT;
	*delay_ns = svk_get(SVK_IRQ_DELAY, i->armed[SVK_INJECT_IRQ_LATE].rule.arg) * NS_PER_US;
	return INJECT_IRQ_LATE;
}

u64 inject_plugs(const struct inject *i)
{
	return i ? i->plugs : 0;
}

u64 inject_struck(const struct inject *i, enum svk_inject kind)
{
	return is_kind(kind) ? i->struck[kind] : 0;
}
