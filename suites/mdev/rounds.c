// SPDX-License-Identifier: GPL-2.0
/*
 * Round after round a device is made, a VM attaches two PASIDs, does DMA, is
 * killed at work, and the device is removed. Host PASIDs, VMs and objects of
 * the kernel's allocators are at the end what they were at the start.
 */
#include <stdlib.h>

#include "accel_device.h"
#include "clock.h"
#include "harness.h"
#include "mdev.h"
#include "memory.h"
#include "process.h"
#include "slabs.h"
#include "vm.h"

/* The first ones fill caches: per-CPU lists, names, the PASID table's pages. */
#define WARM_UP 50
#define FULL_ROUNDS 1000
#define ROUNDS 250
#define PASIDS 2
#define FILL_VA 0x400000000000ULL
#define FILL_SIZE 0x10000ULL
#define RAM (1ULL << 20)
/*
 * What the rest of the system may keep meanwhile, in objects. One that is lost
 * in thirty rounds is found by a thousand of them.
 */
#define NOISE(rounds) (10 + (rounds) / 50)

static unsigned int rounds = ROUNDS;
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
	long long more;

	harness_step("rounds_leave_no_object");
	slabs_read(&after);
	more = after.sum - before->sum;
	ktap_note("objects", "%+lld of %lld in %u rounds", more, before->sum, rounds);
	if (!CHECK(more <= NOISE(rounds), "%lld objects more after %u rounds", more, rounds))
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
	self->cannot = slabs_cannot_count();
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

	if (harness_full())
		rounds = FULL_ROUNDS;
	if (given)
		rounds = (unsigned int)strtoul(given, NULL, 10);
	if (!rounds)
		ktap_skip_all("%s rounds: want a number, 1 or more", given);
	mdev_lend();
}

HARNESS_MAIN(require)
