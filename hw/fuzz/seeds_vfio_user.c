// SPDX-License-Identifier: GPL-2.0
/* Seeds of fuzz_vfio_user(): what the unit tests of the server do, and what QEMU does at boot. */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>

#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "fuzz/client.h"
#include "fuzz/seeds.h"
#include "vfio_user_proto.h"

#define WHO(n) ((n) << 4)
#define FDS(kind, n) ((u8)((CLIENT_FD_##kind) << CLIENT_FD_SHIFT | (n)))
#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX
#define QCFG(q, reg) (SVK_QCFG_BASE + (reg) + SVK_QCFG_STRIDE * (q))
#define EVENTFD_TRIGGER (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define NONE_TRIGGER (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
#define BOOL_TRIGGER (VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER)

static void connect_to(struct seed *o, u8 who, u8 function)
{
	put(o, WHO(who) | CLIENT_CONNECT, function, WHO(who) | CLIENT_NEGOTIATE);
}

/* A message with a payload of 4-byte words. */
static void words(struct seed *o, u8 command, const u32 *payload, u8 count)
{
	put(o, CLIENT_MESSAGE, command, 0, 0, (u8)(4 * count));
	for (unsigned int i = 0; i < count; i++)
		seed_put(o, 4, payload[i]);
}

/* A message that is @odd in one field of its header, enum of CLIENT_H_*; without a payload. */
static void odd_header(struct seed *o, u8 command, u8 odd, u32 val)
{
	put(o, CLIENT_MESSAGE, command, odd, 0);
	seed_put(o, 4, val);
	put(o, 0);
}

static void bare(struct seed *o, u8 command)
{
	words(o, command, NULL, 0);
}

static void device_info(struct seed *o)
{
	words(o, VFIO_USER_DEVICE_GET_INFO, (const u32[]){16, 0, 0, 0}, 4);
}

static void region_info(struct seed *o, u32 n)
{
	words(o, VFIO_USER_DEVICE_GET_REGION_INFO, (const u32[]){32, 0, n, 0, 0, 0, 0, 0}, 8);
}

static void irq_info(struct seed *o, u32 n)
{
	words(o, VFIO_USER_DEVICE_GET_IRQ_INFO, (const u32[]){16, 0, n, 0}, 4);
}

static void config_all(struct seed *o)
{
	words(o, VFIO_USER_REGION_READ, (const u32[]){0, 0, CONFIG, 4096}, 4);
}

static void read32(struct seed *o, u8 region, u16 off)
{
	put(o, CLIENT_ACCESS, 0x20 | region);
	seed_put(o, 2, off);
}

/* @log: of the width */
static void write_reg(struct seed *o, u8 region, u16 off, unsigned int log, u64 val)
{
	put(o, CLIENT_ACCESS, (u8)(0x80 | log << 4 | region));
	seed_put(o, 2, off);
	seed_put(o, 1u << log, val);
}

static void write16(struct seed *o, u8 region, u16 off, u16 val)
{
	write_reg(o, region, off, 1, val);
}

static void write32(struct seed *o, u8 region, u16 off, u32 val)
{
	write_reg(o, region, off, 2, val);
}

static void write64(struct seed *o, u8 region, u16 off, u64 val)
{
	write_reg(o, region, off, 3, val);
}

static void map(struct seed *o, u8 fds, u8 page, u8 pages, u8 at, u8 flags)
{
	put(o, CLIENT_MAP, fds, page, pages, at, flags);
}

static void irqs(struct seed *o, u8 fds, u8 start, u8 count, u8 how)
{
	put(o, CLIENT_IRQS, fds, start, count, how);
}

static void memory(struct seed *o, u8 page, u16 off, u64 val)
{
	put(o, CLIENT_MEMORY, page);
	seed_put(o, 2, off);
	seed_put(o, 8, val);
}

/* VERSION with a payload of @text and @more bytes behind its NUL. */
static void version(struct seed *o, const char *text, u8 more)
{
	size_t len = strlen(text) + 1 + more;

	put(o, CLIENT_CONNECT, 0, CLIENT_MESSAGE, VFIO_USER_VERSION, 0, 0, (u8)(4 + len));
	seed_put(o, 4, 0);
	seed_add(o, text, strlen(text) + 1);
	seed_put(o, more, 0x2020202020202020ULL);
}

static void discover(struct seed *o)
{
	connect_to(o, 0, 0);
	device_info(o);
	region_info(o, 0);
	region_info(o, CONFIG);
	region_info(o, 9);
	irq_info(o, 0);
	irq_info(o, VFIO_PCI_MSIX_IRQ_INDEX);
	irq_info(o, 7);
	config_all(o);
	bare(o, VFIO_USER_DEVICE_RESET);
	put(o, CLIENT_RECEIVE, CLIENT_CLOSE);
	connect_to(o, 0, 1);
	device_info(o);
	region_info(o, 2);
	irq_info(o, VFIO_PCI_MSIX_IRQ_INDEX);
	config_all(o);
	read32(o, 0, SVK_GLB_ID);
	read32(o, 2, 0);
	put(o, CLIENT_RECEIVE);
}

static void mappings(struct seed *o)
{
	connect_to(o, 0, 0);
	map(o, FDS(MEMORY, 1), 0, 8, 0, 3);
	map(o, FDS(MEMORY, 1), 8, 8, 8, 1);
	map(o, 0, 16, 4, 0, 1);
	map(o, FDS(MEMORY, 1), 4, 8, 0, 3);
	map(o, FDS(UNSEALED, 1), 32, 1, 0, 3);
	map(o, FDS(HUGE, 1), 33, 1, 0, 3);
	map(o, FDS(READ_ONLY, 1), 34, 1, 0, 3);
	map(o, FDS(NULL, 1), 35, 1, 0, 3);
	map(o, FDS(MEMORY, 2), 36, 1, 0, 3);
	map(o, FDS(MEMORY, 1), 37, 255, 0, 3);
	map(o, 0, 38, 0, 0, 4);
	put(o, CLIENT_UNMAP, 8, 8, CLIENT_UNMAP, 8, 8, CLIENT_UNMAP, 0, 0, CLIENT_RECEIVE);
}

static void interrupts(struct seed *o)
{
	connect_to(o, 0, 1);
	irqs(o, FDS(EVENT, 1), 0, 1, EVENTFD_TRIGGER);
	irqs(o, FDS(FULL, 1), 1, 1, EVENTFD_TRIGGER);
	irqs(o, 0, 0, 2, NONE_TRIGGER);
	irqs(o, 0, 0, 2, 0x40 | BOOL_TRIGGER);
	irqs(o, FDS(MEMORY, 1), 2, 1, EVENTFD_TRIGGER);
	irqs(o, FDS(SOCKET, 3), 2, 3, EVENTFD_TRIGGER);
	write32(o, 0, SVK_GLB_CTRL, 1);
	write32(o, 0, QCFG(0, SVK_QCFG_CTRL), 1);
	irqs(o, 0, 0, 1, EVENTFD_TRIGGER);
	irqs(o, 0, 0, 0, NONE_TRIGGER);
	irqs(o, 0, 16, 9, NONE_TRIGGER);
	put(o, CLIENT_RECEIVE);
}

static void messages(struct seed *o)
{
	connect_to(o, 0, 0);
	write16(o, CONFIG, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	write32(o, CONFIG, PCI_BASE_ADDRESS_0, 0xfe000000);
	write32(o, 0, VTD_FECTL, 0);
	write64(o, 0, VTD_IQA, 0x10000800ULL);
	write32(o, 0, VTD_GCMD, VTD_G_QIE);
	write32(o, 0, VTD_IQT, 0x20);
	put(o, CLIENT_RECEIVE);
	write32(o, 0, VTD_FSTS, VTD_FSTS_IQE);
	write32(o, 0, VTD_FSTS, VTD_FSTS_IQE);
	put(o, CLIENT_REPLY, 0, CLIENT_REPLY, 32);
	write32(o, 0, VTD_FSTS, VTD_FSTS_IQE);
	put(o, CLIENT_AGAIN, 80, CLIENT_REPLY, 0, CLIENT_REPLY, 1, CLIENT_RECEIVE, CLIENT_REPLY, 0,
	    CLIENT_REPLY, 64);
}

static void unread_replies(struct seed *o)
{
	connect_to(o, 0, 0);
	config_all(o);
	put(o, CLIENT_AGAIN, 100, CLIENT_RECEIVE, CLIENT_QUIET | CLIENT_AGAIN, 40, CLIENT_RECEIVE,
	    CLIENT_SHUTDOWN, 1, CLIENT_RECEIVE);
}

/* The next client waits for one who has said his last word, and does not listen. */
static void unread_and_waiting(struct seed *o)
{
	connect_to(o, 0, 0);
	config_all(o);
	put(o, CLIENT_AGAIN, 100, CLIENT_SHUTDOWN, 1, WHO(1) | CLIENT_CONNECT, 0, CLIENT_CLOSE);
}

static void pieces(struct seed *o)
{
	put(o, CLIENT_CONNECT, 0, CLIENT_CUT | CLIENT_MESSAGE, VFIO_USER_VERSION, 0, 0);
	seed_put(o, 2, 7);
	put(o, 4);
	seed_put(o, 4, 0);
	put(o, CLIENT_RAW, 0, 13);
	seed_put(o, 8, 0x14000000000001ULL);
	seed_put(o, 4, 0);
	put(o, 0, CLIENT_NEGOTIATE, CLIENT_CUT | CLIENT_MESSAGE, VFIO_USER_DMA_MAP, 0,
	    FDS(MEMORY, 1));
	seed_put(o, 2, 20);
	put(o, 32);
	seed_put(o, 4, 32);
	seed_put(o, 4, 3);
	seed_put(o, 8, 0ULL);
	seed_put(o, 8, 0ULL);
	seed_put(o, 8, 0x1000ULL);
	put(o, CLIENT_RAW, 0, 28);
	seed_put(o, 4, 3);
	seed_put(o, 8, 0ULL);
	seed_put(o, 8, 0ULL);
	seed_put(o, 8, 0x1000ULL);
	put(o, CLIENT_QUIET | CLIENT_MAP, FDS(MEMORY, 1), 4, 1, 0, 3, CLIENT_QUIET | CLIENT_ACCESS,
	    0x20);
	seed_put(o, 2, 0);
	put(o, CLIENT_MAP, FDS(MEMORY, 1), 5, 1, 0, 3);
}

static void too_many_descriptors(struct seed *o)
{
	connect_to(o, 0, 0);
	map(o, FDS(MEMORY, 17), 0, 1, 0, 3);
	put(o, CLIENT_CLOSE);
	connect_to(o, 0, 0);
	put(o, CLIENT_QUIET | CLIENT_RAW, FDS(EVENT, 12), 4);
	seed_put(o, 4, 0);
	put(o, CLIENT_RAW, FDS(EVENT, 12), 4);
	seed_put(o, 4, 16);
}

static void bad_frames(struct seed *o)
{
	put(o, CLIENT_CONNECT, 0);
	bare(o, VFIO_USER_DEVICE_GET_INFO);
	connect_to(o, 0, 0);
	odd_header(o, VFIO_USER_DEVICE_GET_INFO, CLIENT_H_SIZE, 15);
	connect_to(o, 0, 0);
	odd_header(o, VFIO_USER_DEVICE_GET_INFO, CLIENT_H_SIZE, 0x10000);
	connect_to(o, 0, 0);
	odd_header(o, VFIO_USER_DEVICE_GET_INFO, CLIENT_H_FLAGS, 2);
	connect_to(o, 0, 0);
	odd_header(o, VFIO_USER_DMA_WRITE, CLIENT_H_FLAGS, 1);
	connect_to(o, 0, 0);
	bare(o, 99);
	bare(o, VFIO_USER_DMA_READ);
	bare(o, VFIO_USER_VERSION);
	odd_header(o, VFIO_USER_DEVICE_RESET, CLIENT_H_FLAGS, VFIO_USER_F_NO_REPLY);
}

static void versions(struct seed *o)
{
	put(o, CLIENT_CONNECT, 0);
	words(o, VFIO_USER_VERSION, (const u32[]){1}, 1);
	version(o, "{}", 0);
	version(o, "{\"capabilities\":[]}", 1);
	version(o, "{\"capabilities\":{\"max_msg_fds\":0,\"max_dma_maps\":0}}", 0);
	put(o, CLIENT_NEGOTIATE);
}

static void second_client(struct seed *o)
{
	connect_to(o, 0, 0);
	put(o, WHO(1) | CLIENT_CONNECT, 0, WHO(1) | CLIENT_NEGOTIATE, WHO(1) | CLIENT_RECEIVE,
	    WHO(2) | CLIENT_CONNECT, 0, WHO(1) | CLIENT_CONNECT, 0, WHO(2) | CLIENT_NEGOTIATE,
	    CLIENT_QUIET | CLIENT_CLOSE, WHO(1) | CLIENT_CONNECT, 0, WHO(1) | CLIENT_NEGOTIATE,
	    WHO(2) | CLIENT_CONNECT, 1, WHO(2) | CLIENT_NEGOTIATE, WHO(2) | CLIENT_CLOSE);
}

static void copy_and_leave(struct seed *o)
{
	connect_to(o, 0, 1);
	map(o, FDS(MEMORY, 1), 0, 16, 0, 3);
	write16(o, CONFIG, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	memory(o, 1, 0, SVK_OP_COPY | SVK_DESC_CPL_RECORD);
	memory(o, 1, 8, 0x4000ULL);
	memory(o, 1, 16, 0x8000ULL);
	memory(o, 1, 24, 0x2000ULL);
	memory(o, 1, 40, 0x2000ULL);
	write32(o, 0, SVK_GLB_CTRL, 1);
	write64(o, 0, QCFG(0, SVK_QCFG_RING), 0x1000ULL);
	write32(o, 0, QCFG(0, SVK_QCFG_SIZE), 16);
	write32(o, 0, QCFG(0, SVK_QCFG_CTRL), 1);
	write32(o, 2, SVK_PORTAL_TAIL, 1);
	put(o, CLIENT_RUN, 2);
	write32(o, 2, SVK_PORTAL_TAIL, 5);
	put(o, CLIENT_UNMAP, 0, 0, CLIENT_RUN, 9);
	read32(o, 2, SVK_PORTAL_STATUS);
	put(o, CLIENT_CLOSE, CLIENT_RUN, 9);
}

const struct recipe seeds_vfio_user[] = {
	{"discover", discover},
	{"mappings", mappings},
	{"interrupts", interrupts},
	{"messages", messages},
	{"unread_replies", unread_replies},
	{"unread_and_waiting", unread_and_waiting},
	{"pieces", pieces},
	{"too_many_descriptors", too_many_descriptors},
	{"bad_frames", bad_frames},
	{"versions", versions},
	{"second_client", second_client},
	{"copy_and_leave", copy_and_leave},
};

const size_t seeds_vfio_user_count = ARRAY_SIZE(seeds_vfio_user);
