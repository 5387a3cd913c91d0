/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lab page: what the hardware has counted. It lies in the privileged BAR,
 * so that only root can read it; without it tests pass or fail all the same.
 */
#ifndef SUITES_LIB_LAB_H
#define SUITES_LIB_LAB_H

#include <svakit/accel_regs.h>

#include "accel_device.h"

/**
 * struct svk_lab - Invalidation descriptors that the remapping unit has executed.
 * @valid: the page could be read
 * @count: by enum svk_lab_counter, up to SVK_LAB_QI_OTHER
 */
struct svk_lab {
	bool valid;
	u64 count[SVK_LAB_QI_OTHER + 1];
};

/*
 * Registers of the lab page, by their offsets in BAR 0. The page is that of the accelerator which
 * was selected at the first of these calls. Root only; these assert.
 */
u32 svk_lab_read32(u32 reg);
u64 svk_lab_read64(u32 reg);
void svk_lab_write32(u32 reg, u32 val);
void svk_lab_write64(u32 reg, u64 val);

/**
 * svk_lab_elsewhere() - Use the lab page of another accelerator, until svk_lab_close().
 *
 * That of one that is gone reads as all ones.
 *
 * Return: whether there is another.
 */
bool svk_lab_elsewhere(void);

/**
 * svk_lab_unit() - Return: what the remapping unit of a device has executed so far.
 * @device: of svk_require_two(); the first is selected afterwards
 * @which: SVK_LAB_QI_xxx
 *
 * The page stays mapped: unmapping it would be invalidated, and counted.
 */
u64 svk_lab_unit(enum svk_which device, enum svk_lab_counter which);

/** svk_lab_close() - Map anew what is there at the next call: the accelerator was removed. */
void svk_lab_close(void);

/** svk_lab_read() - Return: the counters now. */
struct svk_lab svk_lab_read(void);

/** svk_lab_note() - Note for the report what has been executed since @before. */
void svk_lab_note(const struct svk_lab *before);

#endif /* SUITES_LIB_LAB_H */
