// SPDX-License-Identifier: GPL-2.0
/*
 * A portal stays where it was mapped: mremap() of it, to grow, to move or to copy it, is refused
 * and changes nothing; unmapping it, twice, takes nothing away twice.
 *
 * Would have caught CVE-2026-23056 (uacce: a portal that was moved is freed twice).
 */
#include <errno.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define SIZE 4096

FIXTURE(remap_portal)
{
	struct svk_queue q;
	u8 *src;
	u8 *dst;
	u8 *elsewhere; /* reserved, so that nothing of the test gets there */
	size_t page;
};

FIXTURE_SETUP(remap_portal)
{
	harness_begin(_metadata);
	self->page = memory_page();
	self->src = memory_map(SIZE);
	self->dst = memory_map(SIZE);
	self->elsewhere = memory_hole(2 * self->page);
	memory_pattern(self->src, SIZE, 1);
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(remap_portal)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

static int remap(void *addr, size_t old_size, size_t size, int flags, void *to)
{
	return mremap(addr, old_size, size, flags, to) == MAP_FAILED ? -errno : 0;
}

static void expect_works(FIXTURE_DATA(remap_portal) *t)
{
	CHECK(memory_is_mapped(t->q.portal), "the portal is not where it was");
	CHECK_STATUS(svk_queue_run(&t->q, svk_desc_copy(t->dst, t->src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(t->src, t->dst, SIZE), SIZE);
}

TEST_F(remap_portal, moving_is_eperm)
{
	CHECK_ERRNO(remap(self->q.portal, self->page, self->page, MREMAP_MAYMOVE | MREMAP_FIXED,
			  self->elsewhere),
		    -EPERM);
	CHECK(!memory_is_mapped(self->elsewhere), "a second portal was left behind");
	expect_works(self);
}

/* VM_DONTEXPAND: it cannot grow, wherever. */
TEST_F(remap_portal, growing_is_efault)
{
	CHECK_ERRNO(remap(self->q.portal, self->page, 2 * self->page, 0, NULL), -EFAULT);
	CHECK_ERRNO(remap(self->q.portal, self->page, 2 * self->page, MREMAP_MAYMOVE, NULL),
		    -EFAULT);
	expect_works(self);
}

/* Neither a copy, as old size 0 asks for, nor one that leaves the old one. */
TEST_F(remap_portal, copying_is_refused)
{
	CHECK(remap(self->q.portal, 0, self->page, MREMAP_MAYMOVE, NULL) < 0,
	      "there are two portals");
	CHECK(remap(self->q.portal, self->page, self->page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		    NULL) < 0,
	      "there are two portals");
	expect_works(self);
}

/* What is left behind is unmapped, and uacce takes that for the end of the portal. */
TEST_F(remap_portal, refused_it_is_still_known)
{
	void *second;
	int ret;

	CHECK_ERRNO(remap(self->q.portal, self->page, self->page, MREMAP_MAYMOVE | MREMAP_FIXED,
			  self->elsewhere),
		    -EPERM);
	ret = __svk_queue_map_portal(self->q.fd, &second);
	expect_works(self);
	if (!ret) {
		munmap(second, self->page);
		harness_xfail(_metadata, "uacce forgets a portal whose mremap() it refuses, and "
					 "maps it twice: docs/findings.md");
		return;
	}
	CHECK_ERRNO(ret, -EEXIST);
}

TEST_F(remap_portal, unmapped_twice_it_is_gone_once)
{
	unsigned int before = svk_device_instances();
	void *portal = self->q.portal;

	CHECK_ERRNO(remap(portal, self->page, self->page, MREMAP_MAYMOVE | MREMAP_FIXED,
			  self->elsewhere),
		    -EPERM);
	CHECK_EQ(munmap(portal, self->page), 0);
	CHECK_EQ(munmap(portal, self->page), 0);
	CHECK_EQ(munmap(self->elsewhere, self->page), 0);
	CHECK_EQ(svk_device_instances(), before);
	/* and it can be mapped anew */
	REQUIRE_ERRNO(__svk_queue_map_portal(self->q.fd, &self->q.portal), 0);
	expect_works(self);
}

HARNESS_MAIN(svk_require)
