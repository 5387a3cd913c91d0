// SPDX-License-Identifier: GPL-2.0
/*
 * Host PASIDs come from the kernel's allocator, or from the platform's virtual
 * command registers where the remapping unit has them; which one is changed
 * only while the parent has none, and everything goes back to where it came
 * from, also when the VM is killed.
 */
#include <errno.h>

#include "harness.h"
#include "mdev.h"
#include "process.h"
#include "vm.h"

#define PASIDS 4
/* Where the model's allocator starts. */
#define VCS_FIRST 0x8000u
#define VCS_LAST 0xfffffu

static char uuid[MDEV_UUID_SIZE];

/* Attaches guest PASIDs 1 to PASIDS, tells the host's numbers, and waits to be killed. */
static void vm_main(struct process *parent, void *arg)
{
	struct mdev_map_row row;
	struct vm_process p;
	struct vm vm;
	u32 i;

	(void)arg;
	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid));
	for (i = 1; i <= PASIDS; i++) {
		vm_process_init(&p, &vm);
		vm_process_attach(&p, &vm, i);
		REQUIRE(mdev_map_find(uuid, i, &row), "no row of guest PASID %u", i);
		process_tell(parent, row.host_pasid);
	}
	process_hear(parent);
}

/* Fills @hosts with the PASIDs that a VM got, which is killed. */
static void run_vm(u32 hosts[PASIDS])
{
	struct process child;
	u32 i;

	process_start(&child, vm_main, NULL);
	for (i = 0; i < PASIDS; i++)
		hosts[i] = (u32)process_hear(&child);
	process_kill(&child);
	mdev_expect_idle();
}

static void expect_same_again(u32 first, u32 last)
{
	u32 once[PASIDS], again[PASIDS], i;

	run_vm(once);
	run_vm(again);
	for (i = 0; i < PASIDS; i++) {
		CHECK(once[i] >= first && once[i] <= last, "host PASID %u, want %u to %u", once[i],
		      first, last);
		CHECK_EQ(again[i], once[i]);
	}
}

FIXTURE(allocator)
{
	bool have_vcs; /* there is a second one */
};

FIXTURE_SETUP(allocator)
{
	int ret;

	harness_begin(_metadata);
	mdev_uuid(1, uuid);
	mdev_create(1, uuid);
	ret = __mdev_set_allocator("vcs");
	CHECK(!ret || ret == -EOPNOTSUPP, "choosing vcs: error %d", ret);
	self->have_vcs = !ret;
	if (self->have_vcs)
		CHECK_ERRNO(__mdev_set_allocator("global"), 0);
}

FIXTURE_TEARDOWN(allocator)
{
	mdev_remove(uuid);
	harness_end(_metadata);
}

TEST_F(allocator, is_global_by_default)
{
	CHECK(mdev_allocator_is("global"), "another allocator is chosen");
	expect_same_again(1, VCS_FIRST - 1);
}

TEST_F(allocator, of_an_unknown_name_is_einval)
{
	CHECK_ERRNO(__mdev_set_allocator("nobody"), -EINVAL);
	CHECK_ERRNO(__mdev_set_allocator("glob"), -EINVAL);
	CHECK(mdev_allocator_is("global"), "the allocator has changed");
}

TEST_F(allocator, stays_while_in_use)
{
	bool have_vcs = self->have_vcs;
	struct vm_process p;
	struct vm vm;

	if (!have_vcs) {
		harness_skip(_metadata, "there is no second allocator: the unit has no VCS");
		return;
	}
	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid));
	vm_process_init(&p, &vm);
	/* Bound, but without a host PASID. */
	CHECK_ERRNO(__mdev_set_allocator("vcs"), 0);
	CHECK_ERRNO(__mdev_set_allocator("global"), 0);
	vm_process_attach(&p, &vm, 1);
	CHECK_ERRNO(__mdev_set_allocator("vcs"), -EBUSY);
	CHECK(mdev_allocator_is("global"), "the allocator has changed");
	CHECK_ERRNO(__mdev_set_allocator("global"), 0);
	vfio_detach_pasid(&vm.a.v, 1);
	CHECK_ERRNO(__mdev_set_allocator("vcs"), 0);
	CHECK_ERRNO(__mdev_set_allocator("global"), 0);
	vm_cleanup(&vm);
}

TEST_F(allocator, of_the_platform)
{
	bool have_vcs = self->have_vcs;
	struct vm_process p;
	struct vaccel_queue q;
	struct vm vm;

	if (!have_vcs) {
		harness_skip(_metadata, "the remapping unit has no virtual commands (ECAP.VCS)");
		return;
	}
	REQUIRE_ERRNO(__mdev_set_allocator("vcs"), 0);
	CHECK(mdev_allocator_is("vcs"), "the allocator has not changed");
	expect_same_again(VCS_FIRST, VCS_LAST);
	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid));
	vm_process_init(&p, &vm);
	vm_process_attach(&p, &vm, 1);
	vaccel_queue_open(&q, &vm.a, 0, &p.s, 1);
	vm_expect_dma(&q, &p.s);
	vm_cleanup(&vm);
	CHECK_ERRNO(__mdev_set_allocator("global"), 0);
}

HARNESS_MAIN(mdev_lend)
