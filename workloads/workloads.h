/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loads that are shaped like programs: subcommands of svakit-bench, which gives them options,
 * records and results. docs/workloads.md says what each one does.
 */
#ifndef WORKLOADS_WORKLOADS_H
#define WORKLOADS_WORKLOADS_H

#include "bench.h"

/** workloads - The table, ended by one without a name. */
extern const struct bench workloads[];

/* In the files of their names; fio's are all in fio.c. */
void workload_fio_seq(void);
void workload_fio_random(void);
void workload_fio_mixed(void);
void workload_fio_verify(void);
void workload_fork_exec(void);
void workload_memory_pressure(void);
void workload_server(void);

#endif /* WORKLOADS_WORKLOADS_H */
