/* SPDX-License-Identifier: GPL-2.0 */
/* What the gate says about runs of one kernel, dealt at random into base and head. */
#ifndef BENCH_GATE_SIMULATE_H
#define BENCH_GATE_SIMULATE_H

#include "compare.h"

/**
 * struct simulation - How, and what came of it.
 * @comparisons: how many
 * @runs: a side
 * @resample: runs are drawn with replacement, and so are their samples; else each run is dealt once
 * @seed: of the dealing
 * @shift: percent by which one metric of the head is made worse, the next one each time; 0: none
 * @alarms: comparisons in which a metric that nobody has touched is worse
 * @praised: in which one is better
 * @found: in which the one that was made worse is
 */
struct simulation {
	unsigned int comparisons;
	size_t runs;
	bool resample;
	u64 seed;
	double shift;
	unsigned int alarms;
	unsigned int praised;
	unsigned int found;
};

/**
 * simulate() - Compare runs of one kernel with each other.
 * @s: how; results
 * @runs: at least twice @s->runs, unless @s->resample
 * @thresholds: what matters
 *
 * Return: 0, or -1 if there are too few runs.
 */
int simulate(struct simulation *s, const struct runs *runs, const struct thresholds *thresholds);

#endif /* BENCH_GATE_SIMULATE_H */
