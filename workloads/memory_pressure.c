// SPDX-License-Identifier: GPL-2.0
/*
 * A load that checks what it moves, in a control group that has less memory than it and a
 * neighbour want. A round is a lap of the neighbour through its memory: it takes pages of the load.
 */
#include "cgroup.h"
#include "greed.h"
#include "knob.h"
#include "ktap.h"
#include "load.h"
#include "section.h"
#include "swap.h"
#include "traffic.h"
#include "workloads.h"

#define QUEUES 2U
#define SPACE (64UL << 20)
/* Of the group; the load alone has 4 MiB. */
#define LIMIT "8M"

void workload_memory_pressure(void)
{
	const struct param params[] = {PARAM_VALUE("queues", QUEUES), PARAM_END};
	struct process neighbour;
	struct traffic traffic;
	struct load load;
	u64 out;

	if (!bench_needs_device())
		return;
	swap_require();
	cgroup_require();
	section_counters(false);
	swap_on(SPACE);
	cgroup_begin();
	load_start(&load, (struct load_options){.queues = QUEUES});
	greed_start(&neighbour);
	REQUIRE_ERRNO(cgroup_set("memory.max", LIMIT), 0);
	out = knob_vmstat("pswpout");
	traffic_init(&traffic, &load, "memory_pressure.lap", "memory_pressure.rate");
	while (round_next()) {
		traffic_begin(&traffic);
		greed_lap(&neighbour);
		load_pass(&load, LOAD_WINDOW);
		greed_lap_end(&neighbour);
		traffic_end(&traffic);
	}
	CHECK(knob_vmstat("pswpout") > out, "no page has gone");
	CHECK(cgroup_event("max"), "the limit was never met");
	CHECK_EQ(cgroup_event("oom_kill"), 0);
	traffic_report(&traffic, params);
	greed_end(&neighbour);
	load_stop(&load);
	cgroup_end();
	swap_off();
}
