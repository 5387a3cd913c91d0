// SPDX-License-Identifier: GPL-2.0
/*
 * The gate's statistics against published values and against counting all ways,
 * and its verdicts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compare.h"
#include "simulate.h"
#include "table.h"

#define GROUP(...)                                          \
	((struct rank_group){(const double[]){__VA_ARGS__}, \
			     sizeof((const double[]){__VA_ARGS__}) / sizeof(double)})

/* Permeability of the amnion: Hollander and Wolfe (1973), page 69; also in R: ?wilcox.test. */
static const struct rank_group term = {
	(const double[]){0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46}, 10};
static const struct rank_group weeks = {(const double[]){1.15, 0.88, 0.90, 0.74, 1.21}, 5};

static void close_to(double got, double want)
{
	if (fabs(got - want) > 0.00005 * fmax(1, fabs(want)))
		fail_msg("got %.9g, want %.9g", got, want);
}

/* R: W = 35, p-value = 0.2544, interval -0.15..0.76, estimate 0.305. */
static void test_rank_as_r_does(void **state)
{
	struct rank_shift shift = rank_shift(weeks, term, 0.05);

	close_to(rank_u(term, weeks), 35);
	close_to(rank_p(term, weeks), 0.25441);
	close_to(shift.estimate, 0.305);
	close_to(shift.low, -0.15);
	close_to(shift.high, 0.76);
	assert_true(shift.bounded);
}

/* Two groups of n, without ties, whose U is u. */
static double p_of_u(size_t n, size_t u)
{
	double a[RANK_MOST], b[RANK_MOST];
	size_t i;

	for (i = 0; i < n; i++) {
		/* As many of b, which are at 0.9, 1.9, ..., below it as are left. */
		size_t below = u < n ? u : n;

		a[i] = (double)below + (double)i / 1000 + 0.1;
		b[i] = (double)i + 0.9;
		u -= below;
	}
	return rank_p((struct rank_group){a, n}, (struct rank_group){b, n});
}

/* Critical values of U, two-sided, of the usual tables: the largest that is significant. */
static void test_rank_as_the_tables(void **state)
{
	static const struct {
		size_t n;
		double alpha;
		size_t u;
	} table[] = {
		{4, 0.05, 0},	{5, 0.05, 2},	 {6, 0.05, 5},	  {8, 0.05, 13}, {10, 0.05, 23},
		{15, 0.05, 64}, {20, 0.05, 127}, {5, 0.01, 0},	  {6, 0.01, 2},	 {8, 0.01, 7},
		{10, 0.01, 16}, {15, 0.01, 51},	 {20, 0.01, 105},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_true(p_of_u(table[i].n, table[i].u) <= table[i].alpha);
		assert_true(p_of_u(table[i].n, table[i].u + 1) > table[i].alpha);
	}
}

static void test_rank_least(void **state)
{
	close_to(rank_p_least(4, 4), 0.028571);
	close_to(rank_p_least(5, 5), 0.0079365);
	close_to(rank_p_least(10, 10), 0.000010825);
	close_to(rank_p_least(1, 1), 1);
	close_to(p_of_u(10, 0), rank_p_least(10, 10));
}

static void test_rank_ties_by_hand(void **state)
{
	/* Ranks 2 2 2 5 5 5: one way of 20. */
	close_to(rank_p(GROUP(1, 1, 1), GROUP(2, 2, 2)), 0.1);
	/* Ranks 1 3 3 3 5.5 5.5: sum 7 in three ways of 20, nothing below. */
	close_to(rank_p(GROUP(1, 2, 2), GROUP(2, 3, 3)), 0.3);
	close_to(rank_p(GROUP(7, 7, 7), GROUP(7, 7, 7)), 1);
	close_to(rank_u(GROUP(1, 2, 2), GROUP(2, 3, 3)), 1);
}

static u64 seed;

static u64 draw(u64 most)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % most;
}

/* By counting all ways to deal the values. */
static double p_by_counting(struct rank_group a, struct rank_group b)
{
	double all[16], one[16], other[16], u = rank_u(a, b), ways = 0, below = 0, above = 0;
	size_t count = a.count + b.count, i, m, n;
	unsigned int set;

	memcpy(all, a.value, a.count * sizeof(*all));
	memcpy(all + a.count, b.value, b.count * sizeof(*all));
	for (set = 0; set < 1U << count; set++) {
		double here;

		if ((size_t)__builtin_popcount(set) != a.count)
			continue;
		for (i = 0, m = 0, n = 0; i < count; i++)
			*(set >> i & 1 ? &one[m++] : &other[n++]) = all[i];
		here = rank_u((struct rank_group){one, m}, (struct rank_group){other, n});
		ways++;
		below += here <= u;
		above += here >= u;
	}
	return fmin(1, 2 * fmin(below, above) / ways);
}

static struct rank_group drawn(double *value, u64 most)
{
	size_t i, count = 2 + draw(5);

	for (i = 0; i < count; i++)
		value[i] = (double)draw(most);
	return (struct rank_group){value, count};
}

/* Few values have many ties, many have hardly any. */
static void test_rank_as_counting(void **state)
{
	double x[8], y[8];
	size_t i;

	seed = 1;
	for (i = 0; i < 300; i++) {
		u64 most = i % 3 ? 4 : 1000000;
		struct rank_group a = drawn(x, most), b = drawn(y, most);

		close_to(rank_p(a, b), p_by_counting(a, b));
	}
}

/* What is true of any values: the other way round, moved, stretched. */
static void test_rank_properties(void **state)
{
	double x[8], y[8], moved[8];
	size_t i, j;

	seed = 2;
	for (i = 0; i < 200; i++) {
		struct rank_group a = drawn(x, 50), b = drawn(y, 50);
		struct rank_shift forth = rank_shift(a, b, 0.2), back = rank_shift(b, a, 0.2);
		struct rank_group further = {moved, b.count};

		close_to(rank_p(a, b), rank_p(b, a));
		close_to(rank_u(a, b) + rank_u(b, a), (double)(a.count * b.count));
		close_to(forth.estimate, -back.estimate);
		close_to(forth.low, -back.high);
		assert_true(forth.low <= forth.estimate && forth.estimate <= forth.high);
		for (j = 0; j < b.count; j++)
			moved[j] = b.value[j] + 1000;
		close_to(rank_shift(a, further, 0.2).estimate, forth.estimate + 1000);
		close_to(rank_shift(a, further, 0.2).high, forth.high + 1000);
	}
}

/* As R's p.adjust(). */
static void test_rank_holm(void **state)
{
	double p[] = {0.01, 0.02, 0.03, 0.04, 0.05}, q[] = {0.04, 0.005, 0.03, 0.01};
	static const double p_want[] = {0.05, 0.08, 0.09, 0.09, 0.09};
	static const double q_want[] = {0.06, 0.02, 0.06, 0.03};
	double one[] = {0.7, 0.6};
	size_t i;

	rank_holm(p, ARRAY_SIZE(p));
	for (i = 0; i < ARRAY_SIZE(p); i++)
		close_to(p[i], p_want[i]);
	rank_holm(q, ARRAY_SIZE(q));
	for (i = 0; i < ARRAY_SIZE(q); i++)
		close_to(q[i], q_want[i]);
	rank_holm(one, 2);
	close_to(one[0], 1);
	rank_holm(NULL, 0);
}

/* Adds records of one metric, a run of one sample each. */
static void add(struct runs *runs, const char *metric, const char *kind, const char *better,
		struct rank_group medians)
{
	char *text = NULL;
	size_t size = 0, i;
	FILE *file = open_memstream(&text, &size);

	for (i = 0; i < medians.count; i++)
		fprintf(file,
			"{\"metric\":\"%s\",\"params\":{\"size\":4096,\"op\":\"munmap\"},\"unit\":"
			"\"%s\",\"better\":\"%s\",\"kind\":\"%s\",\"level\":\"l1\",\"environment\":"
			"\"e\",\"run\":%zu,\"n\":1,\"percentiles\":{\"p50\":%.0f},\"samples\":[1]}"
			"\n",
			metric, !strcmp(better, "higher") ? "B/s" : "ns", better, kind, i,
			medians.value[i]);
	fclose(file);
	file = fmemopen(text, size, "r");
	runs->files = 0;
	assert_int_equal(runs_read(runs, file), 0);
	fclose(file);
	free(text);
}

static struct thresholds five_percent(void)
{
	struct thresholds t;
	char text[] = "# comment\n\ncoarse* exact 50 3\n* exact 0.1 0\n* wall 5 0\n";
	FILE *in = fmemopen(text, strlen(text), "r");

	assert_int_equal(thresholds_read(&t, in), 0);
	fclose(in);
	return t;
}

static void test_thresholds(void **state)
{
	static const char *const wrong[] = {"x", "x wall 5", "x soft 5 0", "x wall -1 0",
					    "x wall 5 0 7"};
	struct thresholds t = five_percent();
	size_t i;

	close_to(thresholds_change(&t, "coarse.one", true, 100), 50);
	close_to(thresholds_change(&t, "coarse.one", true, 2), 3);
	close_to(thresholds_change(&t, "coarse.one", false, 100), 5);
	close_to(thresholds_change(&t, "fine", true, 1000), 1);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		FILE *in = fmemopen((char *)wrong[i], strlen(wrong[i]), "r");

		assert_int_equal(thresholds_read(&t, in), 1);
		fclose(in);
	}
	t.count = 0;
	close_to(thresholds_change(&t, "any", true, 1000), 0);
}

/* Return: the outcome of one metric, compared alone. */
static enum outcome outcome_of(const char *kind, const char *better, struct rank_group base,
			       struct rank_group head)
{
	struct thresholds t = five_percent();
	struct runs one = {0}, other = {0};
	struct comparison c;
	enum outcome outcome;

	add(&one, "m", kind, better, base);
	add(&other, "m", kind, better, head);
	compare(&c, &one, &other, &t);
	outcome = comparison_outcome(&c);
	assert_int_equal(c.number[outcome], 1);
	comparison_cleanup(&c);
	runs_cleanup(&one);
	runs_cleanup(&other);
	return outcome;
}

static void test_exact_verdicts(void **state)
{
	assert_int_equal(outcome_of("exact", "lower", GROUP(58596), GROUP(58596)), OUTCOME_SAME);
	assert_int_equal(outcome_of("exact", "lower", GROUP(58596), GROUP(58796)), OUTCOME_WORSE);
	assert_int_equal(outcome_of("exact", "lower", GROUP(58796), GROUP(58596)), OUTCOME_BETTER);
	assert_int_equal(outcome_of("exact", "higher", GROUP(58796), GROUP(58596)), OUTCOME_WORSE);
	/* Less than a thousandth. */
	assert_int_equal(outcome_of("exact", "lower", GROUP(58596), GROUP(58597)), OUTCOME_SAME);
	/* Nothing before. */
	assert_int_equal(outcome_of("exact", "lower", GROUP(0), GROUP(1)), OUTCOME_WORSE);
	assert_int_equal(outcome_of("exact", "lower", GROUP(1), GROUP(0)), OUTCOME_BETTER);
	assert_int_equal(outcome_of("exact", "lower", GROUP(0), GROUP(0)), OUTCOME_SAME);
}

/* What is counted, and does not repeat, is not exact; it is the same if it hardly differs. */
static void test_exact_that_varies(void **state)
{
	assert_int_equal(outcome_of("exact", "lower", GROUP(10, 12), GROUP(11, 15)),
			 OUTCOME_UNTOLD);
	assert_int_equal(outcome_of("exact", "lower", GROUP(100000, 100001), GROUP(100001, 100002)),
			 OUTCOME_SAME);
	assert_int_equal(outcome_of("exact", "lower", GROUP(10, 12, 11, 10, 12),
				    GROUP(20, 22, 21, 20, 22)),
			 OUTCOME_WORSE);
	assert_int_equal(outcome_of("exact", "lower", GROUP(10, 12, 11, 10, 12),
				    GROUP(11, 10, 12, 12, 10)),
			 OUTCOME_SAME);
}

static void test_wall_verdicts(void **state)
{
	const struct rank_group base = GROUP(1000, 1010, 990, 1005, 995);

	assert_int_equal(outcome_of("wall", "lower", base, GROUP(1001, 1011, 991, 1006, 996)),
			 OUTCOME_SAME);
	assert_int_equal(outcome_of("wall", "lower", base, GROUP(1100, 1110, 1090, 1105, 1095)),
			 OUTCOME_WORSE);
	assert_int_equal(outcome_of("wall", "higher", base, GROUP(1100, 1110, 1090, 1105, 1095)),
			 OUTCOME_BETTER);
	/* Significant, and too small to matter. */
	assert_int_equal(outcome_of("wall", "lower", base, GROUP(1020, 1030, 1025, 1035, 1015)),
			 OUTCOME_SAME);
	/* Large, and not significant. */
	assert_int_equal(outcome_of("wall", "lower", base, GROUP(1500, 1600, 900, 1700, 1800)),
			 OUTCOME_SAME);
	/* With four runs a side nothing can be. */
	assert_int_equal(outcome_of("wall", "lower", GROUP(1, 2, 3, 4), GROUP(51, 52, 53, 54)),
			 OUTCOME_UNTOLD);
}

/* Of many metrics one may look bad by chance: more runs are needed. */
static void test_wall_family(void **state)
{
	struct thresholds t = five_percent();
	struct runs base = {0}, head = {0};
	struct comparison c;
	char name[16];
	int i;

	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		add(&base, name, "wall", "lower", GROUP(1000, 1010, 990, 1005, 995));
		add(&head, name, "wall", "lower", GROUP(1100, 1110, 1090, 1105, 1095));
	}
	compare(&c, &base, &head, &t);
	assert_int_equal(c.ranked, 10);
	assert_int_equal(comparison_outcome(&c), OUTCOME_UNTOLD);
	assert_int_equal(compare_runs_needed(10), 7);
	assert_int_equal(compare_runs_needed(1), 5);
	comparison_cleanup(&c);
	runs_cleanup(&base);
	runs_cleanup(&head);
}

static void test_missing_metric(void **state)
{
	struct thresholds t = five_percent();
	struct runs base = {0}, head = {0};
	struct comparison c;

	add(&base, "a", "exact", "lower", GROUP(5));
	add(&base, "b", "exact", "lower", GROUP(5));
	add(&head, "b", "exact", "lower", GROUP(5));
	add(&head, "c", "exact", "lower", GROUP(5));
	compare(&c, &base, &head, &t);
	assert_int_equal(c.count, 3);
	assert_int_equal(c.number[OUTCOME_UNTOLD], 2);
	assert_int_equal(comparison_outcome(&c), OUTCOME_UNTOLD);
	comparison_cleanup(&c);
	/* What is worse is so, whatever cannot be told. */
	runs_cleanup(&head);
	add(&head, "b", "exact", "lower", GROUP(6));
	compare(&c, &base, &head, &t);
	assert_int_equal(comparison_outcome(&c), OUTCOME_WORSE);
	comparison_cleanup(&c);
	runs_cleanup(&head);
	compare(&c, &head, &head, &t);
	assert_int_equal(comparison_outcome(&c), OUTCOME_UNTOLD);
	comparison_cleanup(&c);
	runs_cleanup(&base);
}

/* Among runs that count instructions, the clock has no say. */
static void test_clock_left_out(void **state)
{
	struct thresholds t = five_percent();
	struct runs base = {0};
	struct comparison c;

	add(&base, "counted", "exact", "lower", GROUP(5));
	add(&base, "waits", "wall", "lower", GROUP(5));
	compare(&c, &base, &base, &t);
	assert_int_equal(c.left_out, 1);
	assert_int_equal(comparison_outcome(&c), OUTCOME_SAME);
	comparison_cleanup(&c);
	runs_cleanup(&base);
}

static void test_wrong_records(void **state)
{
	static const char *const wrong[] = {
		"nothing\n",
		"[]\n",
		"{}\n",
		"{\"metric\":\"m\",\"params\":{},\"unit\":\"1\",\"better\":\"lower\",\"kind\":"
		"\"exact\",\"level\":\"l1\",\"environment\":\"e\"}\n",
		"{\"metric\":\"m\",\"params\":[],\"unit\":\"1\",\"better\":\"lower\",\"kind\":"
		"\"exact\",\"level\":\"l1\",\"environment\":\"e\",\"percentiles\":{\"p50\":1}}\n",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		FILE *in = fmemopen((char *)wrong[i], strlen(wrong[i]), "r");
		struct runs runs = {0};

		assert_int_equal(runs_read(&runs, in), 1);
		runs_cleanup(&runs);
		fclose(in);
	}
}

/* An event that the machine does not count is a record without samples. */
static void test_not_measured(void **state)
{
	static const char record[] =
		"{\"metric\":\"m\",\"params\":{},\"unit\":\"1\",\"better\":\"lower\",\"kind\":"
		"\"wall\",\"level\":\"l1\",\"environment\":\"e\",\"n\":0,\"percentiles\":{},"
		"\"samples\":[],\"why\":\"no PMU\"}\n";
	FILE *in = fmemopen((char *)record, strlen(record), "r");
	struct runs runs = {0};

	assert_int_equal(runs_read(&runs, in), 0);
	assert_int_equal(runs.count, 0);
	runs_cleanup(&runs);
	fclose(in);
}

/* The sign of a change says better, whatever the unit; hostile names stay one row. */
static void test_table_signs(void **state)
{
	struct thresholds t = five_percent();
	struct runs base = {0}, head = {0};
	struct comparison c;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	add(&base, "time", "exact", "lower", GROUP(1000));
	add(&base, "rate", "exact", "higher", GROUP(1 << 20));
	add(&head, "time", "exact", "lower", GROUP(1100));
	add(&head, "rate", "exact", "higher", GROUP(2 << 20));
	compare(&c, &base, &head, &t);
	table_print(out, &c, false);
	fclose(out);
	assert_non_null(strstr(text, "1.000        1.100    -10.00"));
	assert_non_null(strstr(text, "1.00         2.00   +100.00"));
	assert_non_null(strstr(text, "size=4096 op=munmap"));
	assert_non_null(
		strstr(text, "2 compared: 1 better, 1 worse, 0 the same, 0 cannot be told"));
	free(text);
	comparison_cleanup(&c);
	runs_cleanup(&base);
	runs_cleanup(&head);
}

static void test_simulation(void **state)
{
	struct simulation s = {.comparisons = 40, .runs = 8, .seed = 3};
	struct thresholds t = five_percent();
	struct runs runs = {0};
	double value[16];
	char name[16];
	int i, j;

	seed = 4;
	for (i = 0; i < 10; i++) {
		for (j = 0; j < 16; j++)
			value[j] = (double)(100000 + draw(10000));
		snprintf(name, sizeof(name), "m%d", i);
		add(&runs, name, "wall", "lower", (struct rank_group){value, 16});
	}
	assert_int_equal(simulate(&s, &runs, &t), 0);
	assert_true(s.alarms <= 1);
	s.shift = 20;
	assert_int_equal(simulate(&s, &runs, &t), 0);
	assert_int_equal(s.found, 40);
	assert_true(s.alarms <= 1);
	s.resample = true;
	assert_int_equal(simulate(&s, &runs, &t), 0);
	assert_int_equal(s.found, 40);
	s.resample = false;
	s.runs = 9;
	assert_int_equal(simulate(&s, &runs, &t), -1);
	runs_cleanup(&runs);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rank_as_r_does),	 cmocka_unit_test(test_rank_as_the_tables),
		cmocka_unit_test(test_rank_least),	 cmocka_unit_test(test_rank_ties_by_hand),
		cmocka_unit_test(test_rank_as_counting), cmocka_unit_test(test_rank_properties),
		cmocka_unit_test(test_rank_holm),	 cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_exact_verdicts),	 cmocka_unit_test(test_exact_that_varies),
		cmocka_unit_test(test_wall_verdicts),	 cmocka_unit_test(test_wall_family),
		cmocka_unit_test(test_missing_metric),	 cmocka_unit_test(test_clock_left_out),
		cmocka_unit_test(test_wrong_records),	 cmocka_unit_test(test_not_measured),
		cmocka_unit_test(test_table_signs),	 cmocka_unit_test(test_simulation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
