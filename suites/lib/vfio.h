/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VFIO device by its character device, a PCI function or a mediated device
 * alike. Functions whose names begin with "__" return 0 or -errno unless they
 * say otherwise, the others assert.
 */
#ifndef SUITES_LIB_VFIO_H
#define SUITES_LIB_VFIO_H

#include <linux/vfio.h>

#include <svakit/types.h>

/**
 * struct vfio - An open device.
 * @fd: its character device; -1 when closed
 * @iommufd: context that it is bound to
 * @dev: its object id there
 * @region: offsets, sizes and flags by VFIO_PCI_xxx_REGION_INDEX
 */
struct vfio {
	int fd;
	int iommufd;
	u32 dev;
	struct vfio_region_info region[VFIO_PCI_CONFIG_REGION_INDEX + 1];
};

/**
 * __vfio_open_pci() - Open the character device of a PCI function bound to vfio-pci.
 * @bdf: "0000:00:06.0"
 *
 * Return: file descriptor, good for nothing but __vfio_bind(), or -errno.
 */
int __vfio_open_pci(const char *bdf);

/** __vfio_open_mdev() - As __vfio_open_pci(), of the mediated device @uuid. */
int __vfio_open_mdev(const char *uuid);

/**
 * __vfio_bind() - Bind an open device to an iommufd context.
 * @fd: from __vfio_open_x()
 * @iommufd: context
 * @dev: result, the device's id in the context
 */
int __vfio_bind(int fd, int iommufd, u32 *dev);

/**
 * __vfio_init() - Bind, and learn the regions.
 * @v: filled; owns @fd, which is closed on failure, too
 * @fd: from __vfio_open_x(), or an error from there, which is passed on
 * @iommufd: context, must stay open
 */
int __vfio_init(struct vfio *v, int fd, int iommufd);
/** vfio_init() - As __vfio_init(). */
void vfio_init(struct vfio *v, int fd, int iommufd);
/** vfio_cleanup() - Close; what was attached is detached. A closed one is left alone. */
void vfio_cleanup(struct vfio *v);

/**
 * __vfio_attach() - Attach a table for requests without PASID, in place of the one before.
 * @v: device
 * @pt: hwpt or IOAS; becomes the hwpt
 */
int __vfio_attach(const struct vfio *v, u32 *pt);
/** __vfio_attach_pasid() - As __vfio_attach(), for a PASID. */
int __vfio_attach_pasid(const struct vfio *v, u32 pasid, u32 *pt);
/** vfio_attach() - As __vfio_attach(). */
void vfio_attach(const struct vfio *v, u32 pt);
/** vfio_attach_pasid() - As __vfio_attach_pasid(). */
void vfio_attach_pasid(const struct vfio *v, u32 pasid, u32 pt);

/** __vfio_detach() - Detach the table of requests without PASID. */
int __vfio_detach(const struct vfio *v);
/** __vfio_detach_pasid() - Detach the table of a PASID. */
int __vfio_detach_pasid(const struct vfio *v, u32 pasid);
/** vfio_detach_pasid() - As __vfio_detach_pasid(). */
void vfio_detach_pasid(const struct vfio *v, u32 pasid);

/**
 * __vfio_read() - Read from a region.
 * @v: device
 * @index: VFIO_PCI_xxx_REGION_INDEX
 * @off: offset in the region
 * @data: result
 * @len: bytes
 *
 * Return: bytes read or -errno.
 */
int __vfio_read(const struct vfio *v, unsigned int index, u64 off, void *data, size_t len);
/** __vfio_write() - As __vfio_read(), the other way. */
int __vfio_write(const struct vfio *v, unsigned int index, u64 off, const void *data, size_t len);

/* Registers of a region. */
u8 vfio_read8(const struct vfio *v, unsigned int index, u64 off);
u16 vfio_read16(const struct vfio *v, unsigned int index, u64 off);
u32 vfio_read32(const struct vfio *v, unsigned int index, u64 off);
u64 vfio_read64(const struct vfio *v, unsigned int index, u64 off);
void vfio_write16(const struct vfio *v, unsigned int index, u64 off, u16 val);
void vfio_write32(const struct vfio *v, unsigned int index, u64 off, u32 val);
void vfio_write64(const struct vfio *v, unsigned int index, u64 off, u64 val);

/**
 * __vfio_map() - Map part of a region.
 * @v: device
 * @index: region that has VFIO_REGION_INFO_FLAG_MMAP
 * @off: page aligned
 * @size: bytes
 * @mem: result; memory_unmap() undoes it
 */
int __vfio_map(const struct vfio *v, unsigned int index, u64 off, size_t size, void **mem);

/**
 * __vfio_set_eventfds() - Let interrupts signal eventfds.
 * @v: device
 * @index: VFIO_PCI_xxx_IRQ_INDEX
 * @start: first vector
 * @count: vectors
 * @fds: an eventfd for each, -1 for none
 */
int __vfio_set_eventfds(const struct vfio *v, unsigned int index, unsigned int start,
			unsigned int count, const s32 *fds);
/** vfio_set_eventfds() - As __vfio_set_eventfds(). */
void vfio_set_eventfds(const struct vfio *v, unsigned int index, unsigned int start,
		       unsigned int count, const s32 *fds);
/** __vfio_unset_irqs() - No vector of an index signals anything any more. */
int __vfio_unset_irqs(const struct vfio *v, unsigned int index);

/** vfio_eventfd() - Return: a new eventfd, not blocking. */
int vfio_eventfd(void);
/** vfio_eventfd_take() - Return: signals since the last time, without waiting. */
u64 vfio_eventfd_take(int fd);
/** vfio_eventfd_wait() - Wait, with a deadline, for a signal. Return: signals. */
u64 vfio_eventfd_wait(int fd);

/** __vfio_reset() - VFIO_DEVICE_RESET. */
int __vfio_reset(const struct vfio *v);
/** vfio_info() - Return: VFIO_DEVICE_GET_INFO. */
struct vfio_device_info vfio_info(const struct vfio *v);
/** __vfio_irq_info() - VFIO_DEVICE_GET_IRQ_INFO of an index. */
int __vfio_irq_info(const struct vfio *v, unsigned int index, struct vfio_irq_info *info);
/** __vfio_region_info() - VFIO_DEVICE_GET_REGION_INFO of an index. */
int __vfio_region_info(int fd, unsigned int index, struct vfio_region_info *info);

#endif /* SUITES_LIB_VFIO_H */
