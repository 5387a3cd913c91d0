/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest-physical memory as one vfio-user client mapped it (DMA_MAP with a
 * file descriptor): a small sorted array of shared mappings.
 *
 * A pointer from gmem_ptr() is valid until the machine's lock is dropped, or,
 * for an access bracketed by gmem_pin()/gmem_unpin(), until unpinned.
 * gmem_unmap() takes a mapping out of the array at once and waits for pins
 * (each at most one engine chunk) before it returns.
 */
#ifndef HW_GMEM_H
#define HW_GMEM_H

#include <svakit/types.h>

struct machine;
struct gmem;

#define GMEM_READ 1u /* as VFIO_USER_F_DMA_REGION_READ */
#define GMEM_WRITE 2u

/* More than any machine of QEMU has ranges of RAM and ROM. */
#define GMEM_MAX_MAPS 256

/** gmem_new() - Return: an empty memory, or NULL with errno set. */
struct gmem *gmem_new(struct machine *m);

/** gmem_free() - Unmap everything and free; NULL is allowed. */
void gmem_free(struct gmem *g);

/**
 * gmem_map() - Map a range of guest-physical memory.
 * @addr: guest-physical, page aligned
 * @size: bytes, page multiple, not zero; must not wrap or overlap
 * @prot: GMEM_READ | GMEM_WRITE
 * @fd: memory file, or -1 for a range that the device cannot reach (a ROM); not kept
 * @offset: of the range in @fd
 *
 * The file must be sealed against shrinking (F_SEAL_SHRINK): otherwise the
 * client could truncate it and kill the model with SIGBUS.
 * For the same reason a file of huge pages is refused: there may be none left.
 *
 * Return: 0, -EINVAL, -EEXIST (overlap), -ENOSPC (too many), -EPERM (not
 * sealed, or of huge pages), or the error of mmap().
 */
int gmem_map(struct gmem *g, u64 addr, u64 size, unsigned int prot, int fd, u64 offset);

/**
 * gmem_unmap() - Remove exactly the range of one earlier gmem_map(), or
 * everything with @addr 0 and @size ~0.
 *
 * Return: 0 or -ENOENT.
 */
int gmem_unmap(struct gmem *g, u64 addr, u64 size);

/**
 * gmem_ptr() - Host address of guest-physical memory.
 * @len: bytes; the whole range must lie in one mapping
 * @prot: access wanted, GMEM_READ and/or GMEM_WRITE
 *
 * Return: pointer, or NULL if the range is not RAM or not so accessible.
 */
void *gmem_ptr(struct gmem *g, u64 addr, u64 len, unsigned int prot);

/**
 * struct gmem_window - One mapping, for many look-ups in a row.
 * @addr: guest-physical address of its first byte
 * @size: bytes; 0 = no mapping
 * @host: host address of the first byte
 */
struct gmem_window {
	u64 addr;
	u64 size;
	u8 *host;
};

/**
 * gmem_window() - The mapping around one guest-physical address.
 * @prot: access wanted, GMEM_READ and/or GMEM_WRITE
 *
 * @w is good as long as a pointer from gmem_ptr() would be.
 *
 * Return: 0, or -EFAULT and an empty @w.
 */
int gmem_window(struct gmem *g, u64 addr, unsigned int prot, struct gmem_window *w);

/** gmem_window_ptr() - gmem_ptr() without a search. Return: pointer, or NULL if not all inside. */
static inline void *gmem_window_ptr(const struct gmem_window *w, u64 addr, u64 len)
{
	u64 off = addr - w->addr;

	return off < w->size && len <= w->size - off ? w->host + off : NULL;
}

/** gmem_read64() - Atomic little-endian load. Return: 0, or -EFAULT; @addr 8-byte aligned. */
int gmem_read64(struct gmem *g, u64 addr, u64 *val);

/** gmem_write32() - Atomic release store. Return: 0 or -EFAULT; @addr 4-byte aligned. */
int gmem_write32(struct gmem *g, u64 addr, u32 val);

/**
 * gmem_or64() - Atomically set bits if the word still holds @old (A/D updates).
 *
 * Return: 0, -EAGAIN if the word changed (walk again), or -EFAULT.
 */
int gmem_or64(struct gmem *g, u64 addr, u64 old, u64 bits);

/** gmem_pin() - Keep all current mappings valid beyond the lock. Lock held. */
void gmem_pin(struct gmem *g);

/** gmem_unpin() - End of gmem_pin(). Lock held. */
void gmem_unpin(struct gmem *g);

#endif /* HW_GMEM_H */
