// SPDX-License-Identifier: GPL-2.0
/*
 * The descriptors that drain the page requests of a PASID when it is unbound (VT-d 7.10): after
 * the tables are gone and every cache has been told, the fence, an IOTLB and a device-TLB
 * invalidation of the PASID, which are to name the domain in which the unit knows it.
 */
#include <string.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "qi_trace.h"

#define PATTERN 0x6d6d6d6d6d6d6d6dULL

FIXTURE(drain)
{
	struct svk_queue q;
	u32 pasid;
	struct qi_desc desc[QI_TRACE_MAX];
	unsigned int count;
};

FIXTURE_SETUP(drain)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
	self->pasid = svk_queue_info(&self->q).pasid;
}

FIXTURE_TEARDOWN(drain)
{
	unsigned int i;

	for (i = 0; _metadata->exit_code != KSFT_PASS && i < self->count; i++)
		qi_show(&self->desc[i]);
	harness_end(_metadata);
}

/*
 * Return: index of the next one of this type and PASID, of all addresses, from @i on; @count:
 * none.
 */
static unsigned int next(const FIXTURE_DATA(drain) *t, unsigned int type, unsigned int i)
{
	while (i < t->count && !(qi_is(&t->desc[i], type, t->pasid) &&
				 (type == VTD_DESC_PC || qi_is_whole(&t->desc[i]))))
		i++;
	return i;
}

/*
 * The one submission of a teardown that comes after the caches have been told. Without page
 * requests there is none: the kernel then has nothing to drain.
 */
TEST_F(drain, names_the_domain_of_the_pasid)
{
	unsigned int cache, iotlb, devtlb, drain;
	u8 *mem = memory_map(memory_page());
	u32 domain;

	REQUIRE_STATUS(svk_queue_run(&self->q, svk_desc_fill(mem, PATTERN, memory_page())),
		       SVK_CPL_OK);
	qi_trace_begin();
	svk_queue_close(&self->q);
	self->count = qi_trace_end(self->desc);
	cache = next(self, VTD_DESC_PC, 0);
	iotlb = next(self, VTD_DESC_PIOTLB, cache);
	devtlb = next(self, VTD_DESC_PDEVTLB, iotlb);
	drain = next(self, VTD_DESC_PIOTLB, devtlb);
	REQUIRE(devtlb < self->count, "the teardown tells PASID cache, IOTLB and device-TLB");
	REQUIRE(drain < self->count, "no IOTLB invalidation after these: nothing is drained");
	CHECK(next(self, VTD_DESC_PDEVTLB, drain) < self->count,
	      "no device-TLB invalidation after the IOTLB's: requests in the device are not "
	      "drained");
	domain = qi_domain(&self->desc[cache]);
	CHECK_EQ(qi_domain(&self->desc[iotlb]), domain);
	memory_unmap(mem, memory_page());
	if (qi_domain(&self->desc[drain]) == domain)
		return;
	harness_xfail(_metadata,
		      "the drain names domain %u, the PASID is in domain %u, docs/findings.md",
		      qi_domain(&self->desc[drain]), domain);
}

static void require(void)
{
	svk_require();
	qi_trace_require();
}

HARNESS_MAIN(require)
