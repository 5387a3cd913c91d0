// SPDX-License-Identifier: GPL-2.0
#include "iommufd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "ktap.h"
#include "oracle.h"

#define VTD_LEVELS_4 48

int __iommufd_call(int fd, unsigned long nr, void *arg)
{
	return ioctl(fd, nr, arg) ? -errno : 0;
}

int iommufd_open(void)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	REQUIRE(fd >= 0, "open /dev/iommu: %s", strerror(errno));
	return fd;
}

u32 iommufd_ioas_alloc(int fd)
{
	struct iommufd_ioas_alloc_arg arg = {.size = sizeof(arg)};

	REQUIRE_ERRNO(__iommufd_call(fd, IOMMUFD_IOC_IOAS_ALLOC, &arg), 0);
	return arg.out_ioas_id;
}

int __iommufd_map(int fd, u32 ioas, void *mem, u64 iova, u64 size)
{
	struct iommufd_ioas_map_arg arg = {
		.size = sizeof(arg),
		.flags = IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)mem,
		.length = size,
		.iova = iova,
	};

	return __iommufd_call(fd, IOMMUFD_IOC_IOAS_MAP, &arg);
}

void iommufd_map(int fd, u32 ioas, void *mem, u64 iova, u64 size)
{
	REQUIRE_ERRNO(__iommufd_map(fd, ioas, mem, iova, size), 0);
}

int __iommufd_unmap(int fd, u32 ioas, u64 iova, u64 size)
{
	struct iommufd_ioas_unmap_arg arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
		.iova = iova,
		.length = size,
	};
	int ret = __iommufd_call(fd, IOMMUFD_IOC_IOAS_UNMAP, &arg);

	oracle_settle();
	return ret;
}

void iommufd_unmap(int fd, u32 ioas, u64 iova, u64 size)
{
	REQUIRE_ERRNO(__iommufd_unmap(fd, ioas, iova, size), 0);
}

static int alloc_hwpt(int fd, struct iommufd_hwpt_alloc_arg *arg, u32 *hwpt)
{
	int ret = __iommufd_call(fd, IOMMUFD_IOC_HWPT_ALLOC, arg);

	*hwpt = ret ? IOMMUFD_NO_OBJECT : arg->out_hwpt_id;
	return ret;
}

int __iommufd_hwpt_alloc(int fd, u32 dev, u32 ioas, u32 flags, u32 *hwpt)
{
	struct iommufd_hwpt_alloc_arg arg = {
		.size = sizeof(arg),
		.flags = flags,
		.dev_id = dev,
		.pt_id = ioas,
		.data_type = IOMMUFD_DATA_NONE,
	};

	return alloc_hwpt(fd, &arg, hwpt);
}

u32 iommufd_hwpt_alloc(int fd, u32 dev, u32 ioas, u32 flags)
{
	u32 hwpt;

	REQUIRE_ERRNO(__iommufd_hwpt_alloc(fd, dev, ioas, flags, &hwpt), 0);
	return hwpt;
}

int __iommufd_hwpt_nest_faults(int fd, const struct iommufd_nest *nest, u32 *hwpt)
{
	struct iommufd_vtd_s1 stage = {.pgtbl_addr = nest->root, .addr_width = VTD_LEVELS_4};
	struct iommufd_hwpt_alloc_arg arg = {
		.size = sizeof(arg),
		.flags = nest->flags,
		.dev_id = nest->dev,
		.pt_id = nest->parent,
		.data_type = IOMMUFD_DATA_VTD_S1,
		.data_len = sizeof(stage),
		.data_uptr = (uintptr_t)&stage,
		.fault_id = nest->fault,
	};

	return alloc_hwpt(fd, &arg, hwpt);
}

int __iommufd_hwpt_nest(int fd, u32 dev, u32 parent, u32 flags, u64 root, u32 *hwpt)
{
	const struct iommufd_nest nest = {
		.dev = dev,
		.parent = parent,
		.flags = flags,
		.root = root,
	};

	return __iommufd_hwpt_nest_faults(fd, &nest, hwpt);
}

u32 iommufd_hwpt_nest(int fd, u32 dev, u32 parent, u32 flags, u64 root)
{
	u32 hwpt;

	REQUIRE_ERRNO(__iommufd_hwpt_nest(fd, dev, parent, flags, root, &hwpt), 0);
	return hwpt;
}

int __iommufd_fault_queue_alloc(int fd, u32 flags, u32 *id, int *fault_fd)
{
	struct iommufd_fault_alloc_arg arg = {.size = sizeof(arg), .flags = flags};
	int ret = __iommufd_call(fd, IOMMUFD_IOC_FAULT_QUEUE_ALLOC, &arg);

	*id = ret ? IOMMUFD_NO_OBJECT : arg.out_fault_id;
	*fault_fd = ret ? -1 : arg.out_fault_fd;
	return ret;
}

int __iommufd_invalidate(int fd, u32 hwpt, u64 addr, u64 pages)
{
	struct iommufd_vtd_invalidate range = {.addr = addr, .npages = pages};
	struct iommufd_invalidate_arg arg = {
		.size = sizeof(arg),
		.hwpt_id = hwpt,
		.data_uptr = (uintptr_t)&range,
		.entry_len = sizeof(range),
		.entry_num = 1,
	};
	int ret = __iommufd_call(fd, IOMMUFD_IOC_HWPT_INVALIDATE, &arg);

	oracle_invalidated();
	return ret;
}

void iommufd_invalidate(int fd, u32 hwpt, u64 addr, u64 pages)
{
	REQUIRE_ERRNO(__iommufd_invalidate(fd, hwpt, addr, pages), 0);
}

int __iommufd_destroy(int fd, u32 id)
{
	struct iommufd_destroy_arg arg = {.size = sizeof(arg), .id = id};

	return __iommufd_call(fd, IOMMUFD_IOC_DESTROY, &arg);
}

void iommufd_destroy(int fd, u32 id)
{
	REQUIRE_ERRNO(__iommufd_destroy(fd, id), 0);
}

int __iommufd_vtd_info(int fd, u32 dev, struct iommufd_vtd_info *info)
{
	struct iommufd_hw_info_arg arg = {
		.size = sizeof(arg),
		.dev_id = dev,
		.data_len = sizeof(*info),
		.data_uptr = (uintptr_t)info,
	};
	int ret;

	memset(info, 0, sizeof(*info));
	ret = __iommufd_call(fd, IOMMUFD_IOC_GET_HW_INFO, &arg);
	if (!ret && arg.out_data_type != IOMMUFD_HW_INFO_VTD)
		ret = -ENODEV;
	return ret;
}
