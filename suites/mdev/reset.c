// SPDX-License-Identifier: GPL-2.0
/*
 * A mediated device is reset while its queues work: VFIO's reset, function-level
 * reset, the device's own, and the end of bus mastering. When the call or the
 * write returns, nothing is written any more, and the device can be used again.
 */
#include <linux/pci_regs.h>

#include "harness.h"
#include "mdev.h"
#include "vm.h"

#define PASID 9
#define TARGET_VA 0x400000000000ULL
#define TARGET_SIZE (1ULL << 20)
#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX

/** struct rig - A queue that can be kept busy. */
struct rig {
	struct vm *vm;
	struct vm_process p;
	struct vaccel_queue q;
	u64 target;
};

static void rig_init(struct rig *r, struct vm *vm)
{
	*r = (struct rig){.vm = vm};
	vm_process_init(&r->p, vm);
	vm_process_attach(&r->p, vm, PASID);
	r->target = guest_space_alloc(&r->p.s, TARGET_VA, TARGET_SIZE);
	vaccel_queue_open(&r->q, &vm->a, 1, &r->p.s, PASID);
}

static void make_busy(struct rig *r)
{
	vaccel_queue_submit_long(&r->q, &r->p.s, TARGET_VA, r->target, TARGET_SIZE);
}

static void expect_reset_values(const struct rig *r)
{
	static const u32 regs[] = {SVK_QCFG_SIZE, SVK_QCFG_PASID,  SVK_QCFG_VECTOR,
				   SVK_QCFG_CTRL, SVK_QCFG_STATUS, SVK_QCFG_HEAD};
	const struct vaccel *a = &r->vm->a;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(regs); i++)
		CHECK(!vaccel_read32(a, vaccel_queue_reg(&r->q, regs[i])),
		      "register 0x%x of the queue is 0x%x", regs[i],
		      vaccel_read32(a, vaccel_queue_reg(&r->q, regs[i])));
	CHECK_EQ(vaccel_read64(a, vaccel_queue_reg(&r->q, SVK_QCFG_RING)), 0);
	CHECK_EQ(vaccel_read32(a, (u32)SVK_LAB_PASID(1)), 0);
	CHECK_EQ(vaccel_read32(a, SVK_GLB_CTRL), 0);
	CHECK_EQ(vaccel_read32(a, SVK_GLB_STATUS), 0);
	CHECK_EQ(vaccel_read64(a, SVK_GLB_ERR), 0);
}

static void expect_works(struct rig *r)
{
	struct svk_desc fill = svk_desc_fill(vaccel_va(TARGET_VA), 0, TARGET_SIZE);

	vaccel_enable(&r->vm->a);
	vaccel_queue_enable(&r->q, PASID | (u32)SVK_QCFG_PASID_VALID);
	CHECK_STATUS(vaccel_queue_run(&r->q, fill), SVK_CPL_OK);
}

FIXTURE(reset)
{
	char uuid[MDEV_UUID_SIZE];
	struct vm vm;
	struct rig r;
};

FIXTURE_SETUP(reset)
{
	harness_begin(_metadata);
	mdev_uuid(1, self->uuid);
	mdev_create(2, self->uuid);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(self->uuid));
	rig_init(&self->r, &self->vm);
}

FIXTURE_TEARDOWN(reset)
{
	vm_cleanup(&self->vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F(reset, by_vfio)
{
	struct rig *r = &self->r;

	make_busy(r);
	CHECK_ERRNO(__vfio_reset(&r->vm->a.v), 0);
	vm_expect_unwritten(&r->vm->g, r->target, TARGET_SIZE);
	expect_reset_values(r);
	expect_works(r);
}

/* The capability's offset is the device's, as a driver would look it up. */
static u32 devctl_of(const struct vfio *v)
{
	u32 at = vfio_read8(v, CONFIG, PCI_CAPABILITY_LIST);

	while (at && vfio_read8(v, CONFIG, at) != PCI_CAP_ID_EXP)
		at = vfio_read8(v, CONFIG, at + PCI_CAP_LIST_NEXT);
	REQUIRE(at, "no PCI Express capability");
	return at + PCI_EXP_DEVCTL;
}

TEST_F(reset, of_the_function)
{
	struct rig *r = &self->r;
	const struct vfio *v = &r->vm->a.v;
	u32 devctl = devctl_of(v);

	make_busy(r);
	vfio_write16(v, CONFIG, devctl, vfio_read16(v, CONFIG, devctl) | PCI_EXP_DEVCTL_BCR_FLR);
	vm_expect_unwritten(&r->vm->g, r->target, TARGET_SIZE);
	expect_reset_values(r);
	CHECK_EQ(vfio_read16(v, CONFIG, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
	CHECK_EQ(vfio_read16(v, CONFIG, devctl) & PCI_EXP_DEVCTL_BCR_FLR, 0);
	expect_works(r);
}

TEST_F(reset, of_the_device)
{
	struct rig *r = &self->r;

	make_busy(r);
	vaccel_write32(&r->vm->a, SVK_GLB_CTRL, SVK_GLB_CTRL_RESET);
	vm_expect_unwritten(&r->vm->g, r->target, TARGET_SIZE);
	expect_reset_values(r);
	expect_works(r);
}

TEST_F(reset, by_the_end_of_bus_mastering)
{
	struct rig *r = &self->r;
	const struct vaccel *a = &r->vm->a;

	make_busy(r);
	vfio_write16(&a->v, CONFIG, PCI_COMMAND, PCI_COMMAND_MEMORY);
	vm_expect_unwritten(&r->vm->g, r->target, TARGET_SIZE);
	CHECK(vaccel_queue_state(&r->q) != SVK_QSTATE_ENABLED, "the queue still runs");
	/* The driver may try, and is told. */
	vaccel_queue_disable(&r->q);
	__vaccel_queue_enable(&r->q, PASID | (u32)SVK_QCFG_PASID_VALID);
	CHECK_EQ(vaccel_queue_wait_halt(&r->q), SVK_QERR_CONFIG);
	CHECK_EQ(vaccel_read64(a, SVK_GLB_ERR), SVK_BIT(1));
	vaccel_write64(a, SVK_GLB_ERR, SVK_BIT(1));
	vaccel_queue_disable(&r->q);
	expect_works(r);
}

/* A reset is of one device: its neighbour on the same parent works on. */
TEST_F(reset, does_not_concern_the_neighbour)
{
	struct rig *r = &self->r;
	struct vm_process p;
	struct vaccel_queue q;
	char uuid[MDEV_UUID_SIZE];
	struct vaccel other;
	u64 target;

	mdev_uuid(2, uuid);
	mdev_create(1, uuid);
	vaccel_open(&other, &r->vm->g, __vfio_open_mdev(uuid));
	vaccel_enable(&other);
	vm_process_init(&p, r->vm);
	vfio_attach_pasid(&other.v, PASID, p.hwpt);
	target = guest_space_alloc(&p.s, TARGET_VA, TARGET_SIZE);
	vaccel_queue_open(&q, &other, 0, &p.s, PASID);
	vaccel_queue_submit_long(&q, &p.s, TARGET_VA, target, TARGET_SIZE);
	make_busy(r);
	CHECK_ERRNO(__vfio_reset(&r->vm->a.v), 0);
	vm_expect_unwritten(&r->vm->g, r->target, TARGET_SIZE);
	vm_expect_written(&r->vm->g, target);
	CHECK_EQ(vaccel_queue_state(&q), SVK_QSTATE_ENABLED);
	vaccel_close(&other);
	mdev_remove(uuid);
	expect_works(r);
}

HARNESS_MAIN(mdev_lend)
