// SPDX-License-Identifier: GPL-2.0
#include "pictures.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

/* What is swept: the first of these that a metric has in more than one size. */
static const char *const sweeps[] = {"size", "pages", "pasids", "batch", "depth", "entries"};

static const char script_head[] = "# SPDX-License-"
				  "Identifier: GPL-2.0\n"
				  "# gnuplot: draws %s.svg; in the folder of the data.\n"
				  "set terminal svg size 640,520 dynamic noenhanced font "
				  "'sans-serif,12' background '#ffffff'\n"
				  "set output '%s.svg'\n"
				  "set title '%s'\n"
				  "set grid lc '#dddddd'\n"
				  "set key Left reverse below left maxcols 1 samplen 2\n"
				  "set logscale x\n";

void picture_text(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i]; i++)
		to[i] = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       " _.,=:+-",
			       from[i])
				? from[i]
				: '_';
	to[i] = '\0';
}

static FILE *create(const char *folder, const char *name, const char *end)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, end);
	file = fopen(path, "we");
	if (!file)
		err(2, "%s", path);
	return file;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of one picture: levels are seldom of one size. */
static bool same_picture(const struct record *a, const struct record *b)
{
	return !strcmp(record_word(a, "metric"), record_word(b, "metric")) &&
	       !strcmp(record_word(a, "level"), record_word(b, "level"));
}

/* Of one curve: all but parameter @but is the same. */
static bool same_curve(const struct record *a, const struct record *b, const char *but)
{
	char one[512], other[512];

	record_params(a, but, one, sizeof(one));
	record_params(b, but, other, sizeof(other));
	return same_picture(a, b) && a->side == b->side && !strcmp(one, other);
}

/* Samples of all runs of a curve, sorted. Return: how many. */
static size_t sorted_samples(const struct records *records, const struct record *r, double **value)
{
	size_t i, j, count = 0;

	*value = NULL;
	for (i = 0; i < records->count; i++) {
		const struct record *o = &records->record[i];
		json_object *samples = json_object_object_get(o->json, "samples");
		size_t more = json_object_array_length(samples);

		if (!more || !same_curve(o, r, NULL))
			continue;
		*value = reallocarray(*value, count + more, sizeof(**value));
		if (!*value)
			err(2, "memory");
		for (j = 0; j < more; j++)
			(*value)[count++] = record_scaled(
				r, json_object_get_double(json_object_array_get_idx(samples, j)));
	}
	if (count)
		qsort(*value, count, sizeof(**value), by_value);
	return count;
}

/* The part of the samples that is not above a value, by value. */
static void write_distribution(FILE *data, const struct records *records, const struct record *r)
{
	double *value;
	size_t i, count = sorted_samples(records, r, &value);

	for (i = 0; i < count; i++)
		fprintf(data, "%.6g %.4g\n", value[i] > 0 ? value[i] : 0.001,
			100.0 * (double)(i + 1) / (double)count);
	fprintf(data, "\n\n");
	free(value);
}

/* Is it the first of its picture, or of its side, level and parameters but @but? */
static bool is_first(const struct records *records, size_t at, const char *but, bool of_picture)
{
	const struct record *r = &records->record[at];
	size_t i;

	for (i = 0; i < at; i++) {
		const struct record *o = &records->record[i];

		if (of_picture ? same_picture(o, r) : same_curve(o, r, but))
			return false;
	}
	return true;
}

static void write_title(FILE *script, const struct record *r, const char *but)
{
	char text[512], clean[512];

	record_params(r, but, text, sizeof(text));
	picture_text(clean, sizeof(clean), text);
	fprintf(script, " title '%s%s", r->side, r->side[0] ? " " : "");
	picture_text(text, sizeof(text), record_word(r, "level"));
	fprintf(script, "%s %s'", text, clean);
}

/* Curves of a picture so far. Of a comparison both sides have half of them, in the same colours. */
struct curves {
	unsigned int drawn;
	unsigned int of_side[2];
	unsigned int most;
};

static unsigned int most_of_side(const struct records *records)
{
	return records->record[0].side == records->record[records->count - 1].side
		       ? PICTURE_CURVES
		       : PICTURE_CURVES / 2;
}

/* One curve of a script: base is drawn with dashes. Return: false if its side has enough. */
static bool write_curve(FILE *script, const char *name, struct curves *c, const struct record *r,
			const char *how)
{
	bool is_base = !strcmp(r->side, "base");

	if (c->of_side[is_base] == c->most)
		return false;
	c->of_side[is_base]++;
	fprintf(script, "%s '%s.data' index %u with %s lw 2 dt %d lc %u", c->drawn ? "," : "plot",
		name, c->drawn, how, is_base ? 2 : 1, c->of_side[is_base]);
	c->drawn++;
	return true;
}

static void end_picture(FILE *data, FILE *script)
{
	fprintf(script, "\n");
	if (fclose(data) || fclose(script))
		err(2, "pictures");
}

static json_object *swept(const struct record *r, const char *name)
{
	json_object *value =
		json_object_object_get(json_object_object_get(r->json, "params"), name);

	return json_object_is_type(value, json_type_int) ? value : NULL;
}

/* What is a curve of a picture: each configuration, or each but for what was swept. */
static bool is_curve(const struct records *records, size_t at, size_t first, const char *by)
{
	const struct record *r = &records->record[at];

	return same_picture(r, &records->record[first]) && (!by || swept(r, by)) &&
	       is_first(records, at, by, false);
}

/* Metric, level, kind. */
static void picture_name(char *name, size_t size, const struct record *r, const char *kind,
			 const char *by)
{
	char metric[64], level[16];

	picture_text(metric, sizeof(metric), record_word(r, "metric"));
	picture_text(level, sizeof(level), record_word(r, "level"));
	snprintf(name, size, "%s.%s.%s%s", metric, level, kind, by);
}

/* All up to the axes. The title says if not all curves are there. */
static void write_head(FILE *script, const char *name, const struct records *records, size_t first,
		       const char *by)
{
	unsigned int curves = 0;
	size_t i;

	for (i = first; i < records->count; i++)
		curves += records->record[i].side == records->record[first].side &&
			  is_curve(records, i, first, by);
	fprintf(script, script_head, name, name, name);
	if (curves > most_of_side(records))
		fprintf(script, "set title '%s (%u of %u)'\n", name, most_of_side(records), curves);
}

/* The distribution of one metric, a curve for each configuration. */
static void draw_distribution(const struct records *records, size_t first, const char *folder)
{
	const struct record *head = &records->record[first];
	struct curves curves = {.most = most_of_side(records)};
	char name[160];
	FILE *data, *script;
	size_t i;

	picture_name(name, sizeof(name), head, "distribution", "");
	data = create(folder, name, ".data");
	script = create(folder, name, ".gnuplot");
	write_head(script, name, records, first, NULL);
	fprintf(script, "set xlabel '%s'\nset ylabel '%% of the samples'\nset yrange [0:100]\n",
		record_unit(head));
	for (i = first; i < records->count; i++) {
		const struct record *r = &records->record[i];

		if (!is_curve(records, i, first, NULL) ||
		    !write_curve(script, name, &curves, r, "steps"))
			continue;
		write_distribution(data, records, r);
		write_title(script, r, NULL);
	}
	end_picture(data, script);
}

/* The parameter in which a metric was swept; NULL: none. */
static const char *sweep_of(const struct records *records, size_t first)
{
	const struct record *head = &records->record[first];
	size_t i, k;

	for (k = 0; k < ARRAY_SIZE(sweeps); k++) {
		json_object *value = swept(head, sweeps[k]);

		for (i = first + 1; value && i < records->count; i++) {
			json_object *other = swept(&records->record[i], sweeps[k]);

			if (other && same_picture(&records->record[i], head) &&
			    json_object_get_int64(other) != json_object_get_int64(value))
				return sweeps[k];
		}
	}
	return NULL;
}

/* All records of one curve: what differs is the swept parameter. */
static void write_sweep(FILE *data, const struct records *records, size_t first, const char *by)
{
	const struct record *r = &records->record[first];
	size_t i;

	for (i = first; i < records->count; i++) {
		const struct record *o = &records->record[i];

		if (!same_curve(o, r, by) || !swept(o, by) || !is_first(records, i, NULL, false))
			continue;
		/* 0 has no place on a logarithmic axis. */
		fprintf(data, "%.6g %.6g\n",
			json_object_get_int64(swept(o, by)) ? json_object_get_double(swept(o, by))
							    : 0.5,
			record_scaled(o, record_percentile(o, "p50")));
	}
	fprintf(data, "\n\n");
}

/* The middle of one metric by what was swept. */
static void draw_sweep(const struct records *records, size_t first, const char *by,
		       const char *folder)
{
	const struct record *head = &records->record[first];
	struct curves curves = {.most = most_of_side(records)};
	char name[160];
	FILE *data, *script;
	size_t i;

	picture_name(name, sizeof(name), head, "by_", by);
	data = create(folder, name, ".data");
	script = create(folder, name, ".gnuplot");
	write_head(script, name, records, first, by);
	fprintf(script, "set logscale y\nset xlabel '%s'\nset ylabel 'median, %s'\n", by,
		record_unit(head));
	if (!strcmp(by, "size"))
		fprintf(script, "set format x '%%.0b%%B'\n");
	for (i = first; i < records->count; i++) {
		const struct record *r = &records->record[i];

		if (!is_curve(records, i, first, by) ||
		    !write_curve(script, name, &curves, r, "linespoints"))
			continue;
		write_sweep(data, records, i, by);
		write_title(script, r, by);
	}
	end_picture(data, script);
}

unsigned int pictures_write(const struct records *records, const char *folder)
{
	unsigned int pictures = 0;
	const char *by;
	size_t i;

	for (i = 0; i < records->count; i++) {
		if (!record_timed(&records->record[i]) || !is_first(records, i, NULL, true))
			continue;
		draw_distribution(records, i, folder);
		pictures++;
		by = sweep_of(records, i);
		if (by) {
			draw_sweep(records, i, by, folder);
			pictures++;
		}
	}
	return pictures;
}
