// SPDX-License-Identifier: GPL-2.0
/*
 * Accelerators are unplugged from a VM while they write to the memory of processes in it, first
 * one, while the other works on, then both: nothing is written any more, the process learns that
 * its device is gone, and PASIDs, tables and memory come back to L1. Plugged in again, they work.
 *
 * Would see a VMM, or a VFIO driver, that lets go of a device and not of its PASIDs; in the VM,
 * what "uacce: ensure safe queue release with state management" guards: a queue is open when the
 * device goes, and is closed afterwards.
 *
 * usage: vm_hotplug PATH
 */
#include "counts.h"
#include "harness.h"
#include "l2.h"
#include "l2_agent.h"
#include "lab.h"
#include "mdev.h"
#include "pf.h"

#define BOTH (L2_HAS_PF | L2_HAS_MDEV)

FIXTURE(vm_hotplug)
{
	struct l2 vm;
	struct l2_busy busy[L2_DEVICES];
	struct l2_host before; /* there was a VM */
	struct l2_host idle; /* a VM that has just come up */
	char uuid[MDEV_UUID_SIZE];
};

FIXTURE_SETUP(vm_hotplug)
{
	struct l2_config config = {.name = "hotplug", .devices = BOTH, .slots = true};

	harness_begin(_metadata);
	REQUIRE(svk_lab_elsewhere(), "no accelerator is left for L1 to read registers of");
	mdev_uuid(0x73, self->uuid);
	mdev_create(2, self->uuid);
	config.uuid = self->uuid;
	self->before = l2_host();
	l2_start(&self->vm, &config);
	self->idle = l2_host();
}

FIXTURE_TEARDOWN(vm_hotplug)
{
	l2_cleanup(&self->vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

static void one_goes_and_comes(FIXTURE_DATA(vm_hotplug) *self)
{
	harness_step("one_goes");
	l2_busy(&self->vm, L2_PF, &self->busy[L2_PF]);
	l2_busy(&self->vm, L2_MDEV, &self->busy[L2_MDEV]);
	l2_unplug(&self->vm, L2_HAS_MDEV);
	l2_expect_unwritten(&self->vm, &self->busy[L2_MDEV]);
	l2_expect_lost(&self->vm, L2_MDEV);
	mdev_expect_idle();
	CHECK_EQ(l2_host_pasids(mdev_parent()), self->before.parent_pasids);
	l2_expect_written(&self->vm, &self->busy[L2_PF]);
	CHECK(l2_host_has_pasid(pf_given(), self->busy[L2_PF].pasid), "no entry for PASID %u of %s",
	      self->busy[L2_PF].pasid, pf_given());

	harness_step("it_comes_back");
	l2_plug(&self->vm, L2_HAS_MDEV);
	l2_expect_copy(&self->vm, L2_MDEV);
	l2_expect_written(&self->vm, &self->busy[L2_PF]);
}

static void both_go_and_come(FIXTURE_DATA(vm_hotplug) *self)
{
	u64 bytes;
	int i;

	harness_step("both_go");
	l2_busy(&self->vm, L2_MDEV, &self->busy[L2_MDEV]);
	l2_unplug(&self->vm, BOTH);
	bytes = counts_read(SVK_LAB_BYTES);
	for (i = 0; i < L2_DEVICES; i++) {
		l2_expect_unwritten(&self->vm, &self->busy[i]);
		l2_expect_lost(&self->vm, i);
	}
	CHECK_EQ(counts_read(SVK_LAB_BYTES), bytes);
	mdev_expect_idle();
	l2_expect_host(&self->before);

	harness_step("both_come_back");
	l2_plug(&self->vm, BOTH);
	l2_expect_host(&self->idle);
	for (i = 0; i < L2_DEVICES; i++)
		l2_expect_copy(&self->vm, i);
}

TEST_F_TIMEOUT(vm_hotplug, returns_what_the_device_had, 230)
{
	one_goes_and_comes(self);
	both_go_and_come(self);

	harness_step("the_end");
	l2_shut_down(&self->vm);
	mdev_expect_idle();
	l2_expect_host(&self->before);
}

L2_MAIN(NULL)
