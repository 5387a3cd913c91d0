// SPDX-License-Identifier: GPL-2.0
/*
 * The accelerator function that is shared: probe, types, hardware queues,
 * interrupts, and the module itself.
 *
 * The driver binds only on request (driver_override), as vfio-pci's do: by
 * itself the function belongs to svakit_accel.
 */
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iommu.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sysfs.h>

#include "svakit_mdev.h"

static_assert(PAGE_SIZE == SVK_ACCEL_PAGE);

#define SVK_RESET_POLL_US 20
#define SVK_RESET_DEADLINE_US (2 * USEC_PER_SEC)

static const struct {
	const char *sysfs_name;
	const char *pretty_name;
} svk_types[SVK_MDEV_TYPES] = {
	{"q1", "1 queue"},
	{"q2", "2 queues"},
	{"q4", "4 queues"},
	{"q8", "8 queues"},
};

/**
 * svk_parent_of_type() - The parent behind one of its types.
 * @type: type, registered
 */
struct svk_parent *svk_parent_of_type(struct mdev_type *type)
{
	return container_of(type->parent, struct svk_parent, mdev);
}

/**
 * svk_type_queues() - Queues of a device of a type.
 * @p: parent
 * @type: one of its types
 */
u32 svk_type_queues(struct svk_parent *p, struct mdev_type *type)
{
	return 1U << (type - p->types);
}

static void svk_hwq_set_owner(struct svk_hw_queue *hwq, struct svk_mdev *m, u32 slot)
{
	guard(spinlock_irqsave)(&hwq->lock);

	hwq->owner = m;
	hwq->slot = slot;
}

/**
 * svk_parent_take_queues() - Give a new device its queues.
 * @p: parent
 * @m: device, @m->nr_queues is set
 *
 * Which ones does not matter to the device: it numbers them from 0.
 *
 * Return: 0, or -ENOSPC with a line in the log.
 */
int svk_parent_take_queues(struct svk_parent *p, struct svk_mdev *m)
{
	u32 slot = 0;

	guard(mutex)(&p->lock);

	if (p->nr_free < m->nr_queues) {
		dev_warn(&p->pdev->dev, "no device of %u queues: only %u of %u are free\n",
			 m->nr_queues, p->nr_free, p->nr_queues);
		return -ENOSPC;
	}
	for (u32 i = 0; slot < m->nr_queues; i++) {
		if (p->queues[i].owner)
			continue;
		svk_hwq_set_owner(&p->queues[i], m, slot);
		m->queues[slot++].hw = &p->queues[i];
	}
	p->nr_free -= m->nr_queues;
	return 0;
}

/**
 * svk_parent_give_queues() - Undo svk_parent_take_queues().
 * @p: parent
 * @m: device; its queues have been reset when it was closed
 */
void svk_parent_give_queues(struct svk_parent *p, struct svk_mdev *m)
{
	guard(mutex)(&p->lock);

	for (u32 i = 0; i < m->nr_queues; i++)
		svk_hwq_set_owner(m->queues[i].hw, NULL, 0);
	p->nr_free += m->nr_queues;
}

static void svk_hwq_report_error(struct svk_hw_queue *hwq)
{
	guard(spinlock_irqsave)(&hwq->lock);

	if (hwq->owner)
		svk_irqs_raise_error(hwq->owner, hwq->slot);
}

/**
 * svk_parent_collect_errors() - Take what SVK_GLB_ERR has, and pass it to the devices.
 * @p: parent
 *
 * Context: any, also hard interrupt. When this returns, every error that
 * hardware had reported before is in the device's own register.
 */
void svk_parent_collect_errors(struct svk_parent *p)
{
	u64 err;

	guard(spinlock_irqsave)(&p->err_lock);

	err = readq(p->ctrl + SVK_GLB_ERR);
	if (!err || err == U64_MAX)
		return;
	/* Before the reports: a queue that halts meanwhile interrupts again. */
	writeq(err, p->ctrl + SVK_GLB_ERR);
	for (u32 i = 0; i < p->nr_queues; i++) {
		if (err & SVK_BIT(i))
			svk_hwq_report_error(&p->queues[i]);
	}
}

static irqreturn_t svk_error_irq(int irq, void *data)
{
	svk_parent_collect_errors(data);
	return IRQ_HANDLED;
}

static irqreturn_t svk_queue_irq(int irq, void *data)
{
	struct svk_hw_queue *hwq = data;

	guard(spinlock_irqsave)(&hwq->lock);

	if (hwq->owner)
		svk_irqs_signal(hwq->owner, READ_ONCE(hwq->owner->queues[hwq->slot].vector));
	return IRQ_HANDLED;
}

/* Reset all queues and let them be enabled. */
static int svk_parent_enable(struct svk_parent *p)
{
	u32 status;
	int ret;

	writel(SVK_GLB_CTRL_RESET, p->ctrl + SVK_GLB_CTRL);
	ret = readl_poll_timeout(p->ctrl + SVK_GLB_STATUS, status,
				 svk_reg_gone(status) || !(status & SVK_GLB_STATUS_BUSY),
				 SVK_RESET_POLL_US, SVK_RESET_DEADLINE_US);
	if (ret)
		return ret;
	if (svk_reg_gone(status))
		return -ENODEV;
	writel(SVK_GLB_CTRL_ENABLE, p->ctrl + SVK_GLB_CTRL);
	status = readl(p->ctrl + SVK_GLB_STATUS);
	return status & SVK_GLB_STATUS_ENABLED ? 0 : -EIO;
}

/**
 * svk_parent_recover() - Reset a function one of whose queues does not stop.
 * @p: parent
 *
 * All its devices lose their work. Where even that fails, the function is kept
 * from DMA for good, since a host PASID is about to be reused.
 */
void svk_parent_recover(struct svk_parent *p)
{
	int ret = svk_parent_enable(p);

	if (!ret)
		return;
	dev_err(&p->pdev->dev, "reset failed (%pe), no DMA any more: unbind the driver\n",
		ERR_PTR(ret));
	pci_clear_master(p->pdev);
}

/* Vector 0 tells of errors, vector n + 1 of completions of queue n. */
static int svk_parent_request_irqs(struct svk_parent *p)
{
	struct pci_dev *pdev = p->pdev;
	int nr = p->nr_queues + 1;
	int ret;

	ret = pci_alloc_irq_vectors(pdev, nr, nr, PCI_IRQ_MSIX);
	if (ret < 0)
		return dev_err_probe(&pdev->dev, ret, "no %d MSI-X vectors\n", nr);
	ret = devm_request_irq(&pdev->dev, pci_irq_vector(pdev, 0), svk_error_irq, 0,
			       KBUILD_MODNAME "-error", p);
	for (u32 i = 0; !ret && i < p->nr_queues; i++)
		ret = devm_request_irq(&pdev->dev, pci_irq_vector(pdev, i + 1), svk_queue_irq, 0,
				       KBUILD_MODNAME "-queue", &p->queues[i]);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "no interrupts\n");
	return 0;
}

static void __iomem *svk_parent_map(struct pci_dev *pdev)
{
	struct device *dev = &pdev->dev;
	void __iomem *ctrl;

	if (!device_iommu_mapped(dev))
		return IOMEM_ERR_PTR(
			dev_err_probe(dev, -EOPNOTSUPP, "no IOMMU: intel_iommu=on,sm_on?\n"));
	if (pci_resource_len(pdev, SVK_ACCEL_BAR_CTRL) < SVK_ACCEL_CTRL_SIZE)
		return IOMEM_ERR_PTR(dev_err_probe(dev, -ENODEV, "BAR 0 is too small\n"));
	ctrl = pcim_iomap_region(pdev, SVK_ACCEL_BAR_CTRL, KBUILD_MODNAME);
	if (IS_ERR(ctrl)) {
		dev_err_probe(dev, PTR_ERR(ctrl), "cannot map BAR 0\n");
		return ctrl;
	}
	if (readl(ctrl + SVK_GLB_ID) != SVK_GLB_ID_MAGIC ||
	    readl(ctrl + SVK_GLB_VERSION) != SVK_ACCEL_ABI_VERSION) {
		dev_err(dev, "unknown device: id %#x, ABI version %u\n", readl(ctrl + SVK_GLB_ID),
			readl(ctrl + SVK_GLB_VERSION));
		return IOMEM_ERR_PTR(-ENODEV);
	}
	return ctrl;
}

static int svk_parent_map_portals(struct svk_parent *p)
{
	struct pci_dev *pdev = p->pdev;

	if (pci_resource_len(pdev, SVK_ACCEL_BAR_PORTAL) < p->nr_queues * SVK_ACCEL_PAGE)
		return dev_err_probe(&pdev->dev, -ENODEV, "BAR 2 holds fewer than %u portals\n",
				     p->nr_queues);
	p->portals = pcim_iomap_region(pdev, SVK_ACCEL_BAR_PORTAL, KBUILD_MODNAME);
	if (IS_ERR(p->portals))
		return dev_err_probe(&pdev->dev, PTR_ERR(p->portals), "cannot map BAR 2\n");
	p->portal_base = pci_resource_start(pdev, SVK_ACCEL_BAR_PORTAL);
	return 0;
}

static struct svk_parent *svk_parent_alloc(struct pci_dev *pdev, void __iomem *ctrl)
{
	u64 cap = readq(ctrl + SVK_GLB_CAP);
	u32 nr_queues = svk_get(SVK_GLB_CAP_QUEUES, cap);
	struct svk_parent *p;
	int ret;

	if (!nr_queues || nr_queues > SVK_ACCEL_MAX_QUEUES ||
	    svk_get(SVK_GLB_CAP_VECTORS, cap) != nr_queues + 1)
		return ERR_PTR(dev_err_probe(&pdev->dev, -ENODEV, "bad capabilities %#llx\n", cap));
	p = devm_kzalloc(&pdev->dev, struct_size(p, queues, nr_queues), GFP_KERNEL);
	if (!p)
		return ERR_PTR(-ENOMEM);
	ret = devm_mutex_init(&pdev->dev, &p->lock);
	if (ret)
		return ERR_PTR(ret);

	p->pdev = pdev;
	p->ctrl = ctrl;
	p->cap = cap;
	p->opcap = readq(ctrl + SVK_GLB_OPCAP);
	p->nr_queues = nr_queues;
	p->nr_free = nr_queues;
	p->allocator = svk_pasid_allocator_find(p, NULL);
	spin_lock_init(&p->err_lock);
	for (u32 i = 0; i < nr_queues; i++) {
		p->queues[i].parent = p;
		p->queues[i].index = i;
		spin_lock_init(&p->queues[i].lock);
	}
	return p;
}

static int svk_parent_register(struct svk_parent *p)
{
	for (u32 i = 0; i < SVK_MDEV_TYPES; i++) {
		p->types[i].sysfs_name = svk_types[i].sysfs_name;
		p->types[i].pretty_name = svk_types[i].pretty_name;
		p->type_ptrs[i] = &p->types[i];
	}
	return mdev_register_parent(&p->mdev, &p->pdev->dev, &svk_mdev_driver, p->type_ptrs,
				    SVK_MDEV_TYPES);
}

static void svk_parent_disable(struct svk_parent *p)
{
	pci_clear_master(p->pdev);
	writel(SVK_GLB_CTRL_RESET, p->ctrl + SVK_GLB_CTRL);
}

static int svk_parent_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct svk_parent *p;
	void __iomem *ctrl;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(dev, ret, "cannot enable\n");
	ctrl = svk_parent_map(pdev);
	if (IS_ERR(ctrl))
		return PTR_ERR(ctrl);
	p = svk_parent_alloc(pdev, ctrl);
	if (IS_ERR(p))
		return PTR_ERR(p);
	pci_set_drvdata(pdev, p);
	ret = svk_parent_map_portals(p);
	if (ret)
		return ret;
	/* Not bus master before: a previous owner may have left queues running. */
	ret = svk_parent_enable(p);
	if (ret)
		return dev_err_probe(dev, ret, "does not come out of reset\n");
	ret = svk_parent_request_irqs(p);
	if (ret)
		return ret;
	pci_set_master(pdev);

	ret = svk_parent_register(p);
	if (ret) {
		svk_parent_disable(p);
		return dev_err_probe(dev, ret, "cannot register with mdev\n");
	}
	dev_info(dev, "%u queues for mediated devices\n", p->nr_queues);
	return 0;
}

/* Waits until nobody has one of its devices open; each user is asked to close. */
static void svk_parent_remove(struct pci_dev *pdev)
{
	struct svk_parent *p = pci_get_drvdata(pdev);

	mdev_unregister_parent(&p->mdev);
	svk_parent_disable(p);
}

/* The next kernel (kexec) does not expect DMA from this one. */
static void svk_parent_shutdown(struct pci_dev *pdev)
{
	svk_parent_disable(pci_get_drvdata(pdev));
}

/* Work of all devices is lost; their queues read DISABLED. */
static void svk_parent_reset_done(struct pci_dev *pdev)
{
	svk_parent_recover(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers svk_err_handler = {
	.reset_done = svk_parent_reset_done,
};

static ssize_t pasid_allocator_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct svk_parent *p = dev_get_drvdata(dev);

	guard(mutex)(&p->lock);

	return sysfs_emit(buf, "%s\n", p->allocator->name);
}

static ssize_t pasid_allocator_store(struct device *dev, struct device_attribute *attr,
				     const char *buf, size_t count)
{
	struct svk_parent *p = dev_get_drvdata(dev);
	struct svk_pasid_allocator *a;

	guard(mutex)(&p->lock);

	a = svk_pasid_allocator_find(p, buf);
	if (IS_ERR(a)) {
		dev_warn(dev, "no such PASID allocator: %pe\n", a);
		return PTR_ERR(a);
	}
	/* A PASID goes back to where it came from. */
	if (a != p->allocator && p->nr_pasids) {
		dev_warn(dev, "the PASID allocator stays: %u host PASIDs are in use\n",
			 p->nr_pasids);
		return -EBUSY;
	}
	p->allocator = a;
	return count;
}
static DEVICE_ATTR_RW(pasid_allocator);

static struct attribute *svk_parent_attrs[] = {
	&dev_attr_pasid_allocator.attr,
	NULL,
};

static const struct attribute_group svk_parent_group = {
	.name = KBUILD_MODNAME,
	.attrs = svk_parent_attrs,
};
__ATTRIBUTE_GROUPS(svk_parent);

static const struct pci_device_id svk_ids[] = {
	{PCI_DRIVER_OVERRIDE_DEVICE_VFIO(SVK_PCI_VENDOR, SVK_PCI_DEVICE_ACCEL)},
	{},
};
MODULE_DEVICE_TABLE(pci, svk_ids);

static struct pci_driver svk_parent_driver = {
	.name = KBUILD_MODNAME,
	.id_table = svk_ids,
	.probe = svk_parent_probe,
	.remove = svk_parent_remove,
	.shutdown = svk_parent_shutdown,
	.err_handler = &svk_err_handler,
	.dev_groups = svk_parent_groups,
	/* iommufd takes the group over when a device is bound. */
	.driver_managed_dma = true,
};

static int __init svk_init(void)
{
	int ret;

	svk_pasid_init();
	svk_vcs_init();
	svk_view_init();
	ret = mdev_register_driver(&svk_mdev_driver);
	if (ret)
		goto err_view;
	ret = pci_register_driver(&svk_parent_driver);
	if (ret)
		goto err_driver;
	return 0;

err_driver:
	mdev_unregister_driver(&svk_mdev_driver);
err_view:
	svk_view_exit();
	svk_vcs_exit();
	return ret;
}
module_init(svk_init);

static void __exit svk_exit(void)
{
	pci_unregister_driver(&svk_parent_driver);
	mdev_unregister_driver(&svk_mdev_driver);
	svk_view_exit();
	svk_vcs_exit();
}
module_exit(svk_exit);

MODULE_DESCRIPTION("svakit accelerator as VFIO mediated devices: guest PASIDs on host PASIDs");
MODULE_AUTHOR("svakit");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("IOMMUFD");
