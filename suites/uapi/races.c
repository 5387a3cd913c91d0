// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that make, use and destroy the objects of one iommufd context at random, while others
 * fork, map the device's registers, and close the device and open it again. No call has to succeed,
 * but each has to now and then, and the kernel has to survive all: KASAN and lockdep of the debug
 * kernel see most. Guards "iommufd: Do not UAF during iommufd_put_object()" (6f9c4d8c468c), "Fix
 * race during abort for file descriptors" (4e034bf045b1), "Fix refcounting race during mmap"
 * (7a425ec75d2b).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "pf.h"
#include "vm.h"

#define CHECK_MS 4000
#define FULL_MS 30000
#define MORE_MS 60000 /* for a slow machine, until each call has succeeded */
#define THREADS 4
#define IDS 48 /* objects are among these numbers, mostly */
#define PASIDS 4
#define SIZE (4 * GUEST_PAGE)

/*
 * A device that is closed while a call holds it, or the file, waits for a minute: closing_race.c
 * shows that. So that there is a race at all, whoever uses the device keeps it from being closed
 * meanwhile; everything else goes on.
 */
static pthread_rwlock_t device_lock = PTHREAD_RWLOCK_INITIALIZER;

/**
 * struct race - What the threads share.
 * @iommufd: the context
 * @device: file of the device, which changes
 * @dev: its id, which changes
 * @ioas: an address space that always is there, or another of that number
 * @root: a table of a guest, in that
 * @mem: SIZE bytes
 * @deadline: when all may end, of clock_us()
 * @done: calls that have succeeded, a bit for each
 */
struct race {
	int iommufd;
	int device;
	u32 dev;
	u32 ioas;
	u64 root;
	u8 *mem;
	u64 deadline;
	u32 done;
};

/**
 * struct racer - A thread.
 * @r: what it shares
 * @seed: of its random numbers
 * @done: how often each call succeeded
 */
struct racer {
	struct race *r;
	unsigned int seed;
	unsigned int done[16];
	pthread_t thread;
};

FIXTURE(races)
{
	struct vm vm;
};

FIXTURE_SETUP(races)
{
	harness_begin(_metadata);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
}

FIXTURE_TEARDOWN(races)
{
	vm_cleanup(&self->vm);
	harness_end(_metadata);
}

static u32 draw(struct racer *t, u32 below)
{
	return (u32)rand_r(&t->seed) % below;
}

static u32 draw_id(struct racer *t)
{
	return 1 + draw(t, IDS);
}

static u32 now_dev(const struct racer *t)
{
	return __atomic_load_n(&t->r->dev, __ATOMIC_RELAXED);
}

static int now_device(const struct racer *t)
{
	return __atomic_load_n(&t->r->device, __ATOMIC_RELAXED);
}

static int do_destroy(struct racer *t)
{
	struct iommufd_destroy_arg arg = {.size = sizeof(arg), .id = draw_id(t)};

	return __iommufd_call(t->r->iommufd, IOMMUFD_IOC_DESTROY, &arg);
}

/* Few enough that threads meet. Return: @ret. */
static int keep(struct racer *t, int ret, u32 id)
{
	if (!ret && id > IDS)
		__iommufd_destroy(t->r->iommufd, id);
	return ret;
}

static int do_ioas(struct racer *t)
{
	struct iommufd_ioas_alloc_arg arg = {.size = sizeof(arg)};
	int ret = __iommufd_call(t->r->iommufd, IOMMUFD_IOC_IOAS_ALLOC, &arg);

	return keep(t, ret, arg.out_ioas_id);
}

static int do_paging(struct racer *t)
{
	u32 hwpt;
	int ret = __iommufd_hwpt_alloc(t->r->iommufd, now_dev(t),
				       draw(t, 2) ? t->r->ioas : draw_id(t),
				       draw(t, 16) & ~(u32)IOMMUFD_HWPT_FAULT_ID, &hwpt);

	return keep(t, ret, hwpt);
}

static int do_nested(struct racer *t)
{
	struct iommufd_nest nest = {
		.dev = now_dev(t),
		.parent = draw_id(t),
		.flags = IOMMUFD_HWPT_PASID | (draw(t, 2) ? IOMMUFD_HWPT_FAULT_ID : 0),
		.fault = draw_id(t),
		.root = t->r->root,
	};
	u32 hwpt;
	int ret = __iommufd_hwpt_nest_faults(t->r->iommufd, &nest, &hwpt);

	return keep(t, ret, hwpt);
}

static int do_fault_queue(struct racer *t)
{
	u32 id;
	int fd, ret = __iommufd_fault_queue_alloc(t->r->iommufd, 0, &id, &fd);

	if (!ret)
		close(fd);
	return keep(t, ret, id);
}

static int do_attach(struct racer *t)
{
	struct vfio_cdev_attach_arg arg = {
		.argsz = sizeof(arg),
		.flags = draw(t, 3) ? VFIO_CDEV_PASID : 0,
		.pt_id = draw_id(t),
		.pasid = 1 + draw(t, PASIDS),
	};

	return __iommufd_call(now_device(t), VFIO_CDEV_IOC_ATTACH, &arg);
}

static int do_detach(struct racer *t)
{
	struct vfio_cdev_detach_arg arg = {
		.argsz = sizeof(arg),
		.flags = draw(t, 3) ? VFIO_CDEV_PASID : 0,
		.pasid = 1 + draw(t, PASIDS),
	};

	return __iommufd_call(now_device(t), VFIO_CDEV_IOC_DETACH, &arg);
}

static int do_invalidate(struct racer *t)
{
	struct iommufd_vtd_invalidate range = {.npages = ~0ull};
	struct iommufd_invalidate_arg arg = {
		.size = sizeof(arg),
		.hwpt_id = draw_id(t),
		.data_uptr = (uintptr_t)&range,
		.entry_len = sizeof(range),
		.entry_num = 1,
	};

	return __iommufd_call(t->r->iommufd, IOMMUFD_IOC_HWPT_INVALIDATE, &arg);
}

static u64 draw_iova(struct racer *t)
{
	return (4ULL << 30) + draw(t, 4) * SIZE;
}

static int do_map(struct racer *t)
{
	return __iommufd_map(t->r->iommufd, t->r->ioas, t->r->mem, draw_iova(t), SIZE);
}

static int do_unmap(struct racer *t)
{
	struct iommufd_ioas_unmap_arg arg = {
		.size = sizeof(arg),
		.ioas_id = t->r->ioas,
		.iova = draw_iova(t),
		.length = SIZE,
	};

	return __iommufd_call(t->r->iommufd, IOMMUFD_IOC_IOAS_UNMAP, &arg);
}

static int do_info(struct racer *t)
{
	struct iommufd_vtd_info info;

	return __iommufd_vtd_info(t->r->iommufd, now_dev(t), &info);
}

static int do_dirty(struct racer *t)
{
	struct iommufd_dirty_tracking_arg arg = {
		.size = sizeof(arg),
		.flags = draw(t, 2),
		.hwpt_id = draw_id(t),
	};

	return __iommufd_call(t->r->iommufd, IOMMUFD_IOC_SET_DIRTY_TRACKING, &arg);
}

/* A child has the same files, and goes at once. */
static int do_fork(struct racer *t)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		do_map(t);
		do_detach(t);
		_exit(0);
	}
	if (pid < 0)
		return -errno;
	return waitpid(pid, &status, 0) == pid ? 0 : -errno;
}

static int do_mmap(struct racer *t)
{
	struct vfio_region_info info;
	int fd = now_device(t);
	int ret = __vfio_region_info(fd, SVK_ACCEL_BAR_PORTAL, &info);
	void *mem;

	if (ret)
		return ret;
	mem = mmap(NULL, GUEST_PAGE, PROT_READ, MAP_SHARED, fd, (off_t)info.offset);
	if (mem == MAP_FAILED)
		return -errno;
	munmap(mem, GUEST_PAGE);
	return 0;
}

/* It comes and goes; while a mapping or a child keeps it open it cannot be bound again. */
static int do_rebind(struct racer *t)
{
	int fd = __vfio_open_pci(pf_given());
	int old, ret;
	u32 dev;

	if (fd < 0)
		return fd;
	old = __atomic_exchange_n(&t->r->device, fd, __ATOMIC_RELAXED);
	close(old);
	ret = __vfio_bind(fd, t->r->iommufd, &dev);
	if (!ret)
		__atomic_store_n(&t->r->dev, dev, __ATOMIC_RELAXED);
	return ret;
}

enum holds {
	NOTHING,
	DEVICE,
	DEVICE_ALONE
};

static const struct {
	const char *name;
	int (*call)(struct racer *t);
	unsigned int weight;
	enum holds holds;
} calls[] = {
	{"destroy", do_destroy, 12, NOTHING},
	{"ioas", do_ioas, 2, NOTHING},
	{"paging", do_paging, 8, DEVICE},
	{"nested", do_nested, 8, DEVICE},
	{"faults", do_fault_queue, 4, NOTHING},
	{"attach", do_attach, 12, DEVICE},
	{"detach", do_detach, 6, DEVICE},
	{"invalidate", do_invalidate, 6, NOTHING},
	{"map", do_map, 4, NOTHING},
	{"unmap", do_unmap, 4, NOTHING},
	{"info", do_info, 2, DEVICE},
	{"dirty", do_dirty, 6, NOTHING},
	{"fork", do_fork, 1, DEVICE},
	{"mmap", do_mmap, 4, DEVICE},
	{"rebind", do_rebind, 1, DEVICE_ALONE},
};

static unsigned int draw_call(struct racer *t)
{
	unsigned int i, sum = 0, at;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		sum += calls[i].weight;
	at = draw(t, sum);
	for (i = 0; at >= calls[i].weight; i++)
		at -= calls[i].weight;
	return i;
}

static bool is_over(const struct race *r)
{
	u64 now = clock_us();

	if (now < r->deadline)
		return false;
	return __atomic_load_n(&r->done, __ATOMIC_RELAXED) == (1u << ARRAY_SIZE(calls)) - 1 ||
	       now > r->deadline + 1000ull * MORE_MS;
}

static void *race_main(void *arg)
{
	struct racer *t = arg;

	while (!is_over(t->r)) {
		unsigned int i = draw_call(t);

		if (calls[i].holds == DEVICE)
			pthread_rwlock_rdlock(&device_lock);
		else if (calls[i].holds == DEVICE_ALONE)
			pthread_rwlock_wrlock(&device_lock);
		if (!calls[i].call(t)) {
			t->done[i]++;
			__atomic_fetch_or(&t->r->done, 1u << i, __ATOMIC_RELAXED);
		}
		if (calls[i].holds != NOTHING)
			pthread_rwlock_unlock(&device_lock);
	}
	return NULL;
}

/* Each call has succeeded: else its part is not tried at all. */
static void check_done(const struct racer *t)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		unsigned int done = 0;

		for (k = 0; k < THREADS; k++)
			done += t[k].done[i];
		CHECK(done, "%s never succeeded", calls[i].name);
		ktap_note(calls[i].name, "%u", done);
	}
}

TEST_F_TIMEOUT(races, everything_at_once, 150)
{
	const char *seed = getenv("SVAKIT_SEED");
	struct guest *g = &self->vm.g;
	struct race r = {
		.iommufd = g->iommufd,
		.ioas = g->ioas,
		.root = guest_alloc(g, GUEST_PAGE),
		.mem = memory_map_shared(SIZE),
		.device = self->vm.a.v.fd,
		.dev = self->vm.a.v.dev,
	};
	struct racer t[THREADS] = {{0}};
	struct vm_process p;
	struct vaccel_queue q;
	unsigned int i;

	/* The mapping of all portals would hold the device, and the threads' files are others'. */
	r.device = dup(self->vm.a.v.fd);
	vaccel_close(&self->vm.a);
	r.deadline = clock_us() + 1000ull * (harness_full() ? FULL_MS : CHECK_MS);
	for (i = 0; i < THREADS; i++) {
		t[i].r = &r;
		t[i].seed = (unsigned int)strtoull(seed ? seed : "1", NULL, 0) + i;
		REQUIRE(!pthread_create(&t[i].thread, NULL, race_main, &t[i]), "pthread_create");
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i].thread, NULL);
	check_done(t);

	/* All of it goes, and the device is as good as new. */
	close(r.device);
	guest_cleanup(g);
	vm_init(&self->vm, VM_RAM, __vfio_open_pci(pf_given()));
	vm_process_init(&p, &self->vm);
	vm_process_attach(&p, &self->vm, 77);
	vaccel_queue_open(&q, &self->vm.a, 0, &p.s, 77);
	vm_expect_dma(&q, &p.s);
}

HARNESS_MAIN(pf_lend)
