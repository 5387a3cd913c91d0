// SPDX-License-Identifier: GPL-2.0
#include "poke.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "accel_device.h"
#include "ktap.h"
#include "memory.h"

#define MODULE "svakit_poke"
#define MODULE_FILE "/lib/modules/" MODULE ".ko"
#define NODE "/dev/" MODULE
#define UNITS "/sys/class/iommu/*/intel-iommu/address"

static pid_t owner; /* who has loaded it */

/* Return: address of the first unit, 0 if there is none. */
static unsigned long long unit_address(void)
{
	unsigned long long address = 0;
	glob_t units;
	FILE *f;

	if (glob(UNITS, 0, NULL, &units))
		return 0;
	f = fopen(units.gl_pathv[0], "re");
	if (f && fscanf(f, "%llx", &address) != 1)
		address = 0;
	if (f)
		fclose(f);
	globfree(&units);
	return address;
}

static void unload(void)
{
	if (getpid() != owner)
		return;
	if (syscall(SYS_delete_module, MODULE, O_NONBLOCK))
		ktap_diag("unloading " MODULE ": %s", strerror(errno));
}

void poke_require(void)
{
	unsigned long long unit = unit_address();
	char args[64];
	int fd, ret;

	svk_require_root();
	if (!unit)
		ktap_skip_all("no remapping unit: intel_iommu=on, and a machine that has one");
	fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		ktap_skip_all("no " MODULE_FILE ": make -C modules");
	snprintf(args, sizeof(args), "base=%#llx", unit);
	ret = syscall(SYS_finit_module, fd, args, 0) ? -errno : 0;
	/* A program that was killed has left it. */
	REQUIRE(!ret || ret == -EEXIST, "insmod %s %s: %s", MODULE_FILE, args, strerror(-ret));
	close(fd);
	owner = getpid();
	REQUIRE_EQ(atexit(unload), 0);
}

static int node_open(void)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	REQUIRE(fd >= 0, "open of " NODE ": %s", strerror(errno));
	return fd;
}

static void call(int fd, unsigned long nr, void *arg, const char *what)
{
	int ret = ioctl(fd, nr, arg) ? -errno : 0;

	REQUIRE(!ret, "%s: %s", what, strerror(-ret));
}

static struct svk_poke_access *add(struct poke_script *s)
{
	REQUIRE(s->count < SVK_POKE_ACCESSES, "more than %d accesses", SVK_POKE_ACCESSES);
	return &s->access[s->count++];
}

u32 poke_read(struct poke_script *s, u32 off, u32 width)
{
	*add(s) =
		(struct svk_poke_access){.op = SVK_POKE_READ, .width = (u8)width, .off = (u16)off};
	return s->count - 1;
}

void poke_write(struct poke_script *s, u32 off, u32 width, u64 value)
{
	*add(s) = (struct svk_poke_access){
		.op = SVK_POKE_WRITE, .width = (u8)width, .off = (u16)off, .value = value};
}

void poke_write_back(struct poke_script *s, u32 index)
{
	*add(s) = (struct svk_poke_access){.op = SVK_POKE_WRITE_BACK,
					   .width = s->access[index].width,
					   .off = s->access[index].off,
					   .value = index};
}

void poke_run(struct poke_script *s)
{
	struct svk_poke_accesses arg = {.accesses = (uintptr_t)s->access, .count = s->count};
	int fd = node_open();

	call(fd, SVK_POKE_ACCESS, &arg, "accesses to the unit");
	close(fd);
}

u64 poke_value(const struct poke_script *s, u32 index)
{
	return s->access[index].value;
}

u64 poke_read_now(u32 off, u32 width)
{
	struct poke_script *s = memory_map(sizeof(*s));
	u64 value;

	poke_read(s, off, width);
	poke_run(s);
	value = poke_value(s, 0);
	memory_unmap(s, sizeof(*s));
	return value;
}

u64 poke_queue(const u64 (*desc)[4], u32 count)
{
	struct svk_poke_queue q = {.count = count};
	int fd = node_open();

	REQUIRE(count <= SVK_POKE_DESCS, "%u descriptors", count);
	memcpy(q.desc, desc, count * sizeof(*desc));
	call(fd, SVK_POKE_QUEUE, &q, "descriptors of our own");
	close(fd);
	return q.refused;
}

void poke_dma_begin(struct poke_dma *d, size_t size)
{
	struct svk_poke_dma arg = {.size = (u32)size};
	unsigned int domain, bus, dev, fn;

	REQUIRE(sscanf(svk_pci_address(), "%x:%x:%x.%x", &domain, &bus, &dev, &fn) == 4,
		"PCI address %s", svk_pci_address());
	arg.domain = (u16)domain;
	arg.bus = (u8)bus;
	arg.devfn = (u8)(dev << 3 | fn);
	*d = (struct poke_dma){.fd = node_open(), .size = size};
	call(d->fd, SVK_POKE_DMA, &arg, "memory for DMA");
	d->iova = arg.iova;
	d->mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
	REQUIRE(d->mem != MAP_FAILED, "mmap of " NODE ": %s", strerror(errno));
}

void poke_dma_end(struct poke_dma *d)
{
	call(d->fd, SVK_POKE_DMA_END, NULL, "unmapping for the device");
}

void poke_dma_free(struct poke_dma *d)
{
	memory_unmap(d->mem, d->size);
	close(d->fd);
}
