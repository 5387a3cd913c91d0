/* SPDX-License-Identifier: GPL-2.0 */
/* A device for a VMM: the function under test itself, or a mediated device. */
#ifndef BENCH_DEVICE_H
#define BENCH_DEVICE_H

#include "process.h"

/**
 * device_run() - Run a child that a VMM's device is lent to.
 * @via: "pf" or "mdev"
 * @main: the child's part
 * @arg: passed to @main
 *
 * Asserts. Counters are read from another accelerator, as section_counters() says, if there is one.
 */
void device_run(const char *via, void (*main)(struct process *parent, void *arg), void *arg);

/** device_open() - In the child: open it. Return: fd, for vfio_init(). */
int device_open(const char *via);

/** device_find() - Before any of these. Return: whether there is one; says so if not. */
bool device_find(void);

#endif /* BENCH_DEVICE_H */
