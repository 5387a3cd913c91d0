// SPDX-License-Identifier: GPL-2.0
/*
 * munmap() by a process that has a PASID, taken apart where its own kernel
 * queues the first descriptor: what comes before is the kernel; what comes after
 * is the wait for whatever is below, in a guest the VMM, the host's kernel and
 * the hardware. Descriptors are counted where they are queued, and where they
 * are executed.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "accel_queue.h"
#include "bench.h"
#include "ktap.h"
#include "memory.h"
#include "options.h"
#include "pages.h"
#include "qi_trace.h"
#include "samples.h"
#include "section.h"

/**
 * struct passdown - A configuration.
 * @pages: memory
 * @whole: section: the system call
 * @before: nanoseconds up to the first descriptor
 * @after: nanoseconds from there on
 * @queued: descriptors of this kernel
 * @desc: room for them
 */
struct passdown {
	struct pages pages;
	struct section *whole;
	struct samples before;
	struct samples after;
	struct samples queued;
	struct qi_desc *desc;
};

static void unmap(struct passdown *p)
{
	void *mem = pages_map(&p->pages);
	int ret;

	section_begin(p->whole);
	ret = munmap(mem, p->pages.size);
	section_end(p->whole);
	REQUIRE_EQ(ret, 0);
	p->pages.mem = NULL;
}

/**
 * struct span - A system call by the clock.
 * @start: nanoseconds
 * @end: likewise
 */
struct span {
	u64 start;
	u64 end;
};

static struct span unmap_timed(struct passdown *p)
{
	void *mem = pages_map(&p->pages);
	struct span span;
	int ret;

	span.start = now_ns();
	ret = munmap(mem, p->pages.size);
	span.end = now_ns();
	REQUIRE_EQ(ret, 0);
	p->pages.mem = NULL;
	return span;
}

/* Takes a call apart at its first descriptor. Return: descriptors up to the end of the call. */
static unsigned int take_apart(struct passdown *p, const struct span *span, unsigned int from,
			       unsigned int n)
{
	unsigned int first, last;

	/* The trace has microseconds, cut off. */
	for (first = from; first < n && p->desc[first].at + 1000 <= span->start; first++)
		;
	for (last = first; last < n && p->desc[last].at <= span->end; last++)
		;
	REQUIRE(last > first, "the kernel has queued no descriptor");
	samples_add(&p->queued, last - first);
	samples_add(&p->before,
		    p->desc[first].at > span->start ? p->desc[first].at - span->start : 0);
	samples_add(&p->after, span->end - p->desc[first].at);
	return last;
}

/* The same again, traced: the kernel is slower then, and the first calls are the slowest. */
static void trace(struct passdown *p)
{
	unsigned int i, n, at = 0;
	struct span *spans = memory_map(options_repeat() * sizeof(*spans));

	qi_trace_begin();
	for (i = 0; i < options_warmup(); i++)
		unmap_timed(p);
	for (i = 0; i < options_repeat(); i++)
		spans[i] = unmap_timed(p);
	n = qi_trace_end(p->desc);
	for (i = 0; i < options_repeat(); i++)
		at = take_apart(p, &spans[i], at, n);
	memory_unmap(spans, options_repeat() * sizeof(*spans));
}

static void emit(const char *metric, enum record_kind kind, const struct param *params,
		 struct samples *samples)
{
	record_emit(&(struct record){
		.metric = metric,
		.kind = kind,
		.params = params,
		.value = samples->value,
		.count = samples->count,
		/* The clock of the trace. */
		.rough = kind == RECORD_TIME,
	});
	samples_cleanup(samples);
}

static void measure(u64 pages, struct qi_desc *desc)
{
	const struct param params[] = {PARAM_VALUE("pages", pages), PARAM_END};
	struct passdown p = {.desc = desc, .whole = section_new("passdown.munmap", 1)};

	pages_init(&p.pages, pages << 12, false);
	REQUIRE_ERRNO(samples_init(&p.before, options_repeat()), 0);
	REQUIRE_ERRNO(samples_init(&p.after, options_repeat()), 0);
	REQUIRE_ERRNO(samples_init(&p.queued, options_repeat()), 0);
	while (round_next())
		unmap(&p);
	trace(&p);
	section_report(p.whole, params);
	emit("passdown.before_queue", RECORD_TIME, params, &p.before);
	emit("passdown.from_queue", RECORD_TIME, params, &p.after);
	emit("passdown.queued", RECORD_COUNT, params, &p.queued);
}

void bench_passdown(void)
{
	static struct qi_desc desc[QI_TRACE_MAX];
	struct svk_queue q;
	u64 pages;

	if (!bench_needs_device())
		return;
	qi_trace_require();
	section_counters(false);
	svk_queue_open(&q);
	pages = options_first("pages");
	do {
		if (pages_fit(pages << 12, false))
			measure(pages, desc);
	} while (options_next("pages", &pages));
	svk_queue_close(&q);
}
