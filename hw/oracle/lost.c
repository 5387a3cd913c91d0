// SPDX-License-Identifier: GPL-2.0
/*
 * What became of the entries that a lost descriptor would have removed. Linux
 * sends some invalidations twice; and a write of the device to a page that it
 * could only read replaces what was cached of it. Nothing is left to be found then,
 * and whoever has lost the descriptor should know.
 */
#include <inttypes.h>

#include "clock.h"
#include "log.h"
#include "oracle/oracle_internal.h"

#define NS_PER_US 1000

struct collect {
	struct oracle *o;
	struct oracle_loss *loss;
};

static bool collect_entry(void *ctx, const struct vtd_view *e)
{
	struct collect *c = ctx;
	struct vtd_view now;
	struct vtd_why why;

	if (oracle_covers(c->loss->q, e) &&
	    vtd_inspect(c->o->unit, e, &now, &why) == VTD_MATCH_STALE)
		c->loss->entry[c->loss->entries++] = *e;
	return c->loss->entries < ORACLE_LOSS_ENTRIES;
}

void oracle_loss_begin(struct oracle *o, const struct oracle_desc *d)
{
	struct collect c = {.o = o, .loss = &o->loss};

	o->loss = (struct oracle_loss){.q = {d->q[0], d->q[1]}, .at = d->at};
	vtd_inspect_each(o->unit, VTD_VIEW_ALL, collect_entry, &c);
}

void oracle_loss_descriptor(struct oracle *o, const struct oracle_desc *d)
{
	struct oracle_loss *l = &o->loss;
	size_t kept = 0;

	if (!l->entries)
		return;
	for (size_t i = 0; i < l->entries; i++) {
		if (!oracle_covers(d->q, &l->entry[i]))
			l->entry[kept++] = l->entry[i];
	}
	l->entries = kept;
	if (!kept)
		log_info("oracle: made good after %" PRIu64 " us, %u waits, %u audits",
			 (uint64_t)(clock_ns() - l->at) / NS_PER_US, l->waits, l->audits);
}

void oracle_loss_waited(struct oracle *o, const u64 *d)
{
	/* With a fence it only separates descriptors: nobody waits for it. */
	if (!(d[0] & VTD_WAIT_FN))
		o->loss.waits++;
}

struct look {
	const struct oracle_loss *loss;
	bool found;
};

static bool look_entry(void *ctx, const struct vtd_view *e)
{
	struct look *l = ctx;

	for (size_t i = 0; i < l->loss->entries; i++)
		l->found |= oracle_same(&l->loss->entry[i], e);
	return !l->found;
}

void oracle_loss_audit(struct oracle *o)
{
	struct look l = {.loss = &o->loss};

	if (!o->loss.audits++ && o->loss.entries) {
		vtd_inspect_each(o->unit, VTD_VIEW_ALL, look_entry, &l);
		if (!l.found) {
			log_info("oracle: replaced before the first audit");
			o->loss.entries = 0;
		}
	}
}
