// SPDX-License-Identifier: GPL-2.0
/*
 * What the module refuses, with its errno and a line in the log: more PASIDs
 * than the quota, tables that PASIDs cannot have, a guest PASID that is not
 * attached, a second VM on the same parent. Nothing of it costs a PASID.
 */
#include <errno.h>
#include <unistd.h>

#include "iommufd.h"
#include "kmsg.h"
#include "harness.h"
#include "mdev.h"
#include "vm.h"

#define QUOTA 3
#define PASID 7

static char uuid[MDEV_UUID_SIZE], second_uuid[MDEV_UUID_SIZE];
static int kmsg;

static void expect_logged(const char *device, const char *text)
{
	CHECK(kmsg_take(kmsg, device, text), "the log says nothing of \"%s\" for %s", text, device);
}

static struct mdev_vm_row only_vm(void)
{
	struct mdev_vm_row row[2];

	REQUIRE_EQ(mdev_vms_read(row, ARRAY_SIZE(row)), 1);
	return row[0];
}

FIXTURE(error)
{
	struct vm vm;
};

FIXTURE_SETUP(error)
{
	harness_begin(_metadata);
	kmsg = kmsg_mark();
	mdev_uuid(1, uuid);
	mdev_uuid(2, second_uuid);
	mdev_create(2, uuid);
	mdev_create(1, second_uuid);
	REQUIRE_ERRNO(__mdev_set_quota(QUOTA), 0);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(uuid));
}

FIXTURE_TEARDOWN(error)
{
	vm_cleanup(&self->vm);
	/* Nothing is left. */
	mdev_expect_idle();
	mdev_remove(uuid);
	mdev_remove(second_uuid);
	harness_end(_metadata);
}

TEST_F(error, of_the_quota_is_edquot)
{
	struct vm *vm = &self->vm;
	struct vm_process p[QUOTA + 1];
	u32 i, pt;

	CHECK_EQ(only_vm().quota, QUOTA);
	CHECK_EQ(only_vm().pid, getpid());
	for (i = 0; i < ARRAY_SIZE(p); i++)
		vm_process_init(&p[i], vm);
	for (i = 0; i < QUOTA; i++)
		vm_process_attach(&p[i], vm, PASID + i);
	CHECK_EQ(only_vm().used, QUOTA);
	pt = p[QUOTA].hwpt;
	CHECK_ERRNO(__vfio_attach_pasid(&vm->a.v, PASID + QUOTA, &pt), -EDQUOT);
	expect_logged(uuid, "quota");
	/* A table of requests without PASID has a host PASID, too. */
	pt = vm->parent;
	CHECK_ERRNO(__vfio_attach(&vm->a.v, &pt), -EDQUOT);
	expect_logged(uuid, "quota");
	CHECK_EQ(only_vm().used, QUOTA);
	/* In place of another it costs nothing. */
	vm_process_attach(&p[QUOTA], vm, PASID);
	vfio_detach_pasid(&vm->a.v, PASID);
	vfio_attach(&vm->a.v, vm->parent);
	CHECK_EQ(only_vm().used, QUOTA);
	CHECK_ERRNO(__vfio_detach(&vm->a.v), 0);
	for (i = 1; i < QUOTA; i++)
		vfio_detach_pasid(&vm->a.v, PASID + i);
	CHECK_EQ(only_vm().used, 0);
}

static void refuse_table(struct vm *vm, u32 table, int want)
{
	u32 pt = table;

	CHECK_ERRNO(__vfio_attach_pasid(&vm->a.v, PASID, &pt), want);
	pt = table;
	CHECK_ERRNO(__vfio_attach(&vm->a.v, &pt), want);
	CHECK_EQ(only_vm().used, 0);
}

TEST_F(error, of_a_wrong_table_is_einval)
{
	struct vm *vm = &self->vm;
	int fd = vm->g.iommufd;
	struct guest_space s;
	u32 dev = vm->a.v.dev, plain, plain_nested;

	guest_space_init(&s, &vm->g);
	plain = iommufd_hwpt_alloc(fd, dev, vm->g.ioas, 0);
	plain_nested = iommufd_hwpt_nest(fd, dev, vm->parent, 0, s.root);
	refuse_table(vm, plain, -EINVAL);
	expect_logged(uuid, "ALLOC_PASID");
	refuse_table(vm, plain_nested, -EINVAL);
	refuse_table(vm, vm->g.ioas, -EINVAL);
	refuse_table(vm, dev, -EINVAL);
	refuse_table(vm, ~0u, -ENOENT);
	/* Nothing of them is held. */
	CHECK_ERRNO(__iommufd_destroy(fd, plain), 0);
	CHECK_ERRNO(__iommufd_destroy(fd, plain_nested), 0);
}

/* A refused table leaves what was attached before. */
TEST_F(error, of_a_replacement_changes_nothing)
{
	struct vm *vm = &self->vm;
	struct mdev_map_row row;
	struct vm_process p;
	struct vaccel_queue q;
	u32 pt = vm->g.ioas;

	vm_process_init(&p, vm);
	vm_process_attach(&p, vm, PASID);
	vaccel_queue_open(&q, &vm->a, 0, &p.s, PASID);
	CHECK_ERRNO(__vfio_attach_pasid(&vm->a.v, PASID, &pt), -EINVAL);
	CHECK(mdev_map_find(uuid, PASID, &row) && row.hwpt == p.hwpt,
	      "guest PASID %u has table %u, want %u", PASID, row.hwpt, p.hwpt);
	vm_expect_dma(&q, &p.s);
	vaccel_queue_disable(&q);
	vfio_detach_pasid(&vm->a.v, PASID);
}

TEST_F(error, of_an_unknown_pasid_halts_the_queue)
{
	struct vm *vm = &self->vm;
	static const u32 bad[] = {PASID | SVK_QCFG_PASID_VALID, 0 | SVK_QCFG_PASID_VALID, 0, PASID,
				  (1u << 20) | SVK_QCFG_PASID_VALID};
	s32 event = vfio_eventfd();
	struct vaccel_queue q;
	size_t i;

	vfio_set_eventfds(&vm->a.v, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, &event);
	vaccel_queue_init(&q, &vm->a, 1, VACCEL_RING_VA(1));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		__vaccel_queue_enable(&q, bad[i]);
		CHECK_EQ(vaccel_queue_wait_halt(&q), SVK_QERR_CONFIG);
		CHECK_EQ(vfio_eventfd_wait(event), 1);
		CHECK_EQ(vaccel_read64(&vm->a, SVK_GLB_ERR), SVK_BIT(1));
		vaccel_write64(&vm->a, SVK_GLB_ERR, SVK_BIT(1));
		CHECK_EQ(vaccel_read32(&vm->a, vaccel_queue_reg(&q, SVK_QCFG_PASID)), bad[i]);
		vaccel_queue_disable(&q);
	}
	expect_logged(uuid, "guest PASID");
	CHECK_EQ(only_vm().used, 0);
}

/* iommufd lets one context own a group: a second VM is told so, and does not hang. */
TEST_F(error, of_a_second_context_is_ebusy)
{
	struct vm *vm = &self->vm;
	struct guest other;
	struct vfio v;
	int i;

	guest_init(&other, GUEST_PAGE);
	guest_start(&other);
	for (i = 0; i < 2; i++)
		CHECK_ERRNO(__vfio_init(&v, __vfio_open_mdev(second_uuid), other.iommufd), -EBUSY);
	expect_logged(second_uuid, "context");
	/* The same device in the owner's context is no problem. */
	CHECK_ERRNO(__vfio_init(&v, __vfio_open_mdev(second_uuid), vm->g.iommufd), 0);
	vfio_cleanup(&v);
	guest_cleanup(&other);
	CHECK_EQ(only_vm().used, 0);
}

HARNESS_MAIN(mdev_lend)
