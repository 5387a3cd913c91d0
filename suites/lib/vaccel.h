/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The accelerator as a guest's driver sees it: a VFIO device, PCI function or
 * mediated device alike, its queues and rings in guest memory. Functions whose
 * names begin with "__" return 0 or -errno, the others assert.
 */
#ifndef SUITES_LIB_VACCEL_H
#define SUITES_LIB_VACCEL_H

#include <svakit/accel_regs.h>

#include "accel_queue.h"
#include "guest.h"
#include "vfio.h"

/* Where every space has the ring, and the batch of long work, of queue n. */
#define VACCEL_RING_VA(n) (0x600000000000ULL + 0x10000ULL * (n))
#define VACCEL_RING_SIZE (2 * GUEST_PAGE)
#define VACCEL_BATCH_VA(n) (0x610000000000ULL + 0x100000ULL * (n))
#define VACCEL_BATCH_SIZE 0x10000ULL /* 1024 descriptors */

/**
 * struct vaccel - The device.
 * @v: as VFIO sees it
 * @g: VM that has it
 * @portals: all portals, a page each
 * @queues: number of queues
 */
struct vaccel {
	struct vfio v;
	struct guest *g;
	u8 *portals;
	u32 queues;
};

/**
 * __vaccel_open() - Bind a device to a VM and map its portals.
 * @a: filled
 * @g: VM, started
 * @fd: from __vfio_open_x()
 */
int __vaccel_open(struct vaccel *a, struct guest *g, int fd);
/** vaccel_open() - As __vaccel_open(). */
void vaccel_open(struct vaccel *a, struct guest *g, int fd);
/** vaccel_close() - Give it back, busy or not. A closed one is left alone. */
void vaccel_close(struct vaccel *a);
/** vaccel_enable() - Memory decoding, bus master, GLB_CTRL.ENABLE. */
void vaccel_enable(const struct vaccel *a);

/* Registers of BAR 0. */
u32 vaccel_read32(const struct vaccel *a, u32 reg);
u64 vaccel_read64(const struct vaccel *a, u32 reg);
void vaccel_write32(const struct vaccel *a, u32 reg, u32 val);
void vaccel_write64(const struct vaccel *a, u32 reg, u64 val);

/** vaccel_counter() - Return: a counter of the model. */
u64 vaccel_counter(const struct vaccel *a, enum svk_lab_counter counter);

/**
 * struct vaccel_queue - A queue.
 * @a: device
 * @index: its number there
 * @gpa: ring, and one page later the completion records
 * @va: where the device finds them
 * @batch: GPA of the batch of vaccel_queue_submit_long(), mapped at VACCEL_BATCH_VA();
 *	0: the first call allocates and maps it
 * @ring: SVK_QUEUE_ENTRIES descriptors
 * @cpl: a record for each
 * @vector: vector of completions; may be changed while disabled
 * @tail: descriptors submitted, free running
 */
struct vaccel_queue {
	struct vaccel *a;
	u32 index;
	u32 vector;
	u64 gpa;
	u64 va;
	u64 batch;
	struct svk_desc *ring;
	struct svk_cpl *cpl;
	u32 tail;
};

/**
 * vaccel_queue_init() - Allocate the ring; the device does not know of it yet.
 * @q: filled
 * @a: device
 * @index: queue, 0 to a->queues - 1
 * @va: where the device is going to find the ring; a GPA if it is 0
 */
void vaccel_queue_init(struct vaccel_queue *q, struct vaccel *a, u32 index, u64 va);

/**
 * __vaccel_queue_enable() - Configure and enable.
 * @q: disabled
 * @pasid: SVK_QCFG_PASID as it is to be written
 *
 * Return: SVK_QCFG_STATUS.
 */
u32 __vaccel_queue_enable(struct vaccel_queue *q, u32 pasid);
/** vaccel_queue_enable() - As __vaccel_queue_enable(); asserts that the queue runs. */
void vaccel_queue_enable(struct vaccel_queue *q, u32 pasid);

/** vaccel_queue_open() - Ring at VACCEL_RING_VA() of @s, initialised, enabled with @pasid. */
void vaccel_queue_open(struct vaccel_queue *q, struct vaccel *a, u32 index,
		       const struct guest_space *s, u32 pasid);
/** vaccel_queue_disable() - Abort, and wait until no access is under way. */
void vaccel_queue_disable(const struct vaccel_queue *q);

/** vaccel_queue_reg() - Return: offset in BAR 0 of register @reg, SVK_QCFG_xxx. */
u32 vaccel_queue_reg(const struct vaccel_queue *q, u32 reg);
/** vaccel_queue_status() - Return: SVK_QCFG_STATUS. */
u32 vaccel_queue_status(const struct vaccel_queue *q);
/** vaccel_queue_state() - Return: enum svk_queue_state. */
enum svk_queue_state vaccel_queue_state(const struct vaccel_queue *q);
/** vaccel_queue_portal() - Return: a register of the portal, SVK_PORTAL_xxx. */
volatile u32 *vaccel_queue_portal(const struct vaccel_queue *q, u32 reg);
/** vaccel_queue_wait_halt() - Wait, with a deadline, for HALTED. Return: enum svk_queue_err. */
enum svk_queue_err vaccel_queue_wait_halt(const struct vaccel_queue *q);

/* Descriptors of accel_queue.h want pointers: a guest virtual address as one. */
void *vaccel_va(u64 va);

/** vaccel_queue_doorbell() - Write any value to the doorbell. */
void vaccel_queue_doorbell(const struct vaccel_queue *q, u32 tail);

/** vaccel_queue_submit() - As svk_queue_submit(); addresses are the guest's. */
u32 vaccel_queue_submit(struct vaccel_queue *q, struct svk_desc desc);

/** vaccel_queue_wait() - As svk_queue_wait(). */
struct svk_result vaccel_queue_wait(const struct vaccel_queue *q, u32 ticket);
/** vaccel_queue_run() - Submit and wait. */
struct svk_result vaccel_queue_run(struct vaccel_queue *q, struct svk_desc desc);

/**
 * vaccel_queue_submit_long() - Keep the device writing for much longer than a test takes.
 * @q: empty; it is full afterwards
 * @s: space that it is enabled with
 * @va: target, written again and again, with another value each time
 * @gpa: what @va is mapped to
 * @size: bytes of it, whole pages
 *
 * Returns once the device has begun.
 */
void vaccel_queue_submit_long(struct vaccel_queue *q, const struct guest_space *s, u64 va, u64 gpa,
			      u64 size);

#endif /* SUITES_LIB_VACCEL_H */
