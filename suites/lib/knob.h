/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of proc, sysfs and debugfs with one value, set for a test and put back,
 * and counters of the kernel. Root only; these assert.
 */
#ifndef SUITES_LIB_KNOB_H
#define SUITES_LIB_KNOB_H

#include <svakit/types.h>

/**
 * struct knob - A value that has been set.
 * @path: its file; NULL if it is as it was
 * @before: what was there
 */
struct knob {
	const char *path;
	char before[64];
};

/** knob_set() - Write @value to the file @path, which is not copied. */
void knob_set(struct knob *k, const char *path, const char *value);

/** knob_restore() - Put back what was there, if it was set. */
void knob_restore(struct knob *k);

/** knob_read() - Return: the number in the file @path. */
u64 knob_read(const char *path);

/** knob_vmstat() - Return: the counter called @name of /proc/vmstat. */
u64 knob_vmstat(const char *name);

#endif /* SUITES_LIB_KNOB_H */
