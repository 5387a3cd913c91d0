// SPDX-License-Identifier: GPL-2.0
/*
 * There is less memory than is wanted: the kernel takes pages of a process whose
 * device is at work, by reclaim on demand, and because a neighbour in the same
 * control group wants more than there is. The device's accesses wait or
 * fault, and go on; none is lost.
 *
 * Beyond `swap`, where the pages to go are chosen: here the kernel chooses, by
 * what it takes for used lately (accessed bits of the device included), and
 * page requests are served by workers that have to reclaim memory themselves.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "accel_device.h"
#include "cgroup.h"
#include "greed.h"
#include "harness.h"
#include "load.h"
#include "swap.h"

#define QUEUES 2U
#define SPACE (64UL << 20)
/* Of the group; the load alone has 4 MiB. */
#define LIMIT "8M"

FIXTURE(memory_pressure)
{
	struct load load;
	u64 out, in;
};

FIXTURE_SETUP(memory_pressure)
{
	harness_begin(_metadata);
	swap_on(SPACE);
	cgroup_begin();
	load_start(&self->load, (struct load_options){.queues = QUEUES});
	self->out = knob_vmstat("pswpout");
	self->in = knob_vmstat("pswpin");
}

FIXTURE_TEARDOWN(memory_pressure)
{
	load_stop(&self->load);
	cgroup_end();
	swap_off();
	ktap_note("swapped", "%llu pages out, %llu in",
		  (unsigned long long)(knob_vmstat("pswpout") - self->out),
		  (unsigned long long)(knob_vmstat("pswpin") - self->in));
	harness_end(_metadata);
}

static void expect_swapped(FIXTURE_DATA(memory_pressure) *t)
{
	CHECK(knob_vmstat("pswpout") > t->out, "no page has gone");
	CHECK(knob_vmstat("pswpin") > t->in, "no page has come back");
}

/* Each time it takes what it can get: -EAGAIN says that this was less than was asked for. */
TEST_F_TIMEOUT(memory_pressure, reclaim, 100)
{
	unsigned int round, rounds = load_rounds(6, 24);
	int ret;

	for (round = 0; round < rounds; round++) {
		ret = cgroup_set("memory.reclaim", "2M");
		REQUIRE(!ret || ret == -EAGAIN, "memory.reclaim: %s", strerror(-ret));
		load_pass(&self->load, LOAD_WINDOW);
	}
	expect_swapped(self);
}

TEST_F_TIMEOUT(memory_pressure, greedy_neighbour, 100)
{
	unsigned int round, rounds = load_rounds(2, 6);
	struct process neighbour;

	greed_start(&neighbour);
	REQUIRE_ERRNO(cgroup_set("memory.max", LIMIT), 0);
	for (round = 0; round < rounds; round++) {
		greed_lap(&neighbour);
		load_pass(&self->load, LOAD_WINDOW);
		greed_lap_end(&neighbour);
	}
	greed_end(&neighbour);
	CHECK(cgroup_event("max"), "the limit was never met");
	CHECK_EQ(cgroup_event("oom_kill"), 0);
	expect_swapped(self);
}

static void require(void)
{
	svk_require_root();
	swap_require();
	cgroup_require();
}

HARNESS_MAIN(require)
