// SPDX-License-Identifier: GPL-2.0
/* The job file: what the runner wants this level to do. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/types.h>

#include "init.h"

#define JOB_FW_CFG "/sys/firmware/qemu_fw_cfg/by_name/opt/org.svakit/job/raw"
/* A copy for L2's VMM, which makes a disk of it: through fw_cfg each byte takes L2 an exit. */
#define JOB_COPY "/run/job"
#define JOB_DISK "job"
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

static int parse_limit(struct job_line *l, char **text)
{
	char *limit = next_word(text);

	l->limit_s = limit ? (unsigned int)strtoul(limit, NULL, 10) : 0;
	return l->limit_s ? 0 : -1;
}

/* A program is a path: every word before it is of the environment. */
static int parse_command(struct job_line *l, char *text)
{
	size_t n = 0;

	while (text && *text != '/' && n < INIT_MAX_ENV) {
		l->env[n] = next_word(&text);
		if (!l->env[n] || !strchr(l->env[n], '='))
			return -1;
		n++;
	}
	if (!text || *text != '/')
		return -1;
	split_words(text, l->argv, INIT_MAX_ARGS);
	return 0;
}

/** struct job_syntax - A verb and what follows it. */
struct job_syntax {
	const char *word;
	enum job_verb verb;
	bool name;
	bool limit;
	bool argument; /* one, to the end of the line */
	bool command;
};

static const struct job_syntax syntax[] = {
	{.word = "run", .verb = JOB_RUN, .name = true, .limit = true, .command = true},
	{.word = "guest", .verb = JOB_GUEST, .limit = true},
	{.word = "machine", .verb = JOB_MACHINE, .argument = true},
	{.word = "vmm", .verb = JOB_VMM, .argument = true},
	{.word = "parent", .verb = JOB_PARENT, .name = true},
	{.word = "mdev", .verb = JOB_MDEV, .name = true, .argument = true},
	{.word = "hotplug", .verb = JOB_HOTPLUG, .name = true, .argument = true},
	{.word = "pf", .verb = JOB_PF, .name = true},
	{.word = "shell", .verb = JOB_SHELL},
	{.word = "forget", .verb = JOB_FORGET, .argument = true},
	{.word = "vmmenv", .verb = JOB_VMMENV, .argument = true},
	{.word = "quiet", .verb = JOB_QUIET},
	{.word = "wait", .verb = JOB_WAIT},
	{.word = "lose", .verb = JOB_LOSE, .name = true},
};

/* Behind the level. */
static int parse_line(struct job_line *l, char *text)
{
	const struct job_syntax *s = syntax;
	char *verb = next_word(&text);

	while (verb && s < syntax + ARRAY_SIZE(syntax) && strcmp(s->word, verb))
		s++;
	if (!verb || s == syntax + ARRAY_SIZE(syntax))
		return -1;
	memset(l, 0, sizeof(*l));
	l->verb = s->verb;
	l->name = s->name ? next_word(&text) : NULL;
	if (s->name && !l->name)
		return -1;
	if (s->limit && parse_limit(l, &text))
		return -1;
	if (s->command)
		return parse_command(l, text);
	if (s->argument)
		l->argv[0] = text;
	return !!text == s->argument ? 0 : -1;
}

static void read_text(char *text, size_t len, int level)
{
	char disk[PATH_MAX];
	int rc;

	if (level == 1) {
		if (file_read(JOB_FW_CFG, text, len) < 0)
			die("no job: %s cannot be read (CONFIG_FW_CFG_SYSFS=y is needed)",
			    JOB_FW_CFG);
		rc = file_create(JOB_COPY, text);
		if (rc)
			die("no job for L2: %s: %s", JOB_COPY, strerror(-rc));
	} else if (disk_find(JOB_DISK, disk, sizeof(disk)) || file_read(disk, text, len) < 0) {
		/* Its last sector is filled up with zeros, which end the text. */
		die("no job: there is no disk \"" JOB_DISK "\" (CONFIG_VIRTIO_BLK=y is needed)");
	}
}

void job_read(struct job *job, int level)
{
	static char text[JOB_MAX_BYTES];
	char *rest = text;
	char *line;

	read_text(text, sizeof(text), level);
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

const struct job_line *job_find(const struct job *job, enum job_verb verb)
{
	for (size_t i = 0; i < job->lines; i++) {
		if (job->line[i].verb == verb)
			return &job->line[i];
	}
	return NULL;
}

size_t job_tests(const struct job *job)
{
	size_t n = 0;

	for (size_t i = 0; i < job->lines; i++)
		n += job->line[i].verb == JOB_RUN;
	return n;
}
