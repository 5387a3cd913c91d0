// SPDX-License-Identifier: GPL-2.0
#include "runs.h"

#include <err.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* Runs that one file may have. */
#define RUNS_OF_FILE 1000000

static void *grow(void *old, size_t count, size_t size)
{
	void *room = reallocarray(old, count, size);

	if (!room)
		err(2, "memory");
	return room;
}

static char *copy(const char *text)
{
	char *mine = strdup(text);

	if (!mine)
		err(2, "memory");
	return mine;
}

static const char *word(json_object *object, const char *name)
{
	json_object *value = json_object_object_get(object, name);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static FILE *memory(char **text, size_t *size)
{
	FILE *out = open_memstream(text, size);

	if (!out)
		err(2, "memory");
	return out;
}

/* Return: "NAME=VALUE ..." of an object. */
static char *params_text(json_object *params)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = memory(&text, &size);
	const char *gap = "";

	json_object_object_foreach(params, name, value) {
		fprintf(out, "%s%s=%s", gap, name, json_object_get_string(value));
		gap = " ";
	}
	if (fclose(out))
		err(2, "memory");
	return text;
}

static bool same(const struct series *a, const struct series *b)
{
	return !strcmp(a->params, b->params) && !strcmp(a->metric, b->metric) &&
	       !strcmp(a->level, b->level) && !strcmp(a->unit, b->unit) && a->exact == b->exact &&
	       a->higher_better == b->higher_better;
}

const struct series *runs_find(const struct runs *runs, const struct series *like, size_t near)
{
	size_t i;

	for (i = 0; i < runs->count; i++) {
		const struct series *at = &runs->series[(near + i) % runs->count];

		if (same(at, like))
			return at;
	}
	return NULL;
}

static void series_free(struct series *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		free(s->sample[i]);
	free(s->sample);
	free(s->samples);
	free(s->level);
	free(s->metric);
	free(s->params);
	free(s->unit);
	free(s->value);
	free(s->run);
}

/* The series of a record: @like, whose texts are taken over, or what is there already. */
static struct series *series_of(struct runs *runs, struct series *like, size_t near)
{
	const struct series *found = runs_find(runs, like, near);

	if (found) {
		series_free(like);
		return &runs->series[found - runs->series];
	}
	if (runs->count == runs->room) {
		runs->room = runs->room ? 2 * runs->room : 64;
		runs->series = grow(runs->series, runs->room, sizeof(*runs->series));
	}
	runs->series[runs->count] = *like;
	return &runs->series[runs->count++];
}

static void see_environment(struct runs *runs, const char *id)
{
	if (!runs->environment)
		runs->environment = copy(id);
	else if (!runs->mixed && strcmp(runs->environment, id))
		runs->mixed = copy(id);
}

/* Return: the numbers of an array, none if it is no array. */
static double *numbers(json_object *array, size_t *count)
{
	double *value;
	size_t i;

	*count = json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
	value = grow(NULL, *count + 1, sizeof(*value));
	for (i = 0; i < *count; i++)
		value[i] = json_object_get_double(json_object_array_get_idx(array, i));
	return value;
}

/* The same twice in one run, as with REPEAT=: the first is kept. */
static void add_value(struct series *s, unsigned long run, double value, json_object *samples)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->run[i] == run)
			return;
	s->value = grow(s->value, s->count + 1, sizeof(*s->value));
	s->run = grow(s->run, s->count + 1, sizeof(*s->run));
	s->sample = grow(s->sample, s->count + 1, sizeof(*s->sample));
	s->samples = grow(s->samples, s->count + 1, sizeof(*s->samples));
	s->sample[s->count] = numbers(samples, &s->samples[s->count]);
	s->value[s->count] = value;
	s->run[s->count++] = run;
}

static bool add_record(struct runs *runs, json_object *object, size_t near)
{
	json_object *params = json_object_object_get(object, "params");
	const char *metric = word(object, "metric"), *level = word(object, "level");
	const char *unit = word(object, "unit"), *better = word(object, "better");
	const char *kind = word(object, "kind"), *environment = word(object, "environment");
	u64 run = json_object_get_uint64(json_object_object_get(object, "run"));
	json_object *p50 =
		json_object_object_get(json_object_object_get(object, "percentiles"), "p50");
	struct series like;

	if (!metric || !level || !unit || !better || !kind || !environment || run >= RUNS_OF_FILE ||
	    !json_object_is_type(params, json_type_object))
		return false;
	/* What could not be measured says why, and nothing else. */
	if (word(object, "why"))
		return true;
	if (!json_object_is_type(p50, json_type_int))
		return false;
	like = (struct series){
		.level = copy(level),
		.metric = copy(metric),
		.params = params_text(params),
		.unit = copy(unit),
		.higher_better = !strcmp(better, "higher"),
		.exact = !strcmp(kind, "exact"),
	};
	if (like.exact && strcmp(unit, "1"))
		runs->exact_time = true;
	see_environment(runs, environment);
	add_value(series_of(runs, &like, near), runs->files * RUNS_OF_FILE + run,
		  (double)json_object_get_int64(p50), json_object_object_get(object, "samples"));
	return true;
}

int runs_read(struct runs *runs, FILE *in)
{
	char *line = NULL;
	size_t room = 0;
	int number = 0, bad = 0;

	while (!bad && getline(&line, &room, in) > 0) {
		json_object *object = json_tokener_parse(line);

		number++;
		if (!json_object_is_type(object, json_type_object) ||
		    !add_record(runs, object, (size_t)number - 1))
			bad = number;
		json_object_put(object);
	}
	free(line);
	runs->files++;
	return bad;
}

void runs_cleanup(struct runs *runs)
{
	size_t i;

	for (i = 0; i < runs->count; i++)
		series_free(&runs->series[i]);
	free(runs->series);
	free(runs->environment);
	free(runs->mixed);
	*runs = (struct runs){0};
}
