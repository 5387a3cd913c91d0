/* SPDX-License-Identifier: GPL-2.0 */
/*
 * iommufd as a VMM uses it. Functions whose names begin with "__" return 0 or
 * -errno, the others assert.
 */
#ifndef SUITES_LIB_IOMMUFD_H
#define SUITES_LIB_IOMMUFD_H

#include "iommufd_abi.h"

/* Objects are numbers of the file, from 1 on. */
#define IOMMUFD_NO_OBJECT 0

/** iommufd_open() - Return: a new context, a file descriptor. */
int iommufd_open(void);

/** iommufd_ioas_alloc() - Return: id of a new, empty I/O address space. */
u32 iommufd_ioas_alloc(int fd);

/**
 * __iommufd_map() - Map memory of the caller into an address space, readable and writable.
 * @fd: context
 * @ioas: address space
 * @mem: page aligned; stays pinned until it is unmapped
 * @iova: where the device finds it
 * @size: bytes, whole pages
 */
int __iommufd_map(int fd, u32 ioas, void *mem, u64 iova, u64 size);
/** iommufd_map() - As __iommufd_map(). */
void iommufd_map(int fd, u32 ioas, void *mem, u64 iova, u64 size);

/** __iommufd_call() - Any call of iommufd or VFIO, with its own argument. Return: 0 or -errno. */
int __iommufd_call(int fd, unsigned long nr, void *arg);

/** __iommufd_unmap() - Undo; @iova and @size as mapped. On return the device cannot reach it. */
int __iommufd_unmap(int fd, u32 ioas, u64 iova, u64 size);
/** iommufd_unmap() - As __iommufd_unmap(). */
void iommufd_unmap(int fd, u32 ioas, u64 iova, u64 size);

/**
 * __iommufd_hwpt_alloc() - Make a page table of an address space.
 * @fd: context
 * @dev: device that it is made for
 * @ioas: address space
 * @flags: IOMMUFD_HWPT_xxx; IOMMUFD_HWPT_NEST_PARENT makes it a second stage
 * @hwpt: result, its id
 */
int __iommufd_hwpt_alloc(int fd, u32 dev, u32 ioas, u32 flags, u32 *hwpt);
/** iommufd_hwpt_alloc() - Return: what __iommufd_hwpt_alloc() makes. */
u32 iommufd_hwpt_alloc(int fd, u32 dev, u32 ioas, u32 flags);

/**
 * __iommufd_hwpt_nest() - Make a VT-d first stage, 4 levels, on a second stage.
 * @fd: context
 * @dev: device that it is made for
 * @parent: hwpt with IOMMUFD_HWPT_NEST_PARENT
 * @flags: 0 or IOMMUFD_HWPT_PASID
 * @root: address of the top table, in @parent's address space
 * @hwpt: result, its id
 */
int __iommufd_hwpt_nest(int fd, u32 dev, u32 parent, u32 flags, u64 root, u32 *hwpt);
/** iommufd_hwpt_nest() - Return: what __iommufd_hwpt_nest() makes. */
u32 iommufd_hwpt_nest(int fd, u32 dev, u32 parent, u32 flags, u64 root);

/**
 * struct iommufd_nest - A first stage to be made, 4 levels.
 * @dev: device that it is made for
 * @parent: hwpt with IOMMUFD_HWPT_NEST_PARENT
 * @flags: IOMMUFD_HWPT_PASID, IOMMUFD_HWPT_FAULT_ID, or 0
 * @fault: fault queue that its page requests go to, with IOMMUFD_HWPT_FAULT_ID
 * @root: address of the top table, in @parent's address space
 */
struct iommufd_nest {
	u32 dev;
	u32 parent;
	u32 flags;
	u32 fault;
	u64 root;
};

/** __iommufd_hwpt_nest_faults() - As __iommufd_hwpt_nest(), with a fault queue if it says so. */
int __iommufd_hwpt_nest_faults(int fd, const struct iommufd_nest *nest, u32 *hwpt);

/**
 * __iommufd_fault_queue_alloc() - Make a fault queue.
 * @fd: context
 * @flags: 0
 * @id: result, its object id
 * @fault_fd: result, the file from which faults are read
 */
int __iommufd_fault_queue_alloc(int fd, u32 flags, u32 *id, int *fault_fd);

/**
 * __iommufd_invalidate() - Make the unit and devices forget a range of a nested table.
 * @fd: context
 * @hwpt: nested table
 * @addr: page aligned
 * @pages: ~0 with @addr 0: everything
 *
 * On return no access uses what was cached before.
 */
int __iommufd_invalidate(int fd, u32 hwpt, u64 addr, u64 pages);
/** iommufd_invalidate() - As __iommufd_invalidate(). */
void iommufd_invalidate(int fd, u32 hwpt, u64 addr, u64 pages);

/** __iommufd_destroy() - Give an object back; -EBUSY while something uses it. */
int __iommufd_destroy(int fd, u32 id);
/** iommufd_destroy() - As __iommufd_destroy(). */
void iommufd_destroy(int fd, u32 id);

/**
 * __iommufd_vtd_info() - What the unit above a device can do.
 * @fd: context
 * @dev: device
 * @info: result
 *
 * Return: 0 or -errno; -ENODEV if it is not a VT-d unit.
 */
int __iommufd_vtd_info(int fd, u32 dev, struct iommufd_vtd_info *info);

#endif /* SUITES_LIB_IOMMUFD_H */
