// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "clock.h"
#include "inject/inject.h"
#include "trace.h"

#define NS_PER_S 1000000000ULL
#define TRACE_FIELDS 4

struct event {
	u64 ns;
	enum trace_kind kind;
	unsigned int unit;
	u64 v[TRACE_FIELDS];
};

/* total counts every event ever appended; the ring holds the last capacity of them. */
struct trace {
	size_t capacity;
	u64 total;
	struct event event[];
};

struct trace *trace_new(size_t events)
{
	struct trace *t;

	if (events < 1 || events > (SIZE_MAX - sizeof(*t)) / sizeof(t->event[0])) {
		errno = ENOMEM;
		return NULL;
	}
	t = calloc(1, sizeof(*t) + events * sizeof(t->event[0]));
	if (t)
		t->capacity = events;
	return t;
}

void trace_free(struct trace *t)
{
	free(t);
}

void trace_event_of(struct trace *t, unsigned int unit, enum trace_kind kind, const u64 v[4])
{
	struct event *e;

	if (!t)
		return;
	e = &t->event[t->total++ % t->capacity];
	e->ns = clock_ns();
	e->kind = kind;
	e->unit = unit;
	memcpy(e->v, v, sizeof(e->v));
}

void trace_event(struct trace *t, enum trace_kind kind, u64 a, u64 b, u64 c, u64 d)
{
	trace_event_of(t, 0, kind, (const u64[]){a, b, c, d});
}

u64 trace_total(const struct trace *t)
{
	return t->total;
}

static u64 trace_overwritten(const struct trace *t)
{
	return t->total > t->capacity ? t->total - t->capacity : 0;
}

static const char *name_of(const char *const *names, size_t count, u64 index)
{
	return index < count && names[index] ? names[index] : "unknown";
}

static const char *const qi_names[] = {
	[VTD_DESC_CC] = "context",
	[VTD_DESC_IOTLB] = "iotlb",
	[VTD_DESC_DEVTLB] = "devtlb",
	[VTD_DESC_IEC] = "iec",
	[VTD_DESC_WAIT] = "wait",
	[VTD_DESC_PIOTLB] = "piotlb",
	[VTD_DESC_PC] = "pasid",
	[VTD_DESC_PDEVTLB] = "pdevtlb",
	[VTD_DESC_PGRP_RESP] = "page-group-response",
};

static void print_sid(FILE *out, u64 sid)
{
	fprintf(out, " sid=%02x:%02x.%x", (unsigned int)(sid >> 8) & 0xff,
		(unsigned int)(sid >> 3) & 0x1f, (unsigned int)sid & 7);
}

static void print_pasid(FILE *out, u64 pasid)
{
	if (pasid == ~0ULL)
		fprintf(out, " pasid=none");
	else
		fprintf(out, " pasid=%llu", pasid);
}

static void dump_qi(FILE *out, const u64 *v)
{
	u64 type = svk_get(VTD_DESC_TYPE_LO, v[0]) | svk_get(VTD_DESC_TYPE_HI, v[0]) << 4;

	fprintf(out, " %s", name_of(qi_names, ARRAY_SIZE(qi_names), type));
	switch (type) {
	case VTD_DESC_CC:
	case VTD_DESC_IOTLB:
		fprintf(out, " g=%llu did=%llu", svk_get(VTD_DESC_G, v[0]),
			svk_get(VTD_DESC_DID, v[0]));
		break;
	case VTD_DESC_DEVTLB:
		print_sid(out, svk_get(VTD_DEVTLB_SID, v[0]));
		break;
	case VTD_DESC_WAIT:
		fprintf(out, " status=%#llx", svk_get(VTD_WAIT_STDATA, v[0]));
		break;
	case VTD_DESC_PIOTLB:
	case VTD_DESC_PC:
		fprintf(out, " g=%llu did=%llu pasid=%llu", svk_get(VTD_DESC_G, v[0]),
			svk_get(VTD_DESC_DID, v[0]), svk_get(VTD_DESC_PASID, v[0]));
		break;
	case VTD_DESC_PDEVTLB:
		print_sid(out, svk_get(VTD_PDEVTLB_SID, v[0]));
		fprintf(out, " pasid=%llu", svk_get(VTD_DESC_PASID, v[0]));
		break;
	}
	for (int i = 0; i < TRACE_FIELDS; i++)
		fprintf(out, " %016llx", v[i]);
}

static void dump_fault(FILE *out, const u64 *v)
{
	fprintf(out, " reason=%#llx", v[0]);
	print_sid(out, v[1]);
	print_pasid(out, v[2]);
	fprintf(out, " addr=%#llx", v[3]);
}

static void dump_xlate(FILE *out, const u64 *v)
{
	print_sid(out, v[0] >> 32);
	fprintf(out, " pasid=%llu addr=%#llx result=%#llx flags=%#llx", v[0] & 0xffffffff, v[1],
		v[2], v[3]);
}

static void dump_dma(FILE *out, const u64 *v)
{
	static const char *const ops[SVK_OP_COUNT] = {
		[SVK_OP_NOP] = "nop",	      [SVK_OP_COPY] = "copy",	  [SVK_OP_FILL] = "fill",
		[SVK_OP_COMPARE] = "compare", [SVK_OP_CRC32C] = "crc32c", [SVK_OP_BATCH] = "batch",
		[SVK_OP_DRAIN] = "drain",
	};

	print_sid(out, v[0] >> 32);
	fprintf(out, " queue=%llu op=%s bytes=%llu status=%llu", v[0] & 0xffffffff,
		name_of(ops, SVK_OP_COUNT, v[1]), v[2], v[3]);
}

static void dump_reg(FILE *out, const u64 *v)
{
	fprintf(out, " function=%llu bar=%llu offset=%#llx %s %#llx", v[0], v[1] >> 32,
		v[1] & 0xffffffff, v[3] ? "write" : "read", v[2]);
}

static void dump_irq(FILE *out, const u64 *v)
{
	fprintf(out, " function=%llu to=%#llx data=%#llx", v[0], v[1], v[2]);
}

static void dump_vcs(FILE *out, const u64 *v)
{
	static const char *const commands[] = {
		[VTD_VCMD_NULL] = "null",
		[VTD_VCMD_ALLOC] = "alloc",
		[VTD_VCMD_FREE] = "free",
	};

	fprintf(out, " %s pasid=%llu status=%llu", name_of(commands, ARRAY_SIZE(commands), v[0]),
		v[1], v[2]);
}

static void dump_prq(FILE *out, const u64 *v)
{
	print_sid(out, v[0]);
	print_pasid(out, v[1]);
	fprintf(out, " addr=%#llx group=%llu %c%c%c", v[2], v[3] & 0x1ff,
		v[3] & TRACE_PRQ_READ ? 'r' : '-', v[3] & TRACE_PRQ_WRITE ? 'w' : '-',
		v[3] & TRACE_PRQ_LAST ? 'l' : '-');
}

static void dump_pgrp(FILE *out, const u64 *v)
{
	print_sid(out, v[0]);
	print_pasid(out, v[1]);
	fprintf(out, " group=%llu code=%llu", v[2], v[3]);
}

static void dump_inject(FILE *out, const u64 *v)
{
	fprintf(out, " %s", inject_name((enum svk_inject)v[0]));
	print_sid(out, v[1]);
	print_pasid(out, v[2]);
	if (v[3] != ~0ULL)
		fprintf(out, " addr=%#llx", v[3]);
}

static const struct {
	const char *name;
	void (*dump)(FILE *out, const u64 *v);
} kinds[TRACE_KINDS] = {
	[TRACE_QI] = {"qi", dump_qi},	       [TRACE_FAULT] = {"fault", dump_fault},
	[TRACE_XLATE] = {"xlate", dump_xlate}, [TRACE_DMA] = {"dma", dump_dma},
	[TRACE_REG] = {"reg", dump_reg},       [TRACE_IRQ] = {"irq", dump_irq},
	[TRACE_VCS] = {"vcs", dump_vcs},       [TRACE_PRQ] = {"prq", dump_prq},
	[TRACE_PGRP] = {"pgrp", dump_pgrp},    [TRACE_INJECT] = {"inject", dump_inject},
};

int trace_lines(const struct trace *t, u64 count, FILE *out)
{
	u64 first = trace_overwritten(t);

	if (t->total - first > count)
		first = t->total - count;
	for (u64 i = first; i < t->total; i++) {
		const struct event *e = &t->event[i % t->capacity];

		fprintf(out, "%llu.%09llu %s", e->ns / NS_PER_S, e->ns % NS_PER_S,
			kinds[e->kind].name);
		kinds[e->kind].dump(out, e->v);
		if (e->unit)
			fprintf(out, " unit=%u", e->unit + 1);
		if (fputc('\n', out) == EOF)
			return -errno;
	}
	return fflush(out) == EOF ? -errno : 0;
}

int trace_dump(const struct trace *t, FILE *out)
{
	if (fprintf(out, "# %llu events, %llu of them overwritten\n", t->total,
		    trace_overwritten(t)) < 0)
		return -errno;
	return trace_lines(t, ~0ULL, out);
}
