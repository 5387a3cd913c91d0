// SPDX-License-Identifier: GPL-2.0
/*
 * One parent, several users: a second VM has to wait for the first, one VM can
 * have several vIOMMUs (second stages), and devices come and go while PASIDs of
 * others live and work.
 */
#include <errno.h>
#include <unistd.h>

#include "iommufd.h"
#include "harness.h"
#include "mdev.h"
#include "memory.h"
#include "vm.h"

#define PASID 11
#define TARGET_VA 0x400000000000ULL
#define TARGET_SIZE (1ULL << 20)

static char uuid[2][MDEV_UUID_SIZE];

FIXTURE(parent)
{
	unsigned int available; /* queues that were free */
};

FIXTURE_SETUP(parent)
{
	unsigned int i;

	harness_begin(_metadata);
	self->available = mdev_available(1);
	for (i = 0; i < 2; i++) {
		mdev_uuid(i, uuid[i]);
		mdev_create(2, uuid[i]);
	}
}

FIXTURE_TEARDOWN(parent)
{
	int i;

	for (i = 0; i < 2; i++)
		mdev_remove(uuid[i]);
	CHECK_EQ(mdev_available(1), self->available);
	harness_end(_metadata);
}

TEST_F(parent, has_one_vm_at_a_time)
{
	struct vm first, second;
	struct vaccel_queue q;
	struct vm_process p;

	vm_init(&first, VM_RAM, __vfio_open_mdev(uuid[0]));
	guest_init(&second.g, VM_RAM);
	guest_start(&second.g);
	CHECK_ERRNO(__vaccel_open(&second.a, &second.g, __vfio_open_mdev(uuid[1])), -EBUSY);
	guest_stop(&second.g);
	/* The refused one has cost the first nothing. */
	vm_process_init(&p, &first);
	vm_process_attach(&p, &first, PASID);
	vaccel_queue_open(&q, &first.a, 0, &p.s, PASID);
	vm_expect_dma(&q, &p.s);
	vm_cleanup(&first);

	vm_start(&second, __vfio_open_mdev(uuid[1]));
	vm_process_init(&p, &second);
	vm_process_attach(&p, &second, PASID);
	vaccel_queue_open(&q, &second.a, 0, &p.s, PASID);
	vm_expect_dma(&q, &p.s);
	vm_cleanup(&second);
	mdev_expect_idle();
}

/* Memory that only the second vIOMMU of a VM knows, in the same context. */
static void guest_join(struct guest *g, const struct guest *vm)
{
	guest_init(g, VM_RAM);
	g->iommufd = dup(vm->iommufd);
	REQUIRE(g->iommufd >= 0, "dup: errno %d", errno);
	g->ioas = iommufd_ioas_alloc(g->iommufd);
	iommufd_map(g->iommufd, g->ioas, g->ram, 0, g->size);
}

/* The same guest addresses behind two second stages: other memory. */
TEST_F(parent, has_two_viommus_in_one_vm)
{
	struct vm vm, behind;
	struct vm_process p[2];
	struct vaccel_queue q[2];
	int i;

	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid[0]));
	guest_join(&behind.g, &vm.g);
	behind.a = vm.a;
	behind.a.g = &behind.g;
	behind.parent = guest_parent(&behind.g, vm.a.v.dev);
	vm_process_init(&p[0], &vm);
	vm_process_init(&p[1], &behind);
	CHECK_EQ(p[0].s.root, p[1].s.root);
	for (i = 0; i < 2; i++) {
		struct vm *of = i ? &behind : &vm;

		vm_process_attach(&p[i], of, PASID + (u32)i);
		vaccel_queue_open(&q[i], &of->a, (u32)i, &p[i].s, PASID + (u32)i);
		vm_expect_dma(&q[i], &p[i].s);
	}
	/* From one second stage to the other: the ring is where only the new one has it. */
	vaccel_queue_disable(&q[0]);
	vaccel_queue_disable(&q[1]);
	vm_process_attach(&p[1], &vm, PASID);
	vaccel_queue_enable(&q[1], PASID | (u32)SVK_QCFG_PASID_VALID);
	CHECK_STATUS(vaccel_queue_run(&q[1], svk_desc_nop()), SVK_CPL_OK);
	vaccel_queue_disable(&q[1]);
	vfio_detach_pasid(&vm.a.v, PASID);
	vfio_detach_pasid(&vm.a.v, PASID + 1);
	vm_cleanup(&vm);
	guest_cleanup(&behind.g);
	mdev_expect_idle();
}

/** struct device - A device of a VM with a queue that is kept busy. */
struct device {
	struct vaccel a;
	struct vm_process p;
	struct vaccel_queue q;
	u64 target;
};

static void make_busy(struct device *d, struct vm *vm)
{
	vm_process_init(&d->p, vm);
	vfio_attach_pasid(&d->a.v, PASID, d->p.hwpt);
	d->target = guest_space_alloc(&d->p.s, TARGET_VA, TARGET_SIZE);
	vaccel_queue_open(&d->q, &d->a, 0, &d->p.s, PASID);
	vaccel_queue_submit_long(&d->q, &d->p.s, TARGET_VA, d->target, TARGET_SIZE);
}

static void expect_busy(const struct device *d, const struct vm *vm)
{
	vm_expect_written(&vm->g, d->target);
	CHECK_EQ(vaccel_queue_state(&d->q), SVK_QSTATE_ENABLED);
}

TEST_F(parent, has_hotplug_under_load)
{
	struct device first, second;
	struct mdev_vm_row row[2];
	struct vm vm;

	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid[0]));
	first.a = vm.a;
	make_busy(&first, &vm);
	mdev_remove(uuid[1]);
	mdev_create(2, uuid[1]);
	vaccel_open(&second.a, &vm.g, __vfio_open_mdev(uuid[1]));
	vaccel_enable(&second.a);
	expect_busy(&first, &vm);
	make_busy(&second, &vm);
	expect_busy(&first, &vm);
	REQUIRE_EQ(mdev_vms_read(row, ARRAY_SIZE(row)), 1);
	CHECK_EQ(row[0].used, 2);

	vaccel_close(&first.a);
	vm_expect_unwritten(&vm.g, first.target, TARGET_SIZE);
	expect_busy(&second, &vm);
	mdev_remove(uuid[0]);
	expect_busy(&second, &vm);
	REQUIRE_EQ(mdev_vms_read(row, ARRAY_SIZE(row)), 1);
	CHECK_EQ(row[0].used, 1);
	vaccel_close(&second.a);
	vm_expect_unwritten(&vm.g, second.target, TARGET_SIZE);
	guest_cleanup(&vm.g);
	mdev_expect_idle();
	mdev_create(2, uuid[0]);
}

HARNESS_MAIN(mdev_lend)
