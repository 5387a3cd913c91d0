/* SPDX-License-Identifier: GPL-2.0 */
/* Where a record comes from. */
#ifndef BENCH_ENVIRONMENT_H
#define BENCH_ENVIRONMENT_H

/**
 * environment_id() - Return: a name for all that figures depend on beside what is measured.
 *
 * From the environment variable SVAKIT_ENVIRONMENT, by which the runner names the whole of a run;
 * else a checksum of kernel and processor.
 */
const char *environment_id(void);

/** environment_level() - Return: l1, l2, l2m as the runner says (SVAKIT_LEVEL), or "host". */
const char *environment_level(void);

#endif /* BENCH_ENVIRONMENT_H */
