// SPDX-License-Identifier: GPL-2.0
/* The lab page: what tests read of the model as a whole, and ask of its oracle. */
#include "accel/accel_internal.h"
#include "machine.h"
#include "oracle/oracle.h"
#include "vtd/vtd.h"

/* Whether @off is SVK_LAB_PASID of a queue that there is. */
static bool is_pasid(const struct accel *a, u64 off)
{
	return off >= SVK_LAB_PASID(0) && off < SVK_LAB_PASID(a->cfg.queues);
}

unsigned int accel_lab_width(const struct accel *a, u64 off)
{
	if (off < SVK_LAB_COUNTER(SVK_LAB_COUNTERS))
		return 8;
	if (off == SVK_LAB_CLEAR || off == SVK_LAB_AUDIT || is_pasid(a, off))
		return 4;
	switch (off & ~4ULL) {
	case SVK_LAB_INFLIGHT:
	case SVK_LAB_TRAPPED:
	case SVK_LAB_STALE:
	case SVK_LAB_LESS:
	case SVK_LAB_ENTRIES:
	case SVK_LAB_FINDINGS:
	case SVK_LAB_LOSE:
	case SVK_LAB_LOST:
		return 8;
	default:
		return 0;
	}
}

static u64 oracle_read(const struct accel *a, u64 off)
{
	const struct oracle_audit *last;

	if (!a->machine->oracle)
		return 0;
	last = oracle_last(a->machine->oracle);
	switch (off) {
	case SVK_LAB_AUDIT:
		return SVK_LAB_AUDIT_PRESENT | (last->at_rest ? SVK_LAB_AUDIT_AT_REST : 0);
	case SVK_LAB_STALE:
		return last->stale;
	case SVK_LAB_LESS:
		return last->less;
	case SVK_LAB_ENTRIES:
		return last->entries;
	case SVK_LAB_FINDINGS:
		return oracle_findings(a->machine->oracle);
	case SVK_LAB_LOST:
		return oracle_lost(a->machine->oracle);
	default:
		return 0;
	}
}

u64 accel_lab_read(const struct accel *a, u64 off)
{
	if (off < SVK_LAB_COUNTER(SVK_LAB_COUNTERS))
		return a->machine->count[(off - SVK_LAB_BASE) / 8];
	if (is_pasid(a, off))
		return accel_queue_sent_pasid(&a->queue[(off - SVK_LAB_PASID(0)) / 4]);
	/* Nothing comes between software and this function: TRAPPED is 0. */
	return off == SVK_LAB_INFLIGHT ? vtd_inflight(a->unit) : oracle_read(a, off);
}

void accel_lab_write(struct accel *a, u64 off, u64 val, unsigned int len)
{
	struct oracle *o = a->machine->oracle;

	if (off == SVK_LAB_CLEAR) {
		for (unsigned int i = 0; i < SVK_LAB_COUNTERS; i++)
			a->machine->count[i] = 0;
	} else if (o && off == SVK_LAB_AUDIT && (val & SVK_LAB_AUDIT_LOOK)) {
		oracle_audit(o, val & SVK_LAB_AUDIT_CONFIRM);
	} else if (o && off == SVK_LAB_LOSE && len == 8) {
		oracle_lose(o, (u32)svk_get(SVK_LAB_LOSE_TYPES, val),
			    (u32)svk_get(SVK_LAB_LOSE_SKIP, val),
			    (u32)svk_get(SVK_LAB_LOSE_COUNT, val));
	}
}
