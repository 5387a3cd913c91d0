// SPDX-License-Identifier: GPL-2.0
/*
 * The invalidation descriptors that this kernel submits: the tracepoint
 * intel_iommu:qi_submit (drivers/iommu/intel/trace.h), read from tracefs as
 * text. They are counted by kind, and searched for one that is missing. When
 * the ring was too small, the note says how many events are missing, and a
 * search knows how far back it can see.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/types.h>

#include "init.h"
#include "layers.h"

#define TRACEFS "/sys/kernel/tracing/"

/** struct qi_kind - Name in the tracepoint, name in the note, count. */
struct qi_kind {
	const char *symbol;
	const char *name;
	unsigned long count;
};

static struct qi_kind kinds[] = {
	{"qi_submit: cc_inv ", "context", 0},	     {"qi_submit: iotlb_inv ", "iotlb", 0},
	{"qi_submit: dev_tlb_inv ", "devtlb", 0},    {"qi_submit: p_iotlb_inv ", "piotlb", 0},
	{"qi_submit: p_dev_tlb_inv ", "pdevtlb", 0}, {"qi_submit: pc_inv ", "pasid", 0},
	{"qi_submit: inv_wait ", "wait", 0},
};

/* More than a guest has. */
#define MAX_CPUS 64
#define KINDS (ARRAY_SIZE(kinds))

static bool counting;

/* Of qi_load(). */
static struct qi_event *events;
static size_t nr_events;
/* Since when every descriptor is in the ring, ns of CLOCK_MONOTONIC. */
static u64 complete_since;
/* When the counting began. */
static u64 started;

void qi_count_start(void)
{
	file_write(TRACEFS "buffer_size_kb", "2048");
	/* That of the searches; the local one of each CPU is none that anybody else has. */
	file_write(TRACEFS "trace_clock", "mono");
	counting = !file_write(TRACEFS "events/intel_iommu/qi_submit/enable", "1");
	file_write(TRACEFS "trace", "");
	started = mono_ns();
}

static unsigned long count_text(void)
{
	FILE *f = fopen(TRACEFS "trace", "re");
	unsigned long entries, written;
	unsigned long lost = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "# entries-in-buffer/entries-written: %lu/%lu", &entries,
			   &written) == 2)
			lost = written - entries;
		for (size_t i = 0; i < KINDS; i++)
			kinds[i].count += !!strstr(line, kinds[i].symbol);
	}
	if (f)
		fclose(f);
	return lost;
}

void qi_count_note(void)
{
	char text[512];
	unsigned long lost, total = 0;
	int n = 0;

	if (!counting)
		return;
	file_write(TRACEFS "tracing_on", "0");
	lost = count_text();
	for (size_t i = 0; i < KINDS; i++) {
		total += kinds[i].count;
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %s=%lu", kinds[i].name,
			      kinds[i].count);
	}
	event("note qi total=%lu%s lost=%lu", total + lost, text, lost);
}

static void load_event(const struct qi_event *e, u64 *first, size_t cpus)
{
	struct qi_event *more = realloc(events, (nr_events + 1) * sizeof(*events));

	if (e->cpu < cpus && !first[e->cpu])
		first[e->cpu] = e->at;
	if (!more)
		return;
	events = more;
	events[nr_events++] = *e;
}

void qi_load(void)
{
	FILE *f = counting ? fopen(TRACEFS "trace", "re") : NULL;
	u64 first[MAX_CPUS] = {0};
	unsigned long kept, written;
	bool lost = false;
	struct qi_event e;
	char line[512];

	complete_since = f ? started : ~0ULL;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "# entries-in-buffer/entries-written: %lu/%lu", &kept, &written) ==
		    2)
			lost = written > kept;
		if (qi_parse(line, &e))
			load_event(&e, first, MAX_CPUS);
	}
	if (f)
		fclose(f);
	/* Each CPU has a ring; from the last of their beginnings on nothing is missing. */
	for (size_t i = 0; lost && i < MAX_CPUS; i++) {
		if (first[i] > complete_since)
			complete_since = first[i];
	}
}

void qi_search(struct search *s)
{
	for (size_t i = 0; i < nr_events; i++)
		search_event(s, &events[i]);
	search_end(s, complete_since);
}

void qi_unload(void)
{
	free(events);
	events = NULL;
	nr_events = 0;
}
