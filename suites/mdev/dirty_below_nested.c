// SPDX-License-Identifier: GPL-2.0
/*
 * Dirty tracking of a second stage, as for a migration, while devices reach it
 * through nested tables alone: what a device writes is in the bitmap, whether
 * its table was attached before tracking began or after; what it reads is not.
 *
 * Would have caught f1e1610950ea ("iommu/vt-d: Add missing dirty tracking set for
 * parent domain") and 1f0198fce683 ("... Set SSADE when attaching to a parent with
 * dirty tracking").
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "harness.h"
#include "iommufd.h"
#include "iommufd_abi.h"
#include "mdev.h"
#include "memory.h"
#include "vm.h"

/* include/uapi/linux/iommufd.h, under names of our own as in iommufd_abi.h. */
#define HWPT_DIRTY_TRACKING 0x2
#define IOC_SET_DIRTY_TRACKING IOMMUFD_IOC(0x8b)
#define IOC_GET_DIRTY_BITMAP IOMMUFD_IOC(0x8c)

struct set_dirty_tracking_arg {
	u32 size;
	u32 flags; /* 1: on */
	u32 hwpt_id;
	u32 reserved;
};

struct get_dirty_bitmap_arg {
	u32 size;
	u32 hwpt_id;
	u32 flags;
	u32 reserved;
	u64 iova;
	u64 length;
	u64 page_size;
	u64 data;
};

#define VA 0x400000000000ULL
/* Behind all other memory, and too little for a large page: a bit for each page. */
#define GPA (4ULL << 30)
#define PAGES 4
#define SIZE (PAGES * GUEST_PAGE)
#define PASID 5

FIXTURE(dirty_below_nested)
{
	char uuid[MDEV_UUID_SIZE];
	struct vm vm;
	u32 parent; /* with dirty tracking */
	struct guest_space s;
	u32 hwpt;
	struct vaccel_queue q;
};

static void track(const FIXTURE_DATA(dirty_below_nested) *t, bool on)
{
	struct set_dirty_tracking_arg arg = {
		.size = sizeof(arg),
		.flags = on,
		.hwpt_id = t->parent,
	};

	REQUIRE(!ioctl(t->vm.g.iommufd, IOC_SET_DIRTY_TRACKING, &arg),
		"IOMMU_HWPT_SET_DIRTY_TRACKING %d: %s", on, strerror(errno));
}

/* Return: a bit for each page that has been written since the last time. */
static u64 dirty(const FIXTURE_DATA(dirty_below_nested) *t)
{
	u64 bitmap = 0;
	struct get_dirty_bitmap_arg arg = {
		.size = sizeof(arg),
		.hwpt_id = t->parent,
		.iova = GPA,
		.length = SIZE,
		.page_size = GUEST_PAGE,
		.data = (uintptr_t)&bitmap,
	};

	REQUIRE(!ioctl(t->vm.g.iommufd, IOC_GET_DIRTY_BITMAP, &arg),
		"IOMMU_HWPT_GET_DIRTY_BITMAP: %s", strerror(errno));
	return bitmap;
}

/* From page @from to page @to, once. */
static void copy_page(FIXTURE_DATA(dirty_below_nested) *t, unsigned int to, unsigned int from)
{
	REQUIRE_STATUS(vaccel_queue_run(&t->q, svk_desc_copy(vaccel_va(VA + to * GUEST_PAGE),
							     vaccel_va(VA + from * GUEST_PAGE),
							     GUEST_PAGE)),
		       SVK_CPL_OK);
}

static void check_dirty(const FIXTURE_DATA(dirty_below_nested) *t, u64 want)
{
	u64 got = dirty(t);

	CHECK(got == want, "dirty pages below nested tables: got 0x%llx, want 0x%llx",
	      (unsigned long long)got, (unsigned long long)want);
}

static void attach(FIXTURE_DATA(dirty_below_nested) *t)
{
	vfio_attach_pasid(&t->vm.a.v, PASID, t->hwpt);
	vaccel_queue_enable(&t->q, PASID | (u32)SVK_QCFG_PASID_VALID);
}

static void detach(FIXTURE_DATA(dirty_below_nested) *t)
{
	vaccel_queue_disable(&t->q);
	vfio_detach_pasid(&t->vm.a.v, PASID);
}

FIXTURE_SETUP(dirty_below_nested)
{
	struct guest *g = &self->vm.g;

	harness_begin(_metadata);
	mdev_uuid(1, self->uuid);
	mdev_create(2, self->uuid);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(self->uuid));
	iommufd_map(g->iommufd, g->ioas, memory_map_shared(SIZE), GPA, SIZE);
	self->parent = iommufd_hwpt_alloc(g->iommufd, self->vm.a.v.dev, g->ioas,
					  IOMMUFD_HWPT_NEST_PARENT | HWPT_DIRTY_TRACKING);
	guest_space_init(&self->s, g);
	guest_space_map(&self->s, VA, GPA, SIZE);
	self->hwpt = guest_space_nest(&self->s, self->vm.a.v.dev, self->parent);
	vaccel_queue_init(&self->q, &self->vm.a, 0, VACCEL_RING_VA(0));
	guest_space_map(&self->s, self->q.va, self->q.gpa, VACCEL_RING_SIZE);
}

FIXTURE_TEARDOWN(dirty_below_nested)
{
	vm_cleanup(&self->vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F(dirty_below_nested, tracked_after_attach)
{
	attach(self);
	/* Every page is in every cache, written to. */
	copy_page(self, 1, 0);
	copy_page(self, 2, 1);
	copy_page(self, 3, 2);
	copy_page(self, 0, 3);
	track(self, true);
	copy_page(self, 2, 0);
	check_dirty(self, 1 << 2);
	copy_page(self, 1, 0);
	copy_page(self, 2, 0);
	check_dirty(self, 1 << 1 | 1 << 2);
	check_dirty(self, 0);
	track(self, false);
	detach(self);
}

TEST_F(dirty_below_nested, attached_while_tracked)
{
	track(self, true);
	attach(self);
	copy_page(self, 3, 0);
	check_dirty(self, 1 << 3);
	track(self, false);
	detach(self);
}

HARNESS_MAIN(mdev_lend)
