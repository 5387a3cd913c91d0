// SPDX-License-Identifier: GPL-2.0
/*
 * A first stage that is attached anew, at a PASID that another one had, or that it had itself,
 * starts clean: nothing of before is used, and its invalidations reach every place where it is,
 * and no place where it was. Guards "iommu/vt-d: Update iotlb in nested domain attach"
 * (29e10487d6df).
 */
#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define OTHER 78
#define VA 0x400000000000ULL
#define SIZE (4 * GUEST_PAGE)

FIXTURE(nested_reattach)
{
	struct vm vm;
	struct vm_process p[2]; /* both have SIZE bytes at VA, each its own */
	u64 gpa[2];
	struct vaccel_queue q;
};

FIXTURE_SETUP(nested_reattach)
{
	unsigned int i;

	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	vaccel_queue_init(&self->q, &self->vm.a, 0, VACCEL_RING_VA(0));
	for (i = 0; i < 2; i++) {
		vm_process_init(&self->p[i], &self->vm);
		self->gpa[i] = guest_space_alloc(&self->p[i].s, VA, SIZE);
		guest_space_map(&self->p[i].s, self->q.va, self->q.gpa, VACCEL_RING_SIZE);
	}
}

FIXTURE_TEARDOWN(nested_reattach)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

static void attach(FIXTURE_DATA(nested_reattach) *t, unsigned int i, u32 pasid)
{
	vm_process_attach(&t->p[i], &t->vm, pasid);
	vaccel_queue_enable(&t->q, pasid | (u32)SVK_QCFG_PASID_VALID);
}

static void detach(FIXTURE_DATA(nested_reattach) *t, u32 pasid)
{
	vaccel_queue_disable(&t->q);
	vfio_detach_pasid(&t->vm.a.v, pasid);
}

static struct svk_result fill(FIXTURE_DATA(nested_reattach) *t, u8 value)
{
	const u64 pattern = 0x0101010101010101ull * value;

	return vaccel_queue_run(&t->q, svk_desc_fill(vaccel_va(VA), pattern, SIZE));
}

static void check_fill(FIXTURE_DATA(nested_reattach) *t, unsigned int i, u8 value)
{
	CHECK_STATUS(fill(t, value), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(guest_at(&t->vm.g, t->gpa[i]), SIZE, value), SIZE);
}

TEST_F(nested_reattach, another_table)
{
	attach(self, 0, PASID);
	check_fill(self, 0, 1);
	detach(self, PASID);
	attach(self, 1, PASID);
	check_fill(self, 1, 2);
	CHECK_EQ(memory_diff_byte(guest_at(&self->vm.g, self->gpa[0]), SIZE, 1), SIZE);
}

/* While it was nowhere the guest has changed it, and had nobody to tell. */
TEST_F(nested_reattach, the_same_table_changed_meanwhile)
{
	u64 gpa = guest_alloc(&self->vm.g, SIZE);

	attach(self, 0, PASID);
	check_fill(self, 0, 1);
	detach(self, PASID);
	guest_space_unmap(&self->p[0].s, VA, SIZE);
	guest_space_map(&self->p[0].s, VA, gpa, SIZE);
	attach(self, 0, PASID);
	CHECK_STATUS(fill(self, 2), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(guest_at(&self->vm.g, gpa), SIZE, 2), SIZE);
	CHECK_EQ(memory_diff_byte(guest_at(&self->vm.g, self->gpa[0]), SIZE, 1), SIZE);
}

/* The whole of it: context of a new process at the PASID of one that has ended. */
TEST_F(nested_reattach, a_new_table_at_the_old_one_s_place)
{
	struct vm_process *p = &self->p[0];

	attach(self, 0, PASID);
	check_fill(self, 0, 1);
	detach(self, PASID);
	iommufd_destroy(self->vm.g.iommufd, p->hwpt);
	guest_space_unmap(&p->s, VA, SIZE);
	p->hwpt = guest_space_nest(&p->s, self->vm.a.v.dev, self->vm.parent);
	attach(self, 0, PASID);
	CHECK_STATUS(fill(self, 2), SVK_CPL_FAULT_WRITE);
	CHECK_EQ(memory_diff_byte(guest_at(&self->vm.g, self->gpa[0]), SIZE, 1), SIZE);
}

/* Return: device-TLB invalidations that one invalidation of the table has led to. */
static u64 invalidate(FIXTURE_DATA(nested_reattach) *t)
{
	u64 before = vaccel_counter(&t->vm.a, SVK_LAB_QI_PDEVTLB);

	iommufd_invalidate(t->vm.g.iommufd, t->p[0].hwpt, VA, SIZE / GUEST_PAGE);
	return vaccel_counter(&t->vm.a, SVK_LAB_QI_PDEVTLB) - before;
}

TEST_F(nested_reattach, invalidations_go_where_it_is)
{
	struct vaccel_queue second;

	CHECK_EQ(invalidate(self), 0);
	attach(self, 0, PASID);
	CHECK_EQ(invalidate(self), 1);
	vfio_attach_pasid(&self->vm.a.v, OTHER, self->p[0].hwpt);
	vaccel_queue_open(&second, &self->vm.a, 1, &self->p[0].s, OTHER);
	check_fill(self, 0, 1);
	CHECK_STATUS(vaccel_queue_run(&second, svk_desc_fill(vaccel_va(VA), 0, SIZE)), SVK_CPL_OK);
	guest_space_unmap(&self->p[0].s, VA, SIZE);
	CHECK_EQ(invalidate(self), 2);
	CHECK_STATUS(fill(self, 2), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(vaccel_queue_run(&second, svk_desc_fill(vaccel_va(VA), 0, SIZE)),
		     SVK_CPL_FAULT_WRITE);
	/* Where it was it is not any more. */
	detach(self, PASID);
	CHECK_EQ(invalidate(self), 1);
	vaccel_queue_disable(&second);
	vfio_detach_pasid(&self->vm.a.v, OTHER);
	CHECK_EQ(invalidate(self), 0);
}

/* Replaced by another one and back: the invalidations of one are not the other's. */
TEST_F(nested_reattach, replaced_and_back)
{
	attach(self, 0, PASID);
	check_fill(self, 0, 1);
	vm_process_attach(&self->p[1], &self->vm, PASID);
	check_fill(self, 1, 2);
	CHECK_EQ(invalidate(self), 0);
	vm_process_attach(&self->p[0], &self->vm, PASID);
	check_fill(self, 0, 3);
	CHECK_EQ(memory_diff_byte(guest_at(&self->vm.g, self->gpa[1]), SIZE, 2), SIZE);
	guest_space_unmap(&self->p[0].s, VA, SIZE);
	CHECK_EQ(invalidate(self), 1);
	CHECK_STATUS(fill(self, 4), SVK_CPL_FAULT_WRITE);
}

/* For requests without PASID, of which the entry is that of PASID 0. */
TEST_F(nested_reattach, without_pasid)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		vfio_attach(&self->vm.a.v, self->p[i % 2].hwpt);
		vaccel_queue_enable(&self->q, 0);
		check_fill(self, i % 2, (u8)(i + 1));
		vaccel_queue_disable(&self->q);
		CHECK_ERRNO(__vfio_detach(&self->vm.a.v), 0);
	}
}

HARNESS_MAIN(pf_lend)
