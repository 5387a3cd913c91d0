// SPDX-License-Identifier: GPL-2.0
/*
 * The function is reset, again and again, while its process unmaps memory: each
 * munmap() meets a device that may be in the middle of its reset, and answers no
 * invalidation then. None may hang or time out, and nothing that was unmapped is
 * reached afterwards.
 *
 * Would have caught what f5b16b802174 ("PCI: Suspend iommu function prior to
 * resetting a device") and its repair series (NVIDIA/NV-Kernels#485) are about.
 */
#include <errno.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "counts.h"
#include "harness.h"
#include "kmsg.h"
#include "memory.h"
#include "oracle.h"
#include "process.h"

#define SIZE (64 * 1024)
#define PATTERN 0x3030303030303030ULL
#define RESETS 8
/* Rounds that have to come between two resets. */
#define ROUNDS 4

FIXTURE(reset)
{
	struct process unmapper;
	volatile u64 *rounds; /* of the unmapper */
	volatile u64 *end; /* the unmapper is to end */
	unsigned int queues;
	int log;
};

/* In its reset the driver says EAGAIN, and the IOMMU core EBUSY. */
static void reopen(struct svk_queue *q)
{
	struct clock_wait wait = clock_wait_for(SVK_QUEUE_WAIT_MS);
	int ret;

	svk_queue_close(q);
	while ((ret = __svk_queue_open(q)) == -EAGAIN || ret == -EBUSY)
		REQUIRE(clock_wait_again(&wait), "the function stays in its reset");
	REQUIRE_ERRNO(ret, 0);
}

static bool enabled(const struct svk_queue *q)
{
	struct svk_accel_info info;

	return !__svk_queue_info(q->fd, &info) &&
	       svk_get(SVK_QCFG_STATUS_STATE, info.state) == SVK_QSTATE_ENABLED;
}

/* Unmaps what the device uses, or has used until it was reset. */
static void unmapper_main(struct process *parent, void *arg)
{
	volatile u64 *rounds = arg, *end = rounds + 1;
	struct svk_queue q;
	u8 *target;

	svk_queue_open(&q);
	process_tell(parent, 1);
	while (!*end) {
		target = memory_map(SIZE);
		/* Nobody waits for it: after a reset the queue is off, and it never completes. */
		if (*rounds % SVK_QUEUE_ENTRIES < SVK_QUEUE_ENTRIES - 1)
			svk_queue_submit(&q, svk_desc_fill(target, PATTERN, SIZE));
		memory_unmap(target, SIZE);
		if (!(++*rounds % ROUNDS))
			process_tell(parent, *rounds);
		if (!enabled(&q))
			reopen(&q);
	}
	svk_queue_close(&q);
}

FIXTURE_SETUP(reset)
{
	harness_begin(_metadata);
	self->queues = svk_device_instances();
	self->rounds = memory_map_shared(memory_page());
	self->end = self->rounds + 1;
	self->log = kmsg_mark();
	process_start(&self->unmapper, unmapper_main, (void *)self->rounds);
	process_hear(&self->unmapper);
}

FIXTURE_TEARDOWN(reset)
{
	harness_end(_metadata);
}

TEST_F(reset, while_memory_is_unmapped)
{
	struct svk_queue q;
	unsigned int i;
	u8 *target;

	for (i = 0; i < RESETS; i++) {
		process_hear(&self->unmapper);
		REQUIRE_ERRNO(__svk_write_file(svk_pci_path("reset"), "1"), 0);
	}
	*self->end = 1;
	process_end(&self->unmapper);
	ktap_note("rounds", "%llu", (unsigned long long)*self->rounds);
	oracle_settle();
	CHECK_EQ(counts_stale(), 0);
	CHECK(!kmsg_take(self->log, "Invalidation Time-out Error", ""),
	      "an invalidation was sent to a device in its reset");
	CHECK_EQ(svk_device_instances(), self->queues);

	target = memory_map(SIZE);
	svk_queue_open(&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_fill(target, PATTERN, SIZE)), SVK_CPL_OK);
	memory_unmap(target, SIZE);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_fill(target, PATTERN, SIZE)), SVK_CPL_FAULT_WRITE);
	svk_queue_close(&q);
}

static void require(void)
{
	oracle_require();
	if (access(svk_pci_path("reset"), W_OK))
		ktap_skip_all("the function cannot be reset (no %s): needs FLR",
			      svk_pci_path("reset"));
}

HARNESS_MAIN(require)
