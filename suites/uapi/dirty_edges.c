// SPDX-License-Identifier: GPL-2.0
/*
 * The bitmap of dirty pages at its edges: bits that begin and end in the middle of a page, a window
 * that the kernel pins and that ends within a mapping, pages of 1 byte and of 2^63. Every page that
 * the device wrote has its bit, and nothing behind the bitmap is touched. Guards
 * "iommufd/iova_bitmap: Handle recording beyond the mapped pages" (2780025e01e2), "Don't overflow
 * during division for dirty tracking".
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "pf.h"
#include "vm.h"

#define IOVA (4ULL << 30)
#define PAGES 64
#define SIZE (PAGES * GUEST_PAGE)
#define GUARD 0xa5

/* The device works without PASID, on the second stage alone. */
FIXTURE(dirty_edges)
{
	struct vm vm;
	u32 ioas;
	u32 hwpt;
	u8 *mem; /* SIZE bytes at IOVA */
	struct vaccel_queue q;
};

static int track(const FIXTURE_DATA(dirty_edges) *t, u32 flags)
{
	struct iommufd_dirty_tracking_arg arg = {
		.size = sizeof(arg),
		.flags = flags,
		.hwpt_id = t->hwpt,
	};

	return __iommufd_call(t->vm.g.iommufd, IOMMUFD_IOC_SET_DIRTY_TRACKING, &arg);
}

/* The second stage has the guest's memory, with the ring, and SIZE bytes more. */
FIXTURE_SETUP(dirty_edges)
{
	const struct guest *g = &self->vm.g;

	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	self->ioas = g->ioas;
	self->mem = memory_map_shared(SIZE);
	iommufd_map(g->iommufd, self->ioas, self->mem, IOVA, SIZE);
	self->hwpt = iommufd_hwpt_alloc(g->iommufd, self->vm.a.v.dev, self->ioas,
					IOMMUFD_HWPT_DIRTY_TRACKING);
	vfio_attach(&self->vm.a.v, self->hwpt);
	vaccel_queue_init(&self->q, &self->vm.a, 0, 0);
	vaccel_queue_enable(&self->q, 0);
	REQUIRE_ERRNO(track(self, IOMMUFD_DIRTY_ENABLE), 0);
}

FIXTURE_TEARDOWN(dirty_edges)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

static void write_at(FIXTURE_DATA(dirty_edges) *t, u64 iova, u64 size)
{
	REQUIRE_STATUS(vaccel_queue_run(&t->q, svk_desc_fill(vaccel_va(iova), 0, size)),
		       SVK_CPL_OK);
}

static void write_page(FIXTURE_DATA(dirty_edges) *t, unsigned int page)
{
	write_at(t, IOVA + page * GUEST_PAGE, GUEST_PAGE);
}

static struct iommufd_dirty_bitmap_arg bitmap(const FIXTURE_DATA(dirty_edges) *t, void *bits)
{
	return (struct iommufd_dirty_bitmap_arg){
		.size = sizeof(struct iommufd_dirty_bitmap_arg),
		.hwpt_id = t->hwpt,
		.iova = IOVA,
		.length = SIZE,
		.page_size = GUEST_PAGE,
		.data = (uintptr_t)bits,
	};
}

static int get(const FIXTURE_DATA(dirty_edges) *t, struct iommufd_dirty_bitmap_arg arg)
{
	return __iommufd_call(t->vm.g.iommufd, IOMMUFD_IOC_GET_DIRTY_BITMAP, &arg);
}

static void check_bits(const FIXTURE_DATA(dirty_edges) *t, u32 flags, u64 want)
{
	u64 bits = 0;
	struct iommufd_dirty_bitmap_arg arg = bitmap(t, &bits);

	arg.flags = flags;
	CHECK_ERRNO(get(t, arg), 0);
	CHECK(bits == want, "dirty pages: got 0x%llx, want 0x%llx", (unsigned long long)bits,
	      (unsigned long long)want);
}

TEST_F(dirty_edges, a_bit_for_each_page_written)
{
	check_bits(self, 0, 0);
	write_page(self, 0);
	write_page(self, 31);
	write_page(self, 63);
	/* A byte is enough, and a page boundary makes two. */
	write_at(self, IOVA + 8 * GUEST_PAGE - 8, 16);
	check_bits(self, IOMMUFD_DIRTY_NO_CLEAR, 1ull << 63 | 1ull << 31 | 3ull << 7 | 1);
	check_bits(self, 0, 1ull << 63 | 1ull << 31 | 3ull << 7 | 1);
	check_bits(self, 0, 0);
	/* Written again, through what is cached. */
	write_page(self, 31);
	check_bits(self, 0, 1ull << 31);
}

TEST_F(dirty_edges, reading_is_not_writing)
{
	REQUIRE_STATUS(vaccel_queue_run(&self->q, svk_desc_crc32c(vaccel_va(IOVA), 0, SIZE)),
		       SVK_CPL_OK);
	check_bits(self, 0, 0);
}

TEST_F(dirty_edges, switched_on_anew_it_begins_at_nothing)
{
	write_page(self, 1);
	CHECK_ERRNO(track(self, 0), 0);
	write_page(self, 2);
	CHECK_ERRNO(track(self, IOMMUFD_DIRTY_ENABLE), 0);
	check_bits(self, 0, 0);
	write_page(self, 3);
	check_bits(self, 0, 1ull << 3);
}

/* Part of the range, and a bitmap that begins and ends anywhere in a page, or crosses two. */
TEST_F(dirty_edges, the_bitmap_may_be_anywhere)
{
	static const unsigned int firsts[] = {0, 1, 7, 8, 13};
	u8 *mem = memory_map(2 * GUEST_PAGE);
	unsigned int i, count, off;

	for (i = 0; i < ARRAY_SIZE(firsts); i++) {
		for (count = 1; count <= 17; count += 8) {
			struct iommufd_dirty_bitmap_arg arg;
			u8 want[4] = {0};
			unsigned int used = (count + 7) / 8;

			off = (unsigned int)GUEST_PAGE - i;
			memset(mem, GUARD, 2 * GUEST_PAGE);
			memset(mem + off, 0, used);
			write_page(self, firsts[i]);
			write_page(self, firsts[i] + count - 1);
			/* Just outside of the range. */
			write_page(self, firsts[i] + count);
			want[0] |= 1;
			want[(count - 1) / 8] |= 1 << (count - 1) % 8;
			arg = bitmap(self, mem + off);
			arg.iova += firsts[i] * GUEST_PAGE;
			arg.length = count * GUEST_PAGE;
			CHECK_ERRNO(get(self, arg), 0);
			CHECK(!memcmp(mem + off, want, used),
			      "%u pages from %u: the first byte is 0x%x, want 0x%x", count,
			      firsts[i], mem[off], want[0]);
			CHECK_EQ(memory_diff_byte(mem, off, GUARD), off);
			CHECK_EQ(memory_diff_byte(mem + off + used, 2 * GUEST_PAGE - off - used,
						  GUARD),
				 2 * GUEST_PAGE - off - used);
			check_bits(self, 0, 1ull << (firsts[i] + count));
		}
	}
	memory_unmap(mem, 2 * GUEST_PAGE);
}

/* A bit for each byte, for half a page, for eight pages, for everything. */
TEST_F(dirty_edges, pages_of_other_sizes)
{
	const u64 bytes = SIZE / 8;
	u8 *mem = memory_map(bytes + GUEST_PAGE);
	struct iommufd_dirty_bitmap_arg arg = bitmap(self, mem);

	write_page(self, 9);
	arg.flags = IOMMUFD_DIRTY_NO_CLEAR;
	arg.page_size = 1;
	CHECK_ERRNO(get(self, arg), 0);
	CHECK_EQ(memory_diff_byte(mem, 9 * 512, 0), 9 * 512);
	CHECK_EQ(memory_diff_byte(mem + 9 * 512, 512, 0xff), 512);
	CHECK_EQ(memory_diff_byte(mem + 10 * 512, bytes - 10 * 512, 0), bytes - 10 * 512);
	memset(mem, 0, bytes);
	arg.page_size = GUEST_PAGE / 2;
	CHECK_ERRNO(get(self, arg), 0);
	CHECK_EQ(mem[2], 3 << 2);
	memset(mem, 0, bytes);
	arg.page_size = 8 * GUEST_PAGE;
	CHECK_ERRNO(get(self, arg), 0);
	CHECK_EQ(mem[0], 1 << 1);
	memory_unmap(mem, bytes + GUEST_PAGE);
}

/* One bit for half of all addresses: the range begins at 0, where the guest's memory is. */
TEST_F(dirty_edges, a_page_of_half_of_all)
{
	u8 *mem = memory_map(GUEST_PAGE);
	struct iommufd_dirty_bitmap_arg arg = bitmap(self, mem);
	u64 gpa = guest_alloc(&self->vm.g, GUEST_PAGE);

	memset(mem, GUARD, GUEST_PAGE);
	mem[0] = 0;
	write_at(self, gpa, GUEST_PAGE);
	arg.iova = 0;
	arg.length = 1ull << 63;
	arg.page_size = 1ull << 63;
	CHECK_ERRNO(get(self, arg), 0);
	CHECK_EQ(mem[0], 1);
	CHECK_EQ(memory_diff_byte(mem + 1, GUEST_PAGE - 1, GUARD), GUEST_PAGE - 1);
	memory_unmap(mem, GUEST_PAGE);
}

TEST_F(dirty_edges, wrong_arguments)
{
	u64 bits = 0;
	const struct iommufd_dirty_bitmap_arg good = bitmap(self, &bits);
	struct iommufd_dirty_bitmap_arg arg = good;

	arg.length = 0;
	CHECK_ERRNO(get(self, arg), -EINVAL);
	arg = good;
	arg.iova += 8;
	CHECK_ERRNO(get(self, arg), -EINVAL);
	arg = good;
	arg.length -= 8;
	CHECK_ERRNO(get(self, arg), -EINVAL);
	arg = good;
	arg.page_size = 0;
	CHECK_ERRNO(get(self, arg), -EINVAL);
	arg.page_size = 128 * GUEST_PAGE;
	CHECK_ERRNO(get(self, arg), -EINVAL);
	arg = good;
	arg.iova = ~0ull - GUEST_PAGE + 1;
	CHECK_ERRNO(get(self, arg), -EOVERFLOW);
	arg = good;
	arg.flags = 2;
	CHECK_ERRNO(get(self, arg), -EOPNOTSUPP);
	arg = good;
	arg.reserved = 1;
	CHECK_ERRNO(get(self, arg), -EOPNOTSUPP);
	arg = good;
	arg.hwpt_id = self->ioas;
	CHECK_ERRNO(get(self, arg), -ENOENT);
	arg.hwpt_id = self->vm.parent;
	CHECK_ERRNO(get(self, arg), -EOPNOTSUPP);
	CHECK_EQ(bits, 0);
}

/* What cannot be told has to stay to be told: else a migration leaves the page behind. */
TEST_F(dirty_edges, a_bitmap_that_is_not_there)
{
	u8 *hole = memory_hole(GUEST_PAGE);
	u64 bits = 0;
	int ret;

	write_page(self, 5);
	ret = get(self, bitmap(self, hole));
	CHECK_ERRNO(get(self, bitmap(self, &bits)), 0);
	if (!ret && !bits) {
		harness_xfail(_metadata, "success, and the bits are lost: docs/findings.md");
		return;
	}
	CHECK_ERRNO(ret, -EFAULT);
	CHECK_EQ(bits, 1ull << 5);
}

/* So says iommu_hwpt_get_dirty_bitmap() of what is not mapped, and drops what it says. */
TEST_F(dirty_edges, a_range_with_a_hole)
{
	u64 bits[2] = {0};
	struct iommufd_dirty_bitmap_arg arg = bitmap(self, bits);
	int ret;

	write_page(self, 63);
	arg.length += GUEST_PAGE;
	ret = get(self, arg);
	CHECK_EQ(bits[0], 1ull << 63);
	CHECK_EQ(bits[1], 0);
	if (!ret)
		harness_xfail(_metadata, "success for a range that is not mapped: "
					 "docs/findings.md");
	else
		CHECK_ERRNO(ret, -EINVAL);
}

/*
 * A page of memory has 512 bytes of bitmap, with a bit for each byte, and only the first half of
 * them is there: the kernel pins one page where it wants two, and may not go beyond it.
 */
TEST_F(dirty_edges, a_bitmap_that_ends_too_soon)
{
	u8 *mem = memory_map(2 * GUEST_PAGE);
	struct iommufd_dirty_bitmap_arg arg = bitmap(self, mem + GUEST_PAGE - 256);

	memory_unmap(mem + GUEST_PAGE, GUEST_PAGE);
	write_page(self, 0);
	arg.length = GUEST_PAGE;
	arg.page_size = 1;
	/* It says success: a_bitmap_that_is_not_there. */
	get(self, arg);
	CHECK_EQ(memory_diff_byte(mem, GUEST_PAGE - 256, 0), GUEST_PAGE - 256);
	CHECK_EQ(memory_diff_byte(mem + GUEST_PAGE - 256, 256, 0xff), 256);
	memory_unmap(mem, GUEST_PAGE);
}

/*
 * The kernel pins 2 MiB of the bitmap at a time: with a bit for each byte that is 16 MiB of memory,
 * and if the bitmap does not begin with a page, it ends within one.
 */
TEST_F(dirty_edges, beyond_what_is_pinned)
{
	const u64 size = 32ull << 20, bytes = size / 8, at = 8ull << 30;
	u8 *mem = memory_map_shared(size);
	u8 *bits = memory_map(bytes + 2 * GUEST_PAGE);
	struct iommufd_dirty_bitmap_arg arg = bitmap(self, bits + 8);

	iommufd_map(self->vm.g.iommufd, self->ioas, mem, at, size);
	write_at(self, at, size);
	memset(bits, 0, bytes + 2 * GUEST_PAGE);
	arg.iova = at;
	arg.length = size;
	arg.page_size = 1;
	CHECK_ERRNO(get(self, arg), 0);
	CHECK_EQ(memory_diff_byte(bits, 8, 0), 8);
	CHECK_EQ(memory_diff_byte(bits + 8, bytes, 0xff), bytes);
	CHECK_EQ(memory_diff_byte(bits + 8 + bytes, 2 * GUEST_PAGE - 8, 0), 2 * GUEST_PAGE - 8);
	iommufd_unmap(self->vm.g.iommufd, self->ioas, at, size);
	memory_unmap(bits, bytes + 2 * GUEST_PAGE);
	memory_unmap(mem, size);
}

HARNESS_MAIN(pf_lend)
