// SPDX-License-Identifier: GPL-2.0
/*
 * A load that checks what it moves, while children with PASIDs of their own come and go, and others
 * that are bound do nothing. A round is a storm: suites/lib/storm.h.
 */
#include "accel_device.h"
#include "ktap.h"
#include "load.h"
#include "options.h"
#include "others.h"
#include "section.h"
#include "storm.h"
#include "traffic.h"
#include "workloads.h"

/* With a queue for each child of a storm but one that only execs: a mediated device has four. */
#define QUEUES 1U

static void measure(u64 pasids)
{
	const struct param params[] = {PARAM_VALUE("pasids", pasids), PARAM_END};
	unsigned int instances = svk_device_instances();
	struct traffic traffic;
	struct others others;
	struct load load;

	if (!others_fit(pasids, QUEUES + STORM_WAYS - 1))
		return;
	others_start(&others, pasids);
	load_start(&load, (struct load_options){.queues = QUEUES});
	traffic_init(&traffic, &load, "fork_exec.round", "fork_exec.rate");
	while (round_next()) {
		traffic_begin(&traffic);
		storm_round(&load);
		traffic_end(&traffic);
	}
	traffic_report(&traffic, params);
	load_stop(&load);
	others_stop(&others);
	CHECK_EQ(svk_device_instances(), instances);
}

void workload_fork_exec(void)
{
	u64 pasids;

	if (!bench_needs_device())
		return;
	ktap_expect_device_faults("a child ends while its queue is busy");
	section_counters(false);
	pasids = options_first("pasids");
	do {
		measure(pasids);
	} while (options_next("pasids", &pasids));
}
