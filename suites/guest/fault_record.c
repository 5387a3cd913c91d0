// SPDX-License-Identifier: GPL-2.0
/*
 * An emulated device of the VM reads and writes where nothing is mapped for it.
 * The VMM's unit refuses it, and its fault record says who it was, where, and
 * what it wanted. This kernel is not told, so that the record stays until it has
 * been read. Meanwhile the accelerator, whose DMA the VMM never sees, goes on for
 * another process.
 *
 * Would have caught QEMU "intel_iommu: fix FRCD construction macro", where parts
 * of the record were lost; the part that has a PASID needs an emulated device
 * that sends one, which QEMU has not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "clock.h"
#include "harness.h"
#include "memory.h"
#include "neighbour.h"
#include "poke.h"

/* QEMU's "edu", docs/specs/edu.rst there: the first argument is its PCI address. */
#define PCI "/sys/bus/pci/devices/"
#define EDU_ID 0x11e81234U
#define EDU_SIZE 0x100000
#define EDU_SRC 0x80
#define EDU_DST 0x88
#define EDU_COUNT 0x90
#define EDU_CMD 0x98
#define EDU_START 1
#define EDU_TO_RAM 2
#define EDU_BUFFER 0x40000
#define WAIT_MS 10000
/* Of its 28 bits; the kernel gives addresses from the top of 32 bits downwards. */
#define READ_AT 0x0abc000UL
#define WRITE_AT 0x5432000UL
#define NOT_PRESENT 0x71 /* a first-stage entry (7.1.3) */

FIXTURE(fault_record)
{
	const char *bdf;
	volatile u8 *edu;
	int config;
	struct neighbour n;
	struct poke_script *s;
	u64 fectl;
};

static int open_file(const char *bdf, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), PCI "%s/%s", bdf, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0, "open of %s: %s", path, strerror(errno));
	return fd;
}

static void set_command(int config, u16 command)
{
	REQUIRE_EQ(pwrite(config, &command, sizeof(command), PCI_COMMAND), sizeof(command));
}

/* Return: the fault control register as it was. The interrupt waits until it is put back. */
static u64 hold_interrupt(struct poke_script *s)
{
	u32 was;

	s->count = 0;
	was = poke_read(s, VTD_FECTL, 4);
	poke_write(s, VTD_FECTL, 4, VTD_ECTL_IM);
	poke_run(s);
	return poke_value(s, was);
}

/* With the record cleared there is nothing to be told. */
static void release_interrupt(struct poke_script *s, u64 was)
{
	s->count = 0;
	poke_write(s, VTD_FECTL, 4, was);
	poke_run(s);
}

FIXTURE_SETUP(fault_record)
{
	u32 id = 0;
	void *bar;
	int fd;

	harness_begin(_metadata);
	self->bdf = harness_arg(0);
	self->s = memory_map(sizeof(*self->s));
	self->config = open_file(self->bdf, "config");
	REQUIRE_EQ(pread(self->config, &id, sizeof(id), PCI_VENDOR_ID), sizeof(id));
	REQUIRE_EQ(id, EDU_ID);
	set_command(self->config, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	fd = open_file(self->bdf, "resource0");
	bar = mmap(NULL, EDU_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(bar != MAP_FAILED, "mmap of its BAR: %s", strerror(errno));
	self->edu = bar;
	close(fd);
	neighbour_begin(&self->n);
	self->fectl = hold_interrupt(self->s);
}

FIXTURE_TEARDOWN(fault_record)
{
	release_interrupt(self->s, self->fectl);
	neighbour_end(&self->n);
	munmap((void *)(uintptr_t)self->edu, EDU_SIZE);
	set_command(self->config, 0);
	close(self->config);
	harness_end(_metadata);
}

static void edu_dma(volatile u8 *edu, u64 src, u64 dst, u64 command)
{
	struct clock_wait wait = clock_wait_for(WAIT_MS);

	*(volatile u64 *)(edu + EDU_SRC) = src;
	*(volatile u64 *)(edu + EDU_DST) = dst;
	*(volatile u64 *)(edu + EDU_COUNT) = 8;
	*(volatile u64 *)(edu + EDU_CMD) = EDU_START | command;
	while (*(volatile u64 *)(edu + EDU_CMD) & EDU_START)
		REQUIRE(clock_wait_again(&wait), "the emulated device does not end its DMA");
}

struct record {
	u64 fsts;
	u64 lo;
	u64 hi;
	u64 fsts_after;
};

/* The first of them, the only one that such a unit has; read and cleared. */
static struct record take_record(struct poke_script *s)
{
	u32 at = (u32)svk_get(VTD_CAP_FRO, poke_read_now(VTD_CAP, 8)) * VTD_FRCD_SIZE;
	u32 fsts, lo, hi, after;

	s->count = 0;
	fsts = poke_read(s, VTD_FSTS, 4);
	lo = poke_read(s, at + VTD_FRCD_LO, 8);
	hi = poke_read(s, at + VTD_FRCD_HI, 8);
	poke_write(s, at + VTD_FRCD_HI + 4, 4, VTD_FRCD_F >> 32);
	poke_write(s, VTD_FSTS, 4, VTD_FSTS_PFO);
	after = poke_read(s, VTD_FSTS, 4);
	poke_run(s);
	return (struct record){
		.fsts = poke_value(s, fsts),
		.lo = poke_value(s, lo),
		.hi = poke_value(s, hi),
		.fsts_after = poke_value(s, after),
	};
}

static void expect_record(FIXTURE_DATA(fault_record) *t, bool read, u64 addr)
{
	struct record r = take_record(t->s);
	unsigned int bus, dev, fn;

	REQUIRE(sscanf(t->bdf, "%*x:%x:%x.%x", &bus, &dev, &fn) == 3, "address %s", t->bdf);
	CHECK(r.fsts & VTD_FSTS_PPF, "FSTS %#llx: no fault is pending", (unsigned long long)r.fsts);
	CHECK(r.hi & VTD_FRCD_F, "the record is empty");
	CHECK_EQ(r.lo & VTD_FRCD_FI, addr);
	CHECK_EQ(r.lo & ~VTD_FRCD_FI, 0);
	CHECK_EQ(svk_get(VTD_FRCD_SID, r.hi), bus << 8 | dev << 3 | fn);
	CHECK_EQ(svk_get(VTD_FRCD_FR, r.hi), NOT_PRESENT);
	CHECK_EQ(!!(r.hi & VTD_FRCD_T1), read);
	CHECK_EQ(!!(r.hi & VTD_FRCD_T2), false);
	/* These are of requests with PASID. */
	CHECK_EQ(r.hi & (VTD_FRCD_PP | VTD_FRCD_PV | VTD_FRCD_PRIV | VTD_FRCD_EXE), 0);
	CHECK(!(r.fsts_after & VTD_FSTS_PPF), "FSTS %#llx: the fault cannot be cleared",
	      (unsigned long long)r.fsts_after);
}

TEST_F(fault_record, of_a_read_and_of_a_write)
{
	edu_dma(self->edu, READ_AT, EDU_BUFFER, 0);
	expect_record(self, true, READ_AT);
	neighbour_works(&self->n);
	edu_dma(self->edu, EDU_BUFFER, WRITE_AT, EDU_TO_RAM);
	expect_record(self, false, WRITE_AT);
	neighbour_works(&self->n);
}

static void require(void)
{
	char path[128];

	svk_require_root();
	snprintf(path, sizeof(path), PCI "%s", harness_arg(0) ? harness_arg(0) : "");
	if (!harness_arg(0) || access(path, F_OK))
		ktap_skip_all(
			"no device to fault: -device edu of QEMU, and its PCI address as argument");
	poke_require();
}

HARNESS_MAIN(require)
