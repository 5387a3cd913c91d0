// SPDX-License-Identifier: GPL-2.0
#include "simulate.h"

#include <err.h>
#include <stdlib.h>

/* splitmix64: the same on any machine. */
static u64 draw(u64 *state)
{
	u64 z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void *get(size_t count, size_t size)
{
	void *room = calloc(count, size);

	if (!room)
		err(2, "memory");
	return room;
}

/* The runs, each once. Return: how many. */
static size_t list_runs(const struct runs *runs, unsigned long **list)
{
	size_t i, j, k, count = 0, room = 0;

	for (i = 0; i < runs->count; i++)
		room = runs->series[i].count > room ? runs->series[i].count : room;
	*list = get(room + 1, sizeof(**list));
	for (i = 0; i < runs->count; i++) {
		if (runs->series[i].count < room)
			continue;
		for (j = 0; j < room; j++) {
			for (k = 0; k < count && (*list)[k] != runs->series[i].run[j]; k++)
				;
			if (k == count && count < room)
				(*list)[count++] = runs->series[i].run[j];
		}
	}
	return count;
}

static void shuffle(unsigned long *list, size_t count, u64 *seed)
{
	size_t i;

	for (i = count; i > 1; i--) {
		size_t other = draw(seed) % i;
		unsigned long swap = list[i - 1];

		list[i - 1] = list[other];
		list[other] = swap;
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median, by nearest rank as in records, of as many samples drawn from these. */
static double drawn_median(const double *sample, size_t count, u64 *seed)
{
	double *drawn = get(count, sizeof(*drawn));
	double median;
	size_t i;

	for (i = 0; i < count; i++)
		drawn[i] = sample[draw(seed) % count];
	qsort(drawn, count, sizeof(*drawn), by_value);
	median = drawn[(count - 1) / 2];
	free(drawn);
	return median;
}

/* Run  of a series becomes one more of another, with other samples of it if there is a . */
static void deal_run(struct series *to, const struct series *from, unsigned long run, u64 *seed)
{
	size_t i;

	for (i = 0; i < from->count; i++)
		if (from->run[i] == run)
			to->value[to->count++] =
				seed && from->samples[i]
					? drawn_median(from->sample[i], from->samples[i], seed)
					: from->value[i];
}

/* These runs of all series: texts are shared, values are not. */
static void deal(struct runs *to, const struct runs *from, const unsigned long *list, size_t count,
		 u64 *seed)
{
	size_t i, k;

	*to = (struct runs){.exact_time = from->exact_time};
	to->series = get(from->count, sizeof(*to->series));
	for (i = 0; i < from->count; i++) {
		struct series *mine = &to->series[to->count];

		*mine = from->series[i];
		mine->value = get(count, sizeof(*mine->value));
		mine->count = 0;
		for (k = 0; k < count; k++)
			deal_run(mine, &from->series[i], list[k], seed);
		if (mine->count)
			to->count++;
		else
			free(mine->value);
	}
}

static void undeal(struct runs *runs)
{
	size_t i;

	for (i = 0; i < runs->count; i++)
		free(runs->series[i].value);
	free(runs->series);
}

/* The next metric that has a unit of time or rate, after @at. */
static size_t next_timed(const struct runs *runs, size_t at)
{
	size_t i;

	for (i = 1; i <= runs->count; i++) {
		const struct series *s = &runs->series[(at + i) % runs->count];

		if (s->unit[0] != '1' && (s->exact || !runs->exact_time))
			break;
	}
	return (at + i) % runs->count;
}

static void worsen(struct series *s, double percent)
{
	double factor = 1 + (s->higher_better ? -percent : percent) / 100;
	size_t i;

	for (i = 0; i < s->count; i++)
		s->value[i] *= factor;
}

/* Which outcomes there are in places that nobody has touched; true if the other is found. */
static void count_outcomes(struct simulation *s, const struct comparison *c,
			   const struct series *touched)
{
	bool alarm = false, praise = false;
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (touched && c->row[i].head == touched) {
			s->found += c->row[i].outcome == OUTCOME_WORSE;
			continue;
		}
		alarm |= c->row[i].outcome == OUTCOME_WORSE;
		praise |= c->row[i].outcome == OUTCOME_BETTER;
	}
	s->alarms += alarm;
	s->praised += praise;
}

/* The runs of both sides. */
static void choose(const struct simulation *s, unsigned long *list, size_t count,
		   unsigned long *chosen, u64 *seed)
{
	size_t i;

	if (!s->resample)
		shuffle(list, count, seed);
	for (i = 0; i < 2 * s->runs; i++)
		chosen[i] = list[s->resample ? draw(seed) % count : i];
}

int simulate(struct simulation *s, const struct runs *runs, const struct thresholds *thresholds)
{
	unsigned long *list, *chosen;
	size_t count = list_runs(runs, &list), at = 0;
	u64 seed = s->seed;
	unsigned int i;

	chosen = get(2 * s->runs + 1, sizeof(*chosen));
	s->alarms = 0;
	s->praised = 0;
	s->found = 0;
	if (!s->runs || !count || (!s->resample && count < 2 * s->runs)) {
		free(list);
		free(chosen);
		return -1;
	}
	for (i = 0; i < s->comparisons; i++) {
		const struct series *touched = NULL;
		struct runs base, head;
		struct comparison c;

		choose(s, list, count, chosen, &seed);
		deal(&base, runs, chosen, s->runs, s->resample ? &seed : NULL);
		deal(&head, runs, chosen + s->runs, s->runs, s->resample ? &seed : NULL);
		if (s->shift != 0) {
			at = next_timed(&head, at % head.count);
			touched = &head.series[at];
			worsen(&head.series[at], s->shift);
		}
		compare(&c, &base, &head, thresholds);
		count_outcomes(s, &c, touched);
		comparison_cleanup(&c);
		undeal(&base);
		undeal(&head);
	}
	free(list);
	free(chosen);
	return 0;
}
