// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests (7.4), page group responses (7.5.3) and their drain (7.10).
 *
 * A request is in the queue, or answered, or discarded, when the endpoint that
 * sent it goes on, so a drain never has a request to wait for. What the unit
 * may still hold back is its own answer to a request that the full queue had
 * no room for: it goes out when software has cleared PRS.PRO. Sent at once, it
 * would make the endpoint ask again at once, and be answered again, for as
 * long as software takes to empty the queue. A drain does not wait for that,
 * it sends the answers.
 */
#include <string.h>

#include "gmem.h"
#include "log.h"
#include "trace.h"
#include "vtd/vtd_internal.h"

#define PRS_EVENT ((u32)(VTD_PRS_PPR | VTD_PRS_PRO))

static u64 queue_bytes(const struct vtd *v)
{
	return 4096ULL << svk_get(VTD_PQA_PQS, vtd_reg64(v, VTD_PQA));
}

static u64 queue_pending(const struct vtd *v)
{
	u64 bytes = queue_bytes(v);

	return (vtd_reg64(v, VTD_PQT) - vtd_reg64(v, VTD_PQH)) % bytes / VTD_PRD_SIZE;
}

u64 vtd_prq_queued(const struct vtd *v)
{
	return v->prq.queued;
}

u64 vtd_prq_passed(const struct vtd *v)
{
	u64 pending = queue_pending(v);

	/* Software that moves the pointers about may make it look longer than it ever was. */
	return pending < v->prq.queued ? v->prq.queued - pending : 0;
}

/* One message for both bits; the next only after software has cleared them (11.4.11.5). */
static void prs_set(struct vtd *v, u32 bit)
{
	u32 old = vtd_reg32(v, VTD_PRS);

	v->reg[VTD_PRS / 4] |= bit;
	if (!(old & PRS_EVENT))
		vtd_event(v, VTD_PECTL);
}

/* A stop marker asks for no page, and gets no response (PCIe 10.4.1.2). */
static bool is_marker(const struct vtd_page_request *req)
{
	return req->last && !req->read && !req->write;
}

static void respond(struct vtd *v, u16 sid, const struct vtd_page_response *resp)
{
	trace_event(v->m->trace, TRACE_PGRP, sid, resp->has_pasid ? resp->pasid : ~0ULL, resp->prgi,
		    resp->code);
	for (unsigned int i = 0; i < v->endpoints; i++) {
		const struct vtd_endpoint *ep = &v->endpoint[i];

		if (ep->sid != sid)
			continue;
		machine_count(v->m, SVK_LAB_PGRP_RESP);
		if (ep->ops->response)
			ep->ops->response(ep->priv, resp);
		return;
	}
	log_guest("%s: page group response for unknown source-id 0x%04x, completed", v->name, sid);
}

/* The unit's own response: only the last request of a group is ever answered. */
static bool answer_of(const struct vtd_page_request *req, unsigned int code,
		      struct vtd_page_response *resp)
{
	*resp = (struct vtd_page_response){
		.has_pasid = req->has_pasid,
		.pasid = req->has_pasid ? req->pasid : 0,
		.prgi = req->prgi,
		.code = code,
	};
	return req->last && !is_marker(req);
}

static void refuse(struct vtd *v, const struct vtd_page_request *req, unsigned int code)
{
	struct vtd_page_response resp;

	if (answer_of(req, code, &resp))
		respond(v, req->sid, &resp);
}

static void held_add(struct vtd *v, const struct vtd_held *h)
{
	v->prq.held[(v->prq.held_first + v->prq.held_count++) % VTD_HELD] = *h;
}

void vtd_prq_release(struct vtd *v)
{
	unsigned int n = v->prq.held_count;

	/* An endpoint may ask again from inside its response; that joins the next round. */
	for (; n; n--) {
		struct vtd_held h = v->prq.held[v->prq.held_first];

		v->prq.held_first = (v->prq.held_first + 1) % VTD_HELD;
		v->prq.held_count--;
		respond(v, h.sid, &h.resp);
	}
}

void vtd_prq_forget(struct vtd *v, u16 sid)
{
	unsigned int n = v->prq.held_count;
	unsigned int from = v->prq.held_first;

	v->prq.held_count = 0;
	for (unsigned int i = 0; i < n; i++) {
		struct vtd_held h = v->prq.held[(from + i) % VTD_HELD];

		if (h.sid != sid)
			held_add(v, &h);
	}
}

/*
 * The request is lost. Success makes the endpoint look again and, if the page
 * is still missing, ask again; any other answer would blame it for what is
 * none of its doing.
 */
static void overflow(struct vtd *v, const struct vtd_page_request *req)
{
	struct vtd_held h = {.sid = req->sid};

	if (!(vtd_reg32(v, VTD_PRS) & VTD_PRS_PRO)) {
		log_guest("%s: page request queue overflow, head 0x%llx, tail 0x%llx", v->name,
			  (unsigned long long)vtd_reg64(v, VTD_PQH),
			  (unsigned long long)vtd_reg64(v, VTD_PQT));
		prs_set(v, VTD_PRS_PRO);
	}
	if (!is_marker(req))
		machine_count(v->m, SVK_LAB_PRQ_OVERFLOW);
	if (!answer_of(req, VTD_PGRP_RC_SUCCESS, &h.resp))
		return;
	if (v->prq.held_count < VTD_HELD)
		held_add(v, &h);
	else
		respond(v, h.sid, &h.resp);
}

static u64 descriptor_low(const struct vtd_page_request *req)
{
	u64 q = svk_put(VTD_PRD_TYPE, VTD_PRD_TYPE_PAGE) | svk_put(VTD_PRD_RID, req->sid);

	if (req->has_pasid) {
		q |= VTD_PRD_PP | svk_put(VTD_PRD_PASID, req->pasid);
		q |= req->exec ? VTD_PRD_EXE : 0;
		q |= req->priv ? VTD_PRD_PRIV : 0;
	}
	return q;
}

static u64 descriptor_high(const struct vtd_page_request *req)
{
	return (req->addr & VTD_PRD_ADDR) | svk_put(VTD_PRD_PRGI, req->prgi) |
	       (req->read ? VTD_PRD_RD : 0) | (req->write ? VTD_PRD_WR : 0) |
	       (req->last ? VTD_PRD_LPIG : 0);
}

/* Return: false if the queue is not in memory. */
static bool enqueue(struct vtd *v, const struct vtd_page_request *req, u32 pasid, u64 tail)
{
	u64 base = vtd_reg64(v, VTD_PQA) & VTD_PQA_PQA;
	__le64 d[VTD_PRD_SIZE / 8] = {0};
	void *mem = base ? gmem_ptr(v->mem, base + tail, sizeof(d), GMEM_WRITE) : NULL;
	struct vtd_page_request sent = *req;
	u64 reserved;

	if (!mem) {
		log_guest("%s: page request queue 0x%llx is not in RAM", v->name,
			  (unsigned long long)base);
		return false;
	}
	reserved = vtd_fail_spoil(v, &sent);
	d[0] = cpu_to_le64(descriptor_low(&sent) | reserved);
	d[1] = cpu_to_le64(descriptor_high(&sent));
	memcpy(mem, d, sizeof(d));
	/* The descriptor is whole before the tail says that it is there. */
	vtd_set64(v, VTD_PQT, (tail + VTD_PRD_SIZE) % queue_bytes(v));
	v->prq.queued++;
	vtd_pmu_saw(&v->pmu, VTD_PMU_PAGE_REQUEST);
	vtd_pmu_end(v);
	/* Whoever looks on must know what software has been asked. */
	if (v->watch)
		v->watch->request(v->watcher, &sent, sent.pasid == req->pasid ? pasid : sent.pasid);
	prs_set(v, VTD_PRS_PPR);
	return true;
}

/* Return: whether it is queued. */
static bool request_accept(struct vtd *v, const struct vtd_page_request *req)
{
	u64 bytes = queue_bytes(v);
	u64 tail = vtd_reg64(v, VTD_PQT) % bytes;
	u32 pasid;
	int reason;

	if (!vtd_has_ecap(v, VTD_ECAP_PRS)) {
		refuse(v, req, VTD_PGRP_RC_FAILURE);
		return false;
	}
	reason = vtd_page_request_check(v, req, &pasid);
	if (reason) {
		/*
		 * Without a context no page request can be served. All else concerns this
		 * PASID alone: the function may go on with its others.
		 */
		refuse(v, req, reason < VTD_FR_SCT_5 ? VTD_PGRP_RC_FAILURE : VTD_PGRP_RC_INVALID);
		return false;
	}
	if ((vtd_reg32(v, VTD_PRS) & VTD_PRS_PRO) ||
	    (tail + VTD_PRD_SIZE) % bytes == vtd_reg64(v, VTD_PQH) % bytes ||
	    vtd_fail_request(v, SVK_INJECT_PRQ_OVERFLOW, req)) {
		overflow(v, req);
		return false;
	}
	if (!enqueue(v, req, pasid, tail)) {
		refuse(v, req, VTD_PGRP_RC_FAILURE);
		return false;
	}
	return true;
}

static bool request_send(struct vtd *v, const struct vtd_page_request *req)
{
	u64 flags = req->prgi | (req->read ? TRACE_PRQ_READ : 0) |
		    (req->write ? TRACE_PRQ_WRITE : 0) | (req->last ? TRACE_PRQ_LAST : 0);

	if (!is_marker(req))
		machine_count(v->m, SVK_LAB_PRQ);
	trace_event(v->m->trace, TRACE_PRQ, req->sid, req->has_pasid ? req->pasid : ~0ULL,
		    req->addr, flags);
	return request_accept(v, req);
}

bool vtd_page_request(struct vtd *v, const struct vtd_page_request *req)
{
	bool queued = request_send(v, req);

	if (queued && vtd_fail_request(v, SVK_INJECT_PRQ_DUPLICATE, req))
		request_send(v, req);
	return queued;
}

void vtd_prq_update(struct vtd *v)
{
	u32 prs = vtd_reg32(v, VTD_PRS);

	if (!(prs & PRS_EVENT))
		v->reg[VTD_PECTL / 4] &= ~(u32)VTD_ECTL_IP;
	if (!(prs & VTD_PRS_PRO))
		vtd_prq_release(v);
}

void vtd_prq_response(struct vtd *v, const u64 *d)
{
	const struct vtd_page_response resp = {
		.has_pasid = d[0] & VTD_PGRP_PP,
		.pasid = d[0] & VTD_PGRP_PP ? (u32)svk_get(VTD_DESC_PASID, d[0]) : 0,
		.prgi = (u16)svk_get(VTD_PGRP_PRGI, d[1]),
		.code = (unsigned int)svk_get(VTD_PGRP_RC, d[0]),
	};

	respond(v, (u16)svk_get(VTD_PGRP_RID, d[0]), &resp);
}
