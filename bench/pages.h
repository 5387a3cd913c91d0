/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of small or of huge pages, all present and writable. Everything asserts. */
#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

#include <svakit/types.h>

/**
 * struct pages - A piece of memory.
 * @size: bytes
 * @huge: of 2 MiB each, rather than 4 KiB
 * @mem: where it is, NULL where nothing is
 */
struct pages {
	u64 size;
	bool huge;
	void *mem;
};

/** pages_fit() - Can so much be had, of such pages? Says so if not; sizes must be whole pages. */
bool pages_fit(u64 size, bool huge);

/** pages_init() - Nothing is mapped yet. */
void pages_init(struct pages *p, u64 size, bool huge);

/** pages_reserve() - Look for addresses; nothing is mapped at them. Return: @mem. */
void *pages_reserve(struct pages *p);

/** pages_map() - Reserve, and map memory there. Return: @mem. */
void *pages_map(struct pages *p);

/** pages_unmap() - Undo either; @mem may be unmapped, or NULL, already. */
void pages_unmap(struct pages *p);

#endif /* BENCH_PAGES_H */
