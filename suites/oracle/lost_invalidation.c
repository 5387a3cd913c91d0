// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle sees a lost invalidation of what a process shares with the device,
 * of each cache and granularity that its system calls lead to. The unit is made
 * to lose descriptors, just as if a kernel had not sent them; then the device
 * must be seen to reach what it should not any more (so the model does keep
 * what it is not told to drop), and the oracle must say so, once an entry.
 *
 * The pages stay allocated through another mapping of the same file: what the
 * device writes by mistake hits nobody else.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"

#define PATTERN 0x5a5a5a5a5a5a5a5aULL
/* Aligned to any range that is tried, and far from all other mappings. */
#define TARGET_VA 0x200000000000ULL
#define PAGES_MAX 4

/* What the device has used of a process beside the target: the ring, and the records. */
#define QUEUE_PAGES 2

/* The whole of a PASID goes from the IOTLB, or of its domain where the tables are nested. */
#define IOTLB_OF_PASID (ORACLE_TYPE(VTD_DESC_PIOTLB) | ORACLE_TYPE(VTD_DESC_IOTLB))

FIXTURE(lost)
{
	struct svk_queue q;
	size_t size;
	u8 *pages; /* stays mapped */
	u8 *target; /* the device's way to the same pages */
};

static void map_target(FIXTURE_DATA(lost) *self)
{
	int fd = memfd_create("target", MFD_CLOEXEC);

	REQUIRE(fd >= 0 && !ftruncate(fd, (off_t)self->size), "memfd of %zu bytes: %s", self->size,
		strerror(errno));
	self->pages = memory_map_fd(fd, self->size);
	self->target = mmap((void *)(uintptr_t)TARGET_VA, self->size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE | MAP_FIXED_NOREPLACE, fd, 0);
	REQUIRE(self->target != MAP_FAILED, "mmap: %s", strerror(errno));
	close(fd);
	memset(self->pages, 0, self->size);
}

static struct svk_result fill_target(FIXTURE_DATA(lost) *self)
{
	return svk_queue_run(&self->q, svk_desc_fill(self->target, PATTERN, self->size));
}

/* @pages have been used, and are in every cache. */
static void begin(FIXTURE_DATA(lost) *self, unsigned int pages)
{
	self->size = pages * memory_page();
	map_target(self);
	svk_queue_open(&self->q);
	REQUIRE_STATUS(fill_target(self), SVK_CPL_OK);
	memset(self->pages, 0, self->size);
}

static void end(FIXTURE_DATA(lost) *self)
{
	oracle_lose_end();
	svk_queue_close(&self->q);
	memory_unmap(self->pages, self->size);
}

/* munmap() sends one of @type in vain; @iotlb: the IOTLB keeps the pages, too. */
static void lost_on_munmap(FIXTURE_DATA(lost) *self, unsigned int type, unsigned int pages,
			   bool iotlb)
{
	begin(self, pages);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	memory_unmap(self->target, self->size);
	/* The tables have no such pages, and the device writes them all the same. */
	CHECK_STATUS(fill_target(self), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(self->pages, self->size, PATTERN & 0xff), self->size);
	oracle_lose_expect(
		iotlb ? SVK_CACHE_IOTLB : SVK_CACHE_DEVTLB,
		(struct oracle_stale){
			.of = {[SVK_CACHE_IOTLB] = iotlb ? pages : 0, [SVK_CACHE_DEVTLB] = pages}});
	end(self);
}

/* The last close() of a process takes its PASID entry away. Nobody can use what is left of it. */
static void lost_on_close(FIXTURE_DATA(lost) *self, unsigned int types, enum svk_cache lost,
			  unsigned int count)
{
	struct oracle_stale want = {{0}};

	begin(self, 1);
	oracle_lose_begin(types, 0);
	svk_queue_close(&self->q);
	want.of[lost] = count;
	oracle_lose_expect(lost, want);
	end(self);
	memory_unmap(self->target, self->size);
}

FIXTURE_SETUP(lost)
{
	harness_begin(_metadata);
}

FIXTURE_TEARDOWN(lost)
{
	harness_end(_metadata);
}

/* The device-TLB has been invalidated, and has filled itself from the IOTLB again. */
TEST_F(lost, iotlb_page)
{
	lost_on_munmap(self, VTD_DESC_PIOTLB, 1, true);
}

TEST_F(lost, iotlb_range)
{
	lost_on_munmap(self, VTD_DESC_PIOTLB, PAGES_MAX, true);
}

TEST_F(lost, device_tlb_page)
{
	lost_on_munmap(self, VTD_DESC_PDEVTLB, 1, false);
}

TEST_F(lost, device_tlb_range)
{
	lost_on_munmap(self, VTD_DESC_PDEVTLB, PAGES_MAX, false);
}

TEST_F(lost, iotlb_pasid)
{
	lost_on_close(self, IOTLB_OF_PASID, SVK_CACHE_IOTLB, QUEUE_PAGES + 1);
}

TEST_F(lost, device_tlb_pasid)
{
	lost_on_close(self, ORACLE_TYPE(VTD_DESC_PDEVTLB), SVK_CACHE_DEVTLB, QUEUE_PAGES + 1);
}

TEST_F(lost, pasid_cache)
{
	lost_on_close(self, ORACLE_TYPE(VTD_DESC_PC), SVK_CACHE_PASID, 1);
}

HARNESS_MAIN(oracle_require)
