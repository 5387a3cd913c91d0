// SPDX-License-Identifier: GPL-2.0
/*
 * Children come and go beside a device at work: some replace themselves by another
 * program, some have queues of their own, and exec, exit or are killed while these
 * are busy with what they have inherited. PASIDs are given out and taken back all
 * the while, page tables freed; the parent's device notices nothing, and nothing
 * of the children is left.
 *
 * Would have caught "iommu/vt-d: Fix a deadlock in intel_svm_drain_prq()"
 * (6ef0505158f7), "iommu/sva: Fix PASID use-after-free issue", and a PASID
 * that leads to its next owner too early.
 *
 * Runs itself as the other program: fork_exec --other
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "harness.h"
#include "load.h"
#include "process.h"

#define QUEUES 1U /* and one for each child: a mediated device has four */
#define SIZE (256UL * 1024)

/* What a child does. */
enum way {
	EXEC,
	EXIT_BUSY,
	EXEC_BUSY,
	KILLED_BUSY,
	WAYS
};

FIXTURE(fork_exec)
{
	struct load load;
	unsigned int instances;
};

FIXTURE_SETUP(fork_exec)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("a child ends while its queue is busy");
	self->instances = svk_device_instances();
	load_start(&self->load, (struct load_options){.queues = QUEUES});
}

FIXTURE_TEARDOWN(fork_exec)
{
	load_stop(&self->load);
	CHECK_EQ(svk_device_instances(), self->instances);
	harness_end(_metadata);
}

/* What the child is given. */
struct order {
	const struct load *load;
	enum way way;
};

static void child_main(struct process *parent, void *arg)
{
	const struct order *order = arg;
	struct svk_cpl *cpl = memory_map(memory_page());
	struct svk_queue q;

	if (order->way != EXEC) {
		svk_queue_open(&q);
		svk_queue_submit_long(&q, load_memory(order->load, 0), SIZE, cpl);
	}
	process_tell(parent, 1);
	if (order->way == KILLED_BUSY)
		process_hear(parent);
	if (order->way == EXEC || order->way == EXEC_BUSY) {
		execl("/proc/self/exe", "fork_exec", "--other", NULL);
		REQUIRE(false, "exec of /proc/self/exe: %s", strerror(errno));
	}
}

TEST_F_TIMEOUT(fork_exec, storm, 100)
{
	unsigned int i, round, rounds = load_rounds(2, 10);
	struct process child[WAYS];

	for (round = 0; round < rounds; round++) {
		for (i = 0; i < WAYS; i++) {
			struct order order = {&self->load, (enum way)i};

			process_start(&child[i], child_main, &order);
		}
		for (i = 0; i < WAYS; i++)
			process_hear(&child[i]);
		load_pass(&self->load, 1);
		process_kill(&child[KILLED_BUSY]);
		for (i = 0; i < KILLED_BUSY; i++)
			process_end(&child[i]);
		load_pass(&self->load, LOAD_WINDOW);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--other"))
		return 0;
	exit(harness_run(argc, argv, svk_require_root));
}
