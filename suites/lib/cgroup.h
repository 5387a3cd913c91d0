/* SPDX-License-Identifier: GPL-2.0 */
/* A control group of a test's own, for it and those that it forks. Root only; these assert. */
#ifndef SUITES_LIB_CGROUP_H
#define SUITES_LIB_CGROUP_H

#include <svakit/types.h>

/** cgroup_require() - Skip the whole program unless memory can be controlled by groups (v2). */
void cgroup_require(void);

/** cgroup_begin() - Make a group, and move the caller into it. */
void cgroup_begin(void);

/** cgroup_set() - Write @value to the group's file @name, "memory.max" say. Return: 0 or -errno. */
int cgroup_set(const char *name, const char *value);

/** cgroup_event() - Return: the counter @event of the group's memory.events. */
u64 cgroup_event(const char *event);

/** cgroup_end() - Move the caller out, and remove the group, if there is one. */
void cgroup_end(void);

#endif /* SUITES_LIB_CGROUP_H */
