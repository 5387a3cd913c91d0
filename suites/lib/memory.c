// SPDX-License-Identifier: GPL-2.0
#include "memory.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "clock.h"
#include "ktap.h"
#include "oracle.h"

#define CHANGE_WAIT_MS 10000

/* Linux 6.1; glibc knows it later. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* Linux 6.18, include/uapi/linux/prctl.h. */
#ifndef PR_THP_DISABLE_EXCEPT_ADVISED
#define PR_THP_DISABLE_EXCEPT_ADVISED (1 << 1)
#endif

static void *map(void *addr, size_t size, int flags, int fd)
{
	void *mem = mmap(addr, size, PROT_READ | PROT_WRITE, flags | MAP_POPULATE, fd, 0);

	REQUIRE(mem != MAP_FAILED, "mmap of %zu bytes at %p: %s", size, addr, strerror(errno));
	return mem;
}

void memory_settle(void)
{
	int ret = prctl(PR_SET_THP_DISABLE, 1, PR_THP_DISABLE_EXCEPT_ADVISED, 0, 0);

	REQUIRE(!ret || errno == EINVAL, "PR_SET_THP_DISABLE: %s", strerror(errno));
}

size_t memory_page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void *memory_map(size_t size)
{
	return map(NULL, size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

void *memory_map_shared(size_t size)
{
	return map(NULL, size, MAP_SHARED | MAP_ANONYMOUS, -1);
}

void *memory_map_at(void *addr, size_t size)
{
	void *mem = map(addr, size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1);

	REQUIRE_EQ((uintptr_t)mem, (uintptr_t)addr);
	return mem;
}

void *memory_map_fd(int fd, size_t size)
{
	return map(NULL, size, MAP_SHARED, fd);
}

void memory_unmap(void *addr, size_t size)
{
	int ret;

	/* It invalidates what it unmaps: nobody could tell afterwards what was stale before. */
	oracle_settle();
	ret = munmap(addr, size);
	REQUIRE(!ret, "munmap of %zu bytes at %p: %s", size, addr, strerror(errno));
	oracle_settle();
}

void memory_protect(void *addr, size_t size, int prot)
{
	int ret = mprotect(addr, size, prot);

	REQUIRE(!ret, "mprotect of %zu bytes at %p: %s", size, addr, strerror(errno));
	oracle_settle();
}

void *memory_hole(size_t size)
{
	void *mem = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(mem != MAP_FAILED, "mmap of %zu bytes: %s", size, strerror(errno));
	return mem;
}

void *memory_untouched(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(mem != MAP_FAILED, "mmap of %zu bytes: %s", size, strerror(errno));
	return mem;
}

void memory_populate(void *addr, size_t size)
{
	int ret = madvise(addr, size, MADV_POPULATE_WRITE);

	REQUIRE(!ret, "MADV_POPULATE_WRITE of %zu bytes at %p: %s", size, addr, strerror(errno));
}

void *memory_block(void)
{
	u8 *space = memory_hole(2 * MEMORY_HUGE);
	u8 *block = (u8 *)(((uintptr_t)space + MEMORY_HUGE - 1) & ~(MEMORY_HUGE - 1));
	int ret = mprotect(block, MEMORY_HUGE, PROT_READ | PROT_WRITE);

	if (!ret)
		ret = madvise(block, MEMORY_HUGE, MADV_NOHUGEPAGE);
	REQUIRE(!ret, "block of small pages at %p: %s", block, strerror(errno));
	memory_populate(block, MEMORY_HUGE);
	return block;
}

void memory_collapse(void *block)
{
	int ret = madvise(block, MEMORY_HUGE, MADV_HUGEPAGE);

	if (!ret)
		ret = madvise(block, MEMORY_HUGE, MADV_COLLAPSE);
	REQUIRE(!ret, "huge page at %p: %s", block, strerror(errno));
	oracle_settle();
}

void memory_wait_change(const volatile u64 *word, u64 before)
{
	const struct timespec nap = {.tv_nsec = 50000};
	u64 deadline = clock_us() + CHANGE_WAIT_MS * 1000;

	while (*word == before) {
		REQUIRE(clock_us() < deadline, "nothing was written to %p within %d ms",
			(void *)word, CHANGE_WAIT_MS);
		nanosleep(&nap, NULL);
	}
}

bool memory_is_mapped(const void *addr)
{
	unsigned char present;

	return !mincore((void *)addr, 1, &present);
}

void memory_pattern(void *addr, size_t size, u64 seed)
{
	u64 state = seed * 0x9e3779b97f4a7c15ULL + 1;
	u8 *mem = addr;
	size_t i, step;

	for (i = 0; i < size; i += step) {
		/* xorshift64: any non-zero state will do */
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		step = size - i < sizeof(state) ? size - i : sizeof(state);
		memcpy(mem + i, &state, step);
	}
}

size_t memory_diff(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;
	size_t i;

	if (!memcmp(a, b, size))
		return size;
	for (i = 0; i < size; i++) {
		if (x[i] != y[i])
			break;
	}
	return i;
}

size_t memory_diff_byte(const void *addr, size_t size, u8 value)
{
	const u8 *mem = addr;

	/* Equal to itself shifted by one, and the first byte is right. */
	if (!size || (mem[0] == value && !memcmp(mem, mem + 1, size - 1)))
		return size;
	return mem[0] == value ? memory_diff(mem, mem + 1, size - 1) + 1 : 0;
}
