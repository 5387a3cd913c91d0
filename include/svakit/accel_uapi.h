/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What svakit_accel adds to the uacce character device.
 *
 * open() binds the caller's address space and reserves a queue;
 * SVK_ACCEL_SET_RING names the ring; UACCE_CMD_START_Q enables the queue;
 * mmap() of UACCE_QFRT_MMIO, one page, gives the portal; poll() returns
 * POLLIN | POLLRDNORM once per completion interrupt (or once for several that
 * came close together) and when the queue halts; close() aborts what is under
 * way, waits until the last access has left the device, and unbinds.
 */
#ifndef SVAKIT_ACCEL_UAPI_H
#define SVAKIT_ACCEL_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct svk_accel_ring - Argument of SVK_ACCEL_SET_RING.
 * @argsz: sizeof(struct svk_accel_ring), for later growth
 * @flags: zero
 * @base: VA of the ring in the caller's address space, 64-byte aligned
 * @entries: descriptors in the ring, a power of two from 2
 * @reserved: zero
 */
struct svk_accel_ring {
	__u32 argsz;
	__u32 flags;
	__u64 base;
	__u32 entries;
	__u32 reserved;
};

/**
 * struct svk_accel_info - Result of SVK_ACCEL_GET_INFO.
 * @argsz: in: size of the caller's structure; out: what the driver filled
 * @queue: index of the hardware queue behind this file
 * @pasid: PASID that the kernel bound it to, for reports only
 * @state: register SVK_QCFG_STATUS
 * @cap: register SVK_GLB_CAP
 * @opcap: register SVK_GLB_OPCAP
 * @fault_addr: register SVK_QCFG_FAULT_ADDR
 */
struct svk_accel_info {
	__u32 argsz;
	__u32 queue;
	__u32 pasid;
	__u32 state;
	__u64 cap;
	__u64 opcap;
	__u64 fault_addr;
};

/*
 * Errors of both, and of UACCE_CMD_START_Q: EAGAIN (the function is being
 * reset), ENODEV (it does not answer any more), ENXIO (it has been removed: the
 * file is good for close() only).
 */
/*
 * Further errors: EFAULT, EINVAL (a field), E2BIG (a non-zero byte beyond what
 * the driver knows), EBUSY (the queue is started), EPERM (the caller does not
 * own the address space that the queue is bound to; so do START_Q and mmap()).
 */
#define SVK_ACCEL_SET_RING _IOW('W', 0x40, struct svk_accel_ring)
/*
 * Further errors: EFAULT, EINVAL (argsz too small). A started queue that reads
 * SVK_QSTATE_DISABLED has lost its work to a reset: close it.
 */
#define SVK_ACCEL_GET_INFO _IOWR('W', 0x41, struct svk_accel_info)

#endif /* SVAKIT_ACCEL_UAPI_H */
