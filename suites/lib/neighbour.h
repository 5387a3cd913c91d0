/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process whose device writes without a pause, while the test does something
 * that must not concern it. Everything asserts.
 */
#ifndef SUITES_LIB_NEIGHBOUR_H
#define SUITES_LIB_NEIGHBOUR_H

#include "process.h"

/**
 * struct neighbour - Such a process.
 * @p: the process
 * @target: what its device writes to, seen by the test as well
 */
struct neighbour {
	struct process p;
	u64 *target;
};

/** neighbour_begin() - Start one on the selected accelerator. */
void neighbour_begin(struct neighbour *n);

/** neighbour_works() - Its device still writes. */
void neighbour_works(const struct neighbour *n);

/**
 * neighbour_end() - End it.
 *
 * Its device still writes; then another queue of it copies, loses what it unmaps, and the process
 * ends.
 */
void neighbour_end(struct neighbour *n);

#endif /* SUITES_LIB_NEIGHBOUR_H */
