// SPDX-License-Identifier: GPL-2.0
/*
 * The clients of the control socket. They have an epoll descriptor of their
 * own, which the event loop watches: it is readable when one of them is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/control.h"
#include "log.h"
#include "unix_listen.h"

/* What an epoll event is about; below: the index of a client. */
#define EV_LISTENER CONTROL_CLIENTS
#define EV_MORE (CONTROL_CLIENTS + 1)
#define MAX_EVENTS (CONTROL_CLIENTS + 2)

/* Bytes for replies at first; then twice as many, up to CONTROL_OUT, which is a power of two. */
#define FIRST_OUT 4096

#define TOO_LONG "{\"ok\":false,\"error\":\"the line is too long\"}"
#define UNENDED "{\"ok\":false,\"error\":\"the line has no end\"}"
#define TOO_MANY "{\"ok\":false,\"error\":\"too many clients\"}\n"

/**
 * struct control_client - A client, or a place for one.
 * @fd: its socket, -1 = none
 * @events: what epoll watches @fd for
 * @closing: it is read no more, and closed when all replies have gone
 * @dead: to be closed
 * @have: bytes received and not executed
 * @out: replies, to be sent from @out_pos to @out_len
 */
struct control_client {
	int fd;
	unsigned int events;
	bool closing;
	bool dead;
	size_t have;
	size_t out_pos;
	size_t out_len;
	size_t out_size;
	char *out;
	char in[CONTROL_LINE];
};

/**
 * struct control - The socket.
 * @more_fd: an eventfd, readable while @more
 * @more: a client has sent lines that still wait for their turn
 */
struct control {
	struct control_model model;
	char *path;
	int listen_fd;
	int epoll_fd;
	int more_fd;
	bool more;
	struct control_client client[CONTROL_CLIENTS];
};

static int watch(const struct control *c, int fd, unsigned int events, unsigned int id)
{
	struct epoll_event ev = {.events = events, .data.u32 = id};

	return epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

static void client_close(struct control_client *client)
{
	close(client->fd);
	free(client->out);
	client->fd = -1;
	client->out = NULL;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0)
			client_close(&c->client[i]);
	if (c->listen_fd >= 0) {
		close(c->listen_fd);
		unlink(c->path);
	}
	if (c->more_fd >= 0)
		close(c->more_fd);
	if (c->epoll_fd >= 0)
		close(c->epoll_fd);
	free(c->path);
	free(c);
}

static int control_init(struct control *c, const char *path)
{
	c->path = strdup(path);
	if (!c->path || c->epoll_fd < 0 || c->more_fd < 0)
		return -errno;
	c->listen_fd = unix_listen(path, "--control");
	if (c->listen_fd < 0)
		return c->listen_fd;
	if (watch(c, c->listen_fd, EPOLLIN, EV_LISTENER) < 0 ||
	    watch(c, c->more_fd, EPOLLIN, EV_MORE) < 0)
		return -errno;
	return 0;
}

struct control *control_new(const struct control_model *m, const char *path)
{
	struct control *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return NULL;
	c->model = *m;
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		c->client[i].fd = -1;
	c->listen_fd = -1;
	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	c->more_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = control_init(c, path);
	if (!rc)
		return c;
	control_free(c);
	errno = -rc;
	return NULL;
}

int control_fd(const struct control *c)
{
	return c->epoll_fd;
}

static void client_drop(struct control_client *client, const char *why)
{
	client->dead = true;
	log_guest("control: client dropped: %s", why);
}

static void client_flush(struct control_client *client)
{
	while (client->out_pos < client->out_len) {
		ssize_t n = send(client->fd, client->out + client->out_pos,
				 client->out_len - client->out_pos, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			client->dead |= errno != EAGAIN && errno != EINTR;
			return;
		}
		client->out_pos += (size_t)n;
	}
	client->out_pos = 0;
	client->out_len = 0;
}

/* Make room for @len bytes behind those that wait. Return: whether there is. */
static bool client_room(struct control_client *client, size_t len)
{
	size_t size = client->out_size ? client->out_size : FIRST_OUT;
	char *out;

	if (client->out_len + len <= client->out_size)
		return true;
	client->out_len -= client->out_pos;
	if (client->out_len)
		memmove(client->out, client->out + client->out_pos, client->out_len);
	client->out_pos = 0;
	if (client->out_len + len > CONTROL_OUT)
		return false;
	while (size < client->out_len + len)
		size *= 2;
	out = realloc(client->out, size);
	if (!out)
		return false;
	client->out = out;
	client->out_size = size;
	return true;
}

static void client_reply(struct control_client *client, const char *text)
{
	size_t len = strlen(text);

	if (!client_room(client, len + 1)) {
		client_drop(client, "it does not read its replies");
		return;
	}
	memcpy(client->out + client->out_len, text, len);
	client->out[client->out_len + len] = '\n';
	client->out_len += len + 1;
	client_flush(client);
}

static void client_receive(struct control_client *client)
{
	ssize_t n = recv(client->fd, client->in + client->have, sizeof(client->in) - client->have,
			 MSG_DONTWAIT);

	if (n > 0) {
		client->have += (size_t)n;
		return;
	}
	if (n < 0) {
		client->dead |= errno != EAGAIN && errno != EINTR;
		return;
	}
	/* It may have closed its side only, and wait for what it has asked. */
	client->closing = true;
	if (client->have)
		client_reply(client, UNENDED);
}

static char *line_end(struct control_client *client)
{
	return memchr(client->in, '\n', client->have);
}

/* Execute the next line, if it is there as a whole. */
static void client_line(struct control *c, struct control_client *client)
{
	char *end = line_end(client);
	char *reply;

	if (!end) {
		if (client->have < sizeof(client->in))
			return;
		client->closing = true;
		client_reply(client, TOO_LONG);
		return;
	}
	reply = control_execute(&c->model, client->in, (size_t)(end - client->in));
	if (reply)
		client_reply(client, reply);
	else
		client_drop(client, "no memory for its reply");
	free(reply);
	end++;
	client->have -= (size_t)(end - client->in);
	memmove(client->in, end, client->have);
}

/* Watch for input where it can be taken, and for room where something is to be sent. */
static void client_rewatch(struct control *c, struct control_client *client)
{
	struct epoll_event ev = {.data.u32 = (u32)(client - c->client)};

	if (!client->closing && !line_end(client))
		ev.events |= EPOLLIN;
	if (client->out_len)
		ev.events |= EPOLLOUT;
	if (ev.events == client->events)
		return;
	client->events = ev.events;
	epoll_ctl(c->epoll_fd, EPOLL_CTL_MOD, client->fd, &ev);
}

/* One turn: send, receive, execute. Return: whether another line waits already. */
static bool client_turn(struct control *c, struct control_client *client)
{
	client_flush(client);
	if (!client->closing && !line_end(client))
		client_receive(client);
	if (!client->closing && !client->dead)
		client_line(c, client);
	if (client->dead || (client->closing && !client->out_len)) {
		client_close(client);
		return false;
	}
	client_rewatch(c, client);
	return !client->closing && line_end(client);
}

static void client_open(struct control *c, struct control_client *client, int fd)
{
	memset(client, 0, sizeof(*client));
	client->fd = fd;
	client->events = EPOLLIN;
	if (watch(c, fd, EPOLLIN, (unsigned int)(client - c->client)) < 0)
		client_close(client);
}

static void accept_client(struct control *c)
{
	int fd = accept4(c->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->client[i].fd >= 0)
			continue;
		client_open(c, &c->client[i], fd);
		return;
	}
	send(fd, TOO_MANY, strlen(TOO_MANY), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

/* Lines that wait are no event of a socket: the eventfd stands for them. */
static void set_more(struct control *c, bool more)
{
	eventfd_t count;

	if (more == c->more)
		return;
	c->more = more;
	if (more)
		eventfd_write(c->more_fd, 1);
	else
		eventfd_read(c->more_fd, &count);
}

unsigned int control_serve(struct control *c)
{
	struct epoll_event ev[MAX_EVENTS];
	int n = epoll_wait(c->epoll_fd, ev, MAX_EVENTS, 0);
	bool turn[MAX_EVENTS] = {false};
	bool more = false;

	for (int i = 0; i < n; i++)
		turn[ev[i].data.u32] = true;
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &c->client[i];

		if (client->fd >= 0 && (turn[i] || line_end(client)))
			more |= client_turn(c, client);
	}
	if (turn[EV_LISTENER])
		accept_client(c);
	set_more(c, more);
	return n < 0 ? 0 : (unsigned int)n;
}
