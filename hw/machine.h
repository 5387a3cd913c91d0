/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every part of the model shares: one lock, the counters, the trace.
 *
 * Threads: the event loop (sockets, registers, invalidation queue) and an engine
 * for each accelerator (descriptors, copies). All take the machine's lock for
 * every access to model state. No copy of guest data and no system call
 * that can block runs under it, so the event loop never waits for a DMA.
 */
#ifndef HW_MACHINE_H
#define HW_MACHINE_H

#include <pthread.h>

#include <svakit/accel_regs.h>
#include <svakit/types.h>

#include "timer.h"

struct inject;
struct oracle;
struct trace;

/**
 * struct machine - State shared by all functions.
 * @lock: guards everything of the model except what says otherwise
 * @born: when the model was started, ns of CLOCK_MONOTONIC; never changes
 * @trace: event ring, may be NULL
 * @oracle: NULL if nobody asks for proof
 * @inject: what is to fail; NULL: nothing ever
 * @timers: what is to be done later
 * @settle: end the work that requests and timers have led to, called with @lock held,
 *	before a client is answered; NULL: threads of their own do it meanwhile
 * @settler: its argument
 * @count: counters, indexed by enum svk_lab_counter; guarded by @lock
 * @waiters: threads that want the lock through machine_lock(), or were woken by
 *	machine_wake(), and do not have it yet; atomic
 */
struct machine {
	pthread_mutex_t lock;
	u64 born;
	unsigned int waiters;
	struct oracle *oracle;
	struct inject *inject;
	struct trace *trace;
	struct timers timers;
	void (*settle)(void *settler);
	void *settler;
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
 * wins over one that sleeps on it. An engine, which does that with every chunk
 * and descriptor, calls machine_step_back(); so whoever may have to compete
 * with one, the event loop or another engine, takes the lock through this
 * function.
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

/** machine_settle() - Nobody is answered before this. Lock held. */
static inline void machine_settle(struct machine *m)
{
	if (m->settle)
		m->settle(m->settler);
}

/** machine_step_back() - Let those in who wait for the lock, and take it again. Lock held. */
void machine_step_back(struct machine *m);

/**
 * struct machine_sleeper - A thread that sleeps until there is work.
 * @cond: what it sleeps on
 * @asleep: nobody has called machine_wake() yet
 */
struct machine_sleeper {
	pthread_cond_t cond;
	bool asleep;
};

/**
 * machine_sleep() - Drop the lock until machine_wake(), then take it again.
 *
 * A sleeper that was woken counts as one that waits for the lock, so that a
 * busy engine lets it in; pthread_cond_wait() alone would not say so.
 */
void machine_sleep(struct machine *m, struct machine_sleeper *s);

/** machine_wake() - Wake the sleeper, if it sleeps. Lock held. */
void machine_wake(struct machine *m, struct machine_sleeper *s);

/** machine_count() - Add one to a counter. The caller holds the lock. */
static inline void machine_count(struct machine *m, enum svk_lab_counter c)
{
	m->count[c]++;
}

/** machine_counter_name() - Name of a counter, snake case, never NULL for c < SVK_LAB_COUNTERS. */
const char *machine_counter_name(enum svk_lab_counter c);

#endif /* HW_MACHINE_H */
