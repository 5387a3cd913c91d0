// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are alike become one, which is read-only, while the device copies
 * from them and into them: what it then writes goes into a copy, and none of
 * those that share the page see it.
 *
 * Would catch a missing invalidation in write_protect_page() or replace_page() of mm/ksm.c: the
 * device goes on writing to a page that others have by then.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "harness.h"
#include "ksm.h"
#include "load.h"
#include "oracle.h"

#define QUEUES 2U

FIXTURE(ksm)
{
	struct load load;
	struct ksm ksm;
	u64 copied, merged;
};

static void advise(FIXTURE_DATA(ksm) *t, int advice)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		REQUIRE(!madvise(load_memory(&t->load, i), LOAD_USED, advice), "madvise %d: %s",
			advice, strerror(errno));
	oracle_settle();
}

FIXTURE_SETUP(ksm)
{
	harness_begin(_metadata);
	self->copied = knob_vmstat("cow_ksm");
	load_start(&self->load, (struct load_options){.queues = QUEUES, .alike = true});
	advise(self, MADV_MERGEABLE);
	ksm_begin(&self->ksm);
}

FIXTURE_TEARDOWN(ksm)
{
	load_stop(&self->load);
	ksm_end(&self->ksm);
	ktap_note("merged", "%llu pages at a time, %llu copied again",
		  (unsigned long long)self->merged,
		  (unsigned long long)(knob_vmstat("cow_ksm") - self->copied));
	harness_end(_metadata);
}

TEST_F_TIMEOUT(ksm, merged_and_copied, 100)
{
	unsigned int round, rounds = load_rounds(6, 24);
	u64 merged;

	for (round = 0; round < rounds; round++) {
		ksm_scan(2);
		merged = ksm_merged();
		if (merged > self->merged)
			self->merged = merged;
		load_pass(&self->load, LOAD_WINDOW);
		if (round % 4 != 3)
			continue;
		/* All of them are copied at once. */
		advise(self, MADV_UNMERGEABLE);
		load_pass(&self->load, LOAD_WINDOW);
		advise(self, MADV_MERGEABLE);
	}
	CHECK(knob_vmstat("cow_ksm") > self->copied, "no merged page has been written to");
}

static void require(void)
{
	svk_require_root();
	ksm_require();
}

HARNESS_MAIN(require)
