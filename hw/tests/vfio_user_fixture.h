/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vfio-user server with two toy functions in a thread of its own, and a
 * client that says whatever a test wants. Failures in the helpers are
 * assertions of cmocka.
 */
#ifndef HW_TESTS_VFIO_USER_FIXTURE_H
#define HW_TESTS_VFIO_USER_FIXTURE_H

#include <pthread.h>

#include <svakit/types.h>

#include "machine.h"
#include "pci.h"
#include "vfio_user.h"
#include "vfio_user_proto.h"

#define TOY_PORTS 2
#define TOY_VECTORS 4
#define TOY_BAR_SIZE 0x1000
/* A write of a vector number raises it. */
#define TOY_RAISE 0x800
/* A write sends an interrupt message with that data, as many as TOY_MSI_COUNT says. */
#define TOY_MSI 0x808
#define TOY_MSI_COUNT 0x810
#define TOY_MSI_ADDR 0xfee01000ULL

/** struct toy - A function whose BAR 0 is plain memory, but for the registers above. */
struct toy {
	struct pci_function fn;
	u8 bar[TOY_BAR_SIZE];
	unsigned int resets;
	unsigned int config_writes;
	char path[96];
};

/** struct rig - Server and functions. */
struct rig {
	struct machine machine;
	struct toy toy[TOY_PORTS];
	struct vfio_user_server *server;
	pthread_t thread;
	int stop_fd;
	int run_rc;
	bool once;
	bool joined;
	char dir[64];
};

/** toy_init() - A toy without a server. */
void toy_init(struct toy *t, struct machine *m, const char *name);

/** rig_start() - Start the server; the functions listen in a directory of their own. */
struct rig *rig_start(bool once);
/** rig_join() - Wait for the server to end by itself. Return: of vfio_user_run(). */
int rig_join(struct rig *r);
/** rig_stop() - End the server and free everything. */
void rig_stop(struct rig *r);

/** rig_setup() - cmocka setup: *state is a running rig. */
int rig_setup(void **state);
/** rig_teardown() - cmocka teardown of rig_setup(). */
int rig_teardown(void **state);

/** struct packet - A message to send, or one received. */
struct packet {
	struct vfio_user_header hdr;
	u8 data[VFIO_USER_MAX_MSG];
	size_t len;
	const int *fds;
	unsigned int nfds;
};

/** client_connect() - Connect without negotiating. */
int client_connect(const struct toy *t);
/** client_open() - Connect and negotiate. */
int client_open(const struct toy *t);
/** client_send() - Send a command; hdr.size is computed unless it is set. */
void client_send(int fd, const struct packet *p);
/** client_receive() - Receive a message. Return: false at the end of the stream. */
bool client_receive(int fd, struct packet *p);
/** client_call() - Send a command with @len bytes of @data and receive its reply into *@p. */
void client_call(int fd, u16 command, const void *data, size_t len, struct packet *p);
/** client_call_fds() - client_call() with descriptors. */
void client_call_fds(int fd, u16 command, const void *data, size_t len, const int *fds,
		     unsigned int nfds, struct packet *p);
/** client_expect() - client_call() whose reply must carry error @error and no payload, or none. */
void client_expect(int fd, u16 command, const void *data, size_t len, u32 error);
/** client_expect_end() - The server closes the connection, and serves the next one. */
void client_expect_end(int fd, const struct toy *t);

/** client_read_region() - REGION_READ of up to 8 bytes. */
u64 client_read_region(int fd, u32 region, u64 off, u32 count);
/** client_write_region() - REGION_WRITE of up to 8 bytes. */
void client_write_region(int fd, u32 region, u64 off, u32 count, u64 val);
/** client_map() - DMA_MAP. Return: error of the reply. */
u32 client_map(int fd, u64 addr, u64 size, u32 flags, int memfd);

/** memfd_make() - A memory file of @size bytes. @sealed: against shrinking. */
int memfd_make(u64 size, bool sealed);

#endif /* HW_TESTS_VFIO_USER_FIXTURE_H */
