/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz targets share: their entry points, and how they read an input.
 *
 * A target executes its input as a program of small operations, from the first byte to the last.
 * An operand beyond the end reads as zero, so every string of bytes is a program; the same
 * bytes always do the same. Failures end the process, as those that a sanitizer finds do.
 */
#ifndef HW_FUZZ_FUZZ_H
#define HW_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/types.h>

/** fuzz_vfio_user() - A client's messages and descriptors. Return: 0. */
int fuzz_vfio_user(const u8 *data, size_t size);

/** fuzz_control() - Lines of clients of the control socket. Return: 0. */
int fuzz_control(const u8 *data, size_t size);

/** fuzz_registers() - Register accesses, guest memory and turns of the engine. Return: 0. */
int fuzz_registers(const u8 *data, size_t size);

/** fuzz_check() - End the process unless a condition holds. */
#define fuzz_check(cond)                                                                          \
	do {                                                                                      \
		if (!(cond)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

/** struct fuzz_input - What is left of an input. */
struct fuzz_input {
	const u8 *at;
	size_t left;
};

/** fuzz_bytes() - Take up to @len bytes into @buf, the rest zero. Return: how many there were. */
static inline size_t fuzz_bytes(struct fuzz_input *in, void *buf, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memset(buf, 0, len);
	if (n)
		memcpy(buf, in->at, n);
	in->at += n;
	in->left -= n;
	return n;
}

/** fuzz_take() - Take a little-endian integer of up to 8 bytes. */
static inline u64 fuzz_take(struct fuzz_input *in, unsigned int bytes)
{
	__le64 val = 0;

	fuzz_bytes(in, &val, bytes);
	return le64_to_cpu(val);
}

/** fuzz_u8() - Take a byte. */
static inline u8 fuzz_u8(struct fuzz_input *in)
{
	return (u8)fuzz_take(in, 1);
}

#endif /* HW_FUZZ_FUZZ_H */
