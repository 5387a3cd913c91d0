/* SPDX-License-Identifier: GPL-2.0 */
/* The command line, and the environment where it says nothing. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "bench.h"

/** enum options_format - What goes to standard output. */
enum options_format {
	FORMAT_TABLE,
	FORMAT_JSON,
	FORMAT_RUNNER, /* JSON in pieces, each a line of KTAP: for the runner of svakit */
};

/**
 * options_parse() - Read the command line; ends the program if it makes no sense.
 * @argc: of main(), with the options of the program only, or with those of @bench behind its name
 * @argv: likewise
 * @bench: subcommand
 */
void options_parse(int argc, char **argv, const struct bench *bench);

/** options_format() - Return: what goes to standard output. */
enum options_format options_format(void);
/** options_output() - Return: file for the records as JSON lines, or NULL. */
const char *options_output(void);
/** options_repeat() - Return: timed rounds of a configuration. */
unsigned int options_repeat(void);
/** options_seconds() - Return: seconds after which no more of them begin, once there are ten. */
unsigned int options_seconds(void);
/** options_warmup() - Return: rounds before them that do not count. */
unsigned int options_warmup(void);
/** options_counted() - Return: rounds after them in which events are counted. */
unsigned int options_counted(void);
/** options_events() - Return: events to be counted, separated by commas, or NULL. */
const char *options_events(void);
/** options_quick() - Return: whether little is to be measured. */
bool options_quick(void);
/** options_exact() - Return: whether the clock counts instructions. */
bool options_exact(void);

/**
 * options_first() - Return: the first value of a parameter that is a sweep.
 *
 *	size = options_first("size");
 *	do {
 *		...
 *	} while (options_next("size", &size));
 */
u64 options_first(const char *name);
/** options_next() - The next one, into @value. Return: false after the last. */
bool options_next(const char *name, u64 *value);
/** options_word() - Return: whether @word is to be measured, of parameter @name. */
bool options_word(const char *name, const char *word);

#endif /* BENCH_OPTIONS_H */
