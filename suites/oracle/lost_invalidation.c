// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle sees a lost invalidation, of each cache. The unit is made to
 * lose one descriptor, just as if a kernel had not sent it; then the device
 * must be seen to reach what it should not any more (so the model does keep
 * what it is not told to drop), and the oracle must say so, once an entry.
 *
 * The pages stay allocated through another mapping of the same file: what the
 * device writes by mistake hits nobody else.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "ktap.h"
#include "memory.h"
#include "oracle.h"

#define SIZE 4096
#define PATTERN 0x5a5a5a5a5a5a5a5aULL

static struct {
	struct svk_queue q;
	u8 *pages; /* stays mapped */
	u8 *target; /* the device's way to the same pages */
	u64 findings;
	u64 lost;
} t;

static void map_target(void)
{
	int fd = memfd_create("target", MFD_CLOEXEC);

	ASSERT_TRUE(fd >= 0 && !ftruncate(fd, SIZE), "memfd of %d bytes: %s", SIZE,
		    strerror(errno));
	t.pages = memory_map_fd(fd, SIZE);
	t.target = memory_map_fd(fd, SIZE);
	close(fd);
	memset(t.pages, 0, SIZE);
}

static struct svk_result fill_target(void)
{
	return svk_queue_run(&t.q, svk_desc_fill(t.target, PATTERN, SIZE));
}

/* Nothing is stale, one page is in every cache. */
static void begin(const char *name)
{
	ktap_case(name);
	map_target();
	svk_queue_open(&t.q);
	ASSERT_STATUS(fill_target(), SVK_CPL_OK);
	memset(t.pages, 0, SIZE);
	ASSERT_EQ(oracle_stale(), 0);
	t.findings = oracle_confirm();
	t.lost = oracle_lost();
}

static void end(void)
{
	svk_queue_close(&t.q);
	memory_unmap(t.pages, SIZE);
	ASSERT_EQ(oracle_stale(), 0);
}

static void expect_findings(u64 count)
{
	EXPECT_EQ(oracle_lost() - t.lost, 1);
	EXPECT_EQ(oracle_stale(), count);
	EXPECT_EQ(oracle_confirm() - t.findings, count);
	/* Once is enough. */
	EXPECT_EQ(oracle_confirm() - t.findings, count);
}

/* @type: of the descriptor that munmap() sends in vain; @count: entries that are stale then. */
static void lost_on_munmap(unsigned int type, u64 count)
{
	oracle_lose(type);
	memory_unmap(t.target, SIZE);
	/* The tables have no such page, and the device writes it all the same. */
	EXPECT_STATUS(fill_target(), SVK_CPL_OK);
	EXPECT_EQ(memory_diff_byte(t.pages, SIZE, PATTERN & 0xff), SIZE);
	expect_findings(count);
}

static void lost_iotlb(void)
{
	begin("lost_iotlb_invalidation");
	/* The device-TLB has been invalidated, and has filled itself from the IOTLB again. */
	lost_on_munmap(VTD_DESC_PIOTLB, 2);
	end();
}

static void lost_devtlb(void)
{
	begin("lost_device_tlb_invalidation");
	lost_on_munmap(VTD_DESC_PDEVTLB, 1);
	end();
}

/* The PASID entry that the last close() of a process takes away. */
static void lost_pasid(void)
{
	begin("lost_pasid_cache_invalidation");
	oracle_lose(VTD_DESC_PC);
	svk_queue_close(&t.q);
	expect_findings(1);
	/* The PASID stays with the process: to bind and unbind once more invalidates it. */
	svk_queue_open(&t.q);
	end();
	memory_unmap(t.target, SIZE);
}

int main(void)
{
	oracle_require();
	ktap_start(3);
	oracle_expect(4);
	lost_iotlb();
	lost_devtlb();
	lost_pasid();
	return ktap_finish();
}
