// SPDX-License-Identifier: GPL-2.0
/*
 * The clients of the control socket: how lines come in pieces and in heaps,
 * and what becomes of those who send too much, read too little, or go.
 */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "accel_fixture.h"
#include "control/control.h"
#include "log.h"
#include "trace.h"
#include "vfio_user.h"

#define HELP "{\"cmd\":\"help\"}\n"
#define CLEAR "{\"cmd\":\"clear\"}\n"
#define OK "{\"ok\":true}\n"
#define READ_SIZE (2 * CONTROL_OUT)

static struct rig {
	struct fx *f;
	struct control *control;
	char dir[32];
	char path[64];
	char got[READ_SIZE];
} r;

static int setup(void **state)
{
	struct control_model m;

	r.f = fx_new(NULL);
	r.f->machine.trace = trace_new(4096);
	assert_non_null(r.f->machine.trace);
	m = (struct control_model){
		.machine = &r.f->machine, .unit = r.f->unit, .accel = &r.f->accel, .accels = 1};
	strcpy(r.dir, "/tmp/svahw-test-XXXXXX");
	assert_non_null(mkdtemp(r.dir));
	snprintf(r.path, sizeof(r.path), "%s/control.sock", r.dir);
	r.control = control_new(&m, r.path);
	assert_non_null(r.control);
	*state = r.f;
	return 0;
}

static int teardown(void **state)
{
	control_free(r.control);
	/* The socket is gone, or this fails. */
	assert_int_equal(rmdir(r.dir), 0);
	trace_free(r.f->machine.trace);
	r.f->machine.trace = NULL;
	return fx_teardown(state);
}

static int client(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memcpy(addr.sun_path, r.path, strlen(r.path));
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* Whether the event loop would call: the descriptor says that there is work. */
static bool wanted(void)
{
	struct pollfd p = {.fd = control_fd(r.control), .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* Serve as the event loop does, until all is quiet. */
static void serve(void)
{
	unsigned int rounds = 0;

	while (wanted()) {
		assert_true(control_serve(r.control) > 0);
		assert_true(++rounds < 100000);
	}
	assert_int_equal(control_serve(r.control), 0);
}

static void give(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	serve();
}

/* All that came; *@end: and the end after it. */
static const char *take(int fd, bool *end)
{
	size_t have = 0;
	ssize_t n;

	for (;;) {
		assert_true(have < sizeof(r.got) - 1);
		n = recv(fd, r.got + have, sizeof(r.got) - 1 - have, MSG_DONTWAIT);
		if (n <= 0)
			break;
		have += (size_t)n;
		/* What was sent makes room for more. */
		serve();
	}
	r.got[have] = 0;
	/* A server that closes with input unread resets the connection. */
	*end = !n || errno == ECONNRESET;
	assert_true(*end || errno == EAGAIN);
	return r.got;
}

static void expect(int fd, const char *want)
{
	bool end;

	assert_string_equal(take(fd, &end), want);
	assert_false(end);
}

/* The connection ends after a last reply that says @why. */
static void expect_end(int fd, const char *why)
{
	bool end;

	if (!strstr(take(fd, &end), why))
		fail_msg("'%s', not '%s'", r.got, why);
	assert_true(end);
	close(fd);
	serve();
}

static unsigned int lines(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void for_the_owner_only(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(r.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void one_line_one_reply(void **state)
{
	int fd = client();

	(void)state;
	give(fd, CLEAR);
	expect(fd, OK);
	give(fd, "{\"cmd\":\"clear\",\"id\":3}\n");
	expect(fd, "{\"ok\":true,\"id\":3}\n");
	/* An error is no reason to go. */
	give(fd, "\n");
	expect(fd, "{\"ok\":false,\"error\":\"no JSON object: the line ends in its middle\"}\n");
	give(fd, CLEAR);
	expect(fd, OK);
	close(fd);
	serve();
}

static void byte_by_byte(void **state)
{
	int fd = client();

	(void)state;
	for (const char *p = CLEAR CLEAR; *p; p++) {
		assert_int_equal(send(fd, p, 1, MSG_NOSIGNAL), 1);
		serve();
	}
	expect(fd, OK OK);
	close(fd);
	serve();
}

/* A turn executes one line of a client, so that others have theirs. */
static void many_lines_at_once(void **state)
{
	char text[CONTROL_LINE / 2] = "";
	int fd = client(), other = client();
	unsigned int n = 0;
	bool end;

	(void)state;
	while (strlen(text) + sizeof(CLEAR) < sizeof(text)) {
		strcat(text, CLEAR);
		n++;
	}
	/* Both are accepted. */
	serve();
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	assert_int_equal(send(other, CLEAR, strlen(CLEAR), MSG_NOSIGNAL), strlen(CLEAR));
	assert_true(control_serve(r.control) > 0);
	assert_int_equal(lines(take(other, &end)), 1);
	serve();
	assert_int_equal(lines(take(fd, &end)), n);
	assert_false(end);
	close(fd);
	close(other);
	serve();
}

/* @len bytes and a newline, blanks but for a command at the start. */
static void long_line(int fd, size_t len)
{
	char *text = malloc(len + 2);

	memset(text, ' ', len);
	memcpy(text, CLEAR, strlen(CLEAR) - 1);
	strcpy(text + len, "\n");
	give(fd, text);
	free(text);
}

static void longest_line(void **state)
{
	int fd = client();

	(void)state;
	long_line(fd, CONTROL_LINE - 1);
	expect(fd, OK);
	long_line(fd, CONTROL_LINE);
	expect_end(fd, "the line is too long");
	/* Likewise without any end, and with another command before it. */
	fd = client();
	give(fd, CLEAR);
	for (unsigned int i = 0; i < 3 && send(fd, CLEAR, 5, MSG_NOSIGNAL) == 5; i++)
		serve();
	long_line(fd, 3 * CONTROL_LINE);
	expect_end(fd, "the line is too long");
}

static void end_after_a_question(void **state)
{
	int fd = client();

	(void)state;
	assert_int_equal(send(fd, HELP CLEAR, strlen(HELP CLEAR), MSG_NOSIGNAL),
			 strlen(HELP CLEAR));
	shutdown(fd, SHUT_WR);
	serve();
	expect_end(fd, "}\n" OK);
}

static void end_in_the_middle(void **state)
{
	int fd = client();

	(void)state;
	give(fd, "{\"cmd\":");
	expect(fd, "");
	shutdown(fd, SHUT_WR);
	serve();
	expect_end(fd, "the line has no end");
	/* And nobody there to be told. */
	fd = client();
	give(fd, "{\"cmd\":");
	close(fd);
	serve();
}

static void goes_without_its_replies(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2 * CONTROL_CLIENTS; i++) {
		int fd = client();

		serve();
		assert_int_equal(send(fd, HELP CLEAR, strlen(HELP CLEAR), MSG_NOSIGNAL),
				 strlen(HELP CLEAR));
		close(fd);
		serve();
	}
	/* One that has only ever connected, too. */
	close(client());
	serve();
	assert_false(wanted());
}

static void as_many_as_there_may_be(void **state)
{
	int fd[CONTROL_CLIENTS];
	int late;

	(void)state;
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++) {
		fd[i] = client();
		give(fd[i], CLEAR);
	}
	late = client();
	serve();
	expect_end(late, "too many clients");
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++)
		expect(fd[i], OK);
	/* A place that is free is given again. */
	close(fd[3]);
	serve();
	fd[3] = client();
	for (unsigned int i = 0; i < CONTROL_CLIENTS; i++) {
		give(fd[i], CLEAR);
		expect(fd[i], OK);
		close(fd[i]);
	}
	serve();
}

/* Replies are kept for a while for one who is slow, but not for ever. */
static void never_reads(void **state)
{
	int fd = client(), other = client();
	bool end;
	unsigned int n = 0, got;

	(void)state;
	while (send(fd, HELP, strlen(HELP), MSG_NOSIGNAL) > 0) {
		serve();
		assert_true(++n < 100000);
	}
	assert_int_equal(errno, EPIPE);
	/* Replies that are whole, but for the last one: as many as the kernel and we have kept. */
	got = lines(take(fd, &end));
	assert_true(end);
	assert_true(got > 0 && got < n);
	close(fd);
	give(other, CLEAR);
	expect(other, OK);
	close(other);
	serve();
}

/* More than the kernel takes at once, and all of it arrives, in order. */
static void reads_late(void **state)
{
	int fd = client();
	unsigned int n = 0;
	bool end;

	(void)state;
	for (; n < 300; n++) {
		char line[64];

		snprintf(line, sizeof(line), "{\"cmd\":\"help\",\"id\":%u}\n", n);
		give(fd, line);
	}
	take(fd, &end);
	assert_false(end);
	assert_int_equal(lines(r.got), n);
	for (char *rest = r.got, *line; n && (line = strsep(&rest, "\n")) && *line; n--) {
		char want[32];

		snprintf(want, sizeof(want), "{\"ok\":true,\"id\":%u,", 300 - n);
		assert_memory_equal(line, want, strlen(want));
	}
	/* It has room again for as much. */
	give(fd, CLEAR);
	expect(fd, OK);
	close(fd);
	serve();
}

/* It asks for a lot, says no more, and reads later: the end comes behind the last reply. */
static void reads_late_after_its_end(void **state)
{
	int fd = client();
	bool end;

	(void)state;
	for (unsigned int n = 0; n < 300; n++)
		give(fd, HELP);
	shutdown(fd, SHUT_WR);
	serve();
	take(fd, &end);
	assert_true(end);
	assert_int_equal(lines(r.got), 300);
	close(fd);
	serve();
}

/* The largest reply that there is fits. */
static void largest_reply(void **state)
{
	int fd = client();
	bool end;

	(void)state;
	for (unsigned int i = 0; i < 4096; i++)
		trace_event(r.f->machine.trace, TRACE_QI, ~0ULL, ~0ULL, ~0ULL, ~0ULL);
	give(fd, "{\"cmd\":\"trace\",\"limit\":1024}\n");
	take(fd, &end);
	assert_false(end);
	assert_int_equal(lines(r.got), 1);
	assert_true(strlen(r.got) > 1024 * 64);
	close(fd);
	serve();
}

struct loop {
	struct vfio_user_server *server;
	int stop_fd;
};

static void *run_loop(void *arg)
{
	struct loop *l = arg;

	return vfio_user_run(l->server, l->stop_fd, false) ? l : NULL;
}

static void control_ready(void *arg)
{
	control_serve(arg);
}

/* Asked for in the event loop, from many sides. */
static void in_the_event_loop(void **state)
{
	struct loop l = {.server = vfio_user_new(&r.f->machine),
			 .stop_fd = eventfd(0, EFD_CLOEXEC)};
	pthread_t thread;
	void *failed;
	char got[8];

	(void)state;
	assert_non_null(l.server);
	assert_true(l.stop_fd >= 0);
	assert_int_equal(
		vfio_user_attach(l.server, control_fd(r.control), control_ready, r.control), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_loop, &l), 0);
	for (unsigned int i = 0; i < 20; i++) {
		int fd = client();
		struct pollfd p = {.fd = fd, .events = POLLIN};

		assert_int_equal(send(fd, HELP, strlen(HELP), MSG_NOSIGNAL), strlen(HELP));
		assert_int_equal(poll(&p, 1, 60000), 1);
		assert_int_equal(recv(fd, got, sizeof(got), 0), sizeof(got));
		assert_memory_equal(got, "{\"ok\":tr", sizeof(got));
		close(fd);
	}
	assert_int_equal(eventfd_write(l.stop_fd, 1), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	vfio_user_free(l.server);
	close(l.stop_fd);
}

static void where_it_cannot_listen(void **state)
{
	const struct control_model m = {.machine = &r.f->machine};
	char path[160];
	FILE *file;

	(void)state;
	assert_null(control_new(&m, r.path));
	assert_int_equal(errno, EADDRINUSE);
	snprintf(path, sizeof(path), "%s/%0100d", r.dir, 0);
	assert_null(control_new(&m, path));
	assert_int_equal(errno, ENAMETOOLONG);
	snprintf(path, sizeof(path), "%s/file", r.dir);
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	assert_null(control_new(&m, path));
	assert_int_equal(errno, EEXIST);
	unlink(path);
	/* What was in the way of others is as it was. */
	close(client());
	serve();
}

static int quiet(void **state)
{
	(void)state;
	return log_open("/dev/null");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(for_the_owner_only),
		TEST(one_line_one_reply),
		TEST(byte_by_byte),
		TEST(many_lines_at_once),
		TEST(longest_line),
		TEST(end_after_a_question),
		TEST(end_in_the_middle),
		TEST(goes_without_its_replies),
		TEST(as_many_as_there_may_be),
		TEST(never_reads),
		TEST(reads_late),
		TEST(reads_late_after_its_end),
		TEST(largest_reply),
		TEST(in_the_event_loop),
		TEST(where_it_cannot_listen),
	};

	return cmocka_run_group_tests_name("control_socket", tests, quiet, NULL);
}
