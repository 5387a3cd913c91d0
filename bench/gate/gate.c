// SPDX-License-Identifier: GPL-2.0
/*
 * svakit-gate: has a kernel become worse? docs/gate.md says how this is decided.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "simulate.h"
#include "table.h"

/* Exit status. */
#define STATUS_SAME 0
#define STATUS_WORSE 1
#define STATUS_ERROR 2
#define STATUS_UNTOLD 4

struct options {
	struct thresholds thresholds;
	struct simulation simulation;
	bool all;
};

static const char usage_text[] =
	"usage: svakit-gate compare [--all] [--thresholds=FILE] BASE... -- HEAD...\n"
	"       svakit-gate simulate [--comparisons=N] [--runs=N] [--resample] [--shift=PERCENT] "
	"[--seed=N]\n"
	"                            [--thresholds=FILE] FILE...\n"
	"\n"
	"Files of records (bench.jsonl): a run each, or several that the field \"run\" tells "
	"apart.\n"
	"Exit status: 0 same or better, 1 worse, 2 wrong use or files, 4 cannot tell.\n";

static void usage(void)
{
	fputs(usage_text, stderr);
	exit(STATUS_ERROR);
}

static void read_thresholds(struct options *o, const char *path)
{
	FILE *in = fopen(path, "re");
	int line;

	if (!in)
		err(STATUS_ERROR, "%s", path);
	line = thresholds_read(&o->thresholds, in);
	if (line)
		errx(STATUS_ERROR, "%s:%d: want METRIC exact|wall PERCENT LEAST", path, line);
	fclose(in);
}

static unsigned long number(const char *text, unsigned long most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || value > most)
		errx(STATUS_ERROR, "%s: want a number up to %lu", text, most);
	return value;
}

static double percent(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= 0 && value < 100))
		errx(STATUS_ERROR, "%s: want a percentage from 0 to 99", text);
	return value;
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{"all", no_argument, NULL, 'a'},
		{"thresholds", required_argument, NULL, 't'},
		{"comparisons", required_argument, NULL, 'c'},
		{"resample", no_argument, NULL, 'm'},
		{"runs", required_argument, NULL, 'r'},
		{"shift", required_argument, NULL, 's'},
		{"seed", required_argument, NULL, 'e'},
		{NULL, 0, NULL, 0},
	};
	int c;

	/* "+": the "--" between both sides is left where it is. */
	while ((c = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		switch (c) {
		case 'a':
			o->all = true;
			break;
		case 't':
			read_thresholds(o, optarg);
			break;
		case 'c':
			o->simulation.comparisons = (unsigned int)number(optarg, 1000000);
			break;
		case 'm':
			o->simulation.resample = true;
			break;
		case 'r':
			o->simulation.runs = number(optarg, RANK_MOST);
			break;
		case 's':
			o->simulation.shift = percent(optarg);
			break;
		case 'e':
			o->simulation.seed = number(optarg, ~0UL);
			break;
		default:
			usage();
		}
	}
}

/* Files up to "--". Return: how many words that were. */
static int read_side(struct runs *runs, char **path)
{
	int i, line;

	*runs = (struct runs){0};
	for (i = 0; path[i] && strcmp(path[i], "--"); i++) {
		FILE *in = fopen(path[i], "re");

		if (!in)
			err(STATUS_ERROR, "%s", path[i]);
		line = runs_read(runs, in);
		if (line)
			errx(STATUS_ERROR, "%s:%d: this is no record", path[i], line);
		fclose(in);
	}
	return i;
}

static void check_size(const struct runs *runs)
{
	size_t i;

	for (i = 0; i < runs->count; i++)
		if (runs->series[i].count > RANK_MOST)
			errx(STATUS_ERROR, "more than %d runs a side", RANK_MOST);
}

/* Figures of two machines say nothing about two kernels. */
static bool comparable(const struct runs *base, const struct runs *head)
{
	const char *from = base->environment, *to = head->environment;

	if (!from || !to) {
		printf("cannot tell: no record in %s\n", from ? "head" : "base");
		return false;
	}
	if (base->mixed || head->mixed) {
		printf("cannot tell: %s is of two environments, %s and %s\n",
		       base->mixed ? "base" : "head", base->mixed ? from : to,
		       base->mixed ? base->mixed : head->mixed);
		return false;
	}
	if (strcmp(from, to)) {
		printf("cannot tell: base was measured in environment %s, head in %s\n", from, to);
		return false;
	}
	return true;
}

static int do_compare(struct options *o, char **words)
{
	int status = STATUS_UNTOLD, used;
	struct runs base, head;
	struct comparison c;

	used = read_side(&base, words);
	if (!used || !words[used])
		usage();
	words += used + 1;
	used = read_side(&head, words);
	if (!used || words[used])
		usage();
	check_size(&base);
	check_size(&head);
	if (comparable(&base, &head)) {
		compare(&c, &base, &head, &o->thresholds);
		table_print(stdout, &c, o->all);
		switch (comparison_outcome(&c)) {
		case OUTCOME_WORSE:
			status = STATUS_WORSE;
			break;
		case OUTCOME_UNTOLD:
			break;
		default:
			status = STATUS_SAME;
		}
		comparison_cleanup(&c);
	}
	runs_cleanup(&base);
	runs_cleanup(&head);
	return status;
}

static int do_simulate(struct options *o, char **words)
{
	struct simulation *s = &o->simulation;
	struct runs runs;
	int used = read_side(&runs, words);

	if (!used || words[used])
		usage();
	if (simulate(s, &runs, &o->thresholds))
		errx(STATUS_ERROR, "want %zu runs", 2 * s->runs);
	printf("%u comparisons of a kernel with itself, %zu runs a side: worse in %u, better in "
	       "%u\n",
	       s->comparisons, s->runs, s->alarms, s->praised);
	if (s->shift != 0)
		printf("a metric made worse by %g %%, another one each time: found in %u\n",
		       s->shift, s->found);
	runs_cleanup(&runs);
	return STATUS_SAME;
}

static const struct {
	const char *name;
	int (*run)(struct options *o, char **words);
} commands[] = {{"compare", do_compare}, {"simulate", do_simulate}};

int main(int argc, char **argv)
{
	struct options o = {.simulation = {.comparisons = 100, .runs = 10, .seed = 1}};
	size_t i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		parse(&o, argc - 1, argv + 1);
		return commands[i].run(&o, argv + 1 + optind);
	}
	usage();
}
