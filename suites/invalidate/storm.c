// SPDX-License-Identifier: GPL-2.0
/*
 * Ten thousand mappings, each of which the device has used, go away while other
 * processes flush as fast as they can: all at once, and with
 * their process. It takes its time, and no longer: no soft lock-up, and
 * nothing is left in any cache.
 *
 * Would have caught CVE-2023-52484 ("iommu/arm-smmu-v3: Fix soft lockup triggered
 * by arm_smmu_mm_invalidate_range"), in whatever driver.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "counts.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"
#include "process.h"

#define MAPPINGS 10000U
#define SPAN (MAPPINGS * 0x1000UL)
#define FLUSHERS 2
#define PATTERN 0x3333333333333333ULL
/* The watchdog of the kernel barks after 20 s on one CPU. */
#define LIMIT_US 20000000ULL

FIXTURE(storm)
{
	struct svk_queue q;
	u8 *span;
	struct process flusher[FLUSHERS];
	u64 *rounds; /* of the flushers */
};

/* Invalidates a page of its own, again and again, until it is killed. */
static void flusher_main(struct process *parent, void *arg)
{
	volatile u64 *rounds = arg;
	u8 *page = memory_map(memory_page());
	struct svk_queue q;

	svk_queue_open(&q);
	process_tell(parent, 1);
	for (;;) {
		/* Without the oracle, which would look each time. */
		if (mprotect(page, memory_page(), PROT_READ) ||
		    mprotect(page, memory_page(), PROT_READ | PROT_WRITE))
			break;
		*(volatile u8 *)page = 1;
		*rounds += 1;
	}
	CHECK(false, "mprotect: %s", strerror(errno));
}

/* Copies of one page of a file: no two of these mappings can be one. The device uses all. */
static u8 *map_many(struct svk_queue *q)
{
	int fd = memfd_create("page", MFD_CLOEXEC);
	u8 *span = memory_hole(SPAN);
	unsigned int i;
	void *mem;

	REQUIRE(fd >= 0 && !ftruncate(fd, (off_t)memory_page()), "memfd: %s", strerror(errno));
	for (i = 0; i < MAPPINGS; i++) {
		mem = mmap(span + i * memory_page(), memory_page(), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0);
		REQUIRE(mem != MAP_FAILED, "mapping %u: %s", i, strerror(errno));
	}
	close(fd);
	REQUIRE_STATUS(svk_queue_run(q, svk_desc_fill(span, PATTERN, SPAN)), SVK_CPL_OK);
	return span;
}

FIXTURE_SETUP(storm)
{
	harness_begin(_metadata);
	self->rounds = memory_map_shared(memory_page());
}

static void flushers_start(FIXTURE_DATA(storm) *t)
{
	unsigned int i;

	for (i = 0; i < FLUSHERS; i++)
		process_start(&t->flusher[i], flusher_main, &t->rounds[i]);
	for (i = 0; i < FLUSHERS; i++)
		process_hear(&t->flusher[i]);
}

FIXTURE_TEARDOWN(storm)
{
	unsigned int i;

	for (i = 0; i < FLUSHERS; i++) {
		process_kill(&self->flusher[i]);
		CHECK(self->rounds[i], "flusher %u has flushed nothing", i);
	}
	ktap_note("flushes", "%llu", (unsigned long long)(self->rounds[0] + self->rounds[1]));
	harness_end(_metadata);
}

static void expect_in_time(u64 start, const char *what)
{
	u64 took = clock_us() - start;

	ktap_note(what, "%llu us", (unsigned long long)took);
	CHECK(took < LIMIT_US, "%s took %llu us", what, (unsigned long long)took);
}

TEST_F_TIMEOUT(storm, munmap_of_all, 60)
{
	u64 start;

	svk_queue_open(&self->q);
	self->span = map_many(&self->q);
	flushers_start(self);
	start = clock_us();
	REQUIRE(!munmap(self->span, SPAN), "munmap: %s", strerror(errno));
	expect_in_time(start, "munmap_of_all");
	oracle_settle();
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_fill(self->span, PATTERN, memory_page())),
		     SVK_CPL_FAULT_WRITE);
	svk_queue_close(&self->q);
}

static void victim_main(struct process *parent, void *arg)
{
	struct svk_queue q;

	(void)arg;
	svk_queue_open(&q);
	map_many(&q);
	process_tell(parent, 1);
	process_hear(parent);
}

TEST_F_TIMEOUT(storm, exit_with_all, 60)
{
	struct process victim;
	u64 start;

	process_start(&victim, victim_main, NULL);
	process_hear(&victim);
	flushers_start(self);
	start = clock_us();
	process_kill(&victim);
	expect_in_time(start, "exit_with_all");
	oracle_settle();
}

HARNESS_MAIN(oracle_require)
