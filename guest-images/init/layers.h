/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What PID 1 tells about a finding of the oracle: whether its kernel, or the
 * VMM that it runs, has sent the invalidation that would have removed the
 * entry. The parts that only compute; docs/oracle.md, "Which layer".
 */
#ifndef GUEST_IMAGES_INIT_LAYERS_H
#define GUEST_IMAGES_INIT_LAYERS_H

#include <stdbool.h>

#include <svakit/accel_regs.h>

#include "vtd/inspect.h"

struct asked_log;

/**
 * struct clock_point - One moment by two clocks.
 * @mono: ns of CLOCK_MONOTONIC here, between two readings of it
 * @time: SVK_LAB_TIME, read between these
 * @err: ns by which @mono may be wrong, half of what lay between
 */
struct clock_point {
	u64 mono;
	u64 time;
	u64 err;
};

/**
 * clock_mono() - Convert the model's time.
 * @a: a moment, best before @time
 * @b: a later one
 *
 * Guests have their own idea of how long a second is; between two moments it is constant.
 *
 * Return: ns of CLOCK_MONOTONIC.
 */
u64 clock_mono(const struct clock_point *a, const struct clock_point *b, u64 time);

/**
 * struct qi_event - A descriptor, as the tracepoint intel_iommu:qi_submit has it.
 * @at: ns of CLOCK_MONOTONIC, to the microsecond
 * @cpu: that submitted it
 * @q: quadwords 0 and 1
 * @kind: the tracepoint's word for it
 */
struct qi_event {
	u64 at;
	unsigned int cpu;
	u64 q[2];
	char kind[16];
};

/** qi_parse() - Read a line of tracefs. Return: whether it is such an event. */
bool qi_parse(const char *line, struct qi_event *e);

enum answer {
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_UNKNOWN, /* the record does not reach back so far, or the clocks cannot tell */
};

/**
 * struct search - For an invalidation that covers an entry.
 * @entry: as this level numbers it
 * @any_did: domain-ids of this level are not those of the entry
 * @from: when the entry was filled, ns of CLOCK_MONOTONIC
 * @to: when it was found
 * @err: by which both may be wrong
 * @answer: so far
 * @at: of the invalidation, if the answer is yes
 * @what: in words, likewise
 */
struct search {
	struct vtd_view entry;
	bool any_did;
	u64 from;
	u64 to;
	u64 err;
	enum answer answer;
	u64 at;
	char what[96];
};

/** search_event() - Look at a descriptor. */
void search_event(struct search *s, const struct qi_event *e);
/**
 * search_asked() - Look at all requests of the VMM.
 * @dev: as in struct asked_record
 * @pasid: likewise
 */
void search_asked(struct search *s, const struct asked_log *log, u32 dev, u32 pasid);
/**
 * search_end() - Everything has been looked at.
 * @since: since when everything has been recorded, ns of CLOCK_MONOTONIC
 */
void search_end(struct search *s, u64 since);

#endif /* GUEST_IMAGES_INIT_LAYERS_H */
