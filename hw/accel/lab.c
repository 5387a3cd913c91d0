// SPDX-License-Identifier: GPL-2.0
/* The lab page: what tests read of the model as a whole, and ask of its oracle. */
#include "accel/accel_internal.h"
#include "clock.h"
#include "machine.h"
#include "oracle/oracle.h"
#include "vtd/inspect.h"
#include "vtd/vtd.h"

/* Whether @off is SVK_LAB_PASID of a queue that there is. */
static bool is_pasid(const struct accel *a, u64 off)
{
	return off >= SVK_LAB_PASID(0) && off < SVK_LAB_PASID(a->cfg.queues);
}

/* Whether @off is in SVK_LAB_FIRST_STAGE of a queue that there is. */
static bool is_first_stage(const struct accel *a, u64 off)
{
	return off >= SVK_LAB_FIRST_STAGE(0) && off < SVK_LAB_FIRST_STAGE(a->cfg.queues);
}

static bool is_unit_qi(u64 off)
{
	return off >= SVK_LAB_UNIT_QI(0) && off <= SVK_LAB_UNIT_QI(SVK_LAB_QI_OTHER);
}

static bool is_found(u64 off)
{
	return off >= SVK_LAB_FOUND(0) &&
	       off <= SVK_LAB_FOUND(SVK_LAB_FOUND_KEPT - 1) + SVK_LAB_FOUND_DID;
}

unsigned int accel_lab_width(const struct accel *a, u64 off)
{
	if (off < SVK_LAB_COUNTER(SVK_LAB_COUNTERS) || is_found(off & ~7ULL) ||
	    is_first_stage(a, off) || is_unit_qi(off))
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
	case SVK_LAB_LOOK:
	case SVK_LAB_TIME:
		return 8;
	default:
		return accel_lab_inject_width(off);
	}
}

static u64 found_read(const struct oracle_found *found, u64 reg)
{
	switch (reg) {
	case SVK_LAB_FOUND_WHAT:
		return svk_put(SVK_LAB_FOUND_CACHE, found->cache) |
		       (found->second ? SVK_LAB_FOUND_SECOND : 0) |
		       (found->rule ? SVK_LAB_FOUND_RULE : 0) |
		       (found->lost ? SVK_LAB_FOUND_LOST : 0) |
		       (found->paged ? SVK_LAB_FOUND_PAGED : 0) |
		       svk_put(SVK_LAB_FOUND_SID, found->sid) |
		       svk_put(SVK_LAB_FOUND_PASID, found->pasid) |
		       (found->has_pasid ? SVK_LAB_FOUND_HAS_PASID : 0);
	case SVK_LAB_FOUND_ADDR:
		return found->addr;
	case SVK_LAB_FOUND_SIZE:
		return found->size;
	case SVK_LAB_FOUND_BORN:
		return found->born;
	case SVK_LAB_FOUND_AT:
		return found->at;
	case SVK_LAB_FOUND_DID:
		return found->did;
	default:
		return 0;
	}
}

struct first_stage {
	u16 sid;
	u32 pasid;
	u64 root;
};

static bool first_stage_of(void *ctx, const struct vtd_view *e)
{
	struct first_stage *f = ctx;

	if (e->sid != f->sid || e->pasid != f->pasid)
		return true;
	f->root = e->entry[0];
	return false;
}

/* As requests of queue @n find it: from the PASID-cache. */
static u64 first_stage(const struct accel *a, u64 n)
{
	u32 sent = accel_queue_sent_pasid(&a->queue[n]);
	struct first_stage f = {.sid = a->cfg.sid,
				.pasid = (u32)svk_get(SVK_QCFG_PASID_MASK, sent)};

	if (sent & SVK_QCFG_PASID_VALID)
		vtd_inspect_each(a->unit, 1u << VTD_VIEW_PASID, first_stage_of, &f);
	return f.root;
}

static u64 oracle_read(const struct accel *a, u64 off)
{
	const struct oracle_audit *last;

	if (!a->machine->oracle)
		return 0;
	if (is_found(off))
		return found_read(oracle_found(a->machine->oracle,
					       (unsigned int)((off - SVK_LAB_FOUND(0)) /
							      SVK_LAB_FOUND_STRIDE)),
				  off % SVK_LAB_FOUND_STRIDE);
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
	case SVK_LAB_LOOK:
		return oracle_audit(a->machine->oracle, false).stale;
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
	if (is_first_stage(a, off))
		return first_stage(a, (off - SVK_LAB_FIRST_STAGE(0)) / 8);
	if (is_unit_qi(off))
		return vtd_executed(a->unit,
				    (enum svk_lab_counter)((off - SVK_LAB_UNIT_QI(0)) / 8));
	if (accel_lab_inject_width(off))
		return accel_lab_inject_read(a, off);
	switch (off) {
	case SVK_LAB_INFLIGHT:
		return vtd_inflight(a->unit);
	case SVK_LAB_TIME:
		return vtd_time(a->unit, clock_ns());
	default:
		/* Nothing comes between software and this function: TRAPPED is 0. */
		return oracle_read(a, off);
	}
}

void accel_lab_write(struct accel *a, u64 off, u64 val, unsigned int len)
{
	struct oracle *o = a->machine->oracle;

	if (off == SVK_LAB_CLEAR) {
		for (unsigned int i = 0; i < SVK_LAB_COUNTERS; i++)
			a->machine->count[i] = 0;
	} else if (o && off == SVK_LAB_AUDIT && (val & SVK_LAB_AUDIT_LOOK)) {
		oracle_audit(o, val & SVK_LAB_AUDIT_CONFIRM);
		if (val & SVK_LAB_AUDIT_FORGET)
			oracle_forget(o);
	} else {
		accel_lab_inject_write(a, off, val, len);
	}
}
