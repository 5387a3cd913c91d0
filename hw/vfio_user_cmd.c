// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the client. A handler gets a payload of at least the size that
 * the table names, returns 0 or -errno, and fills in the reply's payload.
 * Handlers run with the machine's lock held.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "gmem.h"
#include "log.h"
#include "machine.h"
#include "trace.h"
#include "vfio_user_internal.h"

typedef int (*command_handler)(struct vfio_user_port *port, const struct vfio_user_message *msg,
			       struct vfio_user_reply *reply);

static void reply_put(struct vfio_user_reply *reply, const void *data, size_t len)
{
	memcpy(reply->data + reply->len, data, len);
	reply->len += len;
}

static int handle_dma_map(struct vfio_user_port *port, const struct vfio_user_message *msg,
			  struct vfio_user_reply *reply)
{
	struct vfio_user_dma_map map;
	unsigned int prot = 0;
	int fd = -1;
	int rc;

	(void)reply;
	memcpy(&map, msg->data, sizeof(map));
	if (map.argsz < sizeof(map) || msg->nfds > 1 ||
	    (map.flags & ~(VFIO_USER_F_DMA_REGION_READ | VFIO_USER_F_DMA_REGION_WRITE)))
		return -EINVAL;
	if (map.flags & VFIO_USER_F_DMA_REGION_READ)
		prot |= GMEM_READ;
	if (map.flags & VFIO_USER_F_DMA_REGION_WRITE)
		prot |= GMEM_WRITE;
	if (msg->nfds)
		fd = msg->fds[0];

	rc = gmem_map(port->fn->mem, map.addr, map.size, prot, fd, map.offset);
	if (rc == -EPERM)
		log_guest("%s: DMA_MAP of a file that can shrink or has huge pages: use "
			  "memory-backend-memfd,share=on",
			  port->fn->name);
	log_debug("%s: map %#llx + %#llx%s: %d", port->fn->name, map.addr, map.size,
		  fd < 0 ? " (no file)" : "", rc);
	return rc;
}

static int handle_dma_unmap(struct vfio_user_port *port, const struct vfio_user_message *msg,
			    struct vfio_user_reply *reply)
{
	struct vfio_user_dma_unmap unmap;
	int rc;

	memcpy(&unmap, msg->data, sizeof(unmap));
	if (unmap.argsz < sizeof(unmap) || (unmap.flags & ~VFIO_DMA_UNMAP_FLAG_ALL))
		return -EINVAL;
	if (unmap.flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		if (unmap.addr || unmap.size)
			return -EINVAL;
		rc = gmem_unmap(port->fn->mem, 0, ~0ULL);
	} else {
		/* To gmem_unmap() that size means everything, which has a flag of its own here. */
		if (unmap.size == ~0ULL)
			return -EINVAL;
		rc = gmem_unmap(port->fn->mem, unmap.addr, unmap.size);
	}
	log_debug("%s: unmap %#llx + %#llx: %d", port->fn->name, unmap.addr, unmap.size, rc);
	reply_put(reply, &unmap, sizeof(unmap));
	return rc;
}

static int handle_get_info(struct vfio_user_port *port, const struct vfio_user_message *msg,
			   struct vfio_user_reply *reply)
{
	/* The structure of <linux/vfio.h> has grown; the protocol has its first 16 bytes. */
	u32 info[4] = {
		sizeof(info),
		VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
		VFIO_PCI_NUM_REGIONS,
		VFIO_PCI_NUM_IRQS,
	};
	u32 argsz;

	(void)port;
	memcpy(&argsz, msg->data, sizeof(argsz));
	if (argsz < sizeof(info))
		return -EINVAL;
	reply_put(reply, info, sizeof(info));
	return 0;
}

static u64 region_size(const struct pci_function *fn, u32 region)
{
	if (region <= VFIO_PCI_BAR5_REGION_INDEX)
		return fn->bar_size[region];
	return region == VFIO_PCI_CONFIG_REGION_INDEX ? PCI_CONFIG_SIZE : 0;
}

static int handle_get_region_info(struct vfio_user_port *port, const struct vfio_user_message *msg,
				  struct vfio_user_reply *reply)
{
	struct vfio_region_info info;

	memcpy(&info, msg->data, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info.argsz = sizeof(info);
	info.size = region_size(port->fn, info.index);
	/* Never mappable: a register access is an event, not a memory write. */
	info.flags = info.size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	info.cap_offset = 0;
	info.offset = 0;
	reply_put(reply, &info, sizeof(info));
	return 0;
}

static int handle_get_irq_info(struct vfio_user_port *port, const struct vfio_user_message *msg,
			       struct vfio_user_reply *reply)
{
	struct vfio_irq_info info;

	memcpy(&info, msg->data, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info.argsz = sizeof(info);
	info.count = vfio_user_irq_count(port->fn, info.index);
	info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE : 0;
	reply_put(reply, &info, sizeof(info));
	return 0;
}

/* Check an access against its region. Return: 0 or -errno. */
static int check_access(const struct vfio_user_port *port,
			const struct vfio_user_region_access *access)
{
	u64 size = region_size(port->fn, access->region);

	if (!access->count || access->count > VFIO_USER_MAX_XFER || access->offset >= size ||
	    access->count > size - access->offset)
		return -EINVAL;
	if (access->region == VFIO_PCI_CONFIG_REGION_INDEX)
		return 0;
	/* A BAR is accessed as by one instruction. */
	if (access->count > 8 || (access->count & (access->count - 1)) ||
	    (access->offset & (access->count - 1))) {
		machine_count(port->fn->machine, SVK_LAB_BAD_ACCESS);
		return -EINVAL;
	}
	return 0;
}

static void trace_access(const struct vfio_user_port *port,
			 const struct vfio_user_region_access *access, u64 val, bool write)
{
	trace_event(port->fn->machine->trace, TRACE_REG, port->fn->index,
		    (u64)access->region << 32 | access->offset, val, write);
}

static int handle_region_read(struct vfio_user_port *port, const struct vfio_user_message *msg,
			      struct vfio_user_reply *reply)
{
	struct vfio_user_region_access access;
	int rc;

	memcpy(&access, msg->data, sizeof(access));
	rc = check_access(port, &access);
	if (rc)
		return rc;
	reply_put(reply, &access, sizeof(access));
	if (access.region == VFIO_PCI_CONFIG_REGION_INDEX) {
		pci_config_read(port->fn, access.offset, reply->data + reply->len, access.count);
		reply->len += access.count;
	} else {
		u64 val = port->fn->ops->bar_read(port->fn, access.region, access.offset,
						  access.count);
		__le64 le = cpu_to_le64(val);

		trace_access(port, &access, val, false);
		reply_put(reply, &le, access.count);
	}
	return 0;
}

static int handle_region_write(struct vfio_user_port *port, const struct vfio_user_message *msg,
			       struct vfio_user_reply *reply)
{
	struct vfio_user_region_access access;
	int rc;

	memcpy(&access, msg->data, sizeof(access));
	rc = check_access(port, &access);
	if (rc)
		return rc;
	if (msg->len - sizeof(access) != access.count)
		return -EINVAL;
	if (access.region == VFIO_PCI_CONFIG_REGION_INDEX) {
		pci_config_write(port->fn, access.offset, msg->data + sizeof(access), access.count);
	} else {
		__le64 le = 0;
		u64 val;

		memcpy(&le, msg->data + sizeof(access), access.count);
		val = le64_to_cpu(le);
		trace_access(port, &access, val, true);
		port->fn->ops->bar_write(port->fn, access.region, access.offset, val, access.count);
	}
	reply_put(reply, &access, sizeof(access));
	return 0;
}

static int handle_reset(struct vfio_user_port *port, const struct vfio_user_message *msg,
			struct vfio_user_reply *reply)
{
	(void)msg;
	(void)reply;
	log_debug("%s: device reset", port->fn->name);
	pci_reset(port->fn);
	return 0;
}

/* Commands that a client may send; a zero handler is a command that is not for us. */
static const struct {
	const char *name;
	size_t min_len;
	command_handler handler;
} commands[VFIO_USER_COMMANDS] = {
	[VFIO_USER_VERSION] = {"VERSION", sizeof(struct vfio_user_version), vfio_user_negotiate},
	[VFIO_USER_DMA_MAP] = {"DMA_MAP", sizeof(struct vfio_user_dma_map), handle_dma_map},
	[VFIO_USER_DMA_UNMAP] = {"DMA_UNMAP", sizeof(struct vfio_user_dma_unmap), handle_dma_unmap},
	[VFIO_USER_DEVICE_GET_INFO] = {"DEVICE_GET_INFO", 16, handle_get_info},
	[VFIO_USER_DEVICE_GET_REGION_INFO] = {"DEVICE_GET_REGION_INFO",
					      sizeof(struct vfio_region_info),
					      handle_get_region_info},
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = {"DEVICE_GET_IRQ_INFO", sizeof(struct vfio_irq_info),
					   handle_get_irq_info},
	[VFIO_USER_DEVICE_SET_IRQS] = {"DEVICE_SET_IRQS", sizeof(struct vfio_irq_set),
				       vfio_user_set_irqs},
	[VFIO_USER_REGION_READ] = {"REGION_READ", sizeof(struct vfio_user_region_access),
				   handle_region_read},
	[VFIO_USER_REGION_WRITE] = {"REGION_WRITE", sizeof(struct vfio_user_region_access),
				    handle_region_write},
	[VFIO_USER_DEVICE_RESET] = {"DEVICE_RESET", 0, handle_reset},
};

static int run_handler(struct vfio_user_port *port, const struct vfio_user_message *msg,
		       struct vfio_user_reply *reply)
{
	struct machine *m = port->fn->machine;
	u16 command = msg->hdr.command;
	int rc;

	if (command >= VFIO_USER_COMMANDS || !commands[command].handler) {
		log_guest("%s: command %u is not supported", port->fn->name, command);
		return -ENOTSUP;
	}
	if (msg->len < commands[command].min_len) {
		rc = -EINVAL;
	} else {
		machine_lock(m);
		rc = commands[command].handler(port, msg, reply);
		machine_settle(m);
		machine_unlock(m);
	}
	if (rc)
		log_guest("%s: %s refused: %s", port->fn->name, commands[command].name,
			  strerror(-rc));
	return rc;
}

void vfio_user_execute(struct vfio_user_port *port, const struct vfio_user_message *msg)
{
	struct vfio_user_reply reply;
	struct vfio_user_header hdr = {
		.id = msg->hdr.id,
		.command = msg->hdr.command,
		.flags = VFIO_USER_F_TYPE_REPLY,
	};
	int rc;

	reply.len = 0;
	rc = run_handler(port, msg, &reply);
	if (msg->hdr.flags & VFIO_USER_F_NO_REPLY)
		return;
	if (rc) {
		hdr.flags |= VFIO_USER_F_ERROR;
		hdr.error = -rc;
		reply.len = 0;
	}
	hdr.size = sizeof(hdr) + reply.len;
	conn_send(port, &hdr, reply.data, reply.len);
}
