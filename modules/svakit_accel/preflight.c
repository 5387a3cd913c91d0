// SPDX-License-Identifier: GPL-2.0
/*
 * Is Shared Virtual Addressing possible for this function, and if not, why?
 *
 * uacce binds on open, and a bind that cannot work ends in a bare -EINVAL or
 * -ENODEV. So everything that is known to make it fail is looked at when the
 * driver is bound, and all of it is named at once.
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <linux/sched.h>
#include <linux/string_choices.h>

#include "svakit_accel.h"

static bool svk_has_tlp_prefix(struct pci_dev *pdev)
{
	u32 devcap2 = 0;

	pcie_capability_read_dword(pdev, PCI_EXP_DEVCAP2, &devcap2);
	return devcap2 & PCI_EXP_DEVCAP2_EE_PREFIX;
}

/* PRI is optional, but intel-iommu refuses one whose responses carry no PASID. */
static bool svk_has_usable_pri(struct pci_dev *pdev)
{
	u16 pos = pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_PRI);
	u16 status = 0;

	if (!pos)
		return true;
	pci_read_config_word(pdev, pos + PCI_PRI_STATUS, &status);
	return status & PCI_PRI_STATUS_PASID;
}

static bool svk_pasid_enabled(struct pci_dev *pdev)
{
	u16 pos = pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_PASID);
	u16 ctrl = 0;

	if (pos)
		pci_read_config_word(pdev, pos + PCI_PASID_CTRL, &ctrl);
	return ctrl & PCI_PASID_CTRL_ENABLE;
}

static bool svk_ats_enabled(struct pci_dev *pdev)
{
	u16 pos = pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_ATS);
	u16 ctrl = 0;

	if (pos)
		pci_read_config_word(pdev, pos + PCI_ATS_CTRL, &ctrl);
	return ctrl & PCI_ATS_CTRL_ENABLE;
}

static const char *svk_bind_hint(int err)
{
	switch (err) {
	case -ENODEV:
		return "the IOMMU lacks ECAP SMPWC or PASID, CAP FS1GP, or FS5LP (no5lvl)";
	case -EINVAL:
		return "scalable mode is off (intel_iommu=on,sm_on), or PASID, ATS or PRI is";
	case -EOPNOTSUPP:
		return "the kernel has SVA off (CONFIG_IOMMU_SVA, or this release does on x86)";
	case -EOVERFLOW:
	case -ENOSPC:
		return "scalable mode is off (intel_iommu=on,sm_on), or no PASID is left";
	default:
		return "unexpected";
	}
}

/*
 * Bind and unbind once, for the process that binds the driver. A probe from a
 * kernel thread has no address space to try with; then open() is the first to
 * know.
 */
static int svk_try_bind(struct pci_dev *pdev)
{
	struct iommu_sva *handle;

	if (!current->mm || (current->flags & PF_KTHREAD))
		return 0;

	handle = iommu_sva_bind_device(&pdev->dev, current->mm);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	iommu_sva_unbind_device(handle);
	return 0;
}

/**
 * svk_preflight() - Check that a process can be bound to the function.
 * @pdev: the accelerator, enabled
 *
 * Context: process context of whoever binds the driver; may sleep.
 *
 * Return: 0, or -EOPNOTSUPP when a capability is missing, or the errno of the
 * bind that was tried. Every reason has been logged.
 */
int svk_preflight(struct pci_dev *pdev)
{
	struct device *dev = &pdev->dev;
	const struct {
		bool ok;
		const char *missing;
	} needs[] = {
		{device_iommu_mapped(dev), "no IOMMU: intel_iommu=on,sm_on? in the DMAR table?"},
		{pdev->cfg_size > PCI_CFG_SPACE_SIZE,
		 "no extended configuration space (CONFIG_PCI_MMCONFIG)"},
		{svk_has_tlp_prefix(pdev), "no End-End TLP Prefix (DEVCAP2 bit 21)"},
		{pci_pasid_features(pdev) >= 0, "no PASID capability"},
		{pci_ats_supported(pdev), "no ATS capability, or pci=noats, or untrusted"},
		{svk_has_usable_pri(pdev), "PRI without PRG Response PASID Required"},
	};
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (needs[i].ok)
			continue;
		dev_err(dev, "SVA is not possible: %s\n", needs[i].missing);
		ret = -EOPNOTSUPP;
	}
	if (ret)
		return ret;

	ret = svk_try_bind(pdev);
	if (ret)
		dev_err(dev, "SVA is not possible: bind failed (%pe): %s; PASID %s, ATS %s\n",
			ERR_PTR(ret), svk_bind_hint(ret), str_on_off(svk_pasid_enabled(pdev)),
			str_on_off(svk_ats_enabled(pdev)));
	return ret;
}
