// SPDX-License-Identifier: GPL-2.0
#include "guest.h"

#include <string.h>
#include <unistd.h>

#include "iommufd.h"
#include "ktap.h"
#include "memory.h"
#include "oracle.h"

/* First-stage entries, VT-d 9.8; the same bits as the CPU's. */
#define ENTRY_PRESENT SVK_BIT(0)
#define ENTRY_WRITE SVK_BIT(1)
#define ENTRY_USER SVK_BIT(2)
#define ENTRY_ADDR SVK_MASK(51, 12)

#define LEVELS 4
#define LEVEL_BITS 9
#define PAGE_BITS 12

void guest_init(struct guest *g, u64 size)
{
	*g = (struct guest){.size = size, .used = GUEST_PAGE, .iommufd = -1};
	g->ram = memory_map_shared(size);
}

void guest_cleanup(struct guest *g)
{
	guest_stop(g);
	memory_unmap(g->ram, g->size);
}

void guest_start(struct guest *g)
{
	g->iommufd = iommufd_open();
	g->ioas = iommufd_ioas_alloc(g->iommufd);
	iommufd_map(g->iommufd, g->ioas, g->ram, 0, g->size);
}

void guest_stop(struct guest *g)
{
	if (g->iommufd < 0)
		return;
	REQUIRE_EQ(close(g->iommufd), 0);
	g->iommufd = -1;
	oracle_invalidated();
}

u64 guest_alloc(struct guest *g, u64 size)
{
	u64 gpa = g->used;

	size = (size + GUEST_PAGE - 1) & ~(GUEST_PAGE - 1);
	REQUIRE(size <= g->size - gpa, "%llu bytes of guest memory left, want %llu",
		(unsigned long long)(g->size - gpa), (unsigned long long)size);
	g->used += size;
	return gpa;
}

void *guest_at(const struct guest *g, u64 gpa)
{
	REQUIRE(gpa < g->size, "no guest memory at 0x%llx", (unsigned long long)gpa);
	return g->ram + gpa;
}

void guest_space_init(struct guest_space *s, struct guest *g)
{
	s->g = g;
	s->root = guest_alloc(g, GUEST_PAGE);
}

/* The unit may walk the table meanwhile: an entry is written at once, and last. */
static void entry_set(u64 *entry, u64 value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

/* Return: the last-level entry of @va; tables on the way are made. */
static u64 *leaf(const struct guest_space *s, u64 va)
{
	u64 table = s->root;
	int level;

	for (level = LEVELS - 1;; level--) {
		u64 index = va >> (PAGE_BITS + level * LEVEL_BITS) & ((1 << LEVEL_BITS) - 1);
		u64 *entry = (u64 *)guest_at(s->g, table) + index;

		if (!level)
			return entry;
		if (!(*entry & ENTRY_PRESENT))
			entry_set(entry, guest_alloc(s->g, GUEST_PAGE) | ENTRY_PRESENT |
						 ENTRY_WRITE | ENTRY_USER);
		table = *entry & ENTRY_ADDR;
	}
}

void guest_space_map(const struct guest_space *s, u64 va, u64 gpa, u64 size)
{
	u64 off;

	for (off = 0; off < size; off += GUEST_PAGE) {
		u64 *entry = leaf(s, va + off);

		REQUIRE(!(*entry & ENTRY_PRESENT), "0x%llx is mapped already",
			(unsigned long long)(va + off));
		entry_set(entry, (gpa + off) | ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER);
	}
}

void guest_space_unmap(const struct guest_space *s, u64 va, u64 size)
{
	u64 off;

	oracle_changed();
	for (off = 0; off < size; off += GUEST_PAGE)
		entry_set(leaf(s, va + off), 0);
}

u64 guest_space_alloc(const struct guest_space *s, u64 va, u64 size)
{
	u64 gpa = guest_alloc(s->g, size);

	guest_space_map(s, va, gpa, size);
	return gpa;
}

u32 guest_space_nest(const struct guest_space *s, u32 dev, u32 parent)
{
	return iommufd_hwpt_nest(s->g->iommufd, dev, parent, IOMMUFD_HWPT_PASID, s->root);
}

u32 guest_parent(const struct guest *g, u32 dev)
{
	return iommufd_hwpt_alloc(g->iommufd, dev, g->ioas,
				  IOMMUFD_HWPT_NEST_PARENT | IOMMUFD_HWPT_PASID);
}
