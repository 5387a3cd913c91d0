// SPDX-License-Identifier: GPL-2.0
/*
 * Children come and go beside a device at work: some replace themselves by another
 * program, some have queues of their own, and exec, exit or are killed while these
 * are busy with what they have inherited. PASIDs are given out and taken back all
 * the while, page tables freed; the parent's device notices nothing, and nothing
 * of the children is left.
 *
 * Would have caught "iommu/vt-d: Fix a deadlock in intel_svm_drain_prq()"
 * (6ef0505158f7), "iommu/sva: Fix PASID use-after-free issue", and a PASID
 * that leads to its next owner too early.
 *
 * Runs itself as the other program: storm_other()
 */
#include <stdlib.h>

#include "accel_device.h"
#include "harness.h"
#include "load.h"
#include "storm.h"

#define QUEUES 1U /* and one for each child: a mediated device has four */

FIXTURE(fork_exec)
{
	struct load load;
	unsigned int instances;
};

FIXTURE_SETUP(fork_exec)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("a child ends while its queue is busy");
	self->instances = svk_device_instances();
	load_start(&self->load, (struct load_options){.queues = QUEUES});
}

FIXTURE_TEARDOWN(fork_exec)
{
	load_stop(&self->load);
	CHECK_EQ(svk_device_instances(), self->instances);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(fork_exec, storm, 100)
{
	unsigned int round, rounds = load_rounds(2, 10);

	for (round = 0; round < rounds; round++)
		storm_round(&self->load);
}

int main(int argc, char **argv)
{
	if (storm_other(argc, argv))
		return 0;
	exit(harness_run(argc, argv, svk_require_root));
}
