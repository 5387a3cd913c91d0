// SPDX-License-Identifier: GPL-2.0
#include "rank.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

static void *get(size_t count, size_t size)
{
	void *room = calloc(count, size);

	if (!room)
		err(2, "memory");
	return room;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double rank_u(struct rank_group a, struct rank_group b)
{
	double u = 0;
	size_t i, j;

	for (i = 0; i < a.count; i++)
		for (j = 0; j < b.count; j++)
			u += a.value[i] > b.value[j] ? 1 : a.value[i] == b.value[j] ? 0.5 : 0;
	return u;
}

/* All values of both, sorted. */
static double *pooled(struct rank_group a, struct rank_group b)
{
	double *all = get(a.count + b.count, sizeof(*all));

	memcpy(all, a.value, a.count * sizeof(*all));
	memcpy(all + a.count, b.value, b.count * sizeof(*all));
	qsort(all, a.count + b.count, sizeof(*all), by_value);
	return all;
}

static bool has_ties(const double *all, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++)
		if (all[i] == all[i - 1])
			return true;
	return false;
}

/* Twice the mean ranks of sorted values, so that they are whole numbers. */
static void double_ranks(const double *all, size_t count, size_t *rank)
{
	size_t i, j, k;

	for (i = 0; i < count; i = j) {
		for (j = i + 1; j < count && all[j] == all[i]; j++)
			;
		for (k = i; k < j; k++)
			rank[k] = i + 1 + j;
	}
}

/*
 * Ways to choose @m of these ranks with each sum, one rank after the other (the shift
 * algorithm of Streitberg and Roehmel). Return: by sum, up to @most.
 */
static double *ways_by_sum(const size_t *rank, size_t count, size_t m, size_t most)
{
	double *ways = get((m + 1) * (most + 1), sizeof(*ways));
	double *last;
	size_t i, k, s;

	ways[0] = 1;
	for (i = 0; i < count; i++)
		for (k = (i < m ? i + 1 : m); k > 0; k--)
			for (s = most; s + 1 > rank[i]; s--)
				ways[k * (most + 1) + s] +=
					ways[(k - 1) * (most + 1) + s - rank[i]];
	last = get(most + 1, sizeof(*last));
	memcpy(last, ways + m * (most + 1), (most + 1) * sizeof(*last));
	free(ways);
	return last;
}

/* Both tails, given ties: @sum is twice the rank sum of @m of these. */
static double p_with_ties(const double *all, size_t count, size_t m, size_t sum)
{
	size_t most = count * (count + 1);
	size_t *rank = get(count, sizeof(*rank));
	double below = 0, above = 0, total = 0;
	double *ways;
	size_t s;

	double_ranks(all, count, rank);
	ways = ways_by_sum(rank, count, m, most);
	for (s = 0; s <= most; s++) {
		total += ways[s];
		below += s <= sum ? ways[s] : 0;
		above += s >= sum ? ways[s] : 0;
	}
	free(ways);
	free(rank);
	return fmin(1, 2 * fmin(below, above) / total);
}

double rank_p(struct rank_group a, struct rank_group b)
{
	double m = (double)a.count, n = (double)b.count, u = rank_u(a, b), p;
	double *all = pooled(a, b);

	if (has_ties(all, a.count + b.count)) {
		/* U and the rank sum differ by a constant. */
		p = p_with_ties(all, a.count + b.count, a.count, (size_t)(2 * u + m * (m + 1)));
	} else {
		p = fmin(1, 2 * pwilcox(fmin(u, m * n - u), m, n, 1, 0));
		wilcox_free();
	}
	free(all);
	return p;
}

double rank_p_least(size_t m, size_t n)
{
	return fmin(1, 2 / choose((double)(m + n), (double)m));
}

double rank_median(struct rank_group group)
{
	double *value = get(group.count, sizeof(*value));
	double median;

	memcpy(value, group.value, group.count * sizeof(*value));
	qsort(value, group.count, sizeof(*value), by_value);
	median = (value[(group.count - 1) / 2] + value[group.count / 2]) / 2;
	free(value);
	return median;
}

struct rank_shift rank_shift(struct rank_group from, struct rank_group to, double alpha)
{
	double m = (double)to.count, n = (double)from.count;
	size_t i, j, k, pairs = from.count * to.count;
	double *difference = get(pairs, sizeof(*difference));
	struct rank_shift shift;

	for (i = 0; i < to.count; i++)
		for (j = 0; j < from.count; j++)
			difference[i * from.count + j] = to.value[i] - from.value[j];
	qsort(difference, pairs, sizeof(*difference), by_value);
	shift.estimate = rank_median((struct rank_group){difference, pairs});
	/* From the k-th smallest to the k-th largest difference, as wilcox.test(conf.int=TRUE). */
	k = (size_t)qwilcox(alpha / 2, m, n, 1, 0);
	shift.bounded = k > 0;
	wilcox_free();
	if (k == 0)
		k = 1;
	shift.low = difference[k - 1];
	shift.high = difference[pairs - k];
	free(difference);
	return shift;
}

struct ordered {
	double p;
	size_t place;
};

static int by_p(const void *a, const void *b)
{
	return by_value(&((const struct ordered *)a)->p, &((const struct ordered *)b)->p);
}

void rank_holm(double *p, size_t count)
{
	struct ordered *order = get(count, sizeof(*order));
	double least = 0;
	size_t i;

	for (i = 0; i < count; i++)
		order[i] = (struct ordered){p[i], i};
	qsort(order, count, sizeof(*order), by_p);
	for (i = 0; i < count; i++) {
		least = fmax(least, fmin(1, order[i].p * (double)(count - i)));
		p[order[i].place] = least;
	}
	free(order);
}
