// SPDX-License-Identifier: GPL-2.0
/*
 * Page-table walks: first stage (3.6), second stage (3.7), nested (3.8).
 *
 * A walk first only reads, noting which accessed and dirty bits it must set.
 * They are set when the whole translation has succeeded, each with an atomic
 * compare; if software changed an entry meanwhile, the walk starts again.
 * The number of levels bounds every walk, whatever the tables hold.
 */
#include <errno.h>

#include "gmem.h"
#include "inject/inject.h"
#include "vtd/vtd_internal.h"

#define WALK_AGAIN (-EAGAIN)
/* A guest that keeps changing an entry must not hold the machine's lock. */
#define WALK_TRIES 64
/* 5 first-stage entries; 6 second-stage walks of 5 entries. */
#define WALK_UPDATES 35

/* What a second-stage walk inside another translation is for. */
enum ss_use {
	SS_PAGE,
	SS_TOP_TABLE,
	SS_TABLE,
};

struct update {
	u64 addr;
	u64 old;
	u64 bits;
	int reason; /* if the memory cannot be written */
};

/* An entry that was fetched with one bit wrong. */
struct flip {
	u64 slot;
	u64 bit;
};

struct walk {
	struct vtd *v;
	bool peek; /* look only: nothing is set, nothing is counted */
	const struct vtd_pasid *pe;
	const struct vtd_request *req;
	struct update update[WALK_UPDATES];
	unsigned int updates;
	struct flip flip[WALK_UPDATES];
	unsigned int flips;
	u8 first; /* VTD_PAGE_* of the first stage */
};

/* Second stage: output for the walked address, and its leaf. */
struct ss_hit {
	u64 addr;
	u64 slot;
	u64 leaf;
	u8 order;
	u8 perm; /* VTD_SS_R, VTD_SS_W */
};

/* One first-stage entry on the way, and how its own address was translated. */
struct fs_step {
	u64 slot;
	u64 entry;
	struct ss_hit ss;
};

struct fs_path {
	struct fs_step step[6]; /* by level */
	unsigned int leaf;
	u64 all; /* of all entries: P, R/W, U/S */
	u64 any; /* of all entries: XD */
};

static void walk_count(const struct walk *w, enum svk_lab_counter c)
{
	if (!w->peek)
		machine_count(w->v->m, c);
}

static void entry_flip(struct walk *w, enum svk_table table, u64 slot, u64 *entry)
{
	const struct inject_at at = {
		.has_pasid = true,
		.sid = w->pe->sid,
		.pasid = w->pe->pasid,
		.addr = w->req->addr,
		.size = 1,
		.what = table,
	};
	u64 held = *entry;

	if (vtd_fail_flip(w->v, &at, entry, 1) && w->flips < WALK_UPDATES)
		w->flip[w->flips++] = (struct flip){slot, held ^ *entry};
}

/* Return: whether there is memory. What is read may have a bit that memory has not. */
static bool entry_read(struct walk *w, enum svk_table table, u64 slot, u64 *entry)
{
	if (gmem_read64(w->v->mem, slot, entry))
		return false;
	if (!w->peek && inject_armed(w->v->m->inject, SVK_INJECT_BIT_FLIP))
		entry_flip(w, table, slot, entry);
	return true;
}

/* What memory holds where @seen was fetched. */
static u64 entry_held(const struct walk *w, u64 slot, u64 seen)
{
	for (unsigned int i = 0; i < w->flips; i++) {
		if (w->flip[i].slot == slot)
			return seen ^ w->flip[i].bit;
	}
	return seen;
}

static void update_add(struct walk *w, u64 addr, u64 old, u64 bits, int reason)
{
	for (unsigned int i = 0; i < w->updates; i++) {
		if (w->update[i].addr == addr) {
			w->update[i].bits |= bits;
			return;
		}
	}
	w->update[w->updates++] = (struct update){addr, entry_held(w, addr, old), bits, reason};
}

static int ss_denied(enum ss_use use)
{
	switch (use) {
	case SS_TOP_TABLE:
		return VTD_FR_SFS_6;
	case SS_TABLE:
		return VTD_FR_SFS_7;
	default:
		return VTD_FR_SSS_2;
	}
}

static unsigned int level_shift(unsigned int level)
{
	return 12 + 9 * (level - 1);
}

/* An entry with reserved bits. Return: @reason. */
static int walk_reserved(const struct walk *w, u64 slot, u64 entry, u64 bits, int reason)
{
	const struct vtd_malformed m = {.table = reason == VTD_FR_SFS_3 ? SVK_TABLE_FIRST_STAGE
									: SVK_TABLE_SECOND_STAGE,
					.sid = w->pe->sid,
					.pasid = w->pe->pasid,
					.at = slot,
					.value = entry,
					.bits = bits};

	vtd_malformed(w->v, &m);
	return reason;
}

static int ss_walk(struct walk *w, u64 addr, enum ss_use use, struct ss_hit *hit)
{
	const struct vtd_pasid *pe = w->pe;
	unsigned int level = pe->ss_levels;
	u64 table = pe->ssptptr;
	u64 rsvd;
	bool leaf;

	walk_count(w, SVK_LAB_WALK_SS);
	if (addr >> w->v->input_width || addr >> level_shift(level + 1))
		return use == SS_PAGE ? VTD_FR_SGN_5 : VTD_FR_SFS_5;
	hit->perm = VTD_SS_R | VTD_SS_W;
	for (;; level--) {
		hit->slot = table + (addr >> level_shift(level) & 511) * 8;
		if (!entry_read(w, SVK_TABLE_SECOND_STAGE, hit->slot, &hit->leaf))
			return level == pe->ss_levels ? VTD_FR_SSS_4 : VTD_FR_SSS_1;
		if (!(hit->leaf & (VTD_SS_R | VTD_SS_W)))
			return ss_denied(use);
		leaf = level == 1 || (level <= 3 && (hit->leaf & VTD_SS_PS));
		rsvd = hit->leaf & w->v->ss_rsvd[level][leaf];
		if (rsvd)
			return walk_reserved(w, hit->slot, hit->leaf, rsvd, VTD_FR_SSS_3);
		hit->perm &= hit->leaf;
		if (pe->ssade && !(hit->leaf & VTD_SS_A))
			update_add(w, hit->slot, hit->leaf, VTD_SS_A, VTD_FR_SSS_6);
		if (leaf)
			break;
		table = hit->leaf & VTD_PTE_ADDR;
	}
	if (use != SS_PAGE && !(hit->perm & VTD_SS_R))
		return ss_denied(use);
	hit->order = (u8)level_shift(level);
	hit->addr = (hit->leaf & VTD_PTE_ADDR) >> hit->order << hit->order;
	hit->addr |= addr & ((1ULL << hit->order) - 1);
	return 0;
}

static void ss_dirty(struct walk *w, const struct ss_hit *hit)
{
	if (w->pe->ssade && !(hit->leaf & VTD_SS_D))
		update_add(w, hit->slot, hit->leaf, VTD_SS_D, VTD_FR_SSS_6);
}

static bool canonical(const struct vtd_pasid *pe, u64 addr)
{
	unsigned int unused = 64 - level_shift(pe->fs_levels + 1u);

	return (u64)((s64)(addr << unused) >> unused) == addr;
}

static int fs_read(struct walk *w, unsigned int level, u64 slot, struct fs_step *s)
{
	bool top = level == w->pe->fs_levels;
	u64 rsvd;
	bool leaf;

	if (w->pe->pgtt == VTD_PGTT_NESTED) {
		int ret = ss_walk(w, slot, top ? SS_TOP_TABLE : SS_TABLE, &s->ss);

		if (ret)
			return ret;
		slot = s->ss.addr;
	}
	s->slot = slot;
	if (!entry_read(w, SVK_TABLE_FIRST_STAGE, slot, &s->entry))
		return top ? VTD_FR_SFS_4 : VTD_FR_SFS_1;
	if (!(s->entry & VTD_FS_P))
		return VTD_FR_SFS_2;
	leaf = level == 1 || (level <= 3 && (s->entry & VTD_FS_PS));
	rsvd = s->entry & w->v->fs_rsvd[level][leaf];
	return rsvd ? walk_reserved(w, slot, s->entry, rsvd, VTD_FR_SFS_3) : 0;
}

static int fs_walk(struct walk *w, struct fs_path *p)
{
	u64 table = w->pe->fsptptr;
	u64 addr = w->req->addr;
	unsigned int level = w->pe->fs_levels;

	walk_count(w, SVK_LAB_WALK_FS);
	if (!canonical(w->pe, addr))
		return VTD_FR_SGN_1;
	p->all = ~0ULL;
	p->any = 0;
	for (;; level--) {
		struct fs_step *s = &p->step[level];
		int ret = fs_read(w, level, table + (addr >> level_shift(level) & 511) * 8, s);

		if (ret)
			return ret;
		p->all &= s->entry;
		p->any |= s->entry;
		if (level == 1 || (level <= 3 && (s->entry & VTD_FS_PS)))
			break;
		table = s->entry & VTD_PTE_ADDR;
	}
	p->leaf = level;
	return 0;
}

/* What is allowed (3.6.1), as VTD_PAGE_* */
static int fs_permission(const struct walk *w, const struct fs_path *p, u8 *flags)
{
	const struct vtd_pasid *pe = w->pe;
	bool us = p->all & VTD_FS_US;

	*flags = VTD_PAGE_R | (w->req->priv ? VTD_PAGE_PRIV : 0);
	if (!w->req->priv && !us)
		return VTD_FR_SGN_2;
	if ((p->all & VTD_FS_RW) || (w->req->priv && !pe->wpe))
		*flags |= VTD_PAGE_W;
	if (!(pe->nxe && (p->any & VTD_FS_XD)) && !(w->req->priv && us && pe->smep))
		*flags |= VTD_PAGE_X;
	return 0;
}

/* A translation request is told what it may do; any other request needs it. */
static int need(const struct walk *w, u8 flags)
{
	bool ats = w->req->at == VTD_AT_TRANSLATION;

	if (!(flags & (VTD_PAGE_R | VTD_PAGE_W)))
		return VTD_FR_SGN_7;
	if (ats)
		return 0;
	if (w->req->exec && !(flags & VTD_PAGE_X))
		return VTD_FR_SGN_3;
	if (w->req->write)
		return flags & VTD_PAGE_W ? 0 : VTD_FR_SGN_6;
	return flags & VTD_PAGE_R ? 0 : VTD_FR_SGN_7;
}

static u8 ss_flags(u8 perm)
{
	return (perm & VTD_SS_R ? VTD_PAGE_R : 0) | (perm & VTD_SS_W ? VTD_PAGE_W : 0);
}

/* Note the accessed and dirty bits of a first-stage path; *@dirty: the leaf's is set then. */
static int fs_updates(struct walk *w, const struct fs_path *p, bool write, bool *dirty)
{
	u64 accessed = VTD_FS_A | (w->pe->eafe ? VTD_FS_EA : 0);

	*dirty = write || (p->step[p->leaf].entry & VTD_FS_D);
	for (unsigned int level = w->pe->fs_levels; level >= p->leaf; level--) {
		const struct fs_step *s = &p->step[level];
		u64 bits = accessed | (level == p->leaf && write ? VTD_FS_D : 0);

		bits &= ~s->entry;
		if (!bits)
			continue;
		if (w->pe->pgtt == VTD_PGTT_NESTED) {
			if (!(s->ss.perm & VTD_SS_W))
				return VTD_FR_SFS_8;
			ss_dirty(w, &s->ss);
		}
		update_add(w, s->slot, s->entry, bits, VTD_FR_SFS_10);
	}
	return 0;
}

static int commit(struct walk *w)
{
	if (w->peek)
		return 0;
	for (unsigned int i = 0; i < w->updates; i++) {
		const struct update *u = &w->update[i];
		int ret = gmem_or64(w->v->mem, u->addr, u->old, u->bits);

		if (ret)
			return ret == -EAGAIN ? WALK_AGAIN : u->reason;
	}
	return 0;
}

/* Translate the page's address by the second stage and combine the permissions. */
static int walk_final(struct walk *w, u64 addr, struct vtd_page *page, struct ss_hit *hit)
{
	int ret = ss_walk(w, addr, SS_PAGE, hit);

	if (ret)
		return ret;
	page->flags &= ss_flags(hit->perm) | (u8)(0xff ^ (VTD_PAGE_R | VTD_PAGE_W));
	if (hit->order < page->order)
		page->order = hit->order;
	page->addr = hit->addr >> page->order << page->order;
	return 0;
}

static bool wants_dirty(const struct walk *w, const struct vtd_page *page)
{
	return w->req->write && (page->flags & VTD_PAGE_W);
}

static bool final_dirty(struct walk *w, const struct ss_hit *hit, bool write)
{
	if (write)
		ss_dirty(w, hit);
	return write || !w->pe->ssade || (hit->leaf & VTD_SS_D);
}

static int walk_ss(struct walk *w, struct vtd_page *page)
{
	struct ss_hit hit;
	int ret;

	page->flags = VTD_PAGE_R | VTD_PAGE_W | VTD_PAGE_X | (w->req->priv ? VTD_PAGE_PRIV : 0);
	page->order = 63;
	ret = walk_final(w, w->req->addr, page, &hit);
	if (!ret)
		ret = need(w, page->flags);
	if (!ret && final_dirty(w, &hit, wants_dirty(w, page)))
		page->flags |= VTD_PAGE_D;
	return ret ? ret : commit(w);
}

static int walk_paged(struct walk *w, struct vtd_page *page)
{
	bool nested = w->pe->pgtt == VTD_PGTT_NESTED;
	struct fs_path p;
	struct ss_hit hit;
	bool dirty = false;
	int ret = fs_walk(w, &p);

	if (!ret)
		ret = fs_permission(w, &p, &page->flags);
	if (ret)
		return ret;
	w->first = page->flags;
	page->order = (u8)level_shift(p.leaf);
	page->addr = (p.step[p.leaf].entry & VTD_PTE_ADDR) >> page->order << page->order;
	if (nested) {
		u64 offset = w->req->addr & ((1ULL << page->order) - 1);

		walk_count(w, SVK_LAB_WALK_NESTED);
		page->mid = page->addr | offset;
		ret = walk_final(w, page->mid, page, &hit);
		page->mid = page->mid >> page->order << page->order;
	}
	if (!ret)
		ret = need(w, page->flags);
	if (!ret)
		ret = fs_updates(w, &p, wants_dirty(w, page), &dirty);
	if (ret)
		return ret;
	if (dirty)
		w->first |= VTD_PAGE_D;
	if (nested)
		dirty &= final_dirty(w, &hit, wants_dirty(w, page));
	if (dirty)
		page->flags |= VTD_PAGE_D;
	return commit(w);
}

/* Superpages around the interrupt address range are used page by page. */
static void split_interrupt_range(u64 addr, struct vtd_page *page)
{
	u64 size = 1ULL << page->order;

	if (page->order == 12 || page->addr >= VTD_INTR_BASE + VTD_INTR_SIZE ||
	    page->addr + size <= VTD_INTR_BASE)
		return;
	page->addr |= addr & (size - 1) & VTD_PTE_ADDR;
	if (page->mid)
		page->mid |= addr & (size - 1) & VTD_PTE_ADDR;
	page->order = 12;
}

static int walk_pass_through(const struct vtd_request *req, struct vtd_page *page)
{
	if (req->addr >> VTD_HAW)
		return VTD_FR_SGN_4;
	page->order = 21;
	page->addr = req->addr >> 21 << 21;
	page->flags =
		VTD_PAGE_R | VTD_PAGE_W | VTD_PAGE_X | VTD_PAGE_D | (req->priv ? VTD_PAGE_PRIV : 0);
	return 0;
}

static int walk_any(struct walk *w, struct vtd_page *page)
{
	w->updates = 0;
	w->flips = 0;
	page->mid = 0;
	if (w->pe->pgtt == VTD_PGTT_PT)
		return walk_pass_through(w->req, page);
	if (w->pe->pgtt == VTD_PGTT_SS)
		return walk_ss(w, page);
	return walk_paged(w, page);
}

int vtd_walk(struct vtd *v, const struct vtd_pasid *pe, const struct vtd_request *req,
	     struct vtd_page *page)
{
	int ret = WALK_AGAIN;

	for (unsigned int i = 0; i < WALK_TRIES && ret == WALK_AGAIN; i++) {
		struct walk w;

		w.v = v;
		w.peek = false;
		w.pe = pe;
		w.req = req;
		ret = walk_any(&w, page);
	}
	if (ret == WALK_AGAIN)
		return pe->pgtt == VTD_PGTT_SS ? VTD_FR_SSS_6 : VTD_FR_SFS_10;
	if (!ret)
		split_interrupt_range(req->addr, page);
	return ret;
}

int vtd_walk_peek(struct vtd *v, const struct vtd_pasid *pe, u64 addr, bool priv,
		  struct vtd_page *page, u8 *first)
{
	const struct vtd_request req = {
		.sid = pe->sid, .at = VTD_AT_TRANSLATION, .priv = priv, .addr = addr};
	struct walk w;
	int ret;

	w.v = v;
	w.peek = true;
	w.pe = pe;
	w.req = &req;
	w.first = 0;
	ret = walk_any(&w, page);
	*first = w.first;
	if (!ret)
		split_interrupt_range(addr, page);
	return ret;
}
