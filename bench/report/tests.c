// SPDX-License-Identifier: GPL-2.0
#include "tests.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/types.h>

#include "page.h"

/* Lines of a failed test that are shown: its last ones. */
#define SAID 40

struct ktap {
	char *said[SAID];
	size_t lines;
};

static void forget(struct ktap *k)
{
	size_t i;

	for (i = 0; i < SAID; i++) {
		free(k->said[i]);
		k->said[i] = NULL;
	}
	k->lines = 0;
}

static void remember(struct ktap *k, const char *line)
{
	char **place = &k->said[k->lines++ % SAID];

	free(*place);
	*place = strdup(line);
	if (!*place)
		err(2, "memory");
}

static void write_said(FILE *out, const struct ktap *k)
{
	size_t i = k->lines > SAID ? k->lines - SAID : 0;

	fputs("<pre class=\"fold\">", out);
	for (; i < k->lines; i++)
		page_escape(out, k->said[i % SAID]);
	fputs("</pre>\n", out);
}

/* Return: what follows "ok 12 " or "not ok 12 ", or NULL: the line is no result. */
static const char *result_text(const char *line)
{
	int used = 0;

	if (!strncmp(line, "not ", 4))
		line += 4;
	if (sscanf(line, "ok %*u %n", &used) < 0 || !used)
		return NULL;
	return line + used;
}

static void write_result(FILE *out, const char *line, const char *text)
{
	const char *how = "passed", *class = "good";

	if (strstr(text, "# SKIP"))
		how = "skipped", class = "skip";
	else if (strstr(text, "# XFAIL"))
		how = "failed as expected", class = "skip";
	else if (!strncmp(line, "not", 3))
		how = "FAILED", class = "bad";
	fprintf(out, "<tr><td class=\"text %s\">%s</td><td class=\"text\">", class, how);
	page_escape(out, text);
	fputs("</td></tr>\n", out);
}

/* What failed, first: who reads a mail may read no further. */
static void write_failures(FILE *out, FILE *in)
{
	struct ktap k = {.lines = 0};
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, in) > 0) {
		const char *text = result_text(line);

		if (!text) {
			remember(&k, line);
			continue;
		}
		if (!strncmp(line, "not", 3) && !strstr(text, "# XFAIL")) {
			fputs("<h3 class=\"bad\">", out);
			page_escape(out, text);
			fputs("</h3>\n", out);
			write_said(out, &k);
		}
		forget(&k);
	}
	forget(&k);
	free(line);
}

static void write_table(FILE *out, FILE *in)
{
	char *line = NULL;
	size_t room = 0;

	fputs("<div class=\"wide\"><table>\n<tr><th class=\"text\">result</th><th "
	      "class=\"text\">test</th></tr>\n",
	      out);
	while (getline(&line, &room, in) > 0) {
		const char *text = result_text(line);

		if (text)
			write_result(out, line, text);
	}
	fputs("</table></div>\n", out);
	free(line);
}

void tests_write(FILE *out, const char *folder)
{
	char path[4096];
	FILE *in;

	snprintf(path, sizeof(path), "%s/ktap", folder);
	in = fopen(path, "re");
	if (!in)
		return;
	fputs("<h2>Tests</h2>\n", out);
	write_failures(out, in);
	rewind(in);
	write_table(out, in);
	fclose(in);
}
