/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of the kernel that sysfs names, such as dmar0/iotlb_hit/: the remapping unit's own
 * counters, as perf takes them. Functions whose names begin with "__" return -errno, the others
 * assert.
 */
#ifndef SUITES_LIB_PERF_EVENT_H
#define SUITES_LIB_PERF_EVENT_H

#include <linux/perf_event.h>

#include <svakit/types.h>

#define PERF_EVENT_PMU 32 /* longest name of a PMU, with its end */

/**
 * struct perf_count - An event.
 * @value: how often it was seen
 * @enabled: nanoseconds for which it was asked for
 * @running: of these, nanoseconds for which it was counted
 */
struct perf_count {
	u64 value;
	u64 enabled;
	u64 running;
};

/**
 * __perf_event_sysfs() - Look an event up in sysfs.
 * @name: "PMU/TERM,.../"; a term is an event of the PMU, or NAME=VALUE, a field of its format
 * @attr: gets the type and the configuration
 * @cpu: gets the CPU on which the PMU is read; -1 if it counts by process
 *
 * Return: 0; -ENODEV: no such PMU; -ENOENT: it has no such event or field; -EINVAL: no such form;
 * -ERANGE: a field has no room for the value.
 */
int __perf_event_sysfs(const char *name, struct perf_event_attr *attr, int *cpu);

/**
 * __perf_event_open() - Open an event; it does not count yet.
 * @attr: type, configuration
 * @cpu: of everybody on that CPU; -1: of the caller, wherever it runs, and its threads to come
 *
 * Return: fd or -errno.
 */
int __perf_event_open(const struct perf_event_attr *attr, int cpu);

/** perf_event_open_sysfs() - Both. Return: fd. */
int perf_event_open_sysfs(const char *name);

/** perf_event_start() - Count from here on. */
void perf_event_start(int fd);
/** perf_event_stop() - Up to here. */
void perf_event_stop(int fd);
/** perf_event_read() - Return: what has been counted. */
struct perf_count perf_event_read(int fd);

/** perf_event_unit() - Name of the remapping unit's PMU. Return: whether there is one. */
bool perf_event_unit(char pmu[PERF_EVENT_PMU]);

#endif /* SUITES_LIB_PERF_EVENT_H */
