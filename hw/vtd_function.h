/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PCI function through which the VT-d unit reaches a guest: BAR 0 is the
 * unit's register block, its events leave as memory writes of the function.
 * The guest's firmware tables name BAR 0 as the unit's register base.
 */
#ifndef HW_VTD_FUNCTION_H
#define HW_VTD_FUNCTION_H

#include <svakit/types.h>

struct gmem;
struct machine;
struct pci_function;
struct vtd;
struct vtd_config;
struct vtd_function;

/**
 * vtd_function_new() - Build the unit and its function.
 * @cfg: its index also names the socket: "vtd", "vtd-2"
 * @mem: memory of the client of this function
 *
 * The machine's lock is not held.
 *
 * Return: the function, or NULL with errno ENOMEM, EINVAL.
 */
struct vtd_function *vtd_function_new(const struct vtd_config *cfg, struct machine *m,
				      struct gmem *mem);

/** vtd_function_free() - NULL is allowed. The machine's lock is not held. */
void vtd_function_free(struct vtd_function *f);

/** vtd_function_pci() - The PCI face. */
struct pci_function *vtd_function_pci(struct vtd_function *f);

/** vtd_function_unit() - The remapping unit. */
struct vtd *vtd_function_unit(struct vtd_function *f);

/** vtd_function_bar() - Return: address at which BAR 0 was last decoded, 0 = never. */
u64 vtd_function_bar(const struct vtd_function *f);

#endif /* HW_VTD_FUNCTION_H */
