/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HW_CLOCK_H
#define HW_CLOCK_H

#include <time.h>

#include <svakit/types.h>

/** clock_ns() - Return: nanoseconds of CLOCK_MONOTONIC, as every report has them. */
static inline u64 clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

#endif /* HW_CLOCK_H */
