// SPDX-License-Identifier: GPL-2.0
#include "clock.h"

/* After this long a wait stops spinning and gives the CPU away between looks. */
static u64 spin_us = 100;

#define NAP_NS 50000

void clock_spin_for(u64 us)
{
	spin_us = us;
}

struct clock_wait clock_wait_for(int ms)
{
	u64 now = clock_us();

	return (struct clock_wait){.start = now, .deadline = now + (u64)ms * 1000};
}

bool clock_wait_again(struct clock_wait *wait)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	u64 now = clock_us();

	if (wait->last)
		return false;
	wait->last = now >= wait->deadline;
	if (now - wait->start < spin_us)
		__builtin_ia32_pause();
	else
		nanosleep(&nap, NULL);
	return true;
}
