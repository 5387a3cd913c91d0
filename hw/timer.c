// SPDX-License-Identifier: GPL-2.0
#include "timer.h"

#include "clock.h"
#include "machine.h"

static u64 host_clock(void)
{
	return clock_ns();
}

static void host_spend(struct timers *ts, u64 ns, void (*look)(void *who), void *who)
{
	u64 start = ts->clock();

	do
		look(who);
	while (ts->clock() - start < ns);
}

void timers_init(struct timers *ts)
{
	*ts = (struct timers){.clock = host_clock, .spend = host_spend};
}

static void unlink_timer(struct timers *ts, struct timer *t)
{
	struct timer **p = &ts->first;

	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	t->armed = false;
}

static void wake(const struct timers *ts)
{
	if (ts->wake && ts->first)
		ts->wake(ts->waker, ts->first->at);
}

void timer_start(struct machine *m, struct timer *t, u64 delay_ns)
{
	struct timers *ts = &m->timers;
	struct timer **p = &ts->first;
	u64 now = ts->clock();

	if (t->armed)
		unlink_timer(ts, t);
	t->at = now + delay_ns < now ? ~0ULL : now + delay_ns;
	while (*p && (*p)->at <= t->at)
		p = &(*p)->next;
	t->next = *p;
	t->armed = true;
	*p = t;
	wake(ts);
}

void timer_stop(struct machine *m, struct timer *t)
{
	if (t->armed)
		unlink_timer(&m->timers, t);
}

void timers_run(struct machine *m)
{
	struct timers *ts = &m->timers;
	u64 now = ts->clock();

	/* One that starts itself again is due later, or next time. */
	while (ts->first && ts->first->at <= now) {
		struct timer *t = ts->first;

		unlink_timer(ts, t);
		t->expired(t->who);
	}
	wake(ts);
}
