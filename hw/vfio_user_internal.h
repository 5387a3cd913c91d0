/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vfio-user server from inside. Files: vfio_user.c (event loop),
 * vfio_user_conn.c (framing), vfio_user_cmd.c (commands), vfio_user_version.c
 * (negotiation), vfio_user_irq.c (interrupts).
 *
 * Everything belongs to the thread in vfio_user_run(), except what is marked
 * "lock": that is guarded by the machine's lock.
 */
#ifndef HW_VFIO_USER_INTERNAL_H
#define HW_VFIO_USER_INTERNAL_H

#include <svakit/types.h>

#include "pci.h"
#include "vfio_user.h"
#include "vfio_user_proto.h"

#define VFIO_USER_MAX_PORTS 5
#define VFIO_USER_MAX_MSIS 64
#define VFIO_USER_OUT_SIZE (4 * VFIO_USER_MAX_MSG)

struct vfio_user_port;

/**
 * struct vfio_user_message - One complete command.
 * @hdr: header, size checked
 * @data: payload
 * @len: bytes of payload
 * @fds: descriptors that came along; a handler that keeps one puts -1 in its place
 * @nfds: number of @fds
 */
struct vfio_user_message {
	struct vfio_user_header hdr;
	const u8 *data;
	size_t len;
	int *fds;
	unsigned int nfds;
};

/**
 * struct vfio_user_reply - Payload of a reply under construction.
 * @len: bytes of @data, at most VFIO_USER_MAX_MSG - sizeof(struct vfio_user_header)
 */
struct vfio_user_reply {
	size_t len;
	u8 data[VFIO_USER_MAX_MSG];
};

/**
 * struct vfio_user_conn - The client of a port.
 * @fd: its socket, -1 = no client
 * @negotiated: VERSION is done
 * @dead: to be closed; the reason is logged
 * @in: received bytes, from @used to @have
 * @fds: descriptors of the message of which @in holds byte @last_fd_byte
 * @out: bytes not sent yet, from @out_pos to @out_len
 * @next_id: of the next command to the client
 * @asked: identifiers of the commands that the client has not answered
 * @events: what epoll watches @fd for
 */
struct vfio_user_conn {
	int fd;
	bool negotiated;
	bool dead;
	size_t used;
	size_t have;
	size_t last_fd_byte;
	unsigned int nfds;
	int fds[VFIO_USER_MAX_FDS];
	size_t out_pos;
	size_t out_len;
	u16 next_id;
	unsigned int nasked;
	u16 asked[VFIO_USER_MAX_MSIS];
	u32 events;
	u8 in[2 * VFIO_USER_MAX_MSG];
	u8 out[VFIO_USER_OUT_SIZE];
};

/** struct vfio_user_msi - A memory write on its way to the client. */
struct vfio_user_msi {
	u64 addr;
	u32 data;
};

/**
 * struct vfio_user_port - A function and its socket.
 * @index: in its server
 * @served: a client has been here
 * @waiting: the listening socket is not watched until the client is gone
 * @irq: eventfds by vector, -1 = none; lock
 * @msi: ring of writes that wait to be sent, @nmsis from @msi_first; lock
 */
struct vfio_user_port {
	struct vfio_user_server *server;
	struct pci_function *fn;
	char *path;
	int listen_fd;
	int refused_fd;
	unsigned int index;
	bool served;
	bool waiting;
	struct vfio_user_conn conn;
	int irq[PCI_MAX_VECTORS];
	struct vfio_user_msi msi[VFIO_USER_MAX_MSIS];
	unsigned int msi_first;
	unsigned int nmsis;
};

/**
 * vfio_user_wake() - Have the event loop look for queued writes; any thread.
 */
void vfio_user_wake(struct vfio_user_server *s);

/** conn_open() - Take over a connected, non-blocking socket. */
void conn_open(struct vfio_user_port *port, int fd);
/** conn_close() - Close the socket and the descriptors of a half-received message. */
void conn_close(struct vfio_user_port *port);

/**
 * conn_input() - Execute what was received before, or else what one read gives.
 *
 * To be called whenever there is input, and whenever output has gone.
 *
 * Return: messages executed.
 */
unsigned int conn_input(struct vfio_user_port *port);

/** conn_flush() - Send what waits, as far as the socket takes it. */
void conn_flush(struct vfio_user_port *port);

/** conn_send() - Queue a message and try to send it. @len bytes of payload. */
void conn_send(struct vfio_user_port *port, const struct vfio_user_header *hdr, const void *payload,
	       size_t len);

/** conn_has_room() - Whether any one message fits into the output queue. */
bool conn_has_room(const struct vfio_user_conn *conn);

/** conn_fail() - Log why the connection ends, once, and mark it dead. */
void conn_fail(struct vfio_user_port *port, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** vfio_user_execute() - Execute a command and reply to it. */
void vfio_user_execute(struct vfio_user_port *port, const struct vfio_user_message *msg);

/**
 * vfio_user_negotiate() - VERSION.
 *
 * Return: 0 with the reply, or -errno; -EPROTO for a version that cannot be
 * served, for which there is no reply.
 */
int vfio_user_negotiate(struct vfio_user_port *port, const struct vfio_user_message *msg,
			struct vfio_user_reply *reply);

/** vfio_user_set_irqs() - DEVICE_SET_IRQS, lock held. Return: 0 or -errno. */
int vfio_user_set_irqs(struct vfio_user_port *port, const struct vfio_user_message *msg,
		       struct vfio_user_reply *reply);
/** vfio_user_irq_count() - Return: interrupts of VFIO index @index. */
u32 vfio_user_irq_count(const struct pci_function *fn, u32 index);
/** vfio_user_irq_clear() - Forget all eventfds and queued writes. Lock held. */
void vfio_user_irq_clear(struct vfio_user_port *port);
/** vfio_user_send_msis() - Pass queued writes to the client as DMA_WRITE commands. */
void vfio_user_send_msis(struct vfio_user_port *port);
/** vfio_user_reply_received() - The client answered one of our commands. */
void vfio_user_reply_received(struct vfio_user_port *port, const struct vfio_user_header *hdr);

extern const struct pci_host_ops vfio_user_host_ops;

#endif /* HW_VFIO_USER_INTERNAL_H */
