// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel enables ATS of a function after it has attached it to its domain,
 * disables it before the function goes, and both around a reset. Whenever it is
 * on, an unmapping reaches the device-TLB, too: of the kernel's own domain,
 * which no process has, and of a process.
 *
 * Would have caught 25b1b75bbaf9 ("iommu/vt-d: Assign devtlb cache tag on ATS
 * enablement"), 041be2717b19 ("... Fix missed device TLB cache tag") and "...
 * Remove cache tags before disabling ATS".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "counts.h"
#include "harness.h"
#include "lab.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"

#define PAGES 8
#define SIZE (PAGES * 0x1000UL)
#define PATTERN 0x2626262626262626ULL
#define MAPPER "dma_map_benchmark"
#define MAPPER_FILE "/sys/kernel/debug/" MAPPER

/* include/uapi/linux/map_benchmark.h */
struct map_benchmark {
	u64 result[4];
	u32 threads;
	u32 seconds;
	s32 node;
	u32 dma_bits;
	u32 dma_dir;
	u32 dma_trans_ns;
	u32 granule;
	u8 expansion[76];
};

#define DMA_MAP_BENCHMARK _IOWR('d', 1, struct map_benchmark)
#define LONGEST_TRANS_NS 10000000 /* between map and unmap: some hundred times a second at most */

FIXTURE(late_ats)
{
	char bdf[16];
};

FIXTURE_SETUP(late_ats)
{
	harness_begin(_metadata);
	snprintf(self->bdf, sizeof(self->bdf), "%s", svk_pci_address());
}

FIXTURE_TEARDOWN(late_ats)
{
	harness_end(_metadata);
}

/* A driver that maps and unmaps memory through the kernel's domain, for a second. */
static int map_and_unmap(void)
{
	struct map_benchmark map = {.threads = 1,
				    .seconds = 1,
				    .node = -1,
				    .dma_bits = 32,
				    .dma_trans_ns = LONGEST_TRANS_NS,
				    .granule = 1};
	int fd = open(MAPPER_FILE, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, DMA_MAP_BENCHMARK, &map) ? -errno : 0;
	close(fd);
	return ret;
}

static void expect_kernel_domain_flushed(FIXTURE_DATA(late_ats) *t)
{
	u64 iotlb, devtlb;
	int ret;

	REQUIRE_ERRNO(__pf_move(t->bdf, MAPPER), 0);
	iotlb = counts_read(SVK_LAB_QI_IOTLB) + counts_read(SVK_LAB_QI_PIOTLB);
	devtlb = counts_read(SVK_LAB_QI_DEVTLB);
	ret = map_and_unmap();
	iotlb = counts_read(SVK_LAB_QI_IOTLB) + counts_read(SVK_LAB_QI_PIOTLB) - iotlb;
	devtlb = counts_read(SVK_LAB_QI_DEVTLB) - devtlb;
	/* Before anything that may end the test. */
	REQUIRE_ERRNO(__pf_move(t->bdf, "\n"), 0);
	REQUIRE_ERRNO(ret, 0);
	CHECK(iotlb, "nothing was unmapped");
	CHECK_EQ(devtlb, iotlb);
}

static void expect_process_flushed(void)
{
	u8 *target = memory_map(SIZE);
	struct svk_queue q;
	u64 dropped;

	REQUIRE_ERRNO(__svk_device_find(), 0);
	svk_lab_close();
	svk_queue_open(&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_fill(target, PATTERN, SIZE)), SVK_CPL_OK);
	dropped = counts_read(SVK_LAB_ATC_DROPPED);
	memory_unmap(target, SIZE);
	/* Neighbours that lie in the same power of two may go, too. */
	CHECK(counts_read(SVK_LAB_ATC_DROPPED) - dropped >= PAGES,
	      "the device has kept some of its %d pages", PAGES);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_fill(target, PATTERN, SIZE)), SVK_CPL_FAULT_WRITE);
	svk_queue_close(&q);
}

TEST_F(late_ats, as_it_is)
{
	expect_kernel_domain_flushed(self);
	expect_process_flushed();
}

TEST_F(late_ats, after_removal_and_rescan)
{
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	svk_lab_close();
	expect_kernel_domain_flushed(self);
	expect_process_flushed();
}

TEST_F(late_ats, after_a_reset)
{
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("reset"), "1"), 0);
	expect_kernel_domain_flushed(self);
	expect_process_flushed();
}

static void require(void)
{
	oracle_require();
	if (access("/sys/bus/pci/drivers/" MAPPER, F_OK))
		ktap_skip_all("no driver that maps memory: CONFIG_DMA_MAP_BENCHMARK=y");
}

HARNESS_MAIN(require)
