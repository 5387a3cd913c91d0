// SPDX-License-Identifier: GPL-2.0
/*
 * The findings of svahw's oracle (docs/oracle.md) as the driver of a mediated
 * device sees them: its own only, under its own PASIDs. A finding is mostly
 * made when the PASID has been given back, so released ones are remembered.
 */
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/pci.h>

#include "svakit_mdev.h"

/**
 * svk_past_add() - Remember a binding that goes.
 * @m: device, its lock held
 * @b: binding
 */
void svk_past_add(struct svk_mdev *m, const struct svk_binding *b)
{
	lockdep_assert_held(&m->lock);

	m->past[m->nr_past++ % SVK_MDEV_PAST] = *b;
}

/**
 * svk_past_get() - A binding of the past.
 * @m: device, its lock held
 * @back: 0 is the one that went last
 *
 * Return: the binding, or NULL if it is forgotten or there were not so many.
 */
const struct svk_binding *svk_past_get(const struct svk_mdev *m, u32 back)
{
	lockdep_assert_held(&m->lock);

	if (back >= min_t(u32, m->nr_past, SVK_MDEV_PAST))
		return NULL;
	return &m->past[(m->nr_past - 1 - back) % SVK_MDEV_PAST];
}

/* Who has a host PASID, or had it last. */
static const struct svk_binding *svk_binding_of(struct svk_mdev *m, u32 hpasid)
{
	const struct svk_binding *past;
	struct svk_binding *b;
	unsigned long gpasid;

	if (m->default_binding && m->default_binding->hpasid == hpasid)
		return m->default_binding;
	xa_for_each(&m->bindings, gpasid, b) {
		if (b->hpasid == hpasid)
			return b;
	}
	for (u32 back = 0; (past = svk_past_get(m, back)); back++) {
		if (past->hpasid == hpasid)
			return past;
	}
	return NULL;
}

/* Register FOUND_WHAT of a slot; 0 if the finding is about an entry of somebody else. */
static u64 svk_found_what(struct svk_mdev *m, u32 slot)
{
	u64 what = readq(m->parent->ctrl + SVK_LAB_FOUND(slot) + SVK_LAB_FOUND_WHAT);
	const struct svk_binding *b;

	if (svk_get(SVK_LAB_FOUND_CACHE, what) == SVK_CACHE_NONE)
		return what;
	if (!(what & SVK_LAB_FOUND_HAS_PASID) ||
	    svk_get(SVK_LAB_FOUND_SID, what) != pci_dev_id(m->parent->pdev))
		return 0;
	b = svk_binding_of(m, svk_get(SVK_LAB_FOUND_PASID, what));
	if (!b)
		return 0;
	what &= ~(SVK_LAB_FOUND_PASID | SVK_LAB_FOUND_HAS_PASID);
	if (b->gpasid == SVK_GPASID_NONE)
		return what;
	return what | SVK_LAB_FOUND_HAS_PASID | svk_put(SVK_LAB_FOUND_PASID, b->gpasid);
}

/**
 * svk_found_read() - Read a register FOUND.
 * @m: device, its lock held
 * @off: of the register, a multiple of 8, from SVK_LAB_FOUND(0) on
 *
 * Return: the value. The domain-id is the host's, and reads as 0.
 */
u64 svk_found_read(struct svk_mdev *m, u32 off)
{
	u64 what = svk_found_what(m, (off - SVK_LAB_FOUND(0)) / SVK_LAB_FOUND_STRIDE);
	u32 reg = (off - SVK_LAB_FOUND(0)) % SVK_LAB_FOUND_STRIDE;

	if (reg == SVK_LAB_FOUND_WHAT || !what)
		return what;
	return reg == SVK_LAB_FOUND_DID ? 0 : readq(m->parent->ctrl + off);
}
