// SPDX-License-Identifier: GPL-2.0
/*
 * Processes with queues are killed, all at once: from the first signal until the
 * last of them is reaped. By then the queues are stopped, the PASIDs unbound,
 * and what the unit and the device knew of the memory is invalidated. Without a
 * queue it is the baseline.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "bench.h"
#include "ktap.h"
#include "memory.h"
#include "options.h"
#include "others.h"
#include "process.h"
#include "section.h"

#define MEMORY (1ULL << 20) /* of each, present */

/* @arg: how many queues. */
static void victim(struct process *parent, void *arg)
{
	u64 i, queues = *(const u64 *)arg;
	u8 *mem = memory_map(MEMORY);
	struct svk_queue q;

	for (i = 0; i < queues; i++) {
		svk_queue_open(&q);
		/* Something is cached of it. */
		REQUIRE_STATUS(svk_queue_run(&q, svk_desc_fill(mem, i, MEMORY)), SVK_CPL_OK);
	}
	process_tell(parent, 0);
	for (;;)
		pause();
}

static void kill_all(const struct process *child, u64 count)
{
	u64 i;

	for (i = 0; i < count; i++)
		REQUIRE_EQ(kill(child[i].pid, SIGKILL), 0);
	for (i = 0; i < count; i++)
		REQUIRE_EQ(waitpid(child[i].pid, NULL, 0), child[i].pid);
}

static void measure(u64 processes, u64 queues)
{
	const struct param params[] = {
		PARAM_VALUE("processes", processes),
		PARAM_VALUE("queues", queues),
		PARAM_END,
	};
	struct process child[OTHERS_MAX];
	struct section *s;
	u64 i;

	if (processes > OTHERS_MAX || !others_fit(0, processes * queues))
		return;
	s = section_new("exit", 1);
	while (round_next()) {
		for (i = 0; i < processes; i++) {
			process_start(&child[i], victim, &queues);
			process_hear(&child[i]);
		}
		section_begin(s);
		kill_all(child, processes);
		section_end(s);
		for (i = 0; i < processes; i++) {
			close(child[i].in);
			close(child[i].out);
		}
	}
	section_report(s, params);
}

void bench_exit(void)
{
	u64 processes, queues;

	if (!bench_needs_device())
		return;
	section_counters(false);
	processes = options_first("processes");
	do {
		queues = options_first("queues");
		do {
			measure(processes, queues);
		} while (options_next("queues", &queues));
	} while (options_next("processes", &processes));
}
