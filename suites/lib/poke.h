/* SPDX-License-Identifier: GPL-2.0 */
/*
 * svakit_poke: what no kernel does to its remapping unit, and memory of the
 * kernel's own domain of a device. Everything asserts; root only.
 */
#ifndef SUITES_LIB_POKE_H
#define SUITES_LIB_POKE_H

#include <stdbool.h>

#include <svakit/poke_uapi.h>
#include <svakit/types.h>

/** poke_require() - Load the module, or skip the whole program; it goes when the program ends. */
void poke_require(void);

/**
 * struct poke_script - Accesses to the unit's registers that are made in one go.
 * @count: accesses
 * @access: as the kernel is asked for them; afterwards with results
 */
struct poke_script {
	u32 count;
	struct svk_poke_access access[SVK_POKE_ACCESSES];
};

/** poke_read() - Add a read of @width bytes at @off. Return: its number. */
u32 poke_read(struct poke_script *s, u32 off, u32 width);
/** poke_write() - Add a write. */
void poke_write(struct poke_script *s, u32 off, u32 width, u64 value);
/** poke_write_back() - Add a write, at the same place, of what read number @index has read. */
void poke_write_back(struct poke_script *s, u32 index);
/** poke_run() - Make all accesses, in their order. */
void poke_run(struct poke_script *s);
/** poke_value() - Return: what read number @index has read. */
u64 poke_value(const struct poke_script *s, u32 index);
/** poke_read_now() - Return: a register, in one access. */
u64 poke_read_now(u32 off, u32 width);

/**
 * poke_queue() - Let the unit execute descriptors, in this kernel's own queue.
 * @desc: 256 bits each
 * @count: up to SVK_POKE_DESCS
 *
 * Return: bit n: the unit has refused descriptor n (Invalidation Queue Error).
 */
u64 poke_queue(const u64 (*desc)[4], u32 count);

/**
 * struct poke_dma - Memory for requests without PASID.
 * @fd: file that has it
 * @iova: where the device finds it, in the kernel's own domain
 * @mem: where this process does
 * @size: bytes
 */
struct poke_dma {
	int fd;
	u64 iova;
	u8 *mem;
	size_t size;
};

/** poke_dma_begin() - Map @size bytes for the selected accelerator, which has a driver. */
void poke_dma_begin(struct poke_dma *d, size_t size);
/** poke_dma_end() - Unmap them for the device; @mem stays. */
void poke_dma_end(struct poke_dma *d);
/** poke_dma_free() - Give the memory back. */
void poke_dma_free(struct poke_dma *d);

#endif /* SUITES_LIB_POKE_H */
