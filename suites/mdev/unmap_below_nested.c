// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM takes memory away from its guest, and gives other memory in its place, while
 * the guest's own tables do not change: what a device has cached of both stages
 * together is gone when the call returns. The second stage is attached to nothing
 * itself; nested tables alone lead to it.
 *
 * Would have caught 821985301124 ("iommu/vt-d: Add missing iotlb flush for parent
 * domain"), 5e54e861f16f ("... Add missing device iotlb flush for parent domain") and
 * 74536f91962d ("... Fix qi_batch NULL pointer with nested parent domain").
 */
#include <string.h>

#include "harness.h"
#include "iommufd.h"
#include "mdev.h"
#include "memory.h"
#include "vm.h"

#define VA 0x400000000000ULL
#define GPA (4ULL << 30) /* behind all other memory */
#define PAGES 4
#define SIZE (PAGES * GUEST_PAGE)
#define PASID 5
#define PATTERN 0x5a5a5a5a5a5a5a5aULL

FIXTURE(unmap_below_nested)
{
	char uuid[MDEV_UUID_SIZE];
	struct vm vm;
	struct vm_process p;
	struct vaccel_queue q;
	u8 *first, *second;
};

static struct svk_result fill(FIXTURE_DATA(unmap_below_nested) *t)
{
	return vaccel_queue_run(&t->q, svk_desc_fill(vaccel_va(VA), PATTERN, SIZE));
}

static void map(FIXTURE_DATA(unmap_below_nested) *t, u8 *mem)
{
	iommufd_map(t->vm.g.iommufd, t->vm.g.ioas, mem, GPA, SIZE);
}

/* The device has reached the memory, so that there is something to forget. */
FIXTURE_SETUP(unmap_below_nested)
{
	harness_begin(_metadata);
	mdev_uuid(1, self->uuid);
	mdev_create(2, self->uuid);
	self->first = memory_map_shared(SIZE);
	self->second = memory_map_shared(SIZE);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(self->uuid));
	vm_process_init(&self->p, &self->vm);
	vm_process_attach(&self->p, &self->vm, PASID);
	vaccel_queue_open(&self->q, &self->vm.a, 0, &self->p.s, PASID);
	map(self, self->first);
	guest_space_map(&self->p.s, VA, GPA, SIZE);
	REQUIRE_STATUS(fill(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->first, SIZE, PATTERN & 0xff), SIZE);
	memset(self->first, 0, SIZE);
	REQUIRE_ERRNO(__iommufd_unmap(self->vm.g.iommufd, self->vm.g.ioas, GPA, SIZE), 0);
}

FIXTURE_TEARDOWN(unmap_below_nested)
{
	vm_cleanup(&self->vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F(unmap_below_nested, memory_is_out_of_reach)
{
	struct svk_result res = fill(self);

	CHECK(res.status == SVK_CPL_FAULT_WRITE,
	      "the second stage has lost the memory, and the device's write ends with %s: "
	      "an invalidation of the nested tables above it is missing",
	      svk_status_name(res.status));
	CHECK_EQ(res.fault_addr, VA);
	CHECK_EQ(memory_diff_byte(self->first, SIZE, 0), SIZE);
}

TEST_F(unmap_below_nested, other_memory_in_its_place_is_reached)
{
	map(self, self->second);
	REQUIRE_STATUS(fill(self), SVK_CPL_OK);
	CHECK(memory_diff_byte(self->first, SIZE, 0) == SIZE,
	      "the second stage has other memory now, and the device writes to the first: "
	      "an invalidation of the nested tables above it is missing");
	CHECK_EQ(memory_diff_byte(self->second, SIZE, PATTERN & 0xff), SIZE);
}

HARNESS_MAIN(mdev_lend)
