/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every part of the model shares: one lock, the counters, the trace.
 *
 * Threads: the event loop (sockets, registers, invalidation queue) and the
 * accelerator's engine (descriptors, copies). Both take the machine's lock
 * for every access to model state. No copy of guest data and no system call
 * that can block runs under it, so the event loop never waits for a DMA.
 */
#ifndef HW_MACHINE_H
#define HW_MACHINE_H

#include <pthread.h>

#include <svakit/accel_regs.h>
#include <svakit/types.h>

struct trace;

/**
 * struct machine - State shared by all functions.
 * @lock: guards everything of the model except what says otherwise
 * @trace: event ring, may be NULL
 * @count: counters, indexed by enum svk_lab_counter; guarded by @lock
 * @waiters: threads inside machine_lock() that do not have the lock yet; atomic
 */
struct machine {
	pthread_mutex_t lock;
	unsigned int waiters;
	struct trace *trace;
	u64 count[SVK_LAB_COUNTERS];
};

/** machine_init() - Set up the lock and zero the counters. */
void machine_init(struct machine *m, struct trace *trace);

/** machine_cleanup() - Undo machine_init(). No thread may hold the lock. */
void machine_cleanup(struct machine *m);

/**
 * machine_lock() - Take the lock, and be let in soon.
 *
 * A POSIX mutex is not fair: a thread that drops it and takes it again at once
 * wins over one that sleeps on it. The engine, which does that with every
 * chunk and descriptor, looks at @waiters and steps back; so whoever may have
 * to compete with it (the event loop) takes the lock through this function.
 */
static inline void machine_lock(struct machine *m)
{
	__atomic_add_fetch(&m->waiters, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&m->lock);
	__atomic_sub_fetch(&m->waiters, 1, __ATOMIC_RELAXED);
}

/** machine_unlock() - Undo machine_lock(). */
static inline void machine_unlock(struct machine *m)
{
	pthread_mutex_unlock(&m->lock);
}

/** machine_count() - Add one to a counter. The caller holds the lock. */
static inline void machine_count(struct machine *m, enum svk_lab_counter c)
{
	m->count[c]++;
}

/** machine_counter_name() - Name of a counter, snake case, never NULL for c < SVK_LAB_COUNTERS. */
const char *machine_counter_name(enum svk_lab_counter c);

#endif /* HW_MACHINE_H */
