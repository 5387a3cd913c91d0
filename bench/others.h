/* SPDX-License-Identifier: GPL-2.0 */
/* Other processes that have a PASID each, and do nothing. */
#ifndef BENCH_OTHERS_H
#define BENCH_OTHERS_H

#include "process.h"

#define OTHERS_MAX 64

/**
 * struct others - These processes.
 * @process: each of them
 * @count: how many
 */
struct others {
	struct process process[OTHERS_MAX];
	unsigned int count;
};

/** others_fit() - Are there queues for @count of them and @own of one's own? Says so if not. */
bool others_fit(u64 count, u64 own);

/** others_start() - Let @count processes bind themselves; asserts. */
void others_start(struct others *o, u64 count);

/** others_stop() - End them. */
void others_stop(struct others *o);

#endif /* BENCH_OTHERS_H */
