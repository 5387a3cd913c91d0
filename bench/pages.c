// SPDX-License-Identifier: GPL-2.0
#include "pages.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"
#include "ktap.h"
#include "memory.h"

/* Linux 6.1; glibc knows it later. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* That has to be left free: nothing is to be swapped or reclaimed. */
#define SPARE (32ULL << 20)

static u64 memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	while (file && !kib && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "MemAvailable: %llu kB", &kib) != 1)
			kib = 0;
	}
	if (file)
		fclose(file);
	return kib << 10;
}

void pages_init(struct pages *p, u64 size, bool huge)
{
	*p = (struct pages){.size = size, .huge = huge};
}

/* Bytes around, so that a huge page begins there. */
static u64 space_size(const struct pages *p)
{
	return p->size + (p->huge ? MEMORY_HUGE : 0);
}

void *pages_reserve(struct pages *p)
{
	u64 align = p->huge ? MEMORY_HUGE : memory_page();
	u8 *space = memory_hole(space_size(p));

	p->mem = (void *)(((uintptr_t)space + align - 1) & ~(align - 1));
	/* Nobody else maps anything meanwhile. */
	REQUIRE_EQ(munmap(space, space_size(p)), 0);
	return p->mem;
}

/* Return: 0 or -errno; @mem is mapped then. */
static int try_map(struct pages *p)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	void *mem = pages_reserve(p);

	if (mmap(mem, p->size, PROT_READ | PROT_WRITE, flags, -1, 0) != mem)
		return -errno;
	/* Small pages are to stay small. */
	if (madvise(mem, p->size, p->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) ||
	    madvise(mem, p->size, MADV_POPULATE_WRITE))
		return -errno;
	/* On a machine of little memory the kernel makes none by itself. */
	return p->huge && madvise(mem, p->size, MADV_COLLAPSE) ? -errno : 0;
}

bool pages_fit(u64 size, bool huge)
{
	u64 page = huge ? MEMORY_HUGE : memory_page();
	struct pages trial;
	u64 available;
	int ret;

	/* Not a matter of the machine: such a combination makes no sense. */
	if (!size || size % page)
		return false;
	available = memory_available();
	if (size + SPARE > available) {
		bench_skip("%llu MiB: %llu MiB of memory are free",
			   (unsigned long long)(size >> 20), (unsigned long long)(available >> 20));
		return false;
	}
	if (!huge)
		return true;
	pages_init(&trial, size, huge);
	ret = try_map(&trial);
	pages_unmap(&trial);
	if (ret)
		bench_skip("%llu MiB of huge pages: %s", (unsigned long long)(size >> 20),
			   strerror(-ret));
	return !ret;
}

void *pages_map(struct pages *p)
{
	int ret = try_map(p);

	REQUIRE(!ret, "%llu bytes of %s pages: %s", (unsigned long long)p->size,
		p->huge ? "huge" : "small", strerror(-ret));
	return p->mem;
}

void pages_unmap(struct pages *p)
{
	if (p->mem)
		REQUIRE_EQ(munmap(p->mem, p->size), 0);
	p->mem = NULL;
}
