/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine that the benchmark measures: RAM, a unit with two address
 * spaces, an accelerator with one queue in the first. A failure to set it up
 * ends the program with a message.
 */
#ifndef HW_BENCH_BENCH_MACHINE_H
#define HW_BENCH_BENCH_MACHINE_H

#include <semaphore.h>

#include <svakit/accel_regs.h>
#include <svakit/types.h>

#include "accel/accel.h"
#include "machine.h"
#include "pci.h"
#include "vtd/vtd.h"

#define BENCH_SID (6 << 3)
#define BENCH_FIRST 1u /* PASID: first-stage translation, four levels, 4 KiB pages */
#define BENCH_NESTED 2u /* PASID: the same tables, on a second stage of 4 KiB pages */

/* Both spaces: page n of RAM's buffers at BENCH_VA + n * 4096. */
#define BENCH_VA 0x7f0000000000ULL
#define BENCH_PAGES 8192
/* The same pages again, neighbours far apart in RAM. */
#define BENCH_SCATTERED_VA 0x7e0000000000ULL
#define BENCH_RING_VA 0x7d0000000000ULL
#define BENCH_CPL_VA 0x7d0000100000ULL
#define BENCH_RING 512

/**
 * struct bench - The machine.
 * @buffers: BENCH_PAGES pages of guest memory, contiguous, as the host maps them
 * @scattered: the same pages in the order of BENCH_SCATTERED_VA
 * @ring: the queue's ring
 * @cpl: completion records, as many as the ring has descriptors
 * @tail: of queue 0
 * @done: counts completion interrupts
 */
struct bench {
	struct machine machine;
	struct gmem *mem;
	struct vtd *unit;
	struct accel *accel;
	struct pci_function *fn;
	int fd;
	u8 *ram;
	u64 next_page;
	u64 root_table;
	u64 pasid_table;
	u64 iq;
	u32 iq_tail;
	u8 *buffers;
	u8 *scattered;
	struct svk_desc *ring;
	struct svk_cpl *cpl;
	u32 tail;
	sem_t done;
};

/** bench_init() - Build it, ATS on, queue 0 enabled. */
void bench_init(struct bench *b);

/** bench_cleanup() - Undo bench_init(). */
void bench_cleanup(struct bench *b);

/** bench_flush() - Drop all of a PASID from the unit's caches. Lock held. */
void bench_flush(struct bench *b, u32 pasid);

/** bench_doorbell() - Announce everything up to @b->tail. */
void bench_doorbell(struct bench *b);

/** bench_die() - Print what failed and exit with status 2. */
void bench_die(const char *what) __attribute__((noreturn));

#endif /* HW_BENCH_BENCH_MACHINE_H */
