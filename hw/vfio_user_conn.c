// SPDX-License-Identifier: GPL-2.0
/*
 * Framing: bytes and descriptors of a non-blocking stream socket to whole
 * messages and back.
 *
 * With nothing half-received a read takes what there is, so that the usual
 * message costs one system call. Descriptors belong to the message of the last
 * byte that was read with them: the kernel ends a read behind the bytes that
 * descriptors came with. The rest of a half-received message is read to its
 * exact end, so that descriptors of the next one are not taken for its own.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "machine.h"
#include "vfio_user_internal.h"

void conn_fail(struct vfio_user_port *port, const char *fmt, ...)
{
	char reason[160];
	va_list ap;

	if (port->conn.dead)
		return;
	port->conn.dead = true;
	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	log_warn("%s: client dropped: %s", port->fn->name, reason);
}

static void conn_close_fds(struct vfio_user_conn *conn)
{
	for (unsigned int i = 0; i < conn->nfds; i++)
		if (conn->fds[i] >= 0)
			close(conn->fds[i]);
	conn->nfds = 0;
}

void conn_open(struct vfio_user_port *port, int fd)
{
	struct vfio_user_conn *conn = &port->conn;

	conn->fd = fd;
	conn->negotiated = false;
	conn->dead = false;
	conn->have = 0;
	conn->used = 0;
	conn->nfds = 0;
	conn->out_pos = 0;
	conn->out_len = 0;
	conn->nasked = 0;
	conn->events = 0;
}

void conn_close(struct vfio_user_port *port)
{
	conn_close_fds(&port->conn);
	close(port->conn.fd);
	port->conn.fd = -1;
}

/* Keep the descriptors of one read; more than were negotiated end the connection. */
static int conn_take_fds(struct vfio_user_port *port, struct msghdr *mh)
{
	struct vfio_user_conn *conn = &port->conn;
	bool too_many = mh->msg_flags & MSG_CTRUNC;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (conn->nfds < VFIO_USER_MAX_FDS) {
				conn->fds[conn->nfds++] = fd;
			} else {
				close(fd);
				too_many = true;
			}
		}
	}
	conn->last_fd_byte = conn->have - 1;
	if (too_many)
		conn_fail(port, "more than %u descriptors with one message", VFIO_USER_MAX_FDS);
	return too_many ? -EPROTO : 0;
}

/* Receive up to room bytes. Return: whether there were any. */
static bool conn_receive(struct vfio_user_port *port, size_t room)
{
	struct vfio_user_conn *conn = &port->conn;
	char control[CMSG_SPACE(VFIO_USER_MAX_FDS * sizeof(int))];
	struct iovec iov = {conn->in + conn->have, room};
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(conn->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (n < 0) {
		conn_fail(port, "%s", strerror(errno));
		return false;
	}
	if (n == 0) {
		if (conn->have)
			conn_fail(port, "closed in the middle of a message");
		conn->dead = true;
		return false;
	}
	conn->have += n;
	return !mh.msg_controllen || !conn_take_fds(port, &mh);
}

/* Receive until want bytes of the next message are there. Return: whether they are. */
static bool conn_fill(struct vfio_user_port *port, size_t want)
{
	struct vfio_user_conn *conn = &port->conn;

	while (conn->have - conn->used < want) {
		size_t room;

		conn->have -= conn->used;
		if (conn->have)
			memmove(conn->in, conn->in + conn->used, conn->have);
		conn->last_fd_byte -= conn->used;
		conn->used = 0;
		room = conn->have ? want - conn->have : sizeof(conn->in);
		if (!conn_receive(port, room))
			return false;
	}
	return true;
}

static int conn_check_header(struct vfio_user_port *port, const struct vfio_user_header *hdr)
{
	u32 type = hdr->flags & VFIO_USER_F_TYPE_MASK;

	if (hdr->size < sizeof(*hdr) || hdr->size > VFIO_USER_MAX_MSG) {
		conn_fail(port, "message of %u bytes, not %zu to %u", hdr->size, sizeof(*hdr),
			  VFIO_USER_MAX_MSG);
		return -EPROTO;
	}
	if (type != VFIO_USER_F_TYPE_COMMAND && type != VFIO_USER_F_TYPE_REPLY) {
		conn_fail(port, "message of unknown type %u", type);
		return -EPROTO;
	}
	if (!port->conn.negotiated &&
	    (type != VFIO_USER_F_TYPE_COMMAND || hdr->command != VFIO_USER_VERSION)) {
		conn_fail(port, "command %u before VERSION", hdr->command);
		return -EPROTO;
	}
	return 0;
}

/* Return: whether a message was received and executed. */
static bool conn_step(struct vfio_user_port *port)
{
	struct vfio_user_conn *conn = &port->conn;
	struct vfio_user_message msg;

	if (!conn_fill(port, sizeof(msg.hdr)))
		return false;
	memcpy(&msg.hdr, conn->in + conn->used, sizeof(msg.hdr));
	if (conn_check_header(port, &msg.hdr) || !conn_fill(port, msg.hdr.size))
		return false;

	msg.data = conn->in + conn->used + sizeof(msg.hdr);
	msg.len = msg.hdr.size - sizeof(msg.hdr);
	conn->used += msg.hdr.size;
	msg.fds = conn->fds;
	msg.nfds = conn->last_fd_byte < conn->used ? conn->nfds : 0;
	if ((msg.hdr.flags & VFIO_USER_F_TYPE_MASK) == VFIO_USER_F_TYPE_REPLY)
		vfio_user_reply_received(port, &msg.hdr);
	else
		vfio_user_execute(port, &msg);
	if (msg.nfds)
		conn_close_fds(conn);
	return true;
}

unsigned int conn_input(struct vfio_user_port *port)
{
	struct vfio_user_conn *conn = &port->conn;
	unsigned int done = 0;

	/*
	 * A client that does not take its replies is not read from: the queue
	 * stays bounded, and what waits in the buffer is executed once there is
	 * room. With the buffer empty it is the next client's turn.
	 */
	while (!conn->dead && conn_has_room(conn) && conn_step(port)) {
		done++;
		if (conn->used == conn->have)
			break;
	}
	return done;
}

bool conn_has_room(const struct vfio_user_conn *conn)
{
	return conn->out_len + VFIO_USER_MAX_MSG <= VFIO_USER_OUT_SIZE;
}

void conn_flush(struct vfio_user_port *port)
{
	struct vfio_user_conn *conn = &port->conn;

	while (!conn->dead && conn->out_pos < conn->out_len) {
		ssize_t n = send(conn->fd, conn->out + conn->out_pos, conn->out_len - conn->out_pos,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			conn_fail(port, "cannot send: %s", strerror(errno));
			return;
		}
		conn->out_pos += n;
	}
	conn->out_pos = 0;
	conn->out_len = 0;
}

void conn_send(struct vfio_user_port *port, const struct vfio_user_header *hdr, const void *payload,
	       size_t len)
{
	struct vfio_user_conn *conn = &port->conn;

	if (conn->dead)
		return;
	memcpy(conn->out + conn->out_len, hdr, sizeof(*hdr));
	conn->out_len += sizeof(*hdr);
	if (len)
		memcpy(conn->out + conn->out_len, payload, len);
	conn->out_len += len;
	conn_flush(port);
}
