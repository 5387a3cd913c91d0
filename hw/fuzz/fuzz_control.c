// SPDX-License-Identifier: GPL-2.0
/*
 * What clients of the control socket can send, in any pieces, read or not. The model behind it is
 * that of fuzz_registers(), with entries that are cached, some of them stale. The language of the
 * inputs is in lines.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/control.h"
#include "fuzz/fuzz.h"
#include "fuzz/lines.h"
#include "fuzz/registers.h"
#include "trace.h"
#include "vtd/vtd.h"

#define MAX_FDS 256
#define TRACE_EVENTS 64
/* Bytes that LINES_AGAIN may add in all: enough to fill every buffer, and soon executed. */
#define MAX_AGAIN 0x4000
/* Turns after which whatever was sent must have been served: a line, be it empty, is one. */
#define MAX_TURNS (LINES_TEXT + 64)

/**
 * struct lines_client - One client.
 * @fd: its socket
 * @have: bytes of replies received, from the last end of a line on
 */
struct lines_client {
	int fd;
	size_t have;
	char in[CONTROL_OUT];
};

static struct world {
	struct registers model;
	struct control *control;
	char folder[32];
	struct sockaddr_un addr;
	struct lines_client client[LINES_CLIENTS];
	size_t again; /* bytes that may still be repeated */
	size_t have;
	char text[LINES_TEXT];
} w;

static void client_connect(struct lines_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->have = 0;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	fuzz_check(c->fd >= 0);
	fuzz_check(!connect(c->fd, (struct sockaddr *)&w.addr, sizeof(w.addr)));
}

/* Serve as the event loop does. All must come to rest when no client does anything. */
static void serve(void)
{
	struct pollfd p = {.fd = control_fd(w.control), .events = POLLIN};
	unsigned int turns = 0;

	while (poll(&p, 1, 0) > 0) {
		fuzz_check(control_serve(w.control));
		fuzz_check(turns++ < MAX_TURNS);
	}
}

/* A reply: an object that says whether it went well, and if not, why. */
static void check_reply(const char *line, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *reply, *val;

	fuzz_check(tok);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	reply = json_tokener_parse_ex(tok, line, (int)len);
	fuzz_check(json_object_is_type(reply, json_type_object));
	fuzz_check(json_tokener_get_parse_end(tok) == len);
	fuzz_check(json_object_object_get_ex(reply, "ok", &val));
	fuzz_check(json_object_is_type(val, json_type_boolean));
	if (!json_object_get_boolean(val)) {
		fuzz_check(json_object_object_get_ex(reply, "error", &val));
		fuzz_check(json_object_get_string_len(val) > 0);
	}
	json_object_put(reply);
	json_tokener_free(tok);
}

static void check_replies(struct lines_client *c)
{
	char *start = c->in, *end;

	while ((end = memchr(start, '\n', c->have))) {
		check_reply(start, (size_t)(end - start));
		end++;
		c->have -= (size_t)(end - start);
		start = end;
	}
	memmove(c->in, start, c->have);
}

static void take(struct lines_client *c)
{
	ssize_t n;

	do {
		/* A reply that fills all of this is longer than any may be. */
		fuzz_check(c->have < sizeof(c->in));
		n = recv(c->fd, c->in + c->have, sizeof(c->in) - c->have, MSG_DONTWAIT);
		c->have += n > 0 ? (size_t)n : 0;
		check_replies(c);
		serve();
	} while (n > 0);
}

/* What the socket does not take is lost, as is what nobody is there for. */
static void send_text(struct lines_client *c, unsigned int times)
{
	while (w.have && times--) {
		if (times && w.again < w.have)
			times = 0;
		w.again -= times ? w.have : 0;
		if (send(c->fd, w.text, w.have, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			fuzz_check(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
		serve();
	}
	w.have = 0;
}

static void add_byte(struct lines_client *c, u8 byte)
{
	w.text[w.have++] = (char)byte;
	if (w.have == sizeof(w.text))
		send_text(c, 1);
}

/* An access of the device that fills caches, or a change of a table that makes them stale. */
static void guest(u8 what)
{
	struct vtd_request req = {.sid = 0x30,
				  .has_pasid = true,
				  .pasid = REG_PASID_FS,
				  .addr = (what & 63) * REG_PAGE};
	struct vtd_translation out;
	const size_t entry = REG_P_FS1 * REG_PAGE + (what & 63) * sizeof(u64);

	machine_lock(&w.model.machine);
	if (what & 0x80)
		memset(w.model.ram + entry, 0, sizeof(u64));
	else
		vtd_translate(w.model.unit, &req, &out);
	machine_unlock(&w.model.machine);
}

static void world_init(void)
{
	struct control_model m = {
		.machine = &w.model.machine, .accel = &w.model.accel, .accels = 1};

	registers_init(&w.model, REG_CONFIG_READY | REG_WATCH_ORACLE, 0);
	w.model.machine.trace = trace_new(TRACE_EVENTS);
	fuzz_check(w.model.machine.trace);
	m.unit = w.model.unit;
	strcpy(w.folder, "/tmp/svahw-fuzz-XXXXXX");
	fuzz_check(mkdtemp(w.folder));
	w.addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(w.addr.sun_path, sizeof(w.addr.sun_path), "%s/control", w.folder);
	w.control = control_new(&m, w.addr.sun_path);
	fuzz_check(w.control);
	w.again = MAX_AGAIN;
	w.have = 0;
	for (unsigned int i = 0; i < LINES_CLIENTS; i++) {
		w.client[i].fd = -1;
		client_connect(&w.client[i]);
	}
	serve();
}

static void world_cleanup(void)
{
	for (unsigned int i = 0; i < LINES_CLIENTS; i++) {
		take(&w.client[i]);
		close(w.client[i].fd);
		serve();
	}
	control_free(w.control);
	fuzz_check(!rmdir(w.folder));
	trace_free(w.model.machine.trace);
	w.model.machine.trace = NULL;
	registers_cleanup(&w.model);
}

/* Return: whose text comes next. */
static struct lines_client *execute(struct lines_client *c, u8 op, struct fuzz_input *in)
{
	if (op == LINES_BYTE) {
		add_byte(c, fuzz_u8(in));
		return c;
	}
	send_text(c, op == LINES_AGAIN ? fuzz_u8(in) : 1);
	switch (op) {
	case LINES_OTHER:
		return c == &w.client[0] ? &w.client[1] : &w.client[0];
	case LINES_CONNECT:
		client_connect(c);
		break;
	case LINES_TAKE:
		take(c);
		break;
	case LINES_SHUTDOWN:
		shutdown(c->fd, SHUT_WR);
		break;
	case LINES_GUEST:
		guest(fuzz_u8(in));
		break;
	default:
		break;
	}
	serve();
	return c;
}

static unsigned int open_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < MAX_FDS; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int fuzz_control(const u8 *data, size_t size)
{
	static bool prepared;
	struct lines_client *c = &w.client[0];
	struct fuzz_input in = {data, size};
	unsigned int before;

	if (!prepared) {
		/* What is opened once, for all inputs. */
		registers_init(&w.model, 0, 0);
		registers_cleanup(&w.model);
		prepared = true;
	}
	before = open_fds();
	world_init();
	while (in.left) {
		u8 byte = fuzz_u8(&in);

		if (byte < LINES_SEND)
			add_byte(c, byte);
		else
			c = execute(c, byte, &in);
	}
	send_text(c, 1);
	world_cleanup();
	fuzz_check(open_fds() == before);
	return 0;
}
