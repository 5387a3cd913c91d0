// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes use the same virtual address with the same device at the same
 * time, and each reaches its own memory: another PASID, other data. A file
 * descriptor that one passes to the other does not carry the address space.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "process.h"

#define SIZE (64 * 1024)
#define ROUNDS 8

struct side {
	u64 seed;
	void *shared_va; /* the address that both use */
	int foreign_fd; /* a queue of the parent's, inherited */
};

/* What each child does between being told to go on, so that their DMA interleaves. */
static void side_main(struct process *parent, void *arg)
{
	const struct side *side = arg;
	struct svk_result res;
	struct svk_queue q;
	u8 *mine, *want;
	u64 round;

	mine = memory_map_at(side->shared_va, SIZE);
	want = memory_map(SIZE);
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);

	while ((round = process_hear(parent))) {
		u8 *out = memory_map(SIZE);

		memory_pattern(mine, SIZE, side->seed + round);
		memory_pattern(want, SIZE, side->seed + round);
		process_tell(parent, round);
		process_hear(parent); /* now both patterns stand at the same address */

		res = svk_queue_run(&q, svk_desc_copy(out, mine, SIZE));
		CHECK_STATUS(res, SVK_CPL_OK);
		CHECK_EQ(memory_diff(out, want, SIZE), SIZE);

		res = svk_queue_run(&q, svk_desc_fill(mine, side->seed, SIZE));
		CHECK_STATUS(res, SVK_CPL_OK);
		process_tell(parent, round);
		process_hear(parent); /* now both fills have been made */

		memset(want, (int)(side->seed & 0xff), SIZE);
		CHECK_EQ(memory_diff(mine, want, SIZE), SIZE);
		memory_unmap(out, SIZE);
		process_tell(parent, round);
	}
	svk_queue_close(&q);
}

static void stranger_main(struct process *parent, void *arg)
{
	const struct side *side = arg;
	void *portal;

	(void)parent;
	CHECK_ERRNO(__svk_queue_set_ring(side->foreign_fd, side->shared_va, 2), -EPERM);
	CHECK_ERRNO(__svk_queue_start(side->foreign_fd), -EPERM);
	CHECK_ERRNO(__svk_queue_map_portal(side->foreign_fd, &portal), -EPERM);
}

/* An address that is free in this process, hence in children forked from it. */
static void *free_address(void)
{
	void *va = memory_map(SIZE);

	memory_unmap(va, SIZE);
	return va;
}

static void tell_both(const struct process p[2], u64 value)
{
	process_tell(&p[0], value);
	process_tell(&p[1], value);
}

static void hear_both(const struct process p[2], u64 value)
{
	REQUIRE_EQ(process_hear(&p[0]), value);
	REQUIRE_EQ(process_hear(&p[1]), value);
}

FIXTURE(two_processes)
{
	unsigned int before; /* queues that nobody had open */
};

FIXTURE_SETUP(two_processes)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
}

FIXTURE_TEARDOWN(two_processes)
{
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(two_processes, reach_their_own_memory)
{
	void *va = free_address();
	struct side side[2] = {
		{.seed = 0x1111111111111111, .shared_va = va},
		{.seed = 0x2222222222222222, .shared_va = va},
	};
	struct process p[2];
	u64 pasid[2], round;

	harness_step("pasids_differ");
	process_start(&p[0], side_main, &side[0]);
	process_start(&p[1], side_main, &side[1]);
	pasid[0] = process_hear(&p[0]);
	pasid[1] = process_hear(&p[1]);
	ktap_note("pasids", "%llu %llu", (unsigned long long)pasid[0],
		  (unsigned long long)pasid[1]);
	CHECK(pasid[0] && pasid[1] && pasid[0] != pasid[1], "PASIDs %llu and %llu",
	      (unsigned long long)pasid[0], (unsigned long long)pasid[1]);

	harness_step("same_address_other_data");
	for (round = 1; round <= ROUNDS; round++) {
		tell_both(p, round); /* write your pattern */
		hear_both(p, round);
		tell_both(p, round); /* copy and fill */
		hear_both(p, round);
		tell_both(p, round); /* look */
		hear_both(p, round);
	}
	tell_both(p, 0);
	process_end(&p[0]);
	process_end(&p[1]);
}

TEST_F(two_processes, cannot_pass_a_descriptor)
{
	struct side stranger = {.shared_va = free_address(), .foreign_fd = __svk_device_open()};
	struct process other;

	REQUIRE(stranger.foreign_fd >= 0, "open: %s", strerror(-stranger.foreign_fd));
	process_start(&other, stranger_main, &stranger);
	process_end(&other);
	close(stranger.foreign_fd);
}

HARNESS_MAIN(svk_require)
