/* SPDX-License-Identifier: GPL-2.0 */
/* Records of a run, as they are in bench.jsonl. */
#ifndef BENCH_REPORT_RECORDS_H
#define BENCH_REPORT_RECORDS_H

#include <json-c/json.h>
#include <stdio.h>

#include <svakit/types.h>

/**
 * struct record - A line.
 * @json: all of it
 * @side: of a comparison, base or head; "" of a run
 */
struct record {
	json_object *json;
	const char *side;
};

/** struct records - All lines, in the order of measuring. */
struct records {
	struct record *record;
	size_t count;
};

/**
 * records_read() - Add the lines of a file.
 * @records: zeroed before the first
 * @in: JSON lines
 * @side: which it is
 *
 * Return: 0, or the number of the line that is no record.
 */
int records_read(struct records *records, FILE *in, const char *side);

/** records_cleanup() - Free them. */
void records_cleanup(struct records *records);

/** record_word() - Return: a field that is text; "?" if it is none. */
const char *record_word(const struct record *r, const char *name);

/** record_params() - Write "NAME=VALUE ..." without parameter @but, which may be NULL. */
void record_params(const struct record *r, const char *but, char *text, size_t size);

/** record_percentile() - Return: min, p50, ... */
double record_percentile(const struct record *r, const char *name);

/** record_timed() - Return: it is a time or a rate, else it is a count. */
bool record_timed(const struct record *r);

/** record_scaled() - Return: a value in the unit of people: microseconds, MiB a second, 1. */
double record_scaled(const struct record *r, double value);

/** record_unit() - Return: that unit's name. */
const char *record_unit(const struct record *r);

#endif /* BENCH_REPORT_RECORDS_H */
