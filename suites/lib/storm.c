// SPDX-License-Identifier: GPL-2.0
#include "storm.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "memory.h"
#include "process.h"

#define SIZE (256UL * 1024)
#define OTHER "--other"

/* What the child is given. */
struct order {
	const struct load *load;
	enum storm_way way;
};

static void child_main(struct process *parent, void *arg)
{
	const struct order *order = arg;
	struct svk_cpl *cpl = memory_map(memory_page());
	struct svk_queue q;

	if (order->way != STORM_EXEC) {
		svk_queue_open(&q);
		svk_queue_submit_long(&q, load_memory(order->load, 0), SIZE, cpl);
	}
	process_tell(parent, 1);
	if (order->way == STORM_KILLED_BUSY)
		process_hear(parent);
	if (order->way == STORM_EXEC || order->way == STORM_EXEC_BUSY) {
		execl("/proc/self/exe", "storm", OTHER, NULL);
		REQUIRE(false, "exec of /proc/self/exe: %s", strerror(errno));
	}
}

void storm_round(const struct load *load)
{
	struct process child[STORM_WAYS];
	unsigned int i;

	for (i = 0; i < STORM_WAYS; i++) {
		struct order order = {load, (enum storm_way)i};

		process_start(&child[i], child_main, &order);
	}
	for (i = 0; i < STORM_WAYS; i++)
		process_hear(&child[i]);
	load_pass(load, 1);
	process_kill(&child[STORM_KILLED_BUSY]);
	for (i = 0; i < STORM_KILLED_BUSY; i++)
		process_end(&child[i]);
	load_pass(load, LOAD_WINDOW);
}

bool storm_other(int argc, char **argv)
{
	return argc == 2 && !strcmp(argv[1], OTHER);
}
