// SPDX-License-Identifier: GPL-2.0
/* The injection registers of the lab page. */
#include "accel/accel_internal.h"
#include "inject/inject.h"
#include "machine.h"

static bool is_injected(u64 off)
{
	return off >= SVK_LAB_INJECTED(0) && off < SVK_LAB_INJECTED(SVK_INJECT_COUNT);
}

unsigned int accel_lab_inject_width(u64 off)
{
	if (off == SVK_LAB_INJECT_PASID || off == SVK_LAB_INJECT_CHANCE)
		return 4;
	switch (off & ~4ULL) {
	case SVK_LAB_INJECT_ADDR:
	case SVK_LAB_INJECT_ARG:
	case SVK_LAB_INJECT_SEED:
	case SVK_LAB_INJECT:
		return 8;
	default:
		return is_injected(off) ? 8 : 0;
	}
}

void accel_lab_inject_reset(struct accel *a)
{
	a->lab = (struct accel_lab){.addr = INJECT_ANY_ADDR};
}

u64 accel_lab_inject_read(const struct accel *a, u64 off)
{
	switch (off) {
	case SVK_LAB_INJECT_PASID:
		return a->lab.pasid;
	case SVK_LAB_INJECT_CHANCE:
		return a->lab.chance;
	case SVK_LAB_INJECT_ADDR:
		return a->lab.addr;
	case SVK_LAB_INJECT_ARG:
		return a->lab.arg;
	case SVK_LAB_INJECT_SEED:
		return a->lab.seed;
	default:
		if (!is_injected(off) || !a->machine->inject)
			return 0;
		return inject_struck(a->machine->inject,
				     (enum svk_inject)((off - SVK_LAB_INJECTED(0)) / 8));
	}
}

/* Where a kind names a function, none stands for the one that was asked. */
static u64 own_function(const struct accel *a, enum svk_inject kind)
{
	u64 arg = a->lab.arg;

	switch (kind) {
	case SVK_INJECT_IRQ_LOST:
	case SVK_INJECT_IRQ_LATE:
		return arg & (SVK_IRQ_SID | SVK_IRQ_UNIT) ? arg
							  : arg | svk_put(SVK_IRQ_SID, a->cfg.sid);
	case SVK_INJECT_REMOVE:
	case SVK_INJECT_RESET:
		return arg ? arg : a->cfg.sid;
	default:
		return arg;
	}
}

static void inject_write(struct accel *a, u64 val)
{
	enum svk_inject kind = (enum svk_inject)svk_get(SVK_LAB_INJECT_KIND, val);
	const struct inject_rule r = {
		.kind = kind,
		.lab = true,
		.has_pasid = a->lab.pasid & SVK_QCFG_PASID_VALID,
		.pasid = a->lab.pasid & SVK_QCFG_PASID_MASK,
		.skip = (u32)svk_get(SVK_LAB_INJECT_SKIP, val),
		.count = (u32)svk_get(SVK_LAB_INJECT_COUNT, val),
		.chance = a->lab.chance,
		.seed = a->lab.seed,
		.addr = a->lab.addr,
		.arg = own_function(a, kind),
	};

	if (kind == SVK_INJECT_NONE && !r.count)
		inject_disarm_lab(a->machine->inject);
	else
		inject_arm(a->machine->inject, &r);
}

void accel_lab_inject_write(struct accel *a, u64 off, u64 val, unsigned int len)
{
	switch (off & ~4ULL) {
	case SVK_LAB_INJECT_PASID:
		if (off == SVK_LAB_INJECT_PASID)
			a->lab.pasid = (u32)val;
		else
			a->lab.chance = (u32)val;
		break;
	case SVK_LAB_INJECT_ADDR:
		a->lab.addr = accel_reg_merge(a->lab.addr, off, val, len);
		break;
	case SVK_LAB_INJECT_ARG:
		a->lab.arg = accel_reg_merge(a->lab.arg, off, val, len);
		break;
	case SVK_LAB_INJECT_SEED:
		a->lab.seed = accel_reg_merge(a->lab.seed, off, val, len);
		break;
	case SVK_LAB_INJECT:
		/* Half a rule is none. */
		if (len == 8 && a->machine->inject)
			inject_write(a, val);
		break;
	default:
		break;
	}
}
