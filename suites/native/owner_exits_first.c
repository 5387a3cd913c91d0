// SPDX-License-Identifier: GPL-2.0
/*
 * A process ends while its queue is busy, and another one still holds the
 * descriptor: the device stops with the owner, the holder gets nothing of it,
 * and the queue comes back when the holder closes.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "process.h"

#define SIZE (1024 * 1024)

struct shared {
	u8 target[SIZE];
	struct svk_cpl cpl __attribute__((aligned(32)));
};

static void owner_main(struct process *parent, void *arg)
{
	struct shared *shared = arg;
	struct svk_queue q;

	svk_queue_open(&q);
	svk_queue_submit_long(&q, shared->target, SIZE, &shared->cpl);
	process_tell(parent, (u64)q.fd);
	/* to be allowed to end, once the descriptor has been taken over */
	process_hear(parent);
	_exit(ktap_child_status());
}

static int take_over(pid_t pid, u64 remote_fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd;

	REQUIRE(pidfd >= 0, "pidfd_open: %s", strerror(errno));
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)remote_fd, 0);
	REQUIRE(fd >= 0, "pidfd_getfd: %s", strerror(errno));
	close(pidfd);
	return fd;
}

FIXTURE(owner)
{
	unsigned int before; /* queues that nobody had open */
};

FIXTURE_SETUP(owner)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
}

FIXTURE_TEARDOWN(owner)
{
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(owner, exits_first)
{
	struct shared *shared = memory_map_shared(sizeof(*shared));
	u8 *seen = memory_map(SIZE);
	struct process owner;
	struct svk_queue q;
	void *portal;

	/* Linux means to suppress these, and fails to: docs/findings.md. */
	ktap_expect_device_faults("a process ends while the device works for it");

	harness_step("owner_ends_while_busy");
	process_start(&owner, owner_main, shared);
	q.fd = take_over(owner.pid, process_hear(&owner));
	process_tell(&owner, 1);
	process_end(&owner);
	CHECK_EQ(le32_to_cpu(shared->cpl.status), SVK_CPL_PENDING);

	harness_step("device_stops_with_the_owner");
	memcpy(seen, shared->target, SIZE);
	svk_queue_wait_state(&q, SVK_QSTATE_HALTED);
	CHECK_EQ(memory_diff(seen, shared->target, SIZE), SIZE);

	harness_step("holder_is_refused");
	CHECK_ERRNO(__svk_queue_map_portal(q.fd, &portal), -EPERM);
	CHECK_ERRNO(__svk_queue_set_ring(q.fd, seen, 2), -EPERM);
	CHECK_EQ(svk_device_instances(), self->before - 1);

	harness_step("queue_comes_back_on_close");
	REQUIRE_EQ(close(q.fd), 0);
	CHECK_EQ(svk_device_instances(), self->before);
}

HARNESS_MAIN(svk_require)
