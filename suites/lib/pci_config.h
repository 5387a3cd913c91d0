/* SPDX-License-Identifier: GPL-2.0 */
/* Configuration space of a PCI function, as root sees it through sysfs. Everything asserts. */
#ifndef SUITES_LIB_PCI_CONFIG_H
#define SUITES_LIB_PCI_CONFIG_H

#include <svakit/types.h>

#define PCI_CONFIG_ATS 0x0f /* extended capabilities */
#define PCI_CONFIG_PASID 0x1b
#define PCI_CONFIG_PASID_CAP 4 /* registers of the latter */
#define PCI_CONFIG_PASID_WIDTH SVK_MASK(12, 8)

/** pci_config_read() - Return: @size bytes, up to 4, at @off of the function @bdf. */
u32 pci_config_read(const char *bdf, unsigned int off, size_t size);

/** pci_config_ext_cap() - Return: offset of the extended capability @id, 0 if there is none. */
unsigned int pci_config_ext_cap(const char *bdf, u32 id);

#endif /* SUITES_LIB_PCI_CONFIG_H */
