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
#include "log.h"
#include "machine.h"
#include "trace.h"

/* How a descriptor ended. */
struct outcome {
	enum svk_status status;
	u64 fault_addr;
	u64 result;
};

static bool status_failed(enum svk_status status)
{
	return status != SVK_CPL_OK && status != SVK_CPL_MISMATCH;
}

static bool write_record(struct accel *a, const struct accel_queue *q, const struct accel_job *job,
			 const struct outcome *o)
{
	enum svk_status status;
	struct svk_cpl *cpl;

	cpl = accel_dma_ptr(a, q, job->desc.cpl, sizeof(*cpl), true, &status);
	if (!cpl)
		return false;
	cpl->tag = cpu_to_le32(job->desc.tag);
	cpl->done = cpu_to_le64(job->done);
	cpl->result = cpu_to_le64(o->result);
	cpl->fault_addr = cpu_to_le64(o->fault_addr);
	__atomic_store_n((__force u32 *)&cpl->status, (__force u32)cpu_to_le32(o->status),
			 __ATOMIC_RELEASE);
	return true;
}

/* Return: whether the queue goes on; a record that cannot be written halts it. */
static bool complete(struct accel *a, struct accel_queue *q, struct accel_job *job,
		     const struct outcome *o)
{
	u32 ctrl = job->desc.ctrl;

	job->active = false;
	machine_count(a->machine, SVK_LAB_DESC);
	trace_event(a->machine->trace, TRACE_DMA, (u64)a->cfg.sid << 32 | q->index,
		    svk_get(SVK_DESC_OP, ctrl), job->done, o->status);
	if ((ctrl & SVK_DESC_CPL_RECORD) && !write_record(a, q, job, o)) {
		log_guest("%s: queue %u: completion record at 0x%" PRIx64 " refused", a->fn.name,
			  q->index, (uint64_t)job->desc.cpl);
		accel_queue_halt(a, q, SVK_QERR_CPL_FAULT, job->desc.cpl);
		return false;
	}
	if (ctrl & SVK_DESC_CPL_IRQ)
		pci_raise_msix(&a->fn, q->vector);
	return true;
}

static void finish_top(struct accel *a, struct accel_queue *q, struct accel_job *job,
		       const struct outcome *o)
{
	if (complete(a, q, job, o))
		q->head++;
}

static void finish_member(struct accel *a, struct accel_queue *q, const struct outcome *o)
{
	struct outcome batch = {.status = SVK_CPL_OK};

	if (!complete(a, q, &q->job, o))
		return;
	if (status_failed(o->status)) {
		batch.status = SVK_CPL_ABORTED_BATCH;
		batch.result = q->batch.done;
	} else if (++q->batch.done < q->batch.desc.size) {
		return;
	}
	finish_top(a, q, &q->batch, &batch);
}

static void finish(struct accel *a, struct accel_queue *q, const struct outcome *o)
{
	if (q->batch.active)
		finish_member(a, q, o);
	else
		finish_top(a, q, &q->job, o);
}

/* The descriptor just fetched: refuse it, finish it, open a batch, or leave it to step(). */
static void start(struct accel *a, struct accel_queue *q)
{
	const struct accel_desc *d = &q->job.desc;
	struct outcome o = {.status = accel_desc_check(d, q->batch.active)};
	enum svk_op op = svk_get(SVK_DESC_OP, d->ctrl);

	q->job.done = 0;
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

static void fetch(struct accel *a, struct accel_queue *q)
{
	u64 index = q->batch.active ? q->batch.done : q->head & (q->size - 1);
	u64 addr =
		(q->batch.active ? q->batch.desc.src : q->ring) + index * sizeof(struct svk_desc);
	struct outcome o = {.fault_addr = addr};
	const void *mem;

	mem = accel_dma_ptr(a, q, addr, sizeof(struct svk_desc), false, &o.status);
	if (mem) {
		accel_desc_fetch(&q->job.desc, mem);
		start(a, q);
	} else if (q->batch.active) {
		finish_top(a, q, &q->batch, &o);
	} else {
		log_guest("%s: queue %u: descriptor fetch at 0x%" PRIx64 " refused", a->fn.name,
			  q->index, (uint64_t)addr);
		accel_queue_halt(a, q, SVK_QERR_RING_FAULT, addr);
	}
}

static void advance(struct accel *a, struct accel_queue *q, const struct accel_chunk *c)
{
	struct outcome o = {.status = c->status, .fault_addr = c->fault_addr};
	struct accel_job *job = &q->job;
	u64 start_of_chunk = job->done;

	job->done += c->len;
	a->machine->count[SVK_LAB_BYTES] += (u64)c->len * c->streams;
	if (c->op == SVK_OP_CRC32C)
		job->result = c->result;
	if (c->op == SVK_OP_COMPARE && c->result < c->len) {
		o = (struct outcome){
			.status = SVK_CPL_MISMATCH,
			.result = start_of_chunk + c->result,
		};
		job->done = job->desc.size;
	} else if (c->status == SVK_CPL_OK) {
		if (job->done < job->desc.size)
			return;
		o.result = c->op == SVK_OP_COMPARE ? job->done : job->result;
	}
	finish(a, q, &o);
}

/*
 * Moves one chunk with the lock dropped. Meanwhile the pages stay mapped (the
 * pin), and no invalidation of their translations is reported as complete
 * (the access). Registers, resets and invalidations proceed; @epoch tells
 * whether the queue still wants the outcome.
 */
static void step(struct accel *a, struct accel_queue *q)
{
	struct accel_chunk *c = &a->inflight_chunk;
	u32 epoch = q->epoch;
	u64 access;

	accel_chunk_init(c, &q->job);
	accel_dma_map(a, q, c);
	if (c->len) {
		access = vtd_access_begin(a->unit);
		gmem_pin(a->mem);
		q->inflight = true;
		machine_unlock(a->machine);
		accel_chunk_run(c);
		machine_lock(a->machine);
		q->inflight = false;
		gmem_unpin(a->mem);
		vtd_access_end(a->unit, access);
	}
	if (epoch == q->epoch)
		advance(a, q, c);
}

static void turn(struct accel *a, struct accel_queue *q)
{
	if (accel_queue_has_work(q) && !q->job.active)
		fetch(a, q);
	if (q->job.active)
		step(a, q);
	accel_queue_settle(q);
	if (!accel_queue_has_work(q))
		a->ready &= ~SVK_BIT(q->index);
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

static void *engine(void *arg)
{
	struct accel *a = arg;
	struct accel_queue *q;

	machine_lock(a->machine);
	while (!a->stop) {
		q = pick(a);
		if (q) {
			turn(a, q);
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
	int rc = pthread_cond_init(&a->sleeper.cond, NULL);

	if (rc)
		return -rc;
	rc = pthread_create(&a->thread, NULL, engine, a);
	if (rc)
		pthread_cond_destroy(&a->sleeper.cond);
	return -rc;
}

void accel_engine_stop(struct accel *a)
{
	machine_lock(a->machine);
	a->stop = true;
	machine_wake(a->machine, &a->sleeper);
	machine_unlock(a->machine);
	pthread_join(a->thread, NULL);
	pthread_cond_destroy(&a->sleeper.cond);
}
