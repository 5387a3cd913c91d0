// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation of opening a queue, and so of binding a process, fails once. The call says
 * ENOMEM, or does without; afterwards the queue can be opened and works, with the PASID that the
 * process had, and no queue is lost. What leaked otherwise, and what is used after it was
 * freed, the debug kernel says.
 *
 * Would have caught 9991a82a3817 ("iommu/sva: Fix memory leak in iommu_sva_bind_device()") and
 * a21518cb23a3 ("Fix PASID leak in intel_svm_unbind_mm()").
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define DEBUGFS "/sys/kernel/debug/"
#define LIMIT 1000 /* far more than open() allocates */
#define SIZE 4096

FIXTURE(fail_nth)
{
	unsigned int instances;
	u8 *src;
	u8 *dst;
};

static void configure(const char *ignore)
{
	CHECK_ERRNO(__svk_write_file(DEBUGFS "failslab/ignore-gfp-wait", ignore), 0);
	CHECK_ERRNO(__svk_write_file(DEBUGFS "fail_page_alloc/ignore-gfp-wait", ignore), 0);
}

/* Nothing is to be said of each failure, or the log is full of what is no defect. */
FIXTURE_SETUP(fail_nth)
{
	harness_begin(_metadata);
	self->instances = svk_device_instances();
	self->src = memory_map(SIZE);
	self->dst = memory_map(SIZE);
	memory_pattern(self->src, SIZE, 1);
	CHECK_ERRNO(__svk_write_file(DEBUGFS "failslab/verbose", "0"), 0);
	CHECK_ERRNO(__svk_write_file(DEBUGFS "fail_page_alloc/verbose", "0"), 0);
	configure("N");
	/* A page fault allocates, too. */
	REQUIRE(!mlockall(MCL_CURRENT), "mlockall: %s", strerror(errno));
}

FIXTURE_TEARDOWN(fail_nth)
{
	configure("Y");
	CHECK_EQ(svk_device_instances(), self->instances);
	harness_end(_metadata);
}

static void set_nth(int fd, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	REQUIRE_EQ(pwrite(fd, text, (size_t)len, 0), len);
}

/* Return: whether the failure has come about; there will be none any more. */
static bool has_failed(int fd)
{
	char text[16] = "";

	REQUIRE(pread(fd, text, sizeof(text) - 1, 0) > 0, "read %s: %s", FAIL_NTH, strerror(errno));
	set_nth(fd, 0);
	return !strtoul(text, NULL, 10);
}

/* Return: whether an allocation has failed: else there are no more. */
static bool fail_once(int nth_fd, unsigned int nth)
{
	bool failed;
	int fd;

	set_nth(nth_fd, nth);
	fd = __svk_device_open();
	failed = has_failed(nth_fd);
	if (fd >= 0)
		close(fd);
	else
		CHECK_ERRNO(fd, -ENOMEM);
	CHECK(failed || fd >= 0, "open() failed, and no allocation did");
	return failed;
}

/* Return: how many allocations there were. */
static unsigned int fail_each(void)
{
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	unsigned int nth = 1;

	REQUIRE(fd >= 0, "open %s: %s", FAIL_NTH, strerror(errno));
	while (nth < LIMIT && fail_once(fd, nth))
		nth++;
	close(fd);
	REQUIRE(nth < LIMIT, "more than %d allocations", LIMIT);
	CHECK(nth > 1, "open() allocates nothing, or nothing fails");
	return nth - 1;
}

static void expect_works(FIXTURE_DATA(fail_nth) *t, u32 pasid)
{
	struct svk_queue q;

	svk_queue_open(&q);
	if (pasid)
		CHECK_EQ(svk_queue_info(&q).pasid, pasid);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(t->dst, t->src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(t->src, t->dst, SIZE), SIZE);
	svk_queue_close(&q);
}

/* Of a process that has no PASID yet: each failure may be that of the PASID, too. */
TEST_F_TIMEOUT(fail_nth, first_bind_of_a_process, 100)
{
	ktap_note("first_bind", "%u allocations", fail_each());
	expect_works(self, 0);
}

TEST_F_TIMEOUT(fail_nth, bind_of_a_process_with_a_pasid, 100)
{
	struct svk_queue q;
	u32 pasid;

	svk_queue_open(&q);
	pasid = svk_queue_info(&q).pasid;
	svk_queue_close(&q);
	ktap_note("bind_again", "%u allocations", fail_each());
	expect_works(self, pasid);
}

/* Where another queue has bound it, nothing of the failures may unbind that. */
TEST_F_TIMEOUT(fail_nth, bind_beside_another_queue, 100)
{
	struct svk_queue q;

	svk_queue_open(&q);
	ktap_note("bind_beside", "%u allocations", fail_each());
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(self->dst, self->src, SIZE)), SVK_CPL_OK);
	svk_queue_close(&q);
}

static void require(void)
{
	svk_require_root();
	if (access(FAIL_NTH, W_OK) || access(DEBUGFS "failslab/verbose", W_OK) ||
	    access(DEBUGFS "fail_page_alloc/verbose", W_OK))
		ktap_skip_all("allocations cannot be made to fail: CONFIG_FAULT_INJECTION, "
			      "CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC, and debugfs (DEBUG=1)");
}

HARNESS_MAIN(require)
