// SPDX-License-Identifier: GPL-2.0
#include "compare.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>

static const struct series *either(const struct compared *row)
{
	return row->base ? row->base : row->head;
}

static struct rank_group group(const struct series *s)
{
	return (struct rank_group){s->value, s->count};
}

/* Of a series whose runs do not differ, their value is known, not estimated. */
static bool is_steady(const struct series *s)
{
	size_t i;

	for (i = 1; i < s->count; i++)
		if (s->value[i] != s->value[0])
			return false;
	return true;
}

static enum outcome direction(const struct compared *row)
{
	bool higher = row->shift.estimate > 0;

	return higher == either(row)->higher_better ? OUTCOME_BETTER : OUTCOME_WORSE;
}

static double matters(const struct compared *row, const struct thresholds *thresholds)
{
	return thresholds_change(thresholds, row->base->metric, row->base->exact, row->from);
}

static void untold(struct compared *row, const char *why)
{
	row->outcome = OUTCOME_UNTOLD;
	row->why = why;
}

/* Values that are counted, and repeat: any difference is one. */
static void judge_exact(struct compared *row, const struct thresholds *thresholds)
{
	double change = row->to - row->from;

	row->shift = (struct rank_shift){change, change, change, true};
	if (change != 0 && fabs(change) >= matters(row, thresholds))
		row->outcome = direction(row);
}

/* Too few runs for anything to be significant. What is counted, and hardly differs, is told. */
static void judge_few(struct compared *row, const struct thresholds *thresholds)
{
	double least = matters(row, thresholds);
	struct rank_shift all = rank_shift(group(row->base), group(row->head), 0);

	if (!row->base->exact)
		untold(row, "too few runs");
	else if (fmax(fabs(all.low), fabs(all.high)) >= least)
		untold(row, "its count varies, too few runs");
}

static void judge_ranked(struct compared *row, const struct thresholds *thresholds, bool enough)
{
	if (!enough)
		judge_few(row, thresholds);
	else if (row->p <= COMPARE_ALPHA && fabs(row->shift.estimate) >= matters(row, thresholds))
		row->outcome = direction(row);
}

/* Holm's correction is over all metrics that are tested by ranks. */
static void correct(struct comparison *c)
{
	double *p = calloc(c->ranked + 1, sizeof(*p));
	size_t i, k = 0;

	if (!p)
		err(2, "memory");
	for (i = 0; i < c->count; i++)
		if (c->row[i].ranked)
			p[k++] = c->row[i].p;
	rank_holm(p, k);
	for (i = 0, k = 0; i < c->count; i++)
		if (c->row[i].ranked)
			c->row[i].p = p[k++];
	free(p);
}

/* What one metric gives by itself. */
static void measure(struct comparison *c, struct compared *row)
{
	if (row->base)
		row->from = rank_median(group(row->base));
	if (row->head)
		row->to = rank_median(group(row->head));
	if (!row->base || !row->head)
		return;
	row->ranked = !row->base->exact || !is_steady(row->base) || !is_steady(row->head);
	if (!row->ranked)
		return;
	c->ranked++;
	row->p = rank_p(group(row->base), group(row->head));
	row->shift = rank_shift(group(row->base), group(row->head), COMPARE_ALPHA);
}

static void judge(struct comparison *c, struct compared *row, const struct thresholds *thresholds)
{
	if (!row->base)
		untold(row, "not in base");
	else if (!row->head)
		untold(row, "not in head");
	else if (row->ranked)
		judge_ranked(row, thresholds,
			     rank_p_least(row->base->count, row->head->count) * (double)c->ranked <=
				     COMPARE_ALPHA);
	else
		judge_exact(row, thresholds);
	c->number[row->outcome]++;
}

/* Where time is counted, what goes by the clock waits for the host, and is none of the kernel's. */
static bool is_left_out(struct comparison *c, const struct runs *of, const struct series *s)
{
	bool out = of->exact_time && !s->exact;

	c->left_out += out;
	return out;
}

static void add(struct comparison *c, const struct series *base, const struct series *head)
{
	c->row[c->count++] = (struct compared){.base = base, .head = head};
}

void compare(struct comparison *c, const struct runs *base, const struct runs *head,
	     const struct thresholds *thresholds)
{
	size_t i;

	*c = (struct comparison){0};
	c->row = calloc(base->count + head->count + 1, sizeof(*c->row));
	if (!c->row)
		err(2, "memory");
	for (i = 0; i < base->count; i++)
		if (!is_left_out(c, base, &base->series[i]))
			add(c, &base->series[i],
			    head->count ? runs_find(head, &base->series[i], i) : NULL);
	for (i = 0; i < head->count; i++)
		if ((!base->count || !runs_find(base, &head->series[i], i)) &&
		    !is_left_out(c, head, &head->series[i]))
			add(c, NULL, &head->series[i]);
	for (i = 0; i < c->count; i++)
		measure(c, &c->row[i]);
	correct(c);
	for (i = 0; i < c->count; i++)
		judge(c, &c->row[i], thresholds);
}

void comparison_cleanup(struct comparison *c)
{
	free(c->row);
	*c = (struct comparison){0};
}

enum outcome comparison_outcome(const struct comparison *c)
{
	if (c->number[OUTCOME_WORSE])
		return OUTCOME_WORSE;
	if (c->number[OUTCOME_UNTOLD] || !c->count)
		return OUTCOME_UNTOLD;
	return c->number[OUTCOME_BETTER] ? OUTCOME_BETTER : OUTCOME_SAME;
}

double compared_percent(const struct compared *row, double shift)
{
	double sign = either(row)->higher_better ? 1 : -1;

	return shift == 0 ? 0 : sign * shift / fabs(row->from) * 100;
}

size_t compare_runs_needed(size_t ranked)
{
	size_t runs = 1;

	while (runs < RANK_MOST && rank_p_least(runs, runs) * (double)ranked > COMPARE_ALPHA)
		runs++;
	return runs;
}
