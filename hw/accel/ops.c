// SPDX-License-Identifier: GPL-2.0
/* Descriptors: their rules, and what each opcode does with a chunk of bytes. */
#include <isa-l/crc.h>
#include <string.h>

#include "accel/accel_internal.h"

/* Which fields an opcode uses; the others must be zero. */
#define USES_SRC 1u
#define USES_DST 2u
#define USES_OPERAND 4u

static const u8 op_uses[SVK_OP_COUNT] = {
	[SVK_OP_NOP] = 0,
	[SVK_OP_COPY] = USES_SRC | USES_DST,
	[SVK_OP_FILL] = USES_DST | USES_OPERAND,
	[SVK_OP_COMPARE] = USES_SRC | USES_DST,
	[SVK_OP_CRC32C] = USES_SRC | USES_OPERAND,
	[SVK_OP_BATCH] = USES_SRC,
	[SVK_OP_DRAIN] = 0,
};

void accel_desc_fetch(struct accel_desc *d, const void *mem)
{
	struct svk_desc raw;

	memcpy(&raw, mem, sizeof(raw));
	*d = (struct accel_desc){
		.ctrl = le32_to_cpu(raw.ctrl),
		.tag = le32_to_cpu(raw.tag),
		.src = le64_to_cpu(raw.src),
		.dst = le64_to_cpu(raw.dst),
		.size = le64_to_cpu(raw.size),
		.operand = le64_to_cpu(raw.operand),
		.cpl = le64_to_cpu(raw.cpl),
		.pad = {le64_to_cpu(raw.pad[0]), le64_to_cpu(raw.pad[1])},
	};
}

static bool desc_flags_ok(const struct accel_desc *d, enum svk_op op)
{
	if ((d->ctrl & SVK_DESC_RESERVED) || d->pad[0] || d->pad[1])
		return false;
	if (d->cpl && !(d->ctrl & SVK_DESC_CPL_RECORD))
		return false;
	if ((d->src && !(op_uses[op] & USES_SRC)) || (d->dst && !(op_uses[op] & USES_DST)) ||
	    (d->operand && !(op_uses[op] & USES_OPERAND)))
		return false;
	/* The seed is a CRC of 32 bits. */
	return op != SVK_OP_CRC32C || !(d->operand >> 32);
}

static bool desc_size_ok(const struct accel_desc *d, enum svk_op op)
{
	if (op == SVK_OP_NOP || op == SVK_OP_DRAIN)
		return !d->size;
	if (op == SVK_OP_BATCH)
		return d->size && d->size <= ACCEL_BATCH_MAX;
	return d->size && d->size <= 1ULL << ACCEL_XFER_SHIFT;
}

static bool range_wraps(u64 addr, u64 size)
{
	return addr + (size - 1) < addr;
}

static bool desc_addr_ok(const struct accel_desc *d, enum svk_op op)
{
	if (op == SVK_OP_NOP || op == SVK_OP_DRAIN)
		return true;
	if (op == SVK_OP_BATCH)
		return !(d->src % sizeof(struct svk_desc)) &&
		       !range_wraps(d->src, d->size * sizeof(struct svk_desc));
	if ((op_uses[op] & USES_SRC) && range_wraps(d->src, d->size))
		return false;
	if ((op_uses[op] & USES_DST) && range_wraps(d->dst, d->size))
		return false;
	/* Neither range wraps, so the distance says it all. */
	return op != SVK_OP_COPY || (d->src - d->dst >= d->size && d->dst - d->src >= d->size);
}

enum svk_status accel_desc_check(const struct accel_desc *d, bool in_batch)
{
	enum svk_op op = svk_get(SVK_DESC_OP, d->ctrl);

	if (op >= SVK_OP_COUNT || (op == SVK_OP_BATCH && in_batch))
		return SVK_CPL_BAD_OPCODE;
	if (!desc_flags_ok(d, op))
		return SVK_CPL_BAD_FLAGS;
	if (!desc_size_ok(d, op))
		return SVK_CPL_BAD_SIZE;
	if (!desc_addr_ok(d, op))
		return SVK_CPL_BAD_ADDR;
	return SVK_CPL_OK;
}

/* @phase: which byte of the pattern, 0..7, comes first. */
static u64 pattern_from(u64 pattern, unsigned int phase)
{
	return phase ? pattern >> (8 * phase) | pattern << (64 - 8 * phase) : pattern;
}

static void chunk_add_stream(struct accel_chunk *c, u64 addr, bool write)
{
	struct accel_stream *s = &c->stream[c->streams++];

	s->addr = addr;
	s->write = write;
	s->missing = false;
	s->ready = 0;
	s->runs = 0;
	s->end = NULL;
}

void accel_chunk_init(struct accel_chunk *c, const struct accel_job *job)
{
	const struct accel_desc *d = &job->desc;
	u64 left = d->size - job->done;

	c->op = svk_get(SVK_DESC_OP, d->ctrl);
	c->operand = d->operand;
	if (c->op == SVK_OP_CRC32C)
		c->operand = job->result;
	else if (c->op == SVK_OP_FILL)
		c->operand = pattern_from(d->operand, job->done % sizeof(d->operand));
	c->streams = 0;
	c->len = left < ACCEL_CHUNK ? left : ACCEL_CHUNK;
	c->status = SVK_CPL_OK;
	c->missing = false;
	c->fault_addr = 0;
	c->result = 0;
	if (op_uses[c->op] & USES_SRC)
		chunk_add_stream(c, d->src + job->done, false);
	if (op_uses[c->op] & USES_DST)
		chunk_add_stream(c, d->dst + job->done, c->op != SVK_OP_COMPARE);
}

/* A place in a stream; two of them advance together. */
struct cursor {
	const struct accel_run *run;
	u32 off;
};

static u8 *cursor_ptr(const struct cursor *c)
{
	return c->run->ptr + c->off;
}

static u32 cursor_left(const struct cursor *c, u32 limit)
{
	u32 left = c->run->len - c->off;

	return left < limit ? left : limit;
}

static void cursor_advance(struct cursor *c, u32 len)
{
	c->off += len;
	if (c->off == c->run->len) {
		c->run++;
		c->off = 0;
	}
}

/*
 * Fetches the start of the run behind this one, if  more bytes finish it.
 * The processor's own prefetchers stop at every page and take a few misses to
 * start again: on scattered pages that is a quarter of the time.
 */
static void cursor_prefetch(const struct cursor *c, u32 len)
{
	const u8 *next = c->run[1].ptr;
	unsigned int line;

	if (c->off + len < c->run->len)
		return;
	for (line = 0; line < 8; line++)
		__builtin_prefetch(next + 64 * line);
}

static void chunk_copy(struct accel_chunk *c)
{
	struct cursor src = {c->stream[0].run, 0};
	struct cursor dst = {c->stream[1].run, 0};
	u32 left, len;

	for (left = c->len; left; left -= len) {
		len = cursor_left(&dst, cursor_left(&src, left));
		if (len < left) {
			cursor_prefetch(&src, len);
			cursor_prefetch(&dst, len);
		}
		/* Not memcpy(): two addresses of software's may name the same memory. */
		memmove(cursor_ptr(&dst), cursor_ptr(&src), len);
		cursor_advance(&src, len);
		cursor_advance(&dst, len);
	}
}

static void fill_bytes(u8 *p, u32 len, u64 pattern, unsigned int phase)
{
	__le64 word = cpu_to_le64(pattern_from(pattern, phase));
	u32 i;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word))
		memcpy(p + i, &word, sizeof(word));
	memcpy(p + i, &word, len - i);
}

static void chunk_fill(struct accel_chunk *c)
{
	struct cursor dst = {c->stream[0].run, 0};
	u32 done, len;

	for (done = 0; done < c->len; done += len) {
		len = cursor_left(&dst, c->len - done);
		fill_bytes(cursor_ptr(&dst), len, c->operand, done % sizeof(c->operand));
		cursor_advance(&dst, len);
	}
}

/* Software may write while we read: trust only what one look at a byte says. */
static u32 first_difference(const u8 *a, const u8 *b, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (__atomic_load_n(&a[i], __ATOMIC_RELAXED) !=
		    __atomic_load_n(&b[i], __ATOMIC_RELAXED))
			break;
	}
	return i;
}

static void chunk_compare(struct accel_chunk *c)
{
	struct cursor src = {c->stream[0].run, 0};
	struct cursor dst = {c->stream[1].run, 0};
	u32 done, len, same;

	for (done = 0; done < c->len; done += len) {
		len = cursor_left(&dst, cursor_left(&src, c->len - done));
		if (memcmp(cursor_ptr(&src), cursor_ptr(&dst), len)) {
			same = first_difference(cursor_ptr(&src), cursor_ptr(&dst), len);
			if (same < len) {
				c->result = done + same;
				return;
			}
		}
		cursor_advance(&src, len);
		cursor_advance(&dst, len);
	}
	c->result = c->len;
}

static void chunk_crc(struct accel_chunk *c)
{
	struct cursor src = {c->stream[0].run, 0};
	/* The inversions before and after are part of CRC-32C; they cancel when chained. */
	u32 crc = ~(u32)c->operand;
	u32 left, len;

	for (left = c->len; left; left -= len) {
		len = cursor_left(&src, left);
		crc = crc32_iscsi(cursor_ptr(&src), len, crc);
		cursor_advance(&src, len);
	}
	c->result = (u32)~crc;
}

void accel_chunk_run(struct accel_chunk *c)
{
	switch (c->op) {
	case SVK_OP_COPY:
		chunk_copy(c);
		break;
	case SVK_OP_FILL:
		chunk_fill(c);
		break;
	case SVK_OP_COMPARE:
		chunk_compare(c);
		break;
	case SVK_OP_CRC32C:
		chunk_crc(c);
		break;
	default:
		break;
	}
}
