// SPDX-License-Identifier: GPL-2.0
/*
 * What invalidation descriptors name, and which entries each of them removes
 * (6.5.2). Kept apart from hw/vtd/inval.c on purpose: a second reading of the
 * specification, which the tests compare with the first. PID 1 of the guests
 * reads descriptors with it, too.
 */
#include "oracle/covers.h"

#include <svakit/vtd_regs.h>

static unsigned int desc_type(const u64 *q)
{
	return (unsigned int)(svk_get(VTD_DESC_TYPE_LO, q[0]) | svk_get(VTD_DESC_TYPE_HI, q[0])
									<< 4);
}

static bool covers_context(const u64 *q, const struct vtd_view *e)
{
	static const u16 ignored[4] = {0, 4, 6, 7};
	u16 mask = (u16)~ignored[svk_get(VTD_CC_FM, q[0])];

	if (e->kind != VTD_VIEW_CONTEXT)
		return false;
	return svk_get(VTD_DESC_G, q[0]) != VTD_GRAN_SELECT ||
	       !((svk_get(VTD_CC_SID, q[0]) ^ e->sid) & mask);
}

static bool covers_pasid(const u64 *q, const struct vtd_view *e)
{
	unsigned int g = (unsigned int)svk_get(VTD_DESC_G, q[0]);

	if (e->kind != VTD_VIEW_PASID)
		return false;
	if (g == VTD_PC_G_GLOBAL)
		return true;
	return svk_get(VTD_DESC_DID, q[0]) == e->did &&
	       (g == VTD_PC_G_DOMAIN || svk_get(VTD_DESC_PASID, q[0]) == e->pasid);
}

/* Pages of 2^am times 4 KiB, naturally aligned, against the entry's. */
static bool overlaps(u64 addr, unsigned int am, const struct vtd_view *e)
{
	u64 mask = am < 52 ? (4096ULL << am) - 1 : ~0ULL;
	u64 first = addr & ~mask;

	return e->addr <= (first | mask) && first <= e->addr + (e->size - 1);
}

static bool paged(const struct vtd_view *e)
{
	return e->entry[0];
}

static bool covers_iotlb(const u64 *q, const struct vtd_view *e)
{
	if (e->kind != VTD_VIEW_IOTLB)
		return false;
	switch (svk_get(VTD_DESC_G, q[0])) {
	case VTD_GRAN_GLOBAL:
		return true;
	case VTD_GRAN_DOMAIN:
		return svk_get(VTD_DESC_DID, q[0]) == e->did;
	default:
		/* By input address of the second stage: all of the first stage goes. */
		return svk_get(VTD_DESC_DID, q[0]) == e->did &&
		       (paged(e) ||
			overlaps(q[1] & VTD_IVA_ADDR, (unsigned int)svk_get(VTD_IVA_AM, q[1]), e));
	}
}

static bool covers_piotlb(const u64 *q, const struct vtd_view *e)
{
	if (e->kind != VTD_VIEW_IOTLB || svk_get(VTD_DESC_DID, q[0]) != e->did ||
	    svk_get(VTD_DESC_PASID, q[0]) != e->pasid)
		return false;
	if (svk_get(VTD_DESC_G, q[0]) != VTD_PIOTLB_G_PAGE)
		return true;
	return paged(e) &&
	       overlaps(q[1] & VTD_IVA_ADDR, (unsigned int)svk_get(VTD_IVA_AM, q[1]), e);
}

/* The size is in the address: the lowest clear bit from 12 up. */
static unsigned int devtlb_order(u64 q1, bool s)
{
	unsigned int am = 0;

	if (!s)
		return 0;
	while (am < 52 && (q1 >> (12 + am) & 1))
		am++;
	return am + 1;
}

static bool covers_range(u64 q1, bool s, const struct vtd_view *e)
{
	return overlaps(q1 & VTD_DEVTLB_ADDR, devtlb_order(q1, s), e);
}

static bool covers_devtlb(const u64 *q, const struct vtd_view *e)
{
	return e->kind == VTD_VIEW_DEVTLB && !e->has_pasid &&
	       svk_get(VTD_DEVTLB_SID, q[0]) == e->sid &&
	       covers_range(q[1], q[1] & VTD_DEVTLB_S, e);
}

static bool covers_pdevtlb(const u64 *q, const struct vtd_view *e)
{
	return e->kind == VTD_VIEW_DEVTLB && e->has_pasid &&
	       svk_get(VTD_PDEVTLB_SID, q[0]) == e->sid &&
	       ((q[1] & VTD_PDEVTLB_G) || svk_get(VTD_DESC_PASID, q[0]) == e->pasid) &&
	       covers_range(q[1], q[1] & VTD_PDEVTLB_S, e);
}

bool oracle_covers(const u64 *q, const struct vtd_view *e)
{
	switch (desc_type(q)) {
	case VTD_DESC_CC:
		return covers_context(q, e);
	case VTD_DESC_PC:
		return covers_pasid(q, e);
	case VTD_DESC_IOTLB:
		return covers_iotlb(q, e);
	case VTD_DESC_PIOTLB:
		return covers_piotlb(q, e);
	case VTD_DESC_DEVTLB:
		return covers_devtlb(q, e);
	case VTD_DESC_PDEVTLB:
		return covers_pdevtlb(q, e);
	default:
		return false;
	}
}

bool oracle_range(const u64 *q, u64 *first, u64 *last)
{
	unsigned int type = desc_type(q);
	unsigned int am = (unsigned int)svk_get(VTD_IVA_AM, q[1]);
	u64 addr = q[1] & VTD_IVA_ADDR;
	u64 mask;

	switch (type) {
	case VTD_DESC_IOTLB:
	case VTD_DESC_PIOTLB:
		/* The encoding of a page is the same in both. */
		if (svk_get(VTD_DESC_G, q[0]) != VTD_GRAN_SELECT)
			return false;
		break;
	case VTD_DESC_DEVTLB:
	case VTD_DESC_PDEVTLB:
		am = devtlb_order(q[1],
				  q[1] & (type == VTD_DESC_DEVTLB ? VTD_DEVTLB_S : VTD_PDEVTLB_S));
		break;
	default:
		return false;
	}
	mask = am < 52 ? (4096ULL << am) - 1 : ~0ULL;
	*first = addr & ~mask;
	*last = *first | mask;
	return true;
}

static bool tags_of_iotlb(const u64 *q, struct oracle_tags *t)
{
	t->has_pasid = desc_type(q) == VTD_DESC_PIOTLB;
	t->has_did = t->has_pasid || svk_get(VTD_DESC_G, q[0]) != VTD_GRAN_GLOBAL;
	return desc_type(q) == VTD_DESC_IOTLB || t->has_pasid;
}

static bool tags_of_devtlb(const u64 *q, struct oracle_tags *t)
{
	t->has_sid = true;
	t->has_pasid = desc_type(q) == VTD_DESC_PDEVTLB;
	t->any_pasid = q[1] & VTD_PDEVTLB_G;
	t->sid = (u16)svk_get(t->has_pasid ? VTD_PDEVTLB_SID : VTD_DEVTLB_SID, q[0]);
	return desc_type(q) == VTD_DESC_DEVTLB || t->has_pasid;
}

bool oracle_tags(const u64 *q, enum vtd_view_kind kind, struct oracle_tags *t)
{
	unsigned int g = (unsigned int)svk_get(VTD_DESC_G, q[0]);

	*t = (struct oracle_tags){.did = (u16)svk_get(VTD_DESC_DID, q[0]),
				  .pasid = (u32)svk_get(VTD_DESC_PASID, q[0]),
				  .sid = (u16)svk_get(VTD_CC_SID, q[0])};
	switch (kind) {
	case VTD_VIEW_CONTEXT:
		t->has_sid = g == VTD_GRAN_SELECT;
		return desc_type(q) == VTD_DESC_CC;
	case VTD_VIEW_PASID:
		t->has_did = g != VTD_PC_G_GLOBAL;
		t->has_pasid = g == VTD_PC_G_PASID;
		return desc_type(q) == VTD_DESC_PC;
	case VTD_VIEW_IOTLB:
		return tags_of_iotlb(q, t);
	default:
		return tags_of_devtlb(q, t);
	}
}
