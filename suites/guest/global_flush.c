// SPDX-License-Identifier: GPL-2.0
/*
 * This kernel makes its unit forget more than it has changed: all, a domain, a
 * PASID, in each cache. Nothing that is mapped is lost for it: afterwards the
 * device reaches the live memory of two processes and, without a PASID, that of
 * the kernel's own domain; and what had been unmapped stays out of reach. With
 * nested translation the VMM has to pass such a flush on, or to do without; it
 * may not unmap.
 *
 * Descriptors as no process can provoke them go into this kernel's own queue
 * (svakit_poke).
 *
 * Would have caught QEMU "intel_iommu: Fix unexpected unmaps during global
 * unmap".
 */
#include <stdint.h>
#include <string.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"
#include "poke.h"
#include "process.h"
#include "raw_queue.h"
#include "unit_tables.h"

#define SIZE 0x8000UL
/* Ring and record, and what is copied from and to. */
#define RID_SIZE (SVK_RAW_MEMORY + 2 * SIZE)
#define DOMAINS 3
#define ROUNDS 3

FIXTURE(global_flush)
{
	struct svk_queue q;
	struct process other;
	u32 pasid;
	u32 others_pasid;
	u32 did[DOMAINS]; /* of requests without PASID, of this process, of the other one */
	struct poke_dma rid;
	u8 *src;
	u8 *dst;
	u8 *gone; /* unmapped, after the device had used it */
	struct poke_dma rid_gone;
};

static void expect_copy(struct svk_queue *q, u8 *dst, u8 *src, u64 seed)
{
	memory_pattern(src, SIZE, seed);
	CHECK_STATUS(svk_queue_run(q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(dst, src, SIZE), SIZE);
}

static void other_main(struct process *parent, void *arg)
{
	u8 *src = memory_map(SIZE), *dst = memory_map(SIZE);
	struct svk_queue q;
	u64 seed;

	(void)arg;
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);
	while ((seed = process_hear(parent))) {
		expect_copy(&q, dst, src, seed);
		process_tell(parent, seed);
	}
	svk_queue_close(&q);
}

/* Without a PASID. Return: status. */
static u32 rid_copy(const struct poke_dma *d, u64 seed)
{
	struct svk_raw_memory m = {.mem = d->mem, .iova = d->iova};
	u64 iova = d->iova + SVK_RAW_MEMORY;

	memory_pattern(d->mem + SVK_RAW_MEMORY, SIZE, seed);
	return svk_raw_run(&m, svk_desc_copy((void *)(uintptr_t)(iova + SIZE),
					     (void *)(uintptr_t)iova, SIZE));
}

static void expect_live(FIXTURE_DATA(global_flush) *t, u64 seed)
{
	u8 *copied = t->rid.mem + SVK_RAW_MEMORY;

	expect_copy(&t->q, t->dst, t->src, seed);
	process_tell(&t->other, seed);
	process_hear(&t->other);
	CHECK_EQ(rid_copy(&t->rid, seed), SVK_CPL_OK);
	CHECK_EQ(memory_diff(copied, copied + SIZE, SIZE), SIZE);
}

static void expect_gone(FIXTURE_DATA(global_flush) *t)
{
	struct svk_result res = svk_queue_run(&t->q, svk_desc_copy(t->dst, t->gone, SIZE));

	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, (uintptr_t)t->gone);
	CHECK(!rid_copy(&t->rid_gone, 1), "without a PASID the device reaches what was unmapped");
}

FIXTURE_SETUP(global_flush)
{
	harness_begin(_metadata);
	process_start(&self->other, other_main, NULL);
	/* Behind fork(), which takes the right to write away. */
	self->src = memory_map(SIZE);
	self->dst = memory_map(SIZE);
	self->gone = memory_map(SIZE);
	svk_queue_open(&self->q);
	self->pasid = svk_queue_info(&self->q).pasid;
	self->others_pasid = (u32)process_hear(&self->other);
	poke_dma_begin(&self->rid, RID_SIZE);
	poke_dma_begin(&self->rid_gone, RID_SIZE);
	self->did[0] = unit_tables_did(UNIT_TABLES_RID);
	self->did[1] = unit_tables_did(self->pasid);
	self->did[2] = unit_tables_did(self->others_pasid);
	expect_live(self, 1);
	expect_copy(&self->q, self->dst, self->gone, 1);
	CHECK_EQ(rid_copy(&self->rid_gone, 1), SVK_CPL_OK);
	memory_unmap(self->gone, SIZE);
	poke_dma_end(&self->rid_gone);
	/* The ring of a queue without PASID cannot be fetched; it halts. */
	ktap_expect_device_faults("the device looks for memory that was unmapped");
	expect_gone(self);
}

FIXTURE_TEARDOWN(global_flush)
{
	poke_dma_free(&self->rid_gone);
	poke_dma_end(&self->rid);
	poke_dma_free(&self->rid);
	process_tell(&self->other, 0);
	process_end(&self->other);
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

static u64 desc(unsigned int type, unsigned int granularity)
{
	return svk_put(VTD_DESC_TYPE_LO, type & 15) | svk_put(VTD_DESC_TYPE_HI, type >> 4) |
	       svk_put(VTD_DESC_G, granularity);
}

/* The flush, several times; then what lived and what did not are as before. */
static void flush(FIXTURE_DATA(global_flush) *t, const u64 (*d)[4], u32 count)
{
	unsigned int round;

	for (round = 2; round < 2 + ROUNDS; round++) {
		CHECK_EQ(poke_queue(d, count), 0);
		expect_live(t, round);
		expect_gone(t);
		CHECK_EQ(counts_stale(), 0);
	}
}

TEST_F(global_flush, of_all_context_entries)
{
	const u64 d[][4] = {{desc(VTD_DESC_CC, VTD_GRAN_GLOBAL)},
			    {desc(VTD_DESC_PC, VTD_PC_G_GLOBAL)},
			    {desc(VTD_DESC_IOTLB, VTD_GRAN_GLOBAL)}};

	flush(self, d, ARRAY_SIZE(d));
}

TEST_F(global_flush, of_all_pasid_entries)
{
	const u64 d[][4] = {{desc(VTD_DESC_PC, VTD_PC_G_GLOBAL)},
			    {desc(VTD_DESC_IOTLB, VTD_GRAN_GLOBAL)}};

	flush(self, d, ARRAY_SIZE(d));
}

TEST_F(global_flush, of_the_whole_iotlb)
{
	const u64 d[][4] = {{desc(VTD_DESC_IOTLB, VTD_GRAN_GLOBAL)}};

	flush(self, d, ARRAY_SIZE(d));
}

TEST_F(global_flush, of_each_domain)
{
	u64 d[2 * DOMAINS][4] = {{0}};
	unsigned int i;

	for (i = 0; i < DOMAINS; i++) {
		d[2 * i][0] =
			desc(VTD_DESC_PC, VTD_PC_G_DOMAIN) | svk_put(VTD_DESC_DID, self->did[i]);
		d[2 * i + 1][0] =
			desc(VTD_DESC_IOTLB, VTD_GRAN_DOMAIN) | svk_put(VTD_DESC_DID, self->did[i]);
	}
	flush(self, d, ARRAY_SIZE(d));
}

TEST_F(global_flush, of_each_pasid)
{
	const u32 pasid[DOMAINS] = {UNIT_TABLES_RID, self->pasid, self->others_pasid};
	u64 d[2 * DOMAINS][4] = {{0}};
	unsigned int i;
	u64 seen;

	for (i = 0; i < DOMAINS; i++) {
		d[2 * i][0] = desc(VTD_DESC_PC, VTD_PC_G_PASID) |
			      svk_put(VTD_DESC_DID, self->did[i]) |
			      svk_put(VTD_DESC_PASID, pasid[i]);
		d[2 * i + 1][0] = desc(VTD_DESC_PIOTLB, VTD_PIOTLB_G_PASID) |
				  svk_put(VTD_DESC_DID, self->did[i]) |
				  svk_put(VTD_DESC_PASID, pasid[i]);
	}
	seen = counts_read(SVK_LAB_QI_PIOTLB);
	flush(self, d, ARRAY_SIZE(d));
	seen = counts_read(SVK_LAB_QI_PIOTLB) - seen;
	/* Of the processes; what becomes of requests without PASID is the matter of the VMM. */
	CHECK(seen >= 2 * ROUNDS, "%llu of %d flushes have reached the hardware",
	      (unsigned long long)seen, 2 * ROUNDS);
}

static void require(void)
{
	oracle_require();
	unit_tables_require();
	poke_require();
}

HARNESS_MAIN(require)
