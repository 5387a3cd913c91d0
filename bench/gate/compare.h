/* SPDX-License-Identifier: GPL-2.0 */
/* Two sides of a comparison, metric by metric, and what comes of it. */
#ifndef BENCH_GATE_COMPARE_H
#define BENCH_GATE_COMPARE_H

#include "rank.h"
#include "runs.h"
#include "thresholds.h"

/* A comparison of a kernel with itself is wrong with this probability, all metrics together. */
#define COMPARE_ALPHA 0.01

/** enum outcome - Of a metric, and of all of them. */
enum outcome {
	OUTCOME_SAME,
	OUTCOME_BETTER,
	OUTCOME_WORSE,
	OUTCOME_UNTOLD, /* cannot tell */
};

/**
 * struct compared - A metric in one configuration.
 * @base: it on one side, or NULL
 * @head: and on the other
 * @from: median of the base's runs
 * @to: and of the head's
 * @shift: of head against base, in the unit of the metric
 * @ranked: it was tested by ranks, else for equality
 * @p: two-sided, corrected for their number; of those that are @ranked
 * @outcome: what comes of it
 * @why: it cannot be told
 */
struct compared {
	const struct series *base;
	const struct series *head;
	double from;
	double to;
	struct rank_shift shift;
	bool ranked;
	double p;
	enum outcome outcome;
	const char *why;
};

/**
 * struct comparison - All of them.
 * @row: a metric each, in the order of measuring
 * @count: how many
 * @ranked: of these, tested by ranks
 * @left_out: by the clock, among runs that count instructions
 * @number: of each outcome
 */
struct comparison {
	struct compared *row;
	size_t count;
	size_t ranked;
	size_t left_out;
	size_t number[OUTCOME_UNTOLD + 1];
};

/**
 * compare() - Compare two sides; comparison_cleanup() frees what it makes.
 * @c: the result, which refers to both
 * @base: of one environment
 * @head: of the same
 * @thresholds: what matters
 */
void compare(struct comparison *c, const struct runs *base, const struct runs *head,
	     const struct thresholds *thresholds);

/** comparison_cleanup() - Free it. */
void comparison_cleanup(struct comparison *c);

/** comparison_outcome() - Return: worse if anything is, then untold; untold if there is nothing. */
enum outcome comparison_outcome(const struct comparison *c);

/**
 * compared_percent() - A difference as part of the base, + if it is better.
 * @row: of which metric
 * @shift: a difference of head and base
 *
 * Return: percent; infinite where the base is 0.
 */
double compared_percent(const struct compared *row, double shift);

/** compare_runs_needed() - Return: runs a side with which one of @ranked metrics can be told. */
size_t compare_runs_needed(size_t ranked);

#endif /* BENCH_GATE_COMPARE_H */
