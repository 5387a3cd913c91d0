// SPDX-License-Identifier: GPL-2.0
/*
 * A mediated device as VFIO sees it: life, regions, mmap, ioctls.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

#include "svakit_mdev.h"

/* Guards svk_mdevs, all mediated devices of all parents. */
DEFINE_MUTEX(svk_mdevs_lock);
LIST_HEAD(svk_mdevs);

/**
 * svk_mdev_reset() - What SVK_GLB_CTRL_RESET does: registers to reset values.
 * @m: device, its lock held
 *
 * On return no queue of the device makes an access any more.
 */
void svk_mdev_reset(struct svk_mdev *m)
{
	lockdep_assert_held(&m->lock);

	svk_vqueues_reset(m);
	/* Errors that hardware has reported belong to the time before. */
	svk_parent_collect_errors(m->parent);
	m->glb_ctrl = 0;
	svk_inject_reset(m);
	scoped_guard(spinlock_irqsave, &m->irq_lock)
		m->err = 0;
}

static void svk_mdev_function_reset(struct svk_mdev *m)
{
	guard(mutex)(&m->lock);

	svk_mdev_reset(m);
	svk_config_init(m);
}

static int svk_vdev_init(struct vfio_device *vdev)
{
	struct svk_mdev *m = svk_mdev_of(vdev);
	struct mdev_device *mdev = to_mdev_device(vdev->dev);

	m->parent = svk_parent_of_type(mdev->type);
	m->nr_queues = svk_type_queues(m->parent, mdev->type);
	INIT_LIST_HEAD(&m->link);
	mutex_init(&m->lock);
	spin_lock_init(&m->irq_lock);
	xa_init(&m->bindings);
	svk_inject_reset(m);
	svk_config_init(m);
	return 0;
}

static void svk_vdev_release(struct vfio_device *vdev)
{
	struct svk_mdev *m = svk_mdev_of(vdev);

	xa_destroy(&m->bindings);
	mutex_destroy(&m->lock);
}

/* Whoever had it before, the next one finds it as after power-on. */
static int svk_vdev_open(struct vfio_device *vdev)
{
	svk_mdev_function_reset(svk_mdev_of(vdev));
	return 0;
}

static void svk_vdev_close(struct vfio_device *vdev)
{
	struct svk_mdev *m = svk_mdev_of(vdev);

	svk_mdev_function_reset(m);
	svk_irqs_release(m);
}

/* One naturally aligned access of 1, 2, 4 or 8 bytes to a BAR. */
static u64 svk_bar_read(struct svk_mdev *m, u32 index, u32 off, unsigned int len)
{
	atomic64_inc(&m->trapped);
	switch (index) {
	case SVK_ACCEL_BAR_CTRL:
		return svk_regs_read(m, off, len);
	case SVK_ACCEL_BAR_PORTAL:
		return svk_portal_read(m, off, len);
	}
	/* The MSI-X table: the VMM keeps it, and reaches the vectors as eventfds. */
	return 0;
}

static void svk_bar_write(struct svk_mdev *m, u32 index, u32 off, u64 val, unsigned int len)
{
	atomic64_inc(&m->trapped);
	switch (index) {
	case SVK_ACCEL_BAR_CTRL:
		svk_regs_write(m, off, val, len);
		return;
	case SVK_ACCEL_BAR_PORTAL:
		svk_portal_write(m, off, val, len);
		return;
	}
}

static bool svk_bar_access_ok(struct svk_mdev *m, u32 index, u64 off, size_t count)
{
	u64 size = svk_config_bar_size(m, index);

	if (count != 1 && count != 2 && count != 4 && count != 8)
		return false;
	return IS_ALIGNED(off, count) && size && off <= size - count;
}

static ssize_t svk_config_rw(struct svk_mdev *m, char __user *to, const char __user *from,
			     size_t count, u64 off)
{
	u8 bytes[64];

	if (off >= sizeof(m->config))
		return -EINVAL;
	count = min_t(u64, count, sizeof(m->config) - off);
	count = min(count, sizeof(bytes));
	if (from && copy_from_user(bytes, from, count))
		return -EFAULT;
	scoped_guard(mutex, &m->lock) {
		if (from)
			svk_config_write(m, off, bytes, count);
		else
			memcpy(bytes, m->config + off, count);
	}
	if (to && copy_to_user(to, bytes, count))
		return -EFAULT;
	return count;
}

static ssize_t svk_bar_rw(struct svk_mdev *m, char __user *to, const char __user *from,
			  size_t count, loff_t pos)
{
	u32 index = pos >> SVK_REGION_SHIFT;
	u64 off = pos & (SVK_REGION_OFFSET(1) - 1);
	u8 bytes[8] = {};

	if (!svk_bar_access_ok(m, index, off, count))
		return -EINVAL;
	if (from) {
		if (copy_from_user(bytes, from, count))
			return -EFAULT;
		svk_bar_write(m, index, off, get_unaligned_le64(bytes), count);
		return count;
	}
	put_unaligned_le64(svk_bar_read(m, index, off, count), bytes);
	return copy_to_user(to, bytes, count) ? -EFAULT : count;
}

/* The whole of a configuration space access, which VMMs make in one go. */
static ssize_t svk_config_rw_all(struct svk_mdev *m, char __user *to, const char __user *from,
				 size_t count, u64 off)
{
	size_t done = 0;
	ssize_t ret;

	while (done < count) {
		ret = svk_config_rw(m, to ? to + done : NULL, from ? from + done : NULL,
				    count - done, off + done);
		if (ret < 0)
			return done ? done : ret;
		done += ret;
	}
	return done;
}

static ssize_t svk_region_rw(struct svk_mdev *m, char __user *to, const char __user *from,
			     size_t count, loff_t *pos)
{
	ssize_t ret;

	if (*pos >> SVK_REGION_SHIFT == VFIO_PCI_CONFIG_REGION_INDEX)
		ret = svk_config_rw_all(m, to, from, count, *pos & (SVK_REGION_OFFSET(1) - 1));
	else
		ret = svk_bar_rw(m, to, from, count, *pos);
	if (ret > 0)
		*pos += ret;
	return ret;
}

static ssize_t svk_vdev_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *pos)
{
	return svk_region_rw(svk_mdev_of(vdev), buf, NULL, count, pos);
}

static ssize_t svk_vdev_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			      loff_t *pos)
{
	return svk_region_rw(svk_mdev_of(vdev), NULL, buf, count, pos);
}

/*
 * Portals, and nothing else: a page each, in the order of the device's queues,
 * wherever these are in hardware. The mapping holds the device open, so that a
 * queue never changes hands under it.
 */
static int svk_vdev_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	u64 first = vma->vm_pgoff & ((1UL << (SVK_REGION_SHIFT - PAGE_SHIFT)) - 1);
	u32 index = vma->vm_pgoff >> (SVK_REGION_SHIFT - PAGE_SHIFT);
	struct svk_mdev *m = svk_mdev_of(vdev);
	u64 pages = vma_pages(vma);
	int ret;

	if (index != SVK_ACCEL_BAR_PORTAL || first >= m->nr_queues || pages > m->nr_queues - first)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED) || (vma->vm_flags & VM_EXEC))
		return -EINVAL;

	vm_flags_set(vma, VM_DONTEXPAND);
	vm_flags_clear(vma, VM_MAYEXEC);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	for (u64 i = 0; i < pages; i++) {
		const struct svk_hw_queue *hwq = m->queues[first + i].hw;

		ret = io_remap_pfn_range(vma, vma->vm_start + i * PAGE_SIZE,
					 PHYS_PFN(m->parent->portal_base) + hwq->index, PAGE_SIZE,
					 vma->vm_page_prot);
		if (ret)
			return ret;
	}
	return 0;
}

static void svk_vdev_request(struct vfio_device *vdev, unsigned int count)
{
	svk_irqs_request(svk_mdev_of(vdev), count);
}

static int svk_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
			   struct vfio_info_cap *caps)
{
	struct svk_mdev *m = svk_mdev_of(vdev);

	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info->offset = SVK_REGION_OFFSET(info->index);
	info->size = info->index == VFIO_PCI_CONFIG_REGION_INDEX
			     ? sizeof(m->config)
			     : svk_config_bar_size(m, info->index);
	info->flags = info->size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	if (info->index == SVK_ACCEL_BAR_PORTAL)
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

#ifndef SVK_VFIO_HAS_REGION_INFO_CAPS
/* Without get_region_info_caps (older kernels, see Kbuild) drivers copy it themselves. */
static long svk_ioctl_region_info(struct svk_mdev *m, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.cap_offset = 0;
	ret = svk_region_info(&m->vdev, &info, NULL);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
#endif

static long svk_ioctl_info(void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long svk_ioctl_irq_info(struct svk_mdev *m, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_PCI_NUM_IRQS ||
	    info.index == VFIO_PCI_ERR_IRQ_INDEX)
		return -EINVAL;
	info.count = svk_irqs_count(m, info.index);
	info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE : 0;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long svk_ioctl_set_irqs(struct svk_mdev *m, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_set hdr;
	void *data = NULL;
	size_t size = 0;
	int ret;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	ret = vfio_set_irqs_validate_and_prepare(&hdr, svk_irqs_count(m, hdr.index),
						 VFIO_PCI_NUM_IRQS, &size);
	if (ret)
		return ret;
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	scoped_guard(mutex, &m->lock)
		ret = svk_irqs_set(m, &hdr, data);
	kfree(data);
	return ret;
}

static long svk_vdev_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct svk_mdev *m = svk_mdev_of(vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return svk_ioctl_info((void __user *)arg);
#ifndef SVK_VFIO_HAS_REGION_INFO_CAPS
	case VFIO_DEVICE_GET_REGION_INFO:
		return svk_ioctl_region_info(m, (void __user *)arg);
#endif
	case VFIO_DEVICE_GET_IRQ_INFO:
		return svk_ioctl_irq_info(m, (void __user *)arg);
	case VFIO_DEVICE_SET_IRQS:
		return svk_ioctl_set_irqs(m, (void __user *)arg);
	case VFIO_DEVICE_RESET:
		svk_mdev_function_reset(m);
		return 0;
	}
	return -ENOTTY;
}

static const struct vfio_device_ops svk_vdev_ops = {
	.name = KBUILD_MODNAME,
	.init = svk_vdev_init,
	.release = svk_vdev_release,
	.bind_iommufd = svk_map_bind,
	.unbind_iommufd = svk_map_unbind,
	.attach_ioas = svk_map_attach,
	.detach_ioas = svk_map_detach,
	.pasid_attach_ioas = svk_map_attach_pasid,
	.pasid_detach_ioas = svk_map_detach_pasid,
	.open_device = svk_vdev_open,
	.close_device = svk_vdev_close,
	.read = svk_vdev_read,
	.write = svk_vdev_write,
	.mmap = svk_vdev_mmap,
	.ioctl = svk_vdev_ioctl,
#ifdef SVK_VFIO_HAS_REGION_INFO_CAPS
	.get_region_info_caps = svk_region_info,
#endif
	.request = svk_vdev_request,
};

static void svk_mdev_unlist(struct svk_mdev *m)
{
	guard(mutex)(&svk_mdevs_lock);

	list_del(&m->link);
}

static int svk_mdev_probe(struct mdev_device *mdev)
{
	struct svk_mdev *m;
	int ret;

	m = vfio_alloc_device(svk_mdev, vdev, &mdev->dev, &svk_vdev_ops);
	if (IS_ERR(m))
		return PTR_ERR(m);
	ret = svk_parent_take_queues(m->parent, m);
	if (ret)
		goto err_put;
	dev_set_drvdata(&mdev->dev, m);
	scoped_guard(mutex, &svk_mdevs_lock)
		list_add_tail(&m->link, &svk_mdevs);
	/* No group of its own in the IOMMU: what is bound is the parent, see map.c. */
	ret = vfio_register_emulated_iommu_dev(&m->vdev);
	if (ret)
		goto err_unlist;
	return 0;

err_unlist:
	svk_mdev_unlist(m);
	svk_parent_give_queues(m->parent, m);
err_put:
	vfio_put_device(&m->vdev);
	return ret;
}

/* Waits until nobody has the device open. */
static void svk_mdev_remove(struct mdev_device *mdev)
{
	struct svk_mdev *m = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&m->vdev);
	svk_mdev_unlist(m);
	/* Not in release(), which a reference may put off until the parent has gone. */
	svk_parent_give_queues(m->parent, m);
	vfio_put_device(&m->vdev);
}

static unsigned int svk_mdev_available(struct mdev_type *type)
{
	struct svk_parent *p = svk_parent_of_type(type);

	guard(mutex)(&p->lock);

	return p->nr_free / svk_type_queues(p, type);
}

static ssize_t svk_mdev_description(struct mdev_type *type, char *buf)
{
	u32 queues = svk_type_queues(svk_parent_of_type(type), type);

	return sysfs_emit(buf,
			  "svakit accelerator, %u queue%s, guest PASIDs backed by host PASIDs\n",
			  queues, queues == 1 ? "" : "s");
}

struct mdev_driver svk_mdev_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.driver.name = KBUILD_MODNAME,
	.driver.owner = THIS_MODULE,
	.driver.mod_name = KBUILD_MODNAME,
	.probe = svk_mdev_probe,
	.remove = svk_mdev_remove,
	.get_available = svk_mdev_available,
	.show_description = svk_mdev_description,
};
