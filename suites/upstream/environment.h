/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SUITES_UPSTREAM_ENVIRONMENT_H
#define SUITES_UPSTREAM_ENVIRONMENT_H

/**
 * environment_prepare() - What the selftests use if it is there, and skip or are slow without.
 *
 * Huge pages, and a line at a time in the output. What was changed of the machine is changed back
 * when the process ends.
 */
void environment_prepare(void);

#endif /* SUITES_UPSTREAM_ENVIRONMENT_H */
