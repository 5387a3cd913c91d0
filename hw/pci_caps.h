/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Little-endian fields and capability lists of a configuration space, for the
 * parts of the PCI layer.
 */
#ifndef HW_PCI_CAPS_H
#define HW_PCI_CAPS_H

#include <svakit/types.h>

struct pci_function;

/** pci_get16() - Little-endian 16 bits at @off, any alignment. */
u16 pci_get16(const u8 *bytes, unsigned int off);
/** pci_get32() - Little-endian 32 bits at @off, any alignment. */
u32 pci_get32(const u8 *bytes, unsigned int off);
/** pci_set16() - Store 16 bits little-endian at @off. */
void pci_set16(u8 *bytes, unsigned int off, u16 val);
/** pci_set32() - Store 32 bits little-endian at @off. */
void pci_set32(u8 *bytes, unsigned int off, u32 val);

/** pci_find_cap() - Return: offset of capability @id, or 0 if the function has none. */
unsigned int pci_find_cap(const struct pci_function *fn, u8 id);
/** pci_find_ext_cap() - Return: offset of extended capability @id, or 0. */
unsigned int pci_find_ext_cap(const struct pci_function *fn, u16 id);

#endif /* HW_PCI_CAPS_H */
