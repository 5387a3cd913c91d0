// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of a mediated device: eventfds, signalled from the parent's.
 *
 * Vector 0 tells of errors. Queue n interrupts the vector in its register
 * SVK_QCFG_VECTOR, which the guest chooses.
 */
#include <linux/errno.h>
#include <linux/eventfd.h>

#include "svakit_mdev.h"

/**
 * svk_irqs_signal() - Raise a vector; without an eventfd it is lost.
 * @m: device
 * @vector: a vector of the device, or any number
 *
 * Context: any, also hard interrupt.
 */
void svk_irqs_signal(struct svk_mdev *m, u32 vector)
{
	guard(spinlock_irqsave)(&m->irq_lock);

	if (vector < svk_mdev_vectors(m) && m->triggers[vector])
		eventfd_signal(m->triggers[vector]);
}

/**
 * svk_irqs_raise_error() - A queue has halted.
 * @m: device
 * @slot: the device's number for it
 *
 * Context: any, also hard interrupt.
 */
void svk_irqs_raise_error(struct svk_mdev *m, u32 slot)
{
	guard(spinlock_irqsave)(&m->irq_lock);

	m->err |= BIT_ULL(slot);
	if (m->triggers[0])
		eventfd_signal(m->triggers[0]);
}

/**
 * svk_irqs_request() - VFIO's request: ask the VMM to let go of the device.
 * @m: device that is being removed
 * @count: how many times it has been asked before
 */
void svk_irqs_request(struct svk_mdev *m, unsigned int count)
{
	struct eventfd_ctx *request;

	scoped_guard(spinlock_irqsave, &m->irq_lock) {
		request = m->request;
		if (request)
			eventfd_signal(request);
	}
	if (!(count % 10))
		dev_notice(svk_mdev_dev(m), "removal waits until the device is closed%s\n",
			   request ? "; its user has been asked" : "; nobody listens");
}

/**
 * svk_irqs_count() - How many interrupts an index has.
 * @m: device
 * @index: VFIO_PCI_xxx_IRQ_INDEX
 *
 * Return: their number, 0 if the device has no such interrupt.
 */
u32 svk_irqs_count(const struct svk_mdev *m, u32 index)
{
	switch (index) {
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return svk_mdev_vectors(m);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return 1;
	}
	return 0;
}

static struct eventfd_ctx **svk_irqs_slot(struct svk_mdev *m, u32 index, u32 vector)
{
	return index == VFIO_PCI_REQ_IRQ_INDEX ? &m->request : &m->triggers[vector];
}

/* Set one eventfd, or none if @fd is -1. */
static int svk_irqs_set_fd(struct svk_mdev *m, u32 index, u32 vector, int fd)
{
	struct eventfd_ctx *ctx = NULL;

	if (fd < -1)
		return -EINVAL;
	if (fd >= 0) {
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}
	scoped_guard(spinlock_irqsave, &m->irq_lock)
		swap(*svk_irqs_slot(m, index, vector), ctx);
	if (ctx)
		eventfd_ctx_put(ctx);
	return 0;
}

static void svk_irqs_trigger(struct svk_mdev *m, u32 index, u32 vector)
{
	struct eventfd_ctx *ctx;

	guard(spinlock_irqsave)(&m->irq_lock);

	ctx = *svk_irqs_slot(m, index, vector);
	if (ctx)
		eventfd_signal(ctx);
}

/**
 * svk_irqs_set() - VFIO_DEVICE_SET_IRQS, as vfio-pci has it for MSI-X and REQ.
 * @m: device
 * @hdr: checked against svk_irqs_count() by vfio_set_irqs_validate_and_prepare()
 * @data: eventfds (s32) or booleans (u8), @hdr->count of them, or NULL
 *
 * Return: 0, -ENOTTY for masking, -EINVAL, -EBADF. Eventfds before the one that
 * was refused are set.
 */
int svk_irqs_set(struct svk_mdev *m, const struct vfio_irq_set *hdr, void *data)
{
	u32 type = hdr->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	int ret;

	if ((hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;

	if (!hdr->count) {
		/* Turns the whole index off. */
		if (type != VFIO_IRQ_SET_DATA_NONE || hdr->start)
			return -EINVAL;
		for (u32 i = 0; i < svk_irqs_count(m, hdr->index); i++)
			svk_irqs_set_fd(m, hdr->index, i, -1);
		return 0;
	}
	for (u32 i = 0; i < hdr->count; i++) {
		u32 vector = hdr->start + i;

		switch (type) {
		case VFIO_IRQ_SET_DATA_EVENTFD:
			ret = svk_irqs_set_fd(m, hdr->index, vector, ((s32 *)data)[i]);
			if (ret)
				return ret;
			break;
		case VFIO_IRQ_SET_DATA_BOOL:
			if (!((u8 *)data)[i])
				break;
			fallthrough;
		case VFIO_IRQ_SET_DATA_NONE:
			svk_irqs_trigger(m, hdr->index, vector);
			break;
		}
	}
	return 0;
}

/**
 * svk_irqs_release() - Forget all eventfds.
 * @m: device that is being closed
 */
void svk_irqs_release(struct svk_mdev *m)
{
	for (u32 i = 0; i < svk_mdev_vectors(m); i++)
		svk_irqs_set_fd(m, VFIO_PCI_MSIX_IRQ_INDEX, i, -1);
	svk_irqs_set_fd(m, VFIO_PCI_REQ_IRQ_INDEX, 0, -1);
}
