// SPDX-License-Identifier: GPL-2.0
/*
 * The accelerator itself, given to vfio-pci, reaches a guest's memory through a
 * nested table attached to a PASID: what the mediated devices are compared with.
 * Here the PASID that the guest names is the one that the device sends.
 */
#include "iommufd.h"
#include "harness.h"
#include "memory.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define VA 0x400000000000ULL
#define PAGES 4

static void copy_through_nested_tables(struct vaccel_queue *q, const struct guest_space *s)
{
	vm_expect_dma(q, s);
	CHECK_EQ(vaccel_read32(q->a, SVK_LAB_PASID(q->index)), PASID | SVK_QCFG_PASID_VALID);
}

static void unmapped_page_faults(struct vaccel_queue *q, const struct vm_process *p)
{
	struct svk_desc fill = svk_desc_fill(vaccel_va(VA), ~0ull, PAGES * GUEST_PAGE);
	struct svk_result res;

	guest_space_alloc(&p->s, VA, PAGES * GUEST_PAGE);
	CHECK_STATUS(vaccel_queue_run(q, fill), SVK_CPL_OK);
	guest_space_unmap(&p->s, VA + 2 * GUEST_PAGE, GUEST_PAGE);
	iommufd_invalidate(p->s.g->iommufd, p->hwpt, VA + 2 * GUEST_PAGE, 1);
	res = vaccel_queue_run(q, fill);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, VA + 2 * GUEST_PAGE);
}

static void vm_main(struct process *parent, void *arg)
{
	struct iommufd_vtd_info info;
	struct vm_process p;
	struct vaccel_queue q;
	struct vm vm;

	(void)parent;
	vm_init(&vm, VM_RAM, __vfio_open_pci(arg));
	CHECK_ERRNO(__iommufd_vtd_info(vm.g.iommufd, vm.a.v.dev, &info), 0);
	vm_process_init(&p, &vm);
	vm_process_attach(&p, &vm, PASID);
	vaccel_queue_open(&q, &vm.a, 0, &p.s, PASID);
	copy_through_nested_tables(&q, &p.s);
	unmapped_page_faults(&q, &p);
	vm_cleanup(&vm);
}

FIXTURE(function)
{
	const char *bdf;
};

FIXTURE_SETUP(function)
{
	harness_begin(_metadata);
	self->bdf = pf_find();
}

FIXTURE_TEARDOWN(function)
{
	harness_end(_metadata);
}

TEST_F(function, is_given_to_a_vm_and_comes_back)
{
	harness_step("nested_dma_and_faults");
	pf_run(self->bdf, vm_main, (void *)self->bdf);
	harness_step("function_comes_back");
	CHECK(pf_find(), "%s has no driver svakit_accel", self->bdf);
}

static void require(void)
{
	pf_require();
}

HARNESS_MAIN(require)
