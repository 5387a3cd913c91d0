// SPDX-License-Identifier: GPL-2.0
#include "crc32c.h"

#include <string.h>

#define CRC32C_POLY 0x82f63b78u /* reflected */

static u32 table[256];

static void table_init(void)
{
	u32 i, bit, crc;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLY : 0);
		table[i] = crc;
	}
}

static u32 crc_by_table(u32 crc, const u8 *mem, size_t size)
{
	if (!table[1])
		table_init();
	while (size--)
		crc = crc >> 8 ^ table[(crc ^ *mem++) & 0xff];
	return crc;
}

#ifdef __x86_64__
/* Under TCG, too, an order of magnitude faster than the table. */
__attribute__((target("sse4.2"))) static u32 crc_by_insn(u32 crc, const u8 *mem, size_t size)
{
	u64 word, wide = crc;

	for (; size >= sizeof(word); size -= sizeof(word), mem += sizeof(word)) {
		memcpy(&word, mem, sizeof(word));
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (u32)wide;
	while (size--)
		crc = __builtin_ia32_crc32qi(crc, *mem++);
	return crc;
}
#endif

u32 crc32c(u32 crc, const void *mem, size_t size)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_by_insn(~crc, mem, size);
#endif
	return ~crc_by_table(~crc, mem, size);
}
