/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The svakit accelerator: PCI identity, registers, descriptors, completion
 * records. docs/accelerator.md is the same contract in prose; a change here
 * is a change there, and bumps SVK_ACCEL_ABI_VERSION.
 *
 * All registers are little endian and are accessed naturally aligned, with
 * the width given (4 or 8 bytes); an 8-byte register may also be accessed as
 * two 4-byte halves. Any other access reads as all ones, is ignored on write,
 * and is counted (SVK_LAB_BAD_ACCESS). Where no register is, an access of 4 or
 * 8 bytes reads as zero and is ignored on write.
 */
#ifndef SVAKIT_ACCEL_REGS_H
#define SVAKIT_ACCEL_REGS_H

#include <svakit/types.h>

/* PCI identity. Vendor 0x1b36 is Red Hat/QEMU, as for QEMU's own edu and test devices. */
#define SVK_PCI_VENDOR 0x1b36
#define SVK_PCI_DEVICE_VTD 0x5fd0 /* the remapping unit's register block, BAR 0 */
#define SVK_PCI_DEVICE_ACCEL 0x5fd1
#define SVK_PCI_CLASS_VTD 0x088000 /* base system peripheral, other */
#define SVK_PCI_CLASS_ACCEL 0x120000 /* processing accelerator */

#define SVK_ACCEL_ABI_VERSION 2

/* BARs: each is 32-bit, not prefetchable. */
#define SVK_ACCEL_BAR_CTRL 0 /* privileged: global, queue configuration, lab */
#define SVK_ACCEL_BAR_PORTAL 2 /* one page per queue, mappable by a process */
#define SVK_ACCEL_BAR_MSIX 4 /* MSI-X table and PBA */

#define SVK_ACCEL_PAGE 0x1000
#define SVK_ACCEL_CTRL_SIZE 0x4000
#define SVK_ACCEL_MSIX_SIZE 0x1000
#define SVK_ACCEL_MSIX_TABLE 0x000
#define SVK_ACCEL_MSIX_PBA 0x800

#define SVK_ACCEL_MAX_QUEUES 64

/* BAR 0, page 0: global registers. */
#define SVK_GLB_ID 0x000 /* RO 4: SVK_GLB_ID_MAGIC */
#define SVK_GLB_ID_MAGIC 0x4b415653 /* "SVAK" */
#define SVK_GLB_VERSION 0x004 /* RO 4: SVK_ACCEL_ABI_VERSION */
#define SVK_GLB_CAP 0x008 /* RO 8 */
#define SVK_GLB_CAP_QUEUES SVK_MASK(7, 0) /* number of queues, 1..64 */
#define SVK_GLB_CAP_RING_SHIFT SVK_MASK(15, 8) /* log2 of the largest ring, in descriptors */
#define SVK_GLB_CAP_XFER_SHIFT SVK_MASK(23, 16) /* log2 of the largest transfer, in bytes */
#define SVK_GLB_CAP_BATCH SVK_MASK(39, 24) /* most descriptors in one batch */
#define SVK_GLB_CAP_VECTORS SVK_MASK(47, 40) /* MSI-X vectors, queues + 1 */
#define SVK_GLB_OPCAP 0x010 /* RO 8: bit n set = opcode n is implemented */
#define SVK_GLB_CTRL 0x018 /* RW 4, resets to 0 */
#define SVK_GLB_CTRL_ENABLE SVK_BIT(0) /* queues may be enabled */
#define SVK_GLB_CTRL_RESET \
	SVK_BIT(1) /* write 1: abort all, all registers to reset values; reads 0 */
#define SVK_GLB_STATUS 0x01c /* RO 4 */
#define SVK_GLB_STATUS_ENABLED SVK_BIT(0)
#define SVK_GLB_STATUS_BUSY SVK_BIT(1) /* some queue has work in flight */
#define SVK_GLB_ERR 0x020 /* W1C 8: bit n = queue n halted on an error; raises vector 0 */

/* BAR 0, page 1: queue configuration, 64 bytes a queue. */
#define SVK_QCFG_BASE 0x1000
#define SVK_QCFG_STRIDE 0x40
#define SVK_QCFG_RING 0x00 /* RW 8: ring base, a VA in the PASID's address space; 64-byte aligned */
#define SVK_QCFG_SIZE 0x08 /* RW 4: descriptors in the ring, a power of two, 2..1 << RING_SHIFT */
#define SVK_QCFG_PASID 0x0c /* RW 4 */
#define SVK_QCFG_PASID_MASK SVK_MASK(19, 0)
#define SVK_QCFG_PASID_VALID SVK_BIT(31) /* clear: requests-without-PASID */
#define SVK_QCFG_VECTOR 0x10 /* RW 4: MSI-X vector of completion interrupts, 0..VECTORS-1 */
#define SVK_QCFG_CTRL 0x14 /* RW 4 */
/*
 * Setting ENABLE validates RING, SIZE, PASID and VECTOR and latches them; the
 * outcome is in STATUS at once. RING, SIZE, PASID and VECTOR ignore writes
 * while the queue is not DISABLED. Clearing ENABLE aborts: no new access of
 * this queue starts, descriptors not completed never complete. STATE reads
 * DISABLED only when the last access of the queue has left the device.
 */
#define SVK_QCFG_CTRL_ENABLE SVK_BIT(0)
/* Finish everything up to the tail doorbell, then disable. */
#define SVK_QCFG_CTRL_QUIESCE SVK_BIT(1)
/* Abort, and set every register of this queue to its reset value; reads 0. */
#define SVK_QCFG_CTRL_RESET SVK_BIT(2)
#define SVK_QCFG_STATUS 0x18 /* RO 4 */
#define SVK_QCFG_STATUS_STATE SVK_MASK(2, 0) /* enum svk_queue_state */
#define SVK_QCFG_STATUS_ERR SVK_MASK(15, 8) /* enum svk_queue_err */
#define SVK_QCFG_HEAD 0x1c /* RO 4: free-running count of descriptors consumed */
#define SVK_QCFG_FAULT_ADDR 0x20 /* RO 8: address behind SVK_QERR_*_FAULT, else 0 */

enum svk_queue_state {
	SVK_QSTATE_DISABLED = 0,
	SVK_QSTATE_ENABLED = 1,
	SVK_QSTATE_STOPPING = 2, /* disable or quiesce under way */
	SVK_QSTATE_HALTED = 3, /* error, see ERR; left by clearing ENABLE */
};

enum svk_queue_err {
	SVK_QERR_NONE = 0,
	SVK_QERR_CONFIG = 1, /* ENABLE with a value out of range, or without GLB_CTRL.ENABLE */
	SVK_QERR_RING_FAULT = 2, /* descriptor fetch was refused */
	SVK_QERR_CPL_FAULT = 3, /* completion record write was refused, or it is misaligned */
	SVK_QERR_DOORBELL = 4, /* tail more than SIZE ahead of head, or behind the last tail */
};

/*
 * BAR 0, page 2: the lab page. Read-only counters of the whole model, each 8
 * bytes, reset by SVK_LAB_CLEAR; SVK_LAB_NAME documents the index.
 */
#define SVK_LAB_BASE 0x2000
#define SVK_LAB_COUNTER(n) (SVK_LAB_BASE + 8 * (n)) /* RO 8, n < SVK_LAB_COUNTERS */
#define SVK_LAB_CLEAR 0x2800 /* WO 4: any write zeroes all counters */
#define SVK_LAB_INFLIGHT 0x2808 /* RO 8: translated accesses not yet finished */
/*
 * What a mediated device hides from its driver, for tests. TRAPPED: accesses to this function's
 * BARs that software emulated; 0 in hardware. PASID(q): the PASID that queue q sends, as latched
 * by ENABLE; in a mediated device that of the host, not the one in SVK_QCFG_PASID. FIRST_STAGE(q):
 * the page tables that the unit has cached for that PASID of this function.
 */
#define SVK_LAB_TRAPPED 0x2810 /* RO 8 */
#define SVK_LAB_PASID(q) (0x2900 + 4 * (q)) /* RO 4, layout of SVK_QCFG_PASID, 0 unless ENABLED */
#define SVK_LAB_FIRST_STAGE(q) (0x2c00 + 8 * (q)) /* RO 8: FSPTPTR, 0 if there are none */
/*
 * Where there are several remapping units: what the one of this function has executed, since svahw
 * was started; the counters above are of all.
 */
#define SVK_LAB_UNIT_QI(n) (0x2e00 + 8 * (n)) /* RO 8, n <= SVK_LAB_QI_OTHER */

/*
 * The oracle (docs/oracle.md). A write to AUDIT compares every cached entry with the tables,
 * before it returns; the results are in the registers that follow. With CONFIRM, software says
 * that no invalidation is under way and none is still to come: what is stale then, and what is
 * still due, are findings.
 */
#define SVK_LAB_AUDIT 0x2820 /* RW 4 */
#define SVK_LAB_AUDIT_LOOK SVK_BIT(0) /* write: audit */
#define SVK_LAB_AUDIT_CONFIRM SVK_BIT(1) /* write, with LOOK */
#define SVK_LAB_AUDIT_AT_REST SVK_BIT(2) /* read: queue empty, no access in flight, last time */
#define SVK_LAB_AUDIT_FORGET SVK_BIT(3) /* write, with LOOK: then empty every cache */
#define SVK_LAB_AUDIT_PRESENT SVK_BIT(31) /* read: svahw runs with its oracle */
#define SVK_LAB_STALE 0x2828 /* RO 8: entries that grant what the tables do not */
#define SVK_LAB_LESS 0x2830 /* RO 8: entries that grant less than the tables */
#define SVK_LAB_ENTRIES 0x2838 /* RO 8: entries compared */
#define SVK_LAB_FINDINGS 0x2840 /* RO 8: findings since svahw was started */
#define SVK_LAB_LOOK 0x2848 /* RO 8: a read audits as LOOK does; then as STALE */
/* The model's clock, that of its findings. */
#define SVK_LAB_TIME 0x2858 /* RO 8: nanoseconds since svahw was started */

/*
 * Fault injection (docs/faults.md): hardware that fails on demand. The registers before INJECT
 * say what is struck; INJECT arms, and replaces what was armed for its kind. The registers are
 * one set for each function, what they arm is the whole model's.
 */
#define SVK_LAB_INJECT_PASID 0x2860 /* RW 4: layout of SVK_QCFG_PASID; VALID clear = any, reset 0 */
#define SVK_LAB_INJECT_CHANCE 0x2864 /* RW 4: in 65536ths, by SEED; 0 (reset) = each */
#define SVK_LAB_INJECT_ADDR 0x2868 /* RW 8: only what touches this 4 KiB page; ~0 (reset) = any */
#define SVK_LAB_INJECT_ARG 0x2870 /* RW 8: by kind, see enum svk_inject; resets to 0 */
#define SVK_LAB_INJECT_SEED 0x2878 /* RW 8: of CHANCE; resets to 0 */
/* One access of 8 bytes. KIND and COUNT both 0: disarm all that lab pages have armed. */
#define SVK_LAB_INJECT 0x2880 /* WO 8 */
#define SVK_LAB_INJECT_KIND SVK_MASK(7, 0) /* enum svk_inject */
#define SVK_LAB_INJECT_SKIP SVK_MASK(31, 16) /* let so many pass first */
#define SVK_LAB_INJECT_COUNT SVK_MASK(47, 32) /* then strike so many; 0 disarms */
#define SVK_LAB_INJECT_FOREVER 0xffff /* COUNT: until disarmed */
#define SVK_LAB_INJECTED(kind) \
	(0x2a00 + 8 * (kind)) /* RO 8: times struck since svahw was started */

/*
 * The last findings about an entry, by the number of the finding (0 is the first since svahw was
 * started). A mediated device shows its driver's PASID, not the host's.
 */
#define SVK_LAB_FOUND_KEPT 64
#define SVK_LAB_FOUND_STRIDE 64
#define SVK_LAB_FOUND(n) (0x3000 + SVK_LAB_FOUND_STRIDE * ((n) % SVK_LAB_FOUND_KEPT))
#define SVK_LAB_FOUND_WHAT 0x00 /* RO 8 */
#define SVK_LAB_FOUND_CACHE SVK_MASK(2, 0) /* enum svk_cache */
#define SVK_LAB_FOUND_SECOND SVK_BIT(3) /* the second stage refuses it, not the first */
#define SVK_LAB_FOUND_RULE SVK_BIT(4) /* a rule was broken; else an entry is stale */
#define SVK_LAB_FOUND_LOST SVK_BIT(5) /* a descriptor that covers it was lost on purpose */
#define SVK_LAB_FOUND_PAGED SVK_BIT(6) /* a page that a first stage has part in */
#define SVK_LAB_FOUND_SID SVK_MASK(31, 16)
#define SVK_LAB_FOUND_PASID SVK_MASK(51, 32)
#define SVK_LAB_FOUND_HAS_PASID SVK_BIT(52)
#define SVK_LAB_FOUND_ADDR 0x08 /* RO 8: input address, 0 for CONTEXT and PASID */
#define SVK_LAB_FOUND_SIZE 0x10 /* RO 8: bytes */
#define SVK_LAB_FOUND_BORN 0x18 /* RO 8: when it was filled, by SVK_LAB_TIME */
#define SVK_LAB_FOUND_AT 0x20 /* RO 8: when it became a finding, by SVK_LAB_TIME */
#define SVK_LAB_FOUND_DID 0x28 /* RO 8: domain-id of a PASID or IOTLB entry, else 0 */

enum svk_cache {
	SVK_CACHE_NONE = 0, /* no such finding, or not about an entry */
	SVK_CACHE_CONTEXT = 1,
	SVK_CACHE_PASID = 2,
	SVK_CACHE_IOTLB = 3,
	SVK_CACHE_DEVTLB = 4,
};

/* What can be made to fail, and the meaning of SVK_LAB_INJECT_ARG. */
enum svk_inject {
	SVK_INJECT_NONE = 0,
	SVK_INJECT_LOSE = 1, /* an invalidation completes and removes nothing; SVK_LOSE_xxx */
	SVK_INJECT_ITE = 2, /* a device does not answer a device-TLB invalidation */
	SVK_INJECT_IQE = 3, /* a descriptor is taken for invalid; IQEI code, 0 = 1 */
	SVK_INJECT_WAIT_LATE = 4, /* a wait descriptor completes later; microseconds */
	SVK_INJECT_WAIT_EARLY = 5, /* a wait completes before what was queued ahead of it */
	SVK_INJECT_IRQ_LOST = 6, /* an interrupt is not sent; SVK_IRQ_xxx */
	SVK_INJECT_IRQ_LATE = 7, /* an interrupt is sent later; SVK_IRQ_xxx */
	SVK_INJECT_PRQ_OVERFLOW = 8, /* a page request finds the queue full */
	SVK_INJECT_PRQ_MALFORMED = 9, /* a page request is spoilt; enum svk_prq_spoil */
	SVK_INJECT_PRQ_DUPLICATE = 10, /* a page request is sent twice */
	SVK_INJECT_ATS_REFUSE = 11, /* a translation request is refused; 0 = UR, 1 = CA */
	SVK_INJECT_DMA_ABORT = 12, /* a memory access of an accelerator is aborted */
	SVK_INJECT_BIT_FLIP = 13, /* a fetched table entry differs; SVK_FLIP_xxx */
	SVK_INJECT_REMOVE =
		14, /* surprise removal, at a descriptor; source-id, 0 = this function */
	SVK_INJECT_RESET = 15, /* a reset nobody asked for, at a descriptor; as REMOVE */
	SVK_INJECT_SLOW_FETCH =
		16, /* a table entry is fetched in pieces, with pauses; SVK_SLOW_xxx */
	SVK_INJECT_COUNT
};

/* Argument of LOSE: descriptors of these types (VTD_DESC_xxx), with these granularities. */
#define SVK_LOSE_TYPES SVK_MASK(15, 0) /* bit n: type n; waits never are */
#define SVK_LOSE_GRANS SVK_MASK(19, 16) /* bit n: G field n; 0 = any, or the type has none */
#define SVK_LOSE_UNIT SVK_MASK(27, 24) /* of the unit of this number, from 1 on; 0 = any */
#define SVK_LOSE_STALE SVK_BIT(32) /* only what would remove a stale entry */

/* Argument of IRQ_LOST and IRQ_LATE. */
#define SVK_IRQ_SID SVK_MASK(15, 0) /* of the function; 0 = this one */
#define SVK_IRQ_VECTOR SVK_MASK(23, 16) /* of the function; SVK_IRQ_EVENT_xxx if UNIT */
#define SVK_IRQ_EVENT_FAULT 0
#define SVK_IRQ_EVENT_INVALIDATION 1 /* completion of a wait descriptor */
#define SVK_IRQ_EVENT_PAGE_REQUEST 2
#define SVK_IRQ_EVENT_PERFORMANCE 3 /* overflow of a counter */
#define SVK_IRQ_ANY SVK_BIT(24) /* any vector */
#define SVK_IRQ_UNIT SVK_BIT(25) /* events of the remapping unit; SID is ignored */
#define SVK_IRQ_DELAY SVK_MASK(63, 32) /* microseconds */

/* Argument of BIT_FLIP. */
#define SVK_FLIP_BIT SVK_MASK(8, 0) /* of the entry, 0 is the least significant */
#define SVK_FLIP_TABLE SVK_MASK(19, 16) /* enum svk_table */

/* Argument of SLOW_FETCH. */
#define SVK_SLOW_DELAY SVK_MASK(15, 0) /* microseconds from one piece to the next */
#define SVK_SLOW_TABLE SVK_MASK(19, 16) /* enum svk_table: CONTEXT or PASID */

enum svk_table {
	SVK_TABLE_ROOT = 0,
	SVK_TABLE_CONTEXT = 1,
	SVK_TABLE_PASID_DIR = 2,
	SVK_TABLE_PASID = 3,
	SVK_TABLE_FIRST_STAGE = 4,
	SVK_TABLE_SECOND_STAGE = 5,
};

/* Argument of PRQ_MALFORMED. */
enum svk_prq_spoil {
	SVK_PRQ_SPOIL_RESERVED = 0, /* reserved bits set */
	SVK_PRQ_SPOIL_PASID = 1, /* a PASID that nobody has */
	SVK_PRQ_SPOIL_ADDRESS = 2, /* not canonical */
	SVK_PRQ_SPOIL_ACCESS = 3, /* neither read nor write */
	SVK_PRQ_SPOIL_LAST = 4, /* the group's last page is missing */
	SVK_PRQ_SPOIL_SOURCE = 5, /* a source-id that no device has */
};

/* Counter indices; the names are those of svahw's statistics. */
enum svk_lab_counter {
	SVK_LAB_QI_TOTAL, /* invalidation descriptors executed */
	SVK_LAB_QI_CONTEXT,
	SVK_LAB_QI_IOTLB,
	SVK_LAB_QI_DEVTLB,
	SVK_LAB_QI_WAIT,
	SVK_LAB_QI_PIOTLB,
	SVK_LAB_QI_PASID,
	SVK_LAB_QI_PDEVTLB,
	SVK_LAB_QI_OTHER,
	SVK_LAB_XLATE_REQ, /* translated and untranslated requests seen by the unit */
	SVK_LAB_IOTLB_HIT,
	SVK_LAB_IOTLB_MISS,
	SVK_LAB_PASID_HIT,
	SVK_LAB_PASID_MISS,
	SVK_LAB_CONTEXT_HIT,
	SVK_LAB_CONTEXT_MISS,
	SVK_LAB_WALK_FS, /* first-stage walks */
	SVK_LAB_WALK_SS, /* second-stage walks, also inside nested ones */
	SVK_LAB_WALK_NESTED,
	SVK_LAB_FAULT, /* faults recorded or counted as overflow */
	SVK_LAB_ATC_HIT,
	SVK_LAB_ATC_MISS,
	SVK_LAB_ATC_DROPPED, /* device-TLB entries removed by invalidations */
	SVK_LAB_IOTLB_DROPPED,
	SVK_LAB_DESC, /* accelerator descriptors completed */
	SVK_LAB_BYTES, /* bytes read or written by accelerators */
	SVK_LAB_IRQ, /* interrupts sent by all functions */
	SVK_LAB_DOORBELL,
	SVK_LAB_BAD_ACCESS, /* register accesses of a wrong width or alignment */
	SVK_LAB_PRQ, /* page requests sent, stop markers not counted */
	SVK_LAB_PRQ_OVERFLOW, /* of these, found the queue full or PRS.PRO set */
	SVK_LAB_PGRP_RESP, /* page group responses sent, those of the unit itself included */
	SVK_LAB_PGRP_STRAY, /* of these, found nobody who waits */
	/* By the oracle (docs/oracle.md), from here on. */
	SVK_LAB_OPS, /* operations: what is invalidated up to a wait descriptor */
	SVK_LAB_INV_NEEDED, /* entries removed by descriptors, that differed from the tables */
	SVK_LAB_INV_COLLATERAL, /* likewise, that were as the tables have them */
	SVK_LAB_INV_EMPTY, /* invalidation descriptors that have removed nothing */
	SVK_LAB_COUNTERS
};

/* BAR 2: portal of queue q at q * SVK_ACCEL_PAGE. No PASID, no ring base here. */
#define SVK_PORTAL_TAIL 0x00 /* RW 4: doorbell, free-running count of descriptors produced */
#define SVK_PORTAL_HEAD 0x04 /* RO 4: as SVK_QCFG_HEAD */
#define SVK_PORTAL_STATUS 0x08 /* RO 4: as SVK_QCFG_STATUS */
#define SVK_PORTAL_SIZE 0x0c /* RO 4: as SVK_QCFG_SIZE */

/* Opcodes, bits 7:0 of svk_desc.ctrl. */
enum svk_op {
	SVK_OP_NOP = 0,
	SVK_OP_COPY = 1, /* dst[0..size) = src[0..size); ranges may not overlap */
	SVK_OP_FILL = 2, /* dst[0..size) = the 8 bytes of operand, repeated */
	SVK_OP_COMPARE = 3, /* result = offset of the first difference, or size */
	SVK_OP_CRC32C = 4, /* result = CRC-32C of src, seed in operand (0 to start) */
	SVK_OP_BATCH = 5, /* src = array of size descriptors, not nested */
	SVK_OP_DRAIN = 6, /* completes when every earlier descriptor of the queue has */
	SVK_OP_COUNT
};

#define SVK_DESC_OP SVK_MASK(7, 0)
#define SVK_DESC_CPL_RECORD SVK_BIT(8) /* write a completion record at cpl */
#define SVK_DESC_CPL_IRQ SVK_BIT(9) /* raise the queue's vector on completion */
/* Wait for the kernel to make a missing page present, instead of ending with SVK_CPL_FAULT_*. */
#define SVK_DESC_BLOCK SVK_BIT(10)
#define SVK_DESC_RESERVED SVK_MASK(31, 11) /* must be zero, so must the pad words */

/**
 * struct svk_desc - One descriptor, 64 bytes, aligned to 64.
 * @ctrl: opcode and flags
 * @tag: copied to the completion record
 * @src: VA read (COPY, COMPARE, CRC32C), or of the descriptors (BATCH), 64-byte aligned; else 0
 * @dst: VA written (COPY, FILL), or the second input (COMPARE); else 0
 * @size: bytes, 1..1 << XFER_SHIFT; descriptors for BATCH; 0 for NOP and DRAIN
 * @operand: pattern (FILL) or seed (CRC32C, 32 bits), else 0
 * @cpl: VA of the completion record, 32-byte aligned, with SVK_DESC_CPL_RECORD; else 0
 * @pad: zero
 */
struct svk_desc {
	__le32 ctrl;
	__le32 tag;
	__le64 src;
	__le64 dst;
	__le64 size;
	__le64 operand;
	__le64 cpl;
	__le64 pad[2];
};

/* Completion status, svk_cpl.status. Zero is never written: clear it, then wait for non-zero. */
enum svk_status {
	SVK_CPL_PENDING = 0,
	SVK_CPL_OK = 1,
	SVK_CPL_MISMATCH = 2, /* COMPARE found a difference */
	SVK_CPL_FAULT_READ = 3, /* translation refused a read; fault_addr, done */
	SVK_CPL_FAULT_WRITE = 4,
	SVK_CPL_BAD_OPCODE = 5,
	SVK_CPL_BAD_FLAGS = 6, /* a reserved bit or a field that must be zero is set */
	SVK_CPL_BAD_SIZE = 7,
	SVK_CPL_BAD_ADDR = 8, /* wraps, overlaps, or is misaligned */
	SVK_CPL_ABORTED_BATCH = 9, /* a member of the batch failed; result = its index */
	SVK_CPL_BUS_ERROR = 10, /* not RAM, or no bus master; fault_addr, done */
};

/**
 * struct svk_cpl - Completion record, 32 bytes, aligned to 32.
 * @status: enum svk_status; written last, with release ordering
 * @tag: of the descriptor
 * @done: OK, MISMATCH: the size; BAD_*: 0; else bytes (members of a BATCH) finished
 * @result: OK, MISMATCH: of COMPARE, CRC32C; ABORTED_BATCH: index of the member; else 0
 * @fault_addr: FAULT_*, BUS_ERROR: the first byte that could not be accessed; else 0
 *
 * After a fault, exactly @done bytes of the destination have been written.
 */
struct svk_cpl {
	__le32 status;
	__le32 tag;
	__le64 done;
	__le64 result;
	__le64 fault_addr;
};

#endif /* SVAKIT_ACCEL_REGS_H */
