/* SPDX-License-Identifier: GPL-2.0 */
/* Faults for tests, in the words of svahw's command line. Asserting; the machine's lock is held. */
#ifndef HW_TESTS_FAULT_FIXTURE_H
#define HW_TESTS_FAULT_FIXTURE_H

#include <svakit/accel_regs.h>
#include <svakit/types.h>

struct machine;

/** fault_arm() - Arm a rule, see inject_parse(); the machine gets an engine if it has none. */
void fault_arm(struct machine *m, const char *spec);
/** fault_struck() - Return: how often a kind has struck. */
u64 fault_struck(const struct machine *m, enum svk_inject kind);
/** fault_clock() - From now on time passes for the machine in fault_pass() alone. */
void fault_clock(struct machine *m);
/** fault_pass() - Let microseconds pass, and what is due happen. */
void fault_pass(struct machine *m, u64 us);
/** fault_end() - Take the engine away. */
void fault_end(struct machine *m);

#endif /* HW_TESTS_FAULT_FIXTURE_H */
