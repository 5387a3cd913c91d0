/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ranks say about two groups of values: the exact Mann-Whitney test, and the
 * Hodges-Lehmann estimate of the shift between them.
 */
#ifndef BENCH_GATE_RANK_H
#define BENCH_GATE_RANK_H

#include <stdbool.h>
#include <stddef.h>

/* Values of a group, at most: the time of the exact distribution grows with their fourth power. */
#define RANK_MOST 50

/**
 * struct rank_group - Values of one side, in any order.
 * @value: they
 * @count: how many, 1 to RANK_MOST
 */
struct rank_group {
	const double *value;
	size_t count;
};

/**
 * struct rank_shift - How much larger the values of one group are than those of the other.
 * @estimate: median of all differences
 * @low: end of the interval
 * @high: other end
 * @bounded: there is an interval of that confidence; with very few values there is none
 */
struct rank_shift {
	double estimate;
	double low;
	double high;
	bool bounded;
};

/** rank_u() - Return: pairs in which the value of @a is the larger one; a tie is half a pair. */
double rank_u(struct rank_group a, struct rank_group b);

/**
 * rank_p() - The two-sided exact Mann-Whitney test.
 * @a: a group
 * @b: the other
 *
 * With ties it is the distribution of the rank sum over all ways to deal these very values,
 * with mean ranks, so that it is exact as well.
 *
 * Return: the probability of a U as far from the middle, or farther, if both are of one kind.
 */
double rank_p(struct rank_group a, struct rank_group b);

/** rank_p_least() - Return: what rank_p() is when groups of so many do not overlap at all. */
double rank_p_least(size_t m, size_t n);

/**
 * rank_shift() - The Hodges-Lehmann estimate of @to - @from and its interval.
 * @from: a group
 * @to: the other
 * @alpha: the interval misses the shift with this probability, at most
 *
 * Return: both, in the unit of the values.
 */
struct rank_shift rank_shift(struct rank_group from, struct rank_group to, double alpha);

/**
 * rank_holm() - Correct probabilities for their number (Holm's step-down procedure).
 * @p: of tests of one family; corrected in place
 * @count: how many
 */
void rank_holm(double *p, size_t count);

/** rank_median() - Return: the middle value, or what is halfway between both in the middle. */
double rank_median(struct rank_group group);

#endif /* BENCH_GATE_RANK_H */
