// SPDX-License-Identifier: GPL-2.0
/*
 * Units with erratum 772415 write to memory below nested tables that a device may only read. A
 * kernel that reports the erratum (IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17) refuses such memory, in
 * whatever order memory and second stage come; one that does not lets the device read it, and not
 * write. Guards "iommu/vt-d: Disallow read-only mappings to nest parent domain" (03476e687eb0).
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define VA 0x400000000000ULL
#define IOVA (4ULL << 30)
#define SIZE (4 * GUEST_PAGE)

FIXTURE(read_only_parent)
{
	struct vm vm;
	bool erratum;
	u8 *mem;
};

FIXTURE_SETUP(read_only_parent)
{
	struct iommufd_vtd_info info;

	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	REQUIRE_ERRNO(__iommufd_vtd_info(self->vm.g.iommufd, self->vm.a.v.dev, &info), 0);
	self->erratum = info.flags & IOMMUFD_VTD_ERRATUM_772415;
	ktap_note("erratum_772415", "%s", self->erratum ? "reported" : "not reported");
	self->mem = memory_map_shared(SIZE);
}

FIXTURE_TEARDOWN(read_only_parent)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

static int map_read_only(const FIXTURE_DATA(read_only_parent) *t, u32 ioas)
{
	struct iommufd_ioas_map_arg arg = {
		.size = sizeof(arg),
		.flags = IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)t->mem,
		.length = SIZE,
		.iova = IOVA,
	};

	return __iommufd_call(t->vm.g.iommufd, IOMMUFD_IOC_IOAS_MAP, &arg);
}

/* Expect that the device reads it through a table, without PASID, and cannot write. */
static void check_read_only(FIXTURE_DATA(read_only_parent) *t, struct vaccel_queue *q, u64 va)
{
	struct svk_result res;

	memset(t->mem, 1, SIZE);
	CHECK_STATUS(vaccel_queue_run(q, svk_desc_crc32c(vaccel_va(va), 0, SIZE)), SVK_CPL_OK);
	res = vaccel_queue_run(q, svk_desc_fill(vaccel_va(va), ~0ull, SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, va);
	CHECK_EQ(memory_diff_byte(t->mem, SIZE, 1), SIZE);
}

TEST_F(read_only_parent, memory_after_the_second_stage)
{
	struct vm_process p;
	struct vaccel_queue q;
	int ret = map_read_only(self, self->vm.g.ioas);

	if (self->erratum) {
		CHECK_ERRNO(ret, -EINVAL);
		/* What was refused is not there, and can come otherwise. */
		iommufd_map(self->vm.g.iommufd, self->vm.g.ioas, self->mem, IOVA, SIZE);
		return;
	}
	REQUIRE_ERRNO(ret, 0);
	vm_process_init(&p, &self->vm);
	vm_process_attach(&p, &self->vm, PASID);
	vaccel_queue_open(&q, &self->vm.a, 0, &p.s, PASID);
	guest_space_map(&p.s, VA, IOVA, SIZE);
	check_read_only(self, &q, VA);
}

TEST_F(read_only_parent, memory_before_the_second_stage)
{
	const struct guest *g = &self->vm.g;
	u32 ioas = iommufd_ioas_alloc(g->iommufd);
	u32 hwpt;

	REQUIRE_ERRNO(map_read_only(self, ioas), 0);
	CHECK_ERRNO(__iommufd_hwpt_alloc(g->iommufd, self->vm.a.v.dev, ioas,
					 IOMMUFD_HWPT_NEST_PARENT, &hwpt),
		    self->erratum ? -EINVAL : 0);
	iommufd_unmap(g->iommufd, ioas, IOVA, SIZE);
	CHECK_ERRNO(__iommufd_hwpt_alloc(g->iommufd, self->vm.a.v.dev, ioas,
					 IOMMUFD_HWPT_NEST_PARENT, &hwpt),
		    0);
}

/* A second stage that nothing is nested on has no such trouble. */
TEST_F(read_only_parent, elsewhere)
{
	const struct guest *g = &self->vm.g;
	u32 ioas = iommufd_ioas_alloc(g->iommufd);
	struct vaccel_queue q;
	u32 hwpt;

	iommufd_map(g->iommufd, ioas, g->ram, 0, g->size);
	hwpt = iommufd_hwpt_alloc(g->iommufd, self->vm.a.v.dev, ioas, IOMMUFD_HWPT_DIRTY_TRACKING);
	REQUIRE_ERRNO(map_read_only(self, ioas), 0);
	vfio_attach(&self->vm.a.v, hwpt);
	vaccel_queue_init(&q, &self->vm.a, 0, 0);
	vaccel_queue_enable(&q, 0);
	check_read_only(self, &q, IOVA);
}

HARNESS_MAIN(pf_lend)
