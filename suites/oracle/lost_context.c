// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle sees a lost invalidation of the context-cache, of one device: the
 * only one that Linux sends after boot, when a PCI function is removed. Another
 * accelerator has to be there to ask.
 */
#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "oracle.h"

FIXTURE(context_cache)
{
	struct svk_queue q;
};

FIXTURE_SETUP(context_cache)
{
	harness_begin(_metadata);
}

FIXTURE_TEARDOWN(context_cache)
{
	harness_end(_metadata);
}

TEST_F(context_cache, loss_is_seen)
{
	svk_queue_open(&self->q);
	REQUIRE_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
	svk_queue_close(&self->q);
	oracle_lose_begin(ORACLE_TYPE(VTD_DESC_CC), VTD_GRAN_SELECT);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	oracle_lose_expect(SVK_CACHE_CONTEXT,
			   (struct oracle_stale){.of = {[SVK_CACHE_CONTEXT] = 1}});
	oracle_lose_end();

	harness_step("function_comes_back");
	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	REQUIRE_ERRNO(__svk_device_find(), 0);
	svk_queue_open(&self->q);
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
	svk_queue_close(&self->q);
}

HARNESS_MAIN(oracle_require)
