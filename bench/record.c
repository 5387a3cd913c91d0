// SPDX-License-Identifier: GPL-2.0
#include "record.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "options.h"
#include "samples.h"

/* By enum record_kind. */
static const struct {
	const char *unit;
	const char *better;
	const char *kind;
} kinds[] = {
	[RECORD_TIME] = {"ns", "lower", "wall"},
	[RECORD_RATE] = {"B/s", "higher", "wall"},
	[RECORD_COUNT] = {"1", "lower", "exact"},
	[RECORD_EVENT] = {"1", "lower", "wall"},
};

static const struct {
	const char *name;
	unsigned int permille;
} points[] = {{"min", 0}, {"p50", 500}, {"p90", 900}, {"p99", 990}, {"max", 1000}};

static unsigned int emitted;
static bool table_begun;

static void add_word(json_object *to, const char *name, const char *word)
{
	json_object_object_add(to, name, json_object_new_string(word));
}

static void add_value(json_object *to, const char *name, u64 value)
{
	json_object_object_add(to, name, json_object_new_uint64(value));
}

static json_object *params_json(const struct param *p)
{
	json_object *object = json_object_new_object();

	for (; p->name; p++) {
		if (p->word)
			add_word(object, p->name, p->word);
		else
			add_value(object, p->name, p->value);
	}
	return object;
}

static json_object *record_json(const struct record *r)
{
	json_object *object = json_object_new_object();
	json_object *percentiles = json_object_new_object();
	json_object *samples = json_object_new_array();
	size_t i;

	add_word(object, "metric", r->metric);
	json_object_object_add(object, "params", params_json(r->params));
	add_word(object, "unit", kinds[r->kind].unit);
	add_word(object, "better", kinds[r->kind].better);
	add_word(object, "kind", options_exact() && !r->rough ? "exact" : kinds[r->kind].kind);
	add_word(object, "level", environment_level());
	add_word(object, "environment", environment_id());
	add_value(object, "n", r->count);
	for (i = 0; r->count && i < ARRAY_SIZE(points); i++)
		add_value(percentiles, points[i].name,
			  samples_percentile(r->value, r->count, points[i].permille));
	json_object_object_add(object, "percentiles", percentiles);
	for (i = 0; i < r->count; i++)
		json_object_array_add(samples, json_object_new_uint64(r->value[i]));
	json_object_object_add(object, "samples", samples);
	if (r->why)
		add_word(object, "why", r->why);
	return object;
}

static const char *get_word(json_object *object, const char *name)
{
	const char *word = json_object_get_string(json_object_object_get(object, name));

	return word ? word : "?";
}

/* Into the width of a column: microseconds, MiB a second, or a count. */
static void print_value(FILE *out, const char *unit, u64 value)
{
	if (!strcmp(unit, "ns"))
		fprintf(out, " %10.2f", (double)value / 1000);
	else if (!strcmp(unit, "B/s"))
		fprintf(out, " %10.2f", (double)value / (1 << 20));
	else
		fprintf(out, " %10llu", (unsigned long long)value);
}

static void print_params(FILE *out, json_object *params)
{
	char text[256] = "";
	int len = 0;

	json_object_object_foreach(params, name, value)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s%s=%s", len ? " " : "",
				name, json_object_get_string(value));
	fprintf(out, "%-46s", text);
}

static void print_head(FILE *out)
{
	size_t i;

	fprintf(out, "%-5s %-28s %-46s %5s", "level", "metric", "parameters", "n");
	for (i = 0; i < ARRAY_SIZE(points); i++)
		fprintf(out, " %10s", points[i].name);
	fprintf(out, " unit\n");
}

/* Counts that stayed 0 are in the records; people look for the others. */
static bool is_dull(json_object *object)
{
	json_object *percentiles = json_object_object_get(object, "percentiles");

	return !strcmp(get_word(object, "unit"), "1") &&
	       !json_object_get_uint64(json_object_object_get(percentiles, "max"));
}

static void print_row(FILE *out, json_object *object)
{
	json_object *percentiles = json_object_object_get(object, "percentiles");
	const char *unit = get_word(object, "unit");
	const char *why = json_object_get_string(json_object_object_get(object, "why"));
	size_t i;

	if (!why && is_dull(object))
		return;
	if (!table_begun)
		print_head(out);
	table_begun = true;
	fprintf(out, "%-5s %-28s ", get_word(object, "level"), get_word(object, "metric"));
	print_params(out, json_object_object_get(object, "params"));
	fprintf(out, " %5s", get_word(object, "n"));
	if (why) {
		fprintf(out, " not measured: %s\n", why);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(points); i++)
		print_value(out, unit,
			    json_object_get_uint64(
				    json_object_object_get(percentiles, points[i].name)));
	fprintf(out, " %s\n", !strcmp(unit, "ns") ? "us" : !strcmp(unit, "B/s") ? "MiB/s" : "");
}

static void pieces(FILE *out, const char *kind, const char *file, const char *line)
{
	size_t left = strlen(line);

	for (; left > RECORD_PIECE; left -= RECORD_PIECE, line += RECORD_PIECE)
		fprintf(out, "# %s+%s %.*s\n", kind, file, RECORD_PIECE, line);
	fprintf(out, "# %s%s %s\n", kind, file, line);
	fflush(out);
}

void record_pieces(FILE *out, const char *line)
{
	pieces(out, "record", "", line);
}

static void append(const char *path, const char *line)
{
	FILE *file = fopen(path, "ae");

	if (!file || fprintf(file, "%s\n", line) < 0 || fclose(file)) {
		perror(path);
		exit(1);
	}
}

/* Lines for the runner, kept until the end where output is not to disturb what is measured. */
static char *kept;
static size_t kept_size;
static FILE *keeper;

static void send(const char *line)
{
	if (!options_exact()) {
		record_pieces(stdout, line);
		return;
	}
	if (!keeper)
		keeper = open_memstream(&kept, &kept_size);
	record_pieces(keeper, line);
}

void record_flush(void)
{
	if (!keeper)
		return;
	fclose(keeper);
	keeper = NULL;
	fputs(kept, stdout);
	fflush(stdout);
	free(kept);
}

void record_emit(const struct record *r)
{
	json_object *object = record_json(r);
	const char *line = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);

	emitted++;
	if (options_output())
		append(options_output(), line);
	switch (options_format()) {
	case FORMAT_TABLE:
		print_row(stdout, object);
		break;
	case FORMAT_JSON:
		puts(line);
		break;
	case FORMAT_RUNNER:
		send(line);
		break;
	}
	json_object_put(object);
}

void record_keep(const char *file, const char *line)
{
	char name[64];

	snprintf(name, sizeof(name), " %s", file);
	if (options_format() == FORMAT_RUNNER)
		pieces(stdout, "keep", name, line);
}

unsigned int record_emitted(void)
{
	return emitted;
}

int record_table(FILE *out, FILE *in)
{
	char *line = NULL;
	size_t room = 0;
	int number = 0;

	while (getline(&line, &room, in) > 0) {
		json_object *object = json_tokener_parse(line);

		number++;
		if (!json_object_is_type(json_object_object_get(object, "params"),
					 json_type_object) ||
		    !json_object_is_type(json_object_object_get(object, "percentiles"),
					 json_type_object)) {
			json_object_put(object);
			free(line);
			return number;
		}
		print_row(out, object);
		json_object_put(object);
	}
	free(line);
	return 0;
}
