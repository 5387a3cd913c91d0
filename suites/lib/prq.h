/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page requests as a test sees them: counted by the model, traced by the
 * kernel, and held up on their way through it. Everything asserts; root only.
 */
#ifndef SUITES_LIB_PRQ_H
#define SUITES_LIB_PRQ_H

#include <sched.h>

#include <svakit/accel_regs.h>

/**
 * struct prq_count - Page requests of the whole model, counted from the same moment.
 * @sent: requests, stop markers not among them
 * @answered: responses; as many as @sent when nothing waits and no group has two pages
 * @stray: of these, found nobody who waits
 * @overflow: requests that found no room
 */
struct prq_count {
	u64 sent;
	u64 answered;
	u64 stray;
	u64 overflow;
};

/** prq_count() - Return: the counters now; @regs is from svk_regs_map(). */
struct prq_count prq_count(const void *regs);

/** prq_count_since() - Return: what has been counted since @before. */
struct prq_count prq_count_since(const void *regs, const struct prq_count *before);

/**
 * prq_wait_sent() - Wait, with a deadline, until @want requests have been sent since @before.
 *
 * It never sleeps, so what prq_hold_begin() holds up stays held up.
 */
void prq_wait_sent(const void *regs, const struct prq_count *before, u64 want);

/** prq_wait_answered() - As prq_wait_sent(), for answers; it may sleep. */
void prq_wait_answered(const void *regs, const struct prq_count *before, u64 want);

/** prq_trace_start() - Let the kernel trace each page request. Return: whether it can. */
bool prq_trace_start(void);

/**
 * prq_trace_count() - Return: requests traced since prq_trace_start().
 * @what: text in the line, such as " addr=0x7f0000001000 -w"; "" for all
 */
u64 prq_trace_count(const char *what);

/** prq_wait_traced() - As prq_wait_sent(), until the kernel has traced @want. */
void prq_wait_traced(u64 want);

/** prq_trace_stop() - Undo prq_trace_start(). */
void prq_trace_stop(void);

/**
 * prq_not_forwarded() - Why a page request has not reached this kernel.
 * @regs: from svk_regs_map()
 * @before: counters before a descriptor that has been refused a page
 * @interrupts: prq_interrupts() at the same time
 *
 * A guest gets only those page requests that its VMM forwards. The facts that
 * say so: the unit is a virtual one (CAP.CM, VT-d 11.4.2: software emulation), the
 * device has sent a request and been answered, and this kernel was not told.
 *
 * Return: a reason, or NULL if these are not the facts.
 */
const char *prq_not_forwarded(const void *regs, const struct prq_count *before, u64 interrupts);

/** prq_interrupts() - Return: interrupts of page request queues so far. */
u64 prq_interrupts(void);

/** enum prq_stage - How far page requests get while they are held up. */
enum prq_stage {
	PRQ_IN_QUEUE, /* in the unit's queue: the kernel's interrupt thread does not run */
	PRQ_IN_WORK, /* the kernel has taken them, and not begun to resolve them */
};

/**
 * struct prq_hold - A page request path that is held up.
 * @cpu: where all run
 * @cpus: where the caller ran before
 * @work_cpus: where work of the kernel ran before, as sysfs says it
 * @fair: nanoseconds a second that ordinary tasks had for themselves, as debugfs says it
 */
struct prq_hold {
	int cpu;
	cpu_set_t cpus;
	char work_cpus[64];
	char fair[32];
};

/**
 * prq_hold_begin() - Keep the kernel from serving page requests, as long as the caller runs.
 * @h: filled
 * @stage: how far they get
 *
 * The caller is moved to the CPU of the unit's interrupt thread, if need be the
 * kernel's workers as well, and gets the higher priority there. So they are held
 * up exactly until the caller sleeps, in a system call that waits for page
 * requests to be served, say, or calls prq_hold_end(). Children do not inherit
 * the priority.
 */
void prq_hold_begin(struct prq_hold *h, enum prq_stage stage);

/** prq_hold_end() - Undo. */
void prq_hold_end(struct prq_hold *h);

#endif /* SUITES_LIB_PRQ_H */
