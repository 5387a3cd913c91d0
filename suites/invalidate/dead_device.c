// SPDX-License-Identifier: GPL-2.0
/*
 * The function disappears, without a word, while its process unmaps memory: an
 * invalidation is under way that nobody will ever answer, and each further one
 * is, too. The kernel notices that the device is gone, and munmap() returns.
 *
 * Would have caught CVE-2024-26891 ("iommu/vt-d: Don't issue ATS Invalidation
 * request when device is disconnected"), CVE-2026-43130 ("... Flush dev-IOTLB only
 * when PCIe device is accessible in scalable mode") and CVE-2026-43161.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <svakit/accel_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "harness.h"
#include "inject.h"
#include "lab.h"
#include "memory.h"
#include "process.h"

#define SIZE (64 * 1024)
#define PATTERN 0x2828282828282828ULL
#define ROUNDS 100
#define WAIT_MS 10000
/* No round is longer: a soft lock-up is 20 s. */
#define ROUND_US 5000000ULL

FIXTURE(dead_device)
{
	struct process unmapper;
};

/* Tells its parent of every so many rounds; ends when it is told to. */
static void unmapper_main(struct process *parent, void *arg)
{
	u64 rounds, start, longest = 0;
	struct svk_queue q;
	u8 *target;

	(void)arg;
	svk_queue_open(&q);
	for (rounds = 1;; rounds++) {
		target = memory_map(SIZE);
		if (rounds % ROUNDS < SVK_QUEUE_ENTRIES)
			svk_queue_submit(&q, svk_desc_fill(target, PATTERN, SIZE));
		start = clock_us();
		REQUIRE(!munmap(target, SIZE), "munmap: %s", strerror(errno));
		if (clock_us() - start > longest)
			longest = clock_us() - start;
		if (rounds % ROUNDS)
			continue;
		process_tell(parent, rounds);
		if (!process_hear(parent))
			break;
	}
	ktap_note("longest_munmap_us", "%llu", (unsigned long long)longest);
	CHECK(longest < ROUND_US, "a munmap() took %llu us", (unsigned long long)longest);
	svk_queue_close(&q);
}

static void rounds_pass(FIXTURE_DATA(dead_device) *t)
{
	process_tell(&t->unmapper, 1);
	process_hear(&t->unmapper);
}

FIXTURE_SETUP(dead_device)
{
	harness_begin(_metadata);
	process_start(&self->unmapper, unmapper_main, NULL);
	process_hear(&self->unmapper);
}

FIXTURE_TEARDOWN(dead_device)
{
	harness_end(_metadata);
}

TEST_F_TIMEOUT(dead_device, while_memory_is_unmapped, 40)
{
	struct inject_rule rule = {.kind = SVK_INJECT_REMOVE, .count = 1, .skip = 5};
	u64 struck = inject_struck(SVK_INJECT_REMOVE);
	struct clock_wait wait = clock_wait_for(WAIT_MS);
	u8 *target = memory_map(SIZE);
	struct svk_queue q;

	ktap_expect_device_faults("a device that is gone answers no invalidation");
	inject_arm(&rule);
	REQUIRE(svk_lab_elsewhere(), "no other accelerator through which to see it");
	process_tell(&self->unmapper, 1);
	while (inject_struck(SVK_INJECT_REMOVE) == struck)
		REQUIRE(clock_wait_again(&wait), "the function is still there");
	process_hear(&self->unmapper);
	rounds_pass(self);
	process_tell(&self->unmapper, 0);
	process_end(&self->unmapper);

	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	inject_disarm(SVK_INJECT_REMOVE);
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	REQUIRE_ERRNO(__svk_device_find(), 0);
	svk_lab_close();
	svk_queue_open(&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_fill(target, PATTERN, SIZE)), SVK_CPL_OK);
	memory_unmap(target, SIZE);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_fill(target, PATTERN, SIZE)), SVK_CPL_FAULT_WRITE);
	svk_queue_close(&q);
}

static void require(void)
{
	inject_require();
	if (!svk_pci_find(SVK_PCI_DEVICE_ACCEL, svk_pci_address()))
		ktap_skip_all("no other accelerator, through which this one could be brought back");
}

HARNESS_MAIN(require)
