// SPDX-License-Identifier: GPL-2.0
/*
 * The device of a VM is moved to another domain of this kernel: from translated
 * DMA to none (identity), and back. Each time its requests without PASID reach
 * what the new domain maps, and nothing that only the one before had; a process
 * that is bound then shares its memory with it; and another accelerator of the
 * VM, which nobody has moved, goes on.
 *
 * Would have caught QEMU "intel_iommu: Fix DMA failure when guest switches IOMMU
 * domain": the VMM keeps the address space of the domain before, until the device
 * is reset.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "lab.h"
#include "memory.h"
#include "oracle.h"
#include "pf.h"
#include "poke.h"
#include "process.h"
#include "raw_queue.h"

#define SIZE 0x8000UL
#define RID_SIZE (SVK_RAW_MEMORY + 2 * SIZE)
#define NO_DRIVER "svakit_none"
#define ROUNDS 3

/* On an accelerator that stays where it is. Each time it is told to, lets it work; ends at 0. */
static void neighbour_main(struct process *parent, void *arg)
{
	u8 *src = memory_map(SIZE), *dst = memory_map(SIZE);
	struct svk_queue q;
	u64 seed;

	(void)arg;
	svk_device_select(SVK_DEVICE_SECOND);
	svk_queue_open(&q);
	while ((seed = process_hear(parent))) {
		memory_pattern(src, SIZE, seed);
		CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
		CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
		process_tell(parent, seed);
	}
	svk_queue_close(&q);
}

FIXTURE(domain_switch)
{
	struct process neighbour;
	bool has_neighbour;
	char bdf[16];
	char type[16]; /* of the group, as the test has found it */
	u64 seed;
};

static void group_type(char *type, size_t size)
{
	int fd = open(svk_pci_path("iommu_group/type"), O_RDONLY | O_CLOEXEC);
	ssize_t len;

	REQUIRE(fd >= 0, "type of the IOMMU group of %s: %s", svk_pci_address(), strerror(errno));
	len = read(fd, type, size - 1);
	REQUIRE(len > 0, "reading the type of a group: %s", strerror(errno));
	type[len] = '\0';
	type[strcspn(type, "\n")] = '\0';
	close(fd);
}

/* While a driver has the device, its domain stays. */
static void move(FIXTURE_DATA(domain_switch) *t, const char *type)
{
	char now[16];
	int ret;

	CHECK_ERRNO(__svk_write_file(svk_pci_path("iommu_group/type"), type), -EPERM);
	REQUIRE_ERRNO(__pf_move(t->bdf, NO_DRIVER), 0);
	ret = __svk_write_file(svk_pci_path("iommu_group/type"), type);
	/* Before anything that may end the test. */
	REQUIRE_ERRNO(__pf_move(t->bdf, "\n"), 0);
	svk_lab_close();
	REQUIRE_ERRNO(ret, 0);
	REQUIRE_ERRNO(__svk_device_find(), 0);
	group_type(now, sizeof(now));
	CHECK(!strcmp(now, type), "the group's type is %s, want %s", now, type);
}

/* Return: enum svk_status, or 0. */
static u32 rid_copy(FIXTURE_DATA(domain_switch) *t, const struct poke_dma *d)
{
	struct svk_raw_memory m = {.mem = d->mem, .iova = d->iova};
	u8 *from = (u8 *)(uintptr_t)(d->iova + SVK_RAW_MEMORY);

	memory_pattern(d->mem + SVK_RAW_MEMORY, SIZE, ++t->seed);
	return svk_raw_run(&m, svk_desc_copy(from + SIZE, from, SIZE));
}

static void expect_rid(FIXTURE_DATA(domain_switch) *t, const struct poke_dma *d)
{
	u8 *from = d->mem + SVK_RAW_MEMORY;

	CHECK_EQ(rid_copy(t, d), SVK_CPL_OK);
	CHECK_EQ(memory_diff(from, from + SIZE, SIZE), SIZE);
}

static void expect_process(FIXTURE_DATA(domain_switch) *t)
{
	u8 *src = memory_map(SIZE), *dst = memory_map(SIZE), *gone = memory_map(SIZE);
	struct svk_queue q;

	svk_queue_open(&q);
	memory_pattern(src, SIZE, ++t->seed);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, gone, SIZE)), SVK_CPL_OK);
	memory_unmap(gone, SIZE);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, gone, SIZE)), SVK_CPL_FAULT_READ);
	svk_queue_close(&q);
	memory_unmap(src, SIZE);
	memory_unmap(dst, SIZE);
}

static void expect_neighbour(FIXTURE_DATA(domain_switch) *t)
{
	if (!t->has_neighbour)
		return;
	process_tell(&t->neighbour, ++t->seed);
	CHECK_EQ(process_hear(&t->neighbour), t->seed);
}

/* What is mapped is reached, beside a process; unmapped it is reached if nothing is translated. */
static void expect_domain(FIXTURE_DATA(domain_switch) *t, bool translated)
{
	struct poke_dma d;

	poke_dma_begin(&d, RID_SIZE);
	expect_rid(t, &d);
	expect_process(t);
	expect_rid(t, &d);
	expect_neighbour(t);
	poke_dma_end(&d);
	if (translated)
		CHECK(!rid_copy(t, &d), "the device reaches %#llx, which has been unmapped",
		      (unsigned long long)d.iova);
	else
		expect_rid(t, &d);
	poke_dma_free(&d);
}

FIXTURE_SETUP(domain_switch)
{
	harness_begin(_metadata);
	self->has_neighbour = svk_second_find();
	if (self->has_neighbour)
		process_start(&self->neighbour, neighbour_main, NULL);
	snprintf(self->bdf, sizeof(self->bdf), "%s", svk_pci_address());
	group_type(self->type, sizeof(self->type));
	ktap_expect_device_faults("the device looks for memory that was unmapped");
}

FIXTURE_TEARDOWN(domain_switch)
{
	char now[16];

	group_type(now, sizeof(now));
	if (strcmp(now, self->type))
		move(self, self->type);
	if (self->has_neighbour) {
		process_tell(&self->neighbour, 0);
		process_end(&self->neighbour);
	}
	harness_end(_metadata);
}

TEST_F(domain_switch, to_identity_and_back)
{
	unsigned int round;

	REQUIRE(!strcmp(self->type, "DMA"), "the group's type is %s, want DMA: iommu.strict=1",
		self->type);
	expect_domain(self, true);
	for (round = 0; round < ROUNDS; round++) {
		move(self, "identity");
		expect_domain(self, false);
		move(self, "DMA");
		expect_domain(self, true);
	}
}

/* The address of memory without translation is no address in a domain that has not mapped it. */
TEST_F(domain_switch, leaves_the_memory_of_the_one_before)
{
	struct poke_dma old, d;

	move(self, "identity");
	poke_dma_begin(&old, RID_SIZE);
	expect_rid(self, &old);
	poke_dma_end(&old);
	expect_rid(self, &old);
	move(self, "DMA");
	poke_dma_begin(&d, RID_SIZE);
	expect_rid(self, &d);
	CHECK(!rid_copy(self, &old), "the device reaches %#llx, which this domain has not mapped",
	      (unsigned long long)old.iova);
	poke_dma_end(&d);
	move(self, "identity");
	expect_rid(self, &old);
	poke_dma_free(&d);
	poke_dma_free(&old);
}

static void require(void)
{
	oracle_require();
	poke_require();
}

HARNESS_MAIN(require)
