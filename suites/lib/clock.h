/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SUITES_LIB_CLOCK_H
#define SUITES_LIB_CLOCK_H

#include <time.h>

#include <svakit/types.h>

/** clock_us() - Return: microseconds of CLOCK_MONOTONIC. */
static inline u64 clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

#endif /* SUITES_LIB_CLOCK_H */
