// SPDX-License-Identifier: GPL-2.0
#include "section.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "events.h"
#include "ktap.h"
#include "lab.h"
#include "memory.h"
#include "options.h"
#include "oracle.h"
#include "samples.h"

/* A metric of counts is that of the time, a dot, and this. */
static const struct {
	const char *name;
	enum svk_lab_counter counter;
} counters[] = {
	{"descriptors", SVK_LAB_QI_TOTAL},    {"qi_iotlb", SVK_LAB_QI_IOTLB},
	{"qi_devtlb", SVK_LAB_QI_DEVTLB},     {"qi_piotlb", SVK_LAB_QI_PIOTLB},
	{"qi_pdevtlb", SVK_LAB_QI_PDEVTLB},   {"qi_pasid", SVK_LAB_QI_PASID},
	{"qi_wait", SVK_LAB_QI_WAIT},	      {"iotlb_miss", SVK_LAB_IOTLB_MISS},
	{"atc_miss", SVK_LAB_ATC_MISS},	      {"pasid_miss", SVK_LAB_PASID_MISS},
	{"walk_first", SVK_LAB_WALK_FS},      {"walk_second", SVK_LAB_WALK_SS},
	{"walk_nested", SVK_LAB_WALK_NESTED}, {"page_requests", SVK_LAB_PRQ},
};

/* Fewer say nothing of a distribution, however long they take. */
#define ROUNDS_MIN 10

/*
 * 512 ticks of a kernel of 1000 Hz, several of others: the kernel's timer wheel does more work each
 * 8, 64 and 512 ticks. Idle time costs nothing in exact mode.
 */
#define ALIGN_NS 512000000ULL
/*
 * Where a program begins, so that what happens each second falls on the same samples again. How
 * long it is since the program before hangs on the host, to which that has written its output.
 */
#define START_NS (125 * ALIGN_NS)

#define COUNTERS ARRAY_SIZE(counters)

/**
 * struct section - See section.h.
 * @metric: its name
 * @rough: see section_rough()
 * @ns: of timed rounds
 * @count: of counted rounds, by counter
 * @start: of the one that is being timed
 * @event: likewise, by event
 * @partial: in how many rounds it was not counted all of the time
 * @before: of the one that is being counted
 */
struct section {
	const char *metric;
	bool rough;
	struct samples ns;
	struct samples count[COUNTERS];
	struct samples event[EVENTS_MAX];
	unsigned int partial[EVENTS_MAX];
	u64 start;
	u64 before[COUNTERS];
};

enum round_kind {
	ROUND_NONE,
	ROUND_WARMUP,
	ROUND_TIMED,
	ROUND_COUNTED,
};

static enum round_kind kind;
static unsigned int rounds_left;
static u64 timed_since;
static bool have_counters;

static unsigned int rounds_of(enum round_kind k)
{
	switch (k) {
	case ROUND_WARMUP:
		return options_warmup();
	case ROUND_TIMED:
		return options_repeat();
	case ROUND_COUNTED:
		return have_counters || events_any() ? options_counted() : 0;
	default:
		return 0;
	}
}

/* Is there time for another timed round? */
static bool has_time(void)
{
	unsigned int done = options_repeat() - rounds_left;

	if (done == 1)
		timed_since = now_ns();
	return done < ROUNDS_MIN || now_ns() - timed_since < options_seconds() * 1000000000ULL;
}

bool round_next(void)
{
	if (kind == ROUND_TIMED && !has_time())
		rounds_left = 0;
	while (!rounds_left && kind < ROUND_COUNTED)
		rounds_left = rounds_of(++kind);
	if (!rounds_left) {
		kind = ROUND_NONE;
		return false;
	}
	rounds_left--;
	return true;
}

void round_settle(void)
{
	oracle_resume();
	oracle_pause();
}

bool round_timed(void)
{
	return kind == ROUND_TIMED;
}

bool round_counted(void)
{
	return kind == ROUND_COUNTED;
}

void section_counters(bool other)
{
	events_open();
	have_counters = !geteuid();
	if (!have_counters)
		return;
	svk_lab_close();
	if (other)
		have_counters = svk_lab_elsewhere();
	else
		have_counters = !access(svk_pci_path("resource0"), R_OK | W_OK);
}

struct section *section_new(const char *metric, unsigned int each)
{
	struct section *s = memory_map_shared(sizeof(*s));
	unsigned int i;

	s->metric = metric;
	REQUIRE_ERRNO(samples_init(&s->ns, (size_t)options_repeat() * each), 0);
	for (i = 0; i < COUNTERS; i++)
		REQUIRE_ERRNO(samples_init(&s->count[i], (size_t)options_counted() * each + 1), 0);
	for (i = 0; i < EVENTS_MAX; i++)
		REQUIRE_ERRNO(samples_init(&s->event[i], (size_t)options_counted() * each + 1), 0);
	return s;
}

static void free_section(struct section *s)
{
	unsigned int i;

	samples_cleanup(&s->ns);
	for (i = 0; i < COUNTERS; i++)
		samples_cleanup(&s->count[i]);
	for (i = 0; i < EVENTS_MAX; i++)
		samples_cleanup(&s->event[i]);
	memory_unmap(s, sizeof(*s));
}

static u64 counter_now(unsigned int i)
{
	return svk_lab_read64(SVK_LAB_COUNTER(counters[i].counter));
}

u64 section_clock(void)
{
	/* The time stamp counter is the count itself; the kernel's clock would round it. */
	return options_exact() ? __builtin_ia32_rdtsc() : now_ns();
}

void section_rough(struct section *s)
{
	s->rough = true;
}

static void align_to(u64 grid)
{
	u64 next = (now_ns() / grid + 1) * grid;
	struct timespec until = {
		.tv_sec = (time_t)(next / 1000000000),
		.tv_nsec = (long)(next % 1000000000),
	};

	if (options_exact())
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

void section_start(void)
{
	align_to(START_NS);
}

void section_align(void)
{
	align_to(ALIGN_NS);
}

static bool reads_counters(void)
{
	return kind == ROUND_COUNTED && have_counters;
}

/* Innermost: what reads the other counters is none of what is counted here. */
static void begin_events(void)
{
	if (kind == ROUND_COUNTED && events_any())
		events_start();
}

static void end_events(struct section *s)
{
	struct event_value value[EVENTS_MAX];
	unsigned int i;

	if (kind != ROUND_COUNTED || !events_any())
		return;
	events_stop(value);
	for (i = 0; i < events_count(); i++) {
		if (events_why_not(i))
			continue;
		if (value[i].whole)
			samples_add(&s->event[i], value[i].value);
		else
			s->partial[i]++;
	}
}

void section_begin(struct section *s)
{
	unsigned int i;

	for (i = 0; reads_counters() && i < COUNTERS; i++)
		s->before[i] = counter_now(i);
	begin_events();
	section_align();
	s->start = section_clock();
}

void section_end(struct section *s)
{
	u64 end = section_clock();
	unsigned int i;

	end_events(s);
	if (kind == ROUND_TIMED)
		samples_add(&s->ns, end - s->start);
	for (i = 0; reads_counters() && i < COUNTERS; i++)
		samples_add(&s->count[i], counter_now(i) - s->before[i]);
}

void section_add(struct section *s, u64 ns)
{
	if (kind == ROUND_TIMED)
		samples_add(&s->ns, ns);
}

static void emit(const char *metric, enum record_kind record, const struct param *params,
		 const struct samples *samples, bool rough)
{
	const struct record r = {
		.metric = metric,
		.kind = record,
		.params = params,
		.value = samples->value,
		.count = samples->count,
		.rough = rough,
	};

	if (r.count)
		record_emit(&r);
}

static void emit_counts(const struct section *s, const struct param *params)
{
	char metric[128];
	unsigned int i;

	for (i = 0; i < COUNTERS; i++) {
		snprintf(metric, sizeof(metric), "%s.%s", s->metric, counters[i].name);
		emit(metric, RECORD_COUNT, params, &s->count[i], false);
	}
}

/* Nothing is scaled: a counter that others had meanwhile has not seen all of it. */
static void emit_event(const struct section *s, const struct param *params, unsigned int i)
{
	const struct samples *samples = &s->event[i];
	char metric[128], partial[96];
	struct record r = {
		.metric = metric,
		.kind = events_exact(i) ? RECORD_COUNT : RECORD_EVENT,
		.params = params,
		.value = samples->value,
		.count = samples->count,
		.rough = !events_exact(i),
		.why = events_why_not(i),
	};

	snprintf(metric, sizeof(metric), "%s.%s", s->metric, events_name(i));
	if (s->partial[i]) {
		snprintf(partial, sizeof(partial),
			 "its counter was shared (multiplexed) in %u of %u rounds", s->partial[i],
			 s->partial[i] + (unsigned int)samples->count);
		r.why = partial;
	}
	if (r.count || r.why)
		record_emit(&r);
}

static void emit_events(const struct section *s, const struct param *params)
{
	unsigned int i;

	for (i = 0; i < events_count(); i++)
		emit_event(s, params, i);
}

void section_report(struct section *s, const struct param *params)
{
	emit(s->metric, RECORD_TIME, params, &s->ns, s->rough);
	emit_counts(s, params);
	emit_events(s, params);
	free_section(s);
}

void section_report_rate(struct section *s, const struct param *params, const char *metric,
			 u64 bytes)
{
	struct samples rate;
	size_t i;

	REQUIRE_ERRNO(samples_init(&rate, s->ns.room), 0);
	for (i = 0; i < s->ns.count; i++)
		samples_add(&rate, (u64)((double)bytes * 1e9 /
					 (double)(s->ns.value[i] + !s->ns.value[i])));
	emit(metric, RECORD_RATE, params, &rate, s->rough);
	samples_cleanup(&rate);
	section_report(s, params);
}
