// SPDX-License-Identifier: GPL-2.0
/*
 * Host PASIDs from the platform: the virtual command registers of a remapping
 * unit (VT-d specification, "Virtual Command Register"), which a platform that
 * is itself virtual offers so that PASIDs are unique across its guests.
 *
 * Linux drove these registers from 5.8 until the global PASID allocator came
 * (drivers/iommu/intel/pasid.c, vcmd_alloc_pasid()); nothing in the kernel
 * does now, so this is the only user. The unit is found as svakit's model
 * shows it: its register block is BAR 0 of a PCI function.
 */
#include <linux/errno.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/pci.h>
#include <svakit/vtd_regs.h>

#include "svakit_mdev.h"

#define SVK_VCS_POLL_US 10
#define SVK_VCS_DEADLINE_US (100 * USEC_PER_MSEC)

/* Found once, at module load; @regs is NULL without a usable unit. */
static struct {
	struct pci_dev *unit;
	void __iomem *regs;
	/* One command at a time, whichever parent it is for. */
	struct mutex lock;
} vcs = {.lock = __MUTEX_INITIALIZER(vcs.lock)};

static int vcs_usable(struct svk_parent *p)
{
	return vcs.regs ? 0 : -EOPNOTSUPP;
}

/* Return: 0 and the response, -EIO if there is none in time. */
static int vcs_command(u64 command, u64 *response)
{
	guard(mutex)(&vcs.lock);

	writeq(command, vcs.regs + VTD_VCMD);
	if (readq_poll_timeout(vcs.regs + VTD_VCRSP, *response, !(*response & VTD_VCRSP_IP),
			       SVK_VCS_POLL_US, SVK_VCS_DEADLINE_US))
		return -EIO;
	return 0;
}

static int vcs_alloc(struct svk_parent *p, u32 *pasid)
{
	u64 response;
	int ret;

	ret = vcs_command(VTD_VCMD_ALLOC, &response);
	if (ret)
		return ret;
	switch (svk_get(VTD_VCRSP_SC, response)) {
	case VTD_VCRSP_SC_SUCCESS:
		*pasid = svk_get(VTD_VCRSP_PASID, response);
		return 0;
	case VTD_VCRSP_SC_NO_PASID:
		return -ENOSPC;
	}
	return -EIO;
}

static void vcs_free(struct svk_parent *p, u32 pasid)
{
	u64 response;

	if (vcs_command(VTD_VCMD_FREE | svk_put(VTD_VCMD_OPERAND, pasid), &response) ||
	    svk_get(VTD_VCRSP_SC, response) != VTD_VCRSP_SC_SUCCESS)
		dev_err(&p->pdev->dev, "the platform does not take PASID %u back\n", pasid);
}

static struct svk_pasid_allocator vcs_allocator = {
	.name = "vcs",
	.usable = vcs_usable,
	.alloc = vcs_alloc,
	.free = vcs_free,
};

/** svk_vcs_init() - Look for the registers and register the allocator. */
void svk_vcs_init(void)
{
	void __iomem *regs;

	svk_pasid_allocator_register(&vcs_allocator);
	vcs.unit = pci_get_device(SVK_PCI_VENDOR, SVK_PCI_DEVICE_VTD, NULL);
	if (!vcs.unit)
		return;
	regs = pci_iomap(vcs.unit, 0, 0);
	if (!regs)
		return;
	if ((readq(regs + VTD_ECAP) & VTD_ECAP_VCS) && (readq(regs + VTD_VCCAP) & VTD_VCCAP_PAS))
		vcs.regs = regs;
	else
		pci_iounmap(vcs.unit, regs);
}

/** svk_vcs_exit() - Undo svk_vcs_init(). */
void svk_vcs_exit(void)
{
	if (vcs.regs)
		pci_iounmap(vcs.unit, vcs.regs);
	pci_dev_put(vcs.unit);
}
