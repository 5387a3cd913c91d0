// SPDX-License-Identifier: GPL-2.0
/*
 * Rights are cached as addresses are. What mprotect() takes away the device
 * loses before it returns, and what it gives back the device gets, however
 * often it has been refused before.
 *
 * Would have caught uadk#1's kind of stale write, and what the "mm_notifiers:
 * Rename invalidate_range notifier" series (2023) repaired: after an upgrade
 * from read-only the device faulted for ever.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"

#define SIZE (16 * 1024)
#define PATTERN 0x1818181818181818ULL
#define CANARY 0x77
#define ROUNDS 16

FIXTURE(protect)
{
	struct svk_queue q;
	u8 *block; /* from memory_block() */
	u8 *target; /* SIZE bytes in the middle of it */
};

FIXTURE_VARIANT(protect)
{
	bool huge;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(protect, small_pages) {
	.huge = false,
};

FIXTURE_VARIANT_ADD(protect, huge_page) {
	.huge = true,
};

/* clang-format on */

static struct svk_result write_target(FIXTURE_DATA(protect) *t)
{
	return svk_queue_run(&t->q, svk_desc_fill(t->target, PATTERN, SIZE));
}

static struct svk_result read_target(FIXTURE_DATA(protect) *t)
{
	return svk_queue_run(&t->q, svk_desc_crc32c(t->target, 0, SIZE));
}

/* The device has written to all of it, and read from it. */
FIXTURE_SETUP(protect)
{
	harness_begin(_metadata);
	self->block = memory_block();
	self->target = self->block + MEMORY_HUGE / 2;
	if (variant->huge)
		memory_collapse(self->block);
	svk_queue_open(&self->q);
	REQUIRE_STATUS(write_target(self), SVK_CPL_OK);
	REQUIRE_STATUS(read_target(self), SVK_CPL_OK);
	memset(self->target, CANARY, SIZE);
}

FIXTURE_TEARDOWN(protect)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

static void expect_write_refused(FIXTURE_DATA(protect) *t)
{
	struct svk_result res = write_target(t);

	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, (uintptr_t)t->target);
	CHECK_EQ(res.done, 0);
}

TEST_F(protect, read_only_refuses_writes)
{
	memory_protect(self->target, SIZE, PROT_READ);
	expect_write_refused(self);
	CHECK_STATUS(read_target(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->target, SIZE, CANARY), SIZE);
	/* What was not named is as it was. */
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_fill(self->block, PATTERN, SIZE)),
		     SVK_CPL_OK);
}

TEST_F(protect, none_refuses_everything)
{
	struct svk_result res;

	memory_protect(self->target, SIZE, PROT_NONE);
	expect_write_refused(self);
	res = read_target(self);
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, (uintptr_t)self->target);
	memory_protect(self->target, SIZE, PROT_READ);
	CHECK_EQ(memory_diff_byte(self->target, SIZE, CANARY), SIZE);
}

/* The entry with the lesser right is in every cache when it is raised. */
TEST_F(protect, upgrade_is_noticed)
{
	memory_protect(self->target, SIZE, PROT_READ);
	CHECK_STATUS(read_target(self), SVK_CPL_OK);
	expect_write_refused(self);
	memory_protect(self->target, SIZE, PROT_READ | PROT_WRITE);
	memory_populate(self->target, SIZE);
	CHECK_STATUS(write_target(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->target, SIZE, PATTERN & 0xff), SIZE);
}

TEST_F(protect, down_and_up_again)
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		memory_protect(self->target, SIZE, round % 2 ? PROT_NONE : PROT_READ);
		expect_write_refused(self);
		memory_protect(self->target, SIZE, PROT_READ | PROT_WRITE);
		CHECK_EQ(memory_diff_byte(self->target, SIZE, CANARY), SIZE);
		memory_populate(self->target, SIZE);
		CHECK_STATUS(write_target(self), SVK_CPL_OK);
		memset(self->target, CANARY, SIZE);
	}
}

HARNESS_MAIN(svk_require)
