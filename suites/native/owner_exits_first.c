// SPDX-License-Identifier: GPL-2.0
/*
 * A process ends while its queue is busy, and another one still holds the
 * descriptor: the device stops with the owner, the holder gets nothing of it,
 * its PASID belongs to nobody else, and the queue comes back when the holder closes.
 *
 * Would have caught 2667ed10d9f0 ("mm: Fix PASID use-after-free issue").
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
	process_tell(parent, svk_queue_info(&q).pasid);
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

/* Somebody else binds while the dead owner's PASID is still in the device's table. */
static void newcomer_main(struct process *parent, void *arg)
{
	u32 taken = *(u32 *)arg, pasid;
	struct svk_queue q;
	u8 *src, *dst;
	int ret;

	(void)parent;
	src = memory_map(SIZE);
	dst = memory_map(SIZE);
	memory_pattern(src, SIZE, 1);
	ret = __svk_queue_open(&q);
	REQUIRE(!ret, "open while a dead process's PASID %u is still bound: %s", taken,
		strerror(-ret));
	pasid = svk_queue_info(&q).pasid;
	CHECK(pasid != taken, "PASID %u was given to two processes", taken);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	svk_queue_close(&q);
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
	struct process owner, newcomer;
	struct svk_queue q;
	void *portal;
	u32 pasid;

	/* Linux means to suppress these, and fails to: docs/findings.md. */
	ktap_expect_device_faults("a process ends while the device works for it");

	harness_step("owner_ends_while_busy");
	process_start(&owner, owner_main, shared);
	pasid = (u32)process_hear(&owner);
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

	harness_step("its_pasid_is_not_given_again");
	process_start(&newcomer, newcomer_main, &pasid);
	process_end(&newcomer);

	harness_step("queue_comes_back_on_close");
	REQUIRE_EQ(close(q.fd), 0);
	CHECK_EQ(svk_device_instances(), self->before);
}

HARNESS_MAIN(svk_require)
