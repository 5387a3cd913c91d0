/* SPDX-License-Identifier: GPL-2.0 */
/* Results of tests, from the KTAP of a run. */
#ifndef BENCH_REPORT_TESTS_H
#define BENCH_REPORT_TESTS_H

#include <stdio.h>

/**
 * tests_write() - What failed, with what it said, and a table of all; nothing without "ktap".
 * @out: where
 * @folder: of the results
 */
void tests_write(FILE *out, const char *folder);

#endif /* BENCH_REPORT_TESTS_H */
