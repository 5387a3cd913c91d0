/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Driver of the svakit accelerator: what its four files share.
 *
 *	main.c		PCI function, interrupts, reset
 *	queue.c		hardware queues: allocate, start, stop
 *	uacce.c		the character device
 *	preflight.c	why SVA does not work here, in words
 *
 * Locks, outermost first:
 *
 *	uacce->mutex	taken by uacce around get, put, start, stop and ioctl, so
 *			these never run at the same time on one device
 *	svk->lock	taken here by whatever touches queue configuration
 *			registers, since a PCI reset comes without uacce->mutex
 *	queue->irq_lock	ties a queue to its owner's wait queue; innermost, taken
 *			by interrupt handlers
 *
 * mmap_lock is never taken under svk->lock: arguments of an ioctl are copied
 * outside it.
 */
#ifndef MODULES_SVAKIT_ACCEL_SVAKIT_ACCEL_H
#define MODULES_SVAKIT_ACCEL_SVAKIT_ACCEL_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/uacce.h>
#include <svakit/accel_regs.h>

struct mm_struct;
struct pci_dev;
struct svk_device;

/**
 * struct svk_queue - One hardware queue.
 * @svk: device it belongs to
 * @index: 0 to svk->nr_queues - 1
 * @mm: address space that uacce bound on open, NULL when the queue is free.
 *	Compared, never followed: the SVA bond holds a reference on it from
 *	before get_queue until after put_queue, so the address is not reused
 *	while it stands here. Stable under uacce->mutex, and for mmap because the
 *	file that is being mapped is open.
 * @ring: VA of the ring, under svk->lock
 * @entries: descriptors in the ring, 0 until SET_RING; under svk->lock
 * @started: between start and stop, under svk->lock
 * @irq_lock: guards @owner and @updated
 * @owner: whom to wake, NULL unless started
 * @updated: an interrupt has come since the last poll()
 */
struct svk_queue {
	struct svk_device *svk;
	u32 index;
	struct mm_struct *mm;
	u64 ring;
	u32 entries;
	bool started;

	/* See @irq_lock above. */
	spinlock_t irq_lock;
	struct uacce_queue *owner;
	bool updated;
};

/**
 * struct svk_device - One accelerator function.
 * @pdev: PCI function
 * @ctrl: BAR 0
 * @portal_base: physical address of queue 0's portal
 * @cap: register SVK_GLB_CAP
 * @opcap: register SVK_GLB_OPCAP
 * @nr_queues: elements of @queues
 * @uacce: character device
 * @lock: serialises queue configuration with a reset of the function
 * @nr_free: queues that nobody owns, under @lock
 * @resetting: from reset_prepare to reset_done, under @lock
 * @queues: the hardware queues
 */
struct svk_device {
	struct pci_dev *pdev;
	void __iomem *ctrl;
	phys_addr_t portal_base;
	u64 cap;
	u64 opcap;
	u32 nr_queues;
	struct uacce_device *uacce;

	/* See @lock above. */
	struct mutex lock;
	unsigned int nr_free;
	bool resetting;
	struct svk_queue queues[] __counted_by(nr_queues);
};

/**
 * struct svk_queue_regs - What GET_INFO reports of a queue.
 * @status: register SVK_QCFG_STATUS
 * @fault_addr: register SVK_QCFG_FAULT_ADDR
 */
struct svk_queue_regs {
	u32 status;
	u64 fault_addr;
};

/* A function that has gone (surprise removal, link down) reads as all ones. */
static inline bool svk_reg_gone(u32 val)
{
	return val == U32_MAX;
}

/* main.c */
int svk_device_enable(struct svk_device *svk);
void svk_device_recover(struct svk_device *svk);

/* queue.c */
void svk_queues_init(struct svk_device *svk);
struct svk_queue *svk_queue_get(struct svk_device *svk, struct mm_struct *mm);
void svk_queue_put(struct svk_queue *queue);
int svk_queue_set_ring(struct svk_queue *queue, u64 base, u32 entries);
int svk_queue_start(struct svk_queue *queue, struct uacce_queue *owner);
void svk_queue_stop(struct svk_queue *queue);
void svk_queues_stop_for_reset(struct svk_device *svk);
int svk_queue_read_state(struct svk_queue *queue, struct svk_queue_regs *state);
void svk_queue_report_error(struct svk_queue *queue);
void svk_queue_wake(struct svk_queue *queue);
bool svk_queue_test_and_clear_updated(struct svk_queue *queue);

/* uacce.c */
int svk_uacce_register(struct svk_device *svk);

/* preflight.c */
int svk_preflight(struct pci_dev *pdev);

#endif /* MODULES_SVAKIT_ACCEL_SVAKIT_ACCEL_H */
