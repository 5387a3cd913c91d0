// SPDX-License-Identifier: GPL-2.0
/*
 * The character device: uacce opens, binds and closes, this file answers.
 *
 * uacce_remove() may overtake any of it: uacce puts every queue first and
 * then refuses further calls on it, so no operation here sees a dead device.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <svakit/accel_uapi.h>

#include "svakit_accel.h"

static int svk_uacce_get_available_instances(struct uacce_device *uacce)
{
	struct svk_device *svk = uacce->priv;

	guard(mutex)(&svk->lock);

	return svk->nr_free;
}

/* uacce has just bound current->mm; it has not yet set up q->wait. */
static int svk_uacce_get_queue(struct uacce_device *uacce, unsigned long pasid,
			       struct uacce_queue *q)
{
	struct svk_queue *queue = svk_queue_get(uacce->priv, current->mm);

	if (IS_ERR(queue))
		return PTR_ERR(queue);
	q->priv = queue;
	return 0;
}

static void svk_uacce_put_queue(struct uacce_queue *q)
{
	svk_queue_put(q->priv);
}

/*
 * A descriptor may be inherited or passed on; the address space behind it is
 * not. Only its owner may say where the ring is, start it, or map the portal.
 */
static int svk_uacce_start_queue(struct uacce_queue *q)
{
	struct svk_queue *queue = q->priv;

	if (current->mm != queue->mm)
		return -EPERM;
	return svk_queue_start(queue, q);
}

static void svk_uacce_stop_queue(struct uacce_queue *q)
{
	svk_queue_stop(q->priv);
}

static int svk_uacce_is_q_updated(struct uacce_queue *q)
{
	return svk_queue_test_and_clear_updated(q->priv);
}

/*
 * One page, this queue's portal, and nothing next to it. VM_DONTEXPAND and
 * VM_DONTCOPY come from uacce, which also refuses mremap(). A vma of one page
 * is never split, which uacce's region accounting relies on.
 */
static int svk_uacce_mmap(struct uacce_queue *q, struct vm_area_struct *vma,
			  struct uacce_qfile_region *qfr)
{
	struct svk_queue *queue = q->priv;
	phys_addr_t portal = queue->svk->portal_base + queue->index * SVK_ACCEL_PAGE;

	if (vma->vm_mm != queue->mm)
		return -EPERM;
	if (qfr->type != UACCE_QFRT_MMIO || vma->vm_end - vma->vm_start != SVK_ACCEL_PAGE)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED) || (vma->vm_flags & VM_EXEC))
		return -EINVAL;

	vm_flags_clear(vma, VM_MAYEXEC);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	/* Sets VM_IO, VM_PFNMAP and VM_DONTDUMP. */
	return io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(portal), SVK_ACCEL_PAGE,
				  vma->vm_page_prot);
}

static long svk_ioctl_set_ring(struct svk_queue *queue, struct svk_accel_ring __user *arg)
{
	struct svk_accel_ring ring;
	u32 argsz;
	int ret;

	if (current->mm != queue->mm)
		return -EPERM;
	if (get_user(argsz, &arg->argsz))
		return -EFAULT;
	if (argsz < sizeof(ring))
		return -EINVAL;
	ret = copy_struct_from_user(&ring, sizeof(ring), arg, argsz);
	if (ret)
		return ret;
	if (ring.flags || ring.reserved)
		return -EINVAL;
	return svk_queue_set_ring(queue, ring.base, ring.entries);
}

static long svk_ioctl_get_info(struct uacce_queue *q, struct svk_accel_info __user *arg)
{
	struct svk_queue *queue = q->priv;
	struct svk_accel_info info = {
		.argsz = sizeof(info),
		.queue = queue->index,
		.pasid = q->pasid,
		.cap = queue->svk->cap,
		.opcap = queue->svk->opcap,
	};
	struct svk_queue_regs state;
	u32 argsz;
	int ret;

	if (get_user(argsz, &arg->argsz))
		return -EFAULT;
	if (argsz < sizeof(info))
		return -EINVAL;
	ret = svk_queue_read_state(queue, &state);
	if (ret)
		return ret;
	info.state = state.status;
	info.fault_addr = state.fault_addr;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long svk_uacce_ioctl(struct uacce_queue *q, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case SVK_ACCEL_SET_RING:
		return svk_ioctl_set_ring(q->priv, (void __user *)arg);
	case SVK_ACCEL_GET_INFO:
		return svk_ioctl_get_info(q, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct uacce_ops svk_uacce_ops = {
	.get_available_instances = svk_uacce_get_available_instances,
	.get_queue = svk_uacce_get_queue,
	.put_queue = svk_uacce_put_queue,
	.start_queue = svk_uacce_start_queue,
	.stop_queue = svk_uacce_stop_queue,
	.is_q_updated = svk_uacce_is_q_updated,
	.mmap = svk_uacce_mmap,
	.ioctl = svk_uacce_ioctl,
};

/**
 * svk_uacce_register() - Create the character device.
 * @svk: device, ready to serve
 *
 * Undone by uacce_remove(svk->uacce), which stops and releases open queues.
 *
 * Return: 0 or -errno.
 */
int svk_uacce_register(struct svk_device *svk)
{
	struct uacce_interface interface = {
		.name = KBUILD_MODNAME,
		.flags = UACCE_DEV_SVA,
		.ops = &svk_uacce_ops,
	};
	struct uacce_device *uacce;
	int ret;

	uacce = uacce_alloc(&svk->pdev->dev, &interface);
	if (IS_ERR(uacce))
		return PTR_ERR(uacce);

	uacce->priv = svk;
	uacce->algs = "svakit";
	uacce->api_ver = "svakit_accel_v1";
	uacce->qf_pg_num[UACCE_QFRT_MMIO] = 1;
	svk->uacce = uacce;

	ret = uacce_register(uacce);
	if (ret)
		uacce_remove(uacce);
	return ret;
}
