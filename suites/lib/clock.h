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

/**
 * struct clock_wait - A wait for a condition, with a deadline.
 * @start: when it began, in microseconds
 * @deadline: when it gives up
 * @last: the deadline has passed, and the look after it has been granted
 *
 *	struct clock_wait wait = clock_wait_for(10000);
 *
 *	while (!condition())
 *		REQUIRE(clock_wait_again(&wait), "no condition");
 */
struct clock_wait {
	u64 start;
	u64 deadline;
	bool last;
};

/** clock_wait_for() - Return: a wait that gives up after @ms milliseconds. */
struct clock_wait clock_wait_for(int ms);

/**
 * clock_spin_for() - How long the waits of this process spin before they give the CPU away.
 * @us: microseconds, 100 at first
 *
 * For who measures, and is alone: to sleep and to be woken takes longer than what is waited for,
 * in a guest of a guest above all.
 */
void clock_spin_for(u64 us);

/**
 * clock_wait_again() - Pass a moment: spin at first, then give the CPU away.
 * @wait: from clock_wait_for()
 *
 * Return: whether to look again; false is returned after one more look behind
 * the deadline, in case it was the caller who was late.
 */
bool clock_wait_again(struct clock_wait *wait);

#endif /* SUITES_LIB_CLOCK_H */
