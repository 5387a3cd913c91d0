// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of a function: MSI-X vectors are eventfds of the client, messages
 * of a function without MSI-X are DMA_WRITE commands to the client.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "machine.h"
#include "vfio_user_internal.h"

/* The part of struct vfio_irq_set before its data. */
#define IRQ_SET_SIZE offsetof(struct vfio_irq_set, data)

u32 vfio_user_irq_count(const struct pci_function *fn, u32 index)
{
	return index == VFIO_PCI_MSIX_IRQ_INDEX ? fn->vectors : 0;
}

/*
 * Signals are sent under the machine's lock, so a write must not block: only
 * an eventfd is taken, and made non-blocking. A counter at its limit is then a
 * signal that is pending already.
 */
static int check_eventfd(int fd)
{
	char path[32];
	char target[32];
	ssize_t n;
	int flags;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = 0;
	if (strcmp(target, "anon_inode:[eventfd]"))
		return -EINVAL;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
		return -errno;
	return 0;
}

static void set_vector(struct vfio_user_port *port, unsigned int vec, int fd)
{
	if (port->irq[vec] >= 0)
		close(port->irq[vec]);
	port->irq[vec] = fd;
}

static void signal_vector(struct vfio_user_port *port, unsigned int vec)
{
	u64 one = 1;

	if (port->irq[vec] < 0)
		return;
	if (write(port->irq[vec], &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_guest("%s: vector %u: %s", port->fn->name, vec, strerror(errno));
}

static int assign_vectors(struct vfio_user_port *port, const struct vfio_irq_set *set,
			  const struct vfio_user_message *msg)
{
	/* Descriptors for all vectors of the range, or for none: that takes theirs away. */
	if (msg->nfds && msg->nfds != set->count)
		return -EINVAL;
	for (unsigned int i = 0; i < msg->nfds; i++) {
		int rc = check_eventfd(msg->fds[i]);

		if (rc)
			return rc;
	}
	for (unsigned int i = 0; i < set->count; i++) {
		set_vector(port, set->start + i, msg->nfds ? msg->fds[i] : -1);
		if (msg->nfds)
			msg->fds[i] = -1;
	}
	return 0;
}

static int trigger_vectors(struct vfio_user_port *port, const struct vfio_irq_set *set,
			   const struct vfio_user_message *msg)
{
	const u8 *wanted = NULL;

	if (set->flags & VFIO_IRQ_SET_DATA_BOOL) {
		if (msg->len - IRQ_SET_SIZE != set->count)
			return -EINVAL;
		wanted = msg->data + IRQ_SET_SIZE;
	}
	for (unsigned int i = 0; i < set->count; i++)
		if (!wanted || wanted[i])
			signal_vector(port, set->start + i);
	return 0;
}

static int check_irq_set(const struct pci_function *fn, const struct vfio_irq_set *set)
{
	u32 data = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	u32 action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	u32 count;

	if (set->argsz < IRQ_SET_SIZE || set->index >= VFIO_PCI_NUM_IRQS ||
	    set->flags != (data | action) || __builtin_popcount(data) != 1 ||
	    __builtin_popcount(action) != 1)
		return -EINVAL;
	/* Nothing is announced as maskable. */
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTSUP;
	count = vfio_user_irq_count(fn, set->index);
	if (set->start > count || set->count > count - set->start)
		return -EINVAL;
	return 0;
}

int vfio_user_set_irqs(struct vfio_user_port *port, const struct vfio_user_message *msg,
		       struct vfio_user_reply *reply)
{
	struct vfio_irq_set set;
	int rc;

	(void)reply;
	memcpy(&set, msg->data, IRQ_SET_SIZE);
	rc = check_irq_set(port->fn, &set);
	if (rc)
		return rc;
	if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return assign_vectors(port, &set, msg);
	if (set.count)
		return trigger_vectors(port, &set, msg);
	if (set.start || !(set.flags & VFIO_IRQ_SET_DATA_NONE))
		return -EINVAL;
	for (unsigned int vec = 0; vec < vfio_user_irq_count(port->fn, set.index); vec++)
		set_vector(port, vec, -1);
	return 0;
}

void vfio_user_irq_clear(struct vfio_user_port *port)
{
	for (unsigned int vec = 0; vec < PCI_MAX_VECTORS; vec++)
		set_vector(port, vec, -1);
	__atomic_store_n(&port->nmsis, 0, __ATOMIC_RELAXED);
}

static void host_msix(void *host, unsigned int vec)
{
	signal_vector(host, vec);
}

static void host_msi_write(void *host, u64 addr, u32 data)
{
	struct vfio_user_port *port = host;
	struct vfio_user_msi *msi;

	if (port->nmsis == VFIO_USER_MAX_MSIS) {
		log_guest("%s: interrupt message dropped: the client does not take them",
			  port->fn->name);
		return;
	}
	msi = &port->msi[(port->msi_first + port->nmsis) % VFIO_USER_MAX_MSIS];
	msi->addr = addr;
	msi->data = data;
	__atomic_store_n(&port->nmsis, port->nmsis + 1, __ATOMIC_RELAXED);
	vfio_user_wake(port->server);
}

const struct pci_host_ops vfio_user_host_ops = {
	.msix = host_msix,
	.msi_write = host_msi_write,
};

static bool take_msi(struct vfio_user_port *port, struct vfio_user_msi *msi)
{
	struct machine *m = port->fn->machine;
	bool any;

	/* Mostly there is none: not worth a turn at the lock. Who adds one wakes us after it. */
	if (!__atomic_load_n(&port->nmsis, __ATOMIC_RELAXED))
		return false;
	machine_lock(m);
	any = port->nmsis;
	if (any) {
		*msi = port->msi[port->msi_first];
		port->msi_first = (port->msi_first + 1) % VFIO_USER_MAX_MSIS;
		__atomic_store_n(&port->nmsis, port->nmsis - 1, __ATOMIC_RELAXED);
	}
	machine_unlock(m);
	return any;
}

void vfio_user_send_msis(struct vfio_user_port *port)
{
	struct vfio_user_conn *conn = &port->conn;
	struct vfio_user_msi msi;

	while (conn->negotiated && !conn->dead && conn->nasked < VFIO_USER_MAX_MSIS &&
	       conn_has_room(conn) && take_msi(port, &msi)) {
		__le32 data = cpu_to_le32(msi.data);
		struct vfio_user_dma_access access = {msi.addr, sizeof(data)};
		u8 payload[sizeof(access) + sizeof(data)];
		struct vfio_user_header hdr = {
			.id = conn->next_id++,
			.command = VFIO_USER_DMA_WRITE,
			.size = sizeof(hdr) + sizeof(payload),
			.flags = VFIO_USER_F_TYPE_COMMAND,
		};

		memcpy(payload, &access, sizeof(access));
		memcpy(payload + sizeof(access), &data, sizeof(data));
		conn->asked[conn->nasked++] = hdr.id;
		conn_send(port, &hdr, payload, sizeof(payload));
	}
}

void vfio_user_reply_received(struct vfio_user_port *port, const struct vfio_user_header *hdr)
{
	struct vfio_user_conn *conn = &port->conn;
	unsigned int i;

	for (i = 0; i < conn->nasked && conn->asked[i] != hdr->id; i++)
		;
	if (i == conn->nasked || hdr->command != VFIO_USER_DMA_WRITE) {
		conn_fail(port, "reply %u to command %u, which was not sent", hdr->id,
			  hdr->command);
		return;
	}
	conn->asked[i] = conn->asked[--conn->nasked];
	if (hdr->flags & VFIO_USER_F_ERROR)
		log_guest("%s: the client refused an interrupt message: %s", port->fn->name,
			  strerror(hdr->error));
}
