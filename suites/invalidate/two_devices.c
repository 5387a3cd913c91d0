// SPDX-License-Identifier: GPL-2.0
/*
 * One address space, two devices: what changes is invalidated once in the IOTLB of their unit, or
 * of each unit, and once in each device-TLB, as long as each of them is bound. A device that
 * does not answer in time keeps neither its own entries nor the other's.
 *
 * Would have caught 6384c56c99d9 ("iommu/sva: Fix SVA handle sharing in multi
 * device case") where it loses a cache tag, and "iommu/vt-d: Fix intel iommu iotlb
 * sync hardlockup and retry" where a retry forgets what was queued with it.
 */
#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "harness.h"
#include "inject.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"
#include "qi_trace.h"

#define PAGES 8
#define SIZE (PAGES * 0x1000UL)
#define PATTERN 0x3232323232323232ULL
#define TIMEOUTS 3

FIXTURE(two_devices)
{
	struct svk_queue q[SVK_DEVICES];
	u32 pasid;
	u8 *target;
	struct qi_desc desc[QI_TRACE_MAX];
	unsigned int count;
};

static struct svk_result fill(FIXTURE_DATA(two_devices) *t, enum svk_which which)
{
	return svk_queue_run(&t->q[which], svk_desc_fill(t->target, PATTERN, SIZE));
}

FIXTURE_SETUP(two_devices)
{
	enum svk_which i;

	harness_begin(_metadata);
	self->target = memory_map(SIZE);
	for (i = 0; i < SVK_DEVICES; i++) {
		svk_device_select(i);
		svk_queue_open(&self->q[i]);
		REQUIRE_STATUS(fill(self, i), SVK_CPL_OK);
	}
	svk_device_select(SVK_DEVICE_FIRST);
	self->pasid = svk_queue_info(&self->q[0]).pasid;
}

FIXTURE_TEARDOWN(two_devices)
{
	unsigned int i;

	for (i = 0; _metadata->exit_code == KSFT_FAIL && i < self->count; i++)
		qi_show(&self->desc[i]);
	for (i = 0; i < SVK_DEVICES; i++)
		svk_queue_close(&self->q[i]);
	harness_end(_metadata);
}

/* Return: descriptors of a type that cover the target. */
static unsigned int covering(const FIXTURE_DATA(two_devices) *t, unsigned int type)
{
	unsigned int i, n = 0;

	for (i = 0; i < t->count; i++)
		n += qi_is(&t->desc[i], type, t->pasid) && qi_covers(&t->desc[i], t->target, SIZE);
	return n;
}

static void unmap_target(FIXTURE_DATA(two_devices) *t)
{
	qi_trace_begin();
	memory_unmap(t->target, SIZE);
	t->count = qi_trace_end(t->desc);
}

TEST_F(two_devices, each_cache_once)
{
	unsigned int i;

	unmap_target(self);
	CHECK_EQ(covering(self, VTD_DESC_PIOTLB), svk_units());
	CHECK_EQ(covering(self, VTD_DESC_PDEVTLB), SVK_DEVICES);
	for (i = 0; i < SVK_DEVICES; i++)
		CHECK_STATUS(fill(self, i), SVK_CPL_FAULT_WRITE);
}

/* The tag of the IOTLB was common to both. */
TEST_F(two_devices, one_is_left)
{
	svk_queue_close(&self->q[SVK_DEVICE_SECOND]);
	unmap_target(self);
	CHECK_EQ(covering(self, VTD_DESC_PIOTLB), 1);
	CHECK_EQ(covering(self, VTD_DESC_PDEVTLB), 1);
	CHECK_STATUS(fill(self, SVK_DEVICE_FIRST), SVK_CPL_FAULT_WRITE);
}

TEST_F(two_devices, one_answers_late)
{
	struct inject_rule rule = {
		.kind = SVK_INJECT_ITE, .count = TIMEOUTS, .has_pasid = true, .pasid = self->pasid};
	u64 struck = inject_struck(SVK_INJECT_ITE);
	unsigned int i;

	ktap_expect_device_faults("invalidations time out");
	inject_arm(&rule);
	memory_unmap(self->target, SIZE);
	CHECK_EQ(inject_struck(SVK_INJECT_ITE) - struck, TIMEOUTS);
	CHECK_EQ(counts_stale(), 0);
	for (i = 0; i < SVK_DEVICES; i++)
		CHECK_STATUS(fill(self, i), SVK_CPL_FAULT_WRITE);
}

static void require(void)
{
	oracle_require();
	qi_trace_require();
	inject_require();
	if (!pf_borrow_second())
		ktap_skip_all("one accelerator, and no other: VIA=both");
	svk_require_two();
}

HARNESS_MAIN(require)
