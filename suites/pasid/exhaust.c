// SPDX-License-Identifier: GPL-2.0
/*
 * All PASIDs that a function has are given to processes, each once: those on both sides of a step
 * from one page of the PASID table to the next, and the last one, translate as well as any. One
 * process more is ENOSPC. When one ends its PASID is given again, and again: none is lost.
 *
 * Would have caught a21518cb23a3 ("Fix PASID leak in intel_svm_unbind_mm()") and 9991a82a3817
 * ("iommu/sva: Fix memory leak in iommu_sva_bind_device()") where the PASID is what leaks.
 *
 * Only with few PASIDs: a process each.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "harness.h"
#include "memory.h"
#include "pci_config.h"
#include "process.h"

#define MOST 256 /* processes */
#define PAGE_OF_ENTRIES 64 /* PASID entries in a page of the table */
#define ROUNDS 1000
#define WAIT_MS 10000
#define FAILED (1ULL << 32) /* beside an errno, in what a child says */

FIXTURE(exhaust)
{
	struct process child[MOST];
	u32 pasid[MOST];
	bool seen[MOST]; /* by PASID */
	unsigned int nr;
};

/* Says which PASID it has; its queue goes back at once, the PASID stays the process's. */
static void child_main(struct process *parent, void *arg)
{
	struct svk_queue q;
	u8 *src, *dst;
	int ret;

	(void)arg;
	ret = __svk_queue_open(&q);
	if (ret) {
		process_tell(parent, FAILED | (u32)-ret);
		return;
	}
	src = memory_map(memory_page());
	dst = memory_map(memory_page());
	memory_pattern(src, memory_page(), svk_queue_info(&q).pasid);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, memory_page())), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, memory_page()), memory_page());
	process_tell(parent, svk_queue_info(&q).pasid);
	svk_queue_close(&q);
	process_hear(parent);
}

/* Return: 0, and @pasid is that of a process that lives on; or -errno. */
static int bind_one(struct process *child, u32 *pasid)
{
	u64 said;

	process_start(child, child_main, NULL);
	said = process_hear(child);
	if (said & FAILED) {
		process_end(child);
		return -(int)(u32)said;
	}
	*pasid = (u32)said;
	return 0;
}

static void end_one(struct process *child)
{
	process_tell(child, 1);
	process_end(child);
}

static void bind_all(FIXTURE_DATA(exhaust) *t)
{
	int ret = 0;

	while (t->nr < MOST && !ret) {
		ret = bind_one(&t->child[t->nr], &t->pasid[t->nr]);
		if (ret)
			break;
		REQUIRE(t->pasid[t->nr] < MOST, "PASID %u, of processes that have all less",
			t->pasid[t->nr]);
		CHECK(!t->seen[t->pasid[t->nr]], "PASID %u is that of two processes",
		      t->pasid[t->nr]);
		t->seen[t->pasid[t->nr]] = true;
		t->nr++;
	}
	CHECK_ERRNO(ret, -ENOSPC);
}

/*
 * The memory of a process that has been reaped may still be that of an idle CPU, which has not
 * looked for another; the PASID comes back when it is not.
 */
static int bind_when_free(struct process *child, u32 *pasid)
{
	struct clock_wait wait = clock_wait_for(WAIT_MS);
	int ret;

	while ((ret = bind_one(child, pasid)) == -ENOSPC && clock_wait_again(&wait))
		;
	return ret;
}

FIXTURE_SETUP(exhaust)
{
	harness_begin(_metadata);
	bind_all(self);
}

FIXTURE_TEARDOWN(exhaust)
{
	while (self->nr)
		end_one(&self->child[--self->nr]);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(exhaust, both_sides_of_a_table_s_page, 100)
{
	u32 last = 0, pasid;

	for (pasid = 0; pasid < MOST; pasid++) {
		if (self->seen[pasid])
			last = pasid;
	}
	/* The last one is one less than a power of two. */
	CHECK(last && !(last & (last + 1)), "%u PASIDs, the last is %u", self->nr, last);
	CHECK(!self->seen[0], "PASID 0 was given to a process");
	for (pasid = 1; pasid <= last; pasid++)
		CHECK(self->seen[pasid], "PASID %u was given to nobody", pasid);
	CHECK(last > PAGE_OF_ENTRIES, "only %u PASIDs: no second page of the table", last);
}

TEST_F_TIMEOUT(exhaust, what_is_freed_is_given_again, 100)
{
	struct process other;
	u32 pasid;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		unsigned int one = i * 7 % self->nr;
		u32 freed = self->pasid[one];

		end_one(&self->child[one]);
		REQUIRE_ERRNO(bind_when_free(&self->child[one], &self->pasid[one]), 0);
		CHECK_EQ(self->pasid[one], freed);
	}
	CHECK_ERRNO(bind_one(&other, &pasid), -ENOSPC);
}

static void require(void)
{
	unsigned int cap, width;

	svk_require_root();
	cap = pci_config_ext_cap(svk_pci_address(), PCI_CONFIG_PASID);
	width = (unsigned int)svk_get(PCI_CONFIG_PASID_WIDTH,
				      pci_config_read(svk_pci_address(), cap + PCI_CONFIG_PASID_CAP,
						      2));
	if (!width || 1u << width > MOST)
		ktap_skip_all("2^%u PASIDs, a process each, are too many: HW=--pasid-width=7",
			      width);
}

HARNESS_MAIN(require)
