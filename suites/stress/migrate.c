// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel compacts its memory, again and again, while the device copies
 * from pages that move and into them. Huge pages that are made and split in
 * between scatter them, so that there is something to compact.
 *
 * The broadest net for a missing mmu notifier: migration takes each page away,
 * copies it, and puts another one in its place (mm/migrate.c,
 * try_to_migrate_one()). invalidate:migrate has the single move, with every
 * byte accounted for; here the moves do not end. move_pages() needs CONFIG_NUMA.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "harness.h"
#include "huge.h"
#include "load.h"

#define QUEUES 2U
#define ENOUGH 64U
#define MORE 60U
#define PLUG (32UL << 20)
#define COMPACT "/proc/sys/vm/compact_memory"

FIXTURE(migrate)
{
	struct load load;
	u64 frame[QUEUES][HUGE_PAGES];
	u64 migrated;
	unsigned int compacted, remade;
};

FIXTURE_SETUP(migrate)
{
	harness_begin(_metadata);
	load_start(&self->load, (struct load_options){.queues = QUEUES});
	self->migrated = knob_vmstat("pgmigrate_success");
}

FIXTURE_TEARDOWN(migrate)
{
	load_stop(&self->load);
	ktap_note("moved", "%u pages by compaction, %u by huge pages; %llu migrations in all",
		  self->compacted, self->remade,
		  (unsigned long long)(knob_vmstat("pgmigrate_success") - self->migrated));
	harness_end(_metadata);
}

static void frames(FIXTURE_DATA(migrate) *t)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		huge_frames(load_memory(&t->load, i), t->frame[i]);
}

static unsigned int moved(FIXTURE_DATA(migrate) *t)
{
	unsigned int i, n = 0;

	for (i = 0; i < QUEUES; i++)
		n += huge_moved(load_memory(&t->load, i), t->frame[i]);
	return n;
}

static void compact(FIXTURE_DATA(migrate) *t)
{
	frames(t);
	REQUIRE_ERRNO(__svk_write_file(COMPACT, "1"), 0);
	t->compacted += moved(t);
}

/* In every other round beside a plug: elsewhere. */
static void remake(FIXTURE_DATA(migrate) *t, bool plugged)
{
	u8 *plug = plugged ? memory_map(PLUG) : NULL;
	unsigned int i;
	int ret;

	frames(t);
	for (i = 0; i < QUEUES; i++) {
		ret = __huge_collapse(load_memory(&t->load, i));
		/* A page was in use for a moment: the next round. */
		REQUIRE(!ret || ret == -EAGAIN, "MADV_COLLAPSE: %s", strerror(-ret));
		huge_split(load_memory(&t->load, i));
	}
	t->remade += moved(t);
	if (plug)
		memory_unmap(plug, PLUG);
}

/* How much can be compacted is not for a test to say: more rounds, until it was ENOUGH. */
TEST_F_TIMEOUT(migrate, compaction, 100)
{
	unsigned int round, rounds = load_rounds(6, 24);

	for (round = 0; round < rounds + MORE; round++) {
		if (round >= rounds && self->compacted >= ENOUGH)
			break;
		remake(self, round % 2);
		load_pass(&self->load, LOAD_WINDOW);
		compact(self);
		load_pass(&self->load, LOAD_WINDOW);
	}
	CHECK(self->compacted >= ENOUGH, "compaction has moved %u pages in %u rounds, want %u",
	      self->compacted, round, ENOUGH);
	CHECK(self->remade, "huge pages have moved no page in %u rounds", round);
}

static void require(void)
{
	svk_require_root();
	huge_require();
	if (access(COMPACT, W_OK))
		ktap_skip_all("no %s: CONFIG_COMPACTION=y", COMPACT);
}

HARNESS_MAIN(require)
