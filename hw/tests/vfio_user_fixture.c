// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "gmem.h"
#include "log.h"
#include "tests/vfio_user_fixture.h"

static u64 toy_bar_read(struct pci_function *fn, unsigned int bar, u64 off, unsigned int len)
{
	struct toy *t = fn->priv;
	u64 val = 0;

	(void)bar;
	memcpy(&val, t->bar + off, len);
	return val;
}

static void toy_bar_write(struct pci_function *fn, unsigned int bar, u64 off, u64 val,
			  unsigned int len)
{
	struct toy *t = fn->priv;
	u32 count;

	(void)bar;
	memcpy(t->bar + off, &val, len);
	if (off == TOY_RAISE)
		pci_raise_msix(fn, val);
	if (off != TOY_MSI)
		return;
	memcpy(&count, t->bar + TOY_MSI_COUNT, sizeof(count));
	for (u32 i = 0; i < count; i++)
		pci_write_msi(fn, TOY_MSI_ADDR, val + i);
}

static void toy_reset(struct pci_function *fn)
{
	struct toy *t = fn->priv;

	memset(t->bar, 0, sizeof(t->bar));
	t->resets++;
}

static void toy_config_written(struct pci_function *fn, unsigned int off, unsigned int len)
{
	struct toy *t = fn->priv;

	(void)off;
	(void)len;
	t->config_writes++;
}

static const struct pci_function_ops toy_ops = {
	.bar_read = toy_bar_read,
	.bar_write = toy_bar_write,
	.reset = toy_reset,
	.config_written = toy_config_written,
};

void toy_init(struct toy *t, struct machine *m, const char *name)
{
	static const struct pci_identity id = {0x1b36, 0x1234, 0x120000, 3};

	t->fn.name = name;
	t->fn.machine = m;
	t->fn.ops = &toy_ops;
	t->fn.priv = t;
	pci_init(&t->fn, &id);
	pci_add_bar(&t->fn, 0, TOY_BAR_SIZE);
	pci_add_express(&t->fn);
	pci_add_msix(&t->fn, TOY_VECTORS, 0, 0, 0x400);
	pci_add_pasid(&t->fn, 20);
	pci_add_ats(&t->fn);
	pci_add_pri(&t->fn, 32);
	pci_seal(&t->fn);
}

static void *rig_thread(void *arg)
{
	struct rig *r = arg;

	r->run_rc = vfio_user_run(r->server, r->stop_fd, r->once);
	return NULL;
}

struct rig *rig_start(bool once)
{
	static const char *const names[TOY_PORTS] = {"toy", "other"};
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	/* What is refused is logged, which is not what the tests of the server look at. */
	assert_int_equal(log_open("/dev/null"), 0);
	r->once = once;
	snprintf(r->dir, sizeof(r->dir), "/tmp/svahw-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	machine_init(&r->machine, NULL);
	r->server = vfio_user_new(&r->machine);
	assert_non_null(r->server);
	for (int i = 0; i < TOY_PORTS; i++) {
		struct toy *t = &r->toy[i];

		toy_init(t, &r->machine, names[i]);
		t->fn.mem = gmem_new(&r->machine);
		assert_non_null(t->fn.mem);
		snprintf(t->path, sizeof(t->path), "%s/%s.sock", r->dir, names[i]);
		assert_int_equal(vfio_user_add(r->server, &t->fn, t->path), 0);
	}
	r->stop_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(r->stop_fd >= 0);
	assert_int_equal(pthread_create(&r->thread, NULL, rig_thread, r), 0);
	return r;
}

int rig_join(struct rig *r)
{
	if (!r->joined)
		assert_int_equal(pthread_join(r->thread, NULL), 0);
	r->joined = true;
	return r->run_rc;
}

void rig_stop(struct rig *r)
{
	u64 one = 1;

	assert_int_equal(write(r->stop_fd, &one, sizeof(one)), sizeof(one));
	assert_int_equal(rig_join(r), 0);
	vfio_user_free(r->server);
	for (int i = 0; i < TOY_PORTS; i++)
		gmem_free(r->toy[i].fn.mem);
	machine_cleanup(&r->machine);
	close(r->stop_fd);
	/* The server has removed its sockets, so the directory is empty. */
	assert_int_equal(rmdir(r->dir), 0);
	log_close();
	free(r);
}

int rig_setup(void **state)
{
	*state = rig_start(false);
	return 0;
}

int rig_teardown(void **state)
{
	rig_stop(*state);
	return 0;
}

int client_connect(const struct toy *t)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 20};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(addr.sun_path, t->path, strlen(t->path));
	/* A server that does not answer fails the test instead of hanging it. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

int client_open(const struct toy *t)
{
	struct vfio_user_version ver = {0, 0};
	int fd = client_connect(t);

	client_expect(fd, VFIO_USER_VERSION, &ver, sizeof(ver), 0);
	return fd;
}

void client_send(int fd, const struct packet *p)
{
	char control[CMSG_SPACE(64 * sizeof(int))] = {0};
	struct vfio_user_header hdr = p->hdr;
	struct iovec iov[2] = {{&hdr, sizeof(hdr)}, {(void *)p->data, p->len}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	if (!hdr.size)
		hdr.size = sizeof(hdr) + p->len;
	if (p->nfds) {
		struct cmsghdr *c;

		mh.msg_control = control;
		mh.msg_controllen = CMSG_SPACE(p->nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(p->nfds * sizeof(int));
		memcpy(CMSG_DATA(c), p->fds, p->nfds * sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &mh, MSG_NOSIGNAL), sizeof(hdr) + p->len);
}

static bool receive_all(int fd, void *buf, size_t len)
{
	while (len) {
		ssize_t n = recv(fd, buf, len, 0);

		if (n <= 0 && (!n || errno == ECONNRESET))
			return false;
		assert_true(n > 0);
		buf = (u8 *)buf + n;
		len -= n;
	}
	return true;
}

bool client_receive(int fd, struct packet *p)
{
	if (!receive_all(fd, &p->hdr, sizeof(p->hdr)))
		return false;
	assert_in_range(p->hdr.size, sizeof(p->hdr), sizeof(p->hdr) + sizeof(p->data));
	p->len = p->hdr.size - sizeof(p->hdr);
	assert_true(receive_all(fd, p->data, p->len));
	return true;
}

void client_call_fds(int fd, u16 command, const void *data, size_t len, const int *fds,
		     unsigned int nfds, struct packet *p)
{
	static u16 id = 0x4711;

	memset(p, 0, sizeof(*p));
	p->hdr.id = ++id;
	p->hdr.command = command;
	p->len = len;
	p->fds = fds;
	p->nfds = nfds;
	if (len)
		memcpy(p->data, data, len);
	client_send(fd, p);
	assert_true(client_receive(fd, p));
	assert_int_equal(p->hdr.id, id);
	assert_int_equal(p->hdr.command, command);
	assert_int_equal(p->hdr.flags & VFIO_USER_F_TYPE_MASK, VFIO_USER_F_TYPE_REPLY);
	if (p->hdr.flags & VFIO_USER_F_ERROR)
		assert_int_equal(p->len, 0);
	else
		assert_int_equal(p->hdr.error, 0);
}

void client_call(int fd, u16 command, const void *data, size_t len, struct packet *p)
{
	client_call_fds(fd, command, data, len, NULL, 0, p);
}

void client_expect(int fd, u16 command, const void *data, size_t len, u32 error)
{
	struct packet p;

	client_call(fd, command, data, len, &p);
	assert_int_equal(p.hdr.error, error);
	assert_int_equal(!!(p.hdr.flags & VFIO_USER_F_ERROR), !!error);
}

void client_expect_end(int fd, const struct toy *t)
{
	struct packet p;

	assert_false(client_receive(fd, &p));
	close(fd);
	close(client_open(t));
}

u64 client_read_region(int fd, u32 region, u64 off, u32 count)
{
	struct vfio_user_region_access access = {off, region, count};
	struct packet p;
	u64 val = 0;

	client_call(fd, VFIO_USER_REGION_READ, &access, sizeof(access), &p);
	assert_int_equal(p.hdr.error, 0);
	assert_int_equal(p.len, sizeof(access) + count);
	assert_memory_equal(p.data, &access, sizeof(access));
	memcpy(&val, p.data + sizeof(access), count);
	return val;
}

void client_write_region(int fd, u32 region, u64 off, u32 count, u64 val)
{
	struct vfio_user_region_access access = {off, region, count};
	u8 data[sizeof(access) + sizeof(val)];
	struct packet p;

	memcpy(data, &access, sizeof(access));
	memcpy(data + sizeof(access), &val, count);
	client_call(fd, VFIO_USER_REGION_WRITE, data, sizeof(access) + count, &p);
	assert_int_equal(p.hdr.error, 0);
	assert_int_equal(p.len, sizeof(access));
	assert_memory_equal(p.data, &access, sizeof(access));
}

u32 client_map(int fd, u64 addr, u64 size, u32 flags, int memfd)
{
	struct vfio_user_dma_map map = {sizeof(map), flags, 0, addr, size};
	struct packet p;

	client_call_fds(fd, VFIO_USER_DMA_MAP, &map, sizeof(map), &memfd, memfd >= 0, &p);
	return p.hdr.error;
}

int memfd_make(u64 size, bool sealed)
{
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	if (sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	return fd;
}
