// SPDX-License-Identifier: GPL-2.0
#include "cgroup.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel_device.h"
#include "ktap.h"

/* Where systemd has it; and a place of our own, where nobody has mounted it. */
#define USUAL "/sys/fs/cgroup"
#define OWN "/tmp/svakit_cgroup"
#define GROUP "svakit"

static const char *root;
static bool inside;

static bool has_memory(const char *where)
{
	char path[PATH_MAX], text[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", where);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strstr(text, "memory");
}

void cgroup_require(void)
{
	if (has_memory(USUAL)) {
		root = USUAL;
		return;
	}
	mkdir(OWN, 0700);
	if (!has_memory(OWN) && mount("cgroup2", OWN, "cgroup2", 0, NULL))
		ktap_skip_all("no cgroup2: %s; CONFIG_CGROUPS=y", strerror(errno));
	root = OWN;
	if (!has_memory(root))
		ktap_skip_all("no memory controller in %s: CONFIG_MEMCG=y, without v1", root);
}

static int set(const char *group, const char *name, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s/%s", root, group, name);
	return __svk_write_file(path, value);
}

void cgroup_begin(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" GROUP, root);
	REQUIRE_ERRNO(set("", "cgroup.subtree_control", "+memory"), 0);
	/* It may have been left by a program that was killed. */
	REQUIRE(!mkdir(path, 0700) || errno == EEXIST, "mkdir %s: %s", path, strerror(errno));
	REQUIRE_ERRNO(cgroup_set("cgroup.procs", "0"), 0);
	inside = true;
}

int cgroup_set(const char *name, const char *value)
{
	return set("/" GROUP, name, value);
}

u64 cgroup_event(const char *event)
{
	char path[PATH_MAX], line[128], key[64];
	unsigned long long value = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/" GROUP "/memory.events", root);
	f = fopen(path, "re");
	REQUIRE(f, "open %s: %s", path, strerror(errno));
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%63s %llu", key, &value) == 2 && !strcmp(key, event);
	fclose(f);
	REQUIRE(found, "no %s in %s", event, path);
	return value;
}

void cgroup_end(void)
{
	char path[PATH_MAX];

	if (!inside)
		return;
	inside = false;
	CHECK_ERRNO(set("", "cgroup.procs", "0"), 0);
	snprintf(path, sizeof(path), "%s/" GROUP, root);
	CHECK(!rmdir(path), "rmdir %s: %s", path, strerror(errno));
}
