/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statistics file: one JSON object, written when svahw ends.
 */
#ifndef HW_STATS_H
#define HW_STATS_H

#include <stdio.h>

#include <svakit/types.h>

struct machine;
struct vtd;

/**
 * stats_write() - Write the counters, by machine_counter_name(), and facts of the run.
 * @out: written and flushed, not closed
 * @m: its lock is held, or no other thread runs any more
 * @unit: the first unit; of several each has an object with what it has executed
 * @vtd_bar: of each, where its function's BAR 0 was last decoded, 0 = never
 *
 * Return: 0, -ENOMEM, or -errno of the write that failed.
 */
int stats_write(FILE *out, const struct machine *m, const struct vtd *unit, const u64 *vtd_bar);

#endif /* HW_STATS_H */
