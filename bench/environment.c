// SPDX-License-Identifier: GPL-2.0
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "crc32c.h"

/* Return: the model name of the first processor, or "". */
static const char *processor(char *line, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool found = false;

	while (file && !found && fgets(line, (int)size, file))
		found = !strncmp(line, "model name", strlen("model name"));
	if (file)
		fclose(file);
	return found ? line : "";
}

static const char *checksum(void)
{
	static char id[16];
	char line[256], text[1024];
	struct utsname u;

	uname(&u);
	snprintf(text, sizeof(text), "%s %s %s %s", u.release, u.version, u.machine,
		 processor(line, sizeof(line)));
	snprintf(id, sizeof(id), "%08x", crc32c(0, text, strlen(text)));
	return id;
}

const char *environment_id(void)
{
	const char *id = getenv("SVAKIT_ENVIRONMENT");

	return id ? id : checksum();
}

const char *environment_level(void)
{
	const char *level = getenv("SVAKIT_LEVEL");

	return level ? level : "host";
}
