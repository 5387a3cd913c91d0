// SPDX-License-Identifier: GPL-2.0
/*
 * A process gets one page of the device, its own portal, and through it and the
 * driver's calls it can choose neither its PASID nor anything of another queue.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <misc/uacce/uacce.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define PAGE SVK_ACCEL_PAGE
#define RW (PROT_READ | PROT_WRITE)

/* Return: 0 or -errno of a mapping that is not kept. */
static int try_map(int fd, size_t size, int prot, int flags, unsigned int page)
{
	void *mem = mmap(NULL, size, prot, flags, fd, (off_t)page * PAGE);

	if (mem == MAP_FAILED)
		return -errno;
	munmap(mem, size);
	return 0;
}

FIXTURE(portal)
{
	struct svk_queue q;
};

FIXTURE_SETUP(portal)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(portal)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(portal, maps_one_page)
{
	int fd = __svk_device_open();

	REQUIRE(fd >= 0, "open: %s", strerror(-fd));
	CHECK_ERRNO(try_map(fd, 2 * PAGE, RW, MAP_SHARED, 0), -EINVAL);
	CHECK_ERRNO(try_map(fd, PAGE, RW, MAP_SHARED, UACCE_QFRT_DUS), -EINVAL);
	CHECK_ERRNO(try_map(fd, PAGE, RW, MAP_SHARED, 2), -EINVAL);
	CHECK_ERRNO(try_map(fd, PAGE, RW, MAP_SHARED, 1000), -EINVAL);
	CHECK_ERRNO(try_map(fd, PAGE, RW, MAP_PRIVATE, 0), -EINVAL);
	CHECK_ERRNO(try_map(fd, PAGE, RW | PROT_EXEC, MAP_SHARED, 0), -EINVAL);
	CHECK_ERRNO(try_map(fd, PAGE, RW, MAP_SHARED, 0), 0);
	close(fd);
}

TEST_F(portal, stays_as_mapped)
{
	const struct svk_queue *q = &self->q;
	/* Its own: what is there is unmapped, even where the move is refused. */
	void *target = memory_map(PAGE);

	CHECK_ERRNO(try_map(q->fd, PAGE, RW, MAP_SHARED, 0), -EEXIST);
	CHECK(mprotect(q->portal, PAGE, RW | PROT_EXEC) && errno == EACCES,
	      "mprotect to executable: %s", strerror(errno));
	CHECK(mremap(q->portal, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED,
	      "the portal could be grown");
	CHECK(mremap(q->portal, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == MAP_FAILED,
	      "the portal could be moved");
	CHECK(madvise(q->portal, PAGE, MADV_DOFORK), "the portal could be made inheritable");
}

/* A value out of range reaches neither the driver's state nor the device. */
TEST_F(portal, refuses_bad_arguments)
{
	struct svk_accel_ring ring = {.argsz = sizeof(ring), .entries = 2};
	int fd = __svk_device_open();
	u8 *mem = memory_map(PAGE);
	struct svk_accel_info info = {.argsz = sizeof(info) - 1};

	REQUIRE(fd >= 0, "open: %s", strerror(-fd));
	CHECK_ERRNO(__svk_queue_start(fd), -EINVAL); /* no ring yet */
	CHECK_ERRNO(__svk_queue_set_ring(fd, mem, 0), -EINVAL);
	CHECK_ERRNO(__svk_queue_set_ring(fd, mem, 1), -EINVAL);
	CHECK_ERRNO(__svk_queue_set_ring(fd, mem, 3), -EINVAL);
	CHECK_ERRNO(__svk_queue_set_ring(fd, mem, 1u << 31), -EINVAL);
	CHECK_ERRNO(__svk_queue_set_ring(fd, mem + 32, 2), -EINVAL);
	CHECK_ERRNO(__svk_queue_set_ring(fd, (void *)~63ul, 2), -EINVAL);

	ring.base = (uintptr_t)mem;
	ring.flags = 1;
	CHECK(ioctl(fd, SVK_ACCEL_SET_RING, &ring) && errno == EINVAL, "flags were taken");
	ring.flags = 0;
	ring.reserved = 1;
	CHECK(ioctl(fd, SVK_ACCEL_SET_RING, &ring) && errno == EINVAL, "reserved was taken");
	ring.reserved = 0;
	ring.argsz = sizeof(ring) - 1;
	CHECK(ioctl(fd, SVK_ACCEL_SET_RING, &ring) && errno == EINVAL, "argsz was taken");
	CHECK(ioctl(fd, SVK_ACCEL_SET_RING, NULL) && errno == EFAULT, "NULL was taken");
	CHECK(ioctl(fd, SVK_ACCEL_GET_INFO, &info) && errno == EINVAL, "argsz was taken");
	CHECK(ioctl(fd, _IO('W', 0x7f)) && errno == ENOTTY, "an unknown call was taken");
	close(fd);
	memory_unmap(mem, PAGE);
}

TEST_F(portal, keeps_the_ring_of_a_started_queue)
{
	const struct svk_queue *q = &self->q;

	CHECK_ERRNO(__svk_queue_set_ring(q->fd, q->ring, 2), -EBUSY);
}

/* Write all over the page, but for the doorbell: the queue is what it was. */
TEST_F(portal, writes_change_nothing)
{
	struct svk_queue *q = &self->q;
	struct svk_accel_info before = svk_queue_info(q), after;
	volatile u32 *portal = q->portal;
	u8 *src = memory_map(PAGE), *dst = memory_map(PAGE);
	size_t i;

	for (i = 1; i < PAGE / sizeof(*portal); i += i < 64 ? 1 : 37)
		portal[i] = (u32)SVK_QCFG_PASID_VALID | 1;
	after = svk_queue_info(q);
	CHECK_EQ(memcmp(&before, &after, sizeof(before)), 0);

	memory_pattern(src, PAGE, 1);
	CHECK_STATUS(svk_queue_run(q, svk_desc_copy(dst, src, PAGE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, PAGE), PAGE);
	memory_unmap(src, PAGE);
	memory_unmap(dst, PAGE);
}

HARNESS_MAIN(svk_require)
