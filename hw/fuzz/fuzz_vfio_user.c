// SPDX-License-Identifier: GPL-2.0
/*
 * What a hostile client of svahw can do: any bytes and descriptors, in any pieces, at any time.
 * The server is the real one, with both functions behind it; it is polled where svahw would
 * sleep. The language of the inputs is in client.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "accel/accel.h"
#include "fuzz/client.h"
#include "fuzz/fuzz.h"
#include "gmem.h"
#include "log.h"
#include "machine.h"
#include "pci.h"
#include "vfio_user.h"
#include "vfio_user_proto.h"
#include "vtd/vtd.h"
#include "vtd_function.h"

#define FUNCTIONS 2
#define PAGE 0x1000u
#define MAX_ASKED 32
#define MAX_FDS 256
/* Rounds of the event loop after which whatever one client did must have been served. */
#define MAX_ROUNDS 4096
#define MESSAGE_SIZE (2 * VFIO_USER_MAX_MSG)

/**
 * struct client - One client.
 * @fd: its socket, -1 = none
 * @next_id: of its next message
 * @last: the message of CLIENT_AGAIN
 * @in: received, not a whole message yet
 * @asked: commands of the server that it has not answered
 */
struct client {
	int fd;
	u16 next_id;
	size_t last_len;
	u8 last[MESSAGE_SIZE];
	size_t have;
	u8 in[VFIO_USER_MAX_MSG];
	unsigned int nasked;
	struct vfio_user_header asked[MAX_ASKED];
};

struct world {
	char folder[32]; /* where the functions listen */
	struct machine machine;
	struct gmem *mem[FUNCTIONS];
	struct vtd_function *vtd;
	struct accel *accel;
	struct vfio_user_server *server;
	struct client client[CLIENTS];
	int fd[CLIENT_FD_KINDS];
};

static void address(const struct world *w, struct sockaddr_un *addr, unsigned int function)
{
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/%u", w->folder, function);
}

static void world_functions(struct world *w)
{
	struct accel_config accel;
	struct vtd_config vtd;

	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		w->mem[i] = gmem_new(&w->machine);
		fuzz_check(w->mem[i]);
	}
	vtd_config_default(&vtd);
	w->vtd = vtd_function_new(&vtd, &w->machine, w->mem[0]);
	fuzz_check(w->vtd);
	accel_config_default(&accel);
	accel.stepped = true;
	accel.max_atc = 64;
	w->accel = accel_new(&accel, &w->machine, w->mem[1], vtd_function_unit(w->vtd));
	fuzz_check(w->accel);
}

static void world_init(struct world *w)
{
	struct sockaddr_un addr;

	memset(w, 0, sizeof(*w));
	strcpy(w->folder, "/tmp/svahw-fuzz-XXXXXX");
	fuzz_check(mkdtemp(w->folder));
	for (unsigned int i = 0; i < CLIENTS; i++)
		w->client[i].fd = -1;
	for (unsigned int i = 0; i < CLIENT_FD_KINDS; i++)
		w->fd[i] = -1;
	machine_init(&w->machine, NULL);
	world_functions(w);
	w->server = vfio_user_new(&w->machine);
	fuzz_check(w->server);
	address(w, &addr, 0);
	fuzz_check(!vfio_user_add(w->server, vtd_function_pci(w->vtd), addr.sun_path));
	address(w, &addr, 1);
	fuzz_check(!vfio_user_add(w->server, accel_function(w->accel), addr.sun_path));
}

static void world_cleanup(struct world *w)
{
	vfio_user_free(w->server);
	accel_free(w->accel);
	vtd_function_free(w->vtd);
	for (unsigned int i = 0; i < FUNCTIONS; i++)
		gmem_free(w->mem[i]);
	for (unsigned int i = 0; i < CLIENTS; i++)
		if (w->client[i].fd >= 0)
			close(w->client[i].fd);
	for (unsigned int i = 0; i < CLIENT_FD_KINDS; i++)
		if (w->fd[i] >= 0)
			close(w->fd[i]);
	machine_cleanup(&w->machine);
	/* The server has removed its sockets. */
	fuzz_check(!rmdir(w->folder));
}

/* Serve until all is quiet, which it must become when no client does anything. */
static void serve(struct world *w)
{
	int rounds;

	for (rounds = 0; rounds < MAX_ROUNDS; rounds++)
		if (vfio_user_poll(w->server) <= 0)
			return;
	fuzz_check(rounds < MAX_ROUNDS);
}

static int memory_file(unsigned int flags, int seals)
{
	int fd = memfd_create("guest", MFD_ALLOW_SEALING | MFD_CLOEXEC | flags);
	u64 size = CLIENT_PAGES * PAGE;

	/* Where there are no huge pages at all, an ordinary file takes their place. */
	if (fd < 0)
		return memory_file(0, seals);
	fuzz_check(!ftruncate(fd, flags & MFD_HUGETLB ? 2 << 20 : size));
	fuzz_check(fcntl(fd, F_ADD_SEALS, seals) >= 0);
	return fd;
}

static int read_only(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int make_fd(struct world *w, enum client_fd kind);

/* The one descriptor of each kind that an input has; made when it is wanted first. */
static int get_fd(struct world *w, enum client_fd kind)
{
	if (w->fd[kind] < 0)
		w->fd[kind] = make_fd(w, kind);
	fuzz_check(w->fd[kind] >= 0);
	return w->fd[kind];
}

static int make_fd(struct world *w, enum client_fd kind)
{
	switch (kind) {
	case CLIENT_FD_MEMORY:
		return memory_file(0, F_SEAL_SHRINK);
	case CLIENT_FD_EVENT:
		return eventfd(0, EFD_CLOEXEC);
	case CLIENT_FD_UNSEALED:
		return memory_file(0, F_SEAL_GROW);
	case CLIENT_FD_HUGE:
		return memory_file(MFD_HUGETLB, F_SEAL_SHRINK);
	case CLIENT_FD_FULL:
		return eventfd(~0u, EFD_CLOEXEC | EFD_SEMAPHORE);
	case CLIENT_FD_SOCKET:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case CLIENT_FD_READ_ONLY:
		return read_only(get_fd(w, CLIENT_FD_MEMORY));
	default:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	}
}

static void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void client_connect(const struct world *w, struct client *c, unsigned int function)
{
	struct sockaddr_un addr;

	client_close(c);
	memset(c, 0, sizeof(*c));
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	fuzz_check(c->fd >= 0);
	address(w, &addr, function);
	/* Fails when too many wait to be accepted. */
	if (connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)))
		client_close(c);
}

/* Send; what the socket does not take is lost, as is what nobody is there for. */
static void client_send(struct world *w, struct client *c, const void *data, size_t len, u8 fds)
{
	unsigned int nfds = fds & CLIENT_FDS;
	char control[CMSG_SPACE(CLIENT_FDS * sizeof(int))] = {0};
	struct iovec iov = {(void *)data, len};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	int list[CLIENT_FDS];
	struct cmsghdr *cmsg;

	if (c->fd < 0 || !len)
		return;
	if (nfds) {
		for (unsigned int i = 0; i < nfds; i++)
			list[i] = get_fd(w, ((fds >> CLIENT_FD_SHIFT) + i) % CLIENT_FD_KINDS);
		mh.msg_control = control;
		mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&mh);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), list, nfds * sizeof(int));
	}
	if (sendmsg(c->fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		fuzz_check(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
}

/* A message, remembered for CLIENT_AGAIN; @cut: bytes sent now. */
static void client_message(struct world *w, struct client *c, const struct vfio_user_header *hdr,
			   const void *payload, size_t len, u8 fds, size_t cut)
{
	struct vfio_user_header h = *hdr;

	h.id = c->next_id++;
	if (!h.size)
		h.size = (u32)(sizeof(h) + len);
	memcpy(c->last, &h, sizeof(h));
	memcpy(c->last + sizeof(h), payload, len);
	c->last_len = sizeof(h) + len;
	client_send(w, c, c->last, cut < c->last_len ? cut : c->last_len, fds);
}

static void client_command(struct world *w, struct client *c, u16 command, const void *payload,
			   size_t len, u8 fds)
{
	const struct vfio_user_header hdr = {.command = command};

	client_message(w, c, &hdr, payload, len, fds, ~(size_t)0);
}

static void negotiate(struct world *w, struct client *c)
{
	static const char json[] =
		"{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576}}";
	u8 payload[sizeof(struct vfio_user_version) + sizeof(json)] = {0};

	memcpy(payload + sizeof(struct vfio_user_version), json, sizeof(json));
	client_command(w, c, VFIO_USER_VERSION, payload, sizeof(payload), 0);
}

static void message(struct world *w, struct client *c, struct fuzz_input *in, bool cut)
{
	struct vfio_user_header hdr = {.command = fuzz_u8(in)};
	u8 payload[MESSAGE_SIZE - sizeof(hdr)];
	u8 how = fuzz_u8(in), fds = fuzz_u8(in);
	size_t sent = cut ? fuzz_take(in, 2) : ~(size_t)0;
	size_t len;

	if (how & CLIENT_H_SIZE)
		hdr.size = (u32)fuzz_take(in, 4);
	if (how & CLIENT_H_FLAGS)
		hdr.flags = (u32)fuzz_take(in, 4);
	if (how & CLIENT_H_ERROR)
		hdr.error = (u32)fuzz_take(in, 4);
	len = fuzz_u8(in) * (how & CLIENT_H_LONG ? 16u : 1u);
	fuzz_bytes(in, payload, len);
	client_message(w, c, &hdr, payload, len, fds, sent);
}

static void access_region(struct world *w, struct client *c, struct fuzz_input *in)
{
	u8 how = fuzz_u8(in);
	struct vfio_user_region_access access = {
		.region = how & 15,
		.count = 1u << (how >> 4 & 3),
	};
	u8 payload[sizeof(access) + 8];
	bool write = how & 0x80;

	access.offset = fuzz_take(in, 2);
	memcpy(payload, &access, sizeof(access));
	if (write)
		fuzz_bytes(in, payload + sizeof(access), access.count);
	client_command(w, c, write ? VFIO_USER_REGION_WRITE : VFIO_USER_REGION_READ, payload,
		       sizeof(access) + (write ? access.count : 0), 0);
}

static void map(struct world *w, struct client *c, struct fuzz_input *in)
{
	struct vfio_user_dma_map map = {.argsz = sizeof(map)};
	u8 fds = fuzz_u8(in);

	map.addr = (u64)fuzz_u8(in) * PAGE;
	map.size = (u64)fuzz_u8(in) * PAGE;
	map.offset = (u64)fuzz_u8(in) * PAGE;
	map.flags = fuzz_u8(in);
	client_command(w, c, VFIO_USER_DMA_MAP, &map, sizeof(map), fds);
}

static void unmap(struct world *w, struct client *c, struct fuzz_input *in)
{
	struct vfio_user_dma_unmap unmap = {.argsz = sizeof(unmap)};

	unmap.addr = (u64)fuzz_u8(in) * PAGE;
	unmap.size = (u64)fuzz_u8(in) * PAGE;
	if (!unmap.size)
		unmap.flags = VFIO_DMA_UNMAP_FLAG_ALL;
	client_command(w, c, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), 0);
}

static void set_irqs(struct world *w, struct client *c, struct fuzz_input *in)
{
	u8 payload[sizeof(struct vfio_irq_set) + 64] = {0};
	struct vfio_irq_set set = {.argsz = sizeof(set), .index = VFIO_PCI_MSIX_IRQ_INDEX};
	u8 fds = fuzz_u8(in), how;

	set.start = fuzz_u8(in);
	set.count = fuzz_u8(in);
	how = fuzz_u8(in);
	set.flags = how & 0x3f;
	memcpy(payload, &set, sizeof(set));
	memset(payload + sizeof(set), how >> 6, 64);
	client_command(w, c, VFIO_USER_DEVICE_SET_IRQS, payload,
		       sizeof(set) + (set.flags & VFIO_IRQ_SET_DATA_BOOL ? set.count % 64 : 0),
		       fds);
}

static void again(struct world *w, struct client *c, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++)
		client_send(w, c, c->last, c->last_len, 0);
}

/* What the server says is a message, and a reply or a write that it may ask for. */
static void client_heard(struct client *c, const struct vfio_user_header *hdr)
{
	u32 type = hdr->flags & VFIO_USER_F_TYPE_MASK;

	if (type == VFIO_USER_F_TYPE_REPLY) {
		fuzz_check(!(hdr->flags & VFIO_USER_F_ERROR) || (hdr->error && hdr->error < 4096));
		return;
	}
	fuzz_check(type == VFIO_USER_F_TYPE_COMMAND && hdr->command == VFIO_USER_DMA_WRITE);
	if (c->nasked < MAX_ASKED)
		c->asked[c->nasked++] = *hdr;
}

static void receive(struct client *c)
{
	struct vfio_user_header hdr;
	ssize_t n;

	while (c->fd >= 0) {
		size_t want = sizeof(hdr);

		if (c->have >= sizeof(hdr)) {
			memcpy(&hdr, c->in, sizeof(hdr));
			fuzz_check(hdr.size >= sizeof(hdr) && hdr.size <= sizeof(c->in));
			want = hdr.size;
		}
		if (c->have == want) {
			client_heard(c, &hdr);
			c->have = 0;
			continue;
		}
		n = recv(c->fd, c->in + c->have, want - c->have, MSG_DONTWAIT);
		if (n <= 0)
			return;
		c->have += (size_t)n;
	}
}

static void reply(struct world *w, struct client *c, u8 which)
{
	struct vfio_user_header hdr = {.command = VFIO_USER_DMA_WRITE};
	unsigned int at;

	receive(c);
	if (c->nasked) {
		at = (which & 31) % c->nasked;
		hdr = c->asked[at];
		c->asked[at] = c->asked[--c->nasked];
	}
	hdr.size = sizeof(hdr);
	hdr.flags = VFIO_USER_F_TYPE_REPLY;
	if (which & 32) {
		hdr.flags |= VFIO_USER_F_ERROR;
		hdr.error = EFAULT;
	}
	if (which & 64)
		hdr.id ^= 0x8000;
	client_send(w, c, &hdr, sizeof(hdr), 0);
}

static void put_memory(struct world *w, struct fuzz_input *in)
{
	u64 at = (u64)(fuzz_u8(in) % CLIENT_PAGES) * PAGE;
	__le64 val;

	at += fuzz_take(in, 2) % (PAGE - 7);
	val = cpu_to_le64(fuzz_take(in, 8));
	fuzz_check(pwrite(get_fd(w, CLIENT_FD_MEMORY), &val, sizeof(val), (off_t)at) ==
		   sizeof(val));
}

static void run(struct world *w, unsigned int turns)
{
	machine_lock(&w->machine);
	while (turns-- && accel_turn_begin(w->accel)) {
		accel_turn_move(w->accel);
		accel_turn_end(w->accel);
	}
	machine_unlock(&w->machine);
}

static void raw(struct world *w, struct client *c, struct fuzz_input *in)
{
	u8 bytes[256], fds = fuzz_u8(in);
	size_t len = fuzz_u8(in);

	fuzz_bytes(in, bytes, len);
	client_send(w, c, bytes, len, fds);
}

/* What makes a message; the rest is execute()'s. Return: whether it was that. */
static bool execute_message(struct world *w, struct client *c, u8 op, struct fuzz_input *in)
{
	switch ((op & 15) % CLIENT_OPS) {
	case CLIENT_NEGOTIATE:
		negotiate(w, c);
		return true;
	case CLIENT_MESSAGE:
		message(w, c, in, op & CLIENT_CUT);
		return true;
	case CLIENT_ACCESS:
		access_region(w, c, in);
		return true;
	case CLIENT_MAP:
		map(w, c, in);
		return true;
	case CLIENT_UNMAP:
		unmap(w, c, in);
		return true;
	case CLIENT_IRQS:
		set_irqs(w, c, in);
		return true;
	case CLIENT_AGAIN:
		again(w, c, fuzz_u8(in));
		return true;
	case CLIENT_REPLY:
		reply(w, c, fuzz_u8(in));
		return true;
	case CLIENT_RAW:
		raw(w, c, in);
		return true;
	default:
		return false;
	}
}

static void execute(struct world *w, struct client *c, u8 op, struct fuzz_input *in)
{
	switch ((op & 15) % CLIENT_OPS) {
	case CLIENT_CONNECT:
		client_connect(w, c, fuzz_u8(in) % FUNCTIONS);
		break;
	case CLIENT_CLOSE:
		client_close(c);
		break;
	case CLIENT_RECEIVE:
		receive(c);
		break;
	case CLIENT_SHUTDOWN:
		if (c->fd >= 0)
			shutdown(c->fd, fuzz_u8(in) % 3);
		break;
	case CLIENT_MEMORY:
		put_memory(w, in);
		break;
	case CLIENT_RUN:
		run(w, fuzz_u8(in) % 32);
		break;
	default:
		break;
	}
}

static unsigned int open_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < MAX_FDS; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int fuzz_vfio_user(const u8 *data, size_t size)
{
	static bool prepared;
	static struct world w;
	struct fuzz_input in = {data, size};
	unsigned int before;

	if (!prepared) {
		fuzz_check(!log_open("/dev/null"));
		log_set_level(LOG_DEBUG);
		prepared = true;
	}
	before = open_fds();
	world_init(&w);
	while (in.left) {
		u8 op = fuzz_u8(&in);
		struct client *c = &w.client[(op >> 4 & 3) % CLIENTS];

		if (!execute_message(&w, c, op, &in))
			execute(&w, c, op, &in);
		if (!(op & CLIENT_QUIET))
			serve(&w);
	}
	serve(&w);
	world_cleanup(&w);
	fuzz_check(open_fds() == before);
	return 0;
}
