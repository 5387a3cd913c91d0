/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the model does later: timers that the event loop runs, and a clock that
 * a test, or a fuzzer, may replace by its own.
 *
 * Every function is called with the machine's lock held.
 */
#ifndef HW_TIMER_H
#define HW_TIMER_H

#include <svakit/types.h>

struct machine;

/**
 * struct timer - Something that is to be done once, at a time.
 * @expired: what; called with the lock held, may start the timer again
 * @who: its argument
 * @armed: it will be called
 * @at: when, by the clock of the timers
 * @next: the one after it
 */
struct timer {
	void (*expired)(void *who);
	void *who;
	bool armed;
	u64 at;
	struct timer *next;
};

/**
 * struct timers - All that are armed, the earliest first.
 * @clock: ns; never goes back
 * @wake: see to it that timers_run() is called at @at; NULL: the owner of the machine does so
 * @waker: its argument
 * @spend: let time pass with the lock held, and call @look with @who again and again meanwhile, at
 *	least once
 */
struct timers {
	struct timer *first;
	u64 (*clock)(void);
	void (*wake)(void *waker, u64 at);
	void *waker;
	void (*spend)(struct timers *ts, u64 ns, void (*look)(void *who), void *who);
};

/** timers_init() - No timers; the clock of the host. */
void timers_init(struct timers *ts);

/** timer_start() - Arm a timer, from now on; one that is armed is moved. */
void timer_start(struct machine *m, struct timer *t, u64 delay_ns);

/** timer_stop() - Disarm it; nothing if it is not armed. */
void timer_stop(struct machine *m, struct timer *t);

/** timers_run() - Do what is due, and have the next one waited for. */
void timers_run(struct machine *m);

#endif /* HW_TIMER_H */
