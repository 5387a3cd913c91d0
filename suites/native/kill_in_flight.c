// SPDX-License-Identifier: GPL-2.0
/*
 * A process is killed while the device writes to its memory. When it has been
 * reaped the device has stopped: what it wrote to does not change any more, and
 * whoever gets the pages next keeps what he puts there.
 */
#include <string.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "process.h"

#define SIZE (4 * 1024 * 1024)
#define ROUNDS 4
#define CANARY 0xc3

struct shared {
	u8 target[SIZE];
	struct svk_cpl cpl[2] __attribute__((aligned(32)));
};

/* One queue writes to memory that stays, one to memory that is freed by the kill. */
static void victim_main(struct process *parent, void *arg)
{
	struct shared *shared = arg;
	struct svk_queue stays, goes;

	svk_queue_open(&stays);
	svk_queue_open(&goes);
	svk_queue_submit_long(&stays, shared->target, SIZE, &shared->cpl[0]);
	svk_queue_submit_long(&goes, memory_map(SIZE), SIZE, &shared->cpl[1]);
	process_tell(parent, 1);
	process_hear(parent);
}

static void kill_one(struct shared *shared, u8 *seen)
{
	const volatile u64 *first = (const void *)shared->target;
	struct process victim;
	u8 *reused;

	memset(shared, 0, sizeof(*shared));
	process_start(&victim, victim_main, shared);
	process_hear(&victim);
	/* seen from here: it is writing now */
	memory_wait_change(first, *first);
	process_kill(&victim);

	/* Most likely the victim's pages, since they have just been freed. */
	reused = memory_map(2 * SIZE);
	memset(reused, CANARY, 2 * SIZE);
	memcpy(seen, shared->target, SIZE);
	CHECK_EQ(le32_to_cpu(shared->cpl[0].status), SVK_CPL_PENDING);
	CHECK_EQ(le32_to_cpu(shared->cpl[1].status), SVK_CPL_PENDING);

	CHECK_EQ(memory_diff_byte(reused, 2 * SIZE, CANARY), 2 * SIZE);
	CHECK_EQ(memory_diff(seen, shared->target, SIZE), SIZE);
	memory_unmap(reused, 2 * SIZE);
}

FIXTURE(kill)
{
	unsigned int before; /* queues that nobody had open */
};

FIXTURE_SETUP(kill)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
}

FIXTURE_TEARDOWN(kill)
{
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(kill, stops_the_device)
{
	struct shared *shared = memory_map_shared(sizeof(*shared));
	u8 *seen = memory_map(SIZE), *copy;
	struct svk_queue q;
	int round;

	/* Linux means to suppress these, and fails to: docs/findings.md. */
	ktap_expect_device_faults("a process ends while the device works for it");

	harness_step("nothing_is_written_after_the_kill");
	for (round = 0; round < ROUNDS; round++)
		kill_one(shared, seen);

	harness_step("device_still_works");
	copy = memory_map(SIZE);
	svk_queue_open(&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(copy, seen, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(copy, seen, SIZE), SIZE);
	svk_queue_close(&q);
}

HARNESS_MAIN(svk_require)
