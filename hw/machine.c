// SPDX-License-Identifier: GPL-2.0
#include <sched.h>
#include <string.h>

#include "clock.h"
#include "machine.h"

/* Looks at the waiters before they are given up, in case one of them was preempted. */
#define STEP_BACK_TRIES 1000

static const char *const counter_names[SVK_LAB_COUNTERS] = {
	[SVK_LAB_QI_TOTAL] = "qi_total",
	[SVK_LAB_QI_CONTEXT] = "qi_context",
	[SVK_LAB_QI_IOTLB] = "qi_iotlb",
	[SVK_LAB_QI_DEVTLB] = "qi_devtlb",
	[SVK_LAB_QI_WAIT] = "qi_wait",
	[SVK_LAB_QI_PIOTLB] = "qi_piotlb",
	[SVK_LAB_QI_PASID] = "qi_pasid",
	[SVK_LAB_QI_PDEVTLB] = "qi_pdevtlb",
	[SVK_LAB_QI_OTHER] = "qi_other",
	[SVK_LAB_XLATE_REQ] = "xlate_req",
	[SVK_LAB_IOTLB_HIT] = "iotlb_hit",
	[SVK_LAB_IOTLB_MISS] = "iotlb_miss",
	[SVK_LAB_PASID_HIT] = "pasid_hit",
	[SVK_LAB_PASID_MISS] = "pasid_miss",
	[SVK_LAB_CONTEXT_HIT] = "context_hit",
	[SVK_LAB_CONTEXT_MISS] = "context_miss",
	[SVK_LAB_WALK_FS] = "walk_fs",
	[SVK_LAB_WALK_SS] = "walk_ss",
	[SVK_LAB_WALK_NESTED] = "walk_nested",
	[SVK_LAB_FAULT] = "fault",
	[SVK_LAB_ATC_HIT] = "atc_hit",
	[SVK_LAB_ATC_MISS] = "atc_miss",
	[SVK_LAB_ATC_DROPPED] = "atc_dropped",
	[SVK_LAB_IOTLB_DROPPED] = "iotlb_dropped",
	[SVK_LAB_DESC] = "desc",
	[SVK_LAB_BYTES] = "bytes",
	[SVK_LAB_IRQ] = "irq",
	[SVK_LAB_DOORBELL] = "doorbell",
	[SVK_LAB_BAD_ACCESS] = "bad_access",
	[SVK_LAB_PRQ] = "prq",
	[SVK_LAB_PRQ_OVERFLOW] = "prq_overflow",
	[SVK_LAB_PGRP_RESP] = "pgrp_resp",
	[SVK_LAB_PGRP_STRAY] = "pgrp_stray",
	[SVK_LAB_OPS] = "ops",
	[SVK_LAB_INV_NEEDED] = "inv_needed",
	[SVK_LAB_INV_COLLATERAL] = "inv_collateral",
	[SVK_LAB_INV_EMPTY] = "inv_empty",
};

void machine_init(struct machine *m, struct trace *trace)
{
	pthread_mutexattr_t attr;

	memset(m, 0, sizeof(*m));
	m->trace = trace;
	timers_init(&m->timers);
	m->born = clock_ns();
	/* Held for microseconds at most: a short spin is cheaper than two futex calls. */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&m->lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

void machine_cleanup(struct machine *m)
{
	pthread_mutex_destroy(&m->lock);
}

void machine_step_back(struct machine *m)
{
	unsigned int tries;

	if (!__atomic_load_n(&m->waiters, __ATOMIC_RELAXED))
		return;
	machine_unlock(m);
	for (tries = 0; tries < STEP_BACK_TRIES; tries++) {
		if (!__atomic_load_n(&m->waiters, __ATOMIC_RELAXED))
			break;
		sched_yield();
	}
	machine_lock(m);
}

void machine_sleep(struct machine *m, struct machine_sleeper *s)
{
	s->asleep = true;
	while (s->asleep)
		pthread_cond_wait(&s->cond, &m->lock);
	__atomic_sub_fetch(&m->waiters, 1, __ATOMIC_RELAXED);
}

void machine_wake(struct machine *m, struct machine_sleeper *s)
{
	if (!s->asleep)
		return;
	s->asleep = false;
	__atomic_add_fetch(&m->waiters, 1, __ATOMIC_RELAXED);
	pthread_cond_signal(&s->cond);
}

const char *machine_counter_name(enum svk_lab_counter c)
{
	return counter_names[c];
}
