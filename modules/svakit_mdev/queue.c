// SPDX-License-Identifier: GPL-2.0
/*
 * Queues: the only place where a PASID gets into hardware.
 *
 * Ring, size, state and counts of a queue live in the hardware queue behind
 * it. Its PASID and its vector are the guest's, and are translated when the
 * guest sets ENABLE. A queue that must not run is enabled with a PASID
 * register that the hardware refuses: it then halts, says CONFIG and
 * interrupts just as if the guest had got another value wrong, in the trapped
 * page and in the portal alike.
 */
#include <linux/errno.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>

#include "svakit_mdev.h"

/* A reserved bit: ENABLE refuses it with SVK_QERR_CONFIG. */
#define SVK_PASID_REFUSED BIT(20)

/* As in svakit_accel: the device moves at most 64 KiB between two looks at CTRL. */
#define SVK_STOP_POLL_US 20
#define SVK_STOP_DEADLINE_US (2 * USEC_PER_SEC)

/**
 * svk_hwq_reg() - Address of a register of a hardware queue.
 * @hwq: queue
 * @reg: SVK_QCFG_xxx
 */
void __iomem *svk_hwq_reg(const struct svk_hw_queue *hwq, u32 reg)
{
	return hwq->parent->ctrl + SVK_QCFG_BASE + hwq->index * SVK_QCFG_STRIDE + reg;
}

/**
 * svk_hwq_state() - Read the state of a hardware queue.
 * @hwq: queue
 *
 * Return: its state; DISABLED when the function is gone, as it makes no access then.
 */
enum svk_queue_state svk_hwq_state(const struct svk_hw_queue *hwq)
{
	u32 status = readl(svk_hwq_reg(hwq, SVK_QCFG_STATUS));

	return svk_reg_gone(status) ? SVK_QSTATE_DISABLED : svk_get(SVK_QCFG_STATUS_STATE, status);
}

/**
 * svk_hwq_stop() - Abort a hardware queue and wait for its last access.
 * @hwq: queue
 * @ctrl: 0, or SVK_QCFG_CTRL_RESET to clear its registers as well
 *
 * On return the queue sends nothing any more. If it does not stop in time, the
 * parent is reset, which stops the queues of all its devices.
 */
void svk_hwq_stop(struct svk_hw_queue *hwq, u32 ctrl)
{
	enum svk_queue_state state;
	int ret;

	writel(ctrl, svk_hwq_reg(hwq, SVK_QCFG_CTRL));
	ret = read_poll_timeout(svk_hwq_state, state, state == SVK_QSTATE_DISABLED,
				SVK_STOP_POLL_US, SVK_STOP_DEADLINE_US, false, hwq);
	if (!ret)
		return;
	dev_err(&hwq->parent->pdev->dev, "queue %u did not stop: resetting the function\n",
		hwq->index);
	svk_parent_recover(hwq->parent);
}

/* Halt a stopped queue with SVK_QERR_CONFIG, so that its driver hears of it. */
static void svk_vqueue_refuse(struct svk_vqueue *q)
{
	q->binding = NULL;
	writel(SVK_PASID_REFUSED, svk_hwq_reg(q->hw, SVK_QCFG_PASID));
	writel(SVK_QCFG_CTRL_ENABLE, svk_hwq_reg(q->hw, SVK_QCFG_CTRL));
}

static void svk_vqueue_enable(struct svk_mdev *m, struct svk_vqueue *q)
{
	u32 slot = q->hw->slot;
	struct svk_binding *b;

	b = svk_map_lookup(m, q->pasid);
	if (!b)
		dev_warn_ratelimited(
			svk_mdev_dev(m),
			"queue %u not enabled: nothing is attached at guest PASID %#x\n", slot,
			q->pasid);
	else if (!svk_config_bus_master(m))
		dev_warn_ratelimited(svk_mdev_dev(m), "queue %u not enabled: no bus master\n",
				     slot);
	if (!b || !svk_config_bus_master(m) || !(m->glb_ctrl & SVK_GLB_CTRL_ENABLE) ||
	    q->vector >= svk_mdev_vectors(m)) {
		svk_vqueue_refuse(q);
		return;
	}

	q->binding = b;
	writel(b->hpasid | SVK_QCFG_PASID_VALID, svk_hwq_reg(q->hw, SVK_QCFG_PASID));
	writel(q->hw->index + 1, svk_hwq_reg(q->hw, SVK_QCFG_VECTOR));
	writel(SVK_QCFG_CTRL_ENABLE, svk_hwq_reg(q->hw, SVK_QCFG_CTRL));
}

/**
 * svk_vqueue_control() - The guest writes SVK_QCFG_CTRL.
 * @m: device, its lock held
 * @q: one of its queues
 * @val: value written
 */
void svk_vqueue_control(struct svk_mdev *m, struct svk_vqueue *q, u32 val)
{
	lockdep_assert_held(&m->lock);

	if (val & SVK_QCFG_CTRL_RESET) {
		q->pasid = 0;
		q->vector = 0;
	}
	/* These reach no memory, and a queue that is not disabled has been translated. */
	if ((val & SVK_QCFG_CTRL_RESET) || !(val & SVK_QCFG_CTRL_ENABLE)) {
		writel(val & SVK_QCFG_CTRL_RESET, svk_hwq_reg(q->hw, SVK_QCFG_CTRL));
		return;
	}
	if (svk_hwq_state(q->hw) == SVK_QSTATE_DISABLED)
		svk_vqueue_enable(m, q);
	if (val & SVK_QCFG_CTRL_QUIESCE)
		writel(SVK_QCFG_CTRL_ENABLE | SVK_QCFG_CTRL_QUIESCE,
		       svk_hwq_reg(q->hw, SVK_QCFG_CTRL));
}

/**
 * svk_vqueues_drop_binding() - Let no queue use a binding any more.
 * @m: device, its lock held
 * @b: about to be detached
 *
 * A queue that is running halts with SVK_QERR_CONFIG: the PASID that it was
 * configured with is not valid any more. On return none sends the host PASID.
 */
void svk_vqueues_drop_binding(struct svk_mdev *m, struct svk_binding *b)
{
	lockdep_assert_held(&m->lock);

	for (u32 i = 0; i < m->nr_queues; i++) {
		struct svk_vqueue *q = &m->queues[i];
		enum svk_queue_state state;

		if (q->binding != b)
			continue;
		q->binding = NULL;
		state = svk_hwq_state(q->hw);
		if (state == SVK_QSTATE_DISABLED)
			continue;
		svk_hwq_stop(q->hw, 0);
		if (state == SVK_QSTATE_ENABLED)
			svk_vqueue_refuse(q);
	}
}

/**
 * svk_vqueues_stop() - Abort all queues of a device; their registers stay.
 * @m: device, its lock held
 */
void svk_vqueues_stop(struct svk_mdev *m)
{
	lockdep_assert_held(&m->lock);

	for (u32 i = 0; i < m->nr_queues; i++)
		svk_hwq_stop(m->queues[i].hw, 0);
}

/**
 * svk_vqueues_reset() - Abort all queues of a device and reset their registers.
 * @m: device, its lock held
 */
void svk_vqueues_reset(struct svk_mdev *m)
{
	lockdep_assert_held(&m->lock);

	for (u32 i = 0; i < m->nr_queues; i++) {
		struct svk_vqueue *q = &m->queues[i];

		svk_hwq_stop(q->hw, SVK_QCFG_CTRL_RESET);
		q->pasid = 0;
		q->vector = 0;
		q->binding = NULL;
	}
}
