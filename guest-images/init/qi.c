// SPDX-License-Identifier: GPL-2.0
/*
 * How many invalidation descriptors this kernel submitted, by kind: the
 * tracepoint intel_iommu:qi_submit (drivers/iommu/intel/trace.h), read from
 * tracefs as text. When the ring was too small, the note says how many
 * events are missing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/types.h>

#include "init.h"

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

#define KINDS (ARRAY_SIZE(kinds))

static bool counting;

void qi_count_start(void)
{
	file_write(TRACEFS "buffer_size_kb", "2048");
	counting = !file_write(TRACEFS "events/intel_iommu/qi_submit/enable", "1");
	file_write(TRACEFS "trace", "");
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
