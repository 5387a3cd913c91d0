// SPDX-License-Identifier: GPL-2.0
/*
 * Which descriptors the kernel queues when a process changes its memory: those
 * with its PASID, once for each cache, each of all that has changed; the IOTLB
 * first, from which the device can refill. As the kernel's own tracepoint has
 * them; that they reach the hardware in this order, and nothing else does, is
 * counted there.
 *
 * Would have caught 04b1b069f151 ("iommu/vt-d: Flush piotlb for SVM and Nested
 * domain"), and any order but that of table 28 (6.5.3).
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"
#include "process.h"
#include "qi_trace.h"

#define SIZE 0x8000
#define PATTERN 0x2323232323232323ULL

FIXTURE(descriptors)
{
	struct svk_queue q;
	u32 pasid;
	u8 *target;
	struct qi_desc desc[QI_TRACE_MAX];
	unsigned int count;
};

FIXTURE_SETUP(descriptors)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
	self->pasid = svk_queue_info(&self->q).pasid;
	self->target = memory_map(SIZE);
	REQUIRE_STATUS(svk_queue_run(&self->q, svk_desc_fill(self->target, PATTERN, SIZE)),
		       SVK_CPL_OK);
}

FIXTURE_TEARDOWN(descriptors)
{
	unsigned int i;

	for (i = 0; _metadata->exit_code == KSFT_FAIL && i < self->count; i++)
		qi_show(&self->desc[i]);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

/* Of the descriptors recorded, how many are of this type and of all addresses. */
static unsigned int count_whole(const FIXTURE_DATA(descriptors) *t, unsigned int type)
{
	unsigned int i, n = 0;

	for (i = 0; i < t->count; i++)
		n += qi_is(&t->desc[i], type, t->pasid) && qi_is_whole(&t->desc[i]);
	return n;
}

/* Return: index of the first one of this type that covers all of the target; @count: none. */
static unsigned int first_covering(const FIXTURE_DATA(descriptors) *t, unsigned int type)
{
	unsigned int i;

	for (i = 0; i < t->count; i++) {
		if (qi_is(&t->desc[i], type, t->pasid) && qi_covers(&t->desc[i], t->target, SIZE))
			break;
	}
	return i;
}

static unsigned int last_covering(const FIXTURE_DATA(descriptors) *t, unsigned int type)
{
	unsigned int i, last = t->count;

	for (i = 0; i < t->count; i++) {
		if (qi_is(&t->desc[i], type, t->pasid) && qi_covers(&t->desc[i], t->target, SIZE))
			last = i;
	}
	return last;
}

static void expect_ordered(FIXTURE_DATA(descriptors) *t)
{
	unsigned int iotlb = first_covering(t, VTD_DESC_PIOTLB);
	unsigned int devtlb = last_covering(t, VTD_DESC_PDEVTLB);

	CHECK(iotlb < t->count, "no PASID-based IOTLB invalidation covers the range");
	CHECK(devtlb < t->count, "no PASID-based device-TLB invalidation covers the range");
	CHECK(iotlb < devtlb, "the device-TLB is invalidated (%u) before the IOTLB (%u)", devtlb,
	      iotlb);
}

/* Whatever concerns this process names its PASID: no descriptor of whole domains is needed. */
static void expect_pasid_based(const FIXTURE_DATA(descriptors) *t)
{
	unsigned int i, type;

	for (i = 0; i < t->count; i++) {
		type = qi_type(&t->desc[i]);
		CHECK(type != VTD_DESC_IOTLB && type != VTD_DESC_DEVTLB,
		      "descriptor %u, of type %u, names no PASID", i, type);
	}
}

TEST_F(descriptors, range_names_the_pasid)
{
	qi_trace_begin();
	memory_protect(self->target, SIZE, PROT_NONE);
	self->count = qi_trace_end(self->desc);
	expect_ordered(self);
	expect_pasid_based(self);
}

TEST_F(descriptors, freed_memory_is_in_order)
{
	qi_trace_begin();
	memory_unmap(self->target, SIZE);
	self->count = qi_trace_end(self->desc);
	expect_ordered(self);
	expect_pasid_based(self);
}

static void child_main(struct process *parent, void *arg)
{
	(void)arg;
	process_hear(parent);
}

/* fork() write-protects the whole address space: start is 0, end is ULONG_MAX. */
TEST_F(descriptors, whole_address_space_once)
{
	struct process child;

	qi_trace_begin();
	process_start(&child, child_main, NULL);
	self->count = qi_trace_end(self->desc);
	process_tell(&child, 1);
	process_end(&child);
	CHECK_EQ(count_whole(self, VTD_DESC_PIOTLB), 1);
	CHECK_EQ(count_whole(self, VTD_DESC_PDEVTLB), 1);
	expect_ordered(self);
	expect_pasid_based(self);
}

/* The hardware, too: whoever is between this kernel and it has not made other ones of them. */
TEST_F(descriptors, reach_the_hardware)
{
	u64 piotlb = counts_read(SVK_LAB_QI_PIOTLB), pdevtlb = counts_read(SVK_LAB_QI_PDEVTLB);
	u64 iotlb = counts_read(SVK_LAB_QI_IOTLB), devtlb = counts_read(SVK_LAB_QI_DEVTLB);
	u64 waits = counts_read(SVK_LAB_QI_WAIT);

	memory_protect(self->target, SIZE, PROT_NONE);
	CHECK_EQ(counts_read(SVK_LAB_QI_PIOTLB) - piotlb, 1);
	CHECK_EQ(counts_read(SVK_LAB_QI_PDEVTLB) - pdevtlb, 1);
	CHECK_EQ(counts_read(SVK_LAB_QI_IOTLB) - iotlb, 0);
	CHECK_EQ(counts_read(SVK_LAB_QI_DEVTLB) - devtlb, 0);
	CHECK(counts_read(SVK_LAB_QI_WAIT) > waits, "nobody waits for what was queued");
}

/*
 * The device works on the pages while they are taken away, so that it refills its own cache
 * from the IOTLB if that is what is invalidated last.
 */
TEST_F(descriptors, busy_device_forgets_all)
{
	unsigned int round;
	u32 ticket;

	for (round = 0; round < 32; round++) {
		ticket = svk_queue_submit(&self->q, svk_desc_fill(self->target, PATTERN, SIZE));
		memory_protect(self->target, SIZE, round % 2 ? PROT_READ : PROT_NONE);
		CHECK_EQ(counts_stale(), 0);
		svk_queue_wait(&self->q, ticket);
		CHECK_STATUS(svk_queue_run(&self->q, svk_desc_fill(self->target, PATTERN, SIZE)),
			     SVK_CPL_FAULT_WRITE);
		memory_protect(self->target, SIZE, PROT_READ | PROT_WRITE);
		memset(self->target, 0, SIZE);
		CHECK_STATUS(svk_queue_run(&self->q, svk_desc_fill(self->target, PATTERN, SIZE)),
			     SVK_CPL_OK);
	}
}

static void require(void)
{
	oracle_require();
	qi_trace_require();
}

HARNESS_MAIN(require)
