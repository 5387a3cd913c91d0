// SPDX-License-Identifier: GPL-2.0
/*
 * The function is gone, without a word, while it works: every register reads as
 * all ones and nothing answers an invalidation any more. Processes can unmap
 * their memory and close their device without a hang, the function can be
 * removed, and when it is back a rescan finds it.
 */
#include <errno.h>
#include <string.h>

#include "accel_device.h"
#include "fault.h"
#include "ktap.h"
#include "lab.h"
#include "memory.h"

#define LONG_SIZE (1024 * 1024)

static struct fault_scene s;

static void it_is_gone(u8 *target, struct svk_cpl *cpl)
{
	struct svk_accel_info info;

	ktap_case("it_is_gone");
	svk_queue_submit_long(&s.q, target, LONG_SIZE, cpl);
	fault_arm(&s, fault_rule(SVK_INJECT_REMOVE, 0));
	REQUIRE(svk_lab_elsewhere(), "no other accelerator through which to see it");
	fault_wait_struck(&s);
	CHECK_ERRNO(__svk_queue_info(s.q.fd, &info), -ENODEV);
	CHECK_EQ(*(volatile u32 *)((u8 *)s.q.portal + SVK_PORTAL_STATUS), ~0u);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);
}

int main(void)
{
	struct svk_cpl *cpl;
	u8 *target, *seen;

	svk_require_root();
	if (!svk_pci_find(SVK_PCI_DEVICE_ACCEL, svk_pci_address()))
		ktap_skip_all("no other accelerator, through which this one could be brought back");
	fault_begin(&s, 3);
	ktap_expect_device_faults("a device that is gone answers no invalidation");
	target = memory_map(LONG_SIZE);
	seen = memory_map(LONG_SIZE);
	cpl = memory_map(sizeof(*cpl));
	it_is_gone(target, cpl);
	memcpy(seen, target, LONG_SIZE);

	ktap_case("processes_can_leave");
	memory_unmap(s.dst, FAULT_SIZE);
	s.dst = memory_map(FAULT_SIZE);
	svk_queue_close(&s.q);
	fault_bystander_closes(&s);
	CHECK_EQ(memory_diff(seen, target, LONG_SIZE), LONG_SIZE);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);

	ktap_case("comes_back");
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	fault_note(&s, "unbound and removed; %u time-outs logged",
		   fault_logged("Invalidation Time-out Error: SID"));
	inject_disarm(SVK_INJECT_REMOVE);
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	fault_reopen_all(&s);
	return fault_end(&s);
}
