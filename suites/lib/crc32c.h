/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CRC-32C (RFC 3720, appendix B.4) by the CPU. The model computes it with
 * ISA-L; this is a second opinion, and needs no library in the guest.
 */
#ifndef SUITES_LIB_CRC32C_H
#define SUITES_LIB_CRC32C_H

#include <svakit/types.h>

/**
 * crc32c() - CRC-32C of a buffer.
 * @crc: 0, or the CRC of the bytes before
 *
 * Return: the CRC, final inversion included.
 */
u32 crc32c(u32 crc, const void *mem, size_t size);

#endif /* SUITES_LIB_CRC32C_H */
