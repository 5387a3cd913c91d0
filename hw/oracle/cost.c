// SPDX-License-Identifier: GPL-2.0
/*
 * What an operation of software costs: how many descriptors, and how much of
 * what they removed was in use and had to be fetched again. Nothing of it is
 * a finding; it shows where software could say more exactly what it means.
 *
 * An operation is all that is queued up to a wait descriptor.
 */
#include <string.h>

#include "clock.h"
#include "oracle/oracle_internal.h"

/* Beyond that a superpage may be thousands of pages by now, and each is a walk. */
#define COST_COMPARED (2ULL << 20)

static bool invalidates(const u64 *q)
{
	switch (svk_get(VTD_DESC_TYPE_LO, q[0]) | svk_get(VTD_DESC_TYPE_HI, q[0]) << 4) {
	case VTD_DESC_CC:
	case VTD_DESC_IOTLB:
	case VTD_DESC_DEVTLB:
	case VTD_DESC_PIOTLB:
	case VTD_DESC_PC:
	case VTD_DESC_PDEVTLB:
		return true;
	default:
		return false;
	}
}

/* The last descriptor has been executed: all that it removes is known. */
static void settle(struct oracle *o)
{
	struct oracle_desc *d = o->executing;

	if (!d)
		return;
	o->executing = NULL;
	o->op.needed += d->needed;
	o->op.collateral += d->collateral;
	if (d->collateral > o->op.worst_collateral) {
		o->op.worst_collateral = d->collateral;
		memcpy(o->op.worst, d->q, sizeof(o->op.worst));
	}
	if (!d->lost && !d->needed && !d->collateral) {
		o->op.empty++;
		vtd_count(o->unit, SVK_LAB_INV_EMPTY);
	}
}

void oracle_cost_descriptor(struct oracle *o, struct oracle_desc *d)
{
	settle(o);
	if (!invalidates(d->q))
		return;
	if (!o->op.descriptors++)
		o->op.at = vtd_time(o->unit, d->at);
	o->executing = d;
}

void oracle_cost_dropped(struct oracle *o, const struct vtd_view *e)
{
	struct vtd_view first = *e, now;
	struct vtd_why why;

	if (!o->executing)
		return;
	if (first.size > COST_COMPARED)
		first.size = COST_COMPARED;
	if (vtd_inspect(o->unit, &first, &now, &why) == VTD_MATCH_SAME) {
		o->executing->collateral++;
		vtd_count(o->unit, SVK_LAB_INV_COLLATERAL);
	} else {
		o->executing->needed++;
		vtd_count(o->unit, SVK_LAB_INV_NEEDED);
	}
}

/* Keep it if it is among the costliest; of equals the earlier one stays. */
static void keep(struct oracle_book *b, const struct oracle_op *op)
{
	size_t i = b->costs;

	if (!op->collateral)
		return;
	if (i == ORACLE_COSTLIEST) {
		if (b->cost[i - 1].collateral >= op->collateral)
			return;
		i--;
	} else {
		b->costs++;
	}
	for (; i && b->cost[i - 1].collateral < op->collateral; i--)
		b->cost[i] = b->cost[i - 1];
	b->cost[i] = *op;
}

void oracle_cost_wait(struct oracle *o)
{
	settle(o);
	if (!o->op.descriptors)
		return;
	vtd_count(o->unit, SVK_LAB_OPS);
	keep(o->book, &o->op);
	o->op = (struct oracle_op){0};
}

void oracle_cost_forget(struct oracle *o)
{
	o->executing = NULL;
	o->op = (struct oracle_op){0};
}

size_t oracle_costliest(const struct oracle *o, const struct oracle_op **ops)
{
	*ops = o->book->cost;
	return o->book->costs;
}
