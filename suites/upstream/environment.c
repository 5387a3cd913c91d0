// SPDX-License-Identifier: GPL-2.0
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <svakit/types.h>

#include "accel_device.h"

/**
 * struct setting - A file of the machine.
 * @path: where it is
 * @want: what the tests want there
 * @was: what was there; empty: not changed
 */
static struct setting {
	const char *path;
	const char *want;
	char was[128];
} settings[] = {
	/* The iommufd test maps 128 MiB of them. */
	{.path = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", .want = "72"},
	/* The vfio tests map a gigabyte of shared memory each: page by page that takes seconds. */
	{.path = "/sys/kernel/mm/transparent_hugepage/shmem_enabled", .want = "always"},
};

static pid_t owner;

/* Of a list of words the one in brackets, "always [never] force", is in force. */
static void current_word(char *text)
{
	char *from = strchr(text, '['), *to = from ? strchr(from, ']') : NULL;

	if (to) {
		*to = '\0';
		memmove(text, from + 1, (size_t)(to - from));
	}
	text[strcspn(text, "\n")] = '\0';
}

static void change(struct setting *s)
{
	FILE *file = fopen(s->path, "re");

	if (!file)
		return;
	if (fgets(s->was, sizeof(s->was), file))
		current_word(s->was);
	fclose(file);
	/* More huge pages than are needed are left alone; words are no numbers. */
	if (strtoul(s->was, NULL, 10) > strtoul(s->want, NULL, 10) ||
	    __svk_write_file(s->path, s->want))
		s->was[0] = '\0';
}

static void restore(void)
{
	/* The tests' own processes end through here, too. */
	if (getpid() != owner)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (settings[i].was[0])
			__svk_write_file(settings[i].path, settings[i].was);
	}
}

void environment_prepare(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid())
		return;
	owner = getpid();
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		change(&settings[i]);
	atexit(restore);
}
