/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records of several runs, put together by what was measured: a value for each
 * run, since the samples of one boot have much in common and are no independent
 * observations.
 */
#ifndef BENCH_GATE_RUNS_H
#define BENCH_GATE_RUNS_H

#include <stdio.h>

#include <svakit/types.h>

/**
 * struct series - A quantity in one configuration, in all runs.
 * @level: guest
 * @metric: name
 * @params: configuration, "NAME=VALUE NAME=VALUE"
 * @unit: ns, B/s or 1
 * @higher_better: else lower values are better
 * @exact: counted, not by the clock
 * @value: the median of each run
 * @run: which run each is of
 * @sample: and what it is the median of
 * @samples: how many these are
 * @count: runs that have it
 */
struct series {
	char *level;
	char *metric;
	char *params;
	char *unit;
	bool higher_better;
	bool exact;
	double *value;
	unsigned long *run;
	double **sample;
	size_t *samples;
	size_t count;
};

/**
 * struct runs - One side of a comparison.
 * @series: in the order of measuring
 * @count: of these
 * @room: for how many there is room
 * @environment: of all records; NULL before the first
 * @mixed: another environment, if there are two
 * @files: that were read
 * @exact_time: time was counted in instructions
 */
struct runs {
	struct series *series;
	size_t count;
	size_t room;
	char *environment;
	char *mixed;
	unsigned long files;
	bool exact_time;
};

/**
 * runs_read() - Add a file of records.
 * @runs: zeroed before the first
 * @in: JSON lines; all are of one run but for those that have different values of "run"
 *
 * Return: 0, or the number of the line that is no record.
 */
int runs_read(struct runs *runs, FILE *in);

/**
 * runs_find() - The series that measures what another one does.
 * @runs: where to look
 * @like: the other
 * @near: where it may be
 *
 * Return: it, or NULL.
 */
const struct series *runs_find(const struct runs *runs, const struct series *like, size_t near);

/** runs_cleanup() - Free all that runs_read() has made. */
void runs_cleanup(struct runs *runs);

#endif /* BENCH_GATE_RUNS_H */
