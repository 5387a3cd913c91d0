// SPDX-License-Identifier: GPL-2.0
/* Collecting and summing up durations. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000ULL + (u64)ts.tv_nsec;
}

int samples_init(struct samples *s, size_t room)
{
	s->ns = calloc(room, sizeof(*s->ns));
	s->count = 0;
	s->room = room;
	return s->ns ? 0 : -ENOMEM;
}

void samples_cleanup(struct samples *s)
{
	free(s->ns);
	s->ns = NULL;
	s->count = 0;
}

void samples_add(struct samples *s, u64 ns)
{
	if (s->count < s->room)
		s->ns[s->count++] = ns;
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a;
	u64 y = *(const u64 *)b;

	return (x > y) - (x < y);
}

u64 samples_percentile(struct samples *s, unsigned int permille)
{
	size_t rank;

	if (!s->count)
		return 0;
	qsort(s->ns, s->count, sizeof(*s->ns), compare_u64);
	rank = (s->count * permille + 999) / 1000;
	return s->ns[rank ? rank - 1 : 0];
}

void samples_print(struct samples *s, const char *name)
{
	static const unsigned int points[] = {0, 500, 900, 990, 1000};
	size_t i;

	printf("# %-28s n %5zu  min/p50/p90/p99/max us", name, s->count);
	for (i = 0; i < ARRAY_SIZE(points); i++)
		printf(" %8.2f", (double)samples_percentile(s, points[i]) / 1000.0);
	printf("\n# note %s_p50_us %.2f\n", name, (double)samples_percentile(s, 500) / 1000.0);
}
