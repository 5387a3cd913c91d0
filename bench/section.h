/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A measured section: what it takes by the clock, and what the hardware does
 * meanwhile.
 *
 *	struct section *s = section_new("bind.open", 1);
 *
 *	while (round_next()) {
 *		prepare();
 *		section_begin(s);
 *		what_is_measured();
 *		section_end(s);
 *	}
 *	section_report(s, params);
 *
 * Rounds are of three kinds, in this order: those that do not count, those that are timed, and
 * those in which the model's counters are read before and after. Reading them takes long, and is
 * an access to the device, so that no round is timed and counted at once.
 *
 * A section lies in memory that children share: they may begin and end it, too. Everything
 * asserts.
 */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include <time.h>

#include "record.h"

struct section;

/**
 * section_new() - Make one.
 * @metric: its name, not copied
 * @each: times that it is measured in a round at most
 */
struct section *section_new(const char *metric, unsigned int each);

/** section_rough() - Its time is not exact even where the clock counts instructions. */
void section_rough(struct section *s);

/** section_begin() - From here on. */
void section_begin(struct section *s);
/** section_end() - Up to here. */
void section_end(struct section *s);

/** section_start() - Where instructions are counted, wait for what happens each second. */
void section_start(void);

/**
 * section_align() - Where instructions are counted, wait for the same time of the timer tick.
 *
 * section_begin() does it; for who has a clock of his own.
 */
void section_align(void);

/** section_add() - As both: @ns in a timed round. */
void section_add(struct section *s, u64 ns);

/**
 * section_report() - Emit its records, and free it: the time, and each counter.
 * @params: configuration, ended by PARAM_END
 */
void section_report(struct section *s, const struct param *params);

/**
 * section_report_rate() - As section_report(), and before that also a throughput.
 * @metric: its name
 * @bytes: moved in each section
 */
void section_report_rate(struct section *s, const struct param *params, const char *metric,
			 u64 bytes);

/**
 * round_next() - Begin the next round, or the first.
 *
 * Return: false after the last; then it begins anew.
 */
bool round_next(void);

/**
 * round_settle() - Between rounds: nothing may be stale, see oracle_settle().
 *
 * For who checks what it has done; while a section is measured nobody looks.
 */
void round_settle(void);

/** round_timed() - Return: whether time counts in this one. */
bool round_timed(void);

/** round_counted() - Return: whether events are counted in this one. */
bool round_counted(void);

/**
 * section_counters() - From where counters are read.
 * @other: not from the accelerator under test, which is given away, but from another one
 *
 * Without root, or a model, none are read, and there are no records of them.
 */
void section_counters(bool other);

/** section_clock() - Return: nanoseconds of CLOCK_MONOTONIC, or instructions. */
u64 section_clock(void);

/** now_ns() - Return: nanoseconds of CLOCK_MONOTONIC. */
static inline u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

#endif /* BENCH_SECTION_H */
