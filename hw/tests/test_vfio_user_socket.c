// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets and the lives of clients: where a server can listen, how clients
 * come and go, and when the server ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "gmem.h"
#include "tests/vfio_user_fixture.h"

#define CONFIG_REGION 7

static void two_functions_two_clients(void **state)
{
	struct rig *r = *state;
	int a = client_open(&r->toy[0]);
	int b = client_open(&r->toy[1]);

	client_write_region(a, 0, 0, 4, 1);
	client_write_region(b, 0, 0, 4, 2);
	assert_int_equal(client_read_region(a, 0, 0, 4), 1);
	assert_int_equal(client_read_region(b, 0, 0, 4), 2);
	/* The end of one leaves the other alone. */
	close(a);
	a = client_open(&r->toy[0]);
	assert_int_equal(client_read_region(a, 0, 0, 4), 0);
	assert_int_equal(client_read_region(b, 0, 0, 4), 2);
	close(a);
	close(b);
}

static void second_client_is_refused(void **state)
{
	struct rig *r = *state;
	int first = client_open(&r->toy[0]);
	int second = client_connect(&r->toy[0]);
	struct packet p;
	int third;

	client_expect(second, VFIO_USER_VERSION, "\0\0\0", 4, EBUSY);
	assert_false(client_receive(second, &p));
	close(second);
	/* Of several, each is sent away, be it without a word. */
	second = client_connect(&r->toy[0]);
	third = client_connect(&r->toy[0]);
	assert_false(client_receive(second, &p));
	close(second);
	client_expect(third, VFIO_USER_VERSION, "\0\0\0", 4, EBUSY);
	close(third);
	third = client_connect(&r->toy[0]);
	assert_int_equal(send(third, "short", 5, MSG_NOSIGNAL), 5);
	assert_false(client_receive(third, &p));
	close(third);
	client_expect(first, VFIO_USER_DEVICE_RESET, NULL, 0, 0);
	close(first);
	/* The place is free at once. */
	close(client_open(&r->toy[0]));
}

static void end_takes_everything_along(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x1000, true);
	bool mapped;

	assert_int_equal(client_map(fd, 0, 0x1000, VFIO_USER_F_DMA_REGION_READ, mem), 0);
	client_write_region(fd, CONFIG_REGION, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	client_write_region(fd, 0, 0, 4, 7);
	close(fd);

	fd = client_open(&r->toy[0]);
	assert_int_equal(r->toy[0].resets, 1);
	assert_int_equal(client_read_region(fd, 0, 0, 4), 0);
	assert_int_equal(client_read_region(fd, CONFIG_REGION, PCI_COMMAND, 2), 0);
	pthread_mutex_lock(&r->machine.lock);
	mapped = gmem_ptr(r->toy[0].fn.mem, 0, 8, GMEM_READ);
	pthread_mutex_unlock(&r->machine.lock);
	assert_false(mapped);
	close(mem);
	close(fd);
}

static void end_in_the_middle_of_a_message(void **state)
{
	struct rig *r = *state;
	struct vfio_user_header hdr = {.command = VFIO_USER_REGION_READ, .size = 32};
	int mem = memfd_make(0x1000, true);
	struct packet p = {
		.hdr = {.command = VFIO_USER_DMA_MAP, .size = 48}, .fds = &mem, .nfds = 1};

	for (size_t cut = 1; cut <= sizeof(hdr); cut++) {
		int fd = client_open(&r->toy[0]);

		assert_int_equal(send(fd, &hdr, cut, MSG_NOSIGNAL), cut);
		close(fd);
	}
	/* The descriptor of a message that never becomes whole is closed too (see valgrind). */
	for (int i = 0; i < 3; i++) {
		int fd = client_open(&r->toy[0]);

		client_send(fd, &p);
		close(fd);
	}
	close(client_open(&r->toy[0]));
	close(mem);
}

static void end_with_replies_unread(void **state)
{
	struct vfio_user_region_access access = {0, CONFIG_REGION, 4096};
	struct rig *r = *state;
	struct packet p = {.hdr.command = VFIO_USER_REGION_READ, .len = sizeof(access)};

	memcpy(p.data, &access, sizeof(access));
	for (int i = 0; i < 4; i++) {
		int fd = client_open(&r->toy[0]);

		/* More than the socket and the queue hold, then gone. */
		for (int n = 0; n < 300; n++)
			client_send(fd, &p);
		close(fd);
	}
	close(client_open(&r->toy[0]));
}

static void once_ends_with_the_last_client(void **state)
{
	struct rig *r = rig_start(true);
	int a, b;

	(void)state;
	/* Somebody who only looks whether the server lives is no client. */
	close(client_connect(&r->toy[1]));
	a = client_open(&r->toy[0]);
	close(a);
	a = client_open(&r->toy[0]);
	b = client_open(&r->toy[1]);
	close(b);
	client_expect(a, VFIO_USER_DEVICE_RESET, NULL, 0, 0);
	close(a);
	assert_int_equal(rig_join(r), 0);
	rig_stop(r);
}

static void stop_with_clients(void **state)
{
	struct rig *r = rig_start(false);
	int fd = client_open(&r->toy[0]);
	struct packet p;

	(void)state;
	rig_stop(r);
	assert_false(client_receive(fd, &p));
	close(fd);
}

static s64 thread_cpu_ns(pthread_t thread)
{
	struct timespec ts;
	clockid_t clock;

	assert_int_equal(pthread_getcpuclockid(thread, &clock), 0);
	assert_int_equal(clock_gettime(clock, &ts), 0);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void idle_server_sleeps(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	struct timespec pause = {.tv_nsec = 200000000};
	s64 before, used;

	/* It polls for tens of microseconds after a message, so some are seen; not 200 ms. */
	client_expect(fd, VFIO_USER_DEVICE_RESET, NULL, 0, 0);
	before = thread_cpu_ns(r->thread);
	nanosleep(&pause, NULL);
	used = thread_cpu_ns(r->thread) - before;
	assert_true(used < 50000000);
	close(fd);
}

static void socket_is_private(void **state)
{
	struct rig *r = *state;
	struct stat st;

	assert_int_equal(stat(r->toy[0].path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* A bound socket that nobody listens at, as a killed server leaves it. */
static void leave_stale_socket(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
}

static int try_path(struct rig *r, const char *path)
{
	struct vfio_user_server *s = vfio_user_new(&r->machine);
	static struct toy t;
	int rc;

	assert_non_null(s);
	toy_init(&t, &r->machine, "third");
	rc = vfio_user_add(s, &t.fn, path);
	assert_int_equal(!rc, !!t.fn.host_ops);
	vfio_user_free(s);
	assert_null(t.fn.host_ops);
	return rc;
}

static void paths(void **state)
{
	struct rig *r = *state;
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/third", r->dir);
	assert_int_equal(try_path(r, path), 0);
	assert_int_equal(access(path, F_OK), -1);
	leave_stale_socket(path);
	assert_int_equal(try_path(r, path), 0);
	assert_int_equal(access(path, F_OK), -1);

	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(try_path(r, path), -EEXIST);
	assert_int_equal(unlink(path), 0);

	/* A live server keeps its socket. */
	assert_int_equal(try_path(r, r->toy[0].path), -EADDRINUSE);
	close(client_open(&r->toy[0]));

	assert_int_equal(try_path(r, "/dev/null/vtd.sock"), -ENOTDIR);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = 0;
	assert_int_equal(try_path(r, path), -ENAMETOOLONG);
	/* 107 bytes fit, 108 do not. */
	path[108] = 0;
	assert_int_equal(try_path(r, path), -ENAMETOOLONG);
}

static void functions_are_limited(void **state)
{
	struct rig *r = *state;
	struct vfio_user_server *s = vfio_user_new(&r->machine);
	static struct toy t[6];
	char path[128];

	for (int i = 0; i < 6; i++) {
		toy_init(&t[i], &r->machine, "many");
		t[i].fn.mem = r->toy[0].fn.mem;
		snprintf(path, sizeof(path), "%s/many%d", r->dir, i);
		assert_int_equal(vfio_user_add(s, &t[i].fn, path), i < 5 ? 0 : -ENOSPC);
	}
	vfio_user_free(s);
	vfio_user_free(NULL);
}

/* Serve without a thread until all is quiet. Return: whether there was anything. */
static bool poll_all(struct vfio_user_server *s)
{
	bool any = false;
	int n;

	while ((n = vfio_user_poll(s)) > 0)
		any = true;
	assert_int_equal(n, 0);
	return any;
}

/* A server of one toy that nobody runs. */
static struct vfio_user_server *polled_server(struct rig *r, struct toy *t)
{
	struct vfio_user_server *s = vfio_user_new(&r->machine);

	assert_non_null(s);
	toy_init(t, &r->machine, "polled");
	t->fn.mem = r->toy[0].fn.mem;
	snprintf(t->path, sizeof(t->path), "%s/polled", r->dir);
	assert_int_equal(vfio_user_add(s, &t->fn, t->path), 0);
	return s;
}

static int polled_client(struct vfio_user_server *s, const struct toy *t)
{
	struct packet p = {.hdr = {.command = VFIO_USER_VERSION}, .len = 4};
	int fd = client_connect(t);

	client_send(fd, &p);
	assert_int_equal(recv(fd, &p.hdr, sizeof(p.hdr), MSG_DONTWAIT), -1);
	assert_true(poll_all(s));
	assert_true(client_receive(fd, &p));
	assert_int_equal(p.hdr.error, 0);
	return fd;
}

/* What is not polled is not served, and what is served is over when the call returns. */
static void polled_instead_of_run(void **state)
{
	struct rig *r = *state;
	struct toy t = {0};
	struct vfio_user_server *s = polled_server(r, &t);
	int fd;

	assert_false(poll_all(s));
	fd = polled_client(s, &t);
	assert_false(poll_all(s));
	close(fd);
	assert_true(poll_all(s));
	assert_int_equal(t.resets, 1);
	vfio_user_free(s);
}

#define UNREAD 200
#define ROUNDS 1000

/*
 * A client that has said its last word, and does not listen to ours, keeps the next one waiting.
 * That must cost nothing. (Found by fuzz_vfio_user: the event loop never slept again.)
 */
static void waiting_client_costs_nothing(void **state)
{
	struct vfio_user_region_access access = {0, CONFIG_REGION, 4096};
	struct packet p = {.hdr = {.command = VFIO_USER_REGION_READ}, .len = sizeof(access)};
	struct rig *r = *state;
	struct toy t = {0};
	struct vfio_user_server *s = polled_server(r, &t);
	int a = polled_client(s, &t), b, rounds = 0;

	memcpy(p.data, &access, sizeof(access));
	for (int i = 0; i < UNREAD; i++)
		client_send(a, &p);
	assert_true(poll_all(s));
	assert_int_equal(shutdown(a, SHUT_WR), 0);
	b = client_connect(&t);
	while (rounds < ROUNDS && vfio_user_poll(s) > 0)
		rounds++;
	assert_in_range(rounds, 0, ROUNDS - 1);
	close(a);
	assert_true(poll_all(s));
	p = (struct packet){.hdr = {.command = VFIO_USER_VERSION}, .len = 4};
	client_send(b, &p);
	assert_true(poll_all(s));
	assert_true(client_receive(b, &p));
	assert_int_equal(p.hdr.error, 0);
	close(b);
	vfio_user_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_functions_two_clients, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(second_client_is_refused, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(end_takes_everything_along, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(end_in_the_middle_of_a_message, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(end_with_replies_unread, rig_setup, rig_teardown),
		cmocka_unit_test(once_ends_with_the_last_client),
		cmocka_unit_test(stop_with_clients),
		cmocka_unit_test_setup_teardown(idle_server_sleeps, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(socket_is_private, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(paths, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(functions_are_limited, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(polled_instead_of_run, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(waiting_client_costs_nothing, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests_name("vfio_user_socket", tests, NULL, NULL);
}
