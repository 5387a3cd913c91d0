// SPDX-License-Identifier: GPL-2.0
#include "table.h"

#include <math.h>
#include <string.h>

static const char *const words[] = {
	[OUTCOME_SAME] = "same",
	[OUTCOME_BETTER] = "BETTER",
	[OUTCOME_WORSE] = "WORSE",
	[OUTCOME_UNTOLD] = "cannot tell",
};

/* As the table of a run has it: microseconds, MiB a second, a count. */
static void print_value(FILE *out, const struct series *s, double value)
{
	if (!s)
		fprintf(out, " %12s", "-");
	else if (!strcmp(s->unit, "ns"))
		fprintf(out, " %12.3f", value / 1000);
	else if (!strcmp(s->unit, "B/s"))
		fprintf(out, " %12.2f", value / (1 << 20));
	else
		fprintf(out, " %12.6g", value);
}

/* Of what was estimated. + is better, so for some metrics its ends are the other way round. */
static void print_interval(FILE *out, const struct compared *row)
{
	double a = compared_percent(row, row->shift.low);
	double b = compared_percent(row, row->shift.high);
	char text[48] = "-";

	if (row->ranked && row->shift.bounded)
		snprintf(text, sizeof(text), "%+.2f..%+.2f", fmin(a, b), fmax(a, b));
	fprintf(out, " %19s", text);
}

static void print_row(FILE *out, const struct compared *row)
{
	const struct series *s = row->base ? row->base : row->head;
	bool both = row->base && row->head;

	fprintf(out, "%-5s %-28s %-46s", s->level, s->metric, s->params);
	print_value(out, row->base, row->from);
	print_value(out, row->head, row->to);
	if (both)
		fprintf(out, " %+9.2f", compared_percent(row, row->shift.estimate));
	else
		fprintf(out, " %9s", "-");
	print_interval(out, row);
	if (row->ranked)
		fprintf(out, " %8.2g", row->p);
	else
		fprintf(out, " %8s", both ? "exact" : "-");
	fprintf(out, " %3zu+%-3zu %s%s%s\n", row->base ? row->base->count : 0,
		row->head ? row->head->count : 0, words[row->outcome], row->why ? ": " : "",
		row->why ? row->why : "");
}

static bool is_dull(const struct compared *row)
{
	return row->outcome == OUTCOME_SAME && !strcmp(row->base->unit, "1");
}

/* Metrics whose interval reaches as far as a change that would be worth a word. */
static void print_notes(FILE *out, const struct comparison *c)
{
	if (c->left_out)
		fprintf(out,
			"%zu by the clock are left out: these runs count instructions, and the "
			"clock is the host's\n",
			c->left_out);
	if (c->ranked && rank_p_least(RANK_MOST, RANK_MOST) * (double)c->ranked <= COMPARE_ALPHA)
		fprintf(out,
			"tested by ranks: %zu, so that %zu runs a side are needed; together they "
			"are wrong in 1 of %.0f comparisons\n",
			c->ranked, compare_runs_needed(c->ranked), 1 / COMPARE_ALPHA);
}

void table_print(FILE *out, const struct comparison *c, bool all)
{
	size_t i, hidden = 0;

	fprintf(out, "%-5s %-28s %-46s %12s %12s %9s %19s %8s %-7s %s\n", "level", "metric",
		"parameters", "base", "head", "change %", "interval %", "p", "runs", "");
	for (i = 0; i < c->count; i++) {
		if (!all && is_dull(&c->row[i]))
			hidden++;
		else
			print_row(out, &c->row[i]);
	}
	if (hidden)
		fprintf(out, "and %zu counts that are the same\n", hidden);
	print_notes(out, c);
	fprintf(out, "%zu compared: %zu better, %zu worse, %zu the same, %zu cannot be told\n",
		c->count, c->number[OUTCOME_BETTER], c->number[OUTCOME_WORSE],
		c->number[OUTCOME_SAME], c->number[OUTCOME_UNTOLD]);
}
