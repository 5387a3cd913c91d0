// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "gmem.h"
#include "machine.h"

#define GMEM_PAGE_MASK 4095ULL

/* host is NULL for a range that is mapped but cannot be reached, such as a ROM. */
struct mapping {
	u64 addr;
	u64 size;
	u8 *host;
	unsigned int prot;
};

/*
 * drained counts the moments at which the last pin was dropped. Whoever waits
 * for the pins of now waits for that count to move, not for pins to be seen
 * at zero: a busy engine pins again before a waiter has the lock.
 */
struct gmem {
	struct machine *machine;
	struct mapping map[GMEM_MAX_MAPS];
	unsigned int maps;
	unsigned int last_hit;
	unsigned int pins;
	u64 drained;
	pthread_cond_t unpinned;
};

struct gmem *gmem_new(struct machine *m)
{
	struct gmem *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->machine = m;
	pthread_cond_init(&g->unpinned, NULL);
	return g;
}

static void mapping_destroy(const struct mapping *map)
{
	if (map->host)
		munmap(map->host, map->size);
}

void gmem_free(struct gmem *g)
{
	if (!g)
		return;
	for (unsigned int i = 0; i < g->maps; i++)
		mapping_destroy(&g->map[i]);
	pthread_cond_destroy(&g->unpinned);
	free(g);
}

/* Index of the first mapping that ends above addr. */
static unsigned int gmem_search(const struct gmem *g, u64 addr)
{
	unsigned int lo = 0;
	unsigned int hi = g->maps;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (g->map[mid].addr + (g->map[mid].size - 1) < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int gmem_check_file(int fd, u64 offset, u64 size)
{
	struct statfs fs;
	struct stat st;
	int seals;

	/*
	 * A file that can shrink under the mapping turns the next access into
	 * a SIGBUS. Files that have no seals (F_GET_SEALS fails) can shrink.
	 */
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK))
		return -EPERM;
	/* Of huge pages the next access may find none left, which is a SIGBUS as well. */
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type == HUGETLBFS_MAGIC)
		return -EPERM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (offset > (u64)st.st_size || size > (u64)st.st_size - offset)
		return -EINVAL;
	return 0;
}

static int gmem_map_file(struct mapping *map, int fd, u64 offset)
{
	int prot = 0;
	void *host;
	int rc;

	rc = gmem_check_file(fd, offset, map->size);
	if (rc)
		return rc;
	if (map->prot & GMEM_READ)
		prot |= PROT_READ;
	if (map->prot & GMEM_WRITE)
		prot |= PROT_WRITE;
	host = mmap(NULL, map->size, prot, MAP_SHARED | MAP_NORESERVE, fd, offset);
	if (host == MAP_FAILED)
		return -errno;
	/* A core dump of the model is not the place for a guest's memory. */
	madvise(host, map->size, MADV_DONTDUMP);
	map->host = host;
	return 0;
}

int gmem_map(struct gmem *g, u64 addr, u64 size, unsigned int prot, int fd, u64 offset)
{
	struct mapping map = {.addr = addr, .size = size, .prot = prot};
	unsigned int at;
	int rc;

	if (!size || ((addr | size | offset) & GMEM_PAGE_MASK) || size > ~0ULL - addr)
		return -EINVAL;
	if (!prot || (prot & ~(GMEM_READ | GMEM_WRITE)))
		return -EINVAL;
	at = gmem_search(g, addr);
	if (at < g->maps && g->map[at].addr < addr + size)
		return -EEXIST;
	if (g->maps == GMEM_MAX_MAPS)
		return -ENOSPC;
	if (fd >= 0) {
		rc = gmem_map_file(&map, fd, offset);
		if (rc)
			return rc;
	}

	memmove(&g->map[at + 1], &g->map[at], (g->maps - at) * sizeof(map));
	g->map[at] = map;
	g->maps++;
	return 0;
}

static void gmem_wait_unpinned(struct gmem *g)
{
	unsigned int *waiters = &g->machine->waiters;
	u64 seen = g->drained;

	/* The wait takes the lock again on its own: announced as machine_lock() would. */
	__atomic_add_fetch(waiters, 1, __ATOMIC_RELAXED);
	while (g->pins && g->drained == seen)
		pthread_cond_wait(&g->unpinned, &g->machine->lock);
	__atomic_sub_fetch(waiters, 1, __ATOMIC_RELAXED);
}

int gmem_unmap(struct gmem *g, u64 addr, u64 size)
{
	struct mapping map;
	unsigned int at;

	if (!addr && size == ~0ULL) {
		while (g->maps)
			gmem_unmap(g, g->map[g->maps - 1].addr, g->map[g->maps - 1].size);
		return 0;
	}
	at = gmem_search(g, addr);
	if (at == g->maps || g->map[at].addr != addr || g->map[at].size != size)
		return -ENOENT;

	map = g->map[at];
	g->maps--;
	memmove(&g->map[at], &g->map[at + 1], (g->maps - at) * sizeof(map));
	/* Drops the lock, with the mapping already out of reach of new accesses. */
	gmem_wait_unpinned(g);
	mapping_destroy(&map);
	return 0;
}

static bool mapping_holds(const struct mapping *map, u64 addr, u64 len)
{
	return addr >= map->addr && len <= map->size && addr - map->addr <= map->size - len;
}

void *gmem_ptr(struct gmem *g, u64 addr, u64 len, unsigned int prot)
{
	unsigned int at = g->last_hit;
	const struct mapping *map;

	if (at >= g->maps || !mapping_holds(&g->map[at], addr, len)) {
		at = gmem_search(g, addr);
		if (at == g->maps || !mapping_holds(&g->map[at], addr, len))
			return NULL;
		g->last_hit = at;
	}
	map = &g->map[at];
	if (!map->host || (prot & ~map->prot))
		return NULL;
	return map->host + (addr - map->addr);
}

int gmem_window(struct gmem *g, u64 addr, unsigned int prot, struct gmem_window *w)
{
	unsigned int at = gmem_search(g, addr);
	const struct mapping *map = &g->map[at];

	*w = (struct gmem_window){0};
	if (at == g->maps || !mapping_holds(map, addr, 1))
		return -EFAULT;
	if (!map->host || (prot & ~map->prot))
		return -EFAULT;
	*w = (struct gmem_window){.addr = map->addr, .size = map->size, .host = map->host};
	return 0;
}

/* Below, plain integers in place of __le64 and __le32: sparse takes no others for atomics. */

int gmem_read64(struct gmem *g, u64 addr, u64 *val)
{
	u64 *p = gmem_ptr(g, addr, sizeof(*p), GMEM_READ);

	if (!p || (addr & 7))
		return -EFAULT;
	*val = le64toh(__atomic_load_n(p, __ATOMIC_ACQUIRE));
	return 0;
}

int gmem_write32(struct gmem *g, u64 addr, u32 val)
{
	u32 *p = gmem_ptr(g, addr, sizeof(*p), GMEM_WRITE);

	if (!p || (addr & 3))
		return -EFAULT;
	__atomic_store_n(p, htole32(val), __ATOMIC_RELEASE);
	return 0;
}

int gmem_or64(struct gmem *g, u64 addr, u64 old, u64 bits)
{
	u64 *p = gmem_ptr(g, addr, sizeof(*p), GMEM_READ | GMEM_WRITE);
	u64 expected = htole64(old);

	if (!p || (addr & 7))
		return -EFAULT;
	if (!__atomic_compare_exchange_n(p, &expected, htole64(old | bits), false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return -EAGAIN;
	return 0;
}

void gmem_pin(struct gmem *g)
{
	g->pins++;
}

void gmem_unpin(struct gmem *g)
{
	if (--g->pins)
		return;
	g->drained++;
	pthread_cond_broadcast(&g->unpinned);
}
