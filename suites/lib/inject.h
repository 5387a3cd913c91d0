/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults on demand, over the lab page of the selected accelerator
 * (docs/faults.md). Root only; the functions assert. Whatever the tests of a program have armed is
 * disarmed when it exits.
 */
#ifndef SUITES_LIB_INJECT_H
#define SUITES_LIB_INJECT_H

#include <stdbool.h>

#include <svakit/accel_regs.h>

/**
 * struct inject_rule - What is to fail.
 * @kind: what
 * @has_pasid: only what has the PASID @pasid
 * @pasid: 20 bits, as the kernel of this guest knows it
 * @skip: let so many pass first
 * @count: then strike so many; SVK_LAB_INJECT_FOREVER: until disarmed
 * @chance: probability, in 65536ths; 0: 1
 * @seed: of the chance
 * @addr: only what touches the 4 KiB page of this address; 0: any
 * @arg: by kind, see enum svk_inject
 */
struct inject_rule {
	enum svk_inject kind;
	bool has_pasid;
	u32 pasid;
	u32 skip;
	u32 count;
	u32 chance;
	u64 seed;
	u64 addr;
	u64 arg;
};

/** inject_require() - Skip the whole program unless the model can be made to fail. */
void inject_require(void);

/** inject_arm() - Arm a rule, in place of the one armed for its kind. */
void inject_arm(const struct inject_rule *r);

/** inject_disarm() - Nothing of this kind fails any more; a function that is gone comes back. */
void inject_disarm(enum svk_inject kind);

/** inject_disarm_all() - Likewise all that has been armed over a lab page. */
void inject_disarm_all(void);

/** inject_struck() - Return: how often a kind has struck since svahw was started. */
u64 inject_struck(enum svk_inject kind);

#endif /* SUITES_LIB_INJECT_H */
