/* SPDX-License-Identifier: GPL-2.0 */
/* A run as one page of HTML that needs nothing else: no script, no other file. */
#ifndef BENCH_REPORT_PAGE_H
#define BENCH_REPORT_PAGE_H

#include "records.h"

/**
 * page_escape() - Write text in which nothing is markup, and no character is one that XML forbids.
 * @out: where
 * @text: any
 */
void page_escape(FILE *out, const char *text);

/**
 * page_write() - The page.
 * @out: where
 * @folder: of the results: ktap, environment.txt, gate.txt, repro.sh, pictures/, as far as they are
 * @records: of the run, or of both sides
 */
void page_write(FILE *out, const char *folder, const struct records *records);

#endif /* BENCH_REPORT_PAGE_H */
