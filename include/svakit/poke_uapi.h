/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * svakit_poke: a guest that does to its remapping unit what its kernel would
 * not, and DMA memory of a device, for a test to see. The character device
 * /dev/svakit_poke takes these calls, of root.
 *
 * What is done to the unit is done while no other CPU runs and interrupts are
 * off, so that the kernel finds it as it has left it, if the test puts back
 * what it has changed within one call.
 */
#ifndef SVAKIT_POKE_UAPI_H
#define SVAKIT_POKE_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SVK_POKE_SPACE 0x2000 /* bytes from the unit's first register on that may be accessed */
#define SVK_POKE_ACCESSES 4096
#define SVK_POKE_DESCS 64

enum svk_poke_op {
	SVK_POKE_READ = 0,
	SVK_POKE_WRITE = 1,
	SVK_POKE_WRITE_BACK = 2, /* what the access number @value of this call has read */
};

/**
 * struct svk_poke_access - An access to the unit's registers.
 * @op: enum svk_poke_op
 * @width: bytes: 1, 2, 4 or 8
 * @off: of the first byte, aligned or not
 * @reserved: zero
 * @value: read: result, else what is written
 */
struct svk_poke_access {
	__u8 op;
	__u8 width;
	__u16 off;
	__u32 reserved;
	__u64 value;
};

/**
 * struct svk_poke_accesses - Argument of SVK_POKE_ACCESS.
 * @accesses: address of @count struct svk_poke_access, done in their order
 * @count: 1 to SVK_POKE_ACCESSES
 * @reserved: zero
 */
struct svk_poke_accesses {
	__u64 accesses;
	__u32 count;
	__u32 reserved;
};

/**
 * struct svk_poke_queue - Argument of SVK_POKE_QUEUE.
 *
 * The descriptors are put into the kernel's own invalidation queue, where it ends, and waits into
 * the rest of it, so that the unit comes round to where the kernel will go on. What the unit
 * refuses (FSTS.IQE) is replaced by a wait. EIO: it did not come round.
 *
 * @count: 1 to SVK_POKE_DESCS
 * @errors: result, why the unit has refused the last one: IQERCD.IQEI
 * @refused: result, bit n: it has refused descriptor n
 * @desc: descriptors, 256 bits each; of a queue of 128 bits the first half counts
 */
struct svk_poke_queue {
	__u32 count;
	__u32 errors;
	__u64 refused;
	__u64 desc[SVK_POKE_DESCS][4];
};

/**
 * struct svk_poke_dma - Argument of SVK_POKE_DMA.
 *
 * Memory that the kernel has mapped for requests without PASID of a PCI function.
 * mmap() of the file shows it; SVK_POKE_DMA_END, or the end of the file, unmaps it for the device
 * alone; the memory stays until the file ends.
 *
 * @domain: of the function
 * @bus: of the function
 * @devfn: of the function
 * @size: bytes, whole pages, up to 1 MiB
 * @iova: result, where the device finds it
 */
struct svk_poke_dma {
	__u16 domain;
	__u8 bus;
	__u8 devfn;
	__u32 size;
	__u64 iova;
};

#define SVK_POKE_ACCESS _IOW('k', 0x30, struct svk_poke_accesses)
#define SVK_POKE_QUEUE _IOWR('k', 0x31, struct svk_poke_queue)
#define SVK_POKE_DMA _IOWR('k', 0x32, struct svk_poke_dma)
#define SVK_POKE_DMA_END _IO('k', 0x33)

#endif /* SVAKIT_POKE_UAPI_H */
