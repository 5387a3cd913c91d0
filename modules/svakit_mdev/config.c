// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space of a mediated device: the hardware's, without PASID and
 * PRI. The VMM adds PASID, after what iommufd says of the parent
 * (IOMMU_GET_HW_INFO); there are no page requests to respond to.
 */
#include <linux/pci_regs.h>
#include <linux/unaligned.h>

#include "svakit_mdev.h"

#define SVK_CFG_EXP 0x40
#define SVK_CFG_MSIX 0x80
#define SVK_CFG_ATS PCI_CFG_SPACE_SIZE

/* ATS capability: invalidate queue depth 0 means 32; page aligned requests; global invalidate. */
#define SVK_ATS_CAP (PCI_ATS_CAP_PAGE_ALIGNED | BIT(6))
#define SVK_ATS_STU 0x1f

#define SVK_COMMAND_WRITABLE                                                               \
	(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR | \
	 PCI_COMMAND_INTX_DISABLE)
#define SVK_DEVCTL_WRITABLE                                                                       \
	(PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE | \
	 PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_NOSNOOP_EN |           \
	 PCI_EXP_DEVCTL_READRQ)

/**
 * svk_config_bar_size() - Size of a region of memory.
 * @m: device
 * @index: of the BAR, 0 to 5
 *
 * Return: bytes, a power of two; 0 where there is no BAR.
 */
u64 svk_config_bar_size(const struct svk_mdev *m, u32 index)
{
	switch (index) {
	case SVK_ACCEL_BAR_CTRL:
		return SVK_ACCEL_CTRL_SIZE;
	case SVK_ACCEL_BAR_PORTAL:
		return m->nr_queues * SVK_ACCEL_PAGE;
	case SVK_ACCEL_BAR_MSIX:
		return SVK_ACCEL_MSIX_SIZE;
	}
	return 0;
}

static void svk_config_init_ids(struct svk_mdev *m)
{
	const struct pci_dev *pdev = m->parent->pdev;
	u8 *c = m->config;

	put_unaligned_le16(pdev->vendor, c + PCI_VENDOR_ID);
	put_unaligned_le16(pdev->device, c + PCI_DEVICE_ID);
	put_unaligned_le32(pdev->class << 8 | pdev->revision, c + PCI_CLASS_REVISION);
	put_unaligned_le16(pdev->subsystem_vendor, c + PCI_SUBSYSTEM_VENDOR_ID);
	put_unaligned_le16(pdev->subsystem_device, c + PCI_SUBSYSTEM_ID);
	/* Ready at once: nobody needs to wait after a reset. */
	put_unaligned_le16(PCI_STATUS_CAP_LIST | PCI_STATUS_IMM_READY, c + PCI_STATUS);
	c[PCI_CAPABILITY_LIST] = SVK_CFG_EXP;
}

/**
 * svk_config_init() - Set all of configuration space to its reset values.
 * @m: device, its lock held or not yet shared
 */
void svk_config_init(struct svk_mdev *m)
{
	u8 *c = m->config;

	memset(c, 0, sizeof(m->config));
	svk_config_init_ids(m);

	c[SVK_CFG_EXP] = PCI_CAP_ID_EXP;
	c[SVK_CFG_EXP + PCI_CAP_LIST_NEXT] = SVK_CFG_MSIX;
	put_unaligned_le16(PCI_EXP_TYPE_RC_END << 4 | 2, c + SVK_CFG_EXP + PCI_EXP_FLAGS);
	put_unaligned_le32(PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER,
			   c + SVK_CFG_EXP + PCI_EXP_DEVCAP);
	put_unaligned_le16(PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN |
				   PCI_EXP_DEVCTL_READRQ_512B,
			   c + SVK_CFG_EXP + PCI_EXP_DEVCTL);
	put_unaligned_le32(PCI_EXP_DEVCAP2_EE_PREFIX, c + SVK_CFG_EXP + PCI_EXP_DEVCAP2);

	c[SVK_CFG_MSIX] = PCI_CAP_ID_MSIX;
	put_unaligned_le16(svk_mdev_vectors(m) - 1, c + SVK_CFG_MSIX + PCI_MSIX_FLAGS);
	put_unaligned_le32(SVK_ACCEL_MSIX_TABLE | SVK_ACCEL_BAR_MSIX,
			   c + SVK_CFG_MSIX + PCI_MSIX_TABLE);
	put_unaligned_le32(SVK_ACCEL_MSIX_PBA | SVK_ACCEL_BAR_MSIX,
			   c + SVK_CFG_MSIX + PCI_MSIX_PBA);

	put_unaligned_le32(PCI_EXT_CAP_ID_ATS | 1 << 16, c + SVK_CFG_ATS);
	put_unaligned_le16(SVK_ATS_CAP, c + SVK_CFG_ATS + PCI_ATS_CAP);
}

/**
 * svk_config_bus_master() - May the device access memory?
 * @m: device, its lock held
 */
bool svk_config_bus_master(const struct svk_mdev *m)
{
	return m->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

/* Writable bits of the 32-bit word at @at, which is a multiple of 4. */
static u32 svk_config_mask(const struct svk_mdev *m, u32 at)
{
	u64 size;

	switch (at) {
	case PCI_COMMAND:
		return SVK_COMMAND_WRITABLE;
	case PCI_CACHE_LINE_SIZE:
		return 0xff;
	case PCI_INTERRUPT_LINE:
		return 0xff;
	case PCI_BASE_ADDRESS_0 ... PCI_BASE_ADDRESS_5:
		size = svk_config_bar_size(m, (at - PCI_BASE_ADDRESS_0) / 4);
		return size ? ~(size - 1) : 0;
	case SVK_CFG_EXP + PCI_EXP_DEVCTL:
		return SVK_DEVCTL_WRITABLE;
	case SVK_CFG_MSIX:
		return (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL) << 16;
	case SVK_CFG_ATS + PCI_ATS_CAP:
		return (u32)(PCI_ATS_CTRL_ENABLE | SVK_ATS_STU) << 16;
	}
	return 0;
}

/**
 * svk_config_write() - Write configuration space.
 * @m: device, its lock held
 * @at: offset
 * @bytes: what to write; bits that are not writable keep their value
 * @len: bytes, @at + @len at most 4096
 *
 * Function-level reset and the end of bus mastering take effect before this
 * returns.
 */
void svk_config_write(struct svk_mdev *m, u32 at, const u8 *bytes, size_t len)
{
	const u32 devctl = SVK_CFG_EXP + PCI_EXP_DEVCTL + 1;
	bool was_master = svk_config_bus_master(m);
	bool flr = false;

	lockdep_assert_held(&m->lock);

	for (size_t i = 0; i < len; i++, at++) {
		u8 mask = svk_config_mask(m, at & ~3U) >> at % 4 * 8;

		m->config[at] = (m->config[at] & ~mask) | (bytes[i] & mask);
		flr |= at == devctl && (bytes[i] & (PCI_EXP_DEVCTL_BCR_FLR >> 8));
	}
	if (flr) {
		svk_mdev_reset(m);
		svk_config_init(m);
	} else if (was_master && !svk_config_bus_master(m)) {
		svk_vqueues_stop(m);
	}
}
