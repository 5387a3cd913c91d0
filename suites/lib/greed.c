// SPDX-License-Identifier: GPL-2.0
#include "greed.h"

#include "ktap.h"
#include "memory.h"

/* Walks through its memory once for each word. */
static void greed_main(struct process *parent, void *arg)
{
	u8 *mem = memory_untouched(GREED_SIZE);
	size_t at;
	u8 lap = 0;

	(void)arg;
	while (process_hear(parent)) {
		for (at = 0; at < GREED_SIZE; at += memory_page()) {
			CHECK_EQ(mem[at], lap);
			mem[at] = (u8)(lap + 1);
		}
		lap++;
		process_tell(parent, 1);
	}
}

void greed_start(struct process *p)
{
	process_start(p, greed_main, NULL);
}

void greed_lap(const struct process *p)
{
	process_tell(p, 1);
}

void greed_lap_end(const struct process *p)
{
	process_hear(p);
}

void greed_end(struct process *p)
{
	process_tell(p, 0);
	process_end(p);
}
