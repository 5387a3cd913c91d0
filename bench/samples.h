/* SPDX-License-Identifier: GPL-2.0 */
/* What a repetition gives, each by itself: children and threads may add to it. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <svakit/types.h>

/**
 * struct samples - Values of one quantity, in the order in which they were measured.
 * @value: one a repetition; shared with children
 * @count: values held
 * @room: values that fit
 */
struct samples {
	u64 *value;
	size_t count;
	size_t room;
};

/** samples_init() - Room for @room values. Return: 0 or -ENOMEM. */
int samples_init(struct samples *s, size_t room);

/** samples_cleanup() - Undo samples_init(). */
void samples_cleanup(struct samples *s);

/** samples_add() - Append. More than fit are a defect of the caller, and ends the program. */
void samples_add(struct samples *s, u64 value);

/**
 * samples_percentile() - Nearest-rank percentile: a value that was measured, never one between two.
 * @value: @count values, in any order
 * @count: number of them, at least 1
 * @permille: 0..1000
 *
 * Return: the value.
 */
u64 samples_percentile(const u64 *value, size_t count, unsigned int permille);

#endif /* BENCH_SAMPLES_H */
