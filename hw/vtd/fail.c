// SPDX-License-Identifier: GPL-2.0
/* What of the unit fails on demand (docs/faults.md), but for what is done where it happens. */
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

bool vtd_fail_lose(struct vtd *v, const u64 *d)
{
	const struct inject_rule *r = inject_armed(v->m->inject, SVK_INJECT_LOSE);
	struct inject_at at;

	if (!r || vtd_desc_type(d) == VTD_DESC_WAIT)
		return false;
	vtd_fail_at(d, &at);
	/* Who can tell what is stale is the oracle alone. */
	if ((r->arg & SVK_LOSE_STALE) &&
	    (!v->m->oracle || !inject_matches(v->m->inject, SVK_INJECT_LOSE, &at) ||
	     !oracle_removes_stale(v->m->oracle, d)))
		return false;
	return inject_strikes(v->m->inject, SVK_INJECT_LOSE, &at);
}
