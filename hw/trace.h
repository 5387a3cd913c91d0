/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bounded ring of time-stamped events; the oldest are overwritten. Written
 * under the machine's lock, dumped as text, one event a line.
 */
#ifndef HW_TRACE_H
#define HW_TRACE_H

#include <stdio.h>

#include <svakit/types.h>

/* What @a..@d of an event hold, by kind. */
enum trace_kind {
	TRACE_QI, /* descriptor quadwords 0..3 */
	TRACE_FAULT, /* reason; source-id; PASID or ~0; address */
	TRACE_XLATE, /* a walk: source-id << 32 | PASID; address; page or fault reason; flags */
	TRACE_DMA, /* source-id << 32 | queue; opcode; bytes done; status */
	TRACE_REG, /* function index; BAR << 32 | offset; value; 1 = write */
	TRACE_IRQ, /* function index; vector or message address; data */
	TRACE_VCS, /* virtual command; PASID given or to be freed; status */
	TRACE_PRQ, /* page request: source-id; PASID or ~0; address; flags below */
	TRACE_PGRP, /* page group response: source-id; PASID or ~0; group index; code */
	TRACE_INJECT, /* a fault was injected: enum svk_inject; source-id; PASID, address or ~0 */
	TRACE_KINDS
};

/* Flags of TRACE_XLATE: bits 7:0 what the page permits, bits 9:8 enum vtd_at. */
#define TRACE_XLATE_REFUSED SVK_BIT(16)

/* Flags of TRACE_PRQ: bits 8:0 group index. */
#define TRACE_PRQ_READ SVK_BIT(16)
#define TRACE_PRQ_WRITE SVK_BIT(17)
#define TRACE_PRQ_LAST SVK_BIT(18)

struct trace;

/**
 * trace_new() - Allocate a ring.
 * @events: capacity, at least 1
 *
 * Return: the ring, or NULL with errno ENOMEM.
 */
struct trace *trace_new(size_t events);

/** trace_free() - Free the ring; NULL is allowed. */
void trace_free(struct trace *t);

/** trace_event() - Append one event stamped with CLOCK_MONOTONIC; no-op if @t is NULL. */
void trace_event(struct trace *t, enum trace_kind kind, u64 a, u64 b, u64 c, u64 d);

/**
 * trace_event_of() - Likewise, of one of several remapping units.
 * @unit: 0: the first, and the line is as that of trace_event(); else "unit=<unit + 1>" ends it
 * @v: what @a..@d are
 */
void trace_event_of(struct trace *t, unsigned int unit, enum trace_kind kind, const u64 v[4]);

/** trace_total() - Return: events ever appended. */
u64 trace_total(const struct trace *t);

/**
 * trace_lines() - Write the last events, oldest first.
 * @count: at most so many
 *
 * Line: "<seconds.nanoseconds> <kind> <decoded fields>".
 *
 * Return: 0, or -errno of the first write that failed.
 */
int trace_lines(const struct trace *t, u64 count, FILE *out);

/**
 * trace_dump() - Write all events that are left, as trace_lines() does.
 *
 * A line before them says how many there were, and how many were overwritten.
 *
 * Return: 0, or -errno of the first write that failed.
 */
int trace_dump(const struct trace *t, FILE *out);

#endif /* HW_TRACE_H */
