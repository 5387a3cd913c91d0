/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine of fuzz_registers(), and the language of its inputs.
 *
 * An input is two bytes of configuration (REG_CONFIG_* and REG_UNIT_*) and then operations: one
 * byte, enum registers_op modulo REG_OPS, and its operands. A VALUE is a byte, enum registers_value
 * modulo REG_VALUES, and the bytes that it names.
 */
#ifndef HW_FUZZ_REGISTERS_H
#define HW_FUZZ_REGISTERS_H

#include <svakit/types.h>

#include "fuzz/fuzz.h"
#include "machine.h"

struct accel;
struct gmem;
struct pci_function;
struct vtd;
struct vtd_function;
struct vtd_request;

enum registers_op {
	REG_UNIT_WRITE, /* u8 register, in dwords if below 0x80, else u16 offset; u8 width; VALUE */
	REG_UNIT_READ, /* likewise, without VALUE */
	REG_BAR_WRITE, /* u8: bits 1:0 BAR / 2, bits 3:2 log2 of the width; u16 offset; VALUE */
	REG_BAR_READ,
	REG_QUEUE_WRITE, /* u8: bits 3:0 dword of the queue's block, bits 7:4 queue; VALUE */
	REG_DOORBELL, /* u8 queue; u8 tail, signed, behind the last one */
	REG_CONFIG_WRITE, /* u8: bit 7 the accelerator's, bits 2:0 bytes - 1; u16 offset; VALUE */
	REG_CONFIG_READ,
	REG_MEMORY, /* u8 page, u16 offset, VALUE: a quadword of RAM */
	REG_FILL, /* u8 page, VALUE first, VALUE step: 512 quadwords */
	REG_COPY_PAGE, /* u8 from, u8 to */
	REG_DESC, /* u8 queue, u8 op, u8 flags, VALUE src, dst, size, operand, cpl: at the tail */
	REG_INVALIDATE, /* u8 type, VALUE, VALUE: quadwords 0 and 1, at the tail, rung */
	REG_INVALIDATE_ALL, /* all caches of the unit and the device, and a wait */
	REG_TURN_BEGIN, /* of the engine; until it ends, a chunk may be in flight */
	REG_TURN_END,
	REG_RUN, /* u8: so many turns, at most 63 */
	REG_AUDIT, /* u8: bit 0 confirm */
	REG_INJECT, /* u8 kind, u8 argument, u8 skip, u8 count: by the lab page */
	REG_TRANSLATE, /* u8: REG_XLATE_*, u8 source-id, u8 PASID, VALUE address */
	REG_SOUND, /* likewise; what a fresh walk gives must be no finding */
	REG_RESET, /* u8: bit 0 the accelerator */
	REG_REMAP, /* u8: memory is unmapped; bit 0: and mapped again */
	REG_OPS
};

enum registers_value {
	REG_V8, /* u8 */
	REG_V16,
	REG_V32,
	REG_V64,
	REG_VPAGE, /* u8 page, u16: address of a page of RAM, with low bits */
	REG_VMIRROR, /* likewise, where the same RAM is mapped again */
	REG_VHIGH, /* u8 page, u16 low bits, u8: bits 63:56 */
	REG_VBIT, /* u8: one bit */
	REG_VNOT, /* u8: all bits but these */
	REG_VALUES
};

#define REG_XLATE_AT 3u
#define REG_XLATE_PASID 4u
#define REG_XLATE_WRITE 8u
#define REG_XLATE_EXEC 16u
#define REG_XLATE_PRIV 32u

/* First byte. */
#define REG_CONFIG_WATCHER 3u /* enum registers_watcher */
#define REG_CONFIG_READY 4u /* start with tables, queues and everything enabled */
#define REG_CONFIG_NO_ATS 8u
#define REG_CONFIG_SMALL_ATC 16u
#define REG_CONFIG_FEW_QUEUES 32u
#define REG_CONFIG_NO_PASID 64u
/* Second byte. */
#define REG_UNIT_ERS 1u
#define REG_UNIT_SMALL 2u
#define REG_UNIT_NO_PSI 4u
#define REG_UNIT_NO_ESRTPS 8u
#define REG_UNIT_NO_NWFS 16u
#define REG_UNIT_WIDE 32u
#define REG_UNIT_NO_SMTS 64u
#define REG_UNIT_FEW_PASIDS 128u

enum registers_watcher {
	REG_WATCH_NONE,
	REG_WATCH_ORACLE,
	REG_WATCH_EXACT, /* each descriptor must remove what it names, and nothing else */
	REG_WATCH_ORACLE_TOO,
};

/* RAM: a few pages at 0, again (twice) at REG_MIRROR, read-only at REG_ROM, then a hole. */
#define REG_PAGE 0x1000ULL
#define REG_PAGES 64u
#define REG_RAM (REG_PAGES * REG_PAGE)
#define REG_MIRROR 0x200000ULL
#define REG_ROM 0x400000ULL
#define REG_HOLE 0x500000ULL

/* Pages of a machine that starts ready. In every space an address is its own translation. */
enum registers_page {
	REG_P_ROOT = 1,
	REG_P_CONTEXT,
	REG_P_DIRECTORY,
	REG_P_PASIDS,
	REG_P_QUEUE, /* invalidation queue, 128 descriptors */
	REG_P_STATUS,
	REG_P_FS4, /* first stage, levels 4 to 1 */
	REG_P_FS3,
	REG_P_FS2,
	REG_P_FS1,
	REG_P_SS4, /* second stage */
	REG_P_SS3,
	REG_P_SS2,
	REG_P_SS1,
	REG_P_FS5,
	REG_P_RING, /* of the queues 0 to 3 */
	REG_P_CPL = REG_P_RING + 4, /* their records */
	REG_P_DATA = REG_P_CPL + 4,
};

#define REG_QUEUES 4u
#define REG_RING 16u

/* PASIDs of a machine that starts ready; also their domain-ids. Queue n has PASID n + 1, 3 none. */
enum registers_pasid {
	REG_PASID_NONE, /* requests without: second stage */
	REG_PASID_FS,
	REG_PASID_SS,
	REG_PASID_NESTED,
	REG_PASID_PT,
	REG_PASID_FS5,
	REG_PASID_NESTED_AD,
	REG_PASID_PRIV,
	REG_PASIDS
};

/**
 * struct registers - The machine.
 * @ram: REG_RAM bytes, shared with what @mem maps
 * @turn: of the engine: begun and not ended
 * @unsure: what descriptors remove now is not told apart from what else happens
 * @tail: of the rings, free running
 * @iqt: byte offset in the invalidation queue
 * @expected: with REG_WATCH_EXACT: entries that the descriptor being executed must leave
 * @pending: that descriptor; type 0: none
 */
struct registers {
	struct machine machine;
	struct gmem *mem;
	struct vtd_function *vtd;
	struct vtd *unit;
	struct accel *accel;
	struct pci_function *fn[2];
	FILE *findings;
	u8 *ram;
	bool turn;
	bool unsure;
	u32 tail[REG_QUEUES];
	u32 iqt;
	u64 expected;
	u64 pending[4];
};

/* registers_machine.c: the machine's lock is not held. */

/** registers_init() - Build the machine that the two bytes of configuration ask for. */
void registers_init(struct registers *r, u8 config, u8 unit);
/** registers_cleanup() - Undo it. */
void registers_cleanup(struct registers *r);
/** registers_map() - Map guest memory. */
void registers_map(struct registers *r);

/** registers_pass() - Let a microsecond pass; the lock is held. */
void registers_pass(struct registers *r);

/* registers_check.c: the lock is held. */

/** registers_watch_exact() - Hold every descriptor to what it names. */
void registers_watch_exact(struct registers *r);
/** registers_check() - What must hold between any two operations. */
void registers_check(struct registers *r);
/** registers_check_sound() - Translate; what is cached then must agree with memory. */
void registers_check_sound(struct registers *r, const struct vtd_request *req);

#endif /* HW_FUZZ_REGISTERS_H */
