// SPDX-License-Identifier: GPL-2.0
/*
 * Queued invalidation (6.5.2): fetch, check, execute. Runs in the register
 * write that moved the tail; a wait descriptor that must wait for accesses in
 * flight leaves the head where it is, and vtd_access_end() runs the queue again.
 */
#include <errno.h>

#include "gmem.h"
#include "log.h"
#include "trace.h"
#include "vtd/vtd_internal.h"

#define QI_STALL (-EAGAIN)
#define QI_TIMEOUT (-ETIMEDOUT)

/* Valid bits of quadwords 0 and 1, the type's aside; 2 and 3 are reserved in all. */
static const struct desc_format {
	u64 valid[2];
	enum svk_lab_counter counter;
} desc_format[] = {
	[VTD_DESC_CC] = {{VTD_DESC_G | VTD_DESC_DID | VTD_CC_SID | VTD_CC_FM, 0},
			 SVK_LAB_QI_CONTEXT},
	[VTD_DESC_IOTLB] = {{VTD_DESC_G | VTD_DESC_DID | VTD_IOTLB_DESC_DW | VTD_IOTLB_DESC_DR,
			     VTD_IVA_ADDR | VTD_IVA_AM | VTD_IVA_IH},
			    SVK_LAB_QI_IOTLB},
	[VTD_DESC_DEVTLB] = {{VTD_DESC_PFSID_LO | VTD_DESC_PFSID_HI | VTD_DEVTLB_MIP |
				      VTD_DEVTLB_SID,
			      VTD_DEVTLB_ADDR | VTD_DEVTLB_S},
			     SVK_LAB_QI_DEVTLB},
	[VTD_DESC_IEC] = {{VTD_IEC_G | VTD_IEC_IM | VTD_IEC_IIDX, 0}, SVK_LAB_QI_OTHER},
	[VTD_DESC_WAIT] = {{VTD_WAIT_IF | VTD_WAIT_SW | VTD_WAIT_FN | VTD_WAIT_PD | VTD_WAIT_STDATA,
			    VTD_WAIT_STADDR},
			   SVK_LAB_QI_WAIT},
	[VTD_DESC_PIOTLB] = {{VTD_DESC_G | VTD_DESC_DID | VTD_DESC_PASID,
			      VTD_IVA_ADDR | VTD_IVA_AM | VTD_IVA_IH},
			     SVK_LAB_QI_PIOTLB},
	[VTD_DESC_PC] = {{VTD_DESC_G | VTD_DESC_DID | VTD_DESC_PASID, 0}, SVK_LAB_QI_PASID},
	[VTD_DESC_PDEVTLB] = {{VTD_DESC_PFSID_LO | VTD_DESC_PFSID_HI | VTD_PDEVTLB_MIP |
				       VTD_PDEVTLB_SID | VTD_DESC_PASID,
			       VTD_DEVTLB_ADDR | VTD_PDEVTLB_S | VTD_PDEVTLB_G},
			      SVK_LAB_QI_PDEVTLB},
	[VTD_DESC_PGRP_RESP] = {{VTD_PGRP_PP | VTD_PGRP_RC | VTD_PGRP_RID | VTD_DESC_PASID,
				 VTD_PGRP_PRGI | VTD_PGRP_LPIG},
				SVK_LAB_QI_OTHER},
};

/* Capability that the descriptor belongs to; zero if it always exists. */
static u64 desc_needs(unsigned int type)
{
	switch (type) {
	case VTD_DESC_DEVTLB:
		return VTD_ECAP_DT;
	case VTD_DESC_IEC:
		return VTD_ECAP_IR;
	case VTD_DESC_PIOTLB:
	case VTD_DESC_PC:
		return VTD_ECAP_SMTS;
	case VTD_DESC_PDEVTLB:
		return VTD_ECAP_DT | VTD_ECAP_PASID;
	case VTD_DESC_PGRP_RESP:
		return VTD_ECAP_PRS;
	default:
		return 0;
	}
}

static bool code_reserved(const u64 *d)
{
	unsigned int code = (unsigned int)svk_get(VTD_PGRP_RC, d[0]);

	return code != VTD_PGRP_RC_SUCCESS && code != VTD_PGRP_RC_INVALID &&
	       code != VTD_PGRP_RC_FAILURE;
}

/* Bits that are set and must not be, and fields with a reserved value: all of the field. */
static bool desc_reserved(const struct vtd *v, const u64 *d, u64 *bits)
{
	unsigned int type = vtd_desc_type(d);
	unsigned int g = (unsigned int)svk_get(VTD_DESC_G, d[0]);
	u64 valid = desc_format[type].valid[0] | VTD_DESC_TYPE_LO | VTD_DESC_TYPE_HI;

	if (type == VTD_DESC_WAIT && !vtd_has_ecap(v, VTD_ECAP_PDS))
		valid &= ~VTD_WAIT_PD;
	bits[0] = d[0] & ~valid;
	bits[1] = d[1] & ~desc_format[type].valid[1];
	bits[2] = d[2];
	bits[3] = d[3];
	if (type == VTD_DESC_PGRP_RESP && code_reserved(d))
		bits[0] |= VTD_PGRP_RC;
	if (((type == VTD_DESC_CC || type == VTD_DESC_IOTLB) && !g) ||
	    (type == VTD_DESC_PIOTLB && g < VTD_PIOTLB_G_PASID) || (type == VTD_DESC_PC && g == 2))
		bits[0] |= VTD_DESC_G;
	if (type == VTD_DESC_IOTLB && g == VTD_GRAN_SELECT && vtd_has_cap(v, VTD_CAP_PSI) &&
	    svk_get(VTD_IVA_AM, d[1]) > svk_get(VTD_CAP_MAMV, v->cfg.cap))
		bits[1] |= VTD_IVA_AM;
	return bits[0] || bits[1] || bits[2] || bits[3];
}

static enum vtd_iqei desc_check(const struct vtd *v, const u64 *d)
{
	unsigned int type = vtd_desc_type(d);
	u64 needs = desc_needs(type);
	u64 bits[4];

	if (!type || type >= ARRAY_SIZE(desc_format) || (v->cfg.ecap & needs) != needs)
		return VTD_IQEI_TYPE;
	if (type >= VTD_DESC_PIOTLB && vtd_ttm(v) != VTD_TTM_SCALABLE)
		return VTD_IQEI_TTM;
	if (!desc_reserved(v, d, bits))
		return VTD_IQEI_NONE;
	if (v->watch)
		v->watch->refused(v->watcher, d, bits);
	return VTD_IQEI_RESERVED;
}

u64 vtd_executed(const struct vtd *v, enum svk_lab_counter which)
{
	return v->executed[which];
}

static void count_executed(struct vtd *v, enum svk_lab_counter which)
{
	v->executed[which]++;
	machine_count(v->m, which);
}

static void wait_complete(struct vtd *v, const u64 *d)
{
	u64 addr = d[1] & VTD_WAIT_STADDR;

	/*
	 * FN asks for what holds anyway, descriptors complete in order. PD: what an endpoint has
	 * sent is in the queue already, or discarded and not answered yet.
	 */
	if (d[0] & VTD_WAIT_PD)
		vtd_prq_release(v);
	if ((d[0] & VTD_WAIT_SW) && gmem_write32(v->mem, addr, (u32)svk_get(VTD_WAIT_STDATA, d[0])))
		log_guest("%s: status address 0x%llx of a wait descriptor is not RAM", v->name,
			  (unsigned long long)addr);
	if ((d[0] & VTD_WAIT_IF) && !(vtd_reg32(v, VTD_ICS) & VTD_ICS_IWC)) {
		v->reg[VTD_ICS / 4] |= VTD_ICS_IWC;
		vtd_event(v, VTD_IECTL);
	}
}

static void desc_devtlb(struct vtd *v, const u64 *d, bool has_pasid)
{
	struct vtd_devtlb_inv inv = {.has_pasid = has_pasid};

	if (has_pasid) {
		inv.global = d[1] & VTD_PDEVTLB_G;
		inv.pasid = (u32)svk_get(VTD_DESC_PASID, d[0]);
		vtd_inv_devtlb(v, (u16)svk_get(VTD_PDEVTLB_SID, d[0]), &inv, d[1],
			       d[1] & VTD_PDEVTLB_S);
	} else {
		vtd_inv_devtlb(v, (u16)svk_get(VTD_DEVTLB_SID, d[0]), &inv, d[1],
			       d[1] & VTD_DEVTLB_S);
	}
}

static void desc_execute(struct vtd *v, const u64 *d)
{
	unsigned int g = (unsigned int)svk_get(VTD_DESC_G, d[0]);
	u32 pasid = (u32)svk_get(VTD_DESC_PASID, d[0]);
	u16 did = (u16)svk_get(VTD_DESC_DID, d[0]);
	unsigned int am = (unsigned int)svk_get(VTD_IVA_AM, d[1]);

	switch (vtd_desc_type(d)) {
	case VTD_DESC_CC:
		vtd_inv_context(v, g, (u16)svk_get(VTD_CC_SID, d[0]),
				(unsigned int)svk_get(VTD_CC_FM, d[0]));
		break;
	case VTD_DESC_IOTLB:
		vtd_inv_iotlb(v, g, did, d[1] & VTD_IVA_ADDR, am);
		break;
	case VTD_DESC_PIOTLB:
		vtd_inv_piotlb(v, did, pasid, g == VTD_PIOTLB_G_PAGE, d[1] & VTD_IVA_ADDR, am);
		break;
	case VTD_DESC_PC:
		vtd_inv_pasid(v, g, did, pasid);
		break;
	case VTD_DESC_DEVTLB:
		desc_devtlb(v, d, false);
		break;
	case VTD_DESC_PDEVTLB:
		desc_devtlb(v, d, true);
		break;
	case VTD_DESC_WAIT:
		wait_complete(v, d);
		break;
	case VTD_DESC_PGRP_RESP:
		vtd_prq_response(v, d);
		break;
	default:
		/* Nothing is cached of interrupts. */
		break;
	}
}

static int qi_fetch(struct vtd *v, u64 addr, unsigned int size, u64 *d)
{
	for (unsigned int i = 0; i < size / 8; i++) {
		if (gmem_read64(v->mem, addr + 8 * i, &d[i]))
			return VTD_IQEI_FETCH;
	}
	return 0;
}

void vtd_qi_unanswered(struct vtd *v, u16 sid)
{
	if (!v->fail.unanswered)
		v->fail.sid = sid;
	v->fail.unanswered = true;
}

void vtd_qi_take(struct vtd *v, const u64 *d, bool told)
{
	bool unanswered = vtd_fail_unanswered(v, d);

	if (v->watch && !told)
		v->watch->descriptor(v->watcher, d, unanswered);
	if (!unanswered)
		desc_execute(v, d);
}

/* Return: 0, QI_STALL, or QI_TIMEOUT: what it waits for will not come. */
static int qi_wait(struct vtd *v)
{
	vtd_fail_wait(v);
	if (v->fail.unanswered)
		return QI_TIMEOUT;
	return vtd_drain_done(v) && !vtd_fail_wait_late(v) ? 0 : QI_STALL;
}

static void qi_execute(struct vtd *v, const u64 *d)
{
	if (vtd_desc_type(d) != VTD_DESC_WAIT) {
		if (!vtd_fail_descriptor(v, d))
			vtd_qi_take(v, d, false);
		return;
	}
	if (v->watch)
		v->watch->descriptor(v->watcher, d, false);
	wait_complete(v, d);
	vtd_fail_wait_over(v);
}

/* Return: 0 and the head advanced, QI_STALL, QI_TIMEOUT, or the error's IQEI. */
static int qi_step(struct vtd *v, u64 head, unsigned int size)
{
	u64 iqa = vtd_reg64(v, VTD_IQA);
	u64 bytes = 4096ULL << svk_get(VTD_IQA_QS, iqa);
	u64 d[4] = {0};
	int ret;

	if (size == 16 && vtd_ttm(v) == VTD_TTM_SCALABLE)
		return VTD_IQEI_WIDTH;
	ret = qi_fetch(v, (iqa & VTD_IQA_IQA) + head, size, d);
	if (!ret)
		ret = desc_check(v, d);
	if (!ret)
		ret = vtd_fail_fetched(v, d);
	if (ret)
		return ret;
	if (vtd_desc_type(d) == VTD_DESC_WAIT)
		ret = qi_wait(v);
	if (ret == QI_STALL)
		return ret;
	trace_event_of(v->m->trace, v->cfg.index, TRACE_QI, d);
	count_executed(v, SVK_LAB_QI_TOTAL);
	count_executed(v, desc_format[vtd_desc_type(d)].counter);
	if (!ret)
		qi_execute(v, d);
	vtd_set64(v, VTD_IQH, (head + size) % bytes);
	return ret;
}

static void qi_error(struct vtd *v, int iqei)
{
	log_guest("%s: invalidation queue error %d at head 0x%llx, tail 0x%llx", v->name, iqei,
		  (unsigned long long)vtd_reg64(v, VTD_IQH),
		  (unsigned long long)vtd_reg64(v, VTD_IQT));
	vtd_set64(v, VTD_IQERCD, svk_put(VTD_IQERCD_IQEI, iqei));
	vtd_fault_status(v, VTD_FSTS_IQE);
}

/*
 * Hardware gives up after a while, and no wait that it has fetched completes;
 * the head is behind them (6.5.2.11). The while is none here.
 */
static void qi_timeout(struct vtd *v)
{
	log_guest("%s: device-TLB invalidation time-out: source-id 0x%04x, head 0x%llx", v->name,
		  v->fail.sid, (unsigned long long)vtd_reg64(v, VTD_IQH));
	v->fail.unanswered = false;
	vtd_fail_wait_over(v);
	vtd_set64(v, VTD_IQERCD, svk_put(VTD_IQERCD_ITESID, v->fail.sid));
	vtd_fault_status(v, VTD_FSTS_ITE);
}

void vtd_qi_run(struct vtd *v)
{
	const u32 stopped = VTD_FSTS_IQE | VTD_FSTS_ITE;
	u64 iqa = vtd_reg64(v, VTD_IQA);
	unsigned int size = iqa & VTD_IQA_DW ? 32 : 16;
	u64 tail = vtd_reg64(v, VTD_IQT);
	int ret = 0;

	if (v->qi_running || !(vtd_reg32(v, VTD_GSTS) & VTD_G_QIE) ||
	    (vtd_reg32(v, VTD_FSTS) & stopped))
		return;
	if (tail >= 4096ULL << svk_get(VTD_IQA_QS, iqa))
		ret = VTD_IQEI_TAIL;
	else if (tail % size)
		ret = VTD_IQEI_TAIL_ALIGN;
	v->qi_running = true;
	while (!ret && vtd_reg64(v, VTD_IQH) != tail)
		ret = qi_step(v, vtd_reg64(v, VTD_IQH), size);
	v->qi_running = false;
	if (ret > 0)
		qi_error(v, ret);
	else if (ret == QI_TIMEOUT || (!ret && v->fail.unanswered))
		qi_timeout(v);
}

void vtd_qi_disable(struct vtd *v)
{
	vtd_fail_flush(v);
	/* Disabling resets the head (11.4.9.1). */
	vtd_set64(v, VTD_IQH, 0);
}

void vtd_qi_cleared(struct vtd *v, u32 bits)
{
	u64 record = vtd_reg64(v, VTD_IQERCD);

	if (bits & VTD_FSTS_IQE)
		record &= ~VTD_IQERCD_IQEI;
	if (bits & VTD_FSTS_ITE)
		record &= ~VTD_IQERCD_ITESID;
	vtd_set64(v, VTD_IQERCD, record);
	vtd_qi_run(v);
}
