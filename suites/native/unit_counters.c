// SPDX-License-Identifier: GPL-2.0
/*
 * The remapping unit's performance monitoring, as perf has it: a DMA of which it is known what it
 * comes to is counted exactly, and as the model's own counters have it. It would have caught
 * a driver that writes the configuration or a filter of another counter than it enables
 * (drivers/iommu/intel/perfmon.c), and one that takes a counter that has been full for a small
 * number: HW=--pms-width=12 fills one in `wraps`.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "harness.h"
#include "memory.h"
#include "perf_event.h"

#define PAGES 64
#define MANY 1024 /* pages */
#define ROUNDS 12 /* three times what a counter of 12 bits holds */

enum {
	REQUESTS,
	CC_LOOKUP,
	CC_HIT,
	PC_LOOKUP,
	PC_HIT,
	TLB_LOOKUP,
	TLB_HIT,
	EVENTS
};

static const char *const names[EVENTS] = {
	[REQUESTS] = "iommu_requests", [CC_LOOKUP] = "ctxt_cache_lookup",
	[CC_HIT] = "ctxt_cache_hit",   [PC_LOOKUP] = "pasid_cache_lookup",
	[PC_HIT] = "pasid_cache_hit",  [TLB_LOOKUP] = "iotlb_lookup",
	[TLB_HIT] = "iotlb_hit",
};

FIXTURE(unit)
{
	struct svk_queue q;
	char pmu[PERF_EVENT_PMU];
	u8 *mem;
	u64 size;
};

FIXTURE_SETUP(unit)
{
	harness_begin(_metadata);
	REQUIRE(perf_event_unit(self->pmu), "the unit has no PMU");
	self->size = PAGES * memory_page();
	self->mem = memory_map(self->size);
	svk_queue_open(&self->q);
	/* From here on the device knows where its ring and its records are. */
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
}

FIXTURE_TEARDOWN(unit)
{
	svk_queue_close(&self->q);
	memory_unmap(self->mem, self->size);
	harness_end(_metadata);
}

static int open_event(const FIXTURE_DATA(unit) *self, const char *terms)
{
	char name[512];

	snprintf(name, sizeof(name), "%s/%s/", self->pmu, terms);
	return perf_event_open_sysfs(name);
}

static void fill(FIXTURE_DATA(unit) *self, void *mem, u64 size)
{
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_fill(mem, 0x5a, size)), SVK_CPL_OK);
}

static u64 lab(unsigned int event)
{
	switch (event) {
	case REQUESTS:
		return counts_read(SVK_LAB_XLATE_REQ);
	case CC_LOOKUP:
		return counts_read(SVK_LAB_CONTEXT_HIT) + counts_read(SVK_LAB_CONTEXT_MISS);
	case CC_HIT:
		return counts_read(SVK_LAB_CONTEXT_HIT);
	case PC_LOOKUP:
		return counts_read(SVK_LAB_PASID_HIT) + counts_read(SVK_LAB_PASID_MISS);
	case PC_HIT:
		return counts_read(SVK_LAB_PASID_HIT);
	case TLB_LOOKUP:
		return counts_read(SVK_LAB_IOTLB_HIT) + counts_read(SVK_LAB_IOTLB_MISS);
	default:
		return counts_read(SVK_LAB_IOTLB_HIT);
	}
}

/* Fill the memory with all events open; *@got and *@model get what was counted meanwhile. */
static void count_fill(FIXTURE_DATA(unit) *self, u64 *got, u64 *model)
{
	int fd[EVENTS];
	unsigned int i;

	for (i = 0; i < EVENTS; i++) {
		fd[i] = open_event(self, names[i]);
		model[i] = lab(i);
		perf_event_start(fd[i]);
	}
	fill(self, self->mem, self->size);
	for (i = 0; i < EVENTS; i++) {
		struct perf_count c;

		perf_event_stop(fd[i]);
		model[i] = lab(i) - model[i];
		c = perf_event_read(fd[i]);
		got[i] = c.value;
		/* There is a counter for each: none is shared. */
		CHECK_EQ(c.running, c.enabled);
		close(fd[i]);
	}
}

TEST_F(unit, counts_what_a_dma_comes_to)
{
	u64 got[EVENTS], model[EVENTS];
	unsigned int i;

	harness_step("pages that are new to the device");
	count_fill(self, got, model);
	CHECK_EQ(got[REQUESTS], PAGES);
	CHECK_EQ(got[CC_LOOKUP], PAGES);
	CHECK_EQ(got[CC_HIT], PAGES);
	CHECK_EQ(got[PC_LOOKUP], PAGES);
	CHECK_EQ(got[PC_HIT], PAGES);
	CHECK_EQ(got[TLB_LOOKUP], PAGES);
	CHECK_EQ(got[TLB_HIT], 0);
	for (i = 0; i < EVENTS; i++)
		CHECK(got[i] == model[i], "%s: %llu, the model has %llu", names[i],
		      (unsigned long long)got[i], (unsigned long long)model[i]);
	harness_step("pages that it knows");
	count_fill(self, got, model);
	for (i = 0; i < EVENTS; i++) {
		CHECK_EQ(got[i], 0);
		CHECK_EQ(model[i], 0);
	}
}

TEST_F(unit, filters)
{
	struct svk_accel_info info = svk_queue_info(&self->q);
	char *at = strrchr(svk_pci_path(""), ':') + 1;
	u32 dev = (u32)strtoul(at, &at, 16);
	u32 fn = (u32)strtoul(at + 1, NULL, 16);
	char terms[4][80];
	int fd[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		u32 pasid = i & 1 ? info.pasid + 1 : info.pasid;
		u32 sid = (dev << 3 | fn) + (i & 1);

		if (i < 2)
			snprintf(terms[i], sizeof(terms[i]),
				 "iotlb_lookup,filter_pasid_en=1,filter_pasid=%u", pasid);
		else
			snprintf(terms[i], sizeof(terms[i]),
				 "iotlb_lookup,filter_requester_id_en=1,filter_requester_id=%u",
				 sid);
		fd[i] = open_event(self, terms[i]);
		perf_event_start(fd[i]);
	}
	fill(self, self->mem, self->size);
	for (i = 0; i < 4; i++) {
		u64 value;

		perf_event_stop(fd[i]);
		value = perf_event_read(fd[i]).value;
		CHECK(value == (i & 1 ? 0 : PAGES), "%s: %llu", terms[i],
		      (unsigned long long)value);
		close(fd[i]);
	}
}

TEST_F(unit, page_requests)
{
	int fd = open_event(self, "pg_req_posted");
	u8 *hole = memory_untouched(self->size);
	struct svk_desc desc = svk_desc_fill(hole, 0, self->size);
	u64 before = counts_read(SVK_LAB_PRQ);

	perf_event_start(fd);
	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	CHECK_STATUS(svk_queue_run(&self->q, desc), SVK_CPL_OK);
	perf_event_stop(fd);
	CHECK_EQ(counts_read(SVK_LAB_PRQ) - before, PAGES);
	CHECK_EQ(perf_event_read(fd).value, PAGES);
	close(fd);
	memory_unmap(hole, self->size);
}

/*
 * A difference is right whatever the counter had before, also when it has been full. It is read in
 * each round: on a busy host the overflow interrupt may come later than the counter is full again.
 */
TEST_F(unit, wraps)
{
	u64 size = MANY * memory_page();
	int fd = open_event(self, names[REQUESTS]);
	u64 before = lab(REQUESTS);
	unsigned int i;
	u64 model;

	REQUIRE_EQ(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0); /* a page is a request */
	perf_event_start(fd);
	for (i = 0; i < ROUNDS; i++) {
		u8 *mem = memory_map(size);

		fill(self, mem, size);
		memory_unmap(mem, size);
		perf_event_read(fd);
	}
	perf_event_stop(fd);
	model = lab(REQUESTS) - before;
	/* And the ring and the records, when all that the device knows was taken from it. */
	CHECK(model >= ROUNDS * MANY, "the model has %llu", (unsigned long long)model);
	CHECK_EQ(perf_event_read(fd).value, model);
	close(fd);
}

static void require(void)
{
	char pmu[PERF_EVENT_PMU];

	svk_require_root();
	if (!perf_event_unit(pmu))
		ktap_skip_all(
			"no remapping unit has a PMU (ECAP.PMS, CONFIG_INTEL_IOMMU_PERF_EVENTS)");
}

HARNESS_MAIN(require)
