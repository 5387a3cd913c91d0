// SPDX-License-Identifier: GPL-2.0
/*
 * Round after round a device is made, a VM attaches two PASIDs, does DMA, is
 * killed at work, and the device is removed. Host PASIDs, VMs and objects of
 * the kernel's allocators are at the end what they were at the start.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/membarrier.h>
#include <dirent.h>
#include <limits.h>

#include "accel_device.h"
#include "clock.h"
#include "harness.h"
#include "mdev.h"
#include "memory.h"
#include "process.h"
#include "vm.h"

/* The first ones fill caches: per-CPU lists, names, the PASID table's pages. */
#define WARM_UP 50
#define DEFAULT_ROUNDS 1000
#define PASIDS 2
#define FILL_VA 0x400000000000ULL
#define FILL_SIZE 0x10000ULL
#define RAM (1ULL << 20)
#define SLABS "/sys/kernel/slab"
#define MAX_SLABS 128
#define SETTLED 8
#define SETTLE_MS 10000
/*
 * What the rest of the system may keep meanwhile, in objects. One that is lost
 * in thirty rounds is found by the default number of them.
 */
#define NOISE(rounds) (10 + (rounds) / 50)

static unsigned int rounds = DEFAULT_ROUNDS;
static char uuid[MDEV_UUID_SIZE];

/** struct attached - What a round has seen while its VM lived. */
struct attached {
	u32 host[PASIDS];
};

static void vm_main(struct process *parent, void *arg)
{
	struct vm_process p[PASIDS];
	struct vaccel_queue q[PASIDS];
	struct vm vm;
	u64 fill[PASIDS];
	u32 i;

	(void)arg;
	vm_init(&vm, RAM, __vfio_open_mdev(uuid));
	for (i = 0; i < PASIDS; i++) {
		vm_process_init(&p[i], &vm);
		vm_process_attach(&p[i], &vm, i + 1);
		vaccel_queue_open(&q[i], &vm.a, i, &p[i].s, i + 1);
		fill[i] = guest_space_alloc(&p[i].s, FILL_VA, FILL_SIZE);
		CHECK_STATUS(vaccel_queue_run(&q[i],
					      svk_desc_fill(vaccel_va(FILL_VA), i + 1, FILL_SIZE)),
			     SVK_CPL_OK);
	}
	/* One of them is killed at work. */
	vaccel_queue_submit_long(&q[0], &p[0].s, FILL_VA, fill[0], FILL_SIZE);
	process_tell(parent, 1);
	process_hear(parent);
}

static void run_round(struct attached *seen)
{
	struct mdev_map_row rows[PASIDS + 1];
	struct process child;
	u32 i;

	mdev_create(PASIDS, uuid);
	process_start(&child, vm_main, NULL);
	process_hear(&child);
	REQUIRE_EQ(mdev_map_read(rows, ARRAY_SIZE(rows)), PASIDS);
	for (i = 0; i < PASIDS; i++)
		seen->host[i] = rows[i].host_pasid;
	process_kill(&child);
	mdev_remove(uuid);
}

/* Gives free objects of per-CPU lists back, so that active ones can be counted. */
static void shrink_slabs(void)
{
	const struct dirent *entry;
	DIR *dir = opendir(SLABS);
	char path[PATH_MAX];

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), SLABS "/%s/shrink", entry->d_name);
		__svk_write_file(path, "1");
	}
	if (dir)
		closedir(dir);
}

/** struct slab - A cache that VFIO, iommufd, the IOMMU driver or svakit_mdev allocate from. */
struct slab {
	char name[64];
	s64 active;
};

/** struct slabs - All of them, and the sum. */
struct slabs {
	struct slab slab[MAX_SLABS];
	size_t nr;
	s64 sum;
};

static bool is_counted(const char *cache)
{
	return !strncmp(cache, "iommu_", 6) || !strncmp(cache, "kmalloc", 7) ||
	       !strncmp(cache, "kernfs_node", 11);
}

/*
 * What waits for readers to be done with it is freed: by a grace period, by the
 * callbacks behind it (a second one), and out of the lists of each CPU.
 */
static void free_what_waits(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	shrink_slabs();
}

static void slabs_read_once(struct slabs *s)
{
	FILE *file;
	char line[512];
	struct slab now;

	free_what_waits();
	file = fopen("/proc/slabinfo", "re");
	REQUIRE(file, "open /proc/slabinfo: %s", strerror(errno));
	*s = (struct slabs){.nr = 0};
	while (s->nr < MAX_SLABS && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %lld", now.name, (long long *)&now.active) != 2 ||
		    !is_counted(now.name))
			continue;
		s->slab[s->nr++] = now;
	}
	fclose(file);
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

/* Return: whether @s has become less in any cache. */
static bool slabs_least(struct slabs *s, const struct slabs *now)
{
	const struct slab *found;
	bool less = false;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		found = slabs_find(now, s->slab[i].name);
		if (found && found->active < s->slab[i].active) {
			s->slab[i].active = found->active;
			less = true;
		}
	}
	return less;
}

/*
 * Each cache at its least, of readings until several of them have found no less. Who allocates a
 * single object between a shrinking and a reading has its CPU take a sheaf full of them (mm/slub.c,
 * refill_sheaf(); 60 of kmalloc-96), and all of these count as in use: the least is without those.
 * This process does so as well. On one CPU it does so alike each time.
 */
static void slabs_read(struct slabs *s)
{
	struct clock_wait wait = clock_wait_for(SETTLE_MS);
	static struct slabs now;
	unsigned int same = 0;
	cpu_set_t first, all;
	size_t i;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	REQUIRE(!sched_getaffinity(0, sizeof(all), &all), "CPUs: %s", strerror(errno));
	REQUIRE(!sched_setaffinity(0, sizeof(first), &first), "CPU 0: %s", strerror(errno));
	slabs_read_once(s);
	while (same < SETTLED) {
		slabs_read_once(&now);
		same = slabs_least(s, &now) ? 0 : same + 1;
		REQUIRE(clock_wait_again(&wait), "objects are freed for %d ms, and still are",
			SETTLE_MS);
	}
	REQUIRE(!sched_setaffinity(0, sizeof(all), &all), "CPUs: %s", strerror(errno));
	for (i = 0; i < s->nr; i++)
		s->sum += s->slab[i].active;
}

static void slabs_show_difference(const struct slabs *before, const struct slabs *after)
{
	const struct slab *found;
	size_t i;
	s64 more;

	for (i = 0; i < after->nr; i++) {
		found = slabs_find(before, after->slab[i].name);
		more = after->slab[i].active - (found ? found->active : 0);
		if (more)
			ktap_diag("%s: %+lld", after->slab[i].name, (long long)more);
	}
}

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

/* Return: why objects cannot be counted, or NULL. */
static const char *cannot_count(void)
{
	if (access("/proc/slabinfo", R_OK))
		return "no /proc/slabinfo: build the kernel with CONFIG_SLUB_DEBUG=y";
	return has_kasan() ? "KASAN keeps freed objects; kmemleak looks for lost ones" : NULL;
}

static void rounds_leave_no_pasid(const struct attached *first, struct attached *last)
{
	u64 start = clock_us();
	unsigned int i;

	harness_step("rounds_leave_no_pasid");
	for (i = 0; i < rounds; i++)
		run_round(last);
	ktap_note("round_ms", "%.2f", (double)(clock_us() - start) / 1000 / rounds);
	/* The allocator gives the lowest free ones: each that was lost would be missing. */
	for (i = 0; i < PASIDS; i++)
		CHECK_EQ(last->host[i], first->host[i]);
	mdev_expect_idle();
}

static void rounds_leave_no_object(const struct slabs *before)
{
	static struct slabs after;
	s64 more;

	harness_step("rounds_leave_no_object");
	slabs_read(&after);
	more = after.sum - before->sum;
	ktap_note("objects", "%+lld of %lld in %u rounds", (long long)more, (long long)before->sum,
		  rounds);
	if (!CHECK(more <= NOISE(rounds), "%lld objects more after %u rounds", (long long)more,
		   rounds))
		slabs_show_difference(before, &after);
}

FIXTURE(rounds)
{
	struct slabs before;
	struct attached first;
	struct attached last;
	unsigned int available; /* queues */
	const char *cannot; /* be counted: objects */
};

FIXTURE_SETUP(rounds)
{
	unsigned int i;

	harness_begin(_metadata);
	mdev_uuid(1, uuid);
	for (i = 0; i < WARM_UP; i++)
		run_round(&self->first);
	self->available = mdev_available(1);
	self->cannot = cannot_count();
	if (!self->cannot)
		slabs_read(&self->before);
}

FIXTURE_TEARDOWN(rounds)
{
	harness_end(_metadata);
}

TEST_F_TIMEOUT(rounds, leave_nothing, 240)
{
	rounds_leave_no_pasid(&self->first, &self->last);

	harness_step("rounds_leave_no_queue");
	CHECK_EQ(mdev_available(1), self->available);

	if (self->cannot)
		ktap_note("objects", "not counted: %s", self->cannot);
	else
		rounds_leave_no_object(&self->before);
}

static void require(void)
{
	const char *given = harness_arg(0);

	if (given)
		rounds = (unsigned int)strtoul(given, NULL, 10);
	if (!rounds)
		ktap_skip_all("%s rounds: want a number, 1 or more", given);
	mdev_lend();
}

HARNESS_MAIN(require)
