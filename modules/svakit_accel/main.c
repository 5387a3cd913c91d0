// SPDX-License-Identifier: GPL-2.0
/*
 * The svakit accelerator as a PCI function: probe, remove, interrupts, reset.
 *
 * The same driver serves a host and a guest to which the function has been
 * passed; it cannot tell them apart.
 */
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "svakit_accel.h"

/* A portal is a page, so that no mapping holds two. */
static_assert(PAGE_SIZE == SVK_ACCEL_PAGE);

#define SVK_RESET_POLL_US 20
#define SVK_RESET_DEADLINE_US (2 * USEC_PER_SEC)

/**
 * svk_device_enable() - Reset the device's registers and let queues be enabled.
 * @svk: device, its lock held or not yet shared
 *
 * Return: 0, -ENODEV when the function is gone, -ETIMEDOUT when work in flight
 * did not end, -EIO when it does not come up.
 */
int svk_device_enable(struct svk_device *svk)
{
	u32 status;
	int ret;

	writel(SVK_GLB_CTRL_RESET, svk->ctrl + SVK_GLB_CTRL);
	ret = readl_poll_timeout(svk->ctrl + SVK_GLB_STATUS, status,
				 svk_reg_gone(status) || !(status & SVK_GLB_STATUS_BUSY),
				 SVK_RESET_POLL_US, SVK_RESET_DEADLINE_US);
	if (ret)
		return ret;
	if (svk_reg_gone(status))
		return -ENODEV;

	writel(SVK_GLB_CTRL_ENABLE, svk->ctrl + SVK_GLB_CTRL);
	status = readl(svk->ctrl + SVK_GLB_STATUS);
	return status & SVK_GLB_STATUS_ENABLED ? 0 : -EIO;
}

/**
 * svk_device_recover() - Reset a device one of whose queues does not stop.
 * @svk: device, its lock held
 *
 * All other queues lose their work, too. Where even that fails, the function
 * is kept from DMA for good, since address spaces are about to be unbound.
 */
void svk_device_recover(struct svk_device *svk)
{
	int ret;

	lockdep_assert_held(&svk->lock);

	ret = svk_device_enable(svk);
	if (ret) {
		dev_err(&svk->pdev->dev, "reset failed (%pe), no DMA any more: unbind the driver\n",
			ERR_PTR(ret));
		pci_clear_master(svk->pdev);
	}
	for (u32 i = 0; i < svk->nr_queues; i++)
		svk_queue_wake(&svk->queues[i]);
}

static irqreturn_t svk_queue_irq(int irq, void *data)
{
	svk_queue_wake(data);
	return IRQ_HANDLED;
}

static irqreturn_t svk_error_irq(int irq, void *data)
{
	struct svk_device *svk = data;
	u64 err = readq(svk->ctrl + SVK_GLB_ERR);

	if (err == U64_MAX)
		return IRQ_NONE;
	/* Before the reports: a queue that halts meanwhile interrupts again. */
	writeq(err, svk->ctrl + SVK_GLB_ERR);
	for (u32 i = 0; i < svk->nr_queues; i++) {
		if (err & SVK_BIT(i))
			svk_queue_report_error(&svk->queues[i]);
	}
	return IRQ_HANDLED;
}

/* Vector 0 tells of errors, vector n + 1 of completions of queue n. */
static int svk_request_irqs(struct svk_device *svk)
{
	struct pci_dev *pdev = svk->pdev;
	int nr = svk->nr_queues + 1;
	int ret;

	ret = pci_alloc_irq_vectors(pdev, nr, nr, PCI_IRQ_MSIX);
	if (ret < 0)
		return dev_err_probe(&pdev->dev, ret, "no %d MSI-X vectors\n", nr);

	ret = devm_request_irq(&pdev->dev, pci_irq_vector(pdev, 0), svk_error_irq, 0,
			       KBUILD_MODNAME "-error", svk);
	for (u32 i = 0; !ret && i < svk->nr_queues; i++)
		ret = devm_request_irq(&pdev->dev, pci_irq_vector(pdev, i + 1), svk_queue_irq, 0,
				       KBUILD_MODNAME "-queue", &svk->queues[i]);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "no interrupts\n");
	return 0;
}

static void __iomem *svk_map_ctrl(struct pci_dev *pdev)
{
	struct device *dev = &pdev->dev;
	void __iomem *ctrl;
	u32 id, version;

	if (pci_resource_len(pdev, SVK_ACCEL_BAR_CTRL) < SVK_ACCEL_CTRL_SIZE)
		return IOMEM_ERR_PTR(dev_err_probe(dev, -ENODEV, "BAR 0 is too small\n"));

	ctrl = pcim_iomap_region(pdev, SVK_ACCEL_BAR_CTRL, KBUILD_MODNAME);
	if (IS_ERR(ctrl)) {
		dev_err_probe(dev, PTR_ERR(ctrl), "cannot map BAR 0\n");
		return ctrl;
	}

	id = readl(ctrl + SVK_GLB_ID);
	version = readl(ctrl + SVK_GLB_VERSION);
	if (id != SVK_GLB_ID_MAGIC || version != SVK_ACCEL_ABI_VERSION) {
		dev_err(dev, "unknown device: id %#x, ABI version %u\n", id, version);
		return IOMEM_ERR_PTR(-ENODEV);
	}
	return ctrl;
}

static int svk_claim_portals(struct svk_device *svk)
{
	struct pci_dev *pdev = svk->pdev;
	int ret;

	if (pci_resource_len(pdev, SVK_ACCEL_BAR_PORTAL) < svk->nr_queues * SVK_ACCEL_PAGE)
		return dev_err_probe(&pdev->dev, -ENODEV, "BAR 2 holds fewer than %u portals\n",
				     svk->nr_queues);
	ret = pcim_request_region(pdev, SVK_ACCEL_BAR_PORTAL, KBUILD_MODNAME);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "cannot claim BAR 2\n");
	svk->portal_base = pci_resource_start(pdev, SVK_ACCEL_BAR_PORTAL);
	return 0;
}

static struct svk_device *svk_device_alloc(struct pci_dev *pdev, void __iomem *ctrl)
{
	u64 cap = readq(ctrl + SVK_GLB_CAP);
	u32 nr_queues = svk_get(SVK_GLB_CAP_QUEUES, cap);
	struct svk_device *svk;
	int ret;

	if (!nr_queues || nr_queues > SVK_ACCEL_MAX_QUEUES ||
	    svk_get(SVK_GLB_CAP_VECTORS, cap) != nr_queues + 1)
		return ERR_PTR(dev_err_probe(&pdev->dev, -ENODEV, "bad capabilities %#llx\n", cap));

	svk = devm_kzalloc(&pdev->dev, struct_size(svk, queues, nr_queues), GFP_KERNEL);
	if (!svk)
		return ERR_PTR(-ENOMEM);
	ret = devm_mutex_init(&pdev->dev, &svk->lock);
	if (ret)
		return ERR_PTR(ret);

	svk->pdev = pdev;
	svk->ctrl = ctrl;
	svk->cap = cap;
	svk->opcap = readq(ctrl + SVK_GLB_OPCAP);
	svk->nr_queues = nr_queues;
	svk_queues_init(svk);
	return svk;
}

/* No device access from here on reaches memory, not even of a stale queue. */
static void svk_device_disable(struct svk_device *svk)
{
	pci_clear_master(svk->pdev);
	writel(SVK_GLB_CTRL_RESET, svk->ctrl + SVK_GLB_CTRL);
}

static int svk_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct svk_device *svk;
	void __iomem *ctrl;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(dev, ret, "cannot enable\n");
	ret = svk_preflight(pdev);
	if (ret)
		return ret;
	ctrl = svk_map_ctrl(pdev);
	if (IS_ERR(ctrl))
		return PTR_ERR(ctrl);
	svk = svk_device_alloc(pdev, ctrl);
	if (IS_ERR(svk))
		return PTR_ERR(svk);
	pci_set_drvdata(pdev, svk);

	ret = svk_claim_portals(svk);
	if (ret)
		return ret;
	/* Not bus master before: a previous owner may have left queues running. */
	ret = svk_device_enable(svk);
	if (ret)
		return dev_err_probe(dev, ret, "does not come out of reset\n");
	ret = svk_request_irqs(svk);
	if (ret)
		return ret;
	pci_set_master(pdev);

	ret = svk_uacce_register(svk);
	if (ret) {
		svk_device_disable(svk);
		return dev_err_probe(dev, ret, "cannot register with uacce\n");
	}
	dev_info(dev, "%s: %u queues\n", dev_name(&svk->uacce->dev), svk->nr_queues);
	return 0;
}

static void svk_remove(struct pci_dev *pdev)
{
	struct svk_device *svk = pci_get_drvdata(pdev);

	uacce_remove(svk->uacce);
	svk_device_disable(svk);
}

/* The next kernel (kexec) does not expect DMA from this one. */
static void svk_shutdown(struct pci_dev *pdev)
{
	svk_device_disable(pci_get_drvdata(pdev));
}

static void svk_reset_prepare(struct pci_dev *pdev)
{
	struct svk_device *svk = pci_get_drvdata(pdev);

	guard(mutex)(&svk->lock);

	svk->resetting = true;
	svk_queues_stop_for_reset(svk);
}

static void svk_reset_done(struct pci_dev *pdev)
{
	struct svk_device *svk = pci_get_drvdata(pdev);
	int ret;

	guard(mutex)(&svk->lock);

	ret = svk_device_enable(svk);
	if (ret)
		dev_err(&pdev->dev, "does not come out of reset (%pe)\n", ERR_PTR(ret));
	svk->resetting = false;
}

static const struct pci_error_handlers svk_err_handler = {
	.reset_prepare = svk_reset_prepare,
	.reset_done = svk_reset_done,
};

static const struct pci_device_id svk_ids[] = {{PCI_DEVICE(SVK_PCI_VENDOR, SVK_PCI_DEVICE_ACCEL)},
					       {}};
MODULE_DEVICE_TABLE(pci, svk_ids);

static struct pci_driver svk_driver = {
	.name = KBUILD_MODNAME,
	.id_table = svk_ids,
	.probe = svk_probe,
	.remove = svk_remove,
	.shutdown = svk_shutdown,
	.err_handler = &svk_err_handler,
};
module_pci_driver(svk_driver);

MODULE_DESCRIPTION("svakit accelerator: user queues with Shared Virtual Addressing");
MODULE_AUTHOR("svakit");
MODULE_LICENSE("GPL");
