// SPDX-License-Identifier: GPL-2.0
/*
 * What is remembered of single entries while they are stale: that they were
 * used, that they were stale from the start, that they have been reported. A
 * guest can have a million stale entries, so these are looked up by a hash,
 * and their number is bounded.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "oracle/oracle_internal.h"

int oracle_marks_init(struct oracle_marks *m)
{
	/* Untouched pages of a large zeroed allocation cost nothing. */
	m->mark = calloc(ORACLE_MARKS, sizeof(*m->mark));
	m->bucket = calloc(ORACLE_MARKS, sizeof(*m->bucket));
	if (m->mark && m->bucket)
		return 0;
	oracle_marks_cleanup(m);
	return -ENOMEM;
}

void oracle_marks_cleanup(struct oracle_marks *m)
{
	free(m->mark);
	free(m->bucket);
	*m = (struct oracle_marks){0};
}

static u32 *bucket_of(const struct oracle_marks *m, const struct vtd_view *e)
{
	u64 key = e->addr >> 12 ^ e->born ^ (u64)e->pasid << 40 ^ (u64)e->sid << 24 ^
		  (u64)e->kind << 60;

	return &m->bucket[key * 0x9e3779b97f4a7c15ULL >> 40 & (ORACLE_MARKS - 1)];
}

struct oracle_mark *oracle_mark_find(const struct oracle_marks *m, const struct vtd_view *e)
{
	for (u32 i = *bucket_of(m, e); i; i = m->mark[i - 1].next) {
		if (oracle_same(&m->mark[i - 1].entry, e))
			return &m->mark[i - 1];
	}
	return NULL;
}

static void link_mark(struct oracle_marks *m, u32 i)
{
	u32 *head = bucket_of(m, &m->mark[i - 1].entry);

	m->mark[i - 1].next = *head;
	*head = i;
}

struct oracle_mark *oracle_mark_get(struct oracle_marks *m, const struct vtd_view *e)
{
	struct oracle_mark *mark = oracle_mark_find(m, e);

	if (mark)
		return mark;
	if (m->count == ORACLE_MARKS) {
		if (!m->full)
			log_warn("oracle: more than %d entries are stale, the rest is not told "
				 "apart",
				 ORACLE_MARKS);
		m->full = true;
		return NULL;
	}
	mark = &m->mark[m->count++];
	*mark = (struct oracle_mark){.entry = *e};
	link_mark(m, m->count);
	return mark;
}

void oracle_marks_prune(struct oracle_marks *m)
{
	u32 kept = 0;

	if (!m->count)
		return;
	memset(m->bucket, 0, ORACLE_MARKS * sizeof(*m->bucket));
	for (u32 i = 0; i < m->count; i++) {
		if (!m->mark[i].seen)
			continue;
		m->mark[kept] = m->mark[i];
		m->mark[kept].seen = false;
		link_mark(m, ++kept);
	}
	m->count = kept;
}
