// SPDX-License-Identifier: GPL-2.0
/*
 * What software must do, whether or not it has left anything stale this time.
 *
 * Some rules are broken at once (an entry was changed while it was present).
 * Others are duties: something must follow, and its absence can be told only
 * by whoever knows that nothing is under way; see oracle_audit().
 */
#include "clock.h"
#include "oracle/oracle_internal.h"

/* What breaking a rule looks like. */
#define PRESENT "an entry was changed without being made not present first"
#define NO_IOTLB "a PASID entry was taken away, and its IOTLB entries were not all invalidated"
#define NO_DEVTLB "a PASID entry was taken away, and the device was not told to forget all of it"
#define ORDER "the device-TLB was invalidated before the IOTLB, from which it can refill"
#define DID_REUSE "a domain-id was given to other tables while the IOTLB held the former entries"
#define UNKNOWN_SID "a device-TLB invalidation named a source-id that no device has"
#define NO_WAIT "invalidations were queued, and nobody waited for their end"
#define PRQ_DRAIN "a PASID is in use again, and page requests of its former use were not drained"
#define ROOT \
	"the root table pointer was set, and not all caches were invalidated, in order, after it"
#define ROOT_PRESENT "a root entry was led elsewhere without being made not present first"
#define DIR_PRESENT "a PASID directory entry was led elsewhere without being made not present first"
#define DEVTLB_SIZE "a device-TLB invalidation of a size has no clear bit that would say which"
#define DESC_RESERVED "a descriptor has reserved bits set, or a field with a reserved value"
#define ENTRY_RESERVED "a table entry has reserved bits set"
#define TORN(entry)                                                                    \
	"torn " entry                                                                  \
	": the unit uses pieces of before and of after a change; clear P alone, then " \
	"invalidate, then change the rest"

/* Identifier, section of revision 4.1, and the sentence of the report. */
const struct oracle_rule oracle_rules[ORACLE_RULES] = {
	[RULE_PASID_PRESENT] = {"pasid-changed-while-present", "6.5.3.3", PRESENT},
	[RULE_CONTEXT_PRESENT] = {"context-changed-while-present", "6.5.3.3", PRESENT},
	[RULE_NO_IOTLB] = {"pasid-without-iotlb", "6.5.3.3", NO_IOTLB},
	[RULE_NO_DEVTLB] = {"pasid-without-devtlb", "6.5.3.3", NO_DEVTLB},
	[RULE_ORDER] = {"devtlb-before-iotlb", "6.5.3.3", ORDER},
	[RULE_DID_REUSE] = {"domain-id-reused", "6.5.3.3", DID_REUSE},
	[RULE_UNKNOWN_SID] = {"devtlb-unknown-source", "6.5.2.5", UNKNOWN_SID},
	[RULE_NO_WAIT] = {"no-wait", "6.5.2.8", NO_WAIT},
	[RULE_PRQ_DRAIN] = {"prq-drain", "7.10", PRQ_DRAIN},
	[RULE_ROOT] = {"root-changed", "6.6", ROOT},
	[RULE_ROOT_PRESENT] = {"root-changed-while-present", "6.5.3.3", ROOT_PRESENT},
	[RULE_DIR_PRESENT] = {"pasid-dir-changed-while-present", "6.5.3.3", DIR_PRESENT},
	[RULE_DEVTLB_SIZE] = {"devtlb-size", "6.5.2.5", DEVTLB_SIZE},
	[RULE_DESC_RESERVED] = {"descriptor-reserved", "6.5.2", DESC_RESERVED},
	[RULE_ENTRY_RESERVED] = {"entry-reserved", "9", ENTRY_RESERVED},
	[RULE_TORN_PASID] = {"torn-pasid-entry", "6.5.3.3", TORN("PASID entry")},
	[RULE_TORN_CONTEXT] = {"torn-context-entry", "6.5.3.3", TORN("context entry")},
};

static unsigned int desc_type(const u64 *q)
{
	return (unsigned int)(svk_get(VTD_DESC_TYPE_LO, q[0]) | svk_get(VTD_DESC_TYPE_HI, q[0])
									<< 4);
}

static void broken(struct oracle *o, enum oracle_rule_id id, const struct vtd_view *e,
		   const struct oracle_desc *d)
{
	oracle_report_rule(o, &(struct oracle_breach){.id = id, .entry = e, .desc = d});
}

/* Where an entry leads; permissions and tracking may be changed in place. */
static bool leads_elsewhere(const struct vtd_view *a, const struct vtd_view *b)
{
	return a->did != b->did || a->entry[0] != b->entry[0] || a->entry[1] != b->entry[1] ||
	       a->entry[2] != b->entry[2];
}

struct entry_check {
	struct oracle *o;
	const struct oracle_desc *d;
	u64 told; /* address of the root or directory entry that was reported */
};

static bool devtlb_of(void *ctx, const struct vtd_view *e)
{
	struct oracle_duty *duty = ctx;

	if (e->sid == duty->entry.sid && e->has_pasid && e->pasid == duty->entry.pasid)
		duty->devtlb = true;
	return !duty->devtlb;
}

static void duty_add(struct oracle *o, const struct vtd_view *e, const struct oracle_desc *d)
{
	struct oracle_duty *duty;

	if (o->duties == ORACLE_DUTIES)
		return;
	duty = &o->duty[o->duties++];
	*duty = (struct oracle_duty){.entry = *e, .desc = *d, .iotlb = true};
	vtd_inspect_each(o->unit, 1u << VTD_VIEW_DEVTLB, devtlb_of, duty);
}

/* Whether the root or directory entry above leads elsewhere, and was never seen to be clear. */
static bool upper_changed(const struct vtd_view *e, const struct vtd_view *now)
{
	/* P and the pointer have the same place in both. */
	return e->upper_at == now->upper_at && (now->upper & VTD_ROOT_P) &&
	       (e->upper ^ now->upper) & VTD_ROOT_CTP;
}

static void check_upper(struct entry_check *c, const struct vtd_view *e)
{
	if (c->told == e->upper_at)
		return;
	c->told = e->upper_at;
	broken(c->o, e->kind == VTD_VIEW_PASID ? RULE_DIR_PRESENT : RULE_ROOT_PRESENT, e, c->d);
}

/* An entry that is about to be invalidated: what does memory hold now? */
static bool check_entry(void *ctx, const struct vtd_view *e)
{
	struct entry_check *c = ctx;
	struct vtd_view now;
	struct vtd_why why;

	if (!oracle_covers(c->d->q, e))
		return true;
	vtd_inspect(c->o->unit, e, &now, &why);
	if (upper_changed(e, &now))
		check_upper(c, e);
	else if (!why.reason && leads_elsewhere(e, &now))
		broken(c->o, e->kind == VTD_VIEW_PASID ? RULE_PASID_PRESENT : RULE_CONTEXT_PRESENT,
		       e, c->d);
	if (e->kind == VTD_VIEW_PASID && (why.reason || leads_elsewhere(e, &now)))
		duty_add(c->o, e, c->d);
	return true;
}

/* Whether it invalidates everything of a (domain-id, PASID). */
static bool all_iotlb(const u64 *q, const struct vtd_view *e)
{
	unsigned int g = (unsigned int)svk_get(VTD_DESC_G, q[0]);

	if (desc_type(q) == VTD_DESC_PIOTLB)
		return g != VTD_PIOTLB_G_PAGE && svk_get(VTD_DESC_DID, q[0]) == e->did &&
		       svk_get(VTD_DESC_PASID, q[0]) == e->pasid;
	return g == VTD_GRAN_GLOBAL ||
	       (g == VTD_GRAN_DOMAIN && svk_get(VTD_DESC_DID, q[0]) == e->did);
}

/* Whether it invalidates every address of the PASID in the device. */
static bool all_devtlb(const u64 *q, const struct vtd_view *e)
{
	struct vtd_view ends = {.kind = VTD_VIEW_DEVTLB,
				.sid = e->sid,
				.has_pasid = true,
				.pasid = e->pasid,
				.size = 4096};

	if (!oracle_covers(q, &ends))
		return false;
	ends.addr = ~0xfffULL;
	return oracle_covers(q, &ends);
}

static void duties_meet(struct oracle *o, const u64 *q)
{
	unsigned int type = desc_type(q);
	size_t kept = 0;

	for (size_t i = 0; i < o->duties; i++) {
		struct oracle_duty *duty = &o->duty[i];

		if (type == VTD_DESC_IOTLB || type == VTD_DESC_PIOTLB) {
			if (all_iotlb(q, &duty->entry))
				duty->iotlb = false;
		} else if (type == VTD_DESC_PDEVTLB && all_devtlb(q, &duty->entry)) {
			/* Too early: it may refill from the IOTLB, and must be told again. */
			duty->early |= duty->iotlb;
			duty->devtlb &= duty->iotlb;
		}
		if (duty->iotlb || duty->devtlb)
			o->duty[kept++] = *duty;
	}
	o->duties = kept;
}

/* Global invalidations of all three, in this order (6.6). */
static void root_meet(struct oracle *o, const u64 *q)
{
	unsigned int type = desc_type(q);
	unsigned int g = (unsigned int)svk_get(VTD_DESC_G, q[0]);

	if (o->root == ROOT_CONTEXT && type == VTD_DESC_CC && g == VTD_GRAN_GLOBAL)
		o->root = ROOT_PASID;
	else if (o->root == ROOT_PASID && type == VTD_DESC_PC && g == VTD_PC_G_GLOBAL)
		o->root = ROOT_IOTLB;
	else if (o->root == ROOT_IOTLB && type == VTD_DESC_IOTLB && g == VTD_GRAN_GLOBAL)
		o->root = ROOT_DONE;
}

void oracle_rules_root(struct oracle *o)
{
	o->root = ROOT_CONTEXT;
}

/* The lowest clear bit gives the size; the top one must be clear at the latest. */
static void check_devtlb(struct oracle *o, const struct oracle_desc *d)
{
	bool pasid = desc_type(d->q) == VTD_DESC_PDEVTLB;
	u16 sid = (u16)svk_get(pasid ? VTD_PDEVTLB_SID : VTD_DEVTLB_SID, d->q[0]);

	if (!vtd_has_endpoint(o->unit, sid))
		broken(o, RULE_UNKNOWN_SID, NULL, d);
	if ((d->q[1] & (pasid ? VTD_PDEVTLB_S : VTD_DEVTLB_S)) &&
	    (d->q[1] & VTD_DEVTLB_ADDR) == VTD_DEVTLB_ADDR)
		broken(o, RULE_DEVTLB_SIZE, NULL, d);
}

void oracle_rules_descriptor(struct oracle *o, const struct oracle_desc *d)
{
	struct entry_check c = {.o = o, .d = d};

	switch (desc_type(d->q)) {
	case VTD_DESC_PC:
		vtd_inspect_each(o->unit, 1u << VTD_VIEW_PASID, check_entry, &c);
		break;
	case VTD_DESC_CC:
		vtd_inspect_each(o->unit, 1u << VTD_VIEW_CONTEXT, check_entry, &c);
		break;
	case VTD_DESC_DEVTLB:
	case VTD_DESC_PDEVTLB:
		check_devtlb(o, d);
		break;
	}
	oracle_requests_descriptor(o, d->q);
	duties_meet(o, d->q);
	root_meet(o, d->q);
}

struct reuse_check {
	struct oracle *o;
	const struct vtd_view *filled;
	bool found;
};

static bool check_reuse(void *ctx, const struct vtd_view *e)
{
	struct reuse_check *c = ctx;
	struct vtd_view now;
	struct vtd_why why;

	if (e->sid != c->filled->sid || e->pasid != c->filled->pasid || e->did != c->filled->did)
		return true;
	c->found = vtd_inspect(c->o->unit, e, &now, &why) == VTD_MATCH_STALE;
	return !c->found;
}

void oracle_rules_filled(struct oracle *o, const struct vtd_view *e)
{
	struct reuse_check c = {.o = o, .filled = e};

	if (oracle_requests_undrained(o, e))
		broken(o, RULE_PRQ_DRAIN, e, NULL);
	vtd_inspect_each(o->unit, 1u << VTD_VIEW_IOTLB, check_reuse, &c);
	if (c.found)
		broken(o, RULE_DID_REUSE, e, NULL);
}

void oracle_rules_confirm(struct oracle *o)
{
	for (size_t i = 0; i < o->duties; i++) {
		const struct oracle_duty *duty = &o->duty[i];

		if (duty->iotlb)
			broken(o, RULE_NO_IOTLB, &duty->entry, &duty->desc);
		else
			broken(o, duty->early ? RULE_ORDER : RULE_NO_DEVTLB, &duty->entry,
			       &duty->desc);
	}
	o->duties = 0;
	if (o->root)
		broken(o, RULE_ROOT, NULL, NULL);
	o->root = ROOT_DONE;
	if (o->unwaited)
		broken(o, RULE_NO_WAIT, NULL, &o->unwaited_desc);
	o->unwaited = false;
}
