// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU_HWPT_ALLOC on the real driver: every combination of flags, from an address space and on top
 * of a second stage, has the errno of this table, and a page table that was made can do what its
 * flags say, and nothing else. A change of the checks in hw_pagetable.c, iommu.c or nested.c shows
 * here: "iommufd: Enforce PASID-compatible domain for RID" made what is said of PASID, "iommufd:
 * Disallow allocating nested parent domain with fault ID" the errno of NEST_PARENT with FAULT_ID.
 */
#include <errno.h>
#include <stdint.h>

#include "fault_queue.h"
#include "harness.h"
#include "iommufd.h"
#include "pf.h"
#include "vm.h"

#define NEST IOMMUFD_HWPT_NEST_PARENT
#define DIRTY IOMMUFD_HWPT_DIRTY_TRACKING
#define FAULT IOMMUFD_HWPT_FAULT_ID
#define PASID IOMMUFD_HWPT_PASID
#define FLAGS 16 /* combinations */
#define UNKNOWN 0x10
#define AT 77 /* the PASID that is tried */

FIXTURE(hwpt_flags)
{
	struct vm vm;
	struct fault_queue f;
	struct guest_space s;
};

FIXTURE_SETUP(hwpt_flags)
{
	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	fault_queue_init(&self->f, self->vm.g.iommufd);
	guest_space_init(&self->s, &self->vm.g);
}

FIXTURE_TEARDOWN(hwpt_flags)
{
	fault_queue_close(&self->f);
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

/* As the driver wants it; tests spoil it. */
static struct iommufd_hwpt_alloc_arg paging(const FIXTURE_DATA(hwpt_flags) *t, u32 flags)
{
	return (struct iommufd_hwpt_alloc_arg){
		.size = sizeof(struct iommufd_hwpt_alloc_arg),
		.flags = flags,
		.dev_id = t->vm.a.v.dev,
		.pt_id = t->vm.g.ioas,
		.fault_id = t->f.id,
	};
}

static struct iommufd_hwpt_alloc_arg nested(const FIXTURE_DATA(hwpt_flags) *t, u32 flags,
					    struct iommufd_vtd_s1 *stage)
{
	struct iommufd_hwpt_alloc_arg arg = paging(t, flags);

	*stage = (struct iommufd_vtd_s1){.pgtbl_addr = t->s.root, .addr_width = 48};
	arg.pt_id = t->vm.parent;
	arg.data_type = IOMMUFD_DATA_VTD_S1;
	arg.data_len = sizeof(*stage);
	arg.data_uptr = (uintptr_t)stage;
	return arg;
}

static int alloc(const FIXTURE_DATA(hwpt_flags) *t, struct iommufd_hwpt_alloc_arg *arg)
{
	return __iommufd_call(t->vm.g.iommufd, IOMMUFD_IOC_HWPT_ALLOC, arg);
}

static int track(const FIXTURE_DATA(hwpt_flags) *t, u32 hwpt, u32 flags)
{
	struct iommufd_dirty_tracking_arg arg = {
		.size = sizeof(arg),
		.flags = flags,
		.hwpt_id = hwpt,
	};

	return __iommufd_call(t->vm.g.iommufd, IOMMUFD_IOC_SET_DIRTY_TRACKING, &arg);
}

static const char *flags_name(u32 flags)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s%s%s%s%s", flags ? "" : "none ",
		 flags & NEST ? "NEST_PARENT " : "", flags & DIRTY ? "DIRTY_TRACKING " : "",
		 flags & FAULT ? "FAULT_ID " : "", flags & PASID ? "PASID " : "");
	return text;
}

static void check(u32 flags, const char *what, int got, int want, const char *why)
{
	CHECK(got == want, "flags %s: %s: got %s, want %s: %s", flags_name(flags), what,
	      got ? strerror(-got) : "success", want ? strerror(-want) : "success", why);
}

/* Attaching without PASID, and at one; a table for one PASID serves neither if PASID is missing. */
static void check_attach(const FIXTURE_DATA(hwpt_flags) *t, u32 flags, u32 hwpt)
{
	const struct vfio *v = &t->vm.a.v;
	u32 pt = hwpt;
	int ret = __vfio_attach(v, &pt);

	check(flags, "attach without PASID", ret, 0, "any table can serve these");
	if (!ret)
		CHECK_ERRNO(__vfio_detach(v), 0);
	ret = __vfio_attach_pasid(v, AT, &pt);
	check(flags, "attach at a PASID", ret, flags & PASID ? 0 : -EINVAL,
	      "iommufd_hwpt_pasid_compat(): only with PASID");
	if (!ret)
		CHECK_ERRNO(__vfio_detach_pasid(v, AT), 0);
}

/* What else a page table of an address space can do. */
static void check_paging(const FIXTURE_DATA(hwpt_flags) *t, u32 flags, u32 hwpt)
{
	struct iommufd_hwpt_alloc_arg arg;
	struct iommufd_vtd_s1 stage;
	int ret;

	check(flags, "dirty tracking", track(t, hwpt, IOMMUFD_DIRTY_ENABLE),
	      flags & DIRTY ? 0 : -EOPNOTSUPP, "the domain has dirty_ops only with DIRTY_TRACKING");
	arg = nested(t, 0, &stage);
	arg.pt_id = hwpt;
	ret = alloc(t, &arg);
	check(flags, "a first stage on top", ret, flags & NEST ? 0 : -EINVAL,
	      "iommufd_hwpt_nested_alloc(): only with NEST_PARENT");
	if (!ret)
		iommufd_destroy(t->vm.g.iommufd, arg.out_hwpt_id);
}

/* Without NEST_PARENT and DIRTY_TRACKING Linux makes a first stage, with either a second stage. */
TEST_F(hwpt_flags, from_an_address_space)
{
	struct iommufd_hwpt_alloc_arg arg;
	u32 flags;
	int ret, want;

	for (flags = 0; flags < FLAGS; flags++) {
		/* Faults of a second stage concern nobody: iommufd_hwpt_paging_alloc(). */
		want = (flags & NEST) && (flags & FAULT) ? -EOPNOTSUPP : 0;
		arg = paging(self, flags);
		ret = alloc(self, &arg);
		check(flags, "page table of an IOAS", ret, want,
		      "NEST_PARENT excludes FAULT_ID, and nothing else is excluded");
		if (ret)
			continue;
		check_attach(self, flags, arg.out_hwpt_id);
		check_paging(self, flags, arg.out_hwpt_id);
		iommufd_destroy(self->vm.g.iommufd, arg.out_hwpt_id);
	}
}

TEST_F(hwpt_flags, on_a_second_stage)
{
	struct iommufd_hwpt_alloc_arg arg;
	struct iommufd_vtd_s1 stage;
	u32 flags;
	int ret;

	for (flags = 0; flags < FLAGS; flags++) {
		arg = nested(self, flags, &stage);
		ret = alloc(self, &arg);
		check(flags, "first stage", ret, flags & (NEST | DIRTY) ? -EOPNOTSUPP : 0,
		      "nesting and dirty tracking are the second stage's");
		if (ret)
			continue;
		check_attach(self, flags, arg.out_hwpt_id);
		check(flags, "dirty tracking", track(self, arg.out_hwpt_id, IOMMUFD_DIRTY_ENABLE),
		      -ENOENT, "it is no object of type HWPT_PAGING");
		iommufd_destroy(self->vm.g.iommufd, arg.out_hwpt_id);
	}
}

TEST_F(hwpt_flags, unknown_ones_are_refused)
{
	struct iommufd_hwpt_alloc_arg arg = paging(self, UNKNOWN);
	struct iommufd_vtd_s1 stage;
	u32 hwpt;

	CHECK_ERRNO(alloc(self, &arg), -EOPNOTSUPP);
	arg = nested(self, UNKNOWN, &stage);
	CHECK_ERRNO(alloc(self, &arg), -EOPNOTSUPP);
	arg = paging(self, 0);
	arg.reserved = 1;
	CHECK_ERRNO(alloc(self, &arg), -EOPNOTSUPP);
	hwpt = iommufd_hwpt_alloc(self->vm.g.iommufd, self->vm.a.v.dev, self->vm.g.ioas, DIRTY);
	CHECK_ERRNO(track(self, hwpt, 2), -EOPNOTSUPP);
}

/* What there is to put a table on. */
TEST_F(hwpt_flags, only_on_a_parent)
{
	struct iommufd_hwpt_alloc_arg arg;
	struct iommufd_vtd_s1 stage;
	u32 first, table, pt;

	arg = nested(self, PASID, &stage);
	REQUIRE_ERRNO(alloc(self, &arg), 0);
	table = arg.out_hwpt_id;
	first = iommufd_hwpt_alloc(self->vm.g.iommufd, self->vm.a.v.dev, self->vm.g.ioas, 0);

	arg = nested(self, 0, &stage);
	arg.pt_id = table;
	CHECK_ERRNO(alloc(self, &arg), -EINVAL);
	arg.pt_id = first;
	CHECK_ERRNO(alloc(self, &arg), -EINVAL);
	arg.pt_id = self->vm.a.v.dev;
	CHECK_ERRNO(alloc(self, &arg), -EINVAL);
	arg.pt_id = ~0u;
	CHECK_ERRNO(alloc(self, &arg), -EINVAL);

	/* Nor on one that iommufd made by itself. */
	pt = self->vm.g.ioas;
	REQUIRE_ERRNO(__vfio_attach(&self->vm.a.v, &pt), 0);
	CHECK(pt != self->vm.g.ioas, "no table came back");
	arg.pt_id = pt;
	CHECK_ERRNO(alloc(self, &arg), -EINVAL);
	CHECK_ERRNO(__vfio_detach(&self->vm.a.v), 0);
}

TEST_F(hwpt_flags, data_has_to_fit)
{
	struct iommufd_hwpt_alloc_arg arg;
	struct iommufd_vtd_s1 stage;

	/* Data without a type, a type without data. */
	arg = nested(self, 0, &stage);
	arg.data_type = IOMMUFD_DATA_NONE;
	CHECK_ERRNO(alloc(self, &arg), -EINVAL);
	arg = nested(self, 0, &stage);
	arg.data_len = 0;
	CHECK_ERRNO(alloc(self, &arg), -EINVAL);
	/* Neither on a parent; a first stage from an IOAS; of another make; of an older size. */
	arg = paging(self, 0);
	arg.pt_id = self->vm.parent;
	CHECK_ERRNO(alloc(self, &arg), -EOPNOTSUPP);
	arg = nested(self, 0, &stage);
	arg.pt_id = self->vm.g.ioas;
	CHECK_ERRNO(alloc(self, &arg), -EOPNOTSUPP);
	arg = nested(self, 0, &stage);
	arg.data_type = IOMMUFD_DATA_VTD_S1 + 1;
	CHECK_ERRNO(alloc(self, &arg), -EOPNOTSUPP);
	arg = nested(self, 0, &stage);
	arg.data_len = sizeof(stage) - 4;
	CHECK_ERRNO(alloc(self, &arg), -EINVAL);
	arg = nested(self, 0, &stage);
	arg.data_uptr = 0;
	CHECK_ERRNO(alloc(self, &arg), -EFAULT);
}

TEST_F(hwpt_flags, objects_have_to_be_there)
{
	struct iommufd_hwpt_alloc_arg arg = paging(self, 0);

	arg.dev_id = self->vm.g.ioas;
	CHECK_ERRNO(alloc(self, &arg), -ENOENT);
	/* A fault queue that is none, and what was made before that was found out is gone. */
	arg = paging(self, FAULT);
	arg.fault_id = self->vm.a.v.dev;
	CHECK_ERRNO(alloc(self, &arg), -ENOENT);
	arg.fault_id = ~0u;
	CHECK_ERRNO(alloc(self, &arg), -ENOENT);
	iommufd_destroy(self->vm.g.iommufd, self->vm.parent);
	iommufd_destroy(self->vm.g.iommufd, self->vm.g.ioas);
}

/*
 * What only attaching finds out: the width of the first stage, and bits that the unit lacks (SRE
 * needs ECAP.SRS, EAFE ECAP.EAFS).
 */
TEST_F(hwpt_flags, first_stage_is_checked_at_attach)
{
	struct iommufd_hwpt_alloc_arg arg;
	struct iommufd_vtd_s1 stage;
	u32 pt;

	arg = nested(self, PASID, &stage);
	stage.addr_width = 39;
	REQUIRE_ERRNO(alloc(self, &arg), 0);
	pt = arg.out_hwpt_id;
	CHECK_ERRNO(__vfio_attach_pasid(&self->vm.a.v, AT, &pt), -EINVAL);
	CHECK_ERRNO(__vfio_attach(&self->vm.a.v, &pt), -EINVAL);
	/* Nothing of it is left: the PASID is free for another. */
	arg = nested(self, PASID, &stage);
	REQUIRE_ERRNO(alloc(self, &arg), 0);
	vfio_attach_pasid(&self->vm.a.v, AT, arg.out_hwpt_id);
	vfio_detach_pasid(&self->vm.a.v, AT);
}

HARNESS_MAIN(pf_lend)
