/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wire format of vfio-user 0.0, after QEMU's docs/interop/vfio-user.rst.
 * All fields are in the byte order of the host. Structures that the protocol
 * takes from <linux/vfio.h> are used from there.
 */
#ifndef HW_VFIO_USER_PROTO_H
#define HW_VFIO_USER_PROTO_H

#include <svakit/types.h>

enum vfio_user_command {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP = 2,
	VFIO_USER_DMA_UNMAP = 3,
	VFIO_USER_DEVICE_GET_INFO = 4,
	VFIO_USER_DEVICE_GET_REGION_INFO = 5,
	VFIO_USER_DEVICE_GET_REGION_IO_FDS = 6,
	VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
	VFIO_USER_DEVICE_SET_IRQS = 8,
	VFIO_USER_REGION_READ = 9,
	VFIO_USER_REGION_WRITE = 10,
	VFIO_USER_DMA_READ = 11, /* server to client */
	VFIO_USER_DMA_WRITE = 12, /* server to client */
	VFIO_USER_DEVICE_RESET = 13,
	VFIO_USER_COMMANDS
};

#define VFIO_USER_F_TYPE_MASK 0xfu
#define VFIO_USER_F_TYPE_COMMAND 0u
#define VFIO_USER_F_TYPE_REPLY 1u
#define VFIO_USER_F_NO_REPLY 0x10u
#define VFIO_USER_F_ERROR 0x20u

/**
 * struct vfio_user_header - Start of every message.
 * @id: chosen by the sender of a command, echoed in its reply
 * @command: enum vfio_user_command
 * @size: bytes of the message, this header included
 * @flags: VFIO_USER_F_*
 * @error: errno of a reply with VFIO_USER_F_ERROR
 */
struct vfio_user_header {
	u16 id;
	u16 command;
	u32 size;
	u32 flags;
	u32 error;
};

/** struct vfio_user_version - VERSION, both ways; JSON text with its NUL may follow. */
struct vfio_user_version {
	u16 major;
	u16 minor;
};

#define VFIO_USER_VERSION_MAJOR 0
#define VFIO_USER_VERSION_MINOR 0

#define VFIO_USER_F_DMA_REGION_READ 1u
#define VFIO_USER_F_DMA_REGION_WRITE 2u

/** struct vfio_user_dma_map - DMA_MAP; at most one descriptor comes along. */
struct vfio_user_dma_map {
	u32 argsz;
	u32 flags;
	u64 offset;
	u64 addr;
	u64 size;
};

/** struct vfio_user_dma_unmap - DMA_UNMAP, command and reply. */
struct vfio_user_dma_unmap {
	u32 argsz;
	u32 flags; /* VFIO_DMA_UNMAP_FLAG_ALL or 0 */
	u64 addr;
	u64 size;
};

/** struct vfio_user_region_access - REGION_READ and REGION_WRITE; @count bytes may follow. */
struct vfio_user_region_access {
	u64 offset;
	u32 region;
	u32 count;
};

/** struct vfio_user_dma_access - DMA_READ and DMA_WRITE; @count bytes may follow. */
struct vfio_user_dma_access {
	u64 addr;
	u64 count;
};

/*
 * Most data in one message, as negotiated: the configuration space in one
 * piece, the largest transfer that a PCI client makes. The largest message is
 * that, the header, and the larger of the access structures.
 */
#define VFIO_USER_MAX_XFER 4096u
#define VFIO_USER_MAX_MSG (VFIO_USER_MAX_XFER + 64u)
/* Most descriptors with one message, as negotiated. */
#define VFIO_USER_MAX_FDS 16u

#endif /* HW_VFIO_USER_PROTO_H */
