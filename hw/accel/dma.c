// SPDX-License-Identifier: GPL-2.0
/* How the accelerator reaches memory: device-TLB, remapping unit, RAM. */
#include <errno.h>

#include "accel/accel_internal.h"
#include "clock.h"
#include "gmem.h"
#include "inject/inject.h"
#include "machine.h"
#include "vtd/inspect.h"

/*
 * An input address translated: where it is, and for how many bytes that holds;
 * or refused, and whether a page request may change that.
 */
struct dma_extent {
	u64 gpa;
	u64 left;
	bool missing;
};

static void dma_extent_set(struct dma_extent *x, u64 addr, u64 out, u64 size)
{
	x->gpa = out;
	x->left = size - (addr & (size - 1));
}

static u32 dma_tag(bool has_pasid, u32 pasid)
{
	return has_pasid ? pasid : ATC_NO_PASID;
}

static unsigned int dma_need(bool write)
{
	return write ? ATC_WRITE : ATC_READ;
}

static bool dma_allowed(const struct accel *a, const struct accel_queue *q)
{
	return a->bus_master && (!(q->pasid & SVK_QCFG_PASID_VALID) || a->pasid_enabled);
}

/* Whoever looks on wants to know of every use of what is cached. */
static void dma_used(struct accel *a, const struct atc_entry *e, u64 addr)
{
	struct vtd_view view;

	atc_view(e, a->cfg.sid, &view);
	vtd_used(a->unit, &view, addr);
}

static bool dma_fails(struct accel *a, enum svk_inject kind, const struct vtd_request *req,
		      u64 size)
{
	const struct inject_at at = {
		.has_pasid = req->has_pasid,
		.sid = req->sid,
		.pasid = req->pasid,
		.addr = req->addr,
		.size = size,
	};

	return inject_strikes(a->machine->inject, kind, &at);
}

/*
 * Unsupported Request: there is no translation, as if the tables had none. (PCIe has the function
 * turn its cache off then, until software enables ATS anew; here it goes on, as it does when the
 * unit refuses a request, or one refusal would change all that follows.) Completer Abort: as
 * when it answers any other request.
 */
static int dma_ats_refused(struct accel *a, const struct vtd_request *req)
{
	const struct inject_rule *r = inject_armed(a->machine->inject, SVK_INJECT_ATS_REFUSE);
	u64 status = r ? r->arg : 0;

	if (!dma_fails(a, SVK_INJECT_ATS_REFUSE, req, 1))
		return 0;
	return status ? -EIO : -EPERM;
}

static void dma_filled(struct accel *a, const struct atc_entry *e)
{
	struct vtd_view view;

	atc_view(e, a->cfg.sid, &view);
	vtd_filled(a->unit, &view);
}

/*
 * A request that is refused leaves what is cached alone: only an invalidation
 * may take it away. One that is granted replaces it, or the permission to
 * write could never be had later.
 */
static int dma_ats_request(struct accel *a, const struct vtd_request *req, bool cached,
			   struct dma_extent *x)
{
	unsigned int need = dma_need(req->write);
	struct vtd_translation out;
	struct atc_entry e;
	int rc;

	machine_count(a->machine, SVK_LAB_ATC_MISS);
	rc = dma_ats_refused(a, req);
	if (rc)
		return rc;
	if (vtd_translate(a->unit, req, &out))
		return -EPERM;
	e = (struct atc_entry){
		.base = req->addr & ~(out.size - 1),
		.out = out.addr - (req->addr & (out.size - 1)),
		.mid = out.mid & ~(out.size - 1),
		.tag = dma_tag(req->has_pasid, req->pasid),
		.span = out.size - 1,
		.perm = (out.read ? ATC_READ : 0) | (out.write ? ATC_WRITE : 0),
		.born = clock_ns(),
		.by = req->by,
	};
	if ((e.perm & need) || (e.perm && !cached)) {
		atc_insert(&a->atc, &e);
		if (vtd_watched(a->unit))
			dma_filled(a, &e);
	}
	dma_extent_set(x, req->addr, out.addr, out.size);
	/* An answer without the permission, unlike an error, says that asking may help (10.2.3). */
	x->missing = !(e.perm & need);
	return x->missing ? -EPERM : 0;
}

static int dma_translate_ats(struct accel *a, struct vtd_request *req, struct dma_extent *x)
{
	const struct atc_entry *e;

	e = atc_lookup(&a->atc, dma_tag(req->has_pasid, req->pasid), req->addr);
	if (!e || !(e->perm & dma_need(req->write))) {
		req->at = VTD_AT_TRANSLATION;
		return dma_ats_request(a, req, e, x);
	}
	machine_count(a->machine, SVK_LAB_ATC_HIT);
	if (vtd_watched(a->unit))
		dma_used(a, e, req->addr);
	dma_extent_set(x, req->addr, e->out + (req->addr - e->base), e->span + 1);
	return 0;
}

static int dma_translate_plain(struct accel *a, const struct vtd_request *req, struct dma_extent *x)
{
	struct vtd_translation out;

	if (vtd_translate(a->unit, req, &out))
		return -EPERM;
	/* Each page is a request of its own: the unit sees, and may refuse, every one. */
	dma_extent_set(x, req->addr, out.addr, 0x1000);
	return 0;
}

/* While an abort is due every page is an access of its own. */
static bool dma_aborts(struct accel *a, const struct vtd_request *req, struct dma_extent *x)
{
	u64 in_page = 0x1000 - (req->addr & 0xfff);

	if (!inject_armed(a->machine->inject, SVK_INJECT_DMA_ABORT))
		return false;
	if (x->left > in_page)
		x->left = in_page;
	return dma_fails(a, SVK_INJECT_DMA_ABORT, req, x->left);
}

static enum svk_status dma_translate(struct accel *a, const struct accel_queue *q, u64 addr,
				     bool write, struct dma_extent *x)
{
	struct vtd_request req = {
		.sid = a->cfg.sid,
		.has_pasid = q->pasid & SVK_QCFG_PASID_VALID,
		.pasid = q->pasid & SVK_QCFG_PASID_MASK,
		.write = write,
		.addr = addr,
		.by = (u64)q->index << 32 | q->head,
	};
	int rc;

	x->missing = false;
	if (!dma_allowed(a, q))
		return SVK_CPL_BUS_ERROR;
	if (a->ats_enabled)
		rc = dma_translate_ats(a, &req, x);
	else
		rc = dma_translate_plain(a, &req, x);
	if (rc == -EIO || (!rc && dma_aborts(a, &req, x)))
		return SVK_CPL_BUS_ERROR;
	if (rc)
		return write ? SVK_CPL_FAULT_WRITE : SVK_CPL_FAULT_READ;
	return SVK_CPL_OK;
}

static inline void stream_append(struct accel_stream *s, u8 *ptr, u32 len)
{
	struct accel_run *run = &s->run[s->runs];

	if (ptr == s->end) {
		run[-1].len += len;
	} else {
		run->ptr = ptr;
		run->len = len;
		s->runs++;
	}
	s->end = ptr + len;
	s->ready += len;
}

/*
 * Adds at least the rest of the page at the stream's end, so that a chunk
 * never needs more than ACCEL_RUNS runs.
 */
static enum svk_status stream_extend(struct accel *a, const struct accel_queue *q,
				     struct accel_stream *s, u32 limit)
{
	unsigned int prot = s->write ? GMEM_WRITE : GMEM_READ;
	u64 addr = s->addr + s->ready;
	enum svk_status status;
	struct dma_extent x;
	u32 len, in_page;
	u8 *ptr;

	status = dma_translate(a, q, addr, s->write, &x);
	s->missing = x.missing;
	if (status != SVK_CPL_OK)
		return status;
	len = limit - s->ready;
	if (x.left < len)
		len = x.left;
	ptr = gmem_ptr(a->mem, x.gpa, len, prot);
	in_page = 0x1000 - (addr & 0xfff);
	if (!ptr && len > in_page) {
		/* A superpage may span several mappings, or stick out of RAM. */
		len = in_page;
		ptr = gmem_ptr(a->mem, x.gpa, len, prot);
	}
	if (!ptr)
		return SVK_CPL_BUS_ERROR;
	stream_append(s, ptr, len);
	return SVK_CPL_OK;
}

/*
 * As far as the device-TLB goes, which is the common case. Hits ask nobody, so
 * this may run ahead of the other operand; what needs a request, or fails, is
 * left to stream_extend().
 */
static void stream_extend_cached(struct accel *a, const struct accel_queue *q,
				 struct accel_stream *s, u32 limit)
{
	u32 tag = dma_tag(q->pasid & SVK_QCFG_PASID_VALID, q->pasid & SVK_QCFG_PASID_MASK);
	unsigned int prot = s->write ? GMEM_WRITE : GMEM_READ;
	unsigned int need = dma_need(s->write);
	u64 addr = s->addr + s->ready;
	bool watched = vtd_watched(a->unit);
	struct gmem_window ram = {0};
	const struct atc_entry *e;
	u64 gpa, len, hits;
	u8 *ptr;

	for (hits = 0; s->ready < limit; hits++, addr += len) {
		e = atc_lookup_next(&a->atc, &s->near, tag, addr);
		if (!e || !(e->perm & need))
			break;
		if (watched)
			dma_used(a, e, addr);
		len = e->span - (addr - e->base) + 1;
		if (len > limit - s->ready)
			len = limit - s->ready;
		gpa = e->out + (addr - e->base);
		ptr = gmem_window_ptr(&ram, gpa, len);
		if (!ptr && !gmem_window(a->mem, gpa, prot, &ram))
			ptr = gmem_window_ptr(&ram, gpa, len);
		if (!ptr)
			break;
		stream_append(s, ptr, len);
	}
	a->machine->count[SVK_LAB_ATC_HIT] += hits;
}

void accel_dma_map(struct accel *a, const struct accel_queue *q, struct accel_chunk *c)
{
	bool cached = a->ats_enabled && dma_allowed(a, q) &&
		      !inject_armed(a->machine->inject, SVK_INJECT_DMA_ABORT);
	struct accel_stream *s = c->stream;
	struct accel_stream *other = &c->stream[c->streams - 1];

	if (cached)
		stream_extend_cached(a, q, other, c->len);
	do {
		if (cached)
			stream_extend_cached(a, q, s, c->len);
		/* Of two operands, the one that lags; of two that are level, the source. */
		s = other->ready < c->stream->ready ? other : c->stream;
		if (s->ready == c->len)
			return;
		c->status = stream_extend(a, q, s, c->len);
	} while (c->status == SVK_CPL_OK);
	c->missing = s->missing;
	c->fault_addr = s->addr + s->ready;
	c->len = s->ready;
}

void *accel_dma_ptr(struct accel *a, const struct accel_queue *q, struct accel_access *x)
{
	struct dma_extent at;
	void *ptr;

	x->status = dma_translate(a, q, x->addr, x->write, &at);
	x->missing = at.missing;
	if (x->status != SVK_CPL_OK)
		return NULL;
	ptr = gmem_ptr(a->mem, at.gpa, x->len, x->write ? GMEM_WRITE : GMEM_READ);
	if (!ptr)
		x->status = SVK_CPL_BUS_ERROR;
	return ptr;
}

void accel_config_sync(struct accel *a)
{
	a->bus_master = pci_bus_master(&a->fn);
	a->pasid_enabled = pci_pasid_enabled(&a->fn);
	a->ats_enabled = pci_ats_enabled(&a->fn);
	if (!a->ats_enabled)
		atc_flush(&a->atc);
	accel_pri_sync(a);
}
