// SPDX-License-Identifier: GPL-2.0
/*
 * For each finding that a test has not asked for: has this kernel sent what
 * is missing, and has the VMM asked for it? Reported as "sent" events, from
 * which the runner names the layer (ci/lib/findings.sh).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <svakit/accel_regs.h>

#include "init.h"
#include "layers.h"

#define MAX_ACCELS 8
/* The reading that took least is the best; the first ones miss every cache. */
#define CLOCK_READS 16
#define NS_PER_MS 1e6

/**
 * struct found - A finding, through one accelerator.
 * @bdf: of the accelerator
 * @mediated: it is a mediated device, which shows its own findings, under its own PASIDs
 * @what: register SVK_LAB_FOUND_WHAT, likewise the others
 */
struct found {
	const char *bdf;
	bool mediated;
	u64 what, addr, size, born, at, did;
};

static char accels[MAX_ACCELS][DEVICE_NAME];
static int own_level;
static struct clock_point clock_start;

static struct clock_point clock_read(volatile u8 *lab)
{
	struct clock_point best = {.err = ~0ULL};

	for (int i = 0; i < CLOCK_READS; i++) {
		u64 before = mono_ns();
		u64 time = lab_read64(lab, SVK_LAB_TIME);
		u64 after = mono_ns();

		if ((after - before) / 2 < best.err)
			best = (struct clock_point){.mono = before + (after - before) / 2,
						    .time = time,
						    .err = (after - before) / 2};
	}
	return best;
}

void layers_start(int level)
{
	volatile u8 *lab = lab_open();

	own_level = level;
	if (lab)
		clock_start = clock_read(lab);
	lab_unmap(lab);
}

static struct found found_read(volatile u8 *lab, const char *bdf, u64 number)
{
	u32 base = SVK_LAB_FOUND((u32)number);

	return (struct found){
		.bdf = bdf,
		.mediated = lab_read64(lab, SVK_LAB_TRAPPED),
		.what = lab_read64(lab, base + SVK_LAB_FOUND_WHAT),
		.addr = lab_read64(lab, base + SVK_LAB_FOUND_ADDR),
		.size = lab_read64(lab, base + SVK_LAB_FOUND_SIZE),
		.born = lab_read64(lab, base + SVK_LAB_FOUND_BORN),
		.at = lab_read64(lab, base + SVK_LAB_FOUND_AT),
		.did = lab_read64(lab, base + SVK_LAB_FOUND_DID),
	};
}

static enum svk_cache found_cache(const struct found *f)
{
	return (enum svk_cache)svk_get(SVK_LAB_FOUND_CACHE, f->what);
}

/* A mediated device knows its own; what none of them claims, hardware knows. */
static bool found_get(u64 number, struct found *f)
{
	int n = device_list(SVK_PCI_VENDOR, SVK_PCI_DEVICE_ACCEL, accels, MAX_ACCELS);

	*f = (struct found){0};
	for (int i = 0; i < n && !f->mediated; i++) {
		volatile u8 *lab = lab_map(accels[i]);
		struct found one;

		if (!lab)
			continue;
		one = found_read(lab, accels[i], number);
		lab_unmap(lab);
		if (found_cache(&one) != SVK_CACHE_NONE)
			*f = one;
	}
	return found_cache(f) != SVK_CACHE_NONE && !(f->what & SVK_LAB_FOUND_RULE);
}

static u16 source_id(const char *bdf)
{
	unsigned int bus, dev, fn;

	return sscanf(bdf, "%*x:%x:%x.%x", &bus, &dev, &fn) == 3 ? (u16)(bus << 8 | dev << 3 | fn)
								 : 0;
}

/*
 * The entry as this level's kernel numbers it. In L2 an entry of a device-TLB
 * is removed by an IOTLB invalidation: that is what a VMM passes on, and L1's
 * kernel makes both of it.
 */
static struct vtd_view entry_of(const struct found *f)
{
	static const enum vtd_view_kind kinds[] = {
		[SVK_CACHE_CONTEXT] = VTD_VIEW_CONTEXT,
		[SVK_CACHE_PASID] = VTD_VIEW_PASID,
		[SVK_CACHE_IOTLB] = VTD_VIEW_IOTLB,
		[SVK_CACHE_DEVTLB] = VTD_VIEW_DEVTLB,
	};
	struct vtd_view e = {
		.kind = kinds[found_cache(f) % ARRAY_SIZE(kinds)],
		.sid = (u16)svk_get(SVK_LAB_FOUND_SID, f->what),
		.has_pasid = f->what & SVK_LAB_FOUND_HAS_PASID,
		.pasid = (u32)svk_get(SVK_LAB_FOUND_PASID, f->what),
		.did = (u16)f->did,
		.addr = f->addr,
		.size = f->size,
		.entry = {!!(f->what & SVK_LAB_FOUND_PAGED)},
	};

	if (own_level == 1)
		return e;
	e.sid = source_id(f->bdf);
	if (e.kind == VTD_VIEW_DEVTLB || e.kind == VTD_VIEW_IOTLB) {
		e.kind = VTD_VIEW_IOTLB;
		e.entry[0] = 1;
	}
	return e;
}

static struct search search_for(const struct found *f, const struct clock_point *now)
{
	u64 err = clock_start.err > now->err ? clock_start.err : now->err;

	return (struct search){
		.entry = entry_of(f),
		.any_did = own_level != 1,
		.from = clock_mono(&clock_start, now, f->born),
		.to = clock_mono(&clock_start, now, f->at),
		/* The trace has microseconds. */
		.err = err + 1000,
	};
}

static void report(u64 number, const char *who, const char *via, const struct search *s)
{
	static const char *const words[] = {
		[ANSWER_NO] = "no", [ANSWER_YES] = "yes", [ANSWER_UNKNOWN] = "unknown"};

	if (s->answer == ANSWER_YES)
		event("sent %llu %s yes %s %s %.3f ms after the fill", (unsigned long long)number,
		      who, via, s->what, (double)(s->at - s->from) / NS_PER_MS);
	else
		event("sent %llu %s %s %s", (unsigned long long)number, who, words[s->answer], via);
}

static void look_at(u64 number, const struct clock_point *now)
{
	struct search s;
	struct found f;

	if (!found_get(number, &f))
		return;
	s = search_for(&f, now);
	qi_search(&s);
	report(number, "kernel", own_level == 1 ? "-" : f.mediated ? "mdev" : "pf", &s);
	if (own_level != 1)
		return;
	s = search_for(&f, now);
	if (asked_search(&s))
		report(number, "vmm", "-", &s);
}

void layers_look(u64 first, u64 total)
{
	volatile u8 *lab = lab_open();
	struct clock_point now;

	if (!lab)
		return;
	now = clock_read(lab);
	lab_unmap(lab);
	if (total > SVK_LAB_FOUND_KEPT && first < total - SVK_LAB_FOUND_KEPT)
		first = total - SVK_LAB_FOUND_KEPT;
	qi_load();
	for (u64 n = first; n < total; n++)
		look_at(n, &now);
	qi_unload();
	if (own_level == 2)
		relay_look(first, total);
}
