// SPDX-License-Identifier: GPL-2.0
/*
 * A VM is reset, from outside, and rebooted, from inside, while both of its devices write to the
 * memory of processes in it. Of the life before nothing is left when the machine stands at its
 * first instruction: nothing is written, no PASID entry, no host PASID. In the new life the old
 * PASIDs are dead until they are given anew, and the devices work.
 *
 * Guards QEMU "intel_iommu: Reset pasid cache when system level reset": the vIOMMU forgot
 * its tables and kept what it had attached for them.
 *
 * usage: vm_reset PATH
 */
#include "counts.h"
#include "harness.h"
#include "l2.h"
#include "l2_agent.h"
#include "lab.h"
#include "mdev.h"
#include "pf.h"

#define MAX_ROWS 8

FIXTURE(vm_reset)
{
	struct l2 vm;
	struct l2_busy busy[L2_DEVICES];
	struct l2_host before; /* there was a VM */
	struct l2_host idle; /* a VM that has just come up */
	char uuid[MDEV_UUID_SIZE];
};

FIXTURE_SETUP(vm_reset)
{
	struct l2_config config = {.name = "reset", .devices = L2_HAS_PF | L2_HAS_MDEV};

	harness_begin(_metadata);
	REQUIRE(svk_lab_elsewhere(), "no accelerator is left for L1 to read registers of");
	mdev_uuid(0x70, self->uuid);
	mdev_create(2, self->uuid);
	config.uuid = self->uuid;
	self->before = l2_host();
	l2_start(&self->vm, &config);
	self->idle = l2_host();
}

FIXTURE_TEARDOWN(vm_reset)
{
	l2_cleanup(&self->vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

/* Return: how many guest PASIDs are attached to the mediated device. */
static unsigned int mdev_pasids(void)
{
	struct mdev_map_row rows[MAX_ROWS];
	size_t i, count = mdev_map_read(rows, MAX_ROWS);
	unsigned int pasids = 0;

	for (i = 0; i < count; i++)
		pasids += rows[i].guest_pasid != MDEV_NO_PASID;
	return pasids;
}

static void both_busy(FIXTURE_DATA(vm_reset) *self)
{
	int i;

	for (i = 0; i < L2_DEVICES; i++) {
		l2_busy(&self->vm, i, &self->busy[i]);
		l2_expect_alive(&self->vm, i, self->busy[i].pasid, L2_ZERO_VA);
	}
	CHECK(l2_host_has_pasid(pf_given(), self->busy[L2_PF].pasid), "no entry for PASID %u of %s",
	      self->busy[L2_PF].pasid, pf_given());
	CHECK_EQ(mdev_pasids(), 1);
}

/* The VM stands still. */
static void expect_nothing_left(FIXTURE_DATA(vm_reset) *self)
{
	u64 bytes = counts_read(SVK_LAB_BYTES);
	int i;

	for (i = 0; i < L2_DEVICES; i++)
		l2_expect_unwritten(&self->vm, &self->busy[i]);
	CHECK_EQ(counts_read(SVK_LAB_BYTES), bytes);
	CHECK_EQ(l2_host_pasids(pf_given()), 0);
	CHECK_EQ(mdev_pasids(), 0);
}

static void expect_new_life(FIXTURE_DATA(vm_reset) *self)
{
	int i;

	l2_go(&self->vm);
	l2_expect_host(&self->idle);
	for (i = 0; i < L2_DEVICES; i++)
		l2_expect_dead(&self->vm, i, self->busy[i].pasid, L2_ZERO_VA);
	for (i = 0; i < L2_DEVICES; i++)
		l2_expect_copy(&self->vm, i);
}

TEST_F_TIMEOUT(vm_reset, nothing_of_the_old_life_is_left, 290)
{
	ktap_expect_device_faults("PASIDs of a life before are tried");

	harness_step("reset");
	both_busy(self);
	l2_reset(&self->vm);
	expect_nothing_left(self);
	harness_step("works_after_reset");
	expect_new_life(self);

	harness_step("reboot");
	both_busy(self);
	l2_reboot(&self->vm);
	expect_nothing_left(self);
	harness_step("works_after_reboot");
	expect_new_life(self);

	harness_step("the_end");
	l2_shut_down(&self->vm);
	mdev_expect_idle();
	l2_expect_host(&self->before);
}

L2_MAIN(NULL)
