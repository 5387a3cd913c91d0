// SPDX-License-Identifier: GPL-2.0
/*
 * A process of a VM is bound, and its device reaches all of its memory. That the
 * VMM has told the host the right thing is asked of the hardware: the PASID that
 * goes out, and the page tables that the unit has found for it. In this VM they
 * are at a guest physical address, the one that this kernel has written into the
 * entry of its own PASID table; no two processes have the same.
 *
 * Would have caught a VMM that attaches a guest's table at another PASID, keeps
 * that of the process before, or takes it from the entry of another function.
 */
#include <inttypes.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"
#include "process.h"
#include "unit_tables.h"

#define SIZE (64 * 1024)
#define PROCESSES 3
#define ROUNDS 6 /* the PASIDs of those before are used again */
/*
 * Each at the beginning of an entry of the top table: to unmap it flushes no more than itself.
 * A flush of many gigabytes is another matter (invalidate:wide_range).
 */
static u8 *const places[] = {(u8 *)0x8000000000UL, (u8 *)0x3f8000000000UL, (u8 *)0x7e8000000000UL};

/* What is known of a process that is bound. */
struct bound {
	u32 pasid;
	u32 sent; /* SVK_LAB_PASID */
	u64 here; /* page tables, by this kernel */
	u64 there; /* by the unit */
};

FIXTURE(bind)
{
	bool mediated;
};

FIXTURE_SETUP(bind)
{
	const void *regs;

	harness_begin(_metadata);
	regs = svk_regs_map();
	/* Who answers for a mediated device counts this access. */
	self->mediated = svk_reg64(regs, SVK_LAB_TRAPPED);
	svk_regs_unmap(regs);
}

FIXTURE_TEARDOWN(bind)
{
	harness_end(_metadata);
}

static void expect_dma(struct svk_queue *q, u64 seed)
{
	u8 *want = memory_map(SIZE);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		memory_map_at(places[i], 2 * SIZE);
		memory_pattern(places[i], SIZE, seed + i);
		memory_pattern(want, SIZE, seed + i);
		CHECK_STATUS(svk_queue_run(q, svk_desc_copy(places[i] + SIZE, places[i], SIZE)),
			     SVK_CPL_OK);
		CHECK_EQ(memory_diff(places[i] + SIZE, want, SIZE), SIZE);
	}
	memory_unmap(want, SIZE);
	for (i = 0; i < ARRAY_SIZE(places); i++)
		memory_unmap(places[i], 2 * SIZE);
}

/* After DMA: the unit knows only what a request has asked for. */
static void ask(const struct svk_queue *q, struct bound *b)
{
	struct unit_entry e = {{0}};
	struct svk_accel_info info = svk_queue_info(q);
	const void *regs = svk_regs_map();

	b->pasid = info.pasid;
	b->sent = svk_reg_sent_pasid(regs, info.queue);
	b->there = svk_reg64(regs, SVK_LAB_FIRST_STAGE(info.queue));
	unit_tables_find(info.pasid, &e);
	b->here = e.qw[2] & VTD_PE2_FSPTPTR;
	svk_regs_unmap(regs);
}

static void expect_right(const struct bound *b, bool mediated)
{
	u32 sent = (u32)svk_get(SVK_QCFG_PASID_MASK, b->sent);

	CHECK(b->sent & SVK_QCFG_PASID_VALID, "no PASID is sent: %#x", b->sent);
	CHECK((sent != b->pasid) == mediated, "PASID %u here is %u in hardware", b->pasid, sent);
	CHECK(b->here, "this kernel has no table for PASID %u", b->pasid);
	CHECK(b->there == b->here,
	      "PASID %u: this kernel's table is at %#" PRIx64 ", the unit's at %#" PRIx64, b->pasid,
	      (uint64_t)b->here, (uint64_t)b->there);
}

static void bound_main(struct process *parent, void *arg)
{
	struct bound *b = arg;
	struct svk_queue q;

	svk_queue_open(&q);
	expect_dma(&q, (u64)getpid() << 32);
	ask(&q, b);
	process_tell(parent, 1);
	process_hear(parent);
	svk_queue_close(&q);
}

/* Each round begins with other tables, and mostly with the same PASIDs. */
TEST_F(bind, each_process_has_its_own_tables)
{
	struct bound *b = memory_map_shared(PROCESSES * sizeof(*b));
	struct process p[PROCESSES];
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < PROCESSES; i++) {
			process_start(&p[i], bound_main, &b[i]);
			process_hear(&p[i]);
			expect_right(&b[i], self->mediated);
			CHECK(!i || b[i].there != b[i - 1].there,
			      "two processes have the tables at %#" PRIx64, (uint64_t)b[i].there);
			CHECK(!i || b[i].sent != b[i - 1].sent, "two processes have PASID %#x",
			      b[i].sent);
		}
		for (i = 0; i < PROCESSES; i++) {
			process_tell(&p[i], 1);
			process_end(&p[i]);
		}
	}
	ktap_note("host_pasid", "%llu for %u",
		  (unsigned long long)svk_get(SVK_QCFG_PASID_MASK, b->sent), b->pasid);
}

HARNESS_MAIN(unit_tables_require)
