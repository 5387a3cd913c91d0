// SPDX-License-Identifier: GPL-2.0
/*
 * The event loop. After a message it polls for SPIN_NS before it sleeps: the
 * next message of a guest that waits for a queue follows within microseconds,
 * and a sleep and a wake-up would cost more than the message.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "gmem.h"
#include "log.h"
#include "machine.h"
#include "unix_listen.h"
#include "vfio_user_internal.h"

#define SPIN_NS 80000LL
/* Looks at the client of the last message between two looks at everything. */
#define SPIN_LOOKS 8
#define MAX_EVENTS (3 * VFIO_USER_MAX_PORTS + 4)
#define NS_PER_S 1000000000ULL

/* What an epoll event is about: the low bits, with the index of the port above them. */
enum {
	EV_STOP,
	EV_WAKE,
	EV_TIMER,
	EV_OTHER,
	EV_CLIENT,
	EV_LISTENER,
	EV_REFUSED,
};

#define EV_KIND_BITS 3
#define EV_KIND(id) ((id) & ((1U << EV_KIND_BITS) - 1))
#define EV_INDEX(id) ((id) >> EV_KIND_BITS)
#define EV_ID(kind, index) ((kind) | (index) << EV_KIND_BITS)

/* hot is the port of the last message; ready is called for what else the loop serves. */
struct vfio_user_server {
	struct machine *machine;
	int epoll_fd;
	int wake_fd;
	int timer_fd;
	unsigned int nports;
	unsigned int hot;
	void (*ready)(void *arg);
	void *ready_arg;
	struct vfio_user_port *port[VFIO_USER_MAX_PORTS];
};

static int watch(struct vfio_user_server *s, int fd, u32 events, u32 id)
{
	struct epoll_event ev = {.events = events, .data.u32 = id};

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

/* The model's clock is this one's. A time that has passed is now. */
static void set_alarm(void *waker, u64 at)
{
	const struct vfio_user_server *s = waker;
	const struct itimerspec spec = {
		.it_value = {.tv_sec = (time_t)(at / NS_PER_S), .tv_nsec = (long)(at % NS_PER_S)}};

	timerfd_settime(s->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void run_timers(struct vfio_user_server *s)
{
	u64 times;

	if (read(s->timer_fd, &times, sizeof(times)) < 0)
		return;
	machine_lock(s->machine);
	timers_run(s->machine);
	machine_settle(s->machine);
	machine_unlock(s->machine);
}

static void watch_timers(struct vfio_user_server *s, bool on)
{
	machine_lock(s->machine);
	s->machine->timers.wake = on ? set_alarm : NULL;
	s->machine->timers.waker = s;
	machine_unlock(s->machine);
}

struct vfio_user_server *vfio_user_new(struct machine *m)
{
	struct vfio_user_server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->machine = m;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->epoll_fd < 0 || s->wake_fd < 0 || s->timer_fd < 0 ||
	    watch(s, s->wake_fd, EPOLLIN, EV_WAKE) || watch(s, s->timer_fd, EPOLLIN, EV_TIMER)) {
		int err = errno;

		vfio_user_free(s);
		errno = err;
		return NULL;
	}
	watch_timers(s, true);
	return s;
}

/* Whether new clients are looked at: those who wait for the end of the old one must not wake us. */
static void port_watch_listener(struct vfio_user_port *port, bool on)
{
	struct epoll_event ev = {.events = on ? EPOLLIN : 0,
				 .data.u32 = EV_ID(EV_LISTENER, port->index)};

	if (port->waiting == !on)
		return;
	port->waiting = !on;
	epoll_ctl(port->server->epoll_fd, EPOLL_CTL_MOD, port->listen_fd, &ev);
}

/* The client is gone, or is sent away: what it brought goes with it. */
static void port_disconnect(struct vfio_user_port *port)
{
	struct machine *m = port->fn->machine;
	bool negotiated = port->conn.negotiated;

	conn_close(port);
	port_watch_listener(port, true);
	if (!negotiated)
		return;
	machine_lock(m);
	pci_reset(port->fn);
	gmem_unmap(port->fn->mem, 0, ~0ULL);
	vfio_user_irq_clear(port);
	machine_unlock(m);
	log_info("%s: client disconnected", port->fn->name);
}

static void port_free(struct vfio_user_port *port)
{
	struct machine *m = port->fn->machine;

	if (port->conn.fd >= 0)
		port_disconnect(port);
	if (port->refused_fd >= 0)
		close(port->refused_fd);
	machine_lock(m);
	port->fn->host_ops = NULL;
	port->fn->host = NULL;
	machine_unlock(m);
	close(port->listen_fd);
	unlink(port->path);
	free(port->path);
	free(port);
}

void vfio_user_free(struct vfio_user_server *s)
{
	if (!s)
		return;
	for (unsigned int i = 0; i < s->nports; i++)
		port_free(s->port[i]);
	watch_timers(s, false);
	if (s->timer_fd >= 0)
		close(s->timer_fd);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s);
}

int vfio_user_add(struct vfio_user_server *s, struct pci_function *fn, const char *path)
{
	struct vfio_user_port *port;
	int rc;

	if (s->nports == VFIO_USER_MAX_PORTS)
		return -ENOSPC;
	port = calloc(1, sizeof(*port));
	if (!port)
		return -ENOMEM;
	port->path = strdup(path);
	port->listen_fd = port->path ? unix_listen(path, "--socket-dir") : -ENOMEM;
	rc = port->listen_fd;
	if (rc < 0)
		goto err_free;
	rc = watch(s, port->listen_fd, EPOLLIN, EV_ID(EV_LISTENER, s->nports));
	if (rc)
		goto err_close;

	port->server = s;
	port->index = s->nports;
	port->fn = fn;
	port->conn.fd = -1;
	port->refused_fd = -1;
	for (unsigned int vec = 0; vec < PCI_MAX_VECTORS; vec++)
		port->irq[vec] = -1;
	fn->host_ops = &vfio_user_host_ops;
	fn->host = port;
	s->port[s->nports++] = port;
	return 0;

err_close:
	close(port->listen_fd);
	unlink(path);
err_free:
	free(port->path);
	free(port);
	return rc;
}

int vfio_user_attach(struct vfio_user_server *s, int fd, void (*ready)(void *arg), void *arg)
{
	s->ready = ready;
	s->ready_arg = arg;
	return watch(s, fd, EPOLLIN, EV_OTHER);
}

void vfio_user_wake(struct vfio_user_server *s)
{
	u64 one = 1;

	/* Fails only when the counter is full, and then the loop has a wake-up to come. */
	if (write(s->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/*
 * A second client gets its first command back with an error: QEMU aborts when
 * the socket is just closed.
 */
static void port_refuse(struct vfio_user_server *s, unsigned int index, int fd)
{
	struct vfio_user_port *port = s->port[index];

	log_warn("%s: second client refused: a function has one", port->fn->name);
	if (port->refused_fd >= 0)
		close(port->refused_fd);
	port->refused_fd = fd;
	if (watch(s, fd, EPOLLIN, EV_ID(EV_REFUSED, index))) {
		close(fd);
		port->refused_fd = -1;
	}
}

static void port_answer_refused(struct vfio_user_port *port)
{
	u8 command[VFIO_USER_MAX_MSG];
	struct vfio_user_header hdr;
	ssize_t n;

	if (port->refused_fd < 0)
		return;
	n = recv(port->refused_fd, command, sizeof(command), MSG_DONTWAIT);
	if (n >= (ssize_t)sizeof(hdr)) {
		memcpy(&hdr, command, sizeof(hdr));
		hdr.size = sizeof(hdr);
		hdr.flags = VFIO_USER_F_TYPE_REPLY | VFIO_USER_F_ERROR;
		hdr.error = EBUSY;
		send(port->refused_fd, &hdr, sizeof(hdr), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	close(port->refused_fd);
	port->refused_fd = -1;
}

static void port_accept(struct vfio_user_server *s, unsigned int index)
{
	struct vfio_user_port *port = s->port[index];
	struct pollfd old = {.fd = port->conn.fd, .events = POLLRDHUP};
	int fd;

	/*
	 * The old client has hung up, but we have yet to read so far, which may take until it
	 * has read its replies: the new one waits.
	 */
	if (old.fd >= 0 && poll(&old, 1, 0) > 0) {
		port_watch_listener(port, false);
		return;
	}
	fd = accept4(port->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (old.fd >= 0) {
		port_refuse(s, index, fd);
		return;
	}
	conn_open(port, fd);
	port->conn.events = EPOLLIN;
	if (watch(s, fd, EPOLLIN, EV_ID(EV_CLIENT, index))) {
		conn_fail(port, "cannot be watched: %s", strerror(errno));
		port_disconnect(port);
	}
}

/* Watch for room to send when there is something to send, for input when it can be answered. */
static void port_rewatch(struct vfio_user_server *s, unsigned int index)
{
	struct vfio_user_conn *conn = &s->port[index]->conn;
	struct epoll_event ev = {.data.u32 = EV_ID(EV_CLIENT, index)};

	if (conn_has_room(conn))
		ev.events |= EPOLLIN;
	if (conn->out_len)
		ev.events |= EPOLLOUT;
	if (ev.events == conn->events)
		return;
	conn->events = ev.events;
	epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, conn->fd, &ev);
}

/* After anything that can have made output or an end. Return: whether a client is there. */
static bool port_settle(struct vfio_user_server *s, unsigned int index)
{
	struct vfio_user_port *port = s->port[index];

	if (port->conn.fd < 0)
		return false;
	vfio_user_send_msis(port);
	if (port->conn.dead) {
		port_disconnect(port);
		return false;
	}
	port_rewatch(s, index);
	return true;
}

/* Return: whether a message was executed. */
static bool port_event(struct vfio_user_server *s, unsigned int index)
{
	struct vfio_user_port *port = s->port[index];
	unsigned int done;

	if (port->conn.fd < 0)
		return false;
	if (port->conn.out_len)
		conn_flush(port);
	done = conn_input(port);
	port_settle(s, index);
	if (done)
		s->hot = index;
	return done;
}

static void drain_wake(struct vfio_user_server *s)
{
	u64 count;

	if (read(s->wake_fd, &count, sizeof(count)) < 0)
		return;
	for (unsigned int i = 0; i < s->nports; i++)
		port_settle(s, i);
}

/* Handle a batch. Return: whether a message was executed. */
static bool handle_events(struct vfio_user_server *s, const struct epoll_event *ev, int n,
			  bool *stop)
{
	bool busy = false;

	for (int i = 0; i < n; i++) {
		u32 id = ev[i].data.u32;

		switch (EV_KIND(id)) {
		case EV_STOP:
			*stop = true;
			break;
		case EV_WAKE:
			drain_wake(s);
			break;
		case EV_TIMER:
			run_timers(s);
			break;
		case EV_OTHER:
			s->ready(s->ready_arg);
			break;
		case EV_CLIENT:
			busy |= port_event(s, EV_INDEX(id));
			break;
		case EV_REFUSED:
			port_answer_refused(s->port[EV_INDEX(id)]);
			break;
		}
	}
	/* New clients last: the end of the one before may be in the same batch. */
	for (int i = 0; i < n; i++)
		if (EV_KIND(ev[i].data.u32) == EV_LISTENER)
			port_accept(s, EV_INDEX(ev[i].data.u32));
	return busy;
}

static bool all_served(const struct vfio_user_server *s)
{
	for (unsigned int i = 0; i < s->nports; i++)
		if (!s->port[i]->served || s->port[i]->conn.fd >= 0)
			return false;
	return true;
}

static s64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/*
 * Look whether the client that sent the last message has more: the receive
 * call itself sees a message about a microsecond before epoll does, and that
 * microsecond is often the one after which the guest looks at its queue's
 * status. Return: whether a message was executed.
 */
static bool spin(struct vfio_user_server *s)
{
	bool busy = false;

	for (int i = 0; i < SPIN_LOOKS; i++)
		busy |= port_event(s, s->hot);
	return busy;
}

/* Wait for events, at most @timeout ms, and handle them. Return: how many, or -errno. */
static int serve_events(struct vfio_user_server *s, int timeout, bool *busy, bool *stop)
{
	struct epoll_event ev[MAX_EVENTS];
	int n = epoll_wait(s->epoll_fd, ev, MAX_EVENTS, timeout);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	*busy |= handle_events(s, ev, n, stop);
	return n;
}

static int serve(struct vfio_user_server *s, bool once)
{
	s64 spin_until = 0;
	int timeout = -1;
	bool stop = false;

	while (!stop && !(once && all_served(s))) {
		bool busy = !timeout && spin(s);
		int n = serve_events(s, timeout, &busy, &stop);

		if (n < 0)
			return n;
		if (busy)
			spin_until = now_ns() + SPIN_NS;
		timeout = busy || now_ns() < spin_until ? 0 : -1;
	}
	return 0;
}

int vfio_user_poll(struct vfio_user_server *s)
{
	bool ignored = false;

	return serve_events(s, 0, &ignored, &ignored);
}

int vfio_user_run(struct vfio_user_server *s, int stop_fd, bool once)
{
	int rc = watch(s, stop_fd, EPOLLIN, EV_STOP);

	if (rc)
		return rc;
	rc = serve(s, once);
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, stop_fd, NULL);
	return rc;
}
