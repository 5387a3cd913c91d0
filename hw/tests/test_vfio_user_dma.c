// SPDX-License-Identifier: GPL-2.0
/*
 * The client's memory: what may be mapped, and that it goes when it is unmapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "gmem.h"
#include "tests/vfio_user_fixture.h"

#define READ VFIO_USER_F_DMA_REGION_READ
#define RW (VFIO_USER_F_DMA_REGION_READ | VFIO_USER_F_DMA_REGION_WRITE)

static u32 unmap(int fd, u64 addr, u64 size, u32 flags)
{
	struct vfio_user_dma_unmap unmap = {sizeof(unmap), flags, addr, size};
	struct packet p;

	client_call(fd, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), &p);
	if (!p.hdr.error) {
		assert_int_equal(p.len, sizeof(unmap));
		assert_memory_equal(p.data, &unmap, sizeof(unmap));
	}
	return p.hdr.error;
}

static bool reachable(struct rig *r, u64 addr)
{
	bool yes;

	pthread_mutex_lock(&r->machine.lock);
	yes = gmem_ptr(r->toy[0].fn.mem, addr, 8, GMEM_READ);
	pthread_mutex_unlock(&r->machine.lock);
	return yes;
}

static void map_and_unmap(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x10000, true);
	u64 val = 0;

	assert_int_equal(pwrite(mem, "\x2a", 1, 0x2000), 1);
	assert_int_equal(client_map(fd, 0x100000, 0x10000, RW, mem), 0);
	pthread_mutex_lock(&r->machine.lock);
	assert_int_equal(gmem_read64(r->toy[0].fn.mem, 0x102000, &val), 0);
	pthread_mutex_unlock(&r->machine.lock);
	assert_int_equal(val, 0x2a);

	/* Exactly what was mapped, or nothing. */
	assert_int_equal(unmap(fd, 0x100000, 0x8000, 0), ENOENT);
	assert_int_equal(unmap(fd, 0x101000, 0xf000, 0), ENOENT);
	assert_int_equal(unmap(fd, 0x100000, 0x10000, 0), 0);
	assert_int_equal(unmap(fd, 0x100000, 0x10000, 0), ENOENT);
	assert_false(reachable(r, 0x102000));
	close(mem);
	close(fd);
}

static void unmap_all(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x10000, true);

	assert_int_equal(client_map(fd, 0, 0x10000, RW, mem), 0);
	assert_int_equal(client_map(fd, 0x100000, 0x10000, READ, mem), 0);
	assert_int_equal(unmap(fd, 0x1000, 0, VFIO_DMA_UNMAP_FLAG_ALL), EINVAL);
	/* The code with which the memory layer means "all" is not open to clients. */
	assert_int_equal(unmap(fd, 0, ~0ULL, 0), EINVAL);
	assert_true(reachable(r, 0x100000));
	assert_int_equal(unmap(fd, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL), 0);
	assert_false(reachable(r, 0));
	assert_false(reachable(r, 0x100000));
	close(mem);
	close(fd);
}

static void rom_is_a_hole(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x1000, true);

	assert_int_equal(client_map(fd, 0xc0000, 0x20000, READ, -1), 0);
	assert_false(reachable(r, 0xc0000));
	assert_int_equal(client_map(fd, 0xd0000, 0x1000, RW, mem), EEXIST);
	assert_int_equal(unmap(fd, 0xc0000, 0x20000, 0), 0);
	assert_int_equal(client_map(fd, 0xd0000, 0x1000, RW, mem), 0);
	close(mem);
	close(fd);
}

static void bad_maps_are_refused(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x10000, true);
	int loose = memfd_make(0x10000, false);
	int event = eventfd(0, EFD_CLOEXEC);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	static const struct {
		u64 addr, size;
		u32 flags;
	} bad[] = {
		{0x1000, 0, RW},     {0x1001, 0x1000, RW},     {0x1000, 0x1001, RW},
		{0x1000, 0x1000, 0}, {0x1000, 0x1000, 4 | RW}, {~0xfffULL, 0x2000, RW},
		{0, ~0xfffULL, RW},  {0x1000, 0x11000, RW},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(client_map(fd, bad[i].addr, bad[i].size, bad[i].flags, mem),
				 EINVAL);
	/* Files that can shrink, or are no memory. */
	assert_int_equal(client_map(fd, 0x1000, 0x1000, RW, loose), EPERM);
	assert_int_equal(client_map(fd, 0x1000, 0x1000, RW, event), EPERM);
	assert_int_equal(client_map(fd, 0x1000, 0x1000, RW, null), EPERM);
	assert_false(reachable(r, 0x1000));
	close(null);
	close(event);
	close(loose);
	close(mem);
	close(fd);
}

static void offsets_are_checked(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x10000, true);
	struct vfio_user_dma_map map = {sizeof(map), RW, 0xf000, 0x5000, 0x1000};
	struct packet p;

	client_call_fds(fd, VFIO_USER_DMA_MAP, &map, sizeof(map), &mem, 1, &p);
	assert_int_equal(p.hdr.error, 0);
	map.addr = 0x8000;
	map.offset = 0x10000;
	client_call_fds(fd, VFIO_USER_DMA_MAP, &map, sizeof(map), &mem, 1, &p);
	assert_int_equal(p.hdr.error, EINVAL);
	map.offset = ~0xfffULL;
	client_call_fds(fd, VFIO_USER_DMA_MAP, &map, sizeof(map), &mem, 1, &p);
	assert_int_equal(p.hdr.error, EINVAL);
	map.offset = 0x123;
	client_call_fds(fd, VFIO_USER_DMA_MAP, &map, sizeof(map), &mem, 1, &p);
	assert_int_equal(p.hdr.error, EINVAL);
	map.offset = 0;
	map.argsz = 1;
	client_call_fds(fd, VFIO_USER_DMA_MAP, &map, sizeof(map), &mem, 1, &p);
	assert_int_equal(p.hdr.error, EINVAL);
	close(mem);
	close(fd);
}

static void overlaps_are_refused(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x10000, true);

	assert_int_equal(client_map(fd, 0x10000, 0x4000, RW, mem), 0);
	assert_int_equal(client_map(fd, 0x10000, 0x4000, RW, mem), EEXIST);
	assert_int_equal(client_map(fd, 0xf000, 0x2000, RW, mem), EEXIST);
	assert_int_equal(client_map(fd, 0x13000, 0x2000, RW, mem), EEXIST);
	assert_int_equal(client_map(fd, 0xf000, 0x10000, RW, mem), EEXIST);
	assert_int_equal(client_map(fd, 0x11000, 0x1000, RW, mem), EEXIST);
	assert_int_equal(client_map(fd, 0xf000, 0x1000, RW, mem), 0);
	assert_int_equal(client_map(fd, 0x14000, 0x1000, RW, mem), 0);
	close(mem);
	close(fd);
}

static void too_many_maps_are_refused(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x1000, true);

	for (u64 i = 0; i < GMEM_MAX_MAPS; i++)
		assert_int_equal(client_map(fd, i * 0x1000, 0x1000, RW, mem), 0);
	assert_int_equal(client_map(fd, 0x10000000, 0x1000, RW, mem), ENOSPC);
	close(mem);
	close(fd);
}

/* Number of open descriptors of this process, the server's included. */
static unsigned int count_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void descriptors_do_not_leak(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x10000, true);
	int fds[16];
	unsigned int before = count_fds();
	struct vfio_user_dma_map map = {sizeof(map), RW, 0, 0x1000, 0x1000};
	struct packet p;

	for (int i = 0; i < 16; i++)
		fds[i] = mem;
	/* A map takes one; a reset and an unknown command take none. */
	client_call_fds(fd, VFIO_USER_DMA_MAP, &map, sizeof(map), fds, 2, &p);
	assert_int_equal(p.hdr.error, EINVAL);
	client_call_fds(fd, VFIO_USER_DMA_MAP, &map, sizeof(map), fds, 1, &p);
	assert_int_equal(p.hdr.error, 0);
	client_call_fds(fd, VFIO_USER_DEVICE_RESET, NULL, 0, fds, 16, &p);
	assert_int_equal(p.hdr.error, 0);
	client_call_fds(fd, 77, NULL, 0, fds, 16, &p);
	assert_int_equal(p.hdr.error, ENOTSUP);
	client_expect(fd, VFIO_USER_DEVICE_RESET, NULL, 0, 0);
	assert_int_equal(count_fds(), before);
	close(mem);
	close(fd);
}

static void too_many_descriptors_end(void **state)
{
	struct rig *r = *state;
	int mem = memfd_make(0x1000, true);
	int fd = client_open(&r->toy[0]);
	unsigned int before = count_fds();
	struct packet p = {.hdr.command = VFIO_USER_DEVICE_RESET, .nfds = 40};
	int fds[40];

	for (int i = 0; i < 40; i++)
		fds[i] = mem;
	p.fds = fds;
	client_send(fd, &p);
	client_expect_end(fd, &r->toy[0]);

	/* Also when they come in two parts of one message. */
	fd = client_open(&r->toy[0]);
	p.nfds = 10;
	p.hdr.size = 16 + 8;
	client_send(fd, &p);
	p.hdr.size = 0;
	client_send(fd, &p);
	client_expect_end(fd, &r->toy[0]);

	fd = client_open(&r->toy[0]);
	client_expect(fd, VFIO_USER_DEVICE_RESET, NULL, 0, 0);
	assert_int_equal(count_fds(), before);
	close(fd);
	close(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(map_and_unmap, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(unmap_all, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(rom_is_a_hole, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(bad_maps_are_refused, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(offsets_are_checked, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(overlaps_are_refused, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(too_many_maps_are_refused, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(descriptors_do_not_leak, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(too_many_descriptors_end, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests_name("vfio_user_dma", tests, NULL, NULL);
}
