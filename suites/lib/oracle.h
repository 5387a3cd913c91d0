/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model's oracle, over the lab page of the selected accelerator: audits of
 * the translation caches, and the means to spoil them (docs/oracle.md). Root
 * only; the functions assert.
 */
#ifndef SUITES_LIB_ORACLE_H
#define SUITES_LIB_ORACLE_H

#include <svakit/accel_regs.h>

/** oracle_require() - Skip the whole program unless the oracle can be reached. */
void oracle_require(void);

/**
 * oracle_lose() - Let the unit lose one invalidation descriptor.
 * @type: VTD_DESC_xxx, not a wait
 *
 * The next one of that type completes and removes nothing.
 */
void oracle_lose(unsigned int type);

/** oracle_lost() - Return: descriptors that have been lost so far. */
u64 oracle_lost(void);

/** oracle_stale() - Audit. Return: entries that grant what the tables do not. */
u64 oracle_stale(void);

/**
 * oracle_confirm() - Audit, and let what is stale be a finding.
 *
 * Only when all that has been changed so far has been invalidated, or never will be.
 *
 * Return: findings since svahw was started.
 */
u64 oracle_confirm(void);

/** oracle_expect() - Tell PID 1 how many findings this program brings about, in all. */
void oracle_expect(unsigned int findings);

#endif /* SUITES_LIB_ORACLE_H */
