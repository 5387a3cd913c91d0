// SPDX-License-Identifier: GPL-2.0
/*
 * exec() with a busy queue: the new program inherits the descriptor, but the
 * device stops, and the program can do nothing with the queue. With
 * FD_CLOEXEC the queue is back when the new program runs.
 *
 * Runs itself as the new program: exec_drops_queue --inherited QUEUE IN OUT
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "process.h"

#define SIZE (1024 * 1024)
#define CANARY 0x5a

struct shared {
	u8 target[SIZE];
	struct svk_cpl cpl __attribute__((aligned(32)));
	bool cloexec;
};

/* The new program; its queue, unless it has been closed, is of the old one's memory. */
static int inherited_main(char **argv)
{
	const struct svk_queue q = {.fd = atoi(argv[2])};
	const struct process parent = {.in = atoi(argv[3]), .out = atoi(argv[4])};
	u8 *canary = memory_map(SIZE);
	void *portal;

	ktap_child();
	memset(canary, CANARY, SIZE);
	process_tell(&parent, 1);
	if (q.fd >= 0) {
		svk_queue_wait_state(&q, SVK_QSTATE_HALTED);
		CHECK_ERRNO(__svk_queue_map_portal(q.fd, &portal), -EPERM);
		CHECK_ERRNO(__svk_queue_set_ring(q.fd, canary, 2), -EPERM);
	}
	process_hear(&parent);
	CHECK_EQ(memory_diff_byte(canary, SIZE, CANARY), SIZE);
	return ktap_child_status();
}

static void child_main(struct process *parent, void *arg)
{
	struct shared *shared = arg;
	char fd[16], in[16], out[16];
	struct svk_queue q;

	svk_queue_open(&q);
	if (shared->cloexec)
		REQUIRE_EQ(fcntl(q.fd, F_SETFD, FD_CLOEXEC), 0);
	svk_queue_submit_long(&q, shared->target, SIZE, &shared->cpl);

	snprintf(fd, sizeof(fd), "%d", shared->cloexec ? -1 : q.fd);
	snprintf(in, sizeof(in), "%d", parent->in);
	snprintf(out, sizeof(out), "%d", parent->out);
	execl("/proc/self/exe", "exec_drops_queue", "--inherited", fd, in, out, NULL);
	REQUIRE(false, "exec of /proc/self/exe: %s", strerror(errno));
}

/* Exec a child whose queue is busy, and see that its device has stopped when it runs again. */
static void run(bool cloexec, unsigned int instances)
{
	struct shared *shared = memory_map_shared(sizeof(*shared));
	u8 *seen = memory_map(SIZE);
	struct process child;
	struct svk_queue q;

	shared->cloexec = cloexec;
	process_start(&child, child_main, shared);
	process_hear(&child);
	memcpy(seen, shared->target, SIZE);
	CHECK_EQ(le32_to_cpu(shared->cpl.status), SVK_CPL_PENDING);
	CHECK_EQ(svk_device_instances(), instances);

	/* Work of our own: had the child's been going on, it would have moved, too. */
	svk_queue_open(&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_crc32c(seen, 0, SIZE)), SVK_CPL_OK);
	svk_queue_close(&q);
	CHECK_EQ(memory_diff(seen, shared->target, SIZE), SIZE);

	process_tell(&child, 1);
	process_end(&child);
	memory_unmap(seen, SIZE);
	memory_unmap(shared, sizeof(*shared));
}

FIXTURE(exec)
{
	unsigned int before; /* queues that nobody had open */
};

FIXTURE_SETUP(exec)
{
	harness_begin(_metadata);
	/* Linux means to suppress these, and fails to: docs/findings.md. */
	ktap_expect_device_faults("a process ends while the device works for it");
	self->before = svk_device_instances();
}

FIXTURE_TEARDOWN(exec)
{
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(exec, inherited_queue_is_dead)
{
	run(false, self->before - 1);
}

TEST_F(exec, cloexec_queue_is_closed)
{
	run(true, self->before);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "--inherited"))
		return inherited_main(argv);
	return harness_run(argc, argv, svk_require);
}
