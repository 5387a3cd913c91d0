/* SPDX-License-Identifier: GPL-2.0 */
/* A process that wants all of the memory that it may have, again and again; these assert. */
#ifndef SUITES_LIB_GREED_H
#define SUITES_LIB_GREED_H

#include "process.h"

#define GREED_SIZE (8UL << 20) /* that it walks through */

/** greed_start() - Fork it; it is in the control group of the caller. */
void greed_start(struct process *p);

/** greed_lap() - Let it write to each of its pages, and check what is there. */
void greed_lap(const struct process *p);

/** greed_lap_end() - Wait for the end of that. */
void greed_lap_end(const struct process *p);

/** greed_end() - Let it end. */
void greed_end(struct process *p);

#endif /* SUITES_LIB_GREED_H */
