// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU is killed (SIGKILL) while both of its devices write to the memory of processes in its VM.
 * When it has been reaped nothing is written any more, nothing is stale, and what L1 had given
 * away is back: PASID entries, host PASIDs, page tables, pinned pages, queues. The next VM has the
 * same devices, and they work. suites/mdev/kill.c has a process as VMM; here it is the real one,
 * with all that it holds: KVM, mappings of portals, eventfds, memory pinned as a whole.
 *
 * Would see a PASID, a table, or a pin that outlives its VMM, and a device that is stopped after
 * its memory has been given away. Nobody asks for anything on this way: only the release of
 * descriptors tears down.
 *
 * usage: vm_kill PATH
 */
#include "counts.h"
#include "harness.h"
#include "l2.h"
#include "l2_agent.h"
#include "lab.h"
#include "mdev.h"
#include "pf.h"

#define TABLES 2 /* of the mediated device: without PASID, and its process's */

FIXTURE(vm_kill)
{
	struct l2 vm;
	struct l2_config config;
	struct l2_busy busy[L2_DEVICES];
	struct l2_host before;
	unsigned int queues; /* that were free */
	char uuid[MDEV_UUID_SIZE];
};

FIXTURE_SETUP(vm_kill)
{
	harness_begin(_metadata);
	REQUIRE(svk_lab_elsewhere(), "no accelerator is left for L1 to read registers of");
	self->queues = mdev_available(1);
	mdev_uuid(0x74, self->uuid);
	mdev_create(2, self->uuid);
	self->config = (struct l2_config){
		.name = "killed", .devices = L2_HAS_PF | L2_HAS_MDEV, .uuid = self->uuid};
	self->before = l2_host();
}

FIXTURE_TEARDOWN(vm_kill)
{
	l2_cleanup(&self->vm);
	mdev_remove(self->uuid);
	CHECK_EQ(mdev_available(1), self->queues);
	harness_end(_metadata);
}

/* Return: the sum of the host PASIDs of the mediated device. */
static u32 both_busy(FIXTURE_DATA(vm_kill) *self)
{
	struct mdev_map_row rows[TABLES + 1];
	u32 hosts = 0;
	int i;

	for (i = 0; i < L2_DEVICES; i++)
		l2_busy(&self->vm, i, &self->busy[i]);
	CHECK(l2_host_has_pasid(pf_given(), self->busy[L2_PF].pasid), "no entry for PASID %u of %s",
	      self->busy[L2_PF].pasid, pf_given());
	REQUIRE_EQ(mdev_map_read(rows, ARRAY_SIZE(rows)), TABLES);
	for (i = 0; i < TABLES; i++) {
		CHECK(l2_host_has_pasid(mdev_parent(), rows[i].host_pasid),
		      "no entry for PASID %u of %s", rows[i].host_pasid, mdev_parent());
		hosts += rows[i].host_pasid;
	}
	return hosts;
}

static void expect_nothing_left(FIXTURE_DATA(vm_kill) *self)
{
	u64 bytes = counts_read(SVK_LAB_BYTES);
	int i;

	for (i = 0; i < L2_DEVICES; i++)
		l2_expect_unwritten(&self->vm, &self->busy[i]);
	CHECK_EQ(counts_read(SVK_LAB_BYTES), bytes);
	mdev_expect_idle();
	/* The memory itself is still the test's, but no longer pinned. */
	l2_expect_host(&self->before);
}

TEST_F_TIMEOUT(vm_kill, stops_the_devices_and_returns_everything, 170)
{
	u32 hosts;

	harness_step("both_devices_write");
	l2_start(&self->vm, &self->config);
	hosts = both_busy(self);

	harness_step("nothing_is_left_after_the_kill");
	l2_kill(&self->vm);
	expect_nothing_left(self);
	l2_cleanup(&self->vm);

	harness_step("the_next_vm_works");
	l2_start(&self->vm, &self->config);
	/* The allocator gives the lowest free ones: all are free again. */
	CHECK_EQ(both_busy(self), hosts);
	l2_expect_copy(&self->vm, L2_PF);
	l2_expect_copy(&self->vm, L2_MDEV);
	l2_shut_down(&self->vm);
	mdev_expect_idle();
	l2_expect_host(&self->before);
}

L2_MAIN(NULL)
