// SPDX-License-Identifier: GPL-2.0
/*
 * Processes of one VM have different memory at the same addresses, and each has
 * addresses that the others do not have, with canaries. Whatever the one lets its
 * device do, at its own PASID, the canaries of the others stay what they are: on
 * one function, and on two of different kinds, the function itself and a mediated
 * device, whose PASIDs count from the same number in the guest and do not in
 * hardware.
 *
 * Would have caught a VMM that keeps one table for two functions of a guest, or
 * looks a guest PASID up in the wrong one ("intel_iommu: ... PASID cache" series),
 * and a mediated device that sends the guest's number.
 */
#include <stdint.h>
#include <string.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "process.h"
#include "raw_queue.h"

#define SIZE (64 * 1024)
#define ROUNDS 8
#define COMMON_VA ((u8 *)0x270000000000UL) /* all have something there */
/* Only process n has something there, in another entry of the top table. */
#define OWN_VA(n) ((u8 *)0x280000000000UL + (n) * (1UL << 39))
#define SIDES 2

/* What the parent tells a side to do. */
enum step {
	END,
	WRITE_PATTERN,
	ATTACK,
	LOOK,
};

struct side {
	unsigned int number;
	enum svk_which device;
};

static u64 own_fill(const struct side *side)
{
	return (side->number + 1) * 0x1111111111111111ULL;
}

static u64 seed(const struct side *side, u64 round)
{
	return own_fill(side) + round;
}

/* The device reads what this side has at the common address, and all that only the other has. */
static void attack(const struct side *side, struct svk_queue *q, u8 *scratch)
{
	u8 *others = OWN_VA(1 - side->number);
	struct svk_result res;

	CHECK_STATUS(svk_queue_run(q, svk_desc_copy(scratch, COMMON_VA, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(scratch, COMMON_VA, SIZE), SIZE);
	res = svk_queue_run(q, svk_desc_copy(scratch, others, SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, (uintptr_t)others);
	CHECK_EQ(memory_diff(scratch, COMMON_VA, SIZE), SIZE);
	res = svk_queue_run(q, svk_desc_fill(others, own_fill(side), SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)others);
}

static void look(const struct side *side, const u8 *want)
{
	CHECK(memory_diff(COMMON_VA, want, SIZE) == SIZE,
	      "side %u: somebody has written to its memory at the common address", side->number);
	CHECK(memory_diff_byte(OWN_VA(side->number), SIZE, own_fill(side) & 0xff) == SIZE,
	      "side %u: somebody has written to its canaries", side->number);
}

static void side_main(struct process *parent, void *arg)
{
	u8 *want = memory_map(SIZE), *scratch = memory_map(SIZE);
	const struct side *side = arg;
	struct svk_queue q;
	u64 step, round = 0;

	memory_map_at(COMMON_VA, SIZE);
	memory_map_at(OWN_VA(side->number), SIZE);
	svk_device_select(side->device);
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);
	while ((step = process_hear(parent)) != END) {
		if (step == WRITE_PATTERN) {
			round++;
			memory_pattern(COMMON_VA, SIZE, seed(side, round));
			memory_pattern(want, SIZE, seed(side, round));
			CHECK_STATUS(svk_queue_run(&q, svk_desc_fill(OWN_VA(side->number),
								     own_fill(side), SIZE)),
				     SVK_CPL_OK);
		} else if (step == ATTACK) {
			attack(side, &q, scratch);
		} else {
			look(side, want);
		}
		process_tell(parent, step);
	}
	svk_queue_close(&q);
}

FIXTURE(isolation)
{
	struct side side[SIDES];
	struct process p[SIDES];
	u64 pasid[SIDES];
};

FIXTURE_SETUP(isolation)
{
	harness_begin(_metadata);
	self->side[1].number = 1;
}

FIXTURE_TEARDOWN(isolation)
{
	harness_end(_metadata);
}

static void start(FIXTURE_DATA(isolation) *t)
{
	unsigned int i;

	for (i = 0; i < SIDES; i++) {
		process_start(&t->p[i], side_main, &t->side[i]);
		t->pasid[i] = process_hear(&t->p[i]);
	}
	ktap_note("pasids", "%llu %llu", (unsigned long long)t->pasid[0],
		  (unsigned long long)t->pasid[1]);
	CHECK(t->pasid[0] != t->pasid[1], "both have PASID %llu", (unsigned long long)t->pasid[0]);
}

/* All sides are told before one is heard: their DMA is interleaved. */
static void all_do(FIXTURE_DATA(isolation) *t, u64 step)
{
	unsigned int i;

	for (i = 0; i < SIDES; i++)
		process_tell(&t->p[i], step);
	for (i = 0; i < SIDES; i++)
		REQUIRE_EQ(process_hear(&t->p[i]), step);
}

static void attack_each_other(FIXTURE_DATA(isolation) *t)
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		all_do(t, WRITE_PATTERN);
		all_do(t, ATTACK);
		all_do(t, LOOK);
	}
}

static void end(FIXTURE_DATA(isolation) *t)
{
	unsigned int i;

	for (i = 0; i < SIDES; i++) {
		process_tell(&t->p[i], END);
		process_end(&t->p[i]);
	}
}

TEST_F(isolation, of_two_processes)
{
	start(self);
	attack_each_other(self);
	end(self);
}

/* Nobody has bound this PASID to the selected accelerator, though another one knows it. */
static void expect_unknown(u64 pasid, const struct svk_desc *ring)
{
	enum svk_queue_err err = svk_raw_fetch((u32)pasid, ring);

	CHECK(err == SVK_QERR_RING_FAULT || err == SVK_QERR_CONFIG,
	      "%s works with PASID %llu, which is bound to the other one: error %d",
	      svk_pci_address(), (unsigned long long)pasid, err);
}

/* At level 2 the other accelerator is a mediated device, if the VM has one. */
TEST_F(isolation, of_two_functions)
{
	struct svk_desc *ring = memory_map(memory_page());

	if (!svk_second_find()) {
		harness_skip(_metadata, "this VM has one accelerator: VIA=both");
		return;
	}
	ring[0] = svk_desc_nop();
	self->side[1].device = SVK_DEVICE_SECOND;
	start(self);
	attack_each_other(self);
	ktap_expect_device_faults("a queue is enabled with a PASID that is another function's");
	expect_unknown(self->pasid[1], ring);
	svk_device_select(SVK_DEVICE_SECOND);
	expect_unknown(self->pasid[0], ring);
	svk_device_select(SVK_DEVICE_FIRST);
	all_do(self, LOOK);
	end(self);
}

HARNESS_MAIN(svk_require_root)
