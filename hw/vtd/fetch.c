// SPDX-License-Identifier: GPL-2.0
/*
 * How an entry of more than 128 bits is fetched: in pieces of 128 bits, and no
 * more than a piece at once. In the usual way nothing comes between two pieces
 * but nanoseconds. With a rule for a slow fetch (docs/faults.md) there is a
 * pause between them, their order is drawn, and the entry is looked at all the
 * time, so that it can be said whether what was fetched has ever been in memory.
 *
 * The piece with P is the first: software that makes an entry present writes P
 * last, and sends nothing (6.5.3.3). It could not do it if another one was.
 *
 * The machine's lock is held all along, so that no invalidation is executed
 * meanwhile: to one that is queued after P was cleared the fetch is over.
 */
#include <string.h>

#include "gmem.h"
#include "inject/inject.h"
#include "vtd/vtd_internal.h"

#define PIECE 2 /* quadwords */
#define QWORDS_MAX 8
#define PIECES_MAX (QWORDS_MAX / PIECE)
#define STATES 32
#define TRIES 8 /* software writes a quadword in less time than all are read */
#define NS_PER_US 1000ULL

/**
 * struct fetch - A fetch under way.
 * @addr: of the entry
 * @n: its quadwords
 * @state: what it has held since the first piece, one after the other
 * @states: how many; the last one takes the place of what there is no room for
 * @broken: memory cannot be read any more
 */
struct fetch {
	struct vtd *v;
	u64 addr;
	unsigned int n;
	u64 state[STATES][QWORDS_MAX];
	unsigned int states;
	bool broken;
};

static int qwords_read(struct vtd *v, u64 addr, unsigned int n, u64 *q)
{
	for (unsigned int i = 0; i < n; i++) {
		if (gmem_read64(v->mem, addr + 8 * i, &q[i]))
			return -1;
	}
	return 0;
}

/* All of it at one moment: nothing has changed from one reading to the next. */
static int snapshot(const struct fetch *f, u64 *q)
{
	u64 again[QWORDS_MAX];

	if (qwords_read(f->v, f->addr, f->n, q))
		return -1;
	for (unsigned int i = 0; i < TRIES; i++) {
		if (qwords_read(f->v, f->addr, f->n, again))
			return -1;
		if (!memcmp(q, again, f->n * sizeof(*q)))
			break;
		memcpy(q, again, f->n * sizeof(*q));
	}
	return 0;
}

static void look(void *who)
{
	struct fetch *f = who;
	u64 q[QWORDS_MAX];

	if (snapshot(f, q)) {
		f->broken = true;
		return;
	}
	if (f->states && !memcmp(f->state[f->states - 1], q, f->n * sizeof(*q)))
		return;
	f->states -= f->states == STATES;
	memcpy(f->state[f->states++], q, f->n * sizeof(*q));
}

/* Bits that say where an entry leads, and what it grants; the others may be changed at any time. */
static void meaning(enum svk_table table, const u64 *q, u64 *mask)
{
	unsigned int pgtt = (unsigned int)svk_get(VTD_PE_PGTT, q[0]);
	bool fs = pgtt == VTD_PGTT_FS || pgtt == VTD_PGTT_NESTED;
	bool ss = pgtt == VTD_PGTT_SS || pgtt == VTD_PGTT_NESTED;

	memset(mask, 0, QWORDS_MAX * sizeof(*mask));
	if (table == SVK_TABLE_CONTEXT) {
		mask[0] = ~VTD_CE_FPD;
		mask[1] = ~0ULL;
		mask[2] = ~0ULL;
		mask[3] = ~0ULL;
		return;
	}
	mask[0] = VTD_PE_P | VTD_PE_PGTT | (ss ? VTD_PE_SSPTPTR | VTD_PE_SSADE | VTD_PE_AW : 0);
	mask[1] = VTD_PE1_DID;
	if (fs)
		mask[2] = VTD_PE2_FSPTPTR | VTD_PE2_FSPM | VTD_PE2_SRE | VTD_PE2_ERE | VTD_PE2_WPE |
			  VTD_PE2_NXE | VTD_PE2_SMEP | VTD_PE2_EAFE;
}

static bool same(const u64 *a, const u64 *b, const u64 *mask, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if ((a[i] ^ b[i]) & mask[i])
			return false;
	}
	return true;
}

/* Tell who looks on of what was never in memory as it was fetched. */
static void judge(const struct fetch *f, const struct inject_at *at, const u64 *q)
{
	struct vtd_torn t = {.table = (enum svk_table)at->what,
			     .sid = at->sid,
			     .pasid = at->pasid,
			     .at = f->addr,
			     .quadwords = f->n,
			     .before = f->state[0],
			     .now = f->state[f->states - 1],
			     .fetched = q};
	u64 mask[QWORDS_MAX];

	meaning(t.table, q, mask);
	for (unsigned int i = 0; i < f->states; i++) {
		if (same(f->state[i], q, mask, f->n))
			return;
	}
	for (unsigned int i = 0; i < f->n; i++) {
		if ((f->state[0][i] ^ q[i]) & mask[i])
			t.after |= 1u << i / PIECE;
	}
	if (f->v->watch)
		f->v->watch->torn(f->v->watcher, &t);
}

static void shuffle(struct inject *inject, unsigned int *order, unsigned int n)
{
	for (unsigned int i = n; i > 1; i--) {
		unsigned int j = (unsigned int)(inject_random(inject, SVK_INJECT_SLOW_FETCH) % i);
		unsigned int was = order[i - 1];

		order[i - 1] = order[j];
		order[j] = was;
	}
}

static int slow_fetch(struct vtd *v, const struct inject_at *at, u64 addr, unsigned int n, u64 *q)
{
	const struct inject_rule *r = inject_armed(v->m->inject, SVK_INJECT_SLOW_FETCH);
	struct fetch f = {.v = v, .addr = addr, .n = n};
	u64 ns = svk_get(SVK_SLOW_DELAY, r->arg) * NS_PER_US;
	unsigned int order[PIECES_MAX] = {1, 2, 3};

	look(&f);
	if (f.broken)
		return -1;
	memcpy(q, f.state[0], n * sizeof(*q));
	/* One that is not present is not used: nothing of it matters. */
	if (!(q[0] & VTD_PE_P) || !inject_strikes(v->m->inject, SVK_INJECT_SLOW_FETCH, at))
		return 0;
	shuffle(v->m->inject, order, n / PIECE - 1);
	for (unsigned int i = 0; i < n / PIECE - 1; i++) {
		v->m->timers.spend(&v->m->timers, ns, look, &f);
		memcpy(q + PIECE * order[i], f.state[f.states - 1] + PIECE * order[i],
		       PIECE * sizeof(*q));
	}
	if (f.broken)
		return -1;
	judge(&f, at, q);
	return 0;
}

int vtd_fetch(struct vtd *v, const struct inject_at *at, u64 addr, unsigned int n, u64 *q)
{
	if (!v->inspecting && inject_armed(v->m->inject, SVK_INJECT_SLOW_FETCH))
		return slow_fetch(v, at, addr, n, q);
	return qwords_read(v, addr, n, q);
}
