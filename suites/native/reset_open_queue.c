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
#include "ktap.h"
#include "memory.h"

#define SIZE (1024 * 1024)

int main(void)
{
	struct pollfd fd = {.events = POLLIN};
	unsigned int before;
	u8 *src, *dst, *seen;
	struct svk_queue q;
	struct svk_cpl *cpl;

	svk_require_root();
	if (access(svk_pci_path("reset"), W_OK))
		ktap_skip_all("the function cannot be reset (no %s): needs FLR",
			      svk_pci_path("reset"));
	before = svk_device_instances();
	ktap_start(3);
	src = memory_map(SIZE);
	dst = memory_map(SIZE);
	seen = memory_map(SIZE);
	cpl = memory_map(sizeof(*cpl));
	memory_pattern(src, SIZE, 1);
	svk_queue_open(&q);

	ktap_case("reset_stops_the_device");
	svk_queue_submit_long(&q, dst, SIZE, cpl);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("reset"), "1"), 0);
	memcpy(seen, dst, SIZE);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);

	ktap_case("owner_learns_of_it");
	fd.fd = q.fd;
	CHECK_EQ(poll(&fd, 1, SVK_QUEUE_WAIT_MS), 1);
	CHECK_EQ(svk_get(SVK_QCFG_STATUS_STATE, svk_queue_info(&q).state), SVK_QSTATE_DISABLED);
	CHECK_EQ(memory_diff(seen, dst, SIZE), SIZE);
	svk_queue_close(&q);
	CHECK_EQ(svk_device_instances(), before);

	ktap_case("works_after_reopening");
	svk_queue_open(&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	svk_queue_close(&q);
	return ktap_finish();
}
