// SPDX-License-Identifier: GPL-2.0
/*
 * The ends of what can be mapped and unmapped: ranges with nothing in them, that end in the middle
 * of a mapping, beyond the last address, or at it. Guards "iommufd: Make vfio_compat's unmap
 * succeed if the range is already empty", and "iommufd: Protect against overflow of ALIGN() during
 * iova allocation" (8f6887349b2f), which gave out an IOVA that was not allowed.
 */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "pf.h"
#include "vm.h"

#define IOVA (4ULL << 30)
#define SIZE (4 * GUEST_PAGE)
#define LARGE (2ULL << 20)

/* With a device attached, tables are changed; without, only the address space. */
FIXTURE(unmap_edges)
{
	struct vm vm;
	int fd;
	u32 ioas;
	u8 *mem;
};

FIXTURE_VARIANT(unmap_edges)
{
	bool attached;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(unmap_edges, alone) {
	.attached = false,
};

FIXTURE_VARIANT_ADD(unmap_edges, attached) {
	.attached = true,
};

/* clang-format on */

FIXTURE_SETUP(unmap_edges)
{
	u32 pt;

	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	self->fd = self->vm.g.iommufd;
	self->ioas = iommufd_ioas_alloc(self->fd);
	self->mem = memory_map_shared(SIZE);
	pt = self->ioas;
	if (variant->attached)
		REQUIRE_ERRNO(__vfio_attach(&self->vm.a.v, &pt), 0);
}

FIXTURE_TEARDOWN(unmap_edges)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

/* Expect an errno, and so many bytes. */
static void check_unmap(const FIXTURE_DATA(unmap_edges) *t, u64 iova, u64 length, int want,
			u64 unmapped)
{
	struct iommufd_ioas_unmap_arg arg = {
		.size = sizeof(arg),
		.ioas_id = t->ioas,
		.iova = iova,
		.length = length,
	};

	CHECK_ERRNO(__iommufd_call(t->fd, IOMMUFD_IOC_IOAS_UNMAP, &arg), want);
	if (!want)
		CHECK_EQ(arg.length, unmapped);
}

static void map(const FIXTURE_DATA(unmap_edges) *t, u64 iova)
{
	iommufd_map(t->fd, t->ioas, t->mem, iova, SIZE);
}

TEST_F(unmap_edges, nothing_is_there)
{
	check_unmap(self, IOVA, SIZE, -ENOENT, 0);
	/* All there is, which is nothing, is no error. */
	check_unmap(self, 0, ~0ull, 0, 0);
	map(self, IOVA);
	check_unmap(self, IOVA + SIZE, SIZE, -ENOENT, 0);
	check_unmap(self, IOVA - SIZE, SIZE, -ENOENT, 0);
	check_unmap(self, IOVA, SIZE, 0, SIZE);
	check_unmap(self, IOVA, SIZE, -ENOENT, 0);
}

/* Part of a mapping is not taken away, and nothing has changed then. */
TEST_F(unmap_edges, part_of_a_mapping)
{
	map(self, IOVA);
	check_unmap(self, IOVA, SIZE - GUEST_PAGE, -ENOENT, 0);
	check_unmap(self, IOVA + GUEST_PAGE, SIZE - GUEST_PAGE, -ENOENT, 0);
	check_unmap(self, IOVA + GUEST_PAGE, GUEST_PAGE, -ENOENT, 0);
	/* Around it, with nothing else. */
	check_unmap(self, IOVA - SIZE, 3 * SIZE, 0, SIZE);
}

TEST_F(unmap_edges, several_mappings)
{
	map(self, IOVA);
	map(self, IOVA + 2 * SIZE);
	map(self, IOVA + 4 * SIZE);
	/* The third ends behind the range. */
	check_unmap(self, IOVA, 4 * SIZE + GUEST_PAGE, -ENOENT, 0);
	/* What came before it is gone all the same. */
	check_unmap(self, 0, ~0ull, 0, SIZE);
}

TEST_F(unmap_edges, beyond_the_last_address)
{
	check_unmap(self, IOVA, 0, -EINVAL, 0);
	check_unmap(self, ~0ull - GUEST_PAGE + 1, 2 * GUEST_PAGE, -EOVERFLOW, 0);
	check_unmap(self, ~0ull, 1, -EOVERFLOW, 0);
	check_unmap(self, 1, ~0ull, -EOVERFLOW, 0);
	check_unmap(self, ~0ull - GUEST_PAGE + 1, GUEST_PAGE, -ENOENT, 0);
	CHECK_ERRNO(__iommufd_map(self->fd, self->ioas, self->mem, ~0ull - GUEST_PAGE + 1,
				  2 * GUEST_PAGE),
		    -EOVERFLOW);
	CHECK_ERRNO(__iommufd_map(self->fd, self->ioas, self->mem, ~0ull, GUEST_PAGE), -EOVERFLOW);
	CHECK_ERRNO(__iommufd_map(self->fd, self->ioas, self->mem, IOVA, 0), -EINVAL);
	CHECK_ERRNO(__iommufd_map(self->fd, self->ioas, self->mem, IOVA, ~0ull), -EOVERFLOW);
	CHECK_ERRNO(__iommufd_map(self->fd, self->ioas, self->mem, IOVA, ~0ull - 1), -EOVERFLOW);
}

/* VFIO's own calls, as older VMMs use them, on an address space that is named as theirs. */
TEST_F(unmap_edges, vfio_compat_empty_range)
{
	struct iommufd_vfio_ioas_arg set = {
		.size = sizeof(set),
		.ioas_id = self->ioas,
		.op = IOMMUFD_VFIO_IOAS_SET,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = IOVA,
		.size = SIZE,
	};

	REQUIRE_ERRNO(__iommufd_call(self->fd, IOMMUFD_IOC_VFIO_IOAS, &set), 0);
	CHECK_ERRNO(__iommufd_call(self->fd, VFIO_IOMMU_UNMAP_DMA, &unmap), 0);
	CHECK_EQ(unmap.size, 0);
	map(self, IOVA);
	unmap.size = SIZE;
	CHECK_ERRNO(__iommufd_call(self->fd, VFIO_IOMMU_UNMAP_DMA, &unmap), 0);
	CHECK_EQ(unmap.size, SIZE);
	unmap.size = SIZE;
	CHECK_ERRNO(__iommufd_call(self->fd, VFIO_IOMMU_UNMAP_DMA, &unmap), 0);
	CHECK_EQ(unmap.size, 0);
	unmap.flags = VFIO_DMA_UNMAP_FLAG_ALL;
	unmap.iova = 0;
	CHECK_ERRNO(__iommufd_call(self->fd, VFIO_IOMMU_UNMAP_DMA, &unmap), 0);
	CHECK_EQ(unmap.size, 0);
}

static int allow(const FIXTURE_DATA(unmap_edges) *t, struct iommufd_iova_range range)
{
	struct iommufd_allow_iovas_arg arg = {
		.size = sizeof(arg),
		.ioas_id = t->ioas,
		.num_iovas = 1,
		.allowed_iovas = (uintptr_t)&range,
	};

	return __iommufd_call(t->fd, IOMMUFD_IOC_IOAS_ALLOW_IOVAS, &arg);
}

/* Let the kernel choose. Without a device, there need not be memory at @va. */
static int map_anywhere(const FIXTURE_DATA(unmap_edges) *t, u64 va, u64 length, u64 *iova)
{
	struct iommufd_ioas_map_arg arg = {
		.size = sizeof(arg),
		.flags = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE,
		.ioas_id = t->ioas,
		.user_va = va,
		.length = length,
	};
	int ret = __iommufd_call(t->fd, IOMMUFD_IOC_IOAS_MAP, &arg);

	*iova = arg.iova;
	return ret;
}

/*
 * Only the last of all addresses are allowed: rounding one of them up to a large page, as iommufd
 * does for memory that is so large and so aligned, comes out at 0.
 */
TEST_F(unmap_edges, rounding_up_at_the_end)
{
	const u64 size = LARGE, va = LARGE;
	u64 start, iova;

	if (variant->attached) {
		/* No device reaches those: the address space becomes the device's. */
		CHECK_ERRNO(allow(self, (struct iommufd_iova_range){~0ull - SIZE + 1, ~0ull}),
			    -EADDRINUSE);
		return;
	}
	for (start = ~0ull - 3 * size + 1; start > ~0ull - 3 * size; start += size / 4) {
		int ret;

		REQUIRE_ERRNO(allow(self, (struct iommufd_iova_range){start, ~0ull}), 0);
		ret = map_anywhere(self, va, size, &iova);
		if (ret) {
			CHECK_ERRNO(ret, -ENOSPC);
			continue;
		}
		CHECK(iova >= start && iova <= ~0ull - size + 1,
		      "0x%llx is not in 0x%llx to the last address", (unsigned long long)iova,
		      (unsigned long long)start);
		iommufd_unmap(self->fd, self->ioas, iova, size);
	}
	REQUIRE_ERRNO(allow(self, (struct iommufd_iova_range){0, ~0ull}), 0);
	CHECK_ERRNO(map_anywhere(self, va, 0, &iova), -EINVAL);
	CHECK_ERRNO(map_anywhere(self, va, ~0ull - 1, &iova), -EOVERFLOW);
	CHECK_ERRNO(map_anywhere(self, va, 1ull << 63, &iova), -EOVERFLOW);
}

HARNESS_MAIN(pf_lend)
