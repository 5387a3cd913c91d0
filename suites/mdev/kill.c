// SPDX-License-Identifier: GPL-2.0
/*
 * A VM is killed with PASIDs attached and queues at work. When it has been
 * reaped the device writes nothing any more, all that it had is free, and the
 * next VM works.
 */
#include "harness.h"
#include "mdev.h"
#include "process.h"
#include "vm.h"

#define DEVICES 2
#define PASID 31
#define TARGET_VA 0x400000000000ULL
#define TARGET_SIZE (1ULL << 20)
#define ROUNDS 4
/* A table at each device, and one for requests without PASID at the first. */
#define TABLES (DEVICES + 1)

/** struct victim - A VM with two devices, made by the parent as far as memory goes. */
struct victim {
	struct vm vm;
	u64 target[DEVICES];
};

static char uuid[DEVICES][MDEV_UUID_SIZE];

static void keep_busy(struct victim *victim, struct vaccel *a, int i)
{
	struct vm_process p;
	struct vaccel_queue q;

	vm_process_init(&p, &victim->vm);
	vfio_attach_pasid(&a->v, PASID, p.hwpt);
	guest_space_map(&p.s, TARGET_VA, victim->target[i], TARGET_SIZE);
	vaccel_queue_open(&q, a, 0, &p.s, PASID);
	vaccel_queue_submit_long(&q, &p.s, TARGET_VA, victim->target[i], TARGET_SIZE);
}

static void victim_main(struct process *parent, void *arg)
{
	struct victim *victim = arg;
	struct vaccel second;

	vm_start(&victim->vm, __vfio_open_mdev(uuid[0]));
	vfio_attach(&victim->vm.a.v, victim->vm.parent);
	vaccel_open(&second, &victim->vm.g, __vfio_open_mdev(uuid[1]));
	vaccel_enable(&second);
	keep_busy(victim, &victim->vm.a, 0);
	keep_busy(victim, &second, 1);
	process_tell(parent, 1);
	process_hear(parent);
}

/* Return: the sum of the host PASIDs that the VM had. */
static u32 kill_one(struct victim *victim)
{
	struct mdev_map_row rows[TABLES + 1];
	u32 hosts = 0;
	struct process child;
	int i;

	guest_init(&victim->vm.g, VM_RAM);
	for (i = 0; i < DEVICES; i++)
		victim->target[i] = guest_alloc(&victim->vm.g, TARGET_SIZE);
	process_start(&child, victim_main, victim);
	process_hear(&child);
	REQUIRE_EQ(mdev_map_read(rows, ARRAY_SIZE(rows)), TABLES);
	for (i = 0; i < TABLES; i++)
		hosts += rows[i].host_pasid;
	for (i = 0; i < DEVICES; i++)
		vm_expect_written(&victim->vm.g, victim->target[i]);
	process_kill(&child);
	for (i = 0; i < DEVICES; i++)
		vm_expect_unwritten(&victim->vm.g, victim->target[i], TARGET_SIZE);
	mdev_expect_idle();
	guest_cleanup(&victim->vm.g);
	return hosts;
}

static void next_vm_works(void)
{
	struct vm_process p;
	struct vaccel_queue q;
	struct vm vm;

	harness_step("next_vm_works");
	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid[1]));
	vm_process_init(&p, &vm);
	vm_process_attach(&p, &vm, PASID);
	vaccel_queue_open(&q, &vm.a, 0, &p.s, PASID);
	vm_expect_dma(&q, &p.s);
	vm_cleanup(&vm);
}

FIXTURE(kill)
{
	unsigned int before; /* queues that were free */
};

FIXTURE_SETUP(kill)
{
	int i;

	harness_begin(_metadata);
	self->before = mdev_available(1);
	for (i = 0; i < DEVICES; i++) {
		mdev_uuid((unsigned int)i, uuid[i]);
		mdev_create(1, uuid[i]);
	}
}

FIXTURE_TEARDOWN(kill)
{
	int i;

	for (i = 0; i < DEVICES; i++)
		mdev_remove(uuid[i]);
	CHECK_EQ(mdev_available(1), self->before);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(kill, stops_the_device, 60)
{
	static struct victim victim;
	u32 hosts;
	int i;

	harness_step("nothing_is_written_after_the_kill");
	hosts = kill_one(&victim);
	/* The allocator gives the lowest free ones: all are free again. */
	for (i = 1; i < ROUNDS; i++)
		CHECK_EQ(kill_one(&victim), hosts);
	next_vm_works();
	harness_step("queues_come_back");
	CHECK_EQ(mdev_available(1), self->before - DEVICES);
}

HARNESS_MAIN(mdev_lend)
