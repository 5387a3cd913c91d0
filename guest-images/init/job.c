// SPDX-License-Identifier: GPL-2.0
/* The job file: what the runner wants this level to do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "init.h"

#define JOB_FILE "/sys/firmware/qemu_fw_cfg/by_name/opt/org.svakit/job/raw"
#define JOB_MAX_BYTES 65536

static void split_words(char *text, char **argv, size_t max)
{
	size_t n = 0;
	char *save = NULL;

	for (char *w = strtok_r(text, " ", &save); w && n + 1 < max; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = NULL;
}

static char *next_word(char **text)
{
	char *word = strsep(text, " ");

	return word && *word ? word : NULL;
}

/* Behind the level: "run name limit argv", "guest limit", "vmm arg", "shell", "quiet". */
static int parse_line(struct job_line *l, char *text)
{
	char *verb = next_word(&text);
	char *limit = NULL;

	if (!verb)
		return -1;
	memset(l, 0, sizeof(*l));
	if (!strcmp(verb, "shell")) {
		l->verb = JOB_SHELL;
		return 0;
	}
	if (!strcmp(verb, "quiet")) {
		l->verb = JOB_QUIET;
		return 0;
	}
	if (!strcmp(verb, "vmm") && text) {
		l->verb = JOB_VMM;
		l->argv[0] = text;
		return 0;
	}
	if (!strcmp(verb, "run"))
		l->name = next_word(&text);
	else if (strcmp(verb, "guest"))
		return -1;
	l->verb = l->name ? JOB_RUN : JOB_GUEST;
	limit = text ? next_word(&text) : NULL;
	l->limit_s = limit ? (unsigned int)strtoul(limit, NULL, 10) : 0;
	if (text)
		split_words(text, l->argv, INIT_MAX_ARGS);
	return l->limit_s && (l->verb == JOB_GUEST || l->argv[0]) ? 0 : -1;
}

void job_read(struct job *job, int level)
{
	static char text[JOB_MAX_BYTES];
	char *rest = text;
	char *line;

	if (file_read(JOB_FILE, text, sizeof(text)) < 0)
		die("no job: %s cannot be read (CONFIG_FW_CFG_SYSFS=y is needed)", JOB_FILE);
	while ((line = strsep(&rest, "\n"))) {
		if (line[0] != '0' + level || line[1] != ' ')
			continue;
		job->line = realloc(job->line, (job->lines + 1) * sizeof(*job->line));
		if (!job->line)
			die("no memory for the job");
		if (parse_line(&job->line[job->lines], line + 2))
			die("job line %zu makes no sense", job->lines + 1);
		job->lines++;
	}
}

bool job_has(const struct job *job, enum job_verb verb)
{
	for (size_t i = 0; i < job->lines; i++) {
		if (job->line[i].verb == verb)
			return true;
	}
	return false;
}

size_t job_tests(const struct job *job)
{
	size_t n = 0;

	for (size_t i = 0; i < job->lines; i++)
		n += job->line[i].verb == JOB_RUN;
	return n;
}
