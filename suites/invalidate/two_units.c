// SPDX-License-Identifier: GPL-2.0
/*
 * One address space, two devices, each behind a remapping unit of its own: what changes is
 * invalidated in both units, once in the IOTLB and once in the device-TLB of each, and each waits
 * for its own. Counted by the units themselves.
 *
 * Would catch a batch of descriptors that goes to the queue of one unit only: Linux collects them
 * by domain, and has to submit them wherever the next cache is another unit's
 * (drivers/iommu/intel/cache.c, cache_tag_flush_range()).
 *
 * Only with two units: HW=--units=2.
 */
#include <string.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "lab.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"
#include "process.h"

#define PAGES 8
#define SIZE (PAGES * 0x1000UL)
#define PATTERN 0x3232323232323232ULL
#define ROUNDS 20

/* What a unit has executed. */
struct executed {
	u64 total;
	u64 piotlb;
	u64 pdevtlb;
	u64 pasid;
	u64 wait;
};

FIXTURE(two_units)
{
	struct svk_queue q[SVK_DEVICES];
	u8 *target;
	struct executed before[SVK_DEVICES];
};

static struct executed executed(enum svk_which device)
{
	return (struct executed){
		.total = svk_lab_unit(device, SVK_LAB_QI_TOTAL),
		.piotlb = svk_lab_unit(device, SVK_LAB_QI_PIOTLB),
		.pdevtlb = svk_lab_unit(device, SVK_LAB_QI_PDEVTLB),
		.pasid = svk_lab_unit(device, SVK_LAB_QI_PASID),
		.wait = svk_lab_unit(device, SVK_LAB_QI_WAIT),
	};
}

static void count_begin(FIXTURE_DATA(two_units) *t)
{
	for (unsigned int i = 0; i < SVK_DEVICES; i++)
		t->before[i] = executed(i);
}

/* Return: what the unit of @device has executed since count_begin(). */
static struct executed count_end(const FIXTURE_DATA(two_units) *t, enum svk_which device)
{
	const struct executed *before = &t->before[device];
	struct executed now = executed(device);

	return (struct executed){
		.total = now.total - before->total,
		.piotlb = now.piotlb - before->piotlb,
		.pdevtlb = now.pdevtlb - before->pdevtlb,
		.pasid = now.pasid - before->pasid,
		.wait = now.wait - before->wait,
	};
}

static struct svk_result fill(FIXTURE_DATA(two_units) *t, enum svk_which device)
{
	return svk_queue_run(&t->q[device], svk_desc_fill(t->target, PATTERN, SIZE));
}

FIXTURE_SETUP(two_units)
{
	harness_begin(_metadata);
	self->target = memory_map(SIZE);
	for (unsigned int i = 0; i < SVK_DEVICES; i++) {
		svk_device_select(i);
		svk_queue_open(&self->q[i]);
		REQUIRE_STATUS(fill(self, i), SVK_CPL_OK);
	}
	svk_device_select(SVK_DEVICE_FIRST);
}

FIXTURE_TEARDOWN(two_units)
{
	for (unsigned int i = 0; i < SVK_DEVICES; i++)
		svk_queue_close(&self->q[i]);
	harness_end(_metadata);
}

/* Of @device's unit since count_begin(): @n times a range, each submitted and waited for. */
static void expect_ranges(const FIXTURE_DATA(two_units) *t, enum svk_which device, u64 n)
{
	struct executed e = count_end(t, device);

	CHECK_EQ(e.piotlb, n);
	CHECK_EQ(e.pdevtlb, n);
	CHECK_EQ(e.wait, n);
	CHECK_EQ(e.total, 3 * n);
}

TEST_F(two_units, each_is_flushed_once)
{
	unsigned int i;

	count_begin(self);
	memory_unmap(self->target, SIZE);
	for (i = 0; i < SVK_DEVICES; i++)
		expect_ranges(self, i, 1);
	for (i = 0; i < SVK_DEVICES; i++)
		CHECK_STATUS(fill(self, i), SVK_CPL_FAULT_WRITE);
}

TEST_F(two_units, each_is_flushed_each_time)
{
	unsigned int i, n;

	count_begin(self);
	for (n = 0; n < ROUNDS; n++) {
		memory_unmap(self->target, SIZE);
		memory_map_at(self->target, SIZE);
		for (i = 0; i < SVK_DEVICES; i++)
			REQUIRE_STATUS(fill(self, i), SVK_CPL_OK);
	}
	for (i = 0; i < SVK_DEVICES; i++)
		expect_ranges(self, i, ROUNDS);
}

/* The unit of a device that is not bound any more has nothing to forget. */
TEST_F(two_units, one_is_left)
{
	svk_queue_close(&self->q[SVK_DEVICE_SECOND]);
	count_begin(self);
	memory_unmap(self->target, SIZE);
	expect_ranges(self, SVK_DEVICE_FIRST, 1);
	expect_ranges(self, SVK_DEVICE_SECOND, 0);
	CHECK_STATUS(fill(self, SVK_DEVICE_FIRST), SVK_CPL_FAULT_WRITE);
}

static void bound_to_both_main(struct process *parent, void *arg)
{
	FIXTURE_DATA(two_units) *t = arg;
	struct svk_queue q[SVK_DEVICES];

	t->target = memory_map(SIZE);
	for (unsigned int i = 0; i < SVK_DEVICES; i++) {
		svk_device_select(i);
		svk_queue_open(&q[i]);
		REQUIRE_STATUS(svk_queue_run(&q[i], svk_desc_fill(t->target, PATTERN, SIZE)),
			       SVK_CPL_OK);
	}
	process_tell(parent, 1);
	process_hear(parent);
}

/* A process that is killed leaves neither of the tables before its caches are flushed. */
TEST_F(two_units, a_process_is_gone_from_both)
{
	FIXTURE_DATA(two_units) of_child = {0};
	struct process child;

	process_start(&child, bound_to_both_main, &of_child);
	process_hear(&child);
	count_begin(self);
	process_kill(&child);
	oracle_settle();
	/* The pages were the child's, too, and the device cannot ask for a copy. */
	memset(self->target, 0, SIZE);
	for (unsigned int i = 0; i < SVK_DEVICES; i++) {
		struct executed e = count_end(self, i);

		CHECK_EQ(e.pasid, 1);
		CHECK(e.piotlb && e.pdevtlb,
		      "unit %u has executed %llu PIOTLB and %llu PDEVTLB descriptors", i + 1,
		      (unsigned long long)e.piotlb, (unsigned long long)e.pdevtlb);
		CHECK_STATUS(fill(self, i), SVK_CPL_OK);
	}
}

static void require(void)
{
	oracle_require();
	if (!pf_borrow_second())
		ktap_skip_all("one accelerator, and no other: VIA=both");
	svk_require_two();
	if (svk_units() == 1)
		ktap_skip_all("both accelerators are behind one unit: HW=--units=2");
}

HARNESS_MAIN(require)
