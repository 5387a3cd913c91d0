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
#include "ktap.h"
#include "memory.h"
#include "oracle.h"

#define PRESENT 0 /* first stage, 9.8; read permission of the second stage, 9.9 */
#define ADDRESS 12
#define LEAF 3 /* four levels: entries that are read before the last one */

static struct fault_scene s;

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

static struct svk_result crc_of(const u8 *page)
{
	return svk_queue_run(&s.q, svk_desc_crc32c(page, 0, memory_page()));
}

static void expect_crc(const u8 *page)
{
	struct svk_result res = crc_of(page);

	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, crc32c(0, page, memory_page()));
}

static void refused_once(const char *name, struct inject_rule rule, u8 *page)
{
	struct svk_result res;

	ktap_case(name);
	fault_arm_any(&s, rule);
	res = crc_of(page);
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, (uintptr_t)page);
	CHECK_EQ(fault_struck(&s), 1);
	fault_note(&s, "%s: %s, then granted", name, svk_status_name(res.status));
	expect_crc(page);
	memory_unmap(page, memory_page());
}

static void read_elsewhere(void)
{
	u8 *page = fresh_page();
	struct inject_rule rule = flip(SVK_TABLE_FIRST_STAGE, ADDRESS, page);
	struct svk_result res;

	ktap_case("address_bit_reads_another_page");
	rule.skip = LEAF;
	oracle_pause();
	fault_arm(&s, rule);
	res = crc_of(page);
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(fault_struck(&s), 1);
	CHECK(res.result != crc32c(0, page, memory_page()), "the right page was read");
	CHECK(fault_stale() || !fault_has_oracle(),
	      "the oracle takes the wrong translation for right");
	/* The kernel does not know, and any invalidation of the page will do. */
	memory_protect(page, memory_page(), PROT_NONE);
	memory_protect(page, memory_page(), PROT_READ | PROT_WRITE);
	memory_populate(page, memory_page());
	oracle_resume();
	CHECK_EQ(fault_stale(), 0);
	expect_crc(page);
	fault_note(&s, "another page was read until the page was invalidated");
	memory_unmap(page, memory_page());
}

int main(void)
{
	struct inject_rule rule;
	u8 *page;

	fault_begin(&s, 3);
	ktap_expect_device_faults("a table entry is read wrong");
	page = fresh_page();
	rule = flip(SVK_TABLE_FIRST_STAGE, PRESENT, page);
	rule.skip = LEAF;
	refused_once("present_bit_of_the_first_stage", rule, page);
	read_elsewhere();
	if (fault_unit_here()) {
		ktap_case("read_bit_of_the_second_stage");
		ktap_skip_case("nothing is nested here");
	} else {
		page = fresh_page();
		refused_once("read_bit_of_the_second_stage",
			     flip(SVK_TABLE_SECOND_STAGE, PRESENT, NULL), page);
	}
	return fault_end(&s);
}
