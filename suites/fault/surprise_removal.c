// SPDX-License-Identifier: GPL-2.0
/*
 * The function is gone, without a word, while it works: every register reads as
 * all ones and nothing answers an invalidation any more. Processes can unmap
 * their memory and close their device without a hang, the function can be
 * removed, and when it is back a rescan finds it.
 *
 * Would have caught 4fc82cd907ac ("iommu/vt-d: Don't issue ATS Invalidation request when
 * device is disconnected"), CVE-2024-26891.
 */
#include <errno.h>
#include <string.h>

#include "accel_device.h"
#include "fault.h"
#include "harness.h"
#include "lab.h"
#include "memory.h"

#define LONG_SIZE (1024 * 1024)
#define TIMED_OUT "Invalidation Time-out Error: SID"

FIXTURE(surprise_removal)
{
	struct fault_scene s;
};

static void it_is_gone(FIXTURE_DATA(surprise_removal) *self, u8 *target, struct svk_cpl *cpl)
{
	struct svk_accel_info info;

	harness_step("it_is_gone");
	svk_queue_submit_long(&self->s.q, target, LONG_SIZE, cpl);
	fault_arm(&self->s, fault_rule(SVK_INJECT_REMOVE, 0));
	REQUIRE(svk_lab_elsewhere(), "no other accelerator through which to see it");
	fault_wait_struck(&self->s);
	CHECK_ERRNO(__svk_queue_info(self->s.q.fd, &info), -ENODEV);
	CHECK_EQ(*(volatile u32 *)((u8 *)self->s.q.portal + SVK_PORTAL_STATUS), ~0u);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);
}

/* Linux drains page requests all the same, which has one in it. */
static void close_does_not_ask_it(struct svk_queue *q)
{
	unsigned int asked;

	memory_unmap(q->portal, SVK_ACCEL_PAGE);
	q->portal = NULL;
	asked = fault_logged(TIMED_OUT);
	svk_queue_close(q);
	asked = fault_logged(TIMED_OUT) - asked;
	CHECK(asked <= 1,
	      "the PASID of a device that is gone was torn down, and %u device-TLB invalidations "
	      "were sent to it: each times out",
	      asked);
}

FIXTURE_SETUP(surprise_removal)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("a device that is gone answers no invalidation");
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(surprise_removal)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(surprise_removal, can_be_recovered_from, 60)
{
	struct svk_cpl *cpl;
	u8 *target, *seen;

	target = memory_map(LONG_SIZE);
	seen = memory_map(LONG_SIZE);
	cpl = memory_map(sizeof(*cpl));
	it_is_gone(self, target, cpl);
	memcpy(seen, target, LONG_SIZE);

	harness_step("processes_can_leave");
	memory_unmap(self->s.dst, FAULT_SIZE);
	self->s.dst = memory_map(FAULT_SIZE);
	close_does_not_ask_it(&self->s.q);
	fault_bystander_closes(&self->s);
	CHECK_EQ(memory_diff(seen, target, LONG_SIZE), LONG_SIZE);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);

	harness_step("comes_back");
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	fault_note(&self->s, "unbound and removed; %u time-outs logged", fault_logged(TIMED_OUT));
	inject_disarm(SVK_INJECT_REMOVE);
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	fault_reopen_all(&self->s);
}

static void require(void)
{
	fault_require();
	if (!svk_pci_find(SVK_PCI_DEVICE_ACCEL, svk_pci_address()))
		ktap_skip_all("no other accelerator, through which this one could be brought back");
}

HARNESS_MAIN(require)
