/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The privileged registers of the selected accelerator, BAR 0, as root sees them through
 * sysfs. A test looks at them; changing them is the driver's business.
 */
#ifndef SUITES_LIB_DEVICE_REGS_H
#define SUITES_LIB_DEVICE_REGS_H

#include <svakit/accel_regs.h>

/**
 * svk_regs_map() - Map the registers of the selected accelerator, read-only.
 *
 * Return: the mapping, for svk_reg32() and svk_reg64(), until svk_regs_unmap().
 */
const void *svk_regs_map(void);

/** svk_regs_unmap() - Undo svk_regs_map(). */
void svk_regs_unmap(const void *regs);

/** svk_reg32() - Read the 4-byte register at @off, in one access. */
u32 svk_reg32(const void *regs, u32 off);

/** svk_reg64() - Read the 8-byte register at @off, in one access. */
u64 svk_reg64(const void *regs, u32 off);

/** svk_reg_queue_pasid() - Return: SVK_QCFG_PASID of @queue, what its driver has written. */
u32 svk_reg_queue_pasid(const void *regs, u32 queue);

/** svk_reg_sent_pasid() - Return: SVK_LAB_PASID of @queue, what the hardware sends. */
u32 svk_reg_sent_pasid(const void *regs, u32 queue);

#endif /* SUITES_LIB_DEVICE_REGS_H */
