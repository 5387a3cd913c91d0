// SPDX-License-Identifier: GPL-2.0
/* Page requests that fail on demand (docs/faults.md). */
#include "inject/inject.h"
#include "vtd/vtd_internal.h"

#define PASID_MAX 0xfffffu
#define PRD_RESERVED (SVK_MASK(15, 9) | SVK_MASK(63, 54)) /* quadword 0 */

bool vtd_fail_request(struct vtd *v, enum svk_inject kind, const struct vtd_page_request *req)
{
	const struct inject_at at = {
		.has_pasid = req->has_pasid,
		.sid = req->sid,
		.pasid = req->pasid,
		.addr = req->addr & VTD_PRD_ADDR,
		.size = 4096,
	};

	/* A stop marker asks for nothing. */
	return (req->read || req->write) && inject_strikes(v->m->inject, kind, &at);
}

static u16 nobody(const struct vtd *v)
{
	u16 sid = 0xffff;

	while (vtd_has_endpoint(v, sid))
		sid--;
	return sid;
}

u64 vtd_fail_spoil(struct vtd *v, struct vtd_page_request *req)
{
	const struct inject_rule *r = inject_armed(v->m->inject, SVK_INJECT_PRQ_MALFORMED);
	u64 how = r ? r->arg : 0;

	if (!vtd_fail_request(v, SVK_INJECT_PRQ_MALFORMED, req))
		return 0;
	switch (how) {
	case SVK_PRQ_SPOIL_PASID:
		req->pasid = PASID_MAX - (req->has_pasid && req->pasid == PASID_MAX);
		req->has_pasid = true;
		return 0;
	case SVK_PRQ_SPOIL_ADDRESS:
		/* Bits 63 and 62 of a canonical address are alike. */
		req->addr ^= SVK_BIT(62);
		return 0;
	case SVK_PRQ_SPOIL_ACCESS:
		req->read = false;
		req->write = false;
		req->exec = false;
		return 0;
	case SVK_PRQ_SPOIL_LAST:
		req->last = false;
		return 0;
	case SVK_PRQ_SPOIL_SOURCE:
		req->sid = nobody(v);
		return 0;
	default:
		return PRD_RESERVED;
	}
}
