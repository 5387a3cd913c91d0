// SPDX-License-Identifier: GPL-2.0
/*
 * Performance monitoring, and the enhanced commands that control it (VT-d
 * chapter "Performance Monitoring", registers PERFCAP to PERFEVNTCAP and ECMD
 * to ECCAP). Only what the model does is an event: it has no paging-structure
 * caches, no clock and nothing that blocks.
 *
 * A request is counted when it has been answered: only then it is known which
 * domain it belongs to, and whether a filter admits it.
 */
#include <string.h>

#include "vtd/vtd_internal.h"

#define COUNTERS ((1u << VTD_PERF_COUNTERS) - 1)

/* Event group and bit in it, of enum vtd_pmu_event. */
static const struct {
	u8 group;
	u32 select;
} events[VTD_PMU_EVENTS] = {
	[VTD_PMU_REQUEST] = {0, 0x002},	       [VTD_PMU_PAGE_REQUEST] = {1, 0x040},
	[VTD_PMU_CONTEXT_LOOKUP] = {2, 0x001}, [VTD_PMU_CONTEXT_HIT] = {2, 0x002},
	[VTD_PMU_PASID_LOOKUP] = {2, 0x004},   [VTD_PMU_PASID_HIT] = {2, 0x008},
	[VTD_PMU_IOTLB_LOOKUP] = {3, 0x001},   [VTD_PMU_IOTLB_HIT] = {3, 0x002},
};

static const u8 commands[] = {VTD_ECMD_ENABLE, VTD_ECMD_DISABLE, VTD_ECMD_FREEZE,
			      VTD_ECMD_UNFREEZE};

/* Bits that a filter compares. */
static const u32 filter_bits[] = {
	[VTD_PERF_FILTER_SID] = 0xffff,
	[VTD_PERF_FILTER_DID] = 0xffff,
	[VTD_PERF_FILTER_PASID] = 0xfffff,
};

static unsigned int cfg_off(unsigned int counter)
{
	return VTD_PERF_CFG + counter * VTD_PERF_CFG_STRIDE;
}

static unsigned int cntr_off(unsigned int counter)
{
	return VTD_PERF_CNTR + counter * VTD_PERF_CNTR_STRIDE;
}

static void capability_set(struct vtd *v)
{
	vtd_set64(v, VTD_PERFCAP,
		  svk_put(VTD_PERFCAP_NCNT, VTD_PERF_COUNTERS) |
			  svk_put(VTD_PERFCAP_CW, v->cfg.pms_width) |
			  svk_put(VTD_PERFCAP_NEG, VTD_PERF_GROUPS) |
			  svk_put(VTD_PERFCAP_FILTERS, (1u << ARRAY_SIZE(filter_bits)) - 1) |
			  VTD_PERFCAP_IOS);
	v->reg[VTD_PERFCFGOFF / 4] = VTD_PERF_CFG;
	v->reg[VTD_PERFFRZOFF / 4] = VTD_PERF_FRZ;
	v->reg[VTD_PERFOVFOFF / 4] = VTD_PERF_OVF;
	v->reg[VTD_PERFCNTROFF / 4] = VTD_PERF_CNTR;
	for (unsigned int e = 0; e < VTD_PMU_EVENTS; e++)
		v->reg[(VTD_PERFEVNTCAP + events[e].group * 8) / 4] |= events[e].select;
}

static void registers_set(struct vtd *v)
{
	v->reg[VTD_PERFINTRCTL / 4] = (u32)VTD_ECTL_IM;
	v->rw[VTD_PERFINTRCTL / 4] = (u32)VTD_ECTL_IM;
	v->rw[VTD_PERFINTRDATA / 4] = 0xffff;
	v->rw[VTD_PERFINTRADDR / 4] = 0xfffffffc;
	v->rw[VTD_PERFINTRUADDR / 4] = ~0u;
	v->w1c[VTD_PERFINTRSTS / 4] = (u32)VTD_PERFINTRSTS_PIS;
	v->w1c[VTD_PERF_OVF / 4] = COUNTERS;
	for (unsigned int i = 0; i < VTD_PERF_COUNTERS; i++) {
		v->rw[cfg_off(i) / 4] = (u32)(VTD_PERFCFG_INT | VTD_PERFCFG_EGI);
		v->rw[cfg_off(i) / 4 + 1] = (u32)(VTD_PERFCFG_ES >> 32);
		for (unsigned int f = 0; f < ARRAY_SIZE(filter_bits); f++)
			v->rw[(cfg_off(i) + VTD_PERFFILTER(f)) / 4] =
				filter_bits[f] | (u32)VTD_PERFFILTER_EN;
	}
}

void vtd_pmu_reset(struct vtd *v)
{
	memset(&v->pmu, 0, sizeof(v->pmu));
	if (vtd_has_ecap(v, VTD_ECAP_PMS)) {
		capability_set(v);
		registers_set(v);
	}
	if (!vtd_has_cap(v, VTD_CAP_ECMDS))
		return;
	v->rw[VTD_ECMD / 4] = 0xffff00ff;
	v->rw[VTD_ECMD / 4 + 1] = ~0u;
	v->rw[VTD_ECEO / 4] = ~0u;
	v->rw[VTD_ECEO / 4 + 1] = ~0u;
	if (!vtd_has_ecap(v, VTD_ECAP_PMS))
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		v->reg[VTD_ECCAP / 4 + commands[i] / 32] |= 1u << commands[i] % 32;
}

static void freeze(struct vtd *v, bool frozen)
{
	v->pmu.frozen = frozen;
	v->reg[VTD_PERF_FRZ / 4] = frozen ? COUNTERS : 0;
}

static unsigned int enable(struct vtd *v, u64 counter, bool on)
{
	if (counter >= VTD_PERF_COUNTERS)
		return VTD_ECRSP_SC_NO_COUNTER;
	v->pmu.enabled &= ~(1u << counter);
	v->pmu.enabled |= (u32)on << counter;
	return VTD_ECRSP_SC_SUCCESS;
}

static unsigned int command(struct vtd *v, u64 cmd)
{
	u64 operand = svk_get(VTD_ECMD_OPERAND, cmd);

	if (!vtd_has_ecap(v, VTD_ECAP_PMS))
		return VTD_ECRSP_SC_UNDEFINED;
	switch (svk_get(VTD_ECMD_CMD, cmd)) {
	case VTD_ECMD_ENABLE:
		return enable(v, operand, true);
	case VTD_ECMD_DISABLE:
		return enable(v, operand, false);
	case VTD_ECMD_FREEZE:
	case VTD_ECMD_UNFREEZE:
		freeze(v, svk_get(VTD_ECMD_CMD, cmd) == VTD_ECMD_FREEZE);
		return VTD_ECRSP_SC_SUCCESS;
	default:
		return VTD_ECRSP_SC_UNDEFINED;
	}
}

void vtd_pmu_command(struct vtd *v)
{
	unsigned int status = command(v, vtd_reg64(v, VTD_ECMD));

	vtd_set64(v, VTD_ECRSP, svk_put(VTD_ECRSP_SC, status));
}

void vtd_pmu_begin(struct vtd *v, u16 sid, bool has_pasid, u32 pasid)
{
	struct vtd_pmu *p = &v->pmu;

	p->sid = sid;
	p->has_pasid = has_pasid;
	p->pasid = pasid;
	p->has_did = false;
	memset(p->seen, 0, sizeof(p->seen));
}

/* Whether the filters of a counter admit the request. What it has not, no filter asks for. */
static bool admitted(const struct vtd *v, unsigned int counter)
{
	const struct vtd_pmu *p = &v->pmu;
	const struct {
		bool known;
		u32 value;
	} has[] = {
		[VTD_PERF_FILTER_SID] = {true, p->sid},
		[VTD_PERF_FILTER_DID] = {p->has_did, p->did},
		[VTD_PERF_FILTER_PASID] = {p->has_pasid, p->pasid},
	};

	for (unsigned int f = 0; f < ARRAY_SIZE(filter_bits); f++) {
		u32 filter = vtd_reg32(v, cfg_off(counter) + VTD_PERFFILTER(f));

		if (!(filter & VTD_PERFFILTER_EN))
			continue;
		if (!has[f].known || (filter & filter_bits[f]) != has[f].value)
			return false;
	}
	return true;
}

static unsigned int seen(const struct vtd *v, u64 cfg)
{
	unsigned int n = 0;

	for (unsigned int e = 0; e < VTD_PMU_EVENTS; e++) {
		if (svk_get(VTD_PERFCFG_EGI, cfg) == events[e].group &&
		    (svk_get(VTD_PERFCFG_ES, cfg) & events[e].select))
			n += v->pmu.seen[e];
	}
	return n;
}

static void overflow(struct vtd *v, unsigned int counter, u64 cfg)
{
	v->reg[VTD_PERF_OVF / 4] |= 1u << counter;
	if (!(cfg & VTD_PERFCFG_INT) || (vtd_reg32(v, VTD_PERFINTRSTS) & VTD_PERFINTRSTS_PIS))
		return;
	v->reg[VTD_PERFINTRSTS / 4] |= (u32)VTD_PERFINTRSTS_PIS;
	vtd_event(v, VTD_PERFINTRCTL);
}

static void count(struct vtd *v, unsigned int counter)
{
	u64 cfg = vtd_reg64(v, cfg_off(counter));
	unsigned int n = seen(v, cfg);
	u64 value = vtd_reg64(v, cntr_off(counter)) + n;

	if (!n || !admitted(v, counter))
		return;
	vtd_set64(v, cntr_off(counter), value & SVK_MASK(v->cfg.pms_width - 1, 0));
	if (value >> v->cfg.pms_width)
		overflow(v, counter, cfg);
}

void vtd_pmu_end(struct vtd *v)
{
	struct vtd_pmu *p = &v->pmu;

	for (u32 left = p->frozen ? 0 : p->enabled; left; left &= left - 1)
		count(v, (unsigned int)__builtin_ctz(left));
	/* A page request is looked up first, and queued later. */
	memset(p->seen, 0, sizeof(p->seen));
}
