/* SPDX-License-Identifier: GPL-2.0 */
/* A comparison as a table for people. */
#ifndef BENCH_GATE_TABLE_H
#define BENCH_GATE_TABLE_H

#include <stdio.h>

#include "compare.h"

/**
 * table_print() - The table, and below it what it comes to.
 * @out: where
 * @c: the comparison
 * @all: also counts that are the same
 */
void table_print(FILE *out, const struct comparison *c, bool all);

#endif /* BENCH_GATE_TABLE_H */
