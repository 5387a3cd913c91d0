// SPDX-License-Identifier: GPL-2.0
/*
 * A device asks for what its process could not reach either: the kernel says
 * Invalid Request, the descriptor ends with the address, the process lives,
 * and the queue goes on. The ABI asks for neither execution nor privilege.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"
#include "prq.h"

#define SIZE 8192
#define CANARY 0x2e

FIXTURE(refused)
{
	struct svk_queue q;
	const void *regs;
};

static struct svk_result run_at(FIXTURE_DATA(refused) *self, u64 addr, bool write)
{
	void *at = (void *)(uintptr_t)addr;
	struct svk_desc desc = write ? svk_desc_fill(at, 0, SIZE) : svk_desc_crc32c(at, 0, SIZE);

	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	return svk_queue_run(&self->q, desc);
}

/* Refused at @addr + @done, after one request for each page that came and one for that one. */
static void expect_refused(FIXTURE_DATA(refused) *self, u64 addr, bool write, u64 done)
{
	struct prq_count before = prq_count(self->regs);
	struct svk_result res = run_at(self, addr, write);
	struct prq_count since = prq_count_since(self->regs, &before);

	CHECK_STATUS(res, write ? SVK_CPL_FAULT_WRITE : SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, addr + done);
	CHECK_EQ(res.done, done);
	CHECK_EQ(since.sent, done / memory_page() + 1);
	CHECK_EQ(since.answered, since.sent);
	CHECK_EQ(since.stray, 0);
	CHECK_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
}

static void both(FIXTURE_DATA(refused) *self, u64 addr)
{
	expect_refused(self, addr, false, 0);
	expect_refused(self, addr, true, 0);
}

static u8 *map(int prot, int fd)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	u8 *mem = mmap(NULL, SIZE, prot, flags, fd, 0);

	REQUIRE(mem != MAP_FAILED, "mmap of %d bytes: %s", SIZE, strerror(errno));
	return mem;
}

FIXTURE_SETUP(refused)
{
	harness_begin(_metadata);
	self->regs = svk_regs_map();
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(refused)
{
	svk_queue_close(&self->q);
	svk_regs_unmap(self->regs);
	harness_end(_metadata);
}

TEST_F(refused, not_mapped)
{
	u8 *mem = map(PROT_READ, -1);

	memory_unmap(mem, SIZE);
	both(self, (uintptr_t)mem);
}

TEST_F(refused, no_access)
{
	u8 *mem = map(PROT_NONE, -1);

	both(self, (uintptr_t)mem);
	memory_unmap(mem, SIZE);
}

TEST_F(refused, read_only)
{
	u8 *mem = map(PROT_READ | PROT_WRITE, -1);

	memset(mem, CANARY, SIZE);
	REQUIRE_EQ(mprotect(mem, SIZE, PROT_READ), 0);
	expect_refused(self, (uintptr_t)mem, true, 0);
	CHECK_EQ(memory_diff_byte(mem, SIZE, CANARY), SIZE);
	CHECK_STATUS(run_at(self, (uintptr_t)mem, false), SVK_CPL_OK);
	memory_unmap(mem, SIZE);
}

/* The first page comes, the second is none: what came has been written. */
TEST_F(refused, half_of_it)
{
	u8 *mem = map(PROT_READ | PROT_WRITE, -1);

	memory_unmap(mem + memory_page(), SIZE - memory_page());
	expect_refused(self, (uintptr_t)mem, true, memory_page());
	CHECK_EQ(memory_diff_byte(mem, memory_page(), 0), memory_page());
	memory_unmap(mem, memory_page());
}

/* A process would get SIGBUS for it. */
TEST_F(refused, beyond_the_file)
{
	int fd = memfd_create("short", MFD_CLOEXEC);
	u8 *mem;

	REQUIRE(fd >= 0, "memfd: %s", strerror(errno));
	mem = map(PROT_READ | PROT_WRITE, fd);
	both(self, (uintptr_t)mem);
	memory_unmap(mem, SIZE);
	close(fd);
}

/* The direct map: in the tables of each process, for the kernel alone. */
TEST_F(refused, kernel_address)
{
	both(self, 0xffff888000000000ULL);
}

HARNESS_MAIN(svk_require_root)
