/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registers of the remapping unit itself, which the kernel drives: looked
 * at, and cleared where a kernel is stuck that does not clear them, so that
 * the test can say so and the machine goes on.
 */
#ifndef SUITES_LIB_FAULT_UNIT_H
#define SUITES_LIB_FAULT_UNIT_H

#include <stdbool.h>

#include <svakit/types.h>

/** fault_unit_here() - Return: this kernel drives the model's unit; in L2 it is L1's that does. */
bool fault_unit_here(void);

/** fault_unit_map() - Return: the unit's registers, mapped as long as the process lives. */
volatile void *fault_unit_map(void);

/** fault_unit_read() - Read the 4-byte register @reg (VTD_xxx). */
u32 fault_unit_read(volatile void *unit, u32 reg);

/** fault_unit_clear() - Write @bits to the register @reg, whose bits are RW1C. */
void fault_unit_clear(volatile void *unit, u32 reg, u32 bits);

#endif /* SUITES_LIB_FAULT_UNIT_H */
