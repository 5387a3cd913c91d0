// SPDX-License-Identifier: GPL-2.0
/*
 * The page request interface (PRI; PCIe 10.4): a queue whose descriptor may
 * wait for a page is parked here until the response comes.
 *
 * Each request is a group of its own, so a response answers one queue. What a
 * response says is not believed: after Success the access is translated again.
 */
#include <inttypes.h>
#include <linux/pci_regs.h>

#include <svakit/vtd_regs.h>

#include "accel/accel_internal.h"
#include "log.h"

/* The low bits of a group index name the slot; the others change each time it is used. */
#define PRGI_MASK 0x1ffu

static struct accel_pri_slot *slot_find(struct accel_pri *p, const struct vtd_page_response *resp)
{
	struct accel_pri_slot *s = &p->slot[resp->prgi % ACCEL_PRI_OUTSTANDING];
	u32 pasid = resp->has_pasid ? resp->pasid | (u32)SVK_QCFG_PASID_VALID : 0;

	return s->busy && s->prgi == resp->prgi && s->pasid == pasid ? s : NULL;
}

/*
 * Software waits for Stopped before it enables PRI again, or takes the tables away. While PRI is
 * on the bit is undefined (PCIe 10.5.2.3). Here it then tells of outstanding requests as well: a
 * guest that is given the function finds PRI as its host has left it, on, and Linux does not
 * enable it again (pci_enable_pri()) unless Stopped reads 1.
 */
static void update_stopped(struct accel *a)
{
	if (a->pri.outstanding)
		pci_pri_status_set(&a->fn, PCI_PRI_STATUS_STOPPED, 0);
	else
		pci_pri_status_set(&a->fn, 0, PCI_PRI_STATUS_STOPPED);
}

/* A free slot, or NULL if as many requests are outstanding as software allows. */
static struct accel_pri_slot *slot_take(struct accel *a)
{
	struct accel_pri *p = &a->pri;
	unsigned int i;

	if (p->outstanding >= p->limit)
		return NULL;
	for (i = 0; p->slot[i].busy; i++)
		;
	p->slot[i].busy = true;
	p->slot[i].prgi += ACCEL_PRI_OUTSTANDING;
	p->slot[i].prgi -= p->slot[i].prgi % ACCEL_PRI_OUTSTANDING;
	p->slot[i].prgi = (p->slot[i].prgi + i) & PRGI_MASK;
	p->outstanding++;
	update_stopped(a);
	return &p->slot[i];
}

static void slot_release(struct accel *a, struct accel_pri_slot *s)
{
	s->busy = false;
	a->pri.outstanding--;
	update_stopped(a);
}

static void wake(struct accel *a, struct accel_queue *q, bool refused)
{
	q->park.state = ACCEL_PARK_NONE;
	q->park.refused = refused;
	accel_engine_kick(a, q);
}

/* A request may be sent now, or never: those that wait for that look again. */
static void wake_unsent(struct accel *a)
{
	unsigned int i;

	for (i = 0; i < a->cfg.queues; i++) {
		if (a->queue[i].park.state == ACCEL_PARK_UNSENT)
			wake(a, &a->queue[i], false);
	}
}

/* No response is expected any more, and none that comes will be believed. */
static void forget_all(struct accel *a)
{
	unsigned int i;

	for (i = 0; i < ACCEL_PRI_OUTSTANDING; i++) {
		struct accel_pri_slot *s = &a->pri.slot[i];

		if (!s->busy)
			continue;
		if (s->owner)
			wake(a, s->owner, true);
		slot_release(a, s);
	}
	wake_unsent(a);
}

static bool pri_usable(const struct accel *a)
{
	return a->pri.enabled && a->pri.limit && a->ats_enabled &&
	       !(pci_pri_status(&a->fn) & PCI_PRI_STATUS_RF);
}

static void send(struct accel *a, const struct accel_pri_slot *s, const struct accel_park *park)
{
	const struct vtd_page_request req = {
		.sid = a->cfg.sid,
		.has_pasid = s->pasid & SVK_QCFG_PASID_VALID,
		.last = true,
		.read = !park->write,
		.write = park->write,
		.pasid = s->pasid & SVK_QCFG_PASID_MASK,
		.prgi = s->prgi,
		.addr = park->addr & ~0xfffULL,
	};

	vtd_page_request(a->unit, &req);
}

bool accel_pri_block(struct accel *a, struct accel_queue *q, u64 addr, bool write)
{
	struct accel_park *park = &q->park;
	struct accel_pri_slot *s;

	if (!pri_usable(a))
		return false;
	if (park->attempts == ACCEL_PRI_ATTEMPTS) {
		log_guest("%s: queue %u: page at 0x%" PRIx64 " still missing after %u responses",
			  a->fn.name, q->index, (uint64_t)addr, park->attempts);
		return false;
	}
	park->addr = addr;
	park->write = write;
	s = slot_take(a);
	if (!s) {
		park->state = ACCEL_PARK_UNSENT;
		return true;
	}
	s->owner = q;
	s->pasid = q->pasid;
	park->state = ACCEL_PARK_SENT;
	park->attempts++;
	send(a, s, park);
	return true;
}

void accel_pri_progress(struct accel_queue *q)
{
	q->park = (struct accel_park){.state = ACCEL_PARK_NONE};
}

static bool pasid_in_use(const struct accel *a, const struct accel_queue *but)
{
	unsigned int i;

	for (i = 0; i < a->cfg.queues; i++) {
		const struct accel_queue *q = &a->queue[i];

		if (q != but && accel_queue_sent_pasid(q) == but->sent_pasid)
			return true;
	}
	return false;
}

/*
 * The stop marker says that no request of the PASID follows (PCIe 10.4.1.2):
 * a function sends it that stops without waiting for the responses, as this one.
 */
static void send_stop_marker(struct accel *a, const struct accel_queue *q)
{
	const struct vtd_page_request req = {
		.sid = a->cfg.sid,
		.has_pasid = true,
		.last = true,
		.pasid = q->sent_pasid & SVK_QCFG_PASID_MASK,
	};

	if ((q->sent_pasid & SVK_QCFG_PASID_VALID) && pri_usable(a) && !pasid_in_use(a, q))
		vtd_page_request(a->unit, &req);
}

void accel_pri_abandon(struct accel *a, struct accel_queue *q)
{
	bool sent = q->park.state == ACCEL_PARK_SENT;
	unsigned int i;

	accel_pri_progress(q);
	if (!sent)
		return;
	for (i = 0; i < ACCEL_PRI_OUTSTANDING; i++) {
		if (a->pri.slot[i].owner == q)
			a->pri.slot[i].owner = NULL;
	}
	send_stop_marker(a, q);
}

void accel_pri_response(struct accel *a, const struct vtd_page_response *resp)
{
	struct accel_pri_slot *s = slot_find(&a->pri, resp);
	struct accel_queue *q = s ? s->owner : NULL;

	if (!q)
		machine_count(a->machine, SVK_LAB_PGRP_STRAY);
	if (!s) {
		log_guest("%s: unexpected page group response: group %u, code %u", a->fn.name,
			  resp->prgi, resp->code);
		/* After a Response Failure none is expected, and each is ignored. */
		if (!(pci_pri_status(&a->fn) & PCI_PRI_STATUS_RF))
			pci_pri_status_set(&a->fn, 0, PCI_PRI_STATUS_UPRGI);
		return;
	}
	slot_release(a, s);
	if (q)
		wake(a, q, resp->code != VTD_PGRP_RC_SUCCESS);
	if (resp->code == VTD_PGRP_RC_FAILURE) {
		log_guest("%s: Response Failure: page requests are off until it is cleared",
			  a->fn.name);
		pci_pri_status_set(&a->fn, 0, PCI_PRI_STATUS_RF);
		forget_all(a);
	} else {
		wake_unsent(a);
	}
}

void accel_pri_sync(struct accel *a)
{
	bool on = pci_pri_enabled(&a->fn);
	u32 limit = pci_pri_allocation(&a->fn);

	a->pri.limit = limit < ACCEL_PRI_OUTSTANDING ? limit : ACCEL_PRI_OUTSTANDING;
	if (on && !a->pri.enabled)
		pci_pri_status_set(&a->fn, PCI_PRI_STATUS_RF | PCI_PRI_STATUS_UPRGI, 0);
	a->pri.enabled = on;
	update_stopped(a);
	wake_unsent(a);
}

void accel_pri_reset(struct accel *a)
{
	forget_all(a);
}
