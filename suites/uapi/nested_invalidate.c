// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU_HWPT_INVALIDATE of a first stage: an entry that is right reaches every cache, one that is
 * wrong has its errno, and the number that comes back is that of those done. The driver takes what
 * a guest has written into its invalidation queue; nothing it writes may make an invalidation
 * smaller than what it asked for. Guards intel_nested_cache_invalidate_user(), and "iommu/vt-d: Fix
 * ineffective devTLB invalidation for subdevices" (7c29ada5e700), "Flush piotlb for SVM and Nested
 * domain" (04b1b069f151).
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define VA 0x400000000000ULL
#define PAGES 8
#define ENTRIES_MAX (1u << 19)

FIXTURE(nested_invalidate)
{
	struct vm vm;
	struct vm_process p;
	struct vaccel_queue q;
};

static struct svk_result write_page(FIXTURE_DATA(nested_invalidate) *t, unsigned int page)
{
	return vaccel_queue_run(&t->q, svk_desc_fill(vaccel_va(VA + page * GUEST_PAGE), ~0ull,
						     GUEST_PAGE));
}

/* Every page is in the caches of unit and device. */
FIXTURE_SETUP(nested_invalidate)
{
	unsigned int i;

	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	vm_process_init(&self->p, &self->vm);
	vm_process_attach(&self->p, &self->vm, PASID);
	vaccel_queue_open(&self->q, &self->vm.a, 0, &self->p.s, PASID);
	guest_space_alloc(&self->p.s, VA, PAGES * GUEST_PAGE);
	for (i = 0; i < PAGES; i++)
		REQUIRE_STATUS(write_page(self, i), SVK_CPL_OK);
}

FIXTURE_TEARDOWN(nested_invalidate)
{
	/* Whatever a test has left behind it says itself. */
	iommufd_invalidate(self->vm.g.iommufd, self->p.hwpt, 0, ~0ull);
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

/* The guest takes a page away, and does not say so yet. */
static void take(FIXTURE_DATA(nested_invalidate) *t, unsigned int page)
{
	guest_space_unmap(&t->p.s, VA + page * GUEST_PAGE, GUEST_PAGE);
}

static void check_reached(FIXTURE_DATA(nested_invalidate) *t, unsigned int page)
{
	CHECK_STATUS(write_page(t, page), SVK_CPL_OK);
}

static void check_gone(FIXTURE_DATA(nested_invalidate) *t, unsigned int page)
{
	struct svk_result res = write_page(t, page);

	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.fault_addr, VA + page * GUEST_PAGE);
}

static struct iommufd_vtd_invalidate range(unsigned int page, u64 pages)
{
	return (struct iommufd_vtd_invalidate){.addr = VA + page * GUEST_PAGE, .npages = pages};
}

static struct iommufd_invalidate_arg request(const FIXTURE_DATA(nested_invalidate) *t,
					     const struct iommufd_vtd_invalidate *entries,
					     u32 count)
{
	return (struct iommufd_invalidate_arg){
		.size = sizeof(struct iommufd_invalidate_arg),
		.hwpt_id = t->p.hwpt,
		.data_uptr = (uintptr_t)entries,
		.entry_len = sizeof(*entries),
		.entry_num = count,
	};
}

/* Expect an errno, and that so many entries have been done. */
static void check_request(const FIXTURE_DATA(nested_invalidate) *t,
			  struct iommufd_invalidate_arg arg, int want, u32 done)
{
	CHECK_ERRNO(__iommufd_call(t->vm.g.iommufd, IOMMUFD_IOC_HWPT_INVALIDATE, &arg), want);
	CHECK_EQ(arg.entry_num, done);
}

static void check_entry(const FIXTURE_DATA(nested_invalidate) *t,
			struct iommufd_vtd_invalidate entry, int want)
{
	check_request(t, request(t, &entry, 1), want, want ? 0 : 1);
}

TEST_F(nested_invalidate, reaches_the_page_and_no_other)
{
	take(self, 2);
	take(self, 5);
	check_reached(self, 2);
	check_entry(self, range(2, 1), 0);
	check_gone(self, 2);
	check_reached(self, 5);
	check_reached(self, 1);
	check_entry(self, range(5, 1), 0);
	check_gone(self, 5);
	oracle_invalidated();
}

/* Ranges that are no power of two, and cross several. */
TEST_F(nested_invalidate, odd_ranges_are_covered)
{
	unsigned int i;

	for (i = 1; i < 7; i++)
		take(self, i);
	check_entry(self, range(1, 3), 0);
	for (i = 1; i < 4; i++)
		check_gone(self, i);
	check_entry(self, range(3, 4), 0);
	for (i = 4; i < 7; i++)
		check_gone(self, i);
	oracle_invalidated();
}

TEST_F(nested_invalidate, everything_is_zero_and_all_ones)
{
	const struct iommufd_vtd_invalidate all = {.npages = ~0ull};

	take(self, 0);
	take(self, 7);
	check_reached(self, 7);
	check_entry(self, all, 0);
	check_gone(self, 0);
	check_gone(self, 7);
	oracle_invalidated();
}

TEST_F(nested_invalidate, leaf_alone_will_do)
{
	struct iommufd_vtd_invalidate entry = range(3, 1);

	take(self, 3);
	entry.flags = IOMMUFD_VTD_INV_LEAF;
	check_entry(self, entry, 0);
	check_gone(self, 3);
	oracle_invalidated();
}

TEST_F(nested_invalidate, wrong_entries_are_refused)
{
	struct iommufd_vtd_invalidate entry;

	take(self, 4);
	entry = range(4, 1);
	entry.addr += 0x800;
	check_entry(self, entry, -EINVAL);
	check_entry(self, range(4, ~0ull), -EINVAL);
	entry = range(4, 1);
	entry.flags = 2;
	check_entry(self, entry, -EOPNOTSUPP);
	entry = range(4, 1);
	entry.reserved = 1;
	check_entry(self, entry, -EOPNOTSUPP);
	/* Refused is refused. */
	check_reached(self, 4);
	check_entry(self, range(4, 1), 0);
	check_gone(self, 4);
	oracle_invalidated();
}

TEST_F(nested_invalidate, what_is_done_is_counted)
{
	struct iommufd_vtd_invalidate entries[] = {range(1, 1), range(2, ~0ull), range(3, 1)};

	take(self, 1);
	take(self, 3);
	check_request(self, request(self, entries, 3), -EINVAL, 1);
	check_gone(self, 1);
	check_reached(self, 3);
	entries[1] = range(2, 1);
	check_request(self, request(self, entries, 3), 0, 3);
	check_gone(self, 3);
	check_reached(self, 2);
	oracle_invalidated();
}

/* The second of two entries is not there. */
TEST_F(nested_invalidate, entries_that_end_in_nothing)
{
	u8 *mem = memory_map(2 * GUEST_PAGE);
	struct iommufd_vtd_invalidate *entry = (void *)(mem + GUEST_PAGE - sizeof(*entry));

	memory_unmap(mem + GUEST_PAGE, GUEST_PAGE);
	take(self, 6);
	*entry = range(6, 1);
	check_request(self, request(self, entry, 2), -EFAULT, 1);
	check_gone(self, 6);
	oracle_invalidated();
	memory_unmap(mem, GUEST_PAGE);
}

TEST_F(nested_invalidate, wrong_requests_are_refused)
{
	struct iommufd_vtd_invalidate entry = range(0, 1);
	const struct iommufd_invalidate_arg good = request(self, &entry, 1);
	struct iommufd_invalidate_arg arg;

	/* How a VMM asks whether the type is known. */
	arg = good;
	arg.entry_num = 0;
	check_request(self, arg, 0, 0);
	arg.data_type = 1;
	check_request(self, arg, -EINVAL, 0);

	arg = good;
	arg.entry_num = ENTRIES_MAX + 1;
	check_request(self, arg, -EINVAL, 0);
	arg = good;
	arg.data_uptr = 0;
	check_request(self, arg, -EINVAL, 0);
	arg = good;
	arg.entry_len = 0;
	check_request(self, arg, -EINVAL, 0);
	arg.entry_len = sizeof(entry) - 4;
	check_request(self, arg, -EINVAL, 0);
	/* Of a newer header: Linux takes none, not even with zeros behind what it knows. */
	arg.entry_len = sizeof(entry) + 8;
	check_request(self, arg, -EINVAL, 0);
	arg.entry_len = (u32)memory_page() + 8;
	check_request(self, arg, -EINVAL, 0);
	arg = good;
	arg.reserved = 1;
	check_request(self, arg, -EOPNOTSUPP, 0);
	arg = good;
	arg.hwpt_id = self->vm.parent;
	check_request(self, arg, -EINVAL, 0);
	arg.hwpt_id = self->vm.g.ioas;
	check_request(self, arg, -EINVAL, 0);
	arg.hwpt_id = ~0u;
	check_request(self, arg, -ENOENT, 0);
}

/* As many as may be, all in one call; the unit and the device are done with the last. */
TEST_F(nested_invalidate, a_long_list)
{
	const unsigned int count = 4096;
	struct iommufd_vtd_invalidate *entries = memory_map(count * sizeof(*entries));
	unsigned int i;

	take(self, 7);
	for (i = 0; i < count; i++)
		entries[i] = range(i + 1 < count ? 0 : 7, 1);
	check_request(self, request(self, entries, count), 0, count);
	check_gone(self, 7);
	oracle_invalidated();
	memory_unmap(entries, count * sizeof(*entries));
}

/* No page at all: what is not asked for may be dropped, and nothing else may happen. */
TEST_F(nested_invalidate, no_page)
{
	check_entry(self, range(0, 0), 0);
	check_entry(self, range(1, 0), 0);
	check_entry(self, (struct iommufd_vtd_invalidate){0}, 0);
	check_reached(self, 0);
	take(self, 1);
	check_entry(self, range(1, 1), 0);
	check_gone(self, 1);
	oracle_invalidated();
}

/*
 * So many pages that their bytes do not fit into 64 bits: a range to the end of all addresses, or
 * an error. Either will do, but that the call succeeds while the device goes on.
 */
TEST_F(nested_invalidate, more_pages_than_there_are)
{
	struct iommufd_vtd_invalidate entry = range(0, (1ull << 52) + 1);
	struct iommufd_invalidate_arg arg = request(self, &entry, 1);
	struct svk_result res;
	int ret;

	take(self, 4);
	ret = __iommufd_call(self->vm.g.iommufd, IOMMUFD_IOC_HWPT_INVALIDATE, &arg);
	res = write_page(self, 4);
	check_entry(self, range(4, 1), 0);
	check_gone(self, 4);
	oracle_invalidated();
	if (!ret && res.status == SVK_CPL_OK) {
		harness_xfail(_metadata, "2^52 + 1 pages are taken for one: docs/findings.md");
		return;
	}
	if (ret)
		CHECK_ERRNO(ret, -EINVAL);
	else
		CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
}

HARNESS_MAIN(pf_lend)
