// SPDX-License-Identifier: GPL-2.0
#include "page.h"

#include <err.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "tests.h"

static const char *const points[] = {"min", "p50", "p90", "p99", "max"};

/* Narrow screens: tables scroll by themselves, the page does not. */
static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\" />\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
	"<title>svakit report</title>\n"
	"<style>\n"
	"body { font: 15px/1.4 sans-serif; margin: 0 auto; padding: 12px; max-width: 60em; color: "
	"#222; background: #fff; }\n"
	"h1 { font-size: 1.4em; } h2 { font-size: 1.15em; border-bottom: 1px solid #ccc; "
	"margin-top: 1.6em; } h3 { font-size: 1em; }\n"
	"div.wide { overflow-x: auto; }\n"
	"table { border-collapse: collapse; font-size: 13px; }\n"
	"th, td { padding: 2px 8px; border-bottom: 1px solid #e4e4e4; text-align: right; "
	"white-space: nowrap; }\n"
	"th.text, td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; "
	"min-width: 7em; }\n"
	"pre { font-size: 12px; background: #f6f6f6; padding: 8px; overflow-x: auto; }\n"
	"pre.fold { white-space: pre-wrap; overflow-wrap: anywhere; }\n"
	"svg { max-width: 100%; height: auto; }\n"
	".good { color: #176f2c; } .bad { color: #b00020; } .skip { color: #666; }\n"
	"</style>\n"
	"</head>\n"
	"<body>\n";

void page_escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			/* No ASCII may be no UTF-8 either; control characters are forbidden. */
			fputc((*text >= ' ' && *text < 0x7f) || strchr("\t\n", *text) ? *text : '?',
			      out);
		}
	}
}

static FILE *open_file(const char *folder, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return fopen(path, "re");
}

/* A file of the results as it is, below a heading; nothing if it is empty or not there. */
static void write_file(FILE *out, const char *folder, const char *name, const char *heading,
		       const char *class)
{
	FILE *in = open_file(folder, name);
	char *line = NULL;
	size_t room = 0;
	bool any = false;

	while (in && getline(&line, &room, in) > 0) {
		if (!any)
			fprintf(out, "<h2>%s</h2>\n<pre class=\"%s\">", heading, class);
		any = true;
		page_escape(out, line);
	}
	if (any)
		fputs("</pre>\n", out);
	free(line);
	if (in)
		fclose(in);
}

static void write_cell(FILE *out, const char *text)
{
	fputs("<td class=\"text\">", out);
	page_escape(out, text);
	fputs("</td>", out);
}

static void write_record(FILE *out, const struct record *r)
{
	const size_t count = json_object_array_length(json_object_object_get(r->json, "samples"));
	char params[512];
	size_t i;

	fputs("<tr>", out);
	write_cell(out, record_word(r, "level"));
	record_params(r, NULL, params, sizeof(params));
	write_cell(out, params);
	fprintf(out, "<td>%zu</td>", count);
	if (!count) {
		fprintf(out,
			"<td class=\"text\" colspan=\"%zu\">not measured: ", ARRAY_SIZE(points));
		page_escape(out, record_word(r, "why"));
		fputs("</td>", out);
	}
	for (i = 0; count && i < ARRAY_SIZE(points); i++)
		fprintf(out, record_timed(r) ? "<td>%.2f</td>" : "<td>%.0f</td>",
			record_scaled(r, record_percentile(r, points[i])));
	fputs("</tr>\n", out);
}

/* Has it been written with an earlier record? */
static bool is_seen(const struct records *records, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (!strcmp(record_word(&records->record[i], "metric"),
			    record_word(&records->record[at], "metric")))
			return true;
	return false;
}

/* All configurations of the metric of this record. */
static void write_metric(FILE *out, const struct records *records, size_t first)
{
	const struct record *r = &records->record[first];
	size_t i;

	fputs("<h3>", out);
	page_escape(out, record_word(r, "metric"));
	fprintf(out, " <small>%s%s, %s is better</small></h3>\n<div class=\"wide\"><table>\n<tr>",
		record_unit(r), record_timed(r) ? "" : "count",
		strcmp(record_word(r, "better"), "higher") ? "lower" : "higher");
	fputs("<th class=\"text\">level</th><th class=\"text\">parameters</th><th>n</th>", out);
	for (i = 0; i < ARRAY_SIZE(points); i++)
		fprintf(out, "<th>%s</th>", points[i]);
	fputs("</tr>\n", out);
	for (i = first; i < records->count; i++)
		if (!strcmp(record_word(&records->record[i], "metric"), record_word(r, "metric")))
			write_record(out, &records->record[i]);
	fputs("</table></div>\n", out);
}

static void write_metrics(FILE *out, const struct records *records, bool timed)
{
	size_t i;

	for (i = 0; i < records->count; i++)
		if (record_timed(&records->record[i]) == timed && !is_seen(records, i))
			write_metric(out, records, i);
}

/* From the element on: an XML declaration may only be at the beginning of a file. */
static void write_picture(FILE *out, const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	bool inside = false;

	if (!in)
		err(2, "%s", path);
	fputs("<p>", out);
	while (getline(&line, &room, in) > 0) {
		inside |= !strncmp(line, "<svg", 4);
		if (inside)
			fputs(line, out);
	}
	fputs("</p>\n", out);
	free(line);
	fclose(in);
}

static void write_pictures(FILE *out, const char *folder)
{
	char pattern[4096];
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/pictures/*.svg", folder);
	if (glob(pattern, 0, NULL, &found))
		return;
	fputs("<h2>Pictures</h2>\n", out);
	for (i = 0; i < found.gl_pathc; i++)
		write_picture(out, found.gl_pathv[i]);
	globfree(&found);
}

void page_write(FILE *out, const char *folder, const struct records *records)
{
	const char *name = strrchr(folder, '/');
	bool is_run = records->count && !records->record[0].side[0];

	fputs(head, out);
	fputs("<h1>svakit ", out);
	page_escape(out, name ? name + 1 : folder);
	fputs("</h1>\n", out);
	write_file(out, folder, "sides.txt", "Comparison", "fold");
	write_file(out, folder, "gate.txt", "Gate", "wide");
	tests_write(out, folder);
	write_file(out, folder, "report.txt", "Summary", "fold");
	write_file(out, folder, "svahw.findings", "Findings of the oracle", "fold");
	write_pictures(out, folder);
	/* Of a comparison the table of the gate is there; its records are those of many runs. */
	if (is_run) {
		fputs("<h2>Times and rates</h2>\n", out);
		write_metrics(out, records, true);
	}
	write_file(out, folder, "repro.sh", "To run it again", "fold");
	write_file(out, folder, "environment.txt", "Environment", "fold");
	write_file(out, folder, "base.environment.txt", "Environment of base", "fold");
	write_file(out, folder, "head.environment.txt", "Environment of head", "fold");
	if (is_run) {
		fputs("<h2>Counts</h2>\n", out);
		write_metrics(out, records, false);
	}
	fputs("</body>\n</html>\n", out);
}
