// SPDX-License-Identifier: GPL-2.0
/*
 * The control registers of a mediated device: BAR 0, always trapped. The
 * contract is that of the hardware, docs/accelerator.md.
 */
#include <linux/io-64-nonatomic-lo-hi.h>

#include "svakit_mdev.h"

/* Width of the register that dword @off of page 0 belongs to, 0 if there is none. */
static unsigned int svk_global_width(u32 off)
{
	switch (off) {
	case SVK_GLB_ID:
	case SVK_GLB_VERSION:
	case SVK_GLB_CTRL:
	case SVK_GLB_STATUS:
		return 4;
	case SVK_GLB_CAP:
	case SVK_GLB_CAP + 4:
	case SVK_GLB_OPCAP:
	case SVK_GLB_OPCAP + 4:
	case SVK_GLB_ERR:
	case SVK_GLB_ERR + 4:
		return 8;
	}
	return 0;
}

static unsigned int svk_qcfg_width(const struct svk_mdev *m, u32 off)
{
	if (off / SVK_QCFG_STRIDE >= m->nr_queues)
		return 0;
	switch (off % SVK_QCFG_STRIDE) {
	case SVK_QCFG_SIZE:
	case SVK_QCFG_PASID:
	case SVK_QCFG_VECTOR:
	case SVK_QCFG_CTRL:
	case SVK_QCFG_STATUS:
	case SVK_QCFG_HEAD:
		return 4;
	case SVK_QCFG_RING:
	case SVK_QCFG_RING + 4:
	case SVK_QCFG_FAULT_ADDR:
	case SVK_QCFG_FAULT_ADDR + 4:
		return 8;
	}
	return 0;
}

static bool svk_is_found(u32 off)
{
	return off >= SVK_LAB_FOUND(0) &&
	       off < SVK_LAB_FOUND(0) + SVK_LAB_FOUND_KEPT * SVK_LAB_FOUND_STRIDE;
}

static unsigned int svk_lab_width(const struct svk_mdev *m, u32 off)
{
	if (off < SVK_LAB_COUNTER(SVK_LAB_COUNTERS))
		return 8;
	if (off >= SVK_LAB_PASID(0) && off < SVK_LAB_PASID(m->nr_queues))
		return 4;
	if (off >= SVK_LAB_FIRST_STAGE(0) && off < SVK_LAB_FIRST_STAGE(m->nr_queues))
		return 8;
	if (svk_is_found(off & ~4U))
		return 8;
	switch (off) {
	case SVK_LAB_CLEAR:
	case SVK_LAB_AUDIT:
		return 4;
	case SVK_LAB_INFLIGHT:
	case SVK_LAB_INFLIGHT + 4:
	case SVK_LAB_TRAPPED:
	case SVK_LAB_TRAPPED + 4:
	case SVK_LAB_STALE:
	case SVK_LAB_STALE + 4:
	case SVK_LAB_LESS:
	case SVK_LAB_LESS + 4:
	case SVK_LAB_ENTRIES:
	case SVK_LAB_ENTRIES + 4:
	case SVK_LAB_FINDINGS:
	case SVK_LAB_FINDINGS + 4:
	case SVK_LAB_LOOK:
	case SVK_LAB_LOOK + 4:
	case SVK_LAB_TIME:
	case SVK_LAB_TIME + 4:
		return 8;
	}
	return svk_inject_width(off);
}

static unsigned int svk_reg_width(const struct svk_mdev *m, u32 off)
{
	switch (off / SVK_ACCEL_PAGE) {
	case 0:
		return svk_global_width(off);
	case SVK_QCFG_BASE / SVK_ACCEL_PAGE:
		return svk_qcfg_width(m, off - SVK_QCFG_BASE);
	case SVK_LAB_BASE / SVK_ACCEL_PAGE:
	case SVK_LAB_FOUND(0) / SVK_ACCEL_PAGE:
		return svk_lab_width(m, off);
	}
	return 0;
}

/* As in hardware: 4 bytes anywhere, 8 bytes where no register of 4 is touched. */
static bool svk_access_ok(const struct svk_mdev *m, u32 off, unsigned int len)
{
	if (len == 8)
		return svk_reg_width(m, off) != 4 && svk_reg_width(m, off + 4) != 4;
	return len == 4;
}

/* Part of an 8-byte value, as an access of @len bytes at @off sees it. */
static u64 svk_part(u64 val, u32 off, unsigned int len)
{
	if (len == 8)
		return val;
	return off & 4 ? upper_32_bits(val) : lower_32_bits(val);
}

static u64 svk_global_cap(const struct svk_mdev *m)
{
	u64 cap = m->parent->cap & ~(SVK_GLB_CAP_QUEUES | SVK_GLB_CAP_VECTORS);

	return cap | svk_put(SVK_GLB_CAP_QUEUES, m->nr_queues) |
	       svk_put(SVK_GLB_CAP_VECTORS, svk_mdev_vectors(m));
}

static bool svk_queue_busy(const struct svk_hw_queue *hwq)
{
	void __iomem *portal = hwq->parent->portals + hwq->index * SVK_ACCEL_PAGE;

	switch (svk_hwq_state(hwq)) {
	case SVK_QSTATE_STOPPING:
		return true;
	case SVK_QSTATE_ENABLED:
		return readl(portal + SVK_PORTAL_HEAD) != readl(portal + SVK_PORTAL_TAIL);
	default:
		return false;
	}
}

static u32 svk_global_status(const struct svk_mdev *m)
{
	u32 status = m->glb_ctrl & SVK_GLB_CTRL_ENABLE ? SVK_GLB_STATUS_ENABLED : 0;

	for (u32 i = 0; i < m->nr_queues; i++) {
		if (svk_queue_busy(m->queues[i].hw))
			status |= SVK_GLB_STATUS_BUSY;
	}
	return status;
}

static u64 svk_global_err(struct svk_mdev *m)
{
	/* What hardware has to say may still be on its way as an interrupt. */
	svk_parent_collect_errors(m->parent);

	guard(spinlock_irqsave)(&m->irq_lock);

	return m->err;
}

static u64 svk_global_read(struct svk_mdev *m, u32 off, unsigned int len)
{
	switch (off & ~4U) {
	case SVK_GLB_ID:
		return off & 4 ? SVK_ACCEL_ABI_VERSION : SVK_GLB_ID_MAGIC;
	case SVK_GLB_CAP:
		return svk_part(svk_global_cap(m), off, len);
	case SVK_GLB_OPCAP:
		return svk_part(m->parent->opcap, off, len);
	case SVK_GLB_CTRL:
		return off & 4 ? svk_global_status(m) : m->glb_ctrl;
	case SVK_GLB_ERR:
		return svk_part(svk_global_err(m), off, len);
	}
	return 0;
}

static u64 svk_qcfg_read(struct svk_mdev *m, u32 off, unsigned int len)
{
	const struct svk_vqueue *q = &m->queues[off / SVK_QCFG_STRIDE];
	u32 reg = off % SVK_QCFG_STRIDE;

	switch (reg) {
	case SVK_QCFG_PASID:
		return q->pasid;
	case SVK_QCFG_VECTOR:
		return q->vector;
	}
	return len == 8 ? readq(svk_hwq_reg(q->hw, reg)) : readl(svk_hwq_reg(q->hw, reg));
}

/* From the register of a queue of this device to that of the queue of hardware. */
static long svk_first_stage_shift(const struct svk_mdev *m, u32 off)
{
	u32 queue = (off - SVK_LAB_FIRST_STAGE(0)) / 8;

	return (long)SVK_LAB_FIRST_STAGE(m->queues[queue].hw->index) -
	       (long)SVK_LAB_FIRST_STAGE(queue);
}

/* Counters are the model's. What is of this device alone is answered here. */
static u64 svk_lab_read(struct svk_mdev *m, u32 off, unsigned int len)
{
	void __iomem *ctrl = m->parent->ctrl;

	if ((off & ~4U) == SVK_LAB_TRAPPED)
		return svk_part(atomic64_read(&m->trapped), off, len);
	if (svk_is_found(off))
		return svk_part(svk_found_read(m, off & ~7U), off, len);
	if (svk_inject_width(off))
		return svk_inject_read(m, off, len);
	if (off >= SVK_LAB_PASID(0) && off < SVK_LAB_PASID(m->nr_queues))
		return readl(ctrl +
			     SVK_LAB_PASID(m->queues[(off - SVK_LAB_PASID(0)) / 4].hw->index));
	if (off >= SVK_LAB_FIRST_STAGE(0) && off < SVK_LAB_FIRST_STAGE(m->nr_queues))
		ctrl += svk_first_stage_shift(m, off);
	return len == 8 ? readq(ctrl + off) : readl(ctrl + off);
}

/**
 * svk_regs_read() - Read from BAR 0.
 * @m: device
 * @off: naturally aligned, within the BAR
 * @len: 1, 2, 4 or 8
 *
 * Return: the value; all ones for a width that the register does not have.
 */
u64 svk_regs_read(struct svk_mdev *m, u32 off, unsigned int len)
{
	unsigned int width = svk_reg_width(m, off);

	if (!svk_access_ok(m, off, len))
		return U64_MAX;
	if (!width)
		return 0;

	guard(mutex)(&m->lock);

	if (off < SVK_QCFG_BASE)
		return svk_global_read(m, off, len);
	if (off < SVK_LAB_BASE)
		return svk_qcfg_read(m, off - SVK_QCFG_BASE, len);
	return svk_lab_read(m, off, len);
}

static void svk_global_write(struct svk_mdev *m, u32 off, u64 val, unsigned int len)
{
	switch (off & ~4U) {
	case SVK_GLB_CTRL:
		if (off & 4)
			return;
		if (val & SVK_GLB_CTRL_RESET) {
			svk_mdev_reset(m);
			return;
		}
		m->glb_ctrl = val & SVK_GLB_CTRL_ENABLE;
		if (!m->glb_ctrl)
			svk_vqueues_stop(m);
		return;
	case SVK_GLB_ERR:
		if (len == 4 && (off & 4))
			val <<= 32;
		else if (len == 4)
			val = lower_32_bits(val);
		scoped_guard(spinlock_irqsave, &m->irq_lock)
			m->err &= ~val;
		return;
	}
}

static void svk_qcfg_write(struct svk_mdev *m, u32 off, u64 val, unsigned int len)
{
	struct svk_vqueue *q = &m->queues[off / SVK_QCFG_STRIDE];
	u32 reg = off % SVK_QCFG_STRIDE;

	switch (reg) {
	case SVK_QCFG_CTRL:
		svk_vqueue_control(m, q, val);
		return;
	case SVK_QCFG_PASID:
		if (svk_hwq_state(q->hw) == SVK_QSTATE_DISABLED)
			q->pasid = val;
		return;
	case SVK_QCFG_VECTOR:
		/* Read by interrupts of the queue, which does not run. */
		if (svk_hwq_state(q->hw) == SVK_QSTATE_DISABLED)
			WRITE_ONCE(q->vector, val);
		return;
	}
	/* Ring and size name only what the PASID can reach; the rest ignores writes. */
	if (len == 8)
		writeq(val, svk_hwq_reg(q->hw, reg));
	else
		writel(val, svk_hwq_reg(q->hw, reg));
}

/**
 * svk_regs_write() - Write to BAR 0.
 * @m: device
 * @off: naturally aligned, within the BAR
 * @val: value
 * @len: 1, 2, 4 or 8; of a width that the register does not have, ignored
 *
 * Of the lab page only the oracle and injection can be written: counters belong to
 * all, and so do these, but they are instruments, which a guest of a test must reach.
 */
void svk_regs_write(struct svk_mdev *m, u32 off, u64 val, unsigned int len)
{
	if (!svk_access_ok(m, off, len) || !svk_reg_width(m, off))
		return;

	guard(mutex)(&m->lock);

	if (off < SVK_QCFG_BASE)
		svk_global_write(m, off, val, len);
	else if (off < SVK_LAB_BASE)
		svk_qcfg_write(m, off - SVK_QCFG_BASE, val, len);
	else if (off == SVK_LAB_AUDIT)
		writel(val, m->parent->ctrl + off);
	else
		svk_inject_write(m, off, val, len);
}

static void __iomem *svk_portal_reg(struct svk_mdev *m, u32 off)
{
	const struct svk_hw_queue *hwq = m->queues[off / SVK_ACCEL_PAGE].hw;

	return m->parent->portals + hwq->index * SVK_ACCEL_PAGE + off % SVK_ACCEL_PAGE;
}

static bool svk_portal_has(u32 off)
{
	return off % SVK_ACCEL_PAGE <= SVK_PORTAL_SIZE;
}

/**
 * svk_portal_read() - Read from BAR 2 without its mapping.
 * @m: device
 * @off: naturally aligned, within the BAR
 * @len: 1, 2, 4 or 8
 *
 * Return: as svk_regs_read().
 */
u64 svk_portal_read(struct svk_mdev *m, u32 off, unsigned int len)
{
	if (len < 4 || (len == 8 && svk_portal_has(off)))
		return U64_MAX;
	return svk_portal_has(off) ? readl(svk_portal_reg(m, off)) : 0;
}

/**
 * svk_portal_write() - Write to BAR 2 without its mapping.
 * @m: device
 * @off: naturally aligned, within the BAR
 * @val: value
 * @len: 1, 2, 4 or 8; as svk_regs_write()
 */
void svk_portal_write(struct svk_mdev *m, u32 off, u64 val, unsigned int len)
{
	if (len == 4 && svk_portal_has(off))
		writel(val, svk_portal_reg(m, off));
}
