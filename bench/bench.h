/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The benchmark program of the guests: a table of subcommands and the samples
 * that they collect. A subcommand prints one table row a measurement and the
 * same as "# note" lines, which PID 1 forwards to the report.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <svakit/types.h>

#define BENCH_PASS 0
#define BENCH_FAIL 1
#define BENCH_SKIP 4

/** bench_flush() - Latency of an mmu-notifier flush; see flush.c. Return: exit status. */
int bench_flush(int argc, char **argv);

/** bench_dma_map() - The kernel's dma_map_benchmark on the accelerator; see dma_map.c. */
int bench_dma_map(int argc, char **argv);

/** bench_attach() - A guest PASID on the function and on an mdev; see attach.c. */
int bench_attach(int argc, char **argv);

/** bench_doorbell() - A doorbell of the device under test; see doorbell.c. */
int bench_doorbell(int argc, char **argv);

/**
 * struct samples - Durations of one measured operation.
 * @ns: one value a repetition, in nanoseconds
 * @count: values held
 * @room: values that fit
 */
struct samples {
	u64 *ns;
	size_t count;
	size_t room;
};

/** samples_init() - Room for @room values. Return: 0 or -ENOMEM. */
int samples_init(struct samples *s, size_t room);

/** samples_cleanup() - Undo samples_init(). */
void samples_cleanup(struct samples *s);

/** samples_add() - Append; the caller does not exceed the room. */
void samples_add(struct samples *s, u64 ns);

/**
 * samples_percentile() - Nearest-rank percentile; sorts the samples.
 * @permille: 0..1000
 *
 * Return: the value, or 0 without samples.
 */
u64 samples_percentile(struct samples *s, unsigned int permille);

/** samples_print() - One row: name, n, min, median, p90, p99, max in microseconds. */
void samples_print(struct samples *s, const char *name);

/** now_ns() - CLOCK_MONOTONIC in nanoseconds. */
u64 now_ns(void);

#endif /* BENCH_BENCH_H */
