/* SPDX-License-Identifier: GPL-2.0 */
/* Performance monitoring of the unit: what its other files tell of. The machine's lock is held. */
#ifndef HW_VTD_PMU_H
#define HW_VTD_PMU_H

#include <svakit/types.h>

struct vtd;

/** enum vtd_pmu_event - What the unit counts. */
enum vtd_pmu_event {
	VTD_PMU_REQUEST,
	VTD_PMU_PAGE_REQUEST,
	VTD_PMU_CONTEXT_LOOKUP,
	VTD_PMU_CONTEXT_HIT,
	VTD_PMU_PASID_LOOKUP,
	VTD_PMU_PASID_HIT,
	VTD_PMU_IOTLB_LOOKUP,
	VTD_PMU_IOTLB_HIT,
	VTD_PMU_EVENTS,
};

/**
 * struct vtd_pmu - Performance monitoring; the counters themselves are registers.
 * @enabled: a bit for each counter
 * @frozen: none counts
 * @has_pasid: of the request under way, as all that follows
 * @has_did: it has reached a PASID entry
 * @sid: requester-id
 * @did: domain-id, of that entry
 * @pasid: 20 bits
 * @seen: how often since the last vtd_pmu_end()
 */
struct vtd_pmu {
	u32 enabled;
	bool frozen;
	bool has_pasid;
	bool has_did;
	u16 sid;
	u16 did;
	u32 pasid;
	u8 seen[VTD_PMU_EVENTS];
};

/** vtd_pmu_reset() - No counter counts, all are 0; what can be counted is said. */
void vtd_pmu_reset(struct vtd *v);
/** vtd_pmu_command() - Execute what ECMD holds, response in ECRSP. */
void vtd_pmu_command(struct vtd *v);
/** vtd_pmu_begin() - What is seen from now on is of this request. */
void vtd_pmu_begin(struct vtd *v, u16 sid, bool has_pasid, u32 pasid);
/** vtd_pmu_end() - Count what was seen of it; the filters know by now what they ask for. */
void vtd_pmu_end(struct vtd *v);
/** vtd_pmu_saw() - An event of the request under way. */
static inline void vtd_pmu_saw(struct vtd_pmu *p, enum vtd_pmu_event e)
{
	p->seen[e]++;
}

#endif /* HW_VTD_PMU_H */
