// SPDX-License-Identifier: GPL-2.0
/*
 * What this kernel invalidates, the hardware invalidates, before this kernel
 * goes on: N flushes here are N descriptors there, of the same addresses, under
 * the PASID that the hardware knows the process by; and the wait behind each is
 * over there before it is over here.
 *
 * The evidence is the model's: each wait that stands behind a descriptor of this
 * PASID and page is held up and counted (the rule wait-late, which translates the
 * PASID on a mediated device). When the system call returns, the model's clock
 * has moved on by as much, its queue is empty, and nothing is stale.
 *
 * Would have caught any VMM that completes a guest's wait before it has passed
 * on what is ahead of it, that passes on one of several, or another range; in
 * L1's kernel 04b1b069f151 ("iommu/vt-d: Flush piotlb for SVM and Nested
 * domain") and 2d6ffc63f124 ("... Fix unaligned addresses for ... PSI").
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "harness.h"
#include "inject.h"
#include "lab.h"
#include "memory.h"
#include "oracle.h"
#include "process.h"
#include "qi_trace.h"

#define PAGE 0x1000UL
#define PATTERN 0x6565656565656565ULL
#define TARGET_VA ((u8 *)0x260000000000UL)
#define LATE_US 50000
#define PROCESSES 3
#define ROUNDS 6

/* First page and pages: powers of two, others, and ranges that lie across a boundary. */
static const struct range {
	unsigned int first;
	unsigned int pages;
} ranges[] = {
	{0, 1}, {1, 1},	  {0, 2},  {1, 2},  {3, 3},   {0, 8},
	{5, 7}, {15, 17}, {1, 63}, {0, 64}, {0, 512},
};

FIXTURE(pass_count)
{
	struct svk_queue q;
	u32 pasid;
	struct qi_desc desc[QI_TRACE_MAX];
};

FIXTURE_SETUP(pass_count)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
	self->pasid = svk_queue_info(&self->q).pasid;
}

FIXTURE_TEARDOWN(pass_count)
{
	inject_disarm_all();
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

/* What takes the range away. */
enum way {
	BY_PROTECT,
	BY_UNMAP,
	BY_ADVICE,
	WAYS
};

static int take_away(enum way way, u8 *addr, size_t size)
{
	switch (way) {
	case BY_PROTECT:
		return mprotect(addr, size, PROT_NONE);
	case BY_UNMAP:
		return munmap(addr, size);
	default:
		return madvise(addr, size, MADV_DONTNEED);
	}
}

/* One flush, and what the model has seen of it. */
struct seen {
	u64 covering; /* waits behind a descriptor of this PASID that covers the page */
	u64 piotlb;
	u64 pdevtlb;
	u64 ns; /* of the model's clock */
	u64 stale;
	bool at_rest;
};

static void arm(u32 pasid, const u8 *page)
{
	const struct inject_rule probe = {
		.kind = SVK_INJECT_WAIT_LATE,
		.has_pasid = true,
		.pasid = pasid,
		.count = SVK_LAB_INJECT_FOREVER,
		.addr = (uintptr_t)page,
		.arg = LATE_US,
	};

	inject_arm(&probe);
}

static struct seen seen_before(void)
{
	return (struct seen){
		.covering = inject_struck(SVK_INJECT_WAIT_LATE),
		.piotlb = counts_read(SVK_LAB_QI_PIOTLB),
		.pdevtlb = counts_read(SVK_LAB_QI_PDEVTLB),
		.ns = svk_lab_read64(SVK_LAB_TIME),
	};
}

/* The audit first: it is of the moment at which the system call has returned. */
static struct seen seen_since(const struct seen *before)
{
	u64 stale = counts_stale();

	return (struct seen){
		.stale = stale,
		.at_rest = svk_lab_read32(SVK_LAB_AUDIT) & SVK_LAB_AUDIT_AT_REST,
		.ns = svk_lab_read64(SVK_LAB_TIME) - before->ns,
		.covering = inject_struck(SVK_INJECT_WAIT_LATE) - before->covering,
		.piotlb = counts_read(SVK_LAB_QI_PIOTLB) - before->piotlb,
		.pdevtlb = counts_read(SVK_LAB_QI_PDEVTLB) - before->pdevtlb,
	};
}

static void expect_passed(const struct seen *s)
{
	CHECK(s->covering == 1, "%llu waits in hardware are behind a descriptor of that page",
	      (unsigned long long)s->covering);
	CHECK(s->ns >= LATE_US * 1000ULL, "over after %llu ns, before it was in hardware",
	      (unsigned long long)s->ns);
	CHECK(s->at_rest, "the hardware's queue is not empty when the system call returns");
	CHECK_EQ(s->stale, 0);
}

/* The device has all of the range in its caches; it is taken away; @probe is a page of it. */
static void flush_once(struct svk_queue *q, enum way way, const struct range *r, unsigned int probe)
{
	u8 *target = memory_map_at(TARGET_VA + r->first * PAGE, r->pages * PAGE);
	u32 pasid = svk_queue_info(q).pasid;
	struct seen seen;
	int ret;

	REQUIRE_STATUS(svk_queue_run(q, svk_desc_fill(target, PATTERN, r->pages * PAGE)),
		       SVK_CPL_OK);
	arm(pasid, target + probe * PAGE);
	seen = seen_before();
	ret = take_away(way, target, r->pages * PAGE);
	seen = seen_since(&seen);
	inject_disarm(SVK_INJECT_WAIT_LATE);
	REQUIRE(!ret, "taking %u pages away: %s", r->pages, strerror(errno));
	expect_passed(&seen);
	CHECK_EQ(seen.piotlb, 1);
	CHECK_EQ(seen.pdevtlb, 1);
	if (way != BY_UNMAP)
		memory_unmap(target, r->pages * PAGE);
}

/* Of the descriptors of this kernel, how many are of all of the range. */
static unsigned int covering(const struct qi_desc *desc, unsigned int n, u32 pasid,
			     const struct range *r)
{
	unsigned int i, count = 0;

	for (i = 0; i < n; i++)
		count += qi_is(&desc[i], VTD_DESC_PIOTLB, pasid) &&
			 qi_covers(&desc[i], TARGET_VA + r->first * PAGE, r->pages * PAGE);
	return count;
}

/* By its first page, its last one, and one between: no part is left out. */
static void flush_range(FIXTURE_DATA(pass_count) *t, const struct range *r)
{
	const unsigned int probes[] = {0, r->pages / 2, r->pages - 1};
	unsigned int i, n;

	qi_trace_begin();
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		flush_once(&t->q, (enum way)(i % WAYS), r, probes[i]);
	n = qi_trace_end(t->desc);
	CHECK(covering(t->desc, n, t->pasid, r) >= ARRAY_SIZE(probes),
	      "this kernel has flushed pages %u to %u less than %zu times", r->first,
	      r->first + r->pages - 1, ARRAY_SIZE(probes));
}

TEST_F_TIMEOUT(pass_count, each_size, 90)
{
	unsigned int i;
	char name[64];

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		snprintf(name, sizeof(name), "%u pages from page %u", ranges[i].pages,
			 ranges[i].first);
		harness_step(name);
		flush_range(self, &ranges[i]);
	}
}

/* The whole address space, which is write-protected for a child. */
TEST_F(pass_count, whole_address_space)
{
	u8 *target = memory_map_at(TARGET_VA, PAGE);
	struct process child;
	struct seen seen;

	REQUIRE_STATUS(svk_queue_run(&self->q, svk_desc_fill(target, PATTERN, PAGE)), SVK_CPL_OK);
	oracle_pause();
	arm(self->pasid, target);
	seen = seen_before();
	child.pid = fork();
	if (!child.pid)
		_exit(0);
	seen = seen_since(&seen);
	inject_disarm(SVK_INJECT_WAIT_LATE);
	oracle_resume();
	REQUIRE(child.pid > 0 && waitpid(child.pid, NULL, 0) == child.pid, "fork: %s",
		strerror(errno));
	expect_passed(&seen);
	/* This process has copied a page of its stack since, or not. */
	CHECK_EQ(seen.pdevtlb, seen.piotlb);
	memory_unmap(target, PAGE);
}

/* Each time it is told to, flushes another range, which the parent gets to know by its own look. */
static void flusher_main(struct process *parent, void *arg)
{
	const struct range *r;
	struct svk_queue q;
	u64 turn;

	(void)arg;
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);
	while ((turn = process_hear(parent))) {
		r = &ranges[turn % ARRAY_SIZE(ranges)];
		flush_once(&q, (enum way)(turn % WAYS), r, r->pages / 2);
		process_tell(parent, turn);
	}
	svk_queue_close(&q);
}

/* All at the same address. Each flush reaches the hardware under the PASID of its own process. */
TEST_F_TIMEOUT(pass_count, several_processes, 90)
{
	struct process p[PROCESSES];
	u64 pasid[PROCESSES], turn;
	unsigned int i;

	for (i = 0; i < PROCESSES; i++)
		process_start(&p[i], flusher_main, NULL);
	for (i = 0; i < PROCESSES; i++) {
		pasid[i] = process_hear(&p[i]);
		CHECK(pasid[i] != self->pasid && (!i || pasid[i] != pasid[i - 1]),
		      "process %u has PASID %llu, as another one", i, (unsigned long long)pasid[i]);
	}
	for (turn = 1; turn <= ROUNDS; turn++) {
		for (i = 0; i < PROCESSES; i++) {
			process_tell(&p[i], turn + i);
			CHECK_EQ(process_hear(&p[i]), turn + i);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		process_tell(&p[i], 0);
		process_end(&p[i]);
	}
}

static void require(void)
{
	oracle_require();
	qi_trace_require();
	inject_require();
}

HARNESS_MAIN(require)
