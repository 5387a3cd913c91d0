// SPDX-License-Identifier: GPL-2.0
/*
 * The engine: one thread that serves all queues of its function round robin, a
 * turn at a time. A turn fetches at most one descriptor and moves at most one
 * chunk, so that a long descriptor delays another queue by one chunk, and so
 * that an abort takes effect within one.
 */
#include <inttypes.h>

#include "accel/accel_internal.h"
#include "gmem.h"
#include "inject/inject.h"
#include "log.h"
#include "machine.h"
#include "trace.h"

static bool status_failed(enum svk_status status)
{
	return status != SVK_CPL_OK && status != SVK_CPL_MISMATCH;
}

/* An access of @job was refused. Return: whether the queue waits for the page, if it is one. */
static bool block(struct accel *a, struct accel_queue *q, const struct accel_job *job,
		  const struct accel_access *x)
{
	return x->missing && (job->desc.ctrl & SVK_DESC_BLOCK) &&
	       accel_pri_block(a, q, x->addr, x->write);
}

/* As accel_dma_ptr(), but what a response has refused is not tried again. */
static void *job_ptr(struct accel *a, struct accel_queue *q, struct accel_access *x)
{
	if (!q->park.refused)
		return accel_dma_ptr(a, q, x);
	x->missing = false;
	x->status = x->write ? SVK_CPL_FAULT_WRITE : SVK_CPL_FAULT_READ;
	return NULL;
}

enum record {
	RECORD_WRITTEN,
	RECORD_REFUSED,
	RECORD_WAITS, /* for its page */
};

static enum record write_record(struct accel *a, struct accel_queue *q, const struct accel_job *job)
{
	struct accel_access x = {
		.addr = job->desc.cpl,
		.len = sizeof(struct svk_cpl),
		.write = true,
	};
	const struct accel_outcome *o = &job->outcome;
	struct svk_cpl *cpl = job_ptr(a, q, &x);

	if (!cpl)
		return block(a, q, job, &x) ? RECORD_WAITS : RECORD_REFUSED;
	cpl->tag = cpu_to_le32(job->desc.tag);
	cpl->done = cpu_to_le64(job->done);
	cpl->result = cpu_to_le64(o->result);
	cpl->fault_addr = cpu_to_le64(o->fault_addr);
	__atomic_store_n((__force u32 *)&cpl->status, (__force u32)cpu_to_le32(o->status),
			 __ATOMIC_RELEASE);
	return RECORD_WRITTEN;
}

/* The descriptor has ended; whatever page it waited for last, its record is another matter. */
static void job_end(struct accel *a, struct accel_queue *q, struct accel_job *job,
		    const struct accel_outcome *o)
{
	job->ended = true;
	job->outcome = *o;
	accel_pri_progress(q);
	machine_count(a->machine, SVK_LAB_DESC);
	trace_event(a->machine->trace, TRACE_DMA, (u64)a->cfg.sid << 32 | q->index,
		    svk_get(SVK_DESC_OP, job->desc.ctrl), job->done, o->status);
}

/*
 * Write the record of a descriptor that has ended. A record that cannot be
 * written halts the queue. Return: whether the queue goes on now.
 */
static bool complete(struct accel *a, struct accel_queue *q, struct accel_job *job)
{
	u32 ctrl = job->desc.ctrl;
	enum record written = RECORD_WRITTEN;

	if (ctrl & SVK_DESC_CPL_RECORD)
		written = write_record(a, q, job);
	if (written == RECORD_WAITS)
		return false;
	job->active = false;
	if (written == RECORD_REFUSED) {
		log_guest("%s: queue %u: completion record at 0x%" PRIx64 " refused", a->fn.name,
			  q->index, (uint64_t)job->desc.cpl);
		accel_queue_halt(a, q, SVK_QERR_CPL_FAULT, job->desc.cpl);
		return false;
	}
	accel_pri_progress(q);
	if (ctrl & SVK_DESC_CPL_IRQ)
		pci_raise_msix(&a->fn, q->vector);
	return true;
}

static void complete_top(struct accel *a, struct accel_queue *q, struct accel_job *job)
{
	if (complete(a, q, job))
		q->head++;
}

static void complete_member(struct accel *a, struct accel_queue *q)
{
	struct accel_outcome batch = {.status = SVK_CPL_OK};

	if (!complete(a, q, &q->job))
		return;
	if (status_failed(q->job.outcome.status)) {
		batch.status = SVK_CPL_ABORTED_BATCH;
		batch.result = q->batch.done;
	} else if (++q->batch.done < q->batch.desc.size) {
		return;
	}
	job_end(a, q, &q->batch, &batch);
	complete_top(a, q, &q->batch);
}

/* What has ended, and has no record yet. */
static void complete_ended(struct accel *a, struct accel_queue *q)
{
	if (!q->job.active)
		complete_top(a, q, &q->batch);
	else if (q->batch.active)
		complete_member(a, q);
	else
		complete_top(a, q, &q->job);
}

static void finish(struct accel *a, struct accel_queue *q, const struct accel_outcome *o)
{
	job_end(a, q, &q->job, o);
	complete_ended(a, q);
}

/* The descriptor just fetched: refuse it, finish it, open a batch, or leave it to chunk_begin(). */
static void start(struct accel *a, struct accel_queue *q)
{
	const struct accel_desc *d = &q->job.desc;
	struct accel_outcome o = {.status = accel_desc_check(d, q->batch.active)};
	enum svk_op op = svk_get(SVK_DESC_OP, d->ctrl);

	accel_pri_progress(q);
	q->job.done = 0;
	q->job.ended = false;
	q->job.result = op == SVK_OP_CRC32C ? d->operand : 0;
	q->job.active = true;
	if ((d->ctrl & SVK_DESC_CPL_RECORD) && d->cpl % sizeof(struct svk_cpl)) {
		log_guest("%s: queue %u: completion record at 0x%" PRIx64 " is misaligned",
			  a->fn.name, q->index, (uint64_t)d->cpl);
		accel_queue_halt(a, q, SVK_QERR_CPL_FAULT, d->cpl);
		return;
	}
	/* In one queue work is done in order, so a DRAIN that is reached is done. */
	if (o.status != SVK_CPL_OK || op == SVK_OP_NOP || op == SVK_OP_DRAIN) {
		finish(a, q, &o);
	} else if (op == SVK_OP_BATCH) {
		q->batch = q->job;
		q->job.active = false;
	}
}

/* Whether a rule is about a descriptor: by the queue's PASID, by either of its ranges. */
static bool strikes(struct accel *a, const struct accel_queue *q, enum svk_inject kind)
{
	const struct accel_desc *d = &q->job.desc;
	struct inject_at at = {
		.has_pasid = q->pasid & SVK_QCFG_PASID_VALID,
		.sid = a->cfg.sid,
		.pasid = q->pasid & SVK_QCFG_PASID_MASK,
		.addr = d->src,
		.size = d->size,
	};

	if (!inject_matches(a->machine->inject, kind, &at))
		at.addr = d->dst;
	return inject_strikes(a->machine->inject, kind, &at);
}

/* Return: the function is gone, or has reset itself: there is no such queue any more. */
static bool function_fails(struct accel *a, const struct accel_queue *q)
{
	if (strikes(a, q, SVK_INJECT_REMOVE))
		pci_remove(&a->fn);
	else if (strikes(a, q, SVK_INJECT_RESET))
		pci_reset(&a->fn);
	else
		return false;
	return true;
}

static void fetch(struct accel *a, struct accel_queue *q)
{
	u64 index = q->batch.active ? q->batch.done : q->head & (q->size - 1);
	struct accel_access x = {
		.addr = (q->batch.active ? q->batch.desc.src : q->ring) +
			index * sizeof(struct svk_desc),
		.len = sizeof(struct svk_desc),
	};
	const void *mem = job_ptr(a, q, &x);

	if (mem) {
		accel_desc_fetch(&q->job.desc, mem);
		if (!function_fails(a, q))
			start(a, q);
	} else if (!q->batch.active) {
		log_guest("%s: queue %u: descriptor fetch at 0x%" PRIx64 " refused", a->fn.name,
			  q->index, (uint64_t)x.addr);
		accel_queue_halt(a, q, SVK_QERR_RING_FAULT, x.addr);
	} else if (!block(a, q, &q->batch, &x)) {
		struct accel_outcome o = {.status = x.status, .fault_addr = x.addr};

		job_end(a, q, &q->batch, &o);
		complete_top(a, q, &q->batch);
	}
}

static void advance(struct accel *a, struct accel_queue *q, const struct accel_chunk *c)
{
	struct accel_outcome o = {.status = c->status, .fault_addr = c->fault_addr};
	struct accel_job *job = &q->job;
	u64 start_of_chunk = job->done;

	if (c->len)
		accel_pri_progress(q);
	job->done += c->len;
	a->machine->count[SVK_LAB_BYTES] += (u64)c->len * c->streams;
	if (c->op == SVK_OP_CRC32C)
		job->result = c->result;
	if (c->op == SVK_OP_COMPARE && c->result < c->len) {
		o = (struct accel_outcome){
			.status = SVK_CPL_MISMATCH,
			.result = start_of_chunk + c->result,
		};
		job->done = job->desc.size;
	} else if (c->len && c->missing && (job->desc.ctrl & SVK_DESC_BLOCK)) {
		/* The next step begins with the missing page, and asks for it. */
		return;
	} else if (c->status == SVK_CPL_OK) {
		if (job->done < job->desc.size)
			return;
		o.result = c->op == SVK_OP_COMPARE ? job->done : job->result;
	}
	finish(a, q, &o);
}

/*
 * Translates the operands of a step. Return: false if there is nothing to move
 * yet, and the queue waits for a page. A request is sent only here, under the
 * lock that its translation was refused under: whoever drains the requests of
 * a PASID that is being taken away never sees one come later.
 */
static bool step_map(struct accel *a, struct accel_queue *q, struct accel_chunk *c)
{
	struct accel_access x;

	accel_chunk_init(c, &q->job);
	if (q->park.refused) {
		c->len = 0;
		c->status = q->park.write ? SVK_CPL_FAULT_WRITE : SVK_CPL_FAULT_READ;
		c->fault_addr = q->park.addr;
		return true;
	}
	accel_dma_map(a, q, c);
	x = (struct accel_access){
		.addr = c->fault_addr,
		.write = c->status == SVK_CPL_FAULT_WRITE,
		.missing = c->missing,
	};
	return c->len || !block(a, q, &q->job, &x);
}

/*
 * While the chunk is under way the pages stay mapped (the pin), and no
 * invalidation of their translations is reported as complete (the access).
 * Registers, resets and invalidations proceed.
 */
static void chunk_begin(struct accel *a, struct accel_queue *q)
{
	struct accel_turn *t = &a->turn;

	t->epoch = q->epoch;
	t->stepping = step_map(a, q, &t->chunk);
	if (!t->stepping || !t->chunk.len)
		return;
	t->access = vtd_access_begin(a->unit);
	gmem_pin(a->mem);
	q->inflight = true;
}

static void chunk_end(struct accel *a, struct accel_queue *q)
{
	const struct accel_turn *t = &a->turn;

	if (q->inflight) {
		q->inflight = false;
		gmem_unpin(a->mem);
		vtd_access_end(a->unit, t->access);
	}
	if (t->epoch == q->epoch)
		advance(a, q, &t->chunk);
}

static void serve(struct accel *a, struct accel_queue *q)
{
	if (q->job.active ? q->job.ended : q->batch.active && q->batch.ended) {
		complete_ended(a, q);
		return;
	}
	if (!q->job.active)
		fetch(a, q);
	if (q->job.active && !q->job.ended)
		chunk_begin(a, q);
}

static struct accel_queue *pick(struct accel *a)
{
	u64 later = a->ready & (~0ULL << a->next);
	unsigned int i;

	if (!a->ready)
		return NULL;
	i = __builtin_ctzll(later ? later : a->ready);
	a->next = (i + 1) % SVK_ACCEL_MAX_QUEUES;
	return &a->queue[i];
}

bool accel_turn_begin(struct accel *a)
{
	struct accel_queue *q = pick(a);

	a->turn.queue = q;
	a->turn.stepping = false;
	if (!q)
		return false;
	if (accel_queue_has_work(q))
		serve(a, q);
	return true;
}

void accel_turn_move(struct accel *a)
{
	if (!a->turn.queue->inflight)
		return;
	machine_unlock(a->machine);
	accel_chunk_run(&a->turn.chunk);
	machine_lock(a->machine);
}

void accel_turn_end(struct accel *a)
{
	struct accel_queue *q = a->turn.queue;

	if (a->turn.stepping)
		chunk_end(a, q);
	accel_queue_settle(q);
	if (!accel_queue_has_work(q))
		a->ready &= ~SVK_BIT(q->index);
}

static void *engine(void *arg)
{
	struct accel *a = arg;

	machine_lock(a->machine);
	while (!a->stop) {
		if (accel_turn_begin(a)) {
			accel_turn_move(a);
			accel_turn_end(a);
			machine_step_back(a->machine);
		} else {
			machine_sleep(a->machine, &a->sleeper);
		}
	}
	machine_unlock(a->machine);
	return NULL;
}

void accel_engine_kick(struct accel *a, const struct accel_queue *q)
{
	a->ready |= SVK_BIT(q->index);
	machine_wake(a->machine, &a->sleeper);
}

int accel_engine_start(struct accel *a)
{
	int rc;

	if (a->cfg.stepped)
		return 0;
	rc = pthread_cond_init(&a->sleeper.cond, NULL);
	if (rc)
		return -rc;
	rc = pthread_create(&a->thread, NULL, engine, a);
	if (rc)
		pthread_cond_destroy(&a->sleeper.cond);
	return -rc;
}

void accel_engine_stop(struct accel *a)
{
	if (a->cfg.stepped)
		return;
	machine_lock(a->machine);
	a->stop = true;
	machine_wake(a->machine, &a->sleeper);
	machine_unlock(a->machine);
	pthread_join(a->thread, NULL);
	pthread_cond_destroy(&a->sleeper.cond);
}
