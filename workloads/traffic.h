/* SPDX-License-Identifier: GPL-2.0 */
/* What a load gets done in each round of what disturbs it. */
#ifndef WORKLOADS_TRAFFIC_H
#define WORKLOADS_TRAFFIC_H

#include "load.h"
#include "samples.h"
#include "section.h"

/**
 * struct traffic - Of one load.
 * @load: of which it is
 * @round: how long a round takes
 * @rate_metric: name
 * @rate: bytes that were copied and checked in a second, by round
 * @blocks: when the round began
 * @since: likewise
 */
struct traffic {
	const struct load *load;
	struct section *round;
	const char *rate_metric;
	struct samples rate;
	u64 blocks;
	u64 since;
};

/**
 * traffic_init() - Before the first round; asserts.
 * @t: filled
 * @load: it has been started
 * @round_metric: of the time of a round
 * @rate_metric: of the load's throughput
 */
void traffic_init(struct traffic *t, const struct load *load, const char *round_metric,
		  const char *rate_metric);

/** traffic_begin() - In each round. */
void traffic_begin(struct traffic *t);

/** traffic_end() - At its end. */
void traffic_end(struct traffic *t);

/** traffic_report() - Emit the records, and free everything. */
void traffic_report(struct traffic *t, const struct param *params);

#endif /* WORKLOADS_TRAFFIC_H */
