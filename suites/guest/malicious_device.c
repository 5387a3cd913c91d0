// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that misbehaves towards the accelerator that it was given: reads and
 * writes of its registers in widths that they do not have, across two of them, at
 * odd addresses; writes to configuration space that is read-only; BARs that are
 * moved while they decode. What stands between the guest and the hardware (VMM,
 * VFIO, and for a mediated device the module) lives, nothing is changed that such
 * an access cannot change, and a process whose device works does not notice.
 *
 * Would have caught QEMU "vfio: ... oversized MMIO access" aborts, and a
 * mediated device that hands an access of another width on to the hardware.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "accel_device.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"
#include "neighbour.h"
#include "oracle.h"
#include "pci_config.h"

#define PAGE SVK_ACCEL_PAGE
#define BEGIN 256 /* bytes of each page at which an access begins, and those at its end */
#define END 16
#define WIDE 16
#define EXT_CAPS 0x100

FIXTURE(malicious_device)
{
	struct neighbour n;
	volatile u8 *regs;
	volatile u8 *portals;
	u32 queues;
};

static volatile u8 *map_bar(const char *bar, size_t size)
{
	const char *path = svk_pci_path(bar);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *mem;

	REQUIRE(fd >= 0, "open of %s: %s", path, strerror(errno));
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(mem != MAP_FAILED, "mmap of %s: %s", path, strerror(errno));
	close(fd);
	return mem;
}

FIXTURE_SETUP(malicious_device)
{
	harness_begin(_metadata);
	neighbour_begin(&self->n);
	self->regs = map_bar("resource0", SVK_ACCEL_CTRL_SIZE);
	self->queues =
		(u32)svk_get(SVK_GLB_CAP_QUEUES, *(volatile u64 *)(self->regs + SVK_GLB_CAP));
	self->portals = map_bar("resource2", self->queues * PAGE);
}

FIXTURE_TEARDOWN(malicious_device)
{
	munmap((void *)(uintptr_t)self->portals, self->queues * PAGE);
	munmap((void *)(uintptr_t)self->regs, SVK_ACCEL_CTRL_SIZE);
	neighbour_end(&self->n);
	harness_end(_metadata);
}

/* In one instruction, aligned or not; the compiler would make several of it. */
static void read_one(const volatile u8 *at, u32 width)
{
	u64 value;

	switch (width) {
	case 1:
		__asm__ volatile("movzbl (%1), %k0" : "=r"(value) : "r"(at) : "memory");
		break;
	case 2:
		__asm__ volatile("movzwl (%1), %k0" : "=r"(value) : "r"(at) : "memory");
		break;
	case 4:
		__asm__ volatile("movl (%1), %k0" : "=r"(value) : "r"(at) : "memory");
		break;
	case 8:
		__asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(at) : "memory");
		break;
	default:
		__asm__ volatile("movdqu (%0), %%xmm0" : : "r"(at) : "xmm0", "memory");
	}
}

static void write_one(volatile u8 *at, u32 width)
{
	u64 ones = ~0ULL;

	switch (width) {
	case 1:
		__asm__ volatile("movb %b1, (%0)" : : "r"(at), "q"(ones) : "memory");
		break;
	case 2:
		__asm__ volatile("movw %w1, (%0)" : : "r"(at), "r"(ones) : "memory");
		break;
	case 4:
		__asm__ volatile("movl %k1, (%0)" : : "r"(at), "r"(ones) : "memory");
		break;
	case 8:
		__asm__ volatile("movq %1, (%0)" : : "r"(at), "r"(ones) : "memory");
		break;
	default:
		__asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n\tmovdqu %%xmm0, (%0)"
				 :
				 : "r"(at)
				 : "xmm0", "memory");
	}
}

static const u32 widths[] = {1, 2, 4, 8, WIDE};

/* What lies at the ends of the pages begins in one register block and ends in the next. */
static void read_pages(const volatile u8 *bar, size_t size)
{
	unsigned int i;
	size_t off;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		for (off = 0; off + widths[i] <= size; off++) {
			if (off % PAGE < BEGIN || off % PAGE >= PAGE - END)
				read_one(bar + off, widths[i]);
		}
	}
}

TEST_F_TIMEOUT(malicious_device, reads_of_each_width, 60)
{
	u64 cap = *(volatile u64 *)(self->regs + SVK_GLB_CAP);

	read_pages(self->regs, SVK_ACCEL_CTRL_SIZE);
	neighbour_works(&self->n);
	read_pages(self->portals, self->queues * PAGE);
	neighbour_works(&self->n);
	CHECK_EQ(*(volatile u64 *)(self->regs + SVK_GLB_CAP), cap);
}

/*
 * Registers are of 4 and of 8 bytes. A wider access that is not aligned may arrive in pieces, and
 * those of 4 bytes are right ones.
 */
static bool is_wrong(size_t off, u32 width)
{
	return width < 4 || (width == 4 && off % 4);
}

/* Of the global page: were one of them taken, the accelerator would be reset, or off. */
TEST_F_TIMEOUT(malicious_device, writes_of_wrong_widths, 60)
{
	u64 opcap = *(volatile u64 *)(self->regs + SVK_GLB_OPCAP);
	u32 status = *(volatile u32 *)(self->regs + SVK_GLB_STATUS);
	unsigned int i;
	size_t off;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		for (off = 0; off + widths[i] <= BEGIN; off++) {
			if (is_wrong(off, widths[i]))
				write_one(self->regs + off, widths[i]);
		}
		neighbour_works(&self->n);
	}
	CHECK_EQ(*(volatile u64 *)(self->regs + SVK_GLB_OPCAP), opcap);
	CHECK_EQ(*(volatile u32 *)(self->regs + SVK_GLB_STATUS) & SVK_GLB_STATUS_ENABLED,
		 status & SVK_GLB_STATUS_ENABLED);
}

/* A queue that nobody has, of all widths. Whatever that makes of it, it is no other one. */
TEST_F_TIMEOUT(malicious_device, writes_to_an_idle_queue, 60)
{
	u32 queue = self->queues - 1, base = SVK_QCFG_BASE + queue * SVK_QCFG_STRIDE;
	volatile u32 *status = (volatile u32 *)(self->regs + base + SVK_QCFG_STATUS);
	volatile u8 *portal = self->portals + (size_t)queue * PAGE;
	unsigned int i;
	size_t off;

	REQUIRE_EQ(svk_get(SVK_QCFG_STATUS_STATE, *status), SVK_QSTATE_DISABLED);
	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		for (off = 0; off + widths[i] <= SVK_QCFG_STRIDE; off++)
			write_one(self->regs + base + off, widths[i]);
		for (off = 0; off + widths[i] <= BEGIN; off++)
			write_one(portal + off, widths[i]);
		neighbour_works(&self->n);
	}
	*(volatile u32 *)(self->regs + base + SVK_QCFG_CTRL) = SVK_QCFG_CTRL_RESET;
	CHECK_EQ(svk_get(SVK_QCFG_STATUS_STATE, *status), SVK_QSTATE_DISABLED);
}

static int config_open(void)
{
	const char *path = svk_pci_path("config");
	int fd = open(path, O_RDWR | O_CLOEXEC);

	REQUIRE(fd >= 0, "open of %s: %s", path, strerror(errno));
	return fd;
}

static void expect_read_only(int fd, off_t off)
{
	u32 before, now, ones = ~0u;

	REQUIRE_EQ(pread(fd, &before, sizeof(before), off), sizeof(before));
	REQUIRE_EQ(pwrite(fd, &ones, sizeof(ones), off), sizeof(ones));
	REQUIRE_EQ(pread(fd, &now, sizeof(now), off), sizeof(now));
	CHECK(now == before, "configuration space at %#lx was %#x, and can be written: %#x",
	      (unsigned long)off, before, now);
}

TEST_F(malicious_device, read_only_configuration_space)
{
	static const off_t fixed[] = {PCI_VENDOR_ID, PCI_CLASS_REVISION, PCI_CARDBUS_CIS,
				      PCI_SUBSYSTEM_VENDOR_ID, PCI_CAPABILITY_LIST};
	int fd = config_open();
	unsigned int i;
	u32 header = 0;
	off_t cap;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		expect_read_only(fd, fixed[i]);
	for (cap = EXT_CAPS; cap; cap = PCI_EXT_CAP_NEXT(header)) {
		expect_read_only(fd, cap);
		REQUIRE_EQ(pread(fd, &header, sizeof(header), cap), sizeof(header));
	}
	neighbour_works(&self->n);
	close(fd);
}

/* As software does to learn their size, but without turning decoding off. */
TEST_F(malicious_device, bars_that_move)
{
	u64 cap = *(volatile u64 *)(self->regs + SVK_GLB_CAP);
	u32 before[6], ones[6];
	int fd = config_open();
	unsigned int i;

	memset(ones, 0xff, sizeof(ones));
	REQUIRE_EQ(pread(fd, before, sizeof(before), PCI_BASE_ADDRESS_0), sizeof(before));
	for (i = 0; i < ARRAY_SIZE(before); i++) {
		REQUIRE_EQ(pwrite(fd, &ones[i], 4, PCI_BASE_ADDRESS_0 + 4 * i), 4);
		REQUIRE_EQ(pwrite(fd, &before[i], 4, PCI_BASE_ADDRESS_0 + 4 * i), 4);
		neighbour_works(&self->n);
	}
	REQUIRE_EQ(pread(fd, ones, sizeof(ones), PCI_BASE_ADDRESS_0), sizeof(ones));
	CHECK(!memcmp(ones, before, sizeof(before)), "the BARs are not what they were");
	CHECK_EQ(*(volatile u64 *)(self->regs + SVK_GLB_CAP), cap);
	close(fd);
}

HARNESS_MAIN(oracle_require)
