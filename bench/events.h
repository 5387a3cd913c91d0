/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of the kernel beside the time: those that libpfm4 can name, and those that sysfs does,
 * PMU/EVENT/. Each is counted in the whole program, its processes and threads; an event of a
 * device for everybody.
 */
#ifndef BENCH_EVENTS_H
#define BENCH_EVENTS_H

#include <svakit/types.h>

#define EVENTS_MAX 8

/**
 * struct event_value - What has been counted.
 * @value: how often
 * @whole: all of the time; else the counter was given to others meanwhile
 */
struct event_value {
	u64 value;
	bool whole;
};

/** events_unit() - If --events says nothing, count these of the remapping unit, if it has a PMU. */
void events_unit(const char *list);

/** events_open() - Open those that are wanted; the second time does nothing. */
void events_open(void);

/** events_count() - Return: how many are wanted. */
unsigned int events_count(void);

/** events_any() - Return: whether one of them can be counted. */
bool events_any(void);

/** events_name() - Return: the name of one, as it was given. */
const char *events_name(unsigned int i);

/** events_why_not() - Return: why it cannot be counted, or NULL. */
const char *events_why_not(unsigned int i);

/** events_exact() - Return: whether it repeats to the digit if the same is done again. */
bool events_exact(unsigned int i);

/** events_start() - All count from here on, beginning with 0. */
void events_start(void);

/** events_stop() - Up to here. Into @value, EVENTS_MAX of them, 0 for what cannot be counted. */
void events_stop(struct event_value *value);

/** struct event_code - Fields of struct perf_event_attr. */
struct event_code {
	u32 type;
	u64 config;
	u64 config1;
	u64 config2;
};

/** events_encode() - Look a name up in libpfm4. Return: whether it is known; else @why has why. */
bool events_encode(const char *name, struct event_code *code, char *why, size_t room);

/**
 * events_next() - Split a list at commas, but not at those between slashes.
 * @list: advanced behind the name; NULL at the end
 * @name: gets it
 * @room: bytes of @name
 *
 * Return: false if nothing is left, or the name does not fit.
 */
bool events_next(const char **list, char *name, size_t room);

/**
 * events_reason() - Why perf_event_open() has failed, in words.
 * @error: errno, positive
 * @paranoid: kernel.perf_event_paranoid
 * @text: gets them
 * @room: bytes of @text
 */
void events_reason(int error, int paranoid, char *text, size_t room);

#endif /* BENCH_EVENTS_H */
