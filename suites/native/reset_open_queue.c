// SPDX-License-Identifier: GPL-2.0
/*
 * The function is reset while a queue is open and busy: the device stops, the
 * owner is woken and reads that the queue is disabled; closing and opening
 * again gives a queue that works.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define SIZE (1024 * 1024)

FIXTURE(reset)
{
	unsigned int before; /* queues that nobody had open */
};

FIXTURE_SETUP(reset)
{
	harness_begin(_metadata);
	self->before = svk_device_instances();
}

FIXTURE_TEARDOWN(reset)
{
	CHECK_EQ(svk_device_instances(), self->before);
	harness_end(_metadata);
}

TEST_F(reset, stops_an_open_queue)
{
	struct pollfd fd = {.events = POLLIN};
	struct svk_cpl *cpl = memory_map(sizeof(*cpl));
	u8 *src, *dst, *seen;
	struct svk_queue q;

	src = memory_map(SIZE);
	dst = memory_map(SIZE);
	seen = memory_map(SIZE);
	memory_pattern(src, SIZE, 1);
	svk_queue_open(&q);

	harness_step("reset_stops_the_device");
	svk_queue_submit_long(&q, dst, SIZE, cpl);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("reset"), "1"), 0);
	memcpy(seen, dst, SIZE);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);

	harness_step("owner_learns_of_it");
	fd.fd = q.fd;
	CHECK_EQ(poll(&fd, 1, SVK_QUEUE_WAIT_MS), 1);
	CHECK_EQ(svk_get(SVK_QCFG_STATUS_STATE, svk_queue_info(&q).state), SVK_QSTATE_DISABLED);
	CHECK_EQ(memory_diff(seen, dst, SIZE), SIZE);
	svk_queue_close(&q);
	CHECK_EQ(svk_device_instances(), self->before);

	harness_step("works_after_reopening");
	svk_queue_open(&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	svk_queue_close(&q);
}

static void require(void)
{
	svk_require_root();
	if (access(svk_pci_path("reset"), W_OK))
		ktap_skip_all("the function cannot be reset (no %s): needs FLR",
			      svk_pci_path("reset"));
}

HARNESS_MAIN(require)
