// SPDX-License-Identifier: GPL-2.0
#include "thresholds.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool line_parse(struct threshold *t, const char *line)
{
	char kind[8], rest;

	if (sscanf(line, "%63s %7s %lf %lf %c", t->metric, kind, &t->percent, &t->least, &rest) !=
	    4)
		return false;
	t->exact = !strcmp(kind, "exact");
	return (t->exact || !strcmp(kind, "wall")) && t->percent >= 0 && t->least >= 0;
}

int thresholds_read(struct thresholds *t, FILE *in)
{
	char *line = NULL;
	size_t room = 0;
	int number = 0, bad = 0;

	t->count = 0;
	while (!bad && getline(&line, &room, in) > 0) {
		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (t->count == ARRAY_SIZE(t->line) || !line_parse(&t->line[t->count], line))
			bad = number;
		else
			t->count++;
	}
	free(line);
	return bad;
}

double thresholds_change(const struct thresholds *t, const char *metric, bool exact, double base)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->line[i].exact == exact && !fnmatch(t->line[i].metric, metric, 0))
			return fmax(fabs(base) * t->line[i].percent / 100, t->line[i].least);
	return 0;
}
