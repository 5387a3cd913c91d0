/* SPDX-License-Identifier: GPL-2.0 */
/*
 * svakit-bench: the table of its subcommands, and what each of them is given.
 * docs/benchmarks.md says what each one measures.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "sweep.h"

#define BENCH_MAX_PARAMS 5

/**
 * struct bench_param - An option of a subcommand: a sweep, or a list of words.
 * @name: of the option, and of the parameter in the records
 * @summary: for --help
 * @words: all that may be in the list; NULL for a sweep
 * @full: its value if it is not given
 * @quick: likewise, with --quick
 */
struct bench_param {
	const char *name;
	const char *summary;
	const char *words;
	const char *full;
	const char *quick;
};

/**
 * struct bench - A subcommand.
 * @name: as on the command line
 * @summary: what it measures
 * @run: measures, over all parameters; it asserts
 * @around: makes its setting, or NULL: mdev_lend(), say
 * @params: ended by one without a name
 * @repeat: timed rounds of a configuration, with --quick a fifth of them
 */
struct bench {
	const char *name;
	const char *summary;
	void (*run)(void);
	void (*around)(void);
	struct bench_param params[BENCH_MAX_PARAMS + 1];
	unsigned int repeat;
};

/** bench_skip() - This configuration, or all, cannot be measured here: says why. */
void bench_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** bench_needs_device() - Return: whether there is an accelerator; says so if not. */
bool bench_needs_device(void);

struct process;

/** bench_isolated() - Run @main in a child, which has no PASID yet; it may take long. */
void bench_isolated(void (*main)(struct process *parent, void *arg), void *arg);

/* The subcommands, each in the file of its name. */
void bench_attach(void);
void bench_bind(void);
void bench_dma(void);
void bench_dma_map(void);
void bench_doorbell(void);
void bench_exit(void);
void bench_flush(void);
void bench_invalidate(void);
void bench_iopf(void);
void bench_passdown(void);

#endif /* BENCH_BENCH_H */
