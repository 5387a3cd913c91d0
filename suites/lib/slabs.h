/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects of the kernel's allocators that are in use: what a test leaves behind.
 * They are those of the caches that VFIO, iommufd, the IOMMU driver and the modules of modules/
 * allocate from: iommu_*, kmalloc* and kernfs_node*.
 */
#ifndef SUITES_LIB_SLABS_H
#define SUITES_LIB_SLABS_H

#include <stddef.h>
#include <linux/types.h>

#define SLABS_MAX 128

/** struct slab - One cache. */
struct slab {
	char name[64];
	long long active; /* objects in use */
};

/** struct slabs - All that count, each at its least, and the sum of their objects. */
struct slabs {
	struct slab slab[SLABS_MAX];
	size_t nr;
	long long sum;
};

/** slabs_cannot_count() - Return: why objects cannot be counted here, or NULL. */
const char *slabs_cannot_count(void);

/**
 * slabs_read() - Count, when what waits to be freed has been.
 * @s: filled
 *
 * Takes some tenths of a second, and fails the test if objects are still freed after ten seconds.
 * Root only.
 */
void slabs_read(struct slabs *s);

/** slabs_show_difference() - A diagnostic line for each cache that is not as it was. */
void slabs_show_difference(const struct slabs *before, const struct slabs *after);

#endif
