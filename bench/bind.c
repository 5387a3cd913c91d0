// SPDX-License-Identifier: GPL-2.0
/*
 * open() of the device binds the process: it gets a PASID, if it has none, and
 * a queue. close() stops the queue and unbinds. Cold, the process is new; again,
 * it has been bound before; warm, it has another queue all the time.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "bench.h"
#include "ktap.h"
#include "options.h"
#include "others.h"
#include "section.h"

#define THREADS_MAX 64

/**
 * struct bind - A configuration.
 * @open: section
 * @close: section
 * @threads: that do it at once
 * @warm: the process has another queue
 */
struct bind {
	struct section *open;
	struct section *close;
	unsigned int threads;
	bool warm;
};

/**
 * struct team - The threads of a round, and who counts for them.
 * @b: configuration
 * @step: all are here
 */
struct team {
	const struct bind *b;
	pthread_barrier_t step;
};

static void *member(void *arg)
{
	struct team *t = arg;
	u64 start;
	int fd;

	pthread_barrier_wait(&t->step);
	section_align();
	start = section_clock();
	fd = __svk_device_open();
	section_add(t->b->open, section_clock() - start);
	REQUIRE(fd >= 0, "open %s: errno %d", svk_device_node(), -fd);
	pthread_barrier_wait(&t->step);
	/* Here, what open() has led to is counted. */
	pthread_barrier_wait(&t->step);
	section_align();
	start = section_clock();
	close(fd);
	section_add(t->b->close, section_clock() - start);
	pthread_barrier_wait(&t->step);
	return NULL;
}

/* The threads have their own clocks. */
static void count(struct team *t, struct section *s)
{
	if (round_counted())
		section_begin(s);
	pthread_barrier_wait(&t->step);
	pthread_barrier_wait(&t->step);
	if (round_counted())
		section_end(s);
}

static void do_round(const struct bind *b)
{
	struct team t = {.b = b};
	pthread_t thread[THREADS_MAX];
	unsigned int i;

	REQUIRE_EQ(pthread_barrier_init(&t.step, NULL, b->threads + 1), 0);
	for (i = 0; i < b->threads; i++)
		REQUIRE_EQ(pthread_create(&thread[i], NULL, member, &t), 0);
	count(&t, b->open);
	count(&t, b->close);
	for (i = 0; i < b->threads; i++)
		REQUIRE_EQ(pthread_join(thread[i], NULL), 0);
	pthread_barrier_destroy(&t.step);
}

static void cold(struct process *parent, void *arg)
{
	(void)parent;
	do_round(arg);
}

static void bound_before(struct process *parent, void *arg)
{
	const struct bind *b = arg;
	int fd = __svk_device_open();

	(void)parent;
	REQUIRE(fd >= 0, "open %s: errno %d", svk_device_node(), -fd);
	if (!b->warm)
		close(fd);
	while (round_next())
		do_round(b);
	if (b->warm)
		close(fd);
}

static void measure(const char *state, u64 threads, u64 pasids)
{
	const struct param params[] = {
		PARAM_WORD("state", state),
		PARAM_VALUE("threads", threads),
		PARAM_VALUE("pasids", pasids),
		PARAM_END,
	};
	struct bind b = {.threads = (unsigned int)threads, .warm = !strcmp(state, "warm")};
	struct others o;

	if (!options_word("state", state) || !others_fit(pasids, threads + b.warm))
		return;
	b.open = section_new("bind.open", b.threads);
	b.close = section_new("bind.close", b.threads);
	others_start(&o, pasids);
	if (!strcmp(state, "cold")) {
		while (round_next())
			bench_isolated(cold, &b);
	} else {
		bench_isolated(bound_before, &b);
	}
	others_stop(&o);
	section_report(b.open, params);
	section_report(b.close, params);
}

static void measure_states(u64 threads, u64 pasids)
{
	if (threads < 1 || threads > THREADS_MAX) {
		bench_skip("%llu threads: want 1 to %d", (unsigned long long)threads, THREADS_MAX);
		return;
	}
	measure("cold", threads, pasids);
	measure("again", threads, pasids);
	measure("warm", threads, pasids);
}

void bench_bind(void)
{
	u64 threads, pasids;

	if (!bench_needs_device())
		return;
	section_counters(false);
	pasids = options_first("pasids");
	do {
		threads = options_first("threads");
		do {
			measure_states(threads, pasids);
		} while (options_next("threads", &threads));
	} while (options_next("pasids", &pasids));
}
