/* SPDX-License-Identifier: GPL-2.0 */
/* How large a change has to be to matter, by metric. */
#ifndef BENCH_GATE_THRESHOLDS_H
#define BENCH_GATE_THRESHOLDS_H

#include <stdio.h>

#include <svakit/types.h>

/**
 * struct threshold - A line of the table.
 * @metric: which metrics, a pattern of the shell
 * @exact: for those that are counted, else for those by the clock
 * @percent: of the base
 * @least: and at least that much, in the unit of the metric
 */
struct threshold {
	char metric[64];
	bool exact;
	double percent;
	double least;
};

/** struct thresholds - The table: the first line that fits is meant. */
struct thresholds {
	struct threshold line[64];
	size_t count;
};

/**
 * thresholds_read() - Lines of "METRIC exact|wall PERCENT LEAST".
 * @t: the table
 * @in: the file; empty lines, and what begins with #, are passed over
 *
 * Return: 0, or the number of the line that makes no sense, or is one too many.
 */
int thresholds_read(struct thresholds *t, FILE *in);

/**
 * thresholds_change() - The smallest change that matters.
 * @t: the table
 * @metric: its name
 * @exact: it was counted
 * @base: the value before
 *
 * Return: it, in the unit of the metric; 0 where no line fits: any change matters.
 */
double thresholds_change(const struct thresholds *t, const char *metric, bool exact, double base);

#endif /* BENCH_GATE_THRESHOLDS_H */
