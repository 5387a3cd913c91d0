/* SPDX-License-Identifier: GPL-2.0 */
/* What fio says of its runs (--output-format=json), as records. */
#ifndef WORKLOADS_FIO_REPORT_H
#define WORKLOADS_FIO_REPORT_H

#include <svakit/types.h>

struct fio_report;

/** fio_report_new() - Make one, for @rounds runs of a job file. Return: NULL without memory. */
struct fio_report *fio_report_new(size_t rounds);

/**
 * fio_report_add() - Add a run.
 * @r: report
 * @text: fio's output, its messages in front of the JSON
 * @line: set to the JSON on one line, good until the next call
 *
 * Return: NULL, or what is wrong with it: a job that failed, or has moved nothing.
 */
const char *fio_report_add(struct fio_report *r, const char *text, const char **line);

/**
 * fio_report_emit() - Emit the records of all jobs, but for those that only check.
 *
 * Their names begin with "check".
 */
void fio_report_emit(const struct fio_report *r);

/** fio_report_free() - Free it. */
void fio_report_free(struct fio_report *r);

#endif /* WORKLOADS_FIO_REPORT_H */
