// SPDX-License-Identifier: GPL-2.0
/*
 * The unit takes the second descriptor of a munmap() for invalid (IQE): the
 * device-TLB invalidation, which the kernel has queued together with that of
 * the IOTLB. It executes nothing more until the error is cleared. A kernel that
 * does not clear it waits with interrupts off and for ever; then another process
 * clears it, on another CPU, so that this machine lives to tell.
 */
#include <sched.h>
#include <stdint.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "clock.h"
#include "fault.h"
#include "fault_unit.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"

#define PATTERN 0x4848484848484848ULL
#define RESERVED_FIELD 6 /* IQEI, 11.4.9.9 */
/* Microseconds in which a kernel clears an error that it polls for. */
#define PATIENCE_US 300000
#define ARM_WAIT_MS 10000

static void run_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	REQUIRE_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
}

/* Says 1 if the kernel had to be helped, 0 if not. It makes no system call in between. */
static void rescuer_main(struct process *parent, void *arg)
{
	volatile void *unit = fault_unit_map();
	struct clock_wait wait;
	u64 deadline;

	(void)arg;
	/* While the kernel is stuck there is something stale. */
	oracle_pause();
	run_on(1);
	process_tell(parent, 0);
	process_hear(parent);
	wait = clock_wait_for(ARM_WAIT_MS);
	while (!(fault_unit_read(unit, VTD_FSTS) & VTD_FSTS_IQE)) {
		if (!clock_wait_again(&wait))
			REQUIRE(false, "no queue error within %d ms", ARM_WAIT_MS);
	}
	deadline = clock_us() + PATIENCE_US;
	while (fault_unit_read(unit, VTD_FSTS) & VTD_FSTS_IQE) {
		if (clock_us() < deadline)
			continue;
		fault_unit_clear(unit, VTD_FSTS, VTD_FSTS_IQE);
		process_tell(parent, 1);
		return;
	}
	process_tell(parent, 0);
}

FIXTURE(queue_error)
{
	struct fault_scene s;
};

FIXTURE_SETUP(queue_error)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("a descriptor is taken for invalid");
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(queue_error)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(queue_error, does_not_stop_the_kernel)
{
	struct inject_rule rule = fault_rule(SVK_INJECT_IQE, RESERVED_FIELD);
	u8 *target = memory_map(FAULT_SIZE);
	struct process rescuer;
	struct svk_result res;
	u64 helped;

	process_start(&rescuer, rescuer_main, NULL);
	process_hear(&rescuer);
	run_on(0);
	memory_populate(target, FAULT_SIZE);
	CHECK_STATUS(svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE)),
		     SVK_CPL_OK);
	rule.skip = 1;
	fault_arm(&self->s, rule);
	process_tell(&rescuer, 1);
	memory_unmap(target, FAULT_SIZE);
	helped = process_hear(&rescuer);
	process_end(&rescuer);
	CHECK_EQ(fault_struck(&self->s), 1);
	if (helped) /* docs/findings.md */
		harness_xfail(_metadata,
			      "Linux does not clear an error of any but the first descriptor");
	fault_note(&self->s, "%s; logged %u times",
		   helped ? "had to be helped" : "cleared the error",
		   fault_logged("Invalidation Queue Error"));
	CHECK_EQ(fault_stale(), 0);
	res = svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, FAULT_SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)target);
}

static void require(void)
{
	svk_require_root();
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		ktap_skip_all("one CPU: nobody can help a kernel that waits with interrupts off");
	fault_require_unit();
}

HARNESS_MAIN(require)
