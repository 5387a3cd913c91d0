// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory as the model uses it; what a client may map is in
 * test_vfio_user_dma.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "gmem.h"
#include "machine.h"

#define RW (GMEM_READ | GMEM_WRITE)

struct fixture {
	struct machine machine;
	struct gmem *mem;
	int fd;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	machine_init(&f->machine, NULL);
	f->mem = gmem_new(&f->machine);
	assert_non_null(f->mem);
	f->fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(f->fd, 0x100000), 0);
	assert_int_equal(fcntl(f->fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	pthread_mutex_lock(&f->machine.lock);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pthread_mutex_unlock(&f->machine.lock);
	gmem_free(f->mem);
	machine_cleanup(&f->machine);
	close(f->fd);
	free(f);
	return 0;
}

static void pointers(void **state)
{
	struct fixture *f = *state;
	u8 *a, *b;

	assert_null(gmem_ptr(f->mem, 0, 1, GMEM_READ));
	assert_int_equal(gmem_map(f->mem, 0x10000, 0x2000, RW, f->fd, 0), 0);
	assert_int_equal(gmem_map(f->mem, 0x12000, 0x1000, GMEM_READ, f->fd, 0x5000), 0);
	assert_int_equal(gmem_map(f->mem, 0x1000, 0x1000, RW, f->fd, 0x5000), 0);

	a = gmem_ptr(f->mem, 0x10000, 0x2000, RW);
	assert_non_null(a);
	assert_ptr_equal(gmem_ptr(f->mem, 0x11fff, 1, RW), a + 0x1fff);
	/* The whole range in one mapping, even where the next one follows. */
	assert_null(gmem_ptr(f->mem, 0x11fff, 2, GMEM_READ));
	assert_null(gmem_ptr(f->mem, 0xffff, 2, GMEM_READ));
	assert_null(gmem_ptr(f->mem, 0x10000, 0x2001, GMEM_READ));
	assert_null(gmem_ptr(f->mem, 0x10000, ~0ULL, GMEM_READ));
	assert_null(gmem_ptr(f->mem, ~0ULL, 2, GMEM_READ));
	/* Only as it was mapped. */
	assert_non_null(gmem_ptr(f->mem, 0x12000, 8, GMEM_READ));
	assert_null(gmem_ptr(f->mem, 0x12000, 8, GMEM_WRITE));
	assert_null(gmem_ptr(f->mem, 0x12000, 8, RW));

	/* Two views of the same page of the file. */
	b = gmem_ptr(f->mem, 0x1010, 1, GMEM_WRITE);
	*b = 0x77;
	assert_int_equal(*(u8 *)gmem_ptr(f->mem, 0x12010, 1, GMEM_READ), 0x77);
}

static void lookup_after_changes(void **state)
{
	struct fixture *f = *state;

	/* The mapping hit last is remembered; that must not outlive it or its place. */
	for (u64 i = 0; i < 8; i++)
		assert_int_equal(gmem_map(f->mem, i * 0x2000, 0x1000, RW, f->fd, i * 0x1000), 0);
	assert_non_null(gmem_ptr(f->mem, 7 * 0x2000, 8, RW));
	assert_int_equal(gmem_unmap(f->mem, 7 * 0x2000, 0x1000), 0);
	assert_null(gmem_ptr(f->mem, 7 * 0x2000, 8, RW));
	assert_non_null(gmem_ptr(f->mem, 3 * 0x2000, 8, RW));
	assert_int_equal(gmem_unmap(f->mem, 0, 0x1000), 0);
	for (u64 i = 1; i < 7; i++) {
		u64 val;

		*(u8 *)gmem_ptr(f->mem, i * 0x2000, 1, RW) = i;
		assert_int_equal(gmem_read64(f->mem, i * 0x2000, &val), 0);
		assert_int_equal(val, i);
	}
	assert_int_equal(gmem_unmap(f->mem, 0, ~0ULL), 0);
	assert_null(gmem_ptr(f->mem, 0x2000, 8, RW));
	assert_int_equal(gmem_unmap(f->mem, 0, ~0ULL), 0);
}

static void words(void **state)
{
	struct fixture *f = *state;
	u64 val;

	assert_int_equal(gmem_map(f->mem, 0, 0x1000, RW, f->fd, 0), 0);
	assert_int_equal(gmem_map(f->mem, 0x1000, 0x1000, GMEM_READ, f->fd, 0), 0);
	assert_int_equal(gmem_write32(f->mem, 0x14, 0x11223344), 0);
	assert_int_equal(gmem_read64(f->mem, 0x10, &val), 0);
	assert_true(val == 0x1122334400000000);
	assert_int_equal(gmem_read64(f->mem, 0x1010, &val), 0);

	assert_int_equal(gmem_or64(f->mem, 0x10, val, 0x61), 0);
	assert_int_equal(gmem_read64(f->mem, 0x10, &val), 0);
	assert_true(val == 0x1122334400000061);
	/* Somebody else changed it since it was read. */
	assert_int_equal(gmem_or64(f->mem, 0x10, 0, 0x80), -EAGAIN);
	assert_int_equal(gmem_read64(f->mem, 0x10, &val), 0);
	assert_true(val == 0x1122334400000061);

	assert_int_equal(gmem_read64(f->mem, 0x14, &val), -EFAULT);
	assert_int_equal(gmem_read64(f->mem, 0x2000, &val), -EFAULT);
	assert_int_equal(gmem_write32(f->mem, 0x12, 0), -EFAULT);
	assert_int_equal(gmem_write32(f->mem, 0x1000, 0), -EFAULT);
	assert_int_equal(gmem_or64(f->mem, 0x1000, 0, 1), -EFAULT);
	assert_int_equal(gmem_or64(f->mem, 0x14, 0, 1), -EFAULT);
}

static void bad_arguments(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(gmem_map(f->mem, 0, 0, RW, f->fd, 0), -EINVAL);
	assert_int_equal(gmem_map(f->mem, 1, 0x1000, RW, f->fd, 0), -EINVAL);
	assert_int_equal(gmem_map(f->mem, 0, 0x1000, 0, f->fd, 0), -EINVAL);
	assert_int_equal(gmem_map(f->mem, 0, 0x1000, 8, f->fd, 0), -EINVAL);
	assert_int_equal(gmem_map(f->mem, 0, 0x101000, RW, f->fd, 0), -EINVAL);
	assert_int_equal(gmem_map(f->mem, 0, 0x1000, RW, 1000, 0), -EPERM);
	assert_int_equal(gmem_unmap(f->mem, 0, 0x1000), -ENOENT);
	gmem_free(NULL);
}

static void mmap_error_is_returned(void **state)
{
	struct fixture *f = *state;
	char path[32];
	int ro;

	/* A description opened for reading cannot be mapped for writing. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(ro >= 0);
	assert_int_equal(gmem_map(f->mem, 0, 0x1000, RW, ro, 0), -EACCES);
	assert_int_equal(gmem_map(f->mem, 0, 0x1000, GMEM_READ, ro, 0), 0);
	close(ro);
}

/* What the accelerator's engine does: copy outside the lock, chunk after chunk. */
struct copier {
	struct fixture *f;
	pthread_t thread;
	pthread_cond_t pinned;
	unsigned int chunks;
	bool stop;
};

static void *copier_main(void *arg)
{
	struct copier *c = arg;
	struct machine *m = &c->f->machine;

	pthread_mutex_lock(&m->lock);
	while (!c->stop) {
		u8 *p = gmem_ptr(c->f->mem, 0, 0x1000, RW);

		gmem_pin(c->f->mem);
		c->chunks++;
		pthread_cond_broadcast(&c->pinned);
		pthread_mutex_unlock(&m->lock);
		/* Faults if the mapping went while it was pinned. */
		for (int i = 0; p && i < 0x1000; i += 64)
			__atomic_fetch_add(p + i, 1, __ATOMIC_RELAXED);
		pthread_mutex_lock(&m->lock);
		gmem_unpin(c->f->mem);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

static void unmap_waits_for_pins(void **state)
{
	struct fixture *f = *state;
	struct copier c = {.f = f, .pinned = PTHREAD_COND_INITIALIZER};

	assert_int_equal(pthread_create(&c.thread, NULL, copier_main, &c), 0);
	for (int round = 0; round < 200; round++) {
		unsigned int seen = c.chunks;

		assert_int_equal(gmem_map(f->mem, 0, 0x1000, RW, f->fd, 0), 0);
		while (c.chunks == seen)
			pthread_cond_wait(&c.pinned, &f->machine.lock);
		/* The copier is never idle for long, yet this must end. */
		assert_int_equal(gmem_unmap(f->mem, 0, 0x1000), 0);
	}
	c.stop = true;
	pthread_mutex_unlock(&f->machine.lock);
	assert_int_equal(pthread_join(c.thread, NULL), 0);
	pthread_mutex_lock(&f->machine.lock);
}

/* Whoever touches a huge page when none is left gets a SIGBUS, and the client decides on that. */
static void huge_pages_are_refused(void **state)
{
	struct fixture *f = *state;
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);

	/* A kernel without huge pages has no such files either. */
	if (fd < 0)
		skip();
	assert_int_equal(ftruncate(fd, 32 << 20), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_int_equal(gmem_map(f->mem, 0, 32 << 20, RW, fd, 0), -EPERM);
	assert_null(gmem_ptr(f->mem, 0, 1, GMEM_READ));
	close(fd);
}

static void nested_pins(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(gmem_map(f->mem, 0, 0x1000, RW, f->fd, 0), 0);
	gmem_pin(f->mem);
	gmem_pin(f->mem);
	gmem_unpin(f->mem);
	gmem_unpin(f->mem);
	assert_int_equal(gmem_unmap(f->mem, 0, 0x1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(lookup_after_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(words, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(mmap_error_is_returned, setup, teardown),
		cmocka_unit_test_setup_teardown(huge_pages_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(unmap_waits_for_pins, setup, teardown),
		cmocka_unit_test_setup_teardown(nested_pins, setup, teardown),
	};

	return cmocka_run_group_tests_name("gmem", tests, NULL, NULL);
}
