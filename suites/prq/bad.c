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
#include "ktap.h"
#include "memory.h"
#include "prq.h"

#define SIZE 8192
#define CANARY 0x2e

static struct {
	struct svk_queue q;
	const void *regs;
} t;

static struct svk_result run_at(u64 addr, bool write)
{
	void *at = (void *)(uintptr_t)addr;
	struct svk_desc desc = write ? svk_desc_fill(at, 0, SIZE) : svk_desc_crc32c(at, 0, SIZE);

	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	return svk_queue_run(&t.q, desc);
}

/* Refused at @addr + @done, after one request for each page that came and one for that one. */
static void expect_refused(u64 addr, bool write, u64 done)
{
	struct prq_count before = prq_count(t.regs);
	struct svk_result res = run_at(addr, write);
	struct prq_count since = prq_count_since(t.regs, &before);

	CHECK_STATUS(res, write ? SVK_CPL_FAULT_WRITE : SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, addr + done);
	CHECK_EQ(res.done, done);
	CHECK_EQ(since.sent, done / memory_page() + 1);
	CHECK_EQ(since.answered, since.sent);
	CHECK_EQ(since.stray, 0);
	CHECK_STATUS(svk_queue_run(&t.q, svk_desc_nop()), SVK_CPL_OK);
}

static void both(const char *name, u64 addr)
{
	ktap_case(name);
	expect_refused(addr, false, 0);
	expect_refused(addr, true, 0);
}

static u8 *map(int prot, int fd)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	u8 *mem = mmap(NULL, SIZE, prot, flags, fd, 0);

	REQUIRE(mem != MAP_FAILED, "mmap of %d bytes: %s", SIZE, strerror(errno));
	return mem;
}

static void nothing_mapped(void)
{
	u8 *mem = map(PROT_READ, -1);

	memory_unmap(mem, SIZE);
	both("not_mapped", (uintptr_t)mem);
}

static void no_access(void)
{
	u8 *mem = map(PROT_NONE, -1);

	both("no_access", (uintptr_t)mem);
	memory_unmap(mem, SIZE);
}

static void read_only(void)
{
	u8 *mem = map(PROT_READ | PROT_WRITE, -1);

	ktap_case("read_only");
	memset(mem, CANARY, SIZE);
	REQUIRE_EQ(mprotect(mem, SIZE, PROT_READ), 0);
	expect_refused((uintptr_t)mem, true, 0);
	CHECK_EQ(memory_diff_byte(mem, SIZE, CANARY), SIZE);
	CHECK_STATUS(run_at((uintptr_t)mem, false), SVK_CPL_OK);
	memory_unmap(mem, SIZE);
}

/* The first page comes, the second is none: what came has been written. */
static void half_of_it(void)
{
	u8 *mem = map(PROT_READ | PROT_WRITE, -1);

	ktap_case("half_of_it");
	memory_unmap(mem + memory_page(), SIZE - memory_page());
	expect_refused((uintptr_t)mem, true, memory_page());
	CHECK_EQ(memory_diff_byte(mem, memory_page(), 0), memory_page());
	memory_unmap(mem, memory_page());
}

/* A process would get SIGBUS for it. */
static void beyond_the_file(void)
{
	int fd = memfd_create("short", MFD_CLOEXEC);
	u8 *mem;

	REQUIRE(fd >= 0, "memfd: %s", strerror(errno));
	mem = map(PROT_READ | PROT_WRITE, fd);
	both("beyond_the_file", (uintptr_t)mem);
	memory_unmap(mem, SIZE);
	close(fd);
}

int main(void)
{
	svk_require_root();
	ktap_start(6);
	t.regs = svk_regs_map();
	svk_queue_open(&t.q);
	nothing_mapped();
	no_access();
	read_only();
	half_of_it();
	beyond_the_file();
	/* The direct map: in the tables of each process, for the kernel alone. */
	both("kernel_address", 0xffff888000000000ULL);
	svk_queue_close(&t.q);
	svk_regs_unmap(t.regs);
	return ktap_finish();
}
