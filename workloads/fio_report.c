// SPDX-License-Identifier: GPL-2.0
#include "fio_report.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "samples.h"

#define SERIES 32
#define WORD 32

/**
 * struct series - One direction of a job, over all runs.
 * @job: its name
 * @op: "read", "write" or "trim"
 * @bs: as the job file has it
 * @depth: likewise
 * @rate: bytes a second, of each run
 * @median: of a run's completion latencies, nanoseconds
 * @tail: their 99th percentile
 */
struct series {
	char job[WORD];
	const char *op;
	char bs[WORD];
	char depth[WORD];
	struct samples rate;
	struct samples median;
	struct samples tail;
};

/**
 * struct fio_report - See fio_report.h.
 * @rounds: room
 * @count: of @series
 * @series: in the order of the first run
 * @run: the last one
 * @error: about it
 */
struct fio_report {
	size_t rounds;
	size_t count;
	struct series series[SERIES];
	json_object *run;
	char error[256];
};

static const char *const ops[] = {"read", "write", "trim"};

struct fio_report *fio_report_new(size_t rounds)
{
	struct fio_report *r = calloc(1, sizeof(*r));

	if (r)
		r->rounds = rounds;
	return r;
}

static __attribute__((format(printf, 2, 3))) const char *wrong(struct fio_report *r,
							       const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->error, sizeof(r->error), fmt, args);
	va_end(args);
	return r->error;
}

static json_object *get(json_object *object, const char *name)
{
	json_object *value = NULL;

	return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

static u64 get_value(json_object *object, const char *name)
{
	return (u64)json_object_get_int64(get(object, name));
}

static const char *get_word(json_object *object, const char *name, const char *without)
{
	const char *word = json_object_get_string(get(object, name));

	return word ? word : without;
}

/* A job's own option, or that of all. */
static const char *option(const struct fio_report *r, json_object *job, const char *name)
{
	const char *all = get_word(get(r->run, "global options"), name, "?");

	return get_word(get(job, "job options"), name, all);
}

static struct series *find(struct fio_report *r, json_object *job, const char *op)
{
	const char *name = get_word(job, "jobname", "?");
	struct series *s;
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (!strcmp(r->series[i].job, name) && r->series[i].op == op)
			return &r->series[i];
	}
	if (r->count == SERIES)
		return NULL;
	s = &r->series[r->count++];
	snprintf(s->job, sizeof(s->job), "%s", name);
	snprintf(s->bs, sizeof(s->bs), "%s", option(r, job, "bs"));
	snprintf(s->depth, sizeof(s->depth), "%s", option(r, job, "iodepth"));
	s->op = op;
	if (samples_init(&s->rate, r->rounds) || samples_init(&s->median, r->rounds) ||
	    samples_init(&s->tail, r->rounds))
		return NULL;
	return s;
}

static const char *add_job(struct fio_report *r, json_object *job)
{
	const char *name = get_word(job, "jobname", "?");
	u64 moved = 0;
	size_t i;

	if (get_value(job, "error"))
		return wrong(r, "job %s: error %llu (%s)", name,
			     (unsigned long long)get_value(job, "error"),
			     strerror((int)get_value(job, "error")));
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		json_object *op = get(job, ops[i]);
		json_object *points = get(get(op, "clat_ns"), "percentile");
		u64 bytes = get_value(op, "io_bytes");
		struct series *s;

		moved += bytes;
		if (!bytes || !strncmp(name, "check", strlen("check")))
			continue;
		s = find(r, job, ops[i]);
		if (!s || s->rate.count == r->rounds)
			return wrong(r, "more jobs, or runs, than there is room for");
		samples_add(&s->rate, get_value(op, "bw_bytes"));
		samples_add(&s->median, get_value(points, "50.000000"));
		samples_add(&s->tail, get_value(points, "99.000000"));
	}
	return moved ? NULL : wrong(r, "job %s has moved nothing", name);
}

/* fio's messages are in front of its JSON. */
static const char *skip_messages(const char *text)
{
	while (text && *text != '{') {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text;
}

const char *fio_report_add(struct fio_report *r, const char *text, const char **line)
{
	const char *json = skip_messages(text), *error = NULL;
	json_object *jobs;
	size_t i;

	*line = NULL;
	json_object_put(r->run);
	r->run = json ? json_tokener_parse(json) : NULL;
	jobs = get(r->run, "jobs");
	if (!json_object_is_type(jobs, json_type_array) || !json_object_array_length(jobs))
		return wrong(r, "no JSON with jobs in it");
	for (i = 0; i < json_object_array_length(jobs) && !error; i++)
		error = add_job(r, json_object_array_get_idx(jobs, i));
	*line = json_object_to_json_string_ext(r->run, JSON_C_TO_STRING_PLAIN);
	return error;
}

static void emit(const struct series *s, const char *metric, enum record_kind kind,
		 const struct samples *samples)
{
	const struct param params[] = {
		PARAM_WORD("job", s->job),
		PARAM_WORD("op", s->op),
		PARAM_WORD("bs", s->bs),
		PARAM_WORD("depth", s->depth),
		PARAM_END,
	};
	const struct record record = {
		.metric = metric,
		.kind = kind,
		.params = params,
		.value = samples->value,
		.count = samples->count,
		/* By fio's own clock. */
		.rough = true,
	};

	record_emit(&record);
}

void fio_report_emit(const struct fio_report *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		emit(&r->series[i], "fio.rate", RECORD_RATE, &r->series[i].rate);
		emit(&r->series[i], "fio.latency_p50", RECORD_TIME, &r->series[i].median);
		emit(&r->series[i], "fio.latency_p99", RECORD_TIME, &r->series[i].tail);
	}
}

void fio_report_free(struct fio_report *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < r->count; i++) {
		samples_cleanup(&r->series[i].rate);
		samples_cleanup(&r->series[i].median);
		samples_cleanup(&r->series[i].tail);
	}
	json_object_put(r->run);
	free(r);
}
