// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware queues: who owns one, and its configuration registers. The owner
 * never reaches those; it has the portal page, which carries neither a PASID
 * nor a ring address.
 */
#include <linux/errno.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/uaccess.h>

#include "svakit_accel.h"

/*
 * How long a queue may take to let its last access leave. The device moves at
 * most 64 KiB between two looks at CTRL, so this is generous even where it is
 * emulated twice over; a queue that needs longer is taken for broken.
 */
#define SVK_STOP_POLL_US 20
#define SVK_STOP_DEADLINE_US (2 * USEC_PER_SEC)

static void __iomem *svk_qcfg(struct svk_queue *queue, u32 reg)
{
	return queue->svk->ctrl + SVK_QCFG_BASE + queue->index * SVK_QCFG_STRIDE + reg;
}

static enum svk_queue_state svk_status_state(u32 status)
{
	return svk_get(SVK_QCFG_STATUS_STATE, status);
}

static enum svk_queue_err svk_status_err(u32 status)
{
	return svk_get(SVK_QCFG_STATUS_ERR, status);
}

static const char *svk_queue_err_name(enum svk_queue_err err)
{
	switch (err) {
	case SVK_QERR_NONE:
		return "no error";
	case SVK_QERR_CONFIG:
		return "configuration out of range";
	case SVK_QERR_RING_FAULT:
		return "descriptor fetch refused";
	case SVK_QERR_CPL_FAULT:
		return "completion record write refused";
	case SVK_QERR_DOORBELL:
		return "doorbell beyond the ring";
	}
	return "unknown error";
}

/**
 * svk_queues_init() - Make every queue free.
 * @svk: device whose nr_queues is set
 */
void svk_queues_init(struct svk_device *svk)
{
	svk->nr_free = svk->nr_queues;
	for (u32 i = 0; i < svk->nr_queues; i++) {
		struct svk_queue *queue = &svk->queues[i];

		queue->svk = svk;
		queue->index = i;
		spin_lock_init(&queue->irq_lock);
	}
}

/**
 * svk_queue_get() - Take a free queue.
 * @svk: device
 * @mm: address space that the caller has bound; the bond outlives the queue
 *
 * Return: the queue, without a ring and stopped, or ERR_PTR(-EBUSY) when all
 * are taken.
 */
struct svk_queue *svk_queue_get(struct svk_device *svk, struct mm_struct *mm)
{
	guard(mutex)(&svk->lock);

	for (u32 i = 0; i < svk->nr_queues; i++) {
		struct svk_queue *queue = &svk->queues[i];

		if (queue->mm)
			continue;
		queue->mm = mm;
		queue->entries = 0;
		svk->nr_free--;
		return queue;
	}
	return ERR_PTR(-EBUSY);
}

/**
 * svk_queue_put() - Give a stopped queue back.
 * @queue: from svk_queue_get()
 */
void svk_queue_put(struct svk_queue *queue)
{
	guard(mutex)(&queue->svk->lock);

	queue->mm = NULL;
	queue->svk->nr_free++;
}

/**
 * svk_queue_set_ring() - Name the ring that the next start will use.
 * @queue: owned by the caller
 * @base: VA in the bound address space, 64-byte aligned
 * @entries: a power of two, from 2 to what SVK_GLB_CAP allows
 *
 * Return: 0, -EINVAL for a value out of range, -EBUSY when started.
 */
int svk_queue_set_ring(struct svk_queue *queue, u64 base, u32 entries)
{
	u32 max = BIT(svk_get(SVK_GLB_CAP_RING_SHIFT, queue->svk->cap));

	if (entries < 2 || entries > max || !is_power_of_2(entries))
		return -EINVAL;
	if (!IS_ALIGNED(base, sizeof(struct svk_desc)) ||
	    !access_ok((void __user *)base, entries * sizeof(struct svk_desc)))
		return -EINVAL;

	guard(mutex)(&queue->svk->lock);

	if (queue->started)
		return -EBUSY;
	queue->ring = base;
	queue->entries = entries;
	return 0;
}

static void svk_queue_set_owner(struct svk_queue *queue, struct uacce_queue *owner)
{
	guard(spinlock_irq)(&queue->irq_lock);

	queue->owner = owner;
	queue->updated = false;
}

static int svk_queue_disable(struct svk_queue *queue)
{
	u32 status;

	writel(0, svk_qcfg(queue, SVK_QCFG_CTRL));
	return readl_poll_timeout(svk_qcfg(queue, SVK_QCFG_STATUS), status,
				  svk_reg_gone(status) ||
					  svk_status_state(status) == SVK_QSTATE_DISABLED,
				  SVK_STOP_POLL_US, SVK_STOP_DEADLINE_US);
}

static int svk_queue_enable(struct svk_queue *queue, u32 pasid)
{
	struct device *dev = &queue->svk->pdev->dev;
	u32 status;

	writeq(queue->ring, svk_qcfg(queue, SVK_QCFG_RING));
	writel(queue->entries, svk_qcfg(queue, SVK_QCFG_SIZE));
	writel(svk_put(SVK_QCFG_PASID_MASK, pasid) | SVK_QCFG_PASID_VALID,
	       svk_qcfg(queue, SVK_QCFG_PASID));
	writel(queue->index + 1, svk_qcfg(queue, SVK_QCFG_VECTOR));
	writel(SVK_QCFG_CTRL_ENABLE, svk_qcfg(queue, SVK_QCFG_CTRL));

	status = readl(svk_qcfg(queue, SVK_QCFG_STATUS));
	if (svk_reg_gone(status))
		return -ENODEV;
	if (svk_status_state(status) == SVK_QSTATE_ENABLED)
		return 0;

	dev_err(dev, "queue %u did not start: state %u, %s\n", queue->index,
		svk_status_state(status), svk_queue_err_name(svk_status_err(status)));
	svk_queue_disable(queue);
	return -EIO;
}

/**
 * svk_queue_start() - Program and enable a queue.
 * @queue: owned by @owner, stopped
 * @owner: woken by the queue's interrupts until svk_queue_stop()
 *
 * The PASID is the one that the kernel bound @owner to.
 *
 * Return: 0, -EINVAL without a ring, -EAGAIN during a reset of the function,
 * -ENODEV when the function is gone, -EIO when the device refuses (logged).
 */
int svk_queue_start(struct svk_queue *queue, struct uacce_queue *owner)
{
	int ret;

	guard(mutex)(&queue->svk->lock);

	if (!queue->entries)
		return -EINVAL;
	if (queue->svk->resetting)
		return -EAGAIN;

	/* Before ENABLE: from there on interrupts may come. */
	svk_queue_set_owner(queue, owner);
	ret = svk_queue_enable(queue, owner->pasid);
	if (ret) {
		svk_queue_set_owner(queue, NULL);
		return ret;
	}
	queue->started = true;
	return 0;
}

/**
 * svk_queue_stop() - Abort what a queue is doing and detach its owner.
 * @queue: any queue; one that is not started is left alone
 *
 * When this returns the device makes no access for the queue any more, and
 * the owner is not woken again: the address space may be unbound. A queue that
 * does not stop in time costs the whole device a reset.
 */
void svk_queue_stop(struct svk_queue *queue)
{
	struct svk_device *svk = queue->svk;

	guard(mutex)(&svk->lock);

	if (!queue->started)
		return;
	queue->started = false;
	svk_queue_set_owner(queue, NULL);

	/* A reset of the function has already stopped it. */
	if (svk->resetting)
		return;
	if (svk_queue_disable(queue)) {
		dev_err(&svk->pdev->dev,
			"queue %u did not stop within %lu ms: resetting the device\n", queue->index,
			SVK_STOP_DEADLINE_US / USEC_PER_MSEC);
		svk_device_recover(svk);
	}
}

/**
 * svk_queues_stop_for_reset() - Stop all queues, as their owners will notice.
 * @svk: device, its lock held
 *
 * The queues stay started for their owners, who are woken and read a state of
 * DISABLED: what they had submitted is lost.
 */
void svk_queues_stop_for_reset(struct svk_device *svk)
{
	lockdep_assert_held(&svk->lock);

	for (u32 i = 0; i < svk->nr_queues; i++) {
		struct svk_queue *queue = &svk->queues[i];

		if (!queue->started)
			continue;
		if (svk_queue_disable(queue))
			dev_warn(&svk->pdev->dev, "queue %u is busy at reset\n", i);
		svk_queue_wake(queue);
	}
}

/**
 * svk_queue_read_state() - Read a queue's status registers.
 * @queue: any queue
 * @state: filled on success
 *
 * Return: 0, -EAGAIN during a reset of the function, -ENODEV when it is gone.
 */
int svk_queue_read_state(struct svk_queue *queue, struct svk_queue_regs *state)
{
	guard(mutex)(&queue->svk->lock);

	if (queue->svk->resetting)
		return -EAGAIN;
	state->status = readl(svk_qcfg(queue, SVK_QCFG_STATUS));
	if (svk_reg_gone(state->status))
		return -ENODEV;
	state->fault_addr = readq(svk_qcfg(queue, SVK_QCFG_FAULT_ADDR));
	return 0;
}

/* More than the tests that halt queues need, if they are repeated; the default of 10 is not. */
static DEFINE_RATELIMIT_STATE(svk_halt_log, DEFAULT_RATELIMIT_INTERVAL, 200);

/**
 * svk_queue_report_error() - Log why a queue halted, and wake its owner.
 * @queue: named by SVK_GLB_ERR
 *
 * Context: hard interrupt. Rate limited, as any process can halt its queue.
 */
void svk_queue_report_error(struct svk_queue *queue)
{
	u32 status = readl(svk_qcfg(queue, SVK_QCFG_STATUS));

	if (svk_reg_gone(status))
		return;
	if (__ratelimit(&svk_halt_log))
		dev_err(&queue->svk->pdev->dev, "queue %u halted: %s, address %#llx\n",
			queue->index, svk_queue_err_name(svk_status_err(status)),
			readq(svk_qcfg(queue, SVK_QCFG_FAULT_ADDR)));
	svk_queue_wake(queue);
}

/**
 * svk_queue_wake() - Note an interrupt and wake whoever polls.
 * @queue: any queue; without an owner nothing happens
 *
 * Context: any, with interrupts on or off.
 */
void svk_queue_wake(struct svk_queue *queue)
{
	guard(spinlock_irqsave)(&queue->irq_lock);

	if (!queue->owner)
		return;
	queue->updated = true;
	wake_up_interruptible(&queue->owner->wait);
}

/**
 * svk_queue_test_and_clear_updated() - Has an interrupt come since last asked?
 * @queue: any queue
 *
 * Interrupts that come close together may be seen as one, as with any MSI.
 */
bool svk_queue_test_and_clear_updated(struct svk_queue *queue)
{
	bool updated;

	guard(spinlock_irq)(&queue->irq_lock);

	updated = queue->updated;
	queue->updated = false;
	return updated;
}
