// SPDX-License-Identifier: GPL-2.0
#include "samples.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int samples_init(struct samples *s, size_t room)
{
	void *mem = mmap(NULL, room * sizeof(*s->value), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	*s = (struct samples){.room = room};
	if (mem == MAP_FAILED)
		return -ENOMEM;
	s->value = mem;
	return 0;
}

void samples_cleanup(struct samples *s)
{
	if (s->value)
		munmap(s->value, s->room * sizeof(*s->value));
	*s = (struct samples){0};
}

void samples_add(struct samples *s, u64 value)
{
	size_t at = __atomic_fetch_add(&s->count, 1, __ATOMIC_RELAXED);

	if (at >= s->room) {
		fprintf(stderr, "samples: no room for more than %zu\n", s->room);
		abort();
	}
	s->value[at] = value;
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a;
	u64 y = *(const u64 *)b;

	return (x > y) - (x < y);
}

u64 samples_percentile(const u64 *value, size_t count, unsigned int permille)
{
	u64 *sorted = malloc(count * sizeof(*sorted));
	size_t rank = (count * permille + 999) / 1000;
	u64 found;

	if (!sorted)
		abort();
	memcpy(sorted, value, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_u64);
	found = sorted[rank ? rank - 1 : 0];
	free(sorted);
	return found;
}
