/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fixed-width types and field helpers, the same in the model, in the kernel
 * modules and in user space.
 */
#ifndef SVAKIT_TYPES_H
#define SVAKIT_TYPES_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <asm/byteorder.h>
#elif defined(_TOOLS_LINUX_TYPES_H_)
/* A program of the kernel's own tools or selftests: it has these types and helpers. */
#include <linux/kernel.h>
#else
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>

#ifndef __force
#ifdef __CHECKER__
#define __force __attribute__((force))
#else
#define __force
#endif
#endif

/** ARRAY_SIZE() - Number of elements of an array. As in the kernel's selftests. */
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

static inline u32 le32_to_cpu(__le32 v)
{
	return le32toh((__force u32)v);
}

static inline u64 le64_to_cpu(__le64 v)
{
	return le64toh((__force u64)v);
}

static inline __le32 cpu_to_le32(u32 v)
{
	return (__force __le32)htole32(v);
}

static inline __le64 cpu_to_le64(u64 v)
{
	return (__force __le64)htole64(v);
}
#endif /* __KERNEL__ */

/** SVK_BIT() - A 64-bit value with bit @n (0..63) set. */
#define SVK_BIT(n) (1ULL << (n))

/** SVK_MASK() - A 64-bit value with bits @h down to @l set, 63 >= @h >= @l. */
#define SVK_MASK(h, l) ((~0ULL >> (63 - (h))) & (~0ULL << (l)))

/**
 * svk_get() - Extract a field.
 * @mask: contiguous, not zero
 * @val: the register or entry that holds the field
 *
 * Return: the field, shifted down to bit 0.
 */
static inline u64 svk_get(u64 mask, u64 val)
{
	return (val & mask) >> __builtin_ctzll(mask);
}

/**
 * svk_put() - Place a value into a field.
 * @mask: contiguous, not zero
 * @val: field value; bits that do not fit are dropped
 *
 * Return: @val shifted up to the field, every other bit zero.
 */
static inline u64 svk_put(u64 mask, u64 val)
{
	return (val << __builtin_ctzll(mask)) & mask;
}

#endif /* SVAKIT_TYPES_H */
