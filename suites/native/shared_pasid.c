// SPDX-License-Identifier: GPL-2.0
/*
 * All queues of a process share one PASID, however many devices they are of, and
 * the device works with it until the last of them is closed.
 * Where there are two devices, it is of both.
 *
 * Would have caught 65d4418c5002 ("iommu/sva: Restore SVA handle sharing") and
 * 6384c56c99d9 ("iommu/sva: Fix SVA handle sharing in multi device case").
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "pf.h"

#define SIZE (64 * 1024)
#define QUEUES 2 /* of each device */
#define ALL (SVK_DEVICES * QUEUES)

FIXTURE(shared_pasid)
{
	struct svk_queue q[ALL]; /* those of the first device come first */
	unsigned int count;
	u8 *src, *dst;
};

static void check_copy(FIXTURE_DATA(shared_pasid) *t, unsigned int n, u64 seed)
{
	memory_pattern(t->src, SIZE, seed);
	CHECK_STATUS(svk_queue_run(&t->q[n], svk_desc_copy(t->dst, t->src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(t->src, t->dst, SIZE), SIZE);
}

static bool two_devices(void)
{
	return getenv("SVAKIT_DEVICE_2");
}

FIXTURE_SETUP(shared_pasid)
{
	unsigned int i;
	int ret;

	harness_begin(_metadata);
	self->src = memory_map(SIZE);
	self->dst = memory_map(SIZE);
	self->count = two_devices() ? ALL : QUEUES;
	for (i = 0; i < ALL; i++)
		self->q[i].fd = -1;
	for (i = 0; i < self->count; i++) {
		if (two_devices())
			svk_device_select(i / QUEUES);
		ret = __svk_queue_open(&self->q[i]);
		REQUIRE(!ret, "open of queue %u of device %u: %s", i % QUEUES + 1, i / QUEUES + 1,
			strerror(-ret));
	}
}

FIXTURE_TEARDOWN(shared_pasid)
{
	unsigned int i;

	for (i = 0; i < self->count; i++)
		svk_queue_close(&self->q[i]);
	harness_end(_metadata);
}

TEST_F(shared_pasid, is_one_for_all_queues)
{
	u32 pasid = svk_queue_info(&self->q[0]).pasid;
	unsigned int i;

	ktap_note("pasid", "%u", pasid);
	for (i = 1; i < self->count; i++)
		CHECK_EQ(svk_queue_info(&self->q[i]).pasid, pasid);
}

/* Those that are still open go on. */
static void close_in_turn(FIXTURE_DATA(shared_pasid) *t, bool backwards)
{
	unsigned int closed, n;

	for (closed = 0; closed < t->count; closed++) {
		for (n = 0; n < t->count - closed; n++)
			check_copy(t, backwards ? n : closed + n, closed * ALL + n);
		svk_queue_close(&t->q[backwards ? t->count - closed - 1 : closed]);
	}
}

TEST_F(shared_pasid, outlives_the_queue_that_was_first)
{
	close_in_turn(self, false);
}

TEST_F(shared_pasid, outlives_the_queues_that_were_last)
{
	close_in_turn(self, true);
}

static void require(void)
{
	svk_require();
	/* Only root can have another driver give its device away. */
	if (!geteuid() && pf_borrow_second())
		svk_require_two();
}

HARNESS_MAIN(require)
