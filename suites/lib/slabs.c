// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/membarrier.h>

#include "clock.h"
#include "ktap.h"
#include "slabs.h"

#define SLABINFO "/proc/slabinfo"
#define SETTLED 8
#define SETTLE_MS 10000

/** struct reader - Files that stay open, since opening one allocates. */
struct reader {
	int slabinfo;
	int shrink[SLABS_MAX]; /* of the cache with the same index */
	char text[1 << 17];
};

/* KASAN keeps what has been freed, to see it used: how much, nobody can tell. */
static bool has_kasan(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	bool found = false;
	char line[512];

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, " kasan_quarantine_put\n");
	if (file)
		fclose(file);
	return found;
}

const char *slabs_cannot_count(void)
{
	if (access(SLABINFO, R_OK))
		return "no " SLABINFO ": build the kernel with CONFIG_SLUB_DEBUG=y";
	return has_kasan() ? "KASAN keeps freed objects; kmemleak looks for lost ones" : NULL;
}

static bool is_counted(const char *cache)
{
	return !strncmp(cache, "iommu_", 6) || !strncmp(cache, "kmalloc", 7) ||
	       !strncmp(cache, "kernfs_node", 11);
}

/* It comes in pieces. Nothing is allocated after the first time: the buffer is the file's. */
static void read_slabinfo(struct reader *r)
{
	size_t size = 0;
	ssize_t len;

	do {
		REQUIRE(size < sizeof(r->text) - 1, SLABINFO " has more than %zu bytes", size);
		len = pread(r->slabinfo, r->text + size, sizeof(r->text) - 1 - size, (off_t)size);
		REQUIRE(len >= 0, "read " SLABINFO ": %s", strerror(errno));
		size += (size_t)len;
	} while (len > 0);
	r->text[size] = '\0';
}

static void open_caches(struct reader *r, struct slabs *s)
{
	char path[PATH_MAX];
	char *line, *rest;

	*s = (struct slabs){.nr = 0};
	r->slabinfo = open(SLABINFO, O_RDONLY | O_CLOEXEC);
	REQUIRE(r->slabinfo >= 0, "open " SLABINFO ": %s", strerror(errno));
	read_slabinfo(r);
	for (line = strtok_r(r->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct slab *slab = &s->slab[s->nr];

		if (sscanf(line, "%63s %lld", slab->name, &slab->active) != 2 ||
		    !is_counted(slab->name))
			continue;
		REQUIRE(s->nr + 1 < SLABS_MAX, "more than %d caches", SLABS_MAX - 1);
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", slab->name);
		r->shrink[s->nr] = open(path, O_WRONLY | O_CLOEXEC);
		REQUIRE(r->shrink[s->nr] >= 0, "open %s: %s", path, strerror(errno));
		s->nr++;
	}
}

static void close_caches(struct reader *r, const struct slabs *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		close(r->shrink[i]);
	close(r->slabinfo);
}

/* Return: the objects in use of @slab, as read last. */
static long long active(const struct reader *r, const struct slab *slab)
{
	size_t len = strlen(slab->name);
	const char *line = r->text;
	long long nr = 0;

	while (line && (strncmp(line, slab->name, len) || line[len] != ' ')) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	/* A cache that has gone since has none. */
	if (line)
		sscanf(line + len, "%lld", &nr);
	return nr;
}

/* Return: whether one of them is less than ever before. */
static bool read_least(struct reader *r, struct slabs *s)
{
	bool less = false;
	long long now;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		REQUIRE(write(r->shrink[i], "1", 1) == 1, "shrink %s: %s", s->slab[i].name,
			strerror(errno));
		read_slabinfo(r);
		now = active(r, &s->slab[i]);
		less |= now < s->slab[i].active;
		s->slab[i].active = now < s->slab[i].active ? now : s->slab[i].active;
	}
	return less;
}

/*
 * Each cache at its least, of readings until several of them have found no less. Who allocates a
 * single object between the shrinking of a cache and its reading has that CPU take a sheaf full
 * of them (mm/slub.c, refill_sheaf(); 60 of kmalloc-96), and all of these count as in use. So
 * nothing is opened in between, each cache is read as soon as it has been shrunk, and that on one
 * CPU. What waits for readers to be done with it is freed by a grace period, and by the callbacks
 * behind it, a second one.
 */
void slabs_read(struct slabs *s)
{
	struct clock_wait wait = clock_wait_for(SETTLE_MS);
	static struct reader r;
	unsigned int same = 0;
	cpu_set_t first, all;
	size_t i;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	REQUIRE(!sched_getaffinity(0, sizeof(all), &all), "CPUs: %s", strerror(errno));
	REQUIRE(!sched_setaffinity(0, sizeof(first), &first), "CPU 0: %s", strerror(errno));
	open_caches(&r, s);
	while (same < SETTLED) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		same = read_least(&r, s) ? 0 : same + 1;
		REQUIRE(clock_wait_again(&wait), "objects are freed for %d ms, and still are",
			SETTLE_MS);
	}
	close_caches(&r, s);
	REQUIRE(!sched_setaffinity(0, sizeof(all), &all), "CPUs: %s", strerror(errno));
	for (i = 0; i < s->nr; i++)
		s->sum += s->slab[i].active;
}

/* Return: that cache in @s, or NULL: caches come and go. */
static const struct slab *slabs_find(const struct slabs *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nr; i++) {
		if (!strcmp(s->slab[i].name, name))
			return &s->slab[i];
	}
	return NULL;
}

void slabs_show_difference(const struct slabs *before, const struct slabs *after)
{
	const struct slab *found;
	long long more;
	size_t i;

	for (i = 0; i < after->nr; i++) {
		found = slabs_find(before, after->slab[i].name);
		more = after->slab[i].active - (found ? found->active : 0);
		if (more)
			ktap_diag("%s: %+lld", after->slab[i].name, more);
	}
}
