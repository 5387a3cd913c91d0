// SPDX-License-Identifier: GPL-2.0
/*
 * Which invalidation covers an entry that is still there. Only those count
 * that were sent after the entry had been filled and before it was found:
 * what changed the tables came later than the one, and what was sent for
 * another reason after the other, such as the end of the process, too late.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "layers.h"
#include "oracle/covers.h"

#define NS_PER_S 1000000000ULL
#define NS_PER_US 1000ULL
#define PAGE_SIZE 4096ULL

u64 clock_mono(const struct clock_point *a, const struct clock_point *b, u64 time)
{
	double rate = 1;

	if (b->time > a->time && b->mono > a->mono)
		rate = (double)(b->mono - a->mono) / (double)(b->time - a->time);
	return (u64)((double)b->mono - ((double)b->time - (double)time) * rate);
}

bool qi_parse(const char *line, struct qi_event *e)
{
	static const char name[] = ": qi_submit: ";
	const char *end = strstr(line, name), *stamp = end, *cpu;
	unsigned long long s, us, q0, q1;

	if (!end)
		return false;
	while (stamp > line && stamp[-1] != ' ')
		stamp--;
	/* The name of the task comes first, and may hold anything. */
	cpu = memrchr(line, '[', (size_t)(stamp - line));
	if (!cpu || sscanf(cpu, "[%u]", &e->cpu) != 1 || sscanf(stamp, "%llu.%6llu", &s, &us) != 2)
		return false;
	if (sscanf(end + sizeof(name) - 1, "%15s %*s %llx %llx", e->kind, &q0, &q1) != 3)
		return false;
	e->at = s * NS_PER_S + us * NS_PER_US;
	e->q[0] = q0;
	e->q[1] = q1;
	return true;
}

/* Whether it came in time; if that cannot be told, the answer cannot either. */
static bool in_time(struct search *s, u64 at)
{
	if (at + s->err < s->from || at > s->to + s->err)
		return false;
	if (at > s->from + s->err && at + s->err < s->to)
		return true;
	if (s->answer == ANSWER_NO)
		s->answer = ANSWER_UNKNOWN;
	return false;
}

void search_event(struct search *s, const struct qi_event *e)
{
	struct vtd_view entry = s->entry;
	struct oracle_tags tags;

	if (s->answer == ANSWER_YES)
		return;
	if (s->any_did && oracle_tags(e->q, entry.kind, &tags))
		entry.did = tags.did;
	if (!oracle_covers(e->q, &entry) || !in_time(s, e->at))
		return;
	s->answer = ANSWER_YES;
	s->at = e->at;
	snprintf(s->what, sizeof(s->what), "%s 0x%llx 0x%llx", e->kind, (unsigned long long)e->q[0],
		 (unsigned long long)e->q[1]);
}

static bool asked_covers(const struct asked_record *r, const struct vtd_view *e)
{
	/* A table that comes or goes takes everything with it. */
	if (r->what != ASKED_INVALIDATE || r->npages > ~0ULL / PAGE_SIZE)
		return true;
	return r->npages && r->addr <= e->addr + (e->size - 1) &&
	       e->addr <= r->addr + (r->npages * PAGE_SIZE - 1);
}

static void search_record(struct search *s, const struct asked_record *r)
{
	static const char *const names[] = {
		[ASKED_INVALIDATE] = "IOMMU_HWPT_INVALIDATE",
		[ASKED_ATTACH] = "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
		[ASKED_DETACH] = "VFIO_DEVICE_DETACH_IOMMUFD_PT",
	};

	if (s->answer == ANSWER_YES || !asked_covers(r, &s->entry) || !in_time(s, r->at))
		return;
	s->answer = ANSWER_YES;
	s->at = r->at;
	snprintf(s->what, sizeof(s->what), "%s%s%s", names[r->what % 3],
		 r->error ? " refused: " : "", r->error ? strerror((int)r->error) : "");
}

void search_asked(struct search *s, const struct asked_log *log, u32 dev, u32 pasid)
{
	u64 next = __atomic_load_n(&log->next, __ATOMIC_ACQUIRE);
	u64 first = next > ASKED_RECORDS ? next - ASKED_RECORDS : 0;
	u64 since = first ? log->record[first % ASKED_RECORDS].at : 0;

	for (u64 i = first; i < next; i++) {
		struct asked_record r = log->record[i % ASKED_RECORDS];

		/* Overwritten meanwhile: then nothing is known for sure. */
		if (__atomic_load_n(&log->record[i % ASKED_RECORDS].seq, __ATOMIC_ACQUIRE) != i + 1)
			since = ~0ULL;
		else if (r.dev == dev && r.pasid == pasid)
			search_record(s, &r);
	}
	search_end(s, since);
}

void search_end(struct search *s, u64 since)
{
	if (s->answer == ANSWER_NO && since > s->from)
		s->answer = ANSWER_UNKNOWN;
}
