// SPDX-License-Identifier: GPL-2.0
/*
 * Pages go to swap and come back while the device copies from them and into
 * them: what it has written is there, also where the CPU has never touched the
 * page, so that the device's own accessed and dirty bits are all that tells the
 * kernel of it.
 *
 * Would catch a page that is dropped as clean though the device has written to it:
 * because the device was not told before the page went (try_to_unmap_one(), and
 * arch_tlbbatch_add_pending(), where x86 tells secondary TLBs when reclaim puts
 * its own flush off), or for want of a dirty bit.
 */
#include "accel_device.h"
#include "harness.h"
#include "load.h"
#include "swap.h"

#define QUEUES 2U
#define PARTS 4
#define SPACE (64UL << 20)

FIXTURE(swap)
{
	struct load load;
	u64 out, in;
};

FIXTURE_SETUP(swap)
{
	harness_begin(_metadata);
	swap_on(SPACE);
	load_start(&self->load, (struct load_options){.queues = QUEUES});
	self->out = knob_vmstat("pswpout");
	self->in = knob_vmstat("pswpin");
}

FIXTURE_TEARDOWN(swap)
{
	load_stop(&self->load);
	swap_off();
	ktap_note("swapped", "%llu pages out, %llu in",
		  (unsigned long long)(knob_vmstat("pswpout") - self->out),
		  (unsigned long long)(knob_vmstat("pswpin") - self->in));
	harness_end(_metadata);
}

/* A quarter of all memory: another one each time. */
static void send_out(FIXTURE_DATA(swap) *t, unsigned int round)
{
	size_t part = LOAD_USED / PARTS;
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		swap_out(load_memory(&t->load, i) + round % PARTS * part, part);
}

/* Pages that the kernel is about to sort in cannot go: an eighth is enough, and comes back. */
static void expect_swapped(FIXTURE_DATA(swap) *t, unsigned int rounds)
{
	u64 want = (u64)rounds * QUEUES * (LOAD_USED / PARTS) / memory_page() / 8;
	u64 out = knob_vmstat("pswpout") - t->out, in = knob_vmstat("pswpin") - t->in;

	CHECK(out >= want && in >= want, "%llu pages went out, %llu came in, want %llu of each",
	      (unsigned long long)out, (unsigned long long)in, (unsigned long long)want);
}

TEST_F_TIMEOUT(swap, out_and_in, 100)
{
	unsigned int round, rounds = load_rounds(3, 12);

	for (round = 0; round < rounds; round++) {
		send_out(self, round);
		load_pass(&self->load, LOAD_SLOTS);
	}
	expect_swapped(self, rounds);
}

/* swapoff() walks the process and puts each page back where it was. */
TEST_F_TIMEOUT(swap, swap_space_goes, 100)
{
	unsigned int round, rounds = load_rounds(1, 6);

	for (round = 0; round < rounds; round++) {
		send_out(self, round);
		swap_off();
		load_pass(&self->load, LOAD_SLOTS);
		swap_on(SPACE);
	}
	expect_swapped(self, rounds);
}

static void require(void)
{
	svk_require_root();
	swap_require();
}

HARNESS_MAIN(require)
