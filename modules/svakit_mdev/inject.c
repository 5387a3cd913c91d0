// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection over a mediated device. The parent has one set of these
 * registers for all its devices, so each device keeps its own, with its guest's
 * PASID, and writes them all down, with the host's, when a rule is armed.
 */
#include <linux/io-64-nonatomic-lo-hi.h>

#include "svakit_mdev.h"

#define SVK_INJECT_ANY_ADDR U64_MAX

static bool svk_is_injected(u32 off)
{
	return off >= SVK_LAB_INJECTED(0) && off < SVK_LAB_INJECTED(SVK_INJECT_COUNT);
}

/**
 * svk_inject_width() - Width of a register.
 * @off: of a dword of the lab page
 *
 * Return: bytes; 0 if there is none, or it is not one of injection.
 */
unsigned int svk_inject_width(u32 off)
{
	switch (off & ~4U) {
	case SVK_LAB_INJECT_PASID:
		return 4;
	case SVK_LAB_INJECT_ADDR:
	case SVK_LAB_INJECT_ARG:
	case SVK_LAB_INJECT_SEED:
	case SVK_LAB_INJECT:
		return 8;
	}
	return svk_is_injected(off) ? 8 : 0;
}

/**
 * svk_inject_reset() - Registers to their reset values; what is armed stays armed.
 * @m: device
 */
void svk_inject_reset(struct svk_mdev *m)
{
	m->inject = (struct svk_inject_regs){.addr = SVK_INJECT_ANY_ADDR};
}

/* The 8-byte register that @off lies in, NULL if it is not one that the device keeps. */
static u64 *svk_inject_wide(struct svk_mdev *m, u32 off)
{
	switch (off & ~4U) {
	case SVK_LAB_INJECT_ADDR:
		return &m->inject.addr;
	case SVK_LAB_INJECT_ARG:
		return &m->inject.arg;
	case SVK_LAB_INJECT_SEED:
		return &m->inject.seed;
	}
	return NULL;
}

/**
 * svk_inject_read() - Read a register of injection.
 * @m: device, its lock held
 * @off: naturally aligned
 * @len: 4 or 8
 *
 * Return: the value; strikes are counted by the model, for all alike.
 */
u64 svk_inject_read(struct svk_mdev *m, u32 off, unsigned int len)
{
	const u64 *wide = svk_inject_wide(m, off);

	lockdep_assert_held(&m->lock);

	if (off == SVK_LAB_INJECT_PASID)
		return m->inject.pasid;
	if (off == SVK_LAB_INJECT_CHANCE)
		return m->inject.chance;
	if (wide && len == 8)
		return *wide;
	if (wide)
		return off & 4 ? upper_32_bits(*wide) : lower_32_bits(*wide);
	if (!svk_is_injected(off))
		return 0;
	return len == 8 ? readq(m->parent->ctrl + off) : readl(m->parent->ctrl + off);
}

/*
 * The PASID of the host, or SVK_QCFG_PASID_VALID alone clear for any. Return: false if the
 * guest's has none: what it does not use cannot fail.
 */
static bool svk_inject_pasid(struct svk_mdev *m, u32 *pasid)
{
	const struct svk_binding *b;

	*pasid = 0;
	if (!(m->inject.pasid & SVK_QCFG_PASID_VALID))
		return true;
	b = svk_map_lookup(m, m->inject.pasid);
	if (!b)
		return false;
	*pasid = b->hpasid | (u32)SVK_QCFG_PASID_VALID;
	return true;
}

static void svk_inject_command(struct svk_mdev *m, u64 val)
{
	void __iomem *ctrl = m->parent->ctrl;
	u32 pasid;

	/* Without a count a rule is taken away, and nothing of it matters. */
	if (!svk_inject_pasid(m, &pasid) && svk_get(SVK_LAB_INJECT_COUNT, val))
		return;

	guard(mutex)(&m->parent->lock);

	writel(pasid, ctrl + SVK_LAB_INJECT_PASID);
	writel(m->inject.chance, ctrl + SVK_LAB_INJECT_CHANCE);
	writeq(m->inject.addr, ctrl + SVK_LAB_INJECT_ADDR);
	writeq(m->inject.arg, ctrl + SVK_LAB_INJECT_ARG);
	writeq(m->inject.seed, ctrl + SVK_LAB_INJECT_SEED);
	writeq(val, ctrl + SVK_LAB_INJECT);
}

/**
 * svk_inject_write() - Write a register of injection; others are left alone.
 * @m: device, its lock held
 * @off: naturally aligned
 * @val: value
 * @len: 4 or 8
 */
void svk_inject_write(struct svk_mdev *m, u32 off, u64 val, unsigned int len)
{
	u64 *wide = svk_inject_wide(m, off);

	lockdep_assert_held(&m->lock);

	if (off == SVK_LAB_INJECT_PASID)
		m->inject.pasid = val;
	else if (off == SVK_LAB_INJECT_CHANCE)
		m->inject.chance = val;
	else if (wide && len == 8)
		*wide = val;
	else if (wide && (off & 4))
		*wide = val << 32 | lower_32_bits(*wide);
	else if (wide)
		*wide = (*wide & ~(u64)U32_MAX) | lower_32_bits(val);
	else if (off == SVK_LAB_INJECT && len == 8)
		svk_inject_command(m, val);
}
