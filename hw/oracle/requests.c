// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests of a PASID that changes hands (7.10).
 *
 * Software that takes a PASID entry away handles what is in the queue, answers
 * it, and drains what may still be on its way, before it gives the PASID to
 * somebody else: or what the old owner's device has asked for is served from
 * the new owner's memory. A request whose group is answered is done with, in
 * whatever order PQH moves.
 *
 * Stop markers ask for nothing, and do not count.
 */
#include "oracle/oracle_internal.h"

static bool passed(const struct oracle *o, const struct oracle_request *r)
{
	return r->number <= vtd_prq_passed(o->unit);
}

/* A request in the middle of a group gets no answer of its own. */
static bool done(const struct oracle *o, const struct oracle_request *r)
{
	return !r->last && passed(o, r);
}

static void prune(struct oracle *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->requests; i++) {
		if (!done(o, &o->request[i]))
			o->request[kept++] = o->request[i];
	}
	o->requests = kept;
}

void oracle_request_queued(struct oracle *o, const struct vtd_page_request *req, u32 pasid)
{
	if (req->last && !req->read && !req->write)
		return;
	prune(o);
	/* Software that leaves so much unanswered is not watched any closer. */
	if (o->requests == ORACLE_REQUESTS)
		return;
	o->request[o->requests++] = (struct oracle_request){
		.number = vtd_prq_queued(o->unit),
		.sid = req->sid,
		.has_pasid = req->has_pasid,
		.pasid = pasid,
		.prgi = req->prgi,
		.last = req->last,
	};
}

static bool answers(const u64 *q, const struct oracle_request *r)
{
	return svk_get(VTD_PGRP_RID, q[0]) == r->sid && svk_get(VTD_PGRP_PRGI, q[1]) == r->prgi &&
	       !(q[0] & VTD_PGRP_PP) == !r->has_pasid &&
	       (!r->has_pasid || svk_get(VTD_DESC_PASID, q[0]) == r->pasid);
}

/* All of the group, also what came before its last request. */
static void answered(struct oracle *o, const u64 *q)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->requests; i++) {
		if (!answers(q, &o->request[i]))
			o->request[kept++] = o->request[i];
	}
	o->requests = kept;
}

/* Caches of PASID entries are being invalidated: which of the entries are gone? */
static void taken(struct oracle *o)
{
	for (size_t i = 0; i < o->requests; i++) {
		struct oracle_request *r = &o->request[i];
		const struct vtd_view e = {.kind = VTD_VIEW_PASID,
					   .sid = r->sid,
					   .has_pasid = true,
					   .pasid = r->pasid};
		struct vtd_view now;
		struct vtd_why why;

		vtd_inspect(o->unit, &e, &now, &why);
		r->taken |= why.reason != 0;
	}
}

void oracle_requests_descriptor(struct oracle *o, const u64 *q)
{
	switch (svk_get(VTD_DESC_TYPE_LO, q[0]) | svk_get(VTD_DESC_TYPE_HI, q[0]) << 4) {
	case VTD_DESC_PC:
		taken(o);
		break;
	case VTD_DESC_PGRP_RESP:
		answered(o, q);
		break;
	}
}

void oracle_requests_drained(struct oracle *o)
{
	for (size_t i = 0; i < o->requests; i++)
		o->request[i].drained |= o->request[i].taken;
}

bool oracle_requests_undrained(struct oracle *o, const struct vtd_view *e)
{
	bool found = false;
	size_t kept = 0;

	prune(o);
	for (size_t i = 0; i < o->requests; i++) {
		const struct oracle_request *r = &o->request[i];

		if (!r->taken || r->sid != e->sid || r->pasid != e->pasid) {
			o->request[kept++] = *r;
			continue;
		}
		found |= !r->drained || !passed(o, r);
	}
	o->requests = kept;
	return found;
}
