// SPDX-License-Identifier: GPL-2.0
/* Fault recording and message-signalled events (7.2, 7.3, 11.4.7). */
#include "log.h"
#include "trace.h"
#include "vtd/vtd_internal.h"

#define FSTS_PENDING \
	((u32)(VTD_FSTS_PFO | VTD_FSTS_PPF | VTD_FSTS_IQE | VTD_FSTS_ICE | VTD_FSTS_ITE))

static void event_send(struct vtd *v, unsigned int ctl)
{
	u64 addr = vtd_reg32(v, ctl + 8) | (u64)vtd_reg32(v, ctl + 12) << 32;

	v->reg[ctl / 4] &= ~(u32)VTD_ECTL_IP;
	if (!vtd_fail_event(v, ctl, addr, vtd_reg32(v, ctl + 4)))
		v->ops->msi(v->host, addr, vtd_reg32(v, ctl + 4));
}

void vtd_event(struct vtd *v, unsigned int ctl)
{
	if (vtd_reg32(v, ctl) & VTD_ECTL_IM)
		v->reg[ctl / 4] |= VTD_ECTL_IP;
	else
		event_send(v, ctl);
}

void vtd_event_unmask(struct vtd *v, unsigned int ctl)
{
	if ((vtd_reg32(v, ctl) & (VTD_ECTL_IM | VTD_ECTL_IP)) == VTD_ECTL_IP)
		event_send(v, ctl);
}

void vtd_fault_status(struct vtd *v, u32 bit)
{
	u32 old = vtd_reg32(v, VTD_FSTS);

	v->reg[VTD_FSTS / 4] |= bit;
	/* One message for all; the next only after software has serviced everything (7.3). */
	if (!(old & FSTS_PENDING))
		vtd_event(v, VTD_FECTL);
}

static unsigned int frcd_count(const struct vtd *v)
{
	return (unsigned int)svk_get(VTD_CAP_NFR, v->cfg.cap) + 1;
}

static unsigned int frcd_off(unsigned int i)
{
	return VTD_FRCD_BASE + i * VTD_FRCD_SIZE;
}

void vtd_fault_update(struct vtd *v)
{
	bool any = false;

	for (unsigned int i = 0; i < frcd_count(v); i++)
		any |= vtd_reg64(v, frcd_off(i) + VTD_FRCD_HI) & VTD_FRCD_F ? true : false;
	if (!any)
		v->reg[VTD_FSTS / 4] &= ~(u32)VTD_FSTS_PPF;
	if (!(vtd_reg32(v, VTD_FSTS) & FSTS_PENDING))
		v->reg[VTD_FECTL / 4] &= ~(u32)VTD_ECTL_IP;
}

static u64 frcd_high(const struct vtd_request *req, int reason)
{
	u64 hi = VTD_FRCD_F | svk_put(VTD_FRCD_FR, reason) | svk_put(VTD_FRCD_SID, req->sid);

	if (req->at == VTD_AT_PAGE_REQUEST)
		hi |= VTD_FRCD_T2;
	else
		hi |= svk_put(VTD_FRCD_AT, req->at) | (req->write ? 0 : VTD_FRCD_T1);
	if (req->has_pasid) {
		hi |= VTD_FRCD_PP | svk_put(VTD_FRCD_PV, req->pasid);
		hi |= req->exec ? VTD_FRCD_EXE : 0;
		hi |= req->priv ? VTD_FRCD_PRIV : 0;
	}
	return hi;
}

static const char *kind_name(const struct vtd_request *req)
{
	if (req->at == VTD_AT_PAGE_REQUEST)
		return "page request";
	return req->write ? "write" : "read";
}

void vtd_fault_record(struct vtd *v, const struct vtd_request *req, int reason)
{
	unsigned int off = frcd_off(v->frcd_next);

	machine_count(v->m, SVK_LAB_FAULT);
	trace_event(v->m->trace, TRACE_FAULT, reason, req->sid, req->has_pasid ? req->pasid : ~0ULL,
		    req->addr);
	log_debug("%s: fault 0x%02x: source-id 0x%04x %s 0x%llx", v->name, reason, req->sid,
		  kind_name(req), (unsigned long long)req->addr);
	/* Nothing is recorded from an overflow until software clears it (11.4.7.1). */
	if (vtd_reg32(v, VTD_FSTS) & VTD_FSTS_PFO)
		return;
	if (vtd_reg64(v, off + VTD_FRCD_HI) & VTD_FRCD_F) {
		vtd_fault_status(v, VTD_FSTS_PFO);
		return;
	}
	vtd_set64(v, off + VTD_FRCD_LO, req->addr & VTD_FRCD_FI);
	vtd_set64(v, off + VTD_FRCD_HI, frcd_high(req, reason));
	if (!(vtd_reg32(v, VTD_FSTS) & VTD_FSTS_PPF)) {
		v->reg[VTD_FSTS / 4] &= ~(u32)VTD_FSTS_FRI;
		v->reg[VTD_FSTS / 4] |= (u32)svk_put(VTD_FSTS_FRI, v->frcd_next);
	}
	v->frcd_next = (v->frcd_next + 1) % frcd_count(v);
	vtd_fault_status(v, VTD_FSTS_PPF);
}
