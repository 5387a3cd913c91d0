// SPDX-License-Identifier: GPL-2.0
/*
 * A function with PASIDs and one without, in one IOMMU group, in a VM: tables are attached to
 * PASIDs of the first, replaced and detached as if it were alone, while the other one works without
 * PASID.
 *
 * Would have caught the lack of b3f6fcd8404f ("iommu: Skip PASID validation for devices without
 * PASID capability"), without which attaching is -EINVAL.
 *
 * Only where there is such a group: HW=--accel-bdf=00:06.0 --accel-bdf=00:06.1 --pasid-width=20,0.
 */
#include <errno.h>
#include <stdlib.h>

#include "guest.h"
#include "harness.h"
#include "iommufd.h"
#include "pci_config.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define BEYOND (1u << 20) /* of the first function, which has 20 bits */

FIXTURE(mixed_group)
{
	struct vm vm;
	struct vm_process p; /* attached nowhere yet */
	struct vaccel mate; /* the function without PASIDs */
	struct vaccel_queue plain; /* of the mate, enabled */
};

/* VFIO has one table without PASID for all of a group. */
FIXTURE_SETUP(mixed_group)
{
	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	vm_process_init(&self->p, &self->vm);
	vaccel_open(&self->mate, &self->vm.g, __vfio_open_pci(pf_mate(pf_given())));
	vaccel_enable(&self->mate);
	vfio_attach(&self->mate.v, self->vm.parent);
	vfio_attach(&self->vm.a.v, self->vm.parent);
	vaccel_queue_init(&self->plain, &self->mate, 0, 0);
	vaccel_queue_enable(&self->plain, 0);
}

FIXTURE_TEARDOWN(mixed_group)
{
	vaccel_close(&self->mate);
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

static int attach(const struct vaccel *a, u32 pasid, u32 pt)
{
	return __vfio_attach_pasid(&a->v, pasid, &pt);
}

static void expect_mate_works(FIXTURE_DATA(mixed_group) *t)
{
	u64 gpa = guest_alloc(&t->vm.g, GUEST_PAGE);

	CHECK_STATUS(vaccel_queue_run(&t->plain, svk_desc_fill(vaccel_va(gpa), ~0ull, GUEST_PAGE)),
		     SVK_CPL_OK);
	CHECK_EQ(*(u64 *)guest_at(&t->vm.g, gpa), ~0ull);
}

TEST_F(mixed_group, attached_replaced_and_detached)
{
	struct vm_process other;
	struct vaccel_queue q;

	vm_process_init(&other, &self->vm);
	expect_mate_works(self);
	REQUIRE_ERRNO(attach(&self->vm.a, PASID, self->p.hwpt), 0);
	vaccel_queue_open(&q, &self->vm.a, 0, &self->p.s, PASID);
	vm_expect_dma(&q, &self->p.s);
	vaccel_queue_disable(&q);
	expect_mate_works(self);
	REQUIRE_ERRNO(attach(&self->vm.a, PASID, other.hwpt), 0);
	iommufd_destroy(self->vm.g.iommufd, self->p.hwpt);
	vaccel_queue_open(&q, &self->vm.a, 0, &other.s, PASID);
	vm_expect_dma(&q, &other.s);
	vaccel_queue_disable(&q);
	expect_mate_works(self);
	CHECK_ERRNO(__vfio_detach_pasid(&self->vm.a.v, PASID), 0);
	iommufd_destroy(self->vm.g.iommufd, other.hwpt);
	expect_mate_works(self);
}

/* The width that counts is that of those that have PASIDs. */
TEST_F(mixed_group, within_the_width_of_the_one_with)
{
	CHECK_ERRNO(attach(&self->vm.a, BEYOND - 1, self->p.hwpt), 0);
	CHECK_ERRNO(attach(&self->vm.a, BEYOND, self->p.hwpt), -EINVAL);
	expect_mate_works(self);
	CHECK_ERRNO(__vfio_detach_pasid(&self->vm.a.v, BEYOND - 1), 0);
	iommufd_destroy(self->vm.g.iommufd, self->p.hwpt);
}

/* The device goes with a PASID attached; the other one has lost nothing. */
TEST_F(mixed_group, closing_detaches)
{
	REQUIRE_ERRNO(attach(&self->vm.a, PASID, self->p.hwpt), 0);
	vaccel_close(&self->vm.a);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, self->p.hwpt), 0);
	expect_mate_works(self);
}

/* The table at a PASID is the group's: it is where a function can use it, whoever attaches it. */
TEST_F(mixed_group, attached_through_the_one_without)
{
	struct vaccel_queue q;

	REQUIRE_ERRNO(attach(&self->mate, PASID, self->p.hwpt), 0);
	CHECK_ERRNO(attach(&self->mate, BEYOND, self->p.hwpt), -EINVAL);
	vaccel_queue_open(&q, &self->vm.a, 0, &self->p.s, PASID);
	vm_expect_dma(&q, &self->p.s);
	vaccel_queue_disable(&q);
	expect_mate_works(self);
	CHECK_ERRNO(__vfio_detach_pasid(&self->mate.v, PASID), 0);
	iommufd_destroy(self->vm.g.iommufd, self->p.hwpt);
}

static void require(void)
{
	const char *bdf = getenv("SVAKIT_DEVICE"), *mate = bdf ? pf_mate(bdf) : NULL;

	if (!mate || !pci_config_ext_cap(bdf, PCI_CONFIG_PASID) ||
	    pci_config_ext_cap(mate, PCI_CONFIG_PASID))
		ktap_skip_all("no function without PASID in the group: HW='--accel-bdf=00:06.0 "
			      "--accel-bdf=00:06.1 --pasid-width=20,0'");
	pf_lend_group(bdf);
}

HARNESS_MAIN(require)
