// SPDX-License-Identifier: GPL-2.0
/*
 * munmap() stops the device: from its return on, DMA to the range faults with
 * the address, the pages that were there are not written any more, and what is
 * mapped there next is reached instead.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "ktap.h"
#include "lab.h"
#include "memory.h"

#define SIZE (64 * 1024)
#define HALF (SIZE / 2)
/* So that what is done before the fault is not a whole number of pages. */
#define START 136
#define CANARY 0xa5

static struct {
	struct svk_queue q;
	u8 *src;
	u8 *target; /* a view of the pages that the device reaches, until it is unmapped */
	u8 *pages; /* another view of the same pages, which stays */
} t;

static void setup(void)
{
	int fd = memfd_create("target", MFD_CLOEXEC);

	ASSERT_TRUE(fd >= 0 && !ftruncate(fd, SIZE), "memfd of %d bytes: %s", SIZE,
		    strerror(errno));
	t.pages = memory_map_fd(fd, SIZE);
	t.target = memory_map_fd(fd, SIZE);
	close(fd);
	t.src = memory_map(SIZE);
	memory_pattern(t.src, SIZE, 1);
	svk_queue_open(&t.q);
	ktap_note("pasid", "%u", svk_queue_info(&t.q).pasid);
}

static struct svk_result copy(void)
{
	return svk_queue_run(&t.q, svk_desc_copy(t.target + START, t.src, SIZE - START));
}

static void copy_arrives_while_mapped(void)
{
	struct svk_result res;

	ktap_case("copy_arrives_while_mapped");
	res = copy();
	ASSERT_STATUS(res, SVK_CPL_OK);
	EXPECT_EQ(memory_diff(t.src, t.pages + START, SIZE - START), SIZE - START);
}

static void fault_is_at_the_first_unmapped_byte(void)
{
	struct svk_result res;

	ktap_case("fault_is_at_the_first_unmapped_byte");
	memset(t.pages, CANARY, SIZE);
	memory_unmap(t.target + HALF, HALF);
	res = copy();
	EXPECT_STATUS(res, SVK_CPL_FAULT_WRITE);
	EXPECT_EQ(res.fault_addr, (uintptr_t)t.target + HALF);
	EXPECT_EQ(res.done, HALF - START);
	EXPECT_EQ(memory_diff(t.src, t.pages + START, HALF - START), HALF - START);
}

static void nothing_is_done_when_all_is_unmapped(void)
{
	struct svk_result res;

	ktap_case("nothing_is_done_when_all_is_unmapped");
	memset(t.pages, CANARY, SIZE);
	memory_unmap(t.target, HALF);
	res = copy();
	EXPECT_STATUS(res, SVK_CPL_FAULT_WRITE);
	EXPECT_EQ(res.fault_addr, (uintptr_t)t.target + START);
	EXPECT_EQ(res.done, 0);
}

static void reads_fault_too(void)
{
	struct svk_result res;

	ktap_case("reads_fault_too");
	res = svk_queue_run(&t.q, svk_desc_copy(t.src, t.target, SIZE));
	EXPECT_STATUS(res, SVK_CPL_FAULT_READ);
	EXPECT_EQ(res.fault_addr, (uintptr_t)t.target);
	EXPECT_EQ(res.done, 0);
}

static void old_pages_are_left_alone(void)
{
	ktap_case("old_pages_are_left_alone");
	EXPECT_EQ(memory_diff_byte(t.pages, SIZE, CANARY), SIZE);
}

static void new_mapping_is_reached(void)
{
	struct svk_result res;

	ktap_case("new_mapping_is_reached");
	memory_map_at(t.target, SIZE);
	memset(t.target, 0, SIZE);
	res = copy();
	EXPECT_STATUS(res, SVK_CPL_OK);
	EXPECT_EQ(memory_diff(t.src, t.target + START, SIZE - START), SIZE - START);
	EXPECT_EQ(memory_diff_byte(t.target, START, 0), START);
	/* and the old pages still are not */
	EXPECT_EQ(memory_diff_byte(t.pages, SIZE, CANARY), SIZE);
}

int main(void)
{
	struct svk_lab lab;

	svk_require();
	ktap_start(6);
	lab = svk_lab_read();
	setup();
	copy_arrives_while_mapped();
	fault_is_at_the_first_unmapped_byte();
	nothing_is_done_when_all_is_unmapped();
	reads_fault_too();
	old_pages_are_left_alone();
	new_mapping_is_reached();
	svk_queue_close(&t.q);
	svk_lab_note(&lab);
	return ktap_finish();
}
