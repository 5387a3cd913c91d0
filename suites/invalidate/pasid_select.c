// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes use the same addresses with the same device. An invalidation for
 * the one removes what the device has cached of it, all of it, and leaves the
 * other's entries where they are: its next access asks for no translation.
 *
 * Would have caught 7c29ada5e700 ("iommu/vt-d: Fix ineffective devTLB
 * invalidation for subdevices"), and pKVM-IA#84, "we didn't really flush DevTLB
 * at all".
 */
#include <stdint.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"
#include "process.h"

#define PAGES 16
#define SIZE (PAGES * 0x1000UL)
#define TARGET_VA ((void *)0x200000000000UL)
#define PATTERN 0x2727272727272727ULL
/* What the device uses beside the target: the ring, and the records. */
#define QUEUE_PAGES 2

FIXTURE(pasid_select)
{
	struct svk_queue q;
	struct process other;
};

static struct svk_result fill(struct svk_queue *q)
{
	return svk_queue_run(q, svk_desc_fill(TARGET_VA, PATTERN, SIZE));
}

/* Each time it is told to, lets the device work; ends at 0. */
static void other_main(struct process *parent, void *arg)
{
	struct svk_queue q;

	(void)arg;
	memory_map_at(TARGET_VA, SIZE);
	svk_queue_open(&q);
	/* The first time brings everything into the caches. */
	CHECK_STATUS(fill(&q), SVK_CPL_OK);
	process_tell(parent, svk_queue_info(&q).pasid);
	while (process_hear(parent)) {
		CHECK_STATUS(fill(&q), SVK_CPL_OK);
		process_tell(parent, 1);
	}
	svk_queue_close(&q);
}

FIXTURE_SETUP(pasid_select)
{
	u64 pasid;

	harness_begin(_metadata);
	process_start(&self->other, other_main, NULL);
	memory_map_at(TARGET_VA, SIZE);
	svk_queue_open(&self->q);
	pasid = process_hear(&self->other);
	REQUIRE(pasid != svk_queue_info(&self->q).pasid, "both have PASID %llu",
		(unsigned long long)pasid);
	REQUIRE_STATUS(fill(&self->q), SVK_CPL_OK);
}

FIXTURE_TEARDOWN(pasid_select)
{
	process_tell(&self->other, 0);
	process_end(&self->other);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

/* The other process' device finds all that it needs in its own cache. */
static void expect_other_cached(FIXTURE_DATA(pasid_select) *t)
{
	u64 misses = counts_read(SVK_LAB_ATC_MISS), hits = counts_read(SVK_LAB_ATC_HIT);

	process_tell(&t->other, 1);
	process_hear(&t->other);
	CHECK_EQ(counts_read(SVK_LAB_ATC_MISS) - misses, 0);
	CHECK(counts_read(SVK_LAB_ATC_HIT) > hits, "the device has not looked into its cache");
}

TEST_F(pasid_select, range_of_one)
{
	u64 dropped = counts_read(SVK_LAB_ATC_DROPPED);

	memory_protect(TARGET_VA, SIZE, PROT_NONE);
	CHECK_EQ(counts_read(SVK_LAB_ATC_DROPPED) - dropped, PAGES);
	expect_other_cached(self);
	CHECK_STATUS(fill(&self->q), SVK_CPL_FAULT_WRITE);
}

/* The last close() takes the PASID away, and all of its entries. */
TEST_F(pasid_select, all_of_one)
{
	u64 dropped = counts_read(SVK_LAB_ATC_DROPPED);

	svk_queue_close(&self->q);
	CHECK_EQ(counts_read(SVK_LAB_ATC_DROPPED) - dropped, PAGES + QUEUE_PAGES);
	expect_other_cached(self);
	CHECK_EQ(counts_stale(), 0);
}

static void child_main(struct process *parent, void *arg)
{
	(void)arg;
	process_hear(parent);
}

/* fork() invalidates a whole PASID that goes on. */
TEST_F(pasid_select, whole_address_space_of_one)
{
	struct process child;
	u64 misses;

	process_start(&child, child_main, NULL);
	process_kill(&child);
	memory_populate(TARGET_VA, SIZE);
	misses = counts_read(SVK_LAB_ATC_MISS);
	CHECK_STATUS(fill(&self->q), SVK_CPL_OK);
	CHECK(counts_read(SVK_LAB_ATC_MISS) - misses >= PAGES,
	      "the device has kept some of its %d pages", PAGES);
	expect_other_cached(self);
}

HARNESS_MAIN(oracle_require)
