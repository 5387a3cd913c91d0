/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of l2.h have in common: the command line and the job of a VM. For the library. */
#ifndef SUITES_LIB_L2_MACHINE_H
#define SUITES_LIB_L2_MACHINE_H

#include "l2.h"

/* Descriptors that its VMM inherits. */
enum l2_fd {
	L2_FD_QMP,
	L2_FD_AGENT,
	L2_FD_RAM,
	L2_FD_MDEV, /* -1: none */
	L2_FDS
};

/** struct l2_fds - By enum l2_fd. */
struct l2_fds {
	int fd[L2_FDS];
};

/* As ci/lib/limits.sh has it for L2. */
#define L2_BOOT_MS 90000

/** l2_patience() - Return: @ms; more with a debug kernel, which is slower, as the runner knows. */
int l2_patience(int ms);

/** l2_let_go() - Let a machine that stands still run, with a vIOMMU that Linux can use. */
void l2_let_go(struct l2 *vm);

/** l2_path() - Return: path of "console", "events", "vmm" or "job", good until the next call. */
const char *l2_path(const char *name, const char *kind);

/** l2_machine_ram() - Return: bytes of memory that each VM has. */
u64 l2_machine_ram(void);

/** l2_machine_mdev() - Open the mediated device. Return: descriptor, -1 if there is none. */
int l2_machine_mdev(const struct l2_config *config);

/** l2_machine_job() - Write what its PID 1 is to do. */
void l2_machine_job(const struct l2_config *config);

/** l2_machine_argv() - Return: what its VMM is started with, good until the next call. */
char *const *l2_machine_argv(const struct l2_config *config, u64 ram, const struct l2_fds *fds);

#endif /* SUITES_LIB_L2_MACHINE_H */
