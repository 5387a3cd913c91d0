// SPDX-License-Identifier: GPL-2.0
/*
 * The process forks while its device works: each time all of its pages become
 * read-only, for the device as well, and what it writes next goes into a copy. The
 * child keeps what was there when it was made, to the byte, however long the
 * device of its parent goes on; and the parent never sees what the child
 * writes.
 *
 * Would catch an invalidation that is missing from dup_mmap() or wp_page_copy()
 * where it counts: with accesses under way.
 */
#include "accel_device.h"
#include "crc32c.h"
#include "harness.h"
#include "load.h"
#include "process.h"

#define QUEUES 2U

FIXTURE(fork_cow)
{
	struct load load;
};

FIXTURE_SETUP(fork_cow)
{
	harness_begin(_metadata);
	load_start(&self->load, (struct load_options){.queues = QUEUES});
}

FIXTURE_TEARDOWN(fork_cow)
{
	load_stop(&self->load);
	harness_end(_metadata);
}

static u32 crc_of_all(const struct load *l)
{
	u32 crc = 0;
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		crc = crc32c(crc, load_memory(l, i), LOAD_USED);
	return crc;
}

/* Answers each word of its parent; what it has is what it had. */
static void keeper_main(struct process *parent, void *arg)
{
	const struct load *l = arg;
	u32 before = crc_of_all(l);

	process_tell(parent, 1);
	while (process_hear(parent)) {
		CHECK_EQ(crc_of_all(l), before);
		process_tell(parent, 1);
	}
}

/* As keeper_main(), but it writes to every page first. */
static void writer_main(struct process *parent, void *arg)
{
	const struct load *l = arg;
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		memory_pattern(load_memory(l, i), LOAD_USED, i);
	keeper_main(parent, arg);
}

/* Much of it is written again, and the child sees nothing of that. */
static void look(FIXTURE_DATA(fork_cow) *t, struct process *child, u64 blocks)
{
	load_pass(&t->load, blocks);
	process_tell(child, 1);
	process_hear(child);
}

static void part(struct process *child)
{
	process_tell(child, 0);
	process_end(child);
}

TEST_F_TIMEOUT(fork_cow, child_keeps_its_pages, 100)
{
	unsigned int round, rounds = load_rounds(2, 6);
	struct process child;

	for (round = 0; round < rounds; round++) {
		process_start(&child, round % 2 ? writer_main : keeper_main, &self->load);
		process_hear(&child);
		look(self, &child, LOAD_WINDOW);
		look(self, &child, LOAD_SLOTS / 2);
		part(&child);
	}
	CHECK(load_faults(&self->load), "no device has met a page of two processes");
}

/* A page is shared by many. */
TEST_F_TIMEOUT(fork_cow, many_children, 100)
{
	unsigned int i, round, rounds = load_rounds(1, 2);
	struct process child[3];

	for (round = 0; round < rounds; round++) {
		for (i = 0; i < ARRAY_SIZE(child); i++) {
			process_start(&child[i], i % 2 ? writer_main : keeper_main, &self->load);
			load_pass(&self->load, 1);
		}
		for (i = 0; i < ARRAY_SIZE(child); i++)
			process_hear(&child[i]);
		load_pass(&self->load, LOAD_SLOTS / 2);
		for (i = 0; i < ARRAY_SIZE(child); i++) {
			look(self, &child[i], LOAD_WINDOW);
			part(&child[i]);
		}
	}
}

HARNESS_MAIN(svk_require_root)
