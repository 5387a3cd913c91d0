// SPDX-License-Identifier: GPL-2.0
#include "records.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {"metric", "level", "unit", "better", "kind", "environment"};

static bool is_record(json_object *json)
{
	size_t i;

	if (!json_object_is_type(json, json_type_object) ||
	    !json_object_is_type(json_object_object_get(json, "params"), json_type_object) ||
	    !json_object_is_type(json_object_object_get(json, "percentiles"), json_type_object) ||
	    !json_object_is_type(json_object_object_get(json, "samples"), json_type_array))
		return false;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!json_object_is_type(json_object_object_get(json, words[i]), json_type_string))
			return false;
	return true;
}

static void add(struct records *records, json_object *json, const char *side)
{
	size_t room = records->count + 1;

	records->record = reallocarray(records->record, room, sizeof(*records->record));
	if (!records->record)
		err(2, "memory");
	records->record[records->count++] = (struct record){json, side};
}

int records_read(struct records *records, FILE *in, const char *side)
{
	char *line = NULL;
	size_t room = 0;
	int number = 0, bad = 0;

	while (!bad && getline(&line, &room, in) > 0) {
		json_object *json = json_tokener_parse(line);

		number++;
		if (is_record(json)) {
			add(records, json, side);
			continue;
		}
		bad = number;
		json_object_put(json);
	}
	free(line);
	return bad;
}

void records_cleanup(struct records *records)
{
	size_t i;

	for (i = 0; i < records->count; i++)
		json_object_put(records->record[i].json);
	free(records->record);
	*records = (struct records){0};
}

const char *record_word(const struct record *r, const char *name)
{
	const char *word = json_object_get_string(json_object_object_get(r->json, name));

	return word ? word : "?";
}

static FILE *into(char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");

	if (!out)
		err(2, "memory");
	text[0] = '\0';
	setbuf(out, NULL);
	return out;
}

void record_params(const struct record *r, const char *but, char *text, size_t size)
{
	json_object *params = json_object_object_get(r->json, "params");
	FILE *out = into(text, size);
	const char *gap = "";

	json_object_object_foreach(params, name, value) {
		if (but && !strcmp(name, but))
			continue;
		fprintf(out, "%s%s=%s", gap, name, json_object_get_string(value));
		gap = " ";
	}
	fclose(out);
	text[size - 1] = '\0';
}

double record_percentile(const struct record *r, const char *name)
{
	return json_object_get_double(
		json_object_object_get(json_object_object_get(r->json, "percentiles"), name));
}

bool record_timed(const struct record *r)
{
	return strcmp(record_word(r, "unit"), "1");
}

double record_scaled(const struct record *r, double value)
{
	const char *unit = record_word(r, "unit");

	return !strcmp(unit, "ns")    ? value / 1000
	       : !strcmp(unit, "B/s") ? value / (1 << 20)
				      : value;
}

const char *record_unit(const struct record *r)
{
	const char *unit = record_word(r, "unit");

	return !strcmp(unit, "ns") ? "us" : !strcmp(unit, "B/s") ? "MiB/s" : "";
}
