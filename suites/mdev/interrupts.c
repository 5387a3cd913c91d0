// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of a mediated device as eventfds: completions on the vector that
 * the queue names, errors on vector 0, silence without an eventfd.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness.h"
#include "mdev.h"
#include "vm.h"

#define QUEUES 2
#define VECTORS (QUEUES + 1)
#define PASID 3
#define MSIX VFIO_PCI_MSIX_IRQ_INDEX

/** struct rig - A queue, and an eventfd for each vector. */
struct rig {
	struct vm *vm;
	struct vm_process p;
	struct vaccel_queue q;
	s32 event[VECTORS];
};

static void rig_init(struct rig *r, struct vm *vm)
{
	u32 i;

	r->vm = vm;
	for (i = 0; i < VECTORS; i++)
		r->event[i] = vfio_eventfd();
	vm_process_init(&r->p, vm);
	vm_process_attach(&r->p, vm, PASID);
	vaccel_queue_open(&r->q, &vm->a, 0, &r->p.s, PASID);
}

static void run_with_irq(struct rig *r)
{
	struct svk_desc nop = svk_desc_nop();

	nop.ctrl |= cpu_to_le32(SVK_DESC_CPL_IRQ);
	CHECK_STATUS(vaccel_queue_run(&r->q, nop), SVK_CPL_OK);
}

/* From now on completions are on @vector. */
static void use_vector(struct rig *r, u32 vector)
{
	vaccel_queue_disable(&r->q);
	r->q.vector = vector;
	vaccel_queue_enable(&r->q, PASID | (u32)SVK_QCFG_PASID_VALID);
}

static void expect_silent(const struct rig *r)
{
	u32 i;

	for (i = 0; i < VECTORS; i++)
		CHECK_EQ(vfio_eventfd_take(r->event[i]), 0);
}

FIXTURE(interrupt)
{
	char uuid[MDEV_UUID_SIZE];
	struct vm vm;
	struct rig r;
};

FIXTURE_SETUP(interrupt)
{
	harness_begin(_metadata);
	mdev_uuid(1, self->uuid);
	mdev_create(QUEUES, self->uuid);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(self->uuid));
	rig_init(&self->r, &self->vm);
	vfio_set_eventfds(&self->vm.a.v, MSIX, 0, VECTORS, self->r.event);
}

FIXTURE_TEARDOWN(interrupt)
{
	vm_cleanup(&self->vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F(interrupt, counts_are_those_of_the_device)
{
	struct rig *r = &self->r;
	const struct vfio *v = &r->vm->a.v;
	struct vfio_irq_info info;

	CHECK_EQ(vfio_info(v).num_irqs > VFIO_PCI_REQ_IRQ_INDEX, true);
	CHECK_EQ(svk_get(SVK_GLB_CAP_VECTORS, vaccel_read64(&r->vm->a, SVK_GLB_CAP)), VECTORS);
	REQUIRE_ERRNO(__vfio_irq_info(v, MSIX, &info), 0);
	CHECK_EQ(info.count, VECTORS);
	CHECK_EQ(info.flags & VFIO_IRQ_INFO_EVENTFD, VFIO_IRQ_INFO_EVENTFD);
	REQUIRE_ERRNO(__vfio_irq_info(v, VFIO_PCI_REQ_IRQ_INDEX, &info), 0);
	CHECK_EQ(info.count, 1);
	REQUIRE_ERRNO(__vfio_irq_info(v, VFIO_PCI_INTX_IRQ_INDEX, &info), 0);
	CHECK_EQ(info.count, 0);
	REQUIRE_ERRNO(__vfio_irq_info(v, VFIO_PCI_MSI_IRQ_INDEX, &info), 0);
	CHECK_EQ(info.count, 0);
	CHECK_ERRNO(__vfio_irq_info(v, VFIO_PCI_NUM_IRQS, &info), -EINVAL);
}

TEST_F(interrupt, of_a_completion_has_its_vector)
{
	struct rig *r = &self->r;

	run_with_irq(r);
	CHECK_EQ(vfio_eventfd_wait(r->event[1]), 1);
	CHECK_STATUS(vaccel_queue_run(&r->q, svk_desc_nop()), SVK_CPL_OK);
	expect_silent(r);

	use_vector(r, 2);
	run_with_irq(r);
	CHECK_EQ(vfio_eventfd_wait(r->event[2]), 1);
	expect_silent(r);
}

TEST_F(interrupt, of_an_error_has_vector_zero)
{
	struct rig *r = &self->r;

	vaccel_queue_doorbell(&r->q, ~0u);
	CHECK_EQ(vfio_eventfd_wait(r->event[0]), 1);
	CHECK_EQ(vaccel_queue_wait_halt(&r->q), SVK_QERR_DOORBELL);
	CHECK_EQ(vaccel_read64(&r->vm->a, SVK_GLB_ERR), SVK_BIT(0));
	vaccel_write64(&r->vm->a, SVK_GLB_ERR, SVK_BIT(1));
	CHECK_EQ(vaccel_read64(&r->vm->a, SVK_GLB_ERR), SVK_BIT(0));
	vaccel_write64(&r->vm->a, SVK_GLB_ERR, SVK_BIT(0));
	CHECK_EQ(vaccel_read64(&r->vm->a, SVK_GLB_ERR), 0);
	expect_silent(r);
	vaccel_queue_disable(&r->q);
	vaccel_queue_enable(&r->q, PASID | (u32)SVK_QCFG_PASID_VALID);
}

/* What comes after the eventfd has gone, however late, does not reach it. */
TEST_F(interrupt, without_eventfd_is_lost)
{
	struct rig *r = &self->r;
	const struct vfio *v = &r->vm->a.v;
	s32 later = vfio_eventfd();
	const s32 none = -1;

	use_vector(r, 2);
	vfio_set_eventfds(v, MSIX, 2, 1, &none);
	run_with_irq(r);
	vfio_set_eventfds(v, MSIX, 2, 1, &later);
	run_with_irq(r);
	CHECK(vfio_eventfd_wait(later), "no signal");
	expect_silent(r);

	vfio_set_eventfds(v, MSIX, 2, 1, &r->event[2]);
	CHECK_ERRNO(__vfio_unset_irqs(v, MSIX), 0);
	vfio_eventfd_take(r->event[2]);
	vfio_eventfd_take(later);
	run_with_irq(r);
	vfio_set_eventfds(v, MSIX, 2, 1, &later);
	run_with_irq(r);
	CHECK(vfio_eventfd_wait(later), "no signal");
	expect_silent(r);
}

static int set_irqs(const struct vfio *v, struct vfio_irq_set *set)
{
	return ioctl(v->fd, VFIO_DEVICE_SET_IRQS, set) ? -errno : 0;
}

TEST_F(interrupt, bad_sets_are_refused)
{
	struct rig *r = &self->r;
	struct vfio_irq_set set = {
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = MSIX,
	};
	const struct vfio *v = &r->vm->a.v;
	s32 fds[VECTORS + 1] = {r->event[0], r->event[1], r->event[2], -1};
	int closed = vfio_eventfd();

	use_vector(r, 2);
	close(closed);
	CHECK_ERRNO(__vfio_set_eventfds(v, MSIX, 0, VECTORS + 1, fds), -EINVAL);
	CHECK_ERRNO(__vfio_set_eventfds(v, MSIX, VECTORS, 1, fds), -EINVAL);
	CHECK_ERRNO(__vfio_set_eventfds(v, MSIX, ~0u, 2, fds), -EINVAL);
	CHECK_ERRNO(__vfio_set_eventfds(v, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, fds), -EINVAL);
	CHECK_ERRNO(__vfio_set_eventfds(v, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, fds), -EINVAL);
	CHECK_ERRNO(__vfio_set_eventfds(v, VFIO_PCI_REQ_IRQ_INDEX, 0, 2, fds), -EINVAL);
	CHECK_ERRNO(__vfio_set_eventfds(v, VFIO_PCI_NUM_IRQS, 0, 1, fds), -EINVAL);
	CHECK_ERRNO(__vfio_set_eventfds(v, MSIX, 1, 1, &closed), -EBADF);
	CHECK_ERRNO(__vfio_set_eventfds(v, MSIX, 1, 1, &v->fd), -EINVAL);
	set.argsz = 4;
	CHECK_ERRNO(set_irqs(v, &set), -EINVAL);
	set.argsz = sizeof(set);
	set.flags = 1u << 31;
	CHECK_ERRNO(set_irqs(v, &set), -EINVAL);
	/* What was set before works on. */
	run_with_irq(r);
	CHECK_EQ(vfio_eventfd_wait(r->event[2]), 1);
	expect_silent(r);
}

HARNESS_MAIN(mdev_lend)
