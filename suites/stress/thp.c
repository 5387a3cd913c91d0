// SPDX-License-Identifier: GPL-2.0
/*
 * Small pages become a huge one, by khugepaged and on demand, and the huge one is
 * split again, whole and by taking a page out of it, while the device copies
 * from them and into them: a page table goes, and comes back, each time.
 *
 * Would catch a table that is freed while secondary TLBs still walk it. For memory
 * of files they were not told: "mm/khugepaged: invoke MMU notifiers in shmem/file
 * collapse paths" (f268f6cf875f, 2022); here it is anonymous memory.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "harness.h"
#include "huge.h"
#include "load.h"
#include "oracle.h"

#define QUEUES 2U

FIXTURE(thp)
{
	struct load load;
	struct khugepaged khugepaged;
	void *block[QUEUES];
	unsigned int made, refused;
};

FIXTURE_SETUP(thp)
{
	unsigned int i;

	harness_begin(_metadata);
	load_start(&self->load, (struct load_options){.queues = QUEUES});
	for (i = 0; i < QUEUES; i++)
		self->block[i] = load_memory(&self->load, i);
}

FIXTURE_TEARDOWN(thp)
{
	load_stop(&self->load);
	khugepaged_end(&self->khugepaged);
	ktap_note("huge", "%u made, %u refused", self->made, self->refused);
	harness_end(_metadata);
}

static void advise(FIXTURE_DATA(thp) *t, int advice)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		REQUIRE(!madvise(t->block[i], MEMORY_HUGE, advice), "madvise %d: %s", advice,
			strerror(errno));
}

/* In a part that the load leaves alone: the rest stays, in small pages. */
static void take_a_page_out(u8 *block)
{
	u8 *page = block + LOAD_USED;

	REQUIRE(!madvise(page, memory_page(), MADV_DONTNEED), "MADV_DONTNEED: %s", strerror(errno));
	oracle_settle();
	*(volatile u8 *)page = 1;
}

static void take_apart(FIXTURE_DATA(thp) *t, unsigned int round)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++) {
		if ((round + i) % 2)
			huge_split(t->block[i]);
		else
			take_a_page_out(t->block[i]);
		CHECK(!huge_is_one(t->block[i]), "the huge page at %p is still there", t->block[i]);
	}
}

TEST_F_TIMEOUT(thp, made_by_khugepaged, 100)
{
	unsigned int round, rounds = load_rounds(2, 4);

	khugepaged_begin(&self->khugepaged);
	for (round = 0; round < rounds; round++) {
		advise(self, MADV_HUGEPAGE);
		khugepaged_wait(self->block, QUEUES);
		self->made += QUEUES;
		load_pass(&self->load, LOAD_SLOTS);
		/* Else it may be there again before anybody has looked. */
		advise(self, MADV_NOHUGEPAGE);
		take_apart(self, round);
		load_pass(&self->load, LOAD_SLOTS);
	}
}

TEST_F_TIMEOUT(thp, made_on_demand, 100)
{
	unsigned int i, round, rounds = load_rounds(6, 24);
	int ret;

	for (round = 0; round < rounds; round++) {
		for (i = 0; i < QUEUES; i++) {
			ret = __huge_collapse(self->block[i]);
			/* A page was in use for a moment: the next round. */
			REQUIRE(!ret || ret == -EAGAIN, "MADV_COLLAPSE: %s", strerror(-ret));
			self->made += !ret;
			self->refused += ret == -EAGAIN;
		}
		load_pass(&self->load, LOAD_WINDOW);
		take_apart(self, round);
		load_pass(&self->load, LOAD_WINDOW);
	}
	CHECK(self->made >= rounds, "%u huge pages were made in %u rounds", self->made, rounds);
}

static void require(void)
{
	svk_require_root();
	huge_require();
}

HARNESS_MAIN(require)
