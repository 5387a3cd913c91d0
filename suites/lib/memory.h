/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that the tests give to the device. Every page is present from the
 * start: the device has no way yet to ask for one.
 */
#ifndef SUITES_LIB_MEMORY_H
#define SUITES_LIB_MEMORY_H

#include <svakit/types.h>

/**
 * memory_settle() - Have no huge page made of this process's memory, nor of its children's, that
 * has not asked for one: while khugepaged makes it no page is present, and a device that asks
 * for none fails. Kernels before 6.18 cannot tell who has asked; there it may happen.
 */
void memory_settle(void);

/** memory_page() - Return: bytes in a page. */
size_t memory_page(void);

/** memory_map() - Map @size bytes, private, anonymous, writable, present. */
void *memory_map(size_t size);

/** memory_map_shared() - As memory_map(), but kept in common with forked children. */
void *memory_map_shared(size_t size);

/**
 * memory_map_at() - As memory_map(), at @addr, where nothing may be mapped yet.
 *
 * Return: @addr.
 */
void *memory_map_at(void *addr, size_t size);

/** memory_map_fd() - Map @size bytes of @fd, shared, writable, present. */
void *memory_map_fd(int fd, size_t size);

/** memory_unmap() - Unmap; on return the device cannot reach the pages. */
void memory_unmap(void *addr, size_t size);

/** memory_protect() - mprotect(); on return the device has no right that @prot takes away. */
void memory_protect(void *addr, size_t size, int prot);

/** memory_hole() - Reserve @size bytes that neither the CPU nor the device may touch. */
void *memory_hole(size_t size);

/** memory_untouched() - As memory_map(), but no page is present until somebody touches it. */
void *memory_untouched(size_t size);

/**
 * memory_populate() - Make pages present and writable in the caller.
 *
 * For memory that a parent has mapped: a child inherits a shared mapping
 * without its page table entries.
 */
void memory_populate(void *addr, size_t size);

#define MEMORY_HUGE (2UL << 20) /* bytes of a huge page */

/**
 * memory_block() - As memory_map(), MEMORY_HUGE bytes, aligned to that, in small pages.
 *
 * memory_collapse() makes one huge page of it.
 */
void *memory_block(void);

/** memory_collapse() - Copy a block into one huge page, which takes the place of its pages. */
void memory_collapse(void *block);

/** memory_wait_change() - Wait, with a deadline, until @word is not @before any more. */
void memory_wait_change(const volatile u64 *word, u64 before);

/** memory_is_mapped() - Return: whether the page at @addr is mapped in the caller. */
bool memory_is_mapped(const void *addr);

/** memory_pattern() - Fill with bytes that depend on @seed and on the position. */
void memory_pattern(void *addr, size_t size, u64 seed);

/** memory_diff() - Return: offset of the first difference, @size if there is none. */
size_t memory_diff(const void *a, const void *b, size_t size);

/** memory_diff_byte() - Return: offset of the first byte that is not @value, or @size. */
size_t memory_diff_byte(const void *addr, size_t size, u8 value);

#endif /* SUITES_LIB_MEMORY_H */
