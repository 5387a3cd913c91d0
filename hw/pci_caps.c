// SPDX-License-Identifier: GPL-2.0
/*
 * Capabilities; layouts and names are those of the PCI Express Base
 * Specification 6.0, chapter 7, and of <linux/pci_regs.h>.
 */
#include <linux/pci_regs.h>

#include "pci.h"
#include "pci_caps.h"

#define EXPRESS_SIZE 0x3c /* version 2, which has the second set of registers */
#define DEVCTL_WRITABLE                                                                           \
	(PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE | \
	 PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_NOSNOOP_EN |           \
	 PCI_EXP_DEVCTL_READRQ)
#define DEVCTL_RESET \
	(PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ_512B)
#define DEVSTA_W1C \
	(PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_FED | PCI_EXP_DEVSTA_URD)

#define ATS_QUEUE_DEPTH_32 0 /* encoding of the largest depth */
#define ATS_GLOBAL_INVALIDATE 0x40 /* 10.5.1.2, Global Invalidate Supported */
#define ATS_STU_MASK 0x1f
#define PASID_WIDTH_SHIFT 8
#define ACS_SIZE 8
/* A function of a device with several has none of the other bits: it forwards nothing. */
#define ACS_REDIRECTS (PCI_ACS_RR | PCI_ACS_CR)

unsigned int pci_find_cap(const struct pci_function *fn, u8 id)
{
	unsigned int at = fn->config[PCI_CAPABILITY_LIST];

	while (at && fn->config[at] != id)
		at = fn->config[at + PCI_CAP_LIST_NEXT];
	return at;
}

unsigned int pci_find_ext_cap(const struct pci_function *fn, u16 id)
{
	unsigned int at = fn->last_ext_cap ? PCI_CFG_SPACE_SIZE : 0;

	while (at && PCI_EXT_CAP_ID(pci_get32(fn->config, at)) != id)
		at = PCI_EXT_CAP_NEXT(pci_get32(fn->config, at));
	return at;
}

/* Insert a capability of len bytes at the head of the list; the list is not ordered. */
static unsigned int pci_add_cap(struct pci_function *fn, u8 id, unsigned int len)
{
	unsigned int at = fn->next_cap;

	fn->config[at] = id;
	fn->config[at + PCI_CAP_LIST_NEXT] = fn->config[PCI_CAPABILITY_LIST];
	fn->config[PCI_CAPABILITY_LIST] = at;
	fn->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	fn->next_cap = (at + len + 3) & ~3U;
	return at;
}

void pci_add_express(struct pci_function *fn)
{
	unsigned int at = pci_add_cap(fn, PCI_CAP_ID_EXP, EXPRESS_SIZE);

	pci_set16(fn->config, at + PCI_EXP_FLAGS, PCI_EXP_TYPE_RC_END << 4 | 2);
	pci_set32(fn->config, at + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER);
	pci_set16(fn->config, at + PCI_EXP_DEVCTL, DEVCTL_RESET);
	pci_set16(fn->wmask, at + PCI_EXP_DEVCTL, DEVCTL_WRITABLE);
	pci_set16(fn->w1c, at + PCI_EXP_DEVSTA, DEVSTA_W1C);
	/* PASIDs travel in an End-End TLP prefix: Linux refuses PASID without this bit. */
	pci_set32(fn->config, at + PCI_EXP_DEVCAP2, PCI_EXP_DEVCAP2_EE_PREFIX);
}

void pci_add_msix(struct pci_function *fn, unsigned int vectors, unsigned int bar, u32 table,
		  u32 pba)
{
	unsigned int at = pci_add_cap(fn, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);

	fn->vectors = vectors;
	pci_set16(fn->config, at + PCI_MSIX_FLAGS, vectors - 1);
	pci_set16(fn->wmask, at + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	pci_set32(fn->config, at + PCI_MSIX_TABLE, table | bar);
	pci_set32(fn->config, at + PCI_MSIX_PBA, pba | bar);
}

unsigned int pci_add_ext_cap(struct pci_function *fn, u16 id, u8 version, unsigned int len)
{
	unsigned int at = PCI_CFG_SPACE_SIZE;

	if (fn->last_ext_cap) {
		unsigned int last = fn->last_ext_cap;

		at = fn->next_ext_cap;
		pci_set32(fn->config, last, pci_get32(fn->config, last) | at << 20);
	}
	pci_set32(fn->config, at, id | (u32)version << 16);
	fn->last_ext_cap = at;
	fn->next_ext_cap = (at + len + 3) & ~3U;
	return at;
}

void pci_add_ats(struct pci_function *fn)
{
	unsigned int at = pci_add_ext_cap(fn, PCI_EXT_CAP_ID_ATS, 1, PCI_EXT_CAP_ATS_SIZEOF);

	pci_set16(fn->config, at + PCI_ATS_CAP,
		  ATS_QUEUE_DEPTH_32 | PCI_ATS_CAP_PAGE_ALIGNED | ATS_GLOBAL_INVALIDATE);
	pci_set16(fn->wmask, at + PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE | ATS_STU_MASK);
}

void pci_add_pri(struct pci_function *fn, u32 outstanding)
{
	unsigned int at = pci_add_ext_cap(fn, PCI_EXT_CAP_ID_PRI, 1, PCI_EXT_CAP_PRI_SIZEOF);

	/* Stopped must read 1 whenever PRI is off, or it cannot be enabled again. */
	pci_set16(fn->config, at + PCI_PRI_STATUS, PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_PASID);
	pci_set32(fn->config, at + PCI_PRI_MAX_REQ, outstanding);
	pci_set16(fn->wmask, at + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
	pci_set16(fn->w1c, at + PCI_PRI_STATUS, PCI_PRI_STATUS_RF | PCI_PRI_STATUS_UPRGI);
	pci_set32(fn->wmask, at + PCI_PRI_ALLOC_REQ, ~0U);
}

void pci_add_pasid(struct pci_function *fn, unsigned int width)
{
	unsigned int at = pci_add_ext_cap(fn, PCI_EXT_CAP_ID_PASID, 1, PCI_EXT_CAP_PASID_SIZEOF);

	pci_set16(fn->config, at + PCI_PASID_CAP, width << PASID_WIDTH_SHIFT);
	pci_set16(fn->wmask, at + PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE);
}

void pci_add_acs(struct pci_function *fn)
{
	unsigned int at = pci_add_ext_cap(fn, PCI_EXT_CAP_ID_ACS, 1, ACS_SIZE);

	pci_set16(fn->config, at + PCI_ACS_CAP, ACS_REDIRECTS);
	pci_set16(fn->wmask, at + PCI_ACS_CTRL, ACS_REDIRECTS);
}

/* Whether a bit of a 16-bit register of an extended capability is set. */
static bool ext_cap_bit(const struct pci_function *fn, u16 id, unsigned int reg, u16 bit)
{
	unsigned int at = pci_find_ext_cap(fn, id);

	return at && (pci_get16(fn->config, at + reg) & bit);
}

bool pci_ats_enabled(const struct pci_function *fn)
{
	return ext_cap_bit(fn, PCI_EXT_CAP_ID_ATS, PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE);
}

bool pci_pri_enabled(const struct pci_function *fn)
{
	return ext_cap_bit(fn, PCI_EXT_CAP_ID_PRI, PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
}

u32 pci_pri_allocation(const struct pci_function *fn)
{
	unsigned int at = pci_find_ext_cap(fn, PCI_EXT_CAP_ID_PRI);

	return at ? pci_get32(fn->config, at + PCI_PRI_ALLOC_REQ) : 0;
}

u16 pci_pri_status(const struct pci_function *fn)
{
	unsigned int at = pci_find_ext_cap(fn, PCI_EXT_CAP_ID_PRI);

	return at ? pci_get16(fn->config, at + PCI_PRI_STATUS) : 0;
}

void pci_pri_status_set(struct pci_function *fn, u16 clear, u16 set)
{
	unsigned int at = pci_find_ext_cap(fn, PCI_EXT_CAP_ID_PRI);

	if (at)
		pci_set16(fn->config, at + PCI_PRI_STATUS,
			  (pci_get16(fn->config, at + PCI_PRI_STATUS) & ~clear) | set);
}

bool pci_pasid_enabled(const struct pci_function *fn)
{
	return ext_cap_bit(fn, PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE);
}
