// SPDX-License-Identifier: GPL-2.0
/*
 * The unit reads a page table entry wrong, by one bit. Where the bit says that
 * the page is there, the access is refused and succeeds when it is tried again.
 * Where it is of the address, another page is read and nobody notices but who
 * compares a checksum; the wrong translation lasts until it is invalidated.
 */
#include <stdint.h>
#include <sys/mman.h>

#include "crc32c.h"
#include "fault.h"
#include "fault_unit.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"

#define PRESENT 0 /* first stage, 9.8; read permission of the second stage, 9.9 */
#define ADDRESS 12
#define LEAF 3 /* four levels: entries that are read before the last one */

static struct inject_rule flip(enum svk_table table, unsigned int bit, const void *addr)
{
	u64 arg = svk_put(SVK_FLIP_TABLE, table) | svk_put(SVK_FLIP_BIT, bit);
	struct inject_rule rule = fault_rule(SVK_INJECT_BIT_FLIP, arg);

	rule.addr = (uintptr_t)addr;
	return rule;
}

/* A page of which no cache knows anything. */
static u8 *fresh_page(void)
{
	u8 *page = memory_map(memory_page());

	memory_pattern(page, memory_page(), (uintptr_t)page);
	return page;
}

FIXTURE(bit_flip)
{
	struct fault_scene s;
};

static struct svk_result crc_of(FIXTURE_DATA(bit_flip) *self, const u8 *page)
{
	return svk_queue_run(&self->s.q, svk_desc_crc32c(page, 0, memory_page()));
}

static void expect_crc(FIXTURE_DATA(bit_flip) *self, const u8 *page)
{
	struct svk_result res = crc_of(self, page);

	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, crc32c(0, page, memory_page()));
}

static void refused_once(FIXTURE_DATA(bit_flip) *self, struct inject_rule rule, u8 *page)
{
	struct svk_result res;

	fault_arm_any(&self->s, rule);
	res = crc_of(self, page);
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, (uintptr_t)page);
	CHECK_EQ(fault_struck(&self->s), 1);
	fault_note(&self->s, "%s, then granted", svk_status_name(res.status));
	expect_crc(self, page);
	memory_unmap(page, memory_page());
}

FIXTURE_SETUP(bit_flip)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("a table entry is read wrong");
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(bit_flip)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(bit_flip, address_bit_reads_another_page)
{
	u8 *page = fresh_page();
	struct inject_rule rule = flip(SVK_TABLE_FIRST_STAGE, ADDRESS, page);
	struct svk_result res;

	rule.skip = LEAF;
	oracle_pause();
	fault_arm(&self->s, rule);
	res = crc_of(self, page);
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(fault_struck(&self->s), 1);
	CHECK(res.result != crc32c(0, page, memory_page()), "the right page was read");
	CHECK(fault_stale() || !fault_has_oracle(),
	      "the oracle takes the wrong translation for right");
	/* The kernel does not know, and any invalidation of the page will do. */
	memory_protect(page, memory_page(), PROT_NONE);
	memory_protect(page, memory_page(), PROT_READ | PROT_WRITE);
	memory_populate(page, memory_page());
	oracle_resume();
	CHECK_EQ(fault_stale(), 0);
	expect_crc(self, page);
	fault_note(&self->s, "another page was read until the page was invalidated");
	memory_unmap(page, memory_page());
}

TEST_F(bit_flip, present_bit_of_the_first_stage)
{
	u8 *page = fresh_page();
	struct inject_rule rule = flip(SVK_TABLE_FIRST_STAGE, PRESENT, page);

	rule.skip = LEAF;
	refused_once(self, rule, page);
}

TEST_F(bit_flip, read_bit_of_the_second_stage)
{
	if (fault_unit_here())
		harness_skip(_metadata, "nothing is nested here");
	else
		refused_once(self, flip(SVK_TABLE_SECOND_STAGE, PRESENT, NULL), fresh_page());
}

HARNESS_MAIN(fault_require)
