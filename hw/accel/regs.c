// SPDX-License-Identifier: GPL-2.0
/* BAR 0 (global page, queue configuration, lab page) and BAR 2 (portals). */
#include "accel/accel_internal.h"
#include "machine.h"

/*
 * Registers are decoded by their dword: @off is the register's own offset and
 * @width its size, 0 where nothing is (reads as zero, ignores writes).
 */
struct reg {
	u64 off;
	unsigned int width;
};

static unsigned int global_width(u64 off)
{
	switch (off & ~4ULL) {
	case SVK_GLB_CAP:
	case SVK_GLB_OPCAP:
	case SVK_GLB_ERR:
		return 8;
	case SVK_GLB_ID:
	case SVK_GLB_CTRL:
		return 4;
	default:
		return 0;
	}
}

static unsigned int qcfg_width(const struct accel *a, u64 off)
{
	if (off >= a->cfg.queues * SVK_QCFG_STRIDE)
		return 0;
	switch (off % SVK_QCFG_STRIDE & ~4ULL) {
	case SVK_QCFG_RING:
	case SVK_QCFG_FAULT_ADDR:
		return 8;
	case SVK_QCFG_SIZE:
	case SVK_QCFG_VECTOR:
	case SVK_QCFG_STATUS:
		return 4;
	default:
		return 0;
	}
}

static unsigned int ctrl_width(const struct accel *a, u64 off)
{
	switch (off / SVK_ACCEL_PAGE) {
	case 0:
		return global_width(off);
	case SVK_QCFG_BASE / SVK_ACCEL_PAGE:
		return qcfg_width(a, off - SVK_QCFG_BASE);
	case SVK_LAB_BASE / SVK_ACCEL_PAGE:
	case SVK_LAB_FOUND(0) / SVK_ACCEL_PAGE:
		return accel_lab_width(a, off);
	default:
		return 0;
	}
}

static unsigned int portal_width(const struct accel *a, u64 off)
{
	return off / SVK_ACCEL_PAGE < a->cfg.queues && off % SVK_ACCEL_PAGE < 0x10 ? 4 : 0;
}

/* Return: false if registers may not be accessed so. @lo, @hi: widths of the dwords touched. */
static bool access_ok(unsigned int len, unsigned int lo, unsigned int hi)
{
	return len == 4 || (len == 8 && lo != 4 && hi != 4);
}

static u64 glb_cap(const struct accel *a)
{
	return svk_put(SVK_GLB_CAP_QUEUES, a->cfg.queues) |
	       svk_put(SVK_GLB_CAP_RING_SHIFT, ACCEL_RING_SHIFT) |
	       svk_put(SVK_GLB_CAP_XFER_SHIFT, ACCEL_XFER_SHIFT) |
	       svk_put(SVK_GLB_CAP_BATCH, ACCEL_BATCH_MAX) |
	       svk_put(SVK_GLB_CAP_VECTORS, a->fn.vectors);
}

static u32 glb_status(const struct accel *a)
{
	u32 status = a->glb_ctrl & SVK_GLB_CTRL_ENABLE ? SVK_GLB_STATUS_ENABLED : 0;
	unsigned int i;

	for (i = 0; i < a->cfg.queues; i++) {
		if (accel_queue_busy(&a->queue[i]))
			status |= SVK_GLB_STATUS_BUSY;
	}
	return status;
}

static u64 global_read(const struct accel *a, u64 off)
{
	switch (off) {
	case SVK_GLB_ID:
		return SVK_GLB_ID_MAGIC;
	case SVK_GLB_VERSION:
		return SVK_ACCEL_ABI_VERSION;
	case SVK_GLB_CAP:
		return glb_cap(a);
	case SVK_GLB_OPCAP:
		return SVK_BIT(SVK_OP_COUNT) - 1;
	case SVK_GLB_CTRL:
		return a->glb_ctrl;
	case SVK_GLB_STATUS:
		return glb_status(a);
	case SVK_GLB_ERR:
		return a->glb_err;
	default:
		return 0;
	}
}

static u64 qcfg_read(const struct accel_queue *q, u64 reg)
{
	switch (reg) {
	case SVK_QCFG_RING:
		return q->ring;
	case SVK_QCFG_SIZE:
		return q->size;
	case SVK_QCFG_PASID:
		return q->pasid;
	case SVK_QCFG_VECTOR:
		return q->vector;
	case SVK_QCFG_CTRL:
		return q->ctrl;
	case SVK_QCFG_STATUS:
		return accel_queue_status(q);
	case SVK_QCFG_HEAD:
		return q->head;
	case SVK_QCFG_FAULT_ADDR:
		return q->fault_addr;
	default:
		return 0;
	}
}

/* @off: of a register, not of the middle of one. */
static u64 ctrl_reg_read(const struct accel *a, u64 off)
{
	if (off < SVK_QCFG_BASE)
		return global_read(a, off);
	if (off >= SVK_LAB_BASE)
		return accel_lab_read(a, off);
	off -= SVK_QCFG_BASE;
	return qcfg_read(&a->queue[off / SVK_QCFG_STRIDE], off % SVK_QCFG_STRIDE);
}

u64 accel_ctrl_read(struct accel *a, u64 off, unsigned int len)
{
	unsigned int width = ctrl_width(a, off);
	u64 val;

	if (!access_ok(len, width, ctrl_width(a, off + len - 4))) {
		machine_count(a->machine, SVK_LAB_BAD_ACCESS);
		return ~0ULL;
	}
	if (!width)
		return 0;
	val = ctrl_reg_read(a, width == 8 ? off & ~7ULL : off);
	if (len == 8)
		return val;
	return (u32)(off & (width - 4) ? val >> 32 : val);
}

static void accel_queues_abort(struct accel *a)
{
	unsigned int i;

	for (i = 0; i < a->cfg.queues; i++)
		accel_queue_abort(a, &a->queue[i]);
}

static void global_write(struct accel *a, u64 off, u64 val, unsigned int len)
{
	if (off == SVK_GLB_CTRL) {
		if (val & SVK_GLB_CTRL_RESET) {
			accel_reset_registers(a);
			return;
		}
		a->glb_ctrl = val & SVK_GLB_CTRL_ENABLE;
		if (!a->glb_ctrl)
			accel_queues_abort(a);
	} else if ((off & ~4ULL) == SVK_GLB_ERR) {
		a->glb_err &= ~accel_reg_merge(0, off, val, len);
	}
}

static void qcfg_write(struct accel *a, u64 off, u64 val, unsigned int len)
{
	struct accel_queue *q = &a->queue[off / SVK_QCFG_STRIDE];
	u64 reg = off % SVK_QCFG_STRIDE;

	if (reg == SVK_QCFG_CTRL)
		accel_queue_control(a, q, val);
	if (q->state != SVK_QSTATE_DISABLED)
		return;
	switch (reg & ~4ULL) {
	case SVK_QCFG_RING:
		q->ring = accel_reg_merge(q->ring, off, val, len);
		break;
	case SVK_QCFG_SIZE:
		if (reg == SVK_QCFG_PASID)
			q->pasid = val;
		else
			q->size = val;
		break;
	case SVK_QCFG_VECTOR:
		if (reg == SVK_QCFG_VECTOR)
			q->vector = val;
		break;
	default:
		break;
	}
}

void accel_ctrl_write(struct accel *a, u64 off, u64 val, unsigned int len)
{
	unsigned int width = ctrl_width(a, off);

	if (!access_ok(len, width, ctrl_width(a, off + len - 4)))
		machine_count(a->machine, SVK_LAB_BAD_ACCESS);
	else if (!width)
		return;
	else if (off < SVK_QCFG_BASE)
		global_write(a, off, val, len);
	else if (off < SVK_LAB_BASE)
		qcfg_write(a, off - SVK_QCFG_BASE, val, len);
	else
		accel_lab_write(a, off, val, len);
}

u64 accel_portal_read(struct accel *a, u64 off, unsigned int len)
{
	unsigned int width = portal_width(a, off);
	const struct accel_queue *q;

	if (!access_ok(len, width, width)) {
		machine_count(a->machine, SVK_LAB_BAD_ACCESS);
		return ~0ULL;
	}
	if (!width)
		return 0;
	q = &a->queue[off / SVK_ACCEL_PAGE];
	switch (off % SVK_ACCEL_PAGE) {
	case SVK_PORTAL_TAIL:
		return q->tail;
	case SVK_PORTAL_HEAD:
		return q->head;
	case SVK_PORTAL_STATUS:
		return accel_queue_status(q);
	default:
		return q->size;
	}
}

void accel_portal_write(struct accel *a, u64 off, u64 val, unsigned int len)
{
	unsigned int width = portal_width(a, off);

	if (!access_ok(len, width, width))
		machine_count(a->machine, SVK_LAB_BAD_ACCESS);
	else if (width && off % SVK_ACCEL_PAGE == SVK_PORTAL_TAIL)
		accel_queue_doorbell(a, &a->queue[off / SVK_ACCEL_PAGE], val);
}
