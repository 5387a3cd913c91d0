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
#include "ktap.h"
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

static struct {
	struct svk_queue q;
	size_t size;
	u8 *pages; /* stays mapped */
	u8 *target; /* the device's way to the same pages */
} t;

static void map_target(void)
{
	int fd = memfd_create("target", MFD_CLOEXEC);

	REQUIRE(fd >= 0 && !ftruncate(fd, (off_t)t.size), "memfd of %zu bytes: %s", t.size,
		strerror(errno));
	t.pages = memory_map_fd(fd, t.size);
	t.target = mmap((void *)(uintptr_t)TARGET_VA, t.size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE | MAP_FIXED_NOREPLACE, fd, 0);
	REQUIRE(t.target != MAP_FAILED, "mmap: %s", strerror(errno));
	close(fd);
	memset(t.pages, 0, t.size);
}

static struct svk_result fill_target(void)
{
	return svk_queue_run(&t.q, svk_desc_fill(t.target, PATTERN, t.size));
}

/* @pages have been used, and are in every cache. */
static void begin(const char *name, unsigned int pages)
{
	ktap_case(name);
	t.size = pages * memory_page();
	map_target();
	svk_queue_open(&t.q);
	REQUIRE_STATUS(fill_target(), SVK_CPL_OK);
	memset(t.pages, 0, t.size);
}

static void end(void)
{
	oracle_lose_end();
	svk_queue_close(&t.q);
	memory_unmap(t.pages, t.size);
}

/* munmap() sends one of @type in vain; @iotlb: the IOTLB keeps the pages, too. */
static void lost_on_munmap(const char *name, unsigned int type, unsigned int pages, bool iotlb)
{
	begin(name, pages);
	oracle_lose_begin(ORACLE_TYPE(type), 0);
	memory_unmap(t.target, t.size);
	/* The tables have no such pages, and the device writes them all the same. */
	CHECK_STATUS(fill_target(), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(t.pages, t.size, PATTERN & 0xff), t.size);
	oracle_lose_expect(
		iotlb ? SVK_CACHE_IOTLB : SVK_CACHE_DEVTLB,
		(struct oracle_stale){
			.of = {[SVK_CACHE_IOTLB] = iotlb ? pages : 0, [SVK_CACHE_DEVTLB] = pages}});
	end();
}

/* The last close() of a process takes its PASID entry away. Nobody can use what is left of it. */
static void lost_on_close(const char *name, unsigned int types, enum svk_cache lost,
			  unsigned int count)
{
	struct oracle_stale want = {{0}};

	begin(name, 1);
	oracle_lose_begin(types, 0);
	svk_queue_close(&t.q);
	want.of[lost] = count;
	oracle_lose_expect(lost, want);
	end();
	memory_unmap(t.target, t.size);
}

int main(void)
{
	oracle_require();
	ktap_start(7);
	/* The device-TLB has been invalidated, and has filled itself from the IOTLB again. */
	lost_on_munmap("lost_iotlb_page", VTD_DESC_PIOTLB, 1, true);
	lost_on_munmap("lost_iotlb_range", VTD_DESC_PIOTLB, PAGES_MAX, true);
	lost_on_munmap("lost_device_tlb_page", VTD_DESC_PDEVTLB, 1, false);
	lost_on_munmap("lost_device_tlb_range", VTD_DESC_PDEVTLB, PAGES_MAX, false);
	lost_on_close("lost_iotlb_pasid", IOTLB_OF_PASID, SVK_CACHE_IOTLB, QUEUE_PAGES + 1);
	lost_on_close("lost_device_tlb_pasid", ORACLE_TYPE(VTD_DESC_PDEVTLB), SVK_CACHE_DEVTLB,
		      QUEUE_PAGES + 1);
	lost_on_close("lost_pasid_cache", ORACLE_TYPE(VTD_DESC_PC), SVK_CACHE_PASID, 1);
	return ktap_finish();
}
