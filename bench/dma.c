// SPDX-License-Identifier: GPL-2.0
/*
 * Copies by the device: from the first doorbell to the last completion record.
 * All copies of a round are between pages of their own. Cold, the rights to all
 * of them have been taken away and given back, so that neither the unit nor the
 * device has a translation. memcpy() moves the same bytes.
 */
#include <string.h>
#include <sys/mman.h>

#include "accel_queue.h"
#include "bench.h"
#include "clock.h"
#include "events.h"
#include "ktap.h"
#include "memory.h"
#include "options.h"
#include "pages.h"
#include "section.h"

#define TOTAL_MAX (64ULL << 20)
/* Longer than a round takes: nobody else wants the CPU. */
#define SPIN_US 50000

/**
 * struct dma - A configuration.
 * @q: queue
 * @size: bytes of a copy
 * @batch: copies of a descriptor
 * @depth: descriptors at once
 * @from: all sources, one after the other
 * @to: all destinations
 * @members: of the batches
 */
struct dma {
	struct svk_queue q;
	u64 size;
	u64 batch;
	u64 depth;
	struct pages from;
	struct pages to;
	struct svk_desc *members;
};

static u64 total(const struct dma *d)
{
	return d->size * d->batch * d->depth;
}

static struct svk_desc copy(const struct dma *d, u64 nr)
{
	u64 at = nr * d->size;

	return svk_desc_copy((u8 *)d->to.mem + at, (u8 *)d->from.mem + at, d->size);
}

static struct svk_desc descriptor(const struct dma *d, u64 nr)
{
	return d->batch == 1 ? copy(d, nr) : svk_desc_batch(d->members + nr * d->batch, d->batch);
}

static void transfer(struct dma *d)
{
	u32 ticket[SVK_QUEUE_ENTRIES];
	u64 i;

	for (i = 0; i < d->depth; i++)
		ticket[i] = svk_queue_submit(&d->q, descriptor(d, i));
	for (i = 0; i < d->depth; i++)
		REQUIRE_STATUS(svk_queue_wait(&d->q, ticket[i]), SVK_CPL_OK);
}

static void forget(const struct pages *p)
{
	REQUIRE_EQ(mprotect(p->mem, p->size, PROT_READ), 0);
	REQUIRE_EQ(mprotect(p->mem, p->size, PROT_READ | PROT_WRITE), 0);
	memory_populate(p->mem, p->size);
}

static void measure_device(struct dma *d, const char *tlb, const char *page)
{
	const struct param params[] = {
		PARAM_VALUE("size", d->size),	PARAM_VALUE("batch", d->batch),
		PARAM_VALUE("depth", d->depth), PARAM_WORD("tlb", tlb),
		PARAM_WORD("page", page),	PARAM_END,
	};
	bool cold = !strcmp(tlb, "cold");
	struct section *s;

	if (!options_word("tlb", tlb))
		return;
	s = section_new("dma.copy", 1);
	transfer(d);
	while (round_next()) {
		if (cold) {
			forget(&d->from);
			forget(&d->to);
		}
		section_begin(s);
		transfer(d);
		section_end(s);
	}
	CHECK_EQ(memory_diff(d->from.mem, d->to.mem, total(d)), total(d));
	section_report_rate(s, params, "dma.rate", total(d));
}

static void measure_memcpy(struct dma *d, const char *page)
{
	const struct param params[] = {
		PARAM_VALUE("size", d->size),
		PARAM_VALUE("batch", d->batch),
		PARAM_VALUE("depth", d->depth),
		PARAM_WORD("page", page),
		PARAM_END,
	};
	struct section *s = section_new("dma.memcpy", 1);
	u64 at;

	while (round_next()) {
		section_begin(s);
		for (at = 0; at < total(d); at += d->size)
			memcpy((u8 *)d->to.mem + at, (u8 *)d->from.mem + at, d->size);
		section_end(s);
		/* All of it is wanted. */
		__asm__ volatile("" ::: "memory");
	}
	section_report_rate(s, params, "dma.memcpy_rate", total(d));
}

static bool fits(const struct dma *d, bool huge, u64 bytes)
{
	u64 page = huge ? MEMORY_HUGE : memory_page();
	struct svk_accel_info info = svk_queue_info(&d->q);
	u64 max_batch = svk_get(SVK_GLB_CAP_BATCH, info.cap);

	if (d->size > 1ULL << svk_get(SVK_GLB_CAP_XFER_SHIFT, info.cap) || d->batch > max_batch ||
	    d->depth > SVK_QUEUE_ENTRIES || total(d) > TOTAL_MAX) {
		bench_skip("size=%llu batch=%llu depth=%llu: beyond the device, or 64 MiB",
			   (unsigned long long)d->size, (unsigned long long)d->batch,
			   (unsigned long long)d->depth);
		return false;
	}
	/* Some of a huge page says nothing about huge pages. */
	return (!huge || total(d) >= page) && pages_fit(2 * bytes, huge);
}

static void measure(struct dma *d, const char *page)
{
	bool huge = !strcmp(page, "2M");
	u64 unit = huge ? MEMORY_HUGE : memory_page();
	u64 bytes = (total(d) + unit - 1) & ~(unit - 1);
	u64 i;

	if (!options_word("page", page) || !fits(d, huge, bytes))
		return;
	pages_init(&d->from, bytes, huge);
	pages_init(&d->to, bytes, huge);
	memory_pattern(pages_map(&d->from), bytes, bytes);
	pages_map(&d->to);
	d->members = memory_map(d->batch * d->depth * sizeof(*d->members));
	for (i = 0; i < d->batch * d->depth; i++)
		d->members[i] = copy(d, i);
	measure_device(d, "cold", page);
	measure_device(d, "warm", page);
	measure_memcpy(d, page);
	memory_unmap(d->members, d->batch * d->depth * sizeof(*d->members));
	pages_unmap(&d->from);
	pages_unmap(&d->to);
}

/* All batches and depths of one size. */
static void measure_shapes(struct dma *d)
{
	d->batch = options_first("batch");
	do {
		d->depth = options_first("depth");
		do {
			measure(d, "4K");
			measure(d, "2M");
		} while (options_next("depth", &d->depth));
	} while (options_next("batch", &d->batch));
}

void bench_dma(void)
{
	struct dma d = {0};

	if (!bench_needs_device())
		return;
	clock_spin_for(SPIN_US);
	events_unit("iommu_requests,iotlb_lookup,iotlb_hit");
	section_counters(false);
	svk_queue_open(&d.q);
	d.size = options_first("size");
	do {
		measure_shapes(&d);
	} while (options_next("size", &d.size));
	svk_queue_close(&d.q);
}
