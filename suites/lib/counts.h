/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the hardware counts: descriptors that it has executed, entries that they
 * have removed, translations that it was asked for. Of the whole model: nobody
 * else may use it meanwhile. Root only; asserts.
 */
#ifndef SUITES_LIB_COUNTS_H
#define SUITES_LIB_COUNTS_H

#include <svakit/accel_regs.h>

/** counts_read() - Return: a counter now. */
u64 counts_read(enum svk_lab_counter which);

/** counts_stale() - Audit. Return: entries that grant more than the tables. */
u64 counts_stale(void);

#endif /* SUITES_LIB_COUNTS_H */
