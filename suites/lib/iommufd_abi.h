/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests use of iommufd and of VFIO's character devices, as the kernel's
 * include/uapi/linux/iommufd.h and vfio.h define it. The headers of Debian 12
 * are older than these calls; the names differ from the kernel's, so that
 * both can be included where they are not.
 */
#ifndef SUITES_LIB_IOMMUFD_ABI_H
#define SUITES_LIB_IOMMUFD_ABI_H

#include <sys/ioctl.h>

#include <svakit/types.h>

#define IOMMUFD_IOC(nr) _IO(';', nr)
#define IOMMUFD_IOC_DESTROY IOMMUFD_IOC(0x80)
#define IOMMUFD_IOC_IOAS_ALLOC IOMMUFD_IOC(0x81)
#define IOMMUFD_IOC_IOAS_ALLOW_IOVAS IOMMUFD_IOC(0x82)
#define IOMMUFD_IOC_IOAS_MAP IOMMUFD_IOC(0x85)
#define IOMMUFD_IOC_IOAS_UNMAP IOMMUFD_IOC(0x86)
#define IOMMUFD_IOC_VFIO_IOAS IOMMUFD_IOC(0x88)
#define IOMMUFD_IOC_HWPT_ALLOC IOMMUFD_IOC(0x89)
#define IOMMUFD_IOC_GET_HW_INFO IOMMUFD_IOC(0x8a)
#define IOMMUFD_IOC_SET_DIRTY_TRACKING IOMMUFD_IOC(0x8b)
#define IOMMUFD_IOC_GET_DIRTY_BITMAP IOMMUFD_IOC(0x8c)
#define IOMMUFD_IOC_HWPT_INVALIDATE IOMMUFD_IOC(0x8d)
#define IOMMUFD_IOC_FAULT_QUEUE_ALLOC IOMMUFD_IOC(0x8e)

/** struct iommufd_destroy_arg - iommu_destroy; @size of every argument is its own. */
struct iommufd_destroy_arg {
	u32 size;
	u32 id;
};

/** struct iommufd_ioas_alloc_arg - iommu_ioas_alloc. */
struct iommufd_ioas_alloc_arg {
	u32 size;
	u32 flags;
	u32 out_ioas_id;
};

/** struct iommufd_ioas_map_arg - iommu_ioas_map. */
struct iommufd_ioas_map_arg {
	u32 size;
	u32 flags; /* IOMMUFD_MAP_xxx */
	u32 ioas_id;
	u32 reserved;
	u64 user_va;
	u64 length;
	u64 iova;
};

#define IOMMUFD_MAP_FIXED_IOVA 0x1
#define IOMMUFD_MAP_WRITEABLE 0x2
#define IOMMUFD_MAP_READABLE 0x4

/** struct iommufd_ioas_unmap_arg - iommu_ioas_unmap; @length becomes what was unmapped. */
struct iommufd_ioas_unmap_arg {
	u32 size;
	u32 ioas_id;
	u64 iova;
	u64 length;
};

/** struct iommufd_iova_range - iommu_iova_range. */
struct iommufd_iova_range {
	u64 start;
	u64 last;
};

/** struct iommufd_allow_iovas_arg - iommu_ioas_allow_iovas. */
struct iommufd_allow_iovas_arg {
	u32 size;
	u32 ioas_id;
	u32 num_iovas;
	u32 reserved;
	u64 allowed_iovas;
};

/** struct iommufd_vfio_ioas_arg - iommu_vfio_ioas. */
struct iommufd_vfio_ioas_arg {
	u32 size;
	u32 ioas_id;
	u16 op; /* IOMMUFD_VFIO_IOAS_SET */
	u16 reserved;
};

#define IOMMUFD_VFIO_IOAS_SET 1

/** struct iommufd_hwpt_alloc_arg - iommu_hwpt_alloc. */
struct iommufd_hwpt_alloc_arg {
	u32 size;
	u32 flags; /* IOMMUFD_HWPT_xxx */
	u32 dev_id;
	u32 pt_id;
	u32 out_hwpt_id;
	u32 reserved;
	u32 data_type; /* IOMMUFD_DATA_xxx */
	u32 data_len;
	u64 data_uptr;
	u32 fault_id;
	u32 reserved2;
};

#define IOMMUFD_HWPT_NEST_PARENT 0x1
#define IOMMUFD_HWPT_DIRTY_TRACKING 0x2
#define IOMMUFD_HWPT_FAULT_ID 0x4 /* @fault_id counts */
#define IOMMUFD_HWPT_PASID 0x8
#define IOMMUFD_DATA_NONE 0
#define IOMMUFD_DATA_VTD_S1 1

/** struct iommufd_vtd_s1 - iommu_hwpt_vtd_s1, a first-stage table in guest memory. */
struct iommufd_vtd_s1 {
	u64 flags;
	u64 pgtbl_addr; /* GPA of the root */
	u32 addr_width; /* 48: 4 levels */
	u32 reserved;
};

/** struct iommufd_hw_info_arg - iommu_hw_info. */
struct iommufd_hw_info_arg {
	u32 size;
	u32 flags;
	u32 dev_id;
	u32 data_len;
	u64 data_uptr;
	u32 out_data_type;
	u8 out_max_pasid_log2;
	u8 reserved[3];
	u64 out_capabilities;
};

#define IOMMUFD_HW_INFO_VTD 1

/** struct iommufd_vtd_info - iommu_hw_info_vtd. */
struct iommufd_vtd_info {
	u32 flags;
	u32 reserved;
	u64 cap;
	u64 ecap;
};

#define IOMMUFD_VTD_ERRATUM_772415 0x1 /* no read-only memory below nested tables */

/** struct iommufd_dirty_tracking_arg - iommu_hwpt_set_dirty_tracking. */
struct iommufd_dirty_tracking_arg {
	u32 size;
	u32 flags; /* IOMMUFD_DIRTY_ENABLE */
	u32 hwpt_id;
	u32 reserved;
};

#define IOMMUFD_DIRTY_ENABLE 0x1

/** struct iommufd_dirty_bitmap_arg - iommu_hwpt_get_dirty_bitmap; a bit for each @page_size. */
struct iommufd_dirty_bitmap_arg {
	u32 size;
	u32 hwpt_id;
	u32 flags; /* IOMMUFD_DIRTY_NO_CLEAR */
	u32 reserved;
	u64 iova;
	u64 length;
	u64 page_size;
	u64 data;
};

#define IOMMUFD_DIRTY_NO_CLEAR 0x1

/** struct iommufd_invalidate_arg - iommu_hwpt_invalidate; @entry_num becomes those done. */
struct iommufd_invalidate_arg {
	u32 size;
	u32 hwpt_id;
	u64 data_uptr;
	u32 data_type; /* 0: VT-d first stage */
	u32 entry_len;
	u32 entry_num;
	u32 reserved;
};

#define IOMMUFD_VTD_INV_LEAF 0x1

/** struct iommufd_vtd_invalidate - iommu_hwpt_vtd_s1_invalidate. */
struct iommufd_vtd_invalidate {
	u64 addr;
	u64 npages; /* ~0 with @addr 0: everything */
	u32 flags;
	u32 reserved;
};

/** struct iommufd_fault_alloc_arg - iommu_fault_alloc. */
struct iommufd_fault_alloc_arg {
	u32 size;
	u32 flags;
	u32 out_fault_id;
	s32 out_fault_fd;
};

/** struct iommufd_fault - iommu_hwpt_pgfault, what a read of a fault queue gives. */
struct iommufd_fault {
	u32 flags; /* IOMMUFD_FAULT_xxx */
	u32 dev_id;
	u32 pasid;
	u32 grpid;
	u32 perm; /* IOMMUFD_PERM_xxx */
	u32 reserved;
	u64 addr;
	u32 length;
	u32 cookie; /* of the group */
};

#define IOMMUFD_FAULT_PASID 0x1
#define IOMMUFD_FAULT_LAST 0x2
#define IOMMUFD_PERM_READ 0x1
#define IOMMUFD_PERM_WRITE 0x2

/** struct iommufd_response - iommu_hwpt_page_response, what is written to one. */
struct iommufd_response {
	u32 cookie;
	u32 code; /* IOMMUFD_RESP_xxx */
};

#define IOMMUFD_RESP_SUCCESS 0
#define IOMMUFD_RESP_INVALID 1

/* VFIO: the calls that are newer than Linux 6.1. */
#define VFIO_CDEV_IOC(nr) _IO(';', 100 + (nr))
#define VFIO_CDEV_IOC_BIND VFIO_CDEV_IOC(18)
#define VFIO_CDEV_IOC_ATTACH VFIO_CDEV_IOC(19)
#define VFIO_CDEV_IOC_DETACH VFIO_CDEV_IOC(20)

/** struct vfio_cdev_bind_arg - vfio_device_bind_iommufd up to out_devid. */
struct vfio_cdev_bind_arg {
	u32 argsz;
	u32 flags;
	s32 iommufd;
	u32 out_devid;
};

/** struct vfio_cdev_attach_arg - vfio_device_attach_iommufd_pt. */
struct vfio_cdev_attach_arg {
	u32 argsz;
	u32 flags; /* VFIO_CDEV_PASID: @pasid counts */
	u32 pt_id;
	u32 pasid;
};

/** struct vfio_cdev_detach_arg - vfio_device_detach_iommufd_pt. */
struct vfio_cdev_detach_arg {
	u32 argsz;
	u32 flags; /* VFIO_CDEV_PASID: @pasid counts */
	u32 pasid;
};

#define VFIO_CDEV_PASID 0x1

#endif /* SUITES_LIB_IOMMUFD_ABI_H */
