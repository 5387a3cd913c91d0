// SPDX-License-Identifier: GPL-2.0
/*
 * Binding a process to one device: a PASID belongs to the process, all its queues have it, it leads
 * to the process's memory until the last of them is closed, and to nothing afterwards. As long as
 * somebody holds a queue of a process that has ended, nobody else gets the PASID.
 *
 * Would have caught "iommu/sva: Restore SVA handle sharing" where a second bind has another PASID
 * or the first unbind ends both; "iommu/sva: Fix PASID use-after-free issue" where the PASID is
 * given to another process while a queue still has it; and CVE-2026-23429 ("iommu/sva: Fix crash in
 * iommu_sva_unbind_device()"), where the unbind of a process that is gone uses its freed memory.
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
#include "raw_queue.h"

#define SIZE (64 * 1024)
#define QUEUES 2 /* a small mediated device has no more */
#define ROUNDS 8

FIXTURE(bind)
{
	struct svk_queue q[QUEUES];
	u8 *src;
	u8 *dst;
	struct svk_desc *ring; /* one descriptor, for svk_raw_fetch() */
};

FIXTURE_SETUP(bind)
{
	int i;

	harness_begin(_metadata);
	self->src = memory_map(SIZE);
	self->dst = memory_map(SIZE);
	self->ring = memory_map(memory_page());
	self->ring[0] = svk_desc_nop();
	memory_pattern(self->src, SIZE, 1);
	for (i = 0; i < QUEUES; i++)
		svk_queue_open(&self->q[i]);
}

FIXTURE_TEARDOWN(bind)
{
	int i;

	for (i = 0; i < QUEUES; i++)
		svk_queue_close(&self->q[i]);
	harness_end(_metadata);
}

static void expect_dma(FIXTURE_DATA(bind) *t, struct svk_queue *q)
{
	memset(t->dst, 0, SIZE);
	CHECK_STATUS(svk_queue_run(q, svk_desc_copy(t->dst, t->src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(t->src, t->dst, SIZE), SIZE);
}

static void expect_refused(u32 pasid, const void *ring)
{
	enum svk_queue_err err = svk_raw_fetch(pasid, ring);

	CHECK(err == SVK_QERR_RING_FAULT || err == SVK_QERR_CONFIG,
	      "the device has fetched a descriptor with PASID %u, which is not bound", pasid);
}

TEST_F(bind, queues_of_a_process_share_its_pasid)
{
	u32 pasid = svk_queue_info(&self->q[0]).pasid;
	int i;

	CHECK(pasid, "the PASID of a process is 0");
	for (i = 0; i < QUEUES; i++) {
		CHECK_EQ(svk_queue_info(&self->q[i]).pasid, pasid);
		expect_dma(self, &self->q[i]);
	}
}

TEST_F(bind, last_unbind_ends_access)
{
	u32 pasid = svk_queue_info(&self->q[0]).pasid;
	int i;

	ktap_expect_device_faults("the device uses a PASID that is not bound any more");
	for (i = 0; i < QUEUES - 1; i++) {
		svk_queue_close(&self->q[i]);
		expect_dma(self, &self->q[QUEUES - 1]);
		CHECK_EQ(svk_raw_fetch(pasid, self->ring), SVK_QERR_NONE);
	}
	svk_queue_close(&self->q[QUEUES - 1]);
	expect_refused(pasid, self->ring);
}

/* The PASID is the process's as long as it lives, bound or not. */
TEST_F(bind, bound_again_it_works_again)
{
	u32 pasid = svk_queue_info(&self->q[0]).pasid;
	int i, round;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < QUEUES; i++)
			svk_queue_close(&self->q[i]);
		svk_queue_open(&self->q[0]);
		CHECK_EQ(svk_queue_info(&self->q[0]).pasid, pasid);
		expect_dma(self, &self->q[0]);
	}
}

static void owner_main(struct process *parent, void *arg)
{
	struct svk_queue q;

	(void)arg;
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);
	process_tell(parent, (u64)q.fd);
	process_hear(parent);
	_exit(ktap_child_status());
}

/* Return: its PASID. */
static u32 start_owner(struct process *owner, int *fd)
{
	int pidfd;
	u32 pasid;

	process_start(owner, owner_main, NULL);
	pasid = (u32)process_hear(owner);
	pidfd = (int)syscall(SYS_pidfd_open, owner->pid, 0);
	REQUIRE(pidfd >= 0, "pidfd_open: %s", strerror(errno));
	*fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)process_hear(owner), 0);
	REQUIRE(*fd >= 0, "pidfd_getfd: %s", strerror(errno));
	close(pidfd);
	return pasid;
}

static void end_owner(struct process *owner)
{
	process_tell(owner, 1);
	process_end(owner);
}

TEST_F(bind, pasid_is_not_given_away_while_a_queue_has_it)
{
	struct process owner, other;
	u32 pasid, next;
	int fd, other_fd;

	ktap_expect_device_faults("the device uses a PASID whose process has ended");
	/* two queues at once are for the processes */
	svk_queue_close(&self->q[0]);
	svk_queue_close(&self->q[1]);
	pasid = start_owner(&owner, &fd);
	end_owner(&owner);
	expect_refused(pasid, self->ring);

	next = start_owner(&other, &other_fd);
	CHECK(next != pasid, "PASID %u is another process's while a queue still has it", pasid);
	end_owner(&other);
	/* the last reference to the process's memory goes with these */
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(close(other_fd), 0);
	svk_queue_open(&self->q[0]);
	expect_dma(self, &self->q[0]);
}

HARNESS_MAIN(svk_require_root)
