// SPDX-License-Identifier: GPL-2.0
/*
 * All that the other tests of this folder do, in one process and in any order:
 * khugepaged, KSM and reclaim work beside it, and what is done next is drawn from
 * SVAKIT_SEED (1 if there is none), so that a course of events can be had
 * again. What one does to a page table another one meets half done.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "cgroup.h"
#include "crc32c.h"
#include "harness.h"
#include "huge.h"
#include "ksm.h"
#include "load.h"
#include "oracle.h"
#include "process.h"
#include "swap.h"

/* A mediated device has four; one is left for a child. */
#define QUEUES 3U
#define SPACE (64UL << 20)
#define KEEPERS 2U
#define PART (128UL * 1024)
#define COMPACT "/proc/sys/vm/compact_memory"

FIXTURE(mixed)
{
	struct load load;
	struct khugepaged khugepaged;
	struct ksm ksm;
	struct process keeper[KEEPERS];
	bool kept[KEEPERS];
	unsigned int seed;
};

FIXTURE_SETUP(mixed)
{
	const char *seed = getenv("SVAKIT_SEED");
	unsigned int i;

	harness_begin(_metadata);
	ktap_expect_device_faults("a child ends while its queue is busy");
	self->seed = (unsigned int)strtoull(seed ? seed : "1", NULL, 0);
	swap_on(SPACE);
	cgroup_begin();
	load_start(&self->load, (struct load_options){.queues = QUEUES, .alike = true});
	khugepaged_begin(&self->khugepaged);
	ksm_begin(&self->ksm);
	for (i = 0; i < QUEUES; i++)
		REQUIRE(!madvise(load_memory(&self->load, i), MEMORY_HUGE, MADV_MERGEABLE),
			"MADV_MERGEABLE: %s", strerror(errno));
}

FIXTURE_TEARDOWN(mixed)
{
	unsigned int i;

	for (i = 0; i < KEEPERS; i++)
		if (self->kept[i])
			process_kill(&self->keeper[i]);
	load_stop(&self->load);
	ksm_end(&self->ksm);
	khugepaged_end(&self->khugepaged);
	cgroup_end();
	swap_off();
	harness_end(_metadata);
}

static unsigned int draw(FIXTURE_DATA(mixed) *t, unsigned int below)
{
	return (unsigned int)rand_r(&t->seed) % below;
}

static u8 *any_block(FIXTURE_DATA(mixed) *t)
{
	return load_memory(&t->load, draw(t, QUEUES));
}

static u8 *any_part(FIXTURE_DATA(mixed) *t)
{
	return any_block(t) + draw(t, MEMORY_HUGE / PART) * PART;
}

static void compact(FIXTURE_DATA(mixed) *t)
{
	(void)t;
	REQUIRE_ERRNO(__svk_write_file(COMPACT, "1"), 0);
}

/* It may be refused: khugepaged, KSM or swap have some of its pages. */
static void collapse(FIXTURE_DATA(mixed) *t)
{
	int ret = __huge_collapse(any_block(t));

	CHECK(!ret || ret == -EAGAIN || ret == -EINVAL || ret == -ENOMEM || ret == -EBUSY,
	      "MADV_COLLAPSE: %s", strerror(-ret));
}

static void split(FIXTURE_DATA(mixed) *t)
{
	huge_split(any_block(t));
}

static void drop_spare(FIXTURE_DATA(mixed) *t)
{
	u8 *page = any_block(t) + LOAD_USED + draw(t, LOAD_SPARE / PART) * PART;

	REQUIRE(!madvise(page, PART, MADV_DONTNEED), "MADV_DONTNEED: %s", strerror(errno));
	oracle_settle();
	*page = 1;
}

static void protect_spare(FIXTURE_DATA(mixed) *t)
{
	u8 *page = any_block(t) + LOAD_USED + draw(t, LOAD_SPARE / PART) * PART;

	memory_protect(page, PART, PROT_READ);
	memory_protect(page, PART, PROT_READ | PROT_WRITE);
}

static void page_out(FIXTURE_DATA(mixed) *t)
{
	swap_out(any_part(t), PART);
}

static void reclaim(FIXTURE_DATA(mixed) *t)
{
	int ret = cgroup_set("memory.reclaim", "1M");

	(void)t;
	REQUIRE(!ret || ret == -EAGAIN, "memory.reclaim: %s", strerror(-ret));
}

static void swap_goes(FIXTURE_DATA(mixed) *t)
{
	(void)t;
	swap_off();
	swap_on(SPACE);
}

static void unmerge(FIXTURE_DATA(mixed) *t)
{
	u8 *block = any_block(t);
	int ret = madvise(block, MEMORY_HUGE, MADV_UNMERGEABLE);

	if (!ret)
		ret = madvise(block, MEMORY_HUGE, MADV_MERGEABLE);
	REQUIRE(!ret, "MADV_UNMERGEABLE: %s", strerror(errno));
	oracle_settle();
}

static u32 crc_of_all(const struct load *l)
{
	u32 crc = 0;
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		crc = crc32c(crc, load_memory(l, i), LOAD_USED);
	return crc;
}

static void keeper_main(struct process *parent, void *arg)
{
	u32 before = crc_of_all(arg);
	u64 word;

	process_tell(parent, 1);
	/* Without a deadline: it is kept for as long as nobody else comes. */
	CHECK(read(parent->in, &word, sizeof(word)) == sizeof(word), "the parent ended");
	CHECK_EQ(crc_of_all(arg), before);
}

/* A child is made, and keeps what it has until the next one takes its place. */
static void keep(FIXTURE_DATA(mixed) *t)
{
	unsigned int i = draw(t, KEEPERS);

	if (t->kept[i]) {
		process_tell(&t->keeper[i], 1);
		process_end(&t->keeper[i]);
	}
	process_start(&t->keeper[i], keeper_main, &t->load);
	t->kept[i] = true;
	process_hear(&t->keeper[i]);
}

static void busy_main(struct process *parent, void *arg)
{
	struct svk_cpl *cpl = memory_map(memory_page());
	struct svk_queue q;

	(void)parent;
	svk_queue_open(&q);
	svk_queue_submit_long(&q, load_memory(arg, 0), PART, cpl);
	execl("/proc/self/exe", "mixed", "--other", NULL);
	REQUIRE(false, "exec of /proc/self/exe: %s", strerror(errno));
}

static void exec_busy(FIXTURE_DATA(mixed) *t)
{
	struct process child;

	process_start(&child, busy_main, &t->load);
	process_end(&child);
}

static const struct upset {
	const char *name;
	void (*run)(FIXTURE_DATA(mixed) *t);
} upsets[] = {
	{"compact", compact},
	{"collapse", collapse},
	{"split", split},
	{"drop_spare", drop_spare},
	{"protect_spare", protect_spare},
	{"page_out", page_out},
	{"reclaim", reclaim},
	{"swap_goes", swap_goes},
	{"unmerge", unmerge},
	{"keep", keep},
	{"exec_busy", exec_busy},
};

TEST_F_TIMEOUT(mixed, everything, 280)
{
	unsigned int round, rounds = load_rounds(60, 100), which;
	unsigned int count[ARRAY_SIZE(upsets)] = {0};

	for (round = 0; round < rounds; round++) {
		which = draw(self, ARRAY_SIZE(upsets));
		count[which]++;
		upsets[which].run(self);
		load_pass(&self->load, 1);
	}
	for (which = 0; which < ARRAY_SIZE(upsets); which++)
		ktap_note(upsets[which].name, "%u", count[which]);
}

static void require(void)
{
	svk_require_root();
	huge_require();
	ksm_require();
	swap_require();
	cgroup_require();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--other"))
		return 0;
	exit(harness_run(argc, argv, require));
}
