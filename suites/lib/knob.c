// SPDX-License-Identifier: GPL-2.0
#include "knob.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel_device.h"
#include "ktap.h"

static void read_text(const char *path, char *text, int size)
{
	FILE *f = fopen(path, "re");

	REQUIRE(f, "open %s: %s", path, strerror(errno));
	REQUIRE(fgets(text, size, f), "%s is empty", path);
	fclose(f);
}

void knob_set(struct knob *k, const char *path, const char *value)
{
	char *from;

	read_text(path, k->before, sizeof(k->before));
	/* Of "always [madvise] never" the one that holds. */
	from = strchr(k->before, '[');
	if (from) {
		from[strcspn(from, "]")] = '\0';
		memmove(k->before, from + 1, strlen(from));
	}
	REQUIRE_ERRNO(__svk_write_file(path, value), 0);
	k->path = path;
}

void knob_restore(struct knob *k)
{
	if (!k->path)
		return;
	CHECK_ERRNO(__svk_write_file(k->path, k->before), 0);
	k->path = NULL;
}

u64 knob_read(const char *path)
{
	char text[64];

	read_text(path, text, sizeof(text));
	return strtoull(text, NULL, 10);
}

u64 knob_vmstat(const char *name)
{
	FILE *f = fopen("/proc/vmstat", "re");
	unsigned long long value = 0;
	char line[128], key[64];
	bool found = false;

	REQUIRE(f, "open /proc/vmstat: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%63s %llu", key, &value) == 2 && !strcmp(key, name);
	fclose(f);
	REQUIRE(found, "no %s in /proc/vmstat", name);
	return value;
}
