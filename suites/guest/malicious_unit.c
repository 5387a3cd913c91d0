// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that misbehaves towards its remapping unit, which is its VMM's: reads
 * and writes of every width at every offset, a queue tail beyond the queue,
 * descriptors with reserved bits and of no type, an interrupt with an index that
 * nobody has. The unit says that it was wrong where the specification has a way
 * to say so, the VMM lives, and whoever else uses the device does not notice.
 * What was changed is put back.
 *
 * Would have caught QEMU "intel_iommu: fix guest-triggerable abort on oversized
 * MMIO access" and "... fix FRCD construction macro".
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "harness.h"
#include "memory.h"
#include "neighbour.h"
#include "oracle.h"
#include "poke.h"

#define UNIT_SIZE 0x1000

FIXTURE(malicious_unit)
{
	struct neighbour n;
	struct poke_script *s;
};

FIXTURE_SETUP(malicious_unit)
{
	harness_begin(_metadata);
	self->s = memory_map(sizeof(*self->s));
	neighbour_begin(&self->n);
}

FIXTURE_TEARDOWN(malicious_unit)
{
	neighbour_end(&self->n);
	harness_end(_metadata);
}

/* What is written must not turn the unit off. */
static bool touches_command(u32 off, u32 width)
{
	return off < VTD_GCMD + 4 && off + width > VTD_GCMD;
}

static void run_if_full(struct poke_script *s, u32 more)
{
	if (s->count + more <= SVK_POKE_ACCESSES)
		return;
	poke_run(s);
	s->count = 0;
}

static void read_each(struct poke_script *s, u32 width)
{
	u32 off;

	for (off = 0; off + width <= SVK_POKE_SPACE; off++) {
		/* Behind the registers there is nothing: some of it is enough. */
		if (off >= UNIT_SIZE + 64)
			break;
		run_if_full(s, 1);
		poke_read(s, off, width);
	}
	poke_run(s);
	s->count = 0;
}

TEST_F_TIMEOUT(malicious_unit, reads_of_each_width_at_each_offset, 60)
{
	static const u32 widths[] = {1, 2, 4, 8};
	u64 cap = poke_read_now(VTD_CAP, 8), gsts = poke_read_now(VTD_GSTS, 4);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		read_each(self->s, widths[i]);
		neighbour_works(&self->n);
	}
	CHECK_EQ(poke_read_now(VTD_CAP, 8), cap);
	CHECK_EQ(poke_read_now(VTD_GSTS, 4), gsts);
}

static void write_back_each(struct poke_script *s, u32 width, u32 step)
{
	u32 off;

	for (off = 0; off + width <= UNIT_SIZE; off += step) {
		if (touches_command(off, width))
			continue;
		run_if_full(s, 2);
		poke_write_back(s, poke_read(s, off, width));
	}
	poke_run(s);
	s->count = 0;
}

/* Also where a register is narrower, and two or a half are written. */
TEST_F_TIMEOUT(malicious_unit, writes_of_each_width, 60)
{
	static const u32 widths[] = {1, 2, 4, 8};
	u64 gsts = poke_read_now(VTD_GSTS, 4);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		write_back_each(self->s, widths[i], widths[i]);
		CHECK_EQ(poke_read_now(VTD_GSTS, 4), gsts);
		neighbour_works(&self->n);
	}
}

TEST_F_TIMEOUT(malicious_unit, writes_that_are_not_aligned, 60)
{
	write_back_each(self->s, 2, 1);
	write_back_each(self->s, 4, 1);
	write_back_each(self->s, 8, 1);
}

/* The command register in eight bytes: status is its upper half, which nobody can write. */
TEST_F(malicious_unit, command_and_status_in_one_write)
{
	u64 gsts = poke_read_now(VTD_GSTS, 4);

	poke_write(self->s, VTD_GCMD, 8, gsts | ~0ULL << 32);
	poke_run(self->s);
	CHECK_EQ(poke_read_now(VTD_GSTS, 4), gsts);
}

/* What an access to the tail has led to. */
struct tail_seen {
	u64 fsts;
	u64 cause;
	u64 fsts_after;
	u64 head;
	u64 tail;
};

/* In one go: the kernel's next descriptors are to find the queue as it was. */
static struct tail_seen write_tail(struct poke_script *s, u64 wild)
{
	u32 tail, fsts, cause, after, head, now;

	s->count = 0;
	tail = poke_read(s, VTD_IQT, 8);
	poke_write(s, VTD_IQT, 8, wild);
	fsts = poke_read(s, VTD_FSTS, 4);
	cause = poke_read(s, VTD_IQERCD, 8);
	poke_write_back(s, tail);
	poke_write(s, VTD_FSTS, 4, VTD_FSTS_IQE);
	poke_write_back(s, tail);
	after = poke_read(s, VTD_FSTS, 4);
	head = poke_read(s, VTD_IQH, 8);
	now = poke_read(s, VTD_IQT, 8);
	poke_run(s);
	CHECK_EQ(poke_value(s, now), poke_value(s, tail));
	return (struct tail_seen){
		.fsts = poke_value(s, fsts),
		.cause = svk_get(VTD_IQERCD_IQEI, poke_value(s, cause)),
		.fsts_after = poke_value(s, after),
		.head = poke_value(s, head),
		.tail = poke_value(s, now),
	};
}

TEST_F(malicious_unit, tail_beyond_the_queue)
{
	static const u64 wild[] = {SVK_MASK(18, 5), 0x40000, 0x3ffe0};
	struct tail_seen seen;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		seen = write_tail(self->s, wild[i]);
		CHECK(seen.fsts & VTD_FSTS_IQE, "no queue error for a tail of %#llx: FSTS %#llx",
		      (unsigned long long)wild[i], (unsigned long long)seen.fsts);
		CHECK(!(seen.fsts_after & VTD_FSTS_IQE), "the queue error cannot be cleared");
		CHECK_EQ(seen.head, seen.tail);
		ktap_note("tail", "%#llx: reason %llu", (unsigned long long)wild[i],
			  (unsigned long long)seen.cause);
	}
}

struct bad {
	const char *what;
	u64 desc[4];
};

#define TYPE(type) ((u64)(type) % 16 | (u64)((type) / 16) << 9)
#define GRAN(g) ((u64)(g) << 4)

static const struct bad bad[] = {
	{"type 0", {TYPE(0)}},
	{"type 12", {TYPE(12)}},
	{"type 0x7f", {TYPE(0x7f)}},
	{"context-cache, reserved granularity", {TYPE(VTD_DESC_CC) | GRAN(0)}},
	{"IOTLB, reserved granularity", {TYPE(VTD_DESC_IOTLB) | GRAN(0)}},
	{"IOTLB, reserved bits", {TYPE(VTD_DESC_IOTLB) | GRAN(VTD_GRAN_GLOBAL) | 0xff00ULL << 40}},
	{"IOTLB, pages beyond MAMV", {TYPE(VTD_DESC_IOTLB) | GRAN(VTD_GRAN_SELECT), 63}},
	{"device-TLB, reserved bits", {TYPE(VTD_DESC_DEVTLB) | 0xffULL << 52, 0xffe}},
	{"interrupt entry cache, reserved bits", {TYPE(VTD_DESC_IEC) | 0xffULL << 56, ~0ULL}},
	{"wait, reserved bits", {TYPE(VTD_DESC_WAIT) | VTD_WAIT_SW | 0xffULL << 12}},
	{"PASID-based IOTLB, reserved granularity", {TYPE(VTD_DESC_PIOTLB) | GRAN(0)}},
	{"PASID-based IOTLB, reserved bits",
	 {TYPE(VTD_DESC_PIOTLB) | GRAN(VTD_PIOTLB_G_PASID) | 0xfffULL << 52}},
	{"PASID-based IOTLB, reserved quadword",
	 {TYPE(VTD_DESC_PIOTLB) | GRAN(VTD_PIOTLB_G_PASID), 0, ~0ULL, ~0ULL}},
	{"PASID-based IOTLB, pages beyond MAMV",
	 {TYPE(VTD_DESC_PIOTLB) | GRAN(VTD_PIOTLB_G_PAGE), 63}},
	{"PASID-cache, reserved granularity", {TYPE(VTD_DESC_PC) | GRAN(2)}},
	{"PASID-cache, reserved bits",
	 {TYPE(VTD_DESC_PC) | GRAN(VTD_PC_G_GLOBAL) | 0xfffULL << 52, ~0ULL}},
	{"PASID-based device-TLB, reserved bits", {TYPE(VTD_DESC_PDEVTLB), 0xffe}},
	{"page group response, reserved bits", {TYPE(VTD_DESC_PGRP_RESP), 7, ~0ULL, ~0ULL}},
};

/* Alone, and in one submission with the others. */
TEST_F(malicious_unit, descriptors_that_are_none)
{
	u64 all[ARRAY_SIZE(bad)][4], refused;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(all[i], bad[i].desc, sizeof(all[i]));
		refused = poke_queue(&all[i], 1);
		CHECK(refused == 1, "%s: no queue error", bad[i].what);
		neighbour_works(&self->n);
	}
	refused = poke_queue(all, ARRAY_SIZE(bad));
	CHECK_EQ(refused, (1ULL << ARRAY_SIZE(bad)) - 1);
}

static void require(void)
{
	oracle_require();
	poke_require();
}

HARNESS_MAIN(require)
