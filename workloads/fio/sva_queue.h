/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many operations at once on one queue of the accelerator, as an I/O engine wants them: put, commit
 * with one doorbell, reap in any number. Nothing is registered: addresses are those of the process,
 * and a page that is missing is brought in by the CPU, or asked for by the device, when the device
 * gets there.
 *
 * Functions return -errno and assert nothing. One thread a queue.
 */
#ifndef WORKLOADS_FIO_SVA_QUEUE_H
#define WORKLOADS_FIO_SVA_QUEUE_H

#include "accel_queue.h"

#define SVA_DEPTH_MAX 1024 /* operations that are not reaped */
#define SVA_BATCH_MAX 64 /* operations of a descriptor */

/** enum sva_op - What the device does. */
enum sva_op {
	SVA_COPY,
	SVA_ZERO, /* the destination */
	SVA_DRAIN, /* completes when all that was put before has */
};

/**
 * struct sva_request - An operation.
 * @op: what
 * @dst: written; not for DRAIN
 * @src: read, for COPY
 * @size: bytes; 0 for DRAIN
 * @owner: whatever the caller wants back
 */
struct sva_request {
	enum sva_op op;
	void *dst;
	const void *src;
	u64 size;
	void *owner;
};

/**
 * struct sva_done - One that has ended.
 * @owner: of the request
 * @done: bytes that were moved, all of them unless there is an error
 * @error: 0 or -errno
 */
struct sva_done {
	void *owner;
	u64 done;
	int error;
};

/**
 * struct sva_options - How a queue works.
 * @depth: operations at most, up to SVA_DEPTH_MAX
 * @batch: operations that go into one descriptor at most, up to SVA_BATCH_MAX
 * @spin_us: a wait gives the CPU away after so long; the last to be opened sets it for its process
 * @ask: the device asks for missing pages; else the CPU touches them, and the rest goes again
 */
struct sva_options {
	unsigned int depth;
	unsigned int batch;
	unsigned int spin_us;
	bool ask;
};

/**
 * struct sva_counts - What has been done so far.
 * @doorbells: written
 * @descriptors: of the ring
 * @faults: missing pages that the CPU has brought in
 */
struct sva_counts {
	u64 doorbells;
	u64 descriptors;
	u64 faults;
};

struct sva_queue;

/**
 * sva_queue_open() - Bind the process and take a queue.
 * @device: PCI address, or NULL for that of SVAKIT_DEVICE, or the first; one a process
 * @q: filled
 *
 * Return: 0 or -errno: -ENODEV if there is no such accelerator, -EBUSY if the process uses another.
 */
int sva_queue_open(const char *device, const struct sva_options *options, struct sva_queue **q);

/** sva_queue_attach() - Use one that is open, and stays so. Return: as above. */
int sva_queue_attach(const struct svk_queue *svk, const struct sva_options *options,
		     struct sva_queue **q);

/** sva_queue_close() - On return nothing is under way. NULL is left alone. */
void sva_queue_close(struct sva_queue *q);

/** sva_queue_put() - Put an operation in line. Return: 0; -EAGAIN if all places are taken. */
int sva_queue_put(struct sva_queue *q, const struct sva_request *request);

/** sva_queue_commit() - Give the device all that is in line and fits, with one doorbell. */
void sva_queue_commit(struct sva_queue *q);

/**
 * sva_queue_reap() - Collect what has ended; what had no room before is committed.
 * @min: wait for so many, or for all that are under way
 * @max: of @done
 * @timeout_ms: of the wait, -1 for none; a queue that has halted ends it, too
 *
 * Return: how many there are.
 */
unsigned int sva_queue_reap(struct sva_queue *q, unsigned int min, unsigned int max, int timeout_ms,
			    struct sva_done *done);

/** sva_queue_counts() - Return: what has been done. */
struct sva_counts sva_queue_counts(const struct sva_queue *q);

#endif /* WORKLOADS_FIO_SVA_QUEUE_H */
