// SPDX-License-Identifier: GPL-2.0
#include "vfio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommufd_abi.h"
#include "ktap.h"
#include "oracle.h"

#define SIGNAL_WAIT_MS 10000

static int call(int fd, unsigned long nr, void *arg)
{
	return ioctl(fd, nr, arg) ? -errno : 0;
}

/* The device's folder in sysfs has vfio-dev/vfioN, its node is /dev/vfio/devices/vfioN. */
static int open_of(const char *device)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	int fd = -ENODEV;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/vfio-dev", device);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (fd == -ENODEV && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	closedir(dir);
	return fd;
}

int __vfio_open_pci(const char *bdf)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	return open_of(path);
}

int __vfio_open_mdev(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s", uuid);
	return open_of(path);
}

int __vfio_bind(int fd, int iommufd, u32 *dev)
{
	struct vfio_cdev_bind_arg arg = {.argsz = sizeof(arg), .iommufd = iommufd};
	int ret = call(fd, VFIO_CDEV_IOC_BIND, &arg);

	*dev = arg.out_devid;
	return ret;
}

int __vfio_region_info(int fd, unsigned int index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){.argsz = sizeof(*info), .index = index};
	return call(fd, VFIO_DEVICE_GET_REGION_INFO, info);
}

int __vfio_init(struct vfio *v, int fd, int iommufd)
{
	unsigned int i;
	int ret;

	*v = (struct vfio){.fd = fd, .iommufd = iommufd};
	if (fd < 0)
		return fd;
	ret = __vfio_bind(fd, iommufd, &v->dev);
	for (i = 0; !ret && i < ARRAY_SIZE(v->region); i++)
		ret = __vfio_region_info(fd, i, &v->region[i]);
	if (ret)
		vfio_cleanup(v);
	return ret;
}

void vfio_init(struct vfio *v, int fd, int iommufd)
{
	REQUIRE_ERRNO(__vfio_init(v, fd, iommufd), 0);
}

void vfio_cleanup(struct vfio *v)
{
	if (v->fd < 0)
		return;
	REQUIRE_EQ(close(v->fd), 0);
	v->fd = -1;
	oracle_invalidated();
}

static int attach(const struct vfio *v, struct vfio_cdev_attach_arg arg, u32 *pt)
{
	int ret;

	arg.argsz = sizeof(arg);
	arg.pt_id = *pt;
	ret = call(v->fd, VFIO_CDEV_IOC_ATTACH, &arg);
	oracle_invalidated();
	if (!ret)
		*pt = arg.pt_id;
	return ret;
}

int __vfio_attach(const struct vfio *v, u32 *pt)
{
	return attach(v, (struct vfio_cdev_attach_arg){.flags = 0}, pt);
}

int __vfio_attach_pasid(const struct vfio *v, u32 pasid, u32 *pt)
{
	return attach(v, (struct vfio_cdev_attach_arg){.flags = VFIO_CDEV_PASID, .pasid = pasid},
		      pt);
}

void vfio_attach(const struct vfio *v, u32 pt)
{
	REQUIRE_ERRNO(__vfio_attach(v, &pt), 0);
}

void vfio_attach_pasid(const struct vfio *v, u32 pasid, u32 pt)
{
	int ret = __vfio_attach_pasid(v, pasid, &pt);

	REQUIRE(!ret, "attaching table %u at PASID %u: %s", pt, pasid, strerror(-ret));
}

int __vfio_detach(const struct vfio *v)
{
	struct vfio_cdev_detach_arg arg = {.argsz = sizeof(arg)};
	int ret = call(v->fd, VFIO_CDEV_IOC_DETACH, &arg);

	oracle_invalidated();
	return ret;
}

int __vfio_detach_pasid(const struct vfio *v, u32 pasid)
{
	struct vfio_cdev_detach_arg arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_CDEV_PASID,
		.pasid = pasid,
	};
	int ret = call(v->fd, VFIO_CDEV_IOC_DETACH, &arg);

	oracle_invalidated();
	return ret;
}

void vfio_detach_pasid(const struct vfio *v, u32 pasid)
{
	REQUIRE_ERRNO(__vfio_detach_pasid(v, pasid), 0);
}

int __vfio_read(const struct vfio *v, unsigned int index, u64 off, void *data, size_t len)
{
	ssize_t ret = pread(v->fd, data, len, (off_t)(v->region[index].offset + off));

	return ret < 0 ? -errno : (int)ret;
}

int __vfio_write(const struct vfio *v, unsigned int index, u64 off, const void *data, size_t len)
{
	ssize_t ret = pwrite(v->fd, data, len, (off_t)(v->region[index].offset + off));

	return ret < 0 ? -errno : (int)ret;
}

static void read_all(const struct vfio *v, unsigned int index, u64 off, void *data, size_t len)
{
	int ret = __vfio_read(v, index, off, data, len);

	REQUIRE(ret == (int)len, "reading %zu bytes at 0x%llx of region %u: %s", len,
		(unsigned long long)off, index, ret < 0 ? strerror(-ret) : "fewer came");
}

static void write_all(const struct vfio *v, unsigned int index, u64 off, const void *data,
		      size_t len)
{
	int ret = __vfio_write(v, index, off, data, len);

	REQUIRE(ret == (int)len, "writing %zu bytes at 0x%llx of region %u: %s", len,
		(unsigned long long)off, index, ret < 0 ? strerror(-ret) : "fewer went");
}

u8 vfio_read8(const struct vfio *v, unsigned int index, u64 off)
{
	u8 val;

	read_all(v, index, off, &val, sizeof(val));
	return val;
}

u16 vfio_read16(const struct vfio *v, unsigned int index, u64 off)
{
	u16 val;

	read_all(v, index, off, &val, sizeof(val));
	return le16toh(val);
}

u32 vfio_read32(const struct vfio *v, unsigned int index, u64 off)
{
	u32 val;

	read_all(v, index, off, &val, sizeof(val));
	return le32toh(val);
}

u64 vfio_read64(const struct vfio *v, unsigned int index, u64 off)
{
	u64 val;

	read_all(v, index, off, &val, sizeof(val));
	return le64toh(val);
}

void vfio_write16(const struct vfio *v, unsigned int index, u64 off, u16 val)
{
	val = htole16(val);
	write_all(v, index, off, &val, sizeof(val));
}

void vfio_write32(const struct vfio *v, unsigned int index, u64 off, u32 val)
{
	val = htole32(val);
	write_all(v, index, off, &val, sizeof(val));
}

void vfio_write64(const struct vfio *v, unsigned int index, u64 off, u64 val)
{
	val = htole64(val);
	write_all(v, index, off, &val, sizeof(val));
}

int __vfio_map(const struct vfio *v, unsigned int index, u64 off, size_t size, void **mem)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd,
			  (off_t)(v->region[index].offset + off));

	if (addr == MAP_FAILED)
		return -errno;
	*mem = addr;
	return 0;
}

int __vfio_set_eventfds(const struct vfio *v, unsigned int index, unsigned int start,
			unsigned int count, const s32 *fds)
{
	size_t size = sizeof(struct vfio_irq_set) + count * sizeof(*fds);
	struct vfio_irq_set *set = calloc(1, size);
	int ret;

	REQUIRE(set, "no memory for %u vectors", count);
	set->argsz = (u32)size;
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = index;
	set->start = start;
	set->count = count;
	memcpy(set->data, fds, count * sizeof(*fds));
	ret = call(v->fd, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	return ret;
}

void vfio_set_eventfds(const struct vfio *v, unsigned int index, unsigned int start,
		       unsigned int count, const s32 *fds)
{
	REQUIRE_ERRNO(__vfio_set_eventfds(v, index, start, count, fds), 0);
}

int __vfio_unset_irqs(const struct vfio *v, unsigned int index)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
	};

	return call(v->fd, VFIO_DEVICE_SET_IRQS, &set);
}

int vfio_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	REQUIRE(fd >= 0, "eventfd: %s", strerror(errno));
	return fd;
}

u64 vfio_eventfd_take(int fd)
{
	u64 count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

u64 vfio_eventfd_wait(int fd)
{
	struct pollfd in = {.fd = fd, .events = POLLIN};

	REQUIRE(poll(&in, 1, SIGNAL_WAIT_MS) == 1, "no signal within %d ms", SIGNAL_WAIT_MS);
	return vfio_eventfd_take(fd);
}

int __vfio_reset(const struct vfio *v)
{
	return call(v->fd, VFIO_DEVICE_RESET, NULL);
}

struct vfio_device_info vfio_info(const struct vfio *v)
{
	struct vfio_device_info info = {.argsz = sizeof(info)};

	REQUIRE_ERRNO(call(v->fd, VFIO_DEVICE_GET_INFO, &info), 0);
	return info;
}

int __vfio_irq_info(const struct vfio *v, unsigned int index, struct vfio_irq_info *info)
{
	*info = (struct vfio_irq_info){.argsz = sizeof(*info), .index = index};
	return call(v->fd, VFIO_DEVICE_GET_IRQ_INFO, info);
}
