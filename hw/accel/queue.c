// SPDX-License-Identifier: GPL-2.0
/* The state of a queue: enable, doorbell, quiesce, abort, halt, reset. */
#include <inttypes.h>

#include "accel/accel_internal.h"
#include "log.h"
#include "machine.h"

static bool queue_live(const struct accel_queue *q)
{
	return q->state == SVK_QSTATE_ENABLED ||
	       (q->state == SVK_QSTATE_STOPPING && (q->ctrl & SVK_QCFG_CTRL_QUIESCE));
}

u32 accel_queue_status(const struct accel_queue *q)
{
	return svk_put(SVK_QCFG_STATUS_STATE, q->state) | svk_put(SVK_QCFG_STATUS_ERR, q->err);
}

u32 accel_queue_sent_pasid(const struct accel_queue *q)
{
	bool live = q->state == SVK_QSTATE_ENABLED || q->state == SVK_QSTATE_STOPPING;

	return live ? q->sent_pasid : 0;
}

bool accel_queue_info(const struct accel *a, unsigned int n, struct accel_queue_info *out)
{
	const struct accel_queue *q;

	if (n >= a->cfg.queues)
		return false;
	q = &a->queue[n];
	*out = (struct accel_queue_info){
		.state = q->state,
		.err = q->err,
		.sent_pasid = accel_queue_sent_pasid(q),
		.head = q->head,
		.tail = q->tail,
		.waiting = q->park.state != ACCEL_PARK_NONE,
	};
	return true;
}

bool accel_queue_has_work(const struct accel_queue *q)
{
	return queue_live(q) && q->park.state == ACCEL_PARK_NONE &&
	       (q->job.active || q->batch.active || q->head != q->tail);
}

bool accel_queue_busy(const struct accel_queue *q)
{
	return q->inflight || q->park.state != ACCEL_PARK_NONE || accel_queue_has_work(q);
}

/* Whatever the engine is doing for this queue, its outcome no longer counts. */
static void queue_forget_work(struct accel *a, struct accel_queue *q)
{
	q->job.active = false;
	q->batch.active = false;
	q->epoch++;
	accel_pri_abandon(a, q);
}

void accel_queue_abort(struct accel *a, struct accel_queue *q)
{
	if (q->state == SVK_QSTATE_DISABLED)
		return;
	queue_forget_work(a, q);
	q->ctrl = 0;
	q->state = SVK_QSTATE_STOPPING;
	accel_queue_settle(q);
}

void accel_queue_settle(struct accel_queue *q)
{
	bool idle = q->ctrl & SVK_QCFG_CTRL_QUIESCE ? !accel_queue_busy(q) : !q->inflight;

	if (q->state != SVK_QSTATE_STOPPING || !idle)
		return;
	q->ctrl = 0;
	q->state = SVK_QSTATE_DISABLED;
}

void accel_queue_reset(struct accel *a, struct accel_queue *q)
{
	accel_queue_abort(a, q);
	q->ring = 0;
	q->size = 0;
	q->pasid = 0;
	q->vector = 0;
	q->err = SVK_QERR_NONE;
	q->fault_addr = 0;
	q->head = 0;
	q->tail = 0;
}

void accel_queue_halt(struct accel *a, struct accel_queue *q, enum svk_queue_err err, u64 addr)
{
	queue_forget_work(a, q);
	q->ctrl = SVK_QCFG_CTRL_ENABLE;
	q->state = SVK_QSTATE_HALTED;
	q->err = err;
	q->fault_addr = addr;
	a->glb_err |= SVK_BIT(q->index);
	pci_raise_msix(&a->fn, 0);
}

/* Return: NULL, or which register keeps the queue from being enabled. */
static const char *queue_config_error(const struct accel *a, const struct accel_queue *q)
{
	u64 bytes = (u64)q->size * sizeof(struct svk_desc);
	u32 pasid = q->pasid & SVK_QCFG_PASID_MASK;

	if (!(a->glb_ctrl & SVK_GLB_CTRL_ENABLE))
		return "the function is not enabled";
	if (q->size < 2 || q->size > 1u << ACCEL_RING_SHIFT || (q->size & (q->size - 1)))
		return "SIZE";
	if (q->ring % sizeof(struct svk_desc) || q->ring + (bytes - 1) < q->ring)
		return "RING";
	if (q->pasid & ~(u32)(SVK_QCFG_PASID_MASK | SVK_QCFG_PASID_VALID))
		return "PASID, reserved bits";
	if (!(q->pasid & SVK_QCFG_PASID_VALID) && pasid)
		return "PASID without VALID";
	if ((q->pasid & SVK_QCFG_PASID_VALID) && !a->pasid_enabled)
		return "PASID, not enabled in configuration space";
	if (pasid >> a->cfg.pasid_width)
		return "PASID, wider than the capability";
	if (q->vector >= a->fn.vectors)
		return "VECTOR";
	return NULL;
}

static void queue_enable(struct accel *a, struct accel_queue *q)
{
	const char *wrong = queue_config_error(a, q);

	q->err = SVK_QERR_NONE;
	q->fault_addr = 0;
	q->head = 0;
	q->tail = 0;
	if (wrong) {
		log_guest("%s: queue %u: ENABLE refused: %s (ring 0x%" PRIx64
			  " size %u pasid 0x%x vector %u)",
			  a->fn.name, q->index, wrong, (uint64_t)q->ring, q->size, q->pasid,
			  q->vector);
		accel_queue_halt(a, q, SVK_QERR_CONFIG, 0);
		return;
	}
	q->sent_pasid = q->pasid;
	q->ctrl = SVK_QCFG_CTRL_ENABLE;
	q->state = SVK_QSTATE_ENABLED;
}

void accel_queue_control(struct accel *a, struct accel_queue *q, u32 val)
{
	if (val & SVK_QCFG_CTRL_RESET) {
		accel_queue_reset(a, q);
		return;
	}
	if (!(val & SVK_QCFG_CTRL_ENABLE)) {
		accel_queue_abort(a, q);
		return;
	}
	if (q->state == SVK_QSTATE_DISABLED)
		queue_enable(a, q);
	if ((val & SVK_QCFG_CTRL_QUIESCE) && q->state == SVK_QSTATE_ENABLED) {
		q->ctrl |= SVK_QCFG_CTRL_QUIESCE;
		q->state = SVK_QSTATE_STOPPING;
		accel_queue_settle(q);
	}
}

void accel_queue_doorbell(struct accel *a, struct accel_queue *q, u32 tail)
{
	/* Both counts run freely: a tail that moved back is one far ahead. */
	u64 ahead = (u64)(q->tail - q->head) + (u32)(tail - q->tail);

	machine_count(a->machine, SVK_LAB_DOORBELL);
	if (q->state != SVK_QSTATE_ENABLED)
		return;
	if (ahead > q->size) {
		log_guest("%s: queue %u: wild doorbell: tail %u after %u, head %u, size %u",
			  a->fn.name, q->index, tail, q->tail, q->head, q->size);
		accel_queue_halt(a, q, SVK_QERR_DOORBELL, 0);
		return;
	}
	q->tail = tail;
	accel_engine_kick(a, q);
}
