// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that a device may only read cannot be mapped below nested tables: units
 * with erratum 772415 write to it all the same, and Linux takes every unit for one
 * of them (IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17). Elsewhere it can be.
 *
 * Would have caught a kernel without 03476e687eb0 ("iommu/vt-d: Disallow read-only
 * mappings to nest parent domain").
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

#define IOVA (4ULL << 30)

FIXTURE(read_only_parent)
{
	char uuid[MDEV_UUID_SIZE];
	struct vm vm;
	void *mem;
};

static int map_read_only(FIXTURE_DATA(read_only_parent) *t, u32 ioas)
{
	struct iommufd_ioas_map_arg arg = {
		.size = sizeof(arg),
		.flags = IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)t->mem,
		.length = GUEST_PAGE,
		.iova = IOVA,
	};

	return ioctl(t->vm.g.iommufd, IOMMUFD_IOC_IOAS_MAP, &arg) ? -errno : 0;
}

FIXTURE_SETUP(read_only_parent)
{
	harness_begin(_metadata);
	self->mem = memory_map_shared(GUEST_PAGE);
	mdev_uuid(1, self->uuid);
	mdev_create(2, self->uuid);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(self->uuid));
}

FIXTURE_TEARDOWN(read_only_parent)
{
	vm_cleanup(&self->vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F(read_only_parent, refused_below_nested_tables)
{
	int ret = map_read_only(self, self->vm.g.ioas);

	CHECK(ret == -EINVAL,
	      "read-only memory below a table for nesting: got %s, want EINVAL (erratum 772415)",
	      ret ? strerror(-ret) : "a mapping");
}

TEST_F(read_only_parent, allowed_elsewhere)
{
	u32 ioas = iommufd_ioas_alloc(self->vm.g.iommufd);

	iommufd_hwpt_alloc(self->vm.g.iommufd, self->vm.a.v.dev, ioas, 0);
	CHECK_ERRNO(map_read_only(self, ioas), 0);
}

HARNESS_MAIN(mdev_lend)
