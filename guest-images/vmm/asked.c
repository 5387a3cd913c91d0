// SPDX-License-Identifier: GPL-2.0
/*
 * A library that is loaded before L2's VMM: records what it asks L1's kernel
 * to invalidate, so that it can be told whether the VMM has passed on what its
 * guest had sent (docs/oracle.md). It can also swallow such a request, which
 * then returns as if it had been made: a VMM that forgets.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "asked.h"
#include "iommufd_abi.h"

#define VFIO_NODE "/dev/vfio/devices/vfio"
/* Tables attached at a time; a request for one beyond that has no device. */
#define MAX_TABLES 1024

/** struct table - What is attached where. */
struct table {
	u32 hwpt;
	u32 dev;
	u32 pasid;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct asked_log *ring;
static struct table tables[MAX_TABLES];
static size_t table_count;
static unsigned long skip, count;

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

__attribute__((constructor)) static void asked_init(void)
{
	const char *forget = getenv(ASKED_FORGET), *path = getenv(ASKED_FILE);
	void *map;
	int fd;

	if (forget)
		sscanf(forget, "%lu,%lu", &skip, &count);
	fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	if (fd < 0)
		return;
	if (!ftruncate(fd, sizeof(*ring))) {
		map = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ring = map == MAP_FAILED ? NULL : map;
	}
	close(fd);
}

/* Which of VFIO's devices a descriptor is, by the name that it was opened with. */
static u32 device_of(int fd)
{
	char link[32], path[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return ASKED_NO_DEVICE;
	path[n] = '\0';
	if (strncmp(path, VFIO_NODE, sizeof(VFIO_NODE) - 1))
		return ASKED_NO_DEVICE;
	return (u32)strtoul(path + sizeof(VFIO_NODE) - 1, NULL, 10);
}

static void record(const struct asked_record *r)
{
	struct asked_record *to;

	if (!ring)
		return;
	to = &ring->record[ring->next % ASKED_RECORDS];
	__atomic_store_n(&to->seq, 0, __ATOMIC_RELEASE);
	to->at = r->at;
	to->addr = r->addr;
	to->npages = r->npages;
	to->what = r->what;
	to->dev = r->dev;
	to->pasid = r->pasid;
	to->error = r->error;
	__atomic_store_n(&to->seq, ++ring->next, __ATOMIC_RELEASE);
}

static struct table *table_find(u32 dev, u32 pasid)
{
	for (size_t i = 0; i < table_count; i++) {
		if (tables[i].dev == dev && tables[i].pasid == pasid)
			return &tables[i];
	}
	return NULL;
}

static void table_attached(u32 hwpt, u32 dev, u32 pasid)
{
	struct table *t = table_find(dev, pasid);

	if (!t && table_count < MAX_TABLES)
		t = &tables[table_count++];
	if (t)
		*t = (struct table){.hwpt = hwpt, .dev = dev, .pasid = pasid};
}

static void table_detached(u32 dev, u32 pasid)
{
	struct table *t = table_find(dev, pasid);

	if (t)
		*t = tables[--table_count];
}

/* One record for each place where the table is attached. */
static void record_invalidate(const struct iommufd_invalidate_arg *arg, struct asked_record *r)
{
	const struct iommufd_vtd_invalidate *e = (const void *)(uintptr_t)arg->data_uptr;

	r->addr = e->addr;
	r->npages = e->npages;
	for (size_t i = 0; i < table_count; i++) {
		if (tables[i].hwpt != arg->hwpt_id)
			continue;
		r->dev = tables[i].dev;
		r->pasid = tables[i].pasid;
		record(r);
	}
}

/* Only of a PASID: what has none is the DMA of the guest itself. */
static bool has_pasid(u32 hwpt)
{
	for (size_t i = 0; i < table_count; i++) {
		if (tables[i].hwpt == hwpt && tables[i].pasid != ASKED_NO_PASID)
			return true;
	}
	return false;
}

static bool swallow(u32 hwpt)
{
	static bool told;

	if (!has_pasid(hwpt))
		return false;
	if (skip) {
		skip--;
		return false;
	}
	if (!count)
		return false;
	count--;
	if (!told)
		fputs("svakit: an invalidation is forgotten on purpose\n", stderr);
	told = true;
	return true;
}

typedef int (*ioctl_fn)(int fd, unsigned long request, void *arg);

static int invalidate(ioctl_fn next, int fd, struct iommufd_invalidate_arg *arg)
{
	struct asked_record r = {.at = now_ns(), .what = ASKED_INVALIDATE};
	u32 entries = arg->entry_num;
	bool swallowed;
	int ret, err;

	pthread_mutex_lock(&lock);
	swallowed = swallow(arg->hwpt_id);
	pthread_mutex_unlock(&lock);
	if (swallowed)
		return 0;
	ret = next(fd, IOMMUFD_IOC_HWPT_INVALIDATE, arg);
	err = errno;
	r.error = ret ? (u32)err : 0;
	pthread_mutex_lock(&lock);
	for (u32 i = 0; i < entries; i++) {
		struct iommufd_invalidate_arg one = *arg;

		one.data_uptr += (u64)i * arg->entry_len;
		record_invalidate(&one, &r);
	}
	pthread_mutex_unlock(&lock);
	errno = err;
	return ret;
}

static int attach(ioctl_fn next, int fd, struct vfio_cdev_attach_arg *arg)
{
	struct asked_record r = {.at = now_ns(), .what = ASKED_ATTACH, .dev = device_of(fd)};
	int ret = next(fd, VFIO_CDEV_IOC_ATTACH, arg);
	int err = errno;

	r.pasid = arg->flags & VFIO_CDEV_PASID ? arg->pasid : ASKED_NO_PASID;
	r.error = ret ? (u32)err : 0;
	pthread_mutex_lock(&lock);
	if (!ret)
		table_attached(arg->pt_id, r.dev, r.pasid);
	record(&r);
	pthread_mutex_unlock(&lock);
	errno = err;
	return ret;
}

static int detach(ioctl_fn next, int fd, struct vfio_cdev_detach_arg *arg)
{
	struct asked_record r = {.at = now_ns(), .what = ASKED_DETACH, .dev = device_of(fd)};
	int ret = next(fd, VFIO_CDEV_IOC_DETACH, arg);
	int err = errno;

	r.pasid = arg->flags & VFIO_CDEV_PASID ? arg->pasid : ASKED_NO_PASID;
	r.error = ret ? (u32)err : 0;
	pthread_mutex_lock(&lock);
	if (!ret)
		table_detached(r.dev, r.pasid);
	record(&r);
	pthread_mutex_unlock(&lock);
	errno = err;
	return ret;
}

int ioctl(int fd, unsigned long request, ...)
{
	static ioctl_fn next;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	switch (request) {
	case IOMMUFD_IOC_HWPT_INVALIDATE:
		return invalidate(next, fd, arg);
	case VFIO_CDEV_IOC_ATTACH:
		return attach(next, fd, arg);
	case VFIO_CDEV_IOC_DETACH:
		return detach(next, fd, arg);
	default:
		return next(fd, request, arg);
	}
}
