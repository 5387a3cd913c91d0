/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was measured, as a line of JSON and as a row of a table. docs/benchmarks.md
 * has the format.
 */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include <stdio.h>

#include <svakit/types.h>

/**
 * struct param - What was the same for all samples of a record.
 * @name: of the parameter
 * @word: its value, or NULL
 * @value: its value if @word is NULL
 */
struct param {
	const char *name;
	const char *word;
	u64 value;
};

#define PARAM_WORD(name_, word_)                 \
	{                                        \
		.name = (name_), .word = (word_) \
	}
#define PARAM_VALUE(name_, value_)                 \
	{                                          \
		.name = (name_), .value = (value_) \
	}
#define PARAM_END            \
	{                    \
		.name = NULL \
	}

/** enum record_kind - How a value came about, and what its unit is. */
enum record_kind {
	RECORD_TIME, /* ns of the clock; less is better */
	RECORD_RATE, /* bytes a second, by the clock; more is better */
	RECORD_COUNT, /* events, counted; fewer are better */
	RECORD_EVENT, /* likewise, but not the same each time */
};

/**
 * struct record - A quantity in one configuration.
 * @metric: its name
 * @kind: of its values
 * @params: configuration, ended by PARAM_END
 * @value: samples, in the order of measuring
 * @count: how many, at least one unless @why
 * @rough: not exact even where the clock counts instructions: it waits for the host
 * @why: it could not be measured, and this is why; else NULL
 */
struct record {
	const char *metric;
	enum record_kind kind;
	const struct param *params;
	const u64 *value;
	size_t count;
	bool rough;
	const char *why;
};

/** record_emit() - Write it to where the options say. */
void record_emit(const struct record *r);

/** record_flush() - At the end: write what has been kept. */
void record_flush(void);

/** record_emitted() - Return: how many there were. */
unsigned int record_emitted(void);

/* Longest line that PID 1 of the guests passes on whole, without its newline. */
#define RECORD_PIECE 1500

/**
 * record_pieces() - Write a line of JSON as lines of KTAP, which the runner joins again.
 * @out: where
 * @line: without newline
 */
void record_pieces(FILE *out, const char *line);

/**
 * record_keep() - Let the runner keep a line of JSON, whatever is in it.
 * @file: of the results, to which it is appended; by hand it goes nowhere
 * @line: without newline
 */
void record_keep(const char *file, const char *line);

/**
 * record_table() - Print a file of records as a table.
 * @out: where
 * @in: JSON lines
 *
 * Return: 0, or the number of the line that makes no sense.
 */
int record_table(FILE *out, FILE *in);

#endif /* BENCH_RECORD_H */
