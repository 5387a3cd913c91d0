// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO_DEVICE_ATTACH_IOMMUFD_PT and its opposite with a PASID: who may be attached where, and what
 * each mistake is told. The uAPI has no test in the kernel tree. What was attached can be used,
 * what was refused leaves all as it was, and closing the device takes every PASID away.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "fault_queue.h"
#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define UNUSED 78
#define MANY 16

FIXTURE(pasid_attach)
{
	struct vm vm;
	struct vm_process p; /* attached nowhere yet */
	u32 pasids; /* how many the device has */
};

static u32 max_pasid_log2(const FIXTURE_DATA(pasid_attach) *t)
{
	struct iommufd_vtd_info info;
	struct iommufd_hw_info_arg arg = {
		.size = sizeof(arg),
		.dev_id = t->vm.a.v.dev,
		.data_len = sizeof(info),
		.data_uptr = (uintptr_t)&info,
	};

	REQUIRE_ERRNO(__iommufd_call(t->vm.g.iommufd, IOMMUFD_IOC_GET_HW_INFO, &arg), 0);
	return arg.out_max_pasid_log2;
}

FIXTURE_SETUP(pasid_attach)
{
	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	vm_process_init(&self->p, &self->vm);
	self->pasids = 1u << max_pasid_log2(self);
}

FIXTURE_TEARDOWN(pasid_attach)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

static int attach(const FIXTURE_DATA(pasid_attach) *t, u32 pasid, u32 pt)
{
	return __vfio_attach_pasid(&t->vm.a.v, pasid, &pt);
}

static int detach(const FIXTURE_DATA(pasid_attach) *t, u32 pasid)
{
	return __vfio_detach_pasid(&t->vm.a.v, pasid);
}

TEST_F(pasid_attach, attached_it_can_be_used)
{
	struct vaccel_queue q;

	REQUIRE_ERRNO(attach(self, PASID, self->p.hwpt), 0);
	vaccel_queue_open(&q, &self->vm.a, 0, &self->p.s, PASID);
	vm_expect_dma(&q, &self->p.s);
	vaccel_queue_disable(&q);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, self->p.hwpt), -EBUSY);
	CHECK_ERRNO(detach(self, PASID), 0);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, self->p.hwpt), 0);
}

/* A second time it is a replacement of the table by itself. */
TEST_F(pasid_attach, twice_is_once)
{
	struct vaccel_queue q;

	REQUIRE_ERRNO(attach(self, PASID, self->p.hwpt), 0);
	CHECK_ERRNO(attach(self, PASID, self->p.hwpt), 0);
	vaccel_queue_open(&q, &self->vm.a, 0, &self->p.s, PASID);
	vm_expect_dma(&q, &self->p.s);
	vaccel_queue_disable(&q);
	CHECK_ERRNO(detach(self, PASID), 0);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, self->p.hwpt), 0);
}

TEST_F(pasid_attach, detaching_nothing_is_nothing)
{
	CHECK_ERRNO(detach(self, PASID), 0);
	REQUIRE_ERRNO(attach(self, PASID, self->p.hwpt), 0);
	CHECK_ERRNO(detach(self, UNUSED), 0);
	CHECK_ERRNO(detach(self, self->pasids), 0);
	CHECK_ERRNO(detach(self, ~0u), 0);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, self->p.hwpt), -EBUSY);
	CHECK_ERRNO(detach(self, PASID), 0);
	CHECK_ERRNO(detach(self, PASID), 0);
}

/* The last that the device has works, and the next does not. */
TEST_F(pasid_attach, within_the_device_s_width)
{
	CHECK_ERRNO(attach(self, self->pasids - 1, self->p.hwpt), 0);
	CHECK_ERRNO(attach(self, self->pasids, self->p.hwpt), -EINVAL);
	/* Linux numbers them with an IDA, which is full at 2^31. */
	CHECK_ERRNO(attach(self, 1u << 31, self->p.hwpt), -ENOSPC);
	CHECK_ERRNO(attach(self, ~0u, self->p.hwpt), -ENOSPC);
	CHECK_ERRNO(detach(self, self->pasids - 1), 0);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, self->p.hwpt), 0);
}

/* What is no page table for a PASID. */
TEST_F(pasid_attach, only_tables_for_pasids)
{
	const struct guest *g = &self->vm.g;
	struct fault_queue f;
	u32 plain = iommufd_hwpt_alloc(g->iommufd, self->vm.a.v.dev, g->ioas, 0);

	CHECK_ERRNO(attach(self, PASID, plain), -EINVAL);
	CHECK_ERRNO(attach(self, PASID, g->ioas), -EINVAL);
	CHECK_ERRNO(attach(self, PASID, self->vm.a.v.dev), -EINVAL);
	fault_queue_init(&f, g->iommufd);
	CHECK_ERRNO(attach(self, PASID, f.id), -EINVAL);
	fault_queue_close(&f);
	CHECK_ERRNO(attach(self, PASID, ~0u), -ENOENT);
	CHECK_ERRNO(attach(self, PASID, 0), -ENOENT);
	/* The PASID is still free. */
	CHECK_ERRNO(attach(self, PASID, self->p.hwpt), 0);
	CHECK_ERRNO(detach(self, PASID), 0);
	CHECK_ERRNO(__iommufd_destroy(g->iommufd, plain), 0);
}

/* Some units have one second stage for all: if any PASID is used, all tables are of that kind. */
TEST_F(pasid_attach, tables_without_pasid_have_to_be_compatible)
{
	const struct guest *g = &self->vm.g;
	u32 plain = iommufd_hwpt_alloc(g->iommufd, self->vm.a.v.dev, g->ioas, 0);
	u32 pt = plain;

	CHECK_ERRNO(__vfio_attach(&self->vm.a.v, &pt), 0);
	CHECK_ERRNO(attach(self, PASID, self->p.hwpt), -EINVAL);
	pt = self->p.hwpt;
	CHECK_ERRNO(__vfio_attach(&self->vm.a.v, &pt), 0);
	CHECK_ERRNO(attach(self, PASID, self->p.hwpt), 0);
	pt = plain;
	CHECK_ERRNO(__vfio_attach(&self->vm.a.v, &pt), -EINVAL);
	CHECK_ERRNO(__vfio_detach(&self->vm.a.v), 0);
	CHECK_ERRNO(__vfio_attach(&self->vm.a.v, &pt), -EINVAL);
	CHECK_ERRNO(detach(self, PASID), 0);
	CHECK_ERRNO(__vfio_attach(&self->vm.a.v, &pt), 0);
	CHECK_ERRNO(__vfio_detach(&self->vm.a.v), 0);
}

TEST_F(pasid_attach, arguments_are_checked)
{
	struct vfio_cdev_attach_arg a = {
		.argsz = sizeof(a),
		.flags = VFIO_CDEV_PASID,
		.pt_id = self->p.hwpt,
		.pasid = PASID,
	};
	struct vfio_cdev_detach_arg d = {.argsz = sizeof(d), .flags = VFIO_CDEV_PASID};
	const int fd = self->vm.a.v.fd;
	u8 *mem = memory_map(2 * GUEST_PAGE);

	a.argsz = offsetof(struct vfio_cdev_attach_arg, pasid);
	CHECK_ERRNO(__iommufd_call(fd, VFIO_CDEV_IOC_ATTACH, &a), -EINVAL);
	a.argsz = offsetof(struct vfio_cdev_attach_arg, pt_id);
	CHECK_ERRNO(__iommufd_call(fd, VFIO_CDEV_IOC_ATTACH, &a), -EINVAL);
	a.argsz = sizeof(a);
	a.flags |= 2;
	CHECK_ERRNO(__iommufd_call(fd, VFIO_CDEV_IOC_ATTACH, &a), -EINVAL);
	CHECK_ERRNO(__iommufd_call(fd, VFIO_CDEV_IOC_ATTACH, NULL), -EFAULT);
	d.argsz = offsetof(struct vfio_cdev_detach_arg, pasid);
	CHECK_ERRNO(__iommufd_call(fd, VFIO_CDEV_IOC_DETACH, &d), -EINVAL);
	d.argsz = sizeof(d);
	d.flags |= 2;
	CHECK_ERRNO(__iommufd_call(fd, VFIO_CDEV_IOC_DETACH, &d), -EINVAL);
	CHECK_ERRNO(__iommufd_call(fd, VFIO_CDEV_IOC_DETACH, NULL), -EFAULT);
	/* The PASID lies behind the end of the memory. */
	a.flags = VFIO_CDEV_PASID;
	memory_unmap(mem + GUEST_PAGE, GUEST_PAGE);
	memcpy(mem + GUEST_PAGE - offsetof(struct vfio_cdev_attach_arg, pasid), &a,
	       offsetof(struct vfio_cdev_attach_arg, pasid));
	CHECK_ERRNO(__iommufd_call(fd, VFIO_CDEV_IOC_ATTACH,
				   mem + GUEST_PAGE - offsetof(struct vfio_cdev_attach_arg, pasid)),
		    -EFAULT);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, self->p.hwpt), 0);
	memory_unmap(mem, GUEST_PAGE);
}

/* DMA without PASID, through a table that was attached so; its addresses are the guest's. */
static enum svk_status write_without_pasid(FIXTURE_DATA(pasid_attach) *t, struct vaccel_queue *q)
{
	u64 gpa = guest_alloc(&t->vm.g, GUEST_PAGE);

	return vaccel_queue_run(q, svk_desc_fill(vaccel_va(gpa), ~0ull, GUEST_PAGE)).status;
}

/*
 * The id of the table cannot be given back, so the PASID is detached again: it alone, and not what
 * serves requests without PASID.
 */
TEST_F(pasid_attach, what_cannot_be_told_is_undone)
{
	const struct vfio_cdev_attach_arg arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_CDEV_PASID,
		.pt_id = self->p.hwpt,
		.pasid = PASID,
	};
	struct vfio_cdev_attach_arg *fixed = memory_map(GUEST_PAGE);
	struct vaccel_queue q;
	bool stays, other_lost;

	vfio_attach(&self->vm.a.v, self->vm.parent);
	vaccel_queue_init(&q, &self->vm.a, 0, 0);
	vaccel_queue_enable(&q, 0);
	REQUIRE_EQ(write_without_pasid(self, &q), SVK_CPL_OK);
	*fixed = arg;
	REQUIRE(!mprotect(fixed, GUEST_PAGE, PROT_READ), "mprotect: %s", strerror(errno));
	CHECK_ERRNO(__iommufd_call(self->vm.a.v.fd, VFIO_CDEV_IOC_ATTACH, fixed), -EFAULT);
	/* One that is attached has its table in use. */
	stays = __iommufd_destroy(self->vm.g.iommufd, self->p.hwpt) == -EBUSY;
	vaccel_queue_disable(&q);
	/* Destroying says -EBUSY for the nested table above it, too. */
	CHECK_ERRNO(detach(self, PASID), 0);
	if (stays)
		iommufd_destroy(self->vm.g.iommufd, self->p.hwpt);
	other_lost = !__iommufd_destroy(self->vm.g.iommufd, self->vm.parent);
	if (stays && other_lost)
		harness_xfail(_metadata, "Linux detaches the wrong table: docs/findings.md");
	else
		CHECK(!stays && !other_lost, "PASID %s, table without PASID %s",
		      stays ? "attached" : "detached", other_lost ? "detached" : "attached");
	memory_unmap(fixed, GUEST_PAGE);
}

/* Many, one busy, when the device is closed: the tables are free then, nothing is written. */
TEST_F(pasid_attach, closing_detaches_all)
{
	struct vm_process p[MANY];
	struct vaccel_queue q;
	const u64 va = VM_DMA_VA;
	unsigned int i;
	u64 gpa;

	for (i = 0; i < MANY; i++) {
		vm_process_init(&p[i], &self->vm);
		vm_process_attach(&p[i], &self->vm, PASID + i);
	}
	vaccel_queue_open(&q, &self->vm.a, 0, &p[0].s, PASID);
	gpa = guest_space_alloc(&p[0].s, va, VM_DMA_SIZE);
	vaccel_queue_submit_long(&q, &p[0].s, va, gpa, VM_DMA_SIZE);
	vm_expect_written(&self->vm.g, gpa);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, p[0].hwpt), -EBUSY);
	vaccel_close(&self->vm.a);
	vm_expect_unwritten(&self->vm.g, gpa, VM_DMA_SIZE);
	for (i = 0; i < MANY; i++)
		CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, p[i].hwpt), 0);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, self->p.hwpt), 0);
	CHECK_ERRNO(__iommufd_destroy(self->vm.g.iommufd, self->vm.parent), 0);
}

HARNESS_MAIN(pf_lend)
