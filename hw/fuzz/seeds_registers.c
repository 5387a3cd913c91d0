// SPDX-License-Identifier: GPL-2.0
/* Seeds of fuzz_registers(): what the unit tests of the unit, the accelerator and the oracle do. */
#include <linux/pci_regs.h>

#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "fuzz/registers.h"
#include "fuzz/seeds.h"
#include "fuzz/seeds_value.h"

#define RECORD (SVK_DESC_CPL_RECORD >> 8)
#define IRQ (SVK_DESC_CPL_IRQ >> 8)
#define G(g) ((u64)(g) << 4)
#define DID(d) ((u64)(d) << 16)
#define PASID(p) ((u64)(p) << 32)
#define SID_LOW (0x30ULL << 16)
#define EVERYTHING (VTD_PDEVTLB_S | VTD_PDEVTLB_G)
#define RW (REG_XLATE_PASID | REG_XLATE_WRITE)

static void ready_unit(struct seed *o, u8 watcher, u8 unit)
{
	put(o, REG_CONFIG_READY | watcher, unit);
}

static void ready(struct seed *o, u8 watcher)
{
	ready_unit(o, watcher, 0);
}

static void op(struct seed *o, enum registers_op op)
{
	put(o, op);
}

static void unit(struct seed *o, unsigned int reg, struct value v)
{
	put(o, REG_UNIT_WRITE, (u8)(reg / 4), 4);
	value(o, v);
}

static void unit64(struct seed *o, unsigned int reg, struct value v)
{
	put(o, REG_UNIT_WRITE, (u8)(reg / 4), 8);
	value(o, v);
}

static void unit_far(struct seed *o, u16 off, u8 len, struct value v)
{
	put(o, REG_UNIT_WRITE, 0xff);
	seed_put(o, 2, off);
	put(o, len);
	value(o, v);
}

static void ctrl(struct seed *o, u16 off, unsigned int log, struct value v)
{
	put(o, REG_BAR_WRITE, (u8)(log << 2));
	seed_put(o, 2, off);
	value(o, v);
}

static void queue(struct seed *o, unsigned int q, unsigned int reg, struct value v)
{
	put(o, REG_QUEUE_WRITE, (u8)(q << 4 | reg / 4));
	value(o, v);
}

static void accel_config(struct seed *o, unsigned int len, u16 off, struct value v)
{
	put(o, REG_CONFIG_WRITE, (u8)(0x80 | (len - 1)));
	seed_put(o, 2, off);
	value(o, v);
}

static void memory(struct seed *o, u8 at, unsigned int word, struct value v)
{
	put(o, REG_MEMORY, at);
	seed_put(o, 2, word * 8);
	value(o, v);
}

static void pte(struct seed *o, unsigned int n, struct value v)
{
	memory(o, REG_P_FS1, n, v);
}

static void desc(struct seed *o, u8 q, u8 opcode, u8 flags, struct operands d)
{
	put(o, REG_DESC, q, opcode, flags);
	value(o, d.src);
	value(o, d.dst);
	value(o, d.size);
	value(o, d.operand);
	value(o, d.cpl);
}

static void copy(struct seed *o, u8 q, u8 from, u8 to, u32 size)
{
	desc(o, q, SVK_OP_COPY, RECORD,
	     (struct operands){data(from), data(to), v32(size), none(), cpl(q)});
}

static void invalidate(struct seed *o, u8 type, u64 q0, struct value q1)
{
	put(o, REG_INVALIDATE, type);
	value(o, v64(q0));
	value(o, q1);
}

static void wait_done(struct seed *o)
{
	invalidate(o, VTD_DESC_WAIT, VTD_WAIT_SW | VTD_WAIT_IF | 7ULL << 32, page(REG_P_STATUS, 0));
}

static void run(struct seed *o, u8 turns)
{
	put(o, REG_RUN, turns);
}

static void audit(struct seed *o, u8 confirm)
{
	put(o, REG_AUDIT, confirm);
}

static void xlate(struct seed *o, u8 how, u8 pasid, struct value addr)
{
	put(o, REG_TRANSLATE, how, 0x30, pasid);
	value(o, addr);
}

static void sound_xlate(struct seed *o, u8 how, u8 pasid, struct value addr)
{
	put(o, REG_SOUND, how, 0x30, pasid);
	value(o, addr);
}

static void cold_start(struct seed *o)
{
	put(o, 0, 0);
	memory(o, 20, 0, page(21, VTD_ROOT_P));
	memory(o, 21, 0x30 * 4, page(22, VTD_CE_P | VTD_CE_DTE | VTD_CE_PASIDE));
	memory(o, 22, 0, page(23, VTD_PDE_P));
	memory(o, 23, 8, v16(VTD_PGTT_FS << 6 | VTD_PE_P));
	memory(o, 23, 9, v8(1));
	memory(o, 23, 10, page(24, 0));
	memory(o, 24, 0, page(25, 7));
	memory(o, 25, 0, page(26, 7));
	memory(o, 26, 0, page(27, 7));
	memory(o, 27, 1, page(1, 7));
	unit64(o, VTD_RTADDR, page(20, VTD_TTM_SCALABLE << 10));
	unit(o, VTD_GCMD, v32(VTD_G_SRTP));
	unit64(o, VTD_IQA, page(REG_P_QUEUE, VTD_IQA_DW));
	unit(o, VTD_GCMD, v32(VTD_G_QIE));
	unit(o, VTD_GCMD, v32(VTD_G_QIE | VTD_G_TE));
	xlate(o, RW, 1, page(1, 0x123));
}

static void operations(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	copy(o, 0, 0, 4, 0x3000);
	run(o, 2);
	desc(o, 0, SVK_OP_FILL, RECORD,
	     (struct operands){none(), page(REG_P_DATA + 1, 5), v16(0x1800),
			       v64(0x1122334455667788), cpl(0)});
	run(o, 1);
	desc(o, 1, SVK_OP_COMPARE, RECORD,
	     (struct operands){data(0), data(4), v16(0x3000), none(), cpl(1)});
	run(o, 1);
	desc(o, 2, SVK_OP_CRC32C, RECORD | IRQ,
	     (struct operands){data(0), none(), v16(0x3000), v32(0xffffffff), cpl(2)});
	run(o, 1);
	desc(o, 3, SVK_OP_NOP, RECORD, (struct operands){none(), none(), none(), none(), cpl(3)});
	desc(o, 3, SVK_OP_DRAIN, RECORD, (struct operands){none(), none(), none(), none(), cpl(3)});
	run(o, 2);
	audit(o, 1);
}

static void batch(struct seed *o)
{
	ready(o, REG_WATCH_NONE);
	memory(o, REG_P_DATA, 0, v16(SVK_OP_COPY | SVK_DESC_CPL_RECORD));
	memory(o, REG_P_DATA, 1, data(1));
	memory(o, REG_P_DATA, 2, data(2));
	memory(o, REG_P_DATA, 3, v16(64));
	memory(o, REG_P_DATA, 5, cpl(0));
	memory(o, REG_P_DATA, 8, v8(SVK_OP_FILL));
	memory(o, REG_P_DATA, 10, data(3));
	memory(o, REG_P_DATA, 11, v16(8));
	memory(o, REG_P_DATA, 16, v8(SVK_OP_BATCH));
	desc(o, 0, SVK_OP_BATCH, RECORD, (struct operands){data(0), none(), v8(3), none(), cpl(0)});
	run(o, 8);
	desc(o, 1, SVK_OP_BATCH, RECORD,
	     (struct operands){data(0), none(), v16(1024), none(), cpl(1)});
	run(o, 9);
}

static void stale(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	copy(o, 0, 0, 1, 0x800);
	run(o, 1);
	pte(o, REG_P_DATA, none());
	audit(o, 0);
	copy(o, 0, 0, 1, 0x800);
	run(o, 1);
	audit(o, 1);
	invalidate(o, VTD_DESC_PIOTLB, G(VTD_PIOTLB_G_PASID) | DID(1) | PASID(1), none());
	invalidate(o, VTD_DESC_PDEVTLB, SID_LOW | PASID(1), high(VTD_PDEVTLB_S, 0x7f));
	wait_done(o);
	audit(o, 1);
}

static void remapped(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	copy(o, 0, 0, 1, 0x800);
	run(o, 1);
	pte(o, REG_P_DATA, page(REG_P_DATA + 9, 7));
	pte(o, REG_P_DATA + 1, page(REG_P_DATA + 1, 5));
	copy(o, 0, 0, 1, 0x800);
	run(o, 1);
	audit(o, 0);
	audit(o, 1);
	op(o, REG_INVALIDATE_ALL);
	audit(o, 1);
}

static void pages_exact(struct seed *o)
{
	ready(o, REG_WATCH_EXACT);
	xlate(o, RW, 1, data(0));
	xlate(o, RW, 1, data(1));
	xlate(o, RW, 1, mirror(0));
	xlate(o, RW, 2, data(0));
	xlate(o, RW, 3, data(1));
	xlate(o, RW, 4, v32(0x40000000));
	xlate(o, RW, 5, data(2));
	xlate(o, RW, 6, data(2));
	copy(o, 0, 0, 1, 64);
	copy(o, 1, 2, 3, 64);
	copy(o, 3, 4, 5, 64);
	run(o, 3);
	invalidate(o, VTD_DESC_PIOTLB, G(VTD_PIOTLB_G_PAGE) | DID(1) | PASID(1), data(0));
	invalidate(o, VTD_DESC_PIOTLB, G(VTD_PIOTLB_G_PAGE) | DID(1) | PASID(1), page(0, 9));
	invalidate(o, VTD_DESC_IOTLB, G(VTD_GRAN_SELECT) | DID(2), data(0));
	invalidate(o, VTD_DESC_IOTLB, G(VTD_GRAN_SELECT) | DID(3), page(0, 18));
	invalidate(o, VTD_DESC_IOTLB, G(VTD_GRAN_DOMAIN) | DID(4), none());
	invalidate(o, VTD_DESC_PIOTLB, G(VTD_PIOTLB_G_PASID) | DID(5) | PASID(5), none());
	invalidate(o, VTD_DESC_PDEVTLB, SID_LOW | PASID(1), data(0));
	invalidate(o, VTD_DESC_PDEVTLB, SID_LOW, page(3, EVERYTHING));
	invalidate(o, VTD_DESC_DEVTLB, PASID(0x30), page(7, VTD_DEVTLB_S));
	invalidate(o, VTD_DESC_IOTLB, G(VTD_GRAN_GLOBAL), none());
	wait_done(o);
}

static void entries_exact(struct seed *o)
{
	ready(o, REG_WATCH_EXACT);
	xlate(o, RW, 1, data(0));
	xlate(o, RW, 2, data(0));
	xlate(o, RW, 3, data(0));
	put(o, REG_TRANSLATE, RW, 0x08, 1);
	value(o, data(0));
	invalidate(o, VTD_DESC_PC, G(VTD_PC_G_PASID) | DID(1) | PASID(1), none());
	invalidate(o, VTD_DESC_PC, G(VTD_PC_G_DOMAIN) | DID(2), none());
	invalidate(o, VTD_DESC_PC, G(VTD_PC_G_GLOBAL), none());
	invalidate(o, VTD_DESC_CC, G(VTD_GRAN_SELECT) | PASID(0x31) | 1ULL << 48, none());
	invalidate(o, VTD_DESC_CC, G(VTD_GRAN_DOMAIN) | DID(9), none());
	invalidate(o, VTD_DESC_CC, G(VTD_GRAN_GLOBAL), none());
	invalidate(o, VTD_DESC_IEC, G(1), none());
	wait_done(o);
}

static void pages_without_psi(struct seed *o)
{
	ready_unit(o, REG_WATCH_EXACT, REG_UNIT_NO_PSI);
	xlate(o, RW, 2, data(0));
	xlate(o, RW, 2, data(1));
	invalidate(o, VTD_DESC_IOTLB, G(VTD_GRAN_SELECT) | DID(2), data(0));
	wait_done(o);
}

static void faults(struct seed *o)
{
	ready_unit(o, REG_WATCH_NONE, REG_UNIT_NO_ESRTPS);
	xlate(o, RW, 9, data(0));
	xlate(o, RW, 1, v32(0x3ff000));
	xlate(o, RW, 1, v64(0x8000000000000000));
	unit_far(o, 0x60c, 4, v32(0x80000000));
	unit(o, VTD_FSTS, v8(1));
	xlate(o, RW, 70, data(0));
	xlate(o, 0, 0, v64(1ULL << 50));
	unit(o, VTD_FECTL, v32(0x80000000));
	xlate(o, RW, 4, v32(0xfee00000));
	unit(o, VTD_FECTL, none());
	put(o, REG_TRANSLATE, RW, 0x10, 1);
	value(o, data(0));
}

static void drain(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	copy(o, 0, 0, 1, 0x1000);
	op(o, REG_TURN_BEGIN);
	pte(o, REG_P_DATA, none());
	invalidate(o, VTD_DESC_PIOTLB, G(VTD_PIOTLB_G_PASID) | DID(1) | PASID(1), none());
	invalidate(o, VTD_DESC_PDEVTLB, SID_LOW, high(EVERYTHING, 0x7f));
	wait_done(o);
	audit(o, 0);
	unit_far(o, 0x508, 8, v64(0x9000000000000000));
	op(o, REG_TURN_END);
	audit(o, 1);
}

static void registers_invalidate(struct seed *o)
{
	ready(o, REG_WATCH_NONE);
	xlate(o, RW, 1, data(0));
	unit_far(o, 0x500, 8, data(0));
	unit_far(o, 0x508, 8, v64(0xb000000100000000));
	unit64(o, VTD_CCMD, v64(0xe000000000300000));
	xlate(o, RW, 2, data(0));
	unit_far(o, 0x508, 8, v64(0xa000000200000000));
	unit64(o, VTD_CCMD, v64(0xc000000000000001));
	unit64(o, VTD_CCMD, v64(0xa000000000000000));
}

static void abort_in_flight(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	copy(o, 0, 0, 8, 0x8000);
	op(o, REG_TURN_BEGIN);
	queue(o, 0, SVK_QCFG_CTRL, none());
	queue(o, 0, SVK_QCFG_CTRL, v8(1));
	op(o, REG_TURN_END);
	queue(o, 0, SVK_QCFG_CTRL, v8(1));
	copy(o, 1, 0, 8, 0x100);
	op(o, REG_TURN_BEGIN);
	queue(o, 1, SVK_QCFG_CTRL, v8(SVK_QCFG_CTRL_RESET));
	op(o, REG_TURN_END);
	copy(o, 2, 0, 8, 0x100);
	op(o, REG_TURN_BEGIN);
	ctrl(o, SVK_GLB_CTRL, 2, v8(SVK_GLB_CTRL_RESET));
	op(o, REG_TURN_END);
}

static void flr_in_flight(struct seed *o)
{
	ready(o, REG_WATCH_NONE);
	copy(o, 0, 0, 8, 0x8000);
	op(o, REG_TURN_BEGIN);
	accel_config(o, 2, 0x48, v16(PCI_EXP_DEVCTL_BCR_FLR));
	op(o, REG_TURN_END);
	put(o, REG_RESET, 1, REG_RESET, 0);
	copy(o, 0, 0, 1, 64);
	run(o, 2);
}

static void quiesce(struct seed *o)
{
	ready(o, REG_WATCH_NONE);
	copy(o, 0, 0, 8, 0x100);
	copy(o, 0, 1, 9, 0x100);
	op(o, REG_TURN_BEGIN);
	queue(o, 0, SVK_QCFG_CTRL, v8(SVK_QCFG_CTRL_ENABLE | SVK_QCFG_CTRL_QUIESCE));
	op(o, REG_TURN_END);
	run(o, 3);
	queue(o, 0, SVK_QCFG_CTRL, v8(1));
	copy(o, 0, 0, 8, 0x100);
	run(o, 3);
}

static void queue_errors(struct seed *o)
{
	ready(o, REG_WATCH_NONE);
	put(o, REG_DOORBELL, 0, 17, REG_DOORBELL, 1, 0xff);
	queue(o, 2, SVK_QCFG_CTRL, none());
	queue(o, 2, SVK_QCFG_RING, v64(0x7fffffff0000));
	queue(o, 2, SVK_QCFG_CTRL, v8(1));
	copy(o, 2, 0, 1, 8);
	run(o, 1);
	queue(o, 3, SVK_QCFG_CTRL, none());
	queue(o, 3, SVK_QCFG_SIZE, v8(3));
	queue(o, 3, SVK_QCFG_CTRL, v8(1));
	queue(o, 4, SVK_QCFG_SIZE, v8(2));
	queue(o, 4, SVK_QCFG_CTRL, v8(1));
	ctrl(o, SVK_GLB_ERR, 3, v8(0xff));
}

static void record_errors(struct seed *o)
{
	ready(o, REG_WATCH_NONE);
	desc(o, 0, SVK_OP_NOP, RECORD,
	     (struct operands){none(), none(), none(), none(), page(1, 8)});
	run(o, 1);
	desc(o, 1, SVK_OP_NOP, RECORD,
	     (struct operands){none(), none(), none(), none(), v64(1ULL << 40)});
	run(o, 1);
	desc(o, 2, SVK_OP_COPY, RECORD,
	     (struct operands){data(0), v32(REG_ROM), v8(64), none(), cpl(2)});
	run(o, 1);
	desc(o, 3, 99, RECORD, (struct operands){none(), none(), none(), none(), cpl(3)});
	run(o, 1);
	desc(o, 3, SVK_OP_COPY, RECORD,
	     (struct operands){data(0), v32(REG_HOLE), v8(64), none(), cpl(3)});
	run(o, 1);
}

static void superpages(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	desc(o, 0, SVK_OP_COPY, RECORD,
	     (struct operands){mirror(0x10), data(0), v16(0x2000), none(), cpl(0)});
	run(o, 2);
	desc(o, 0, SVK_OP_FILL, RECORD,
	     (struct operands){none(), v32(0x4003f000), v16(0x2000), v8(1), cpl(0)});
	run(o, 2);
	desc(o, 2, SVK_OP_COMPARE, RECORD,
	     (struct operands){mirror(0), v32(0x40000000), v16(0x1000), none(), cpl(2)});
	run(o, 1);
	memory(o, REG_P_FS2, 1, page(REG_P_FS1, 7));
	audit(o, 1);
}

static void pasid_replaced(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	copy(o, 0, 0, 1, 8);
	run(o, 1);
	memory(o, REG_P_PASIDS, REG_PASID_FS * 8 + 2, page(30, 0));
	invalidate(o, VTD_DESC_PC, G(VTD_PC_G_PASID) | DID(1) | PASID(1), none());
	copy(o, 0, 0, 1, 8);
	run(o, 1);
	xlate(o, RW, 1, data(0));
	audit(o, 1);
	memory(o, REG_P_PASIDS, REG_PASID_SS * 8, none());
	invalidate(o, VTD_DESC_PC, G(VTD_PC_G_GLOBAL), none());
	invalidate(o, VTD_DESC_PDEVTLB, SID_LOW, high(EVERYTHING, 0x7f));
	invalidate(o, VTD_DESC_PIOTLB, G(VTD_PIOTLB_G_PASID) | DID(2) | PASID(2), none());
	audit(o, 1);
}

static void lost(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	copy(o, 0, 0, 1, 8);
	run(o, 1);
	put(o, REG_INJECT, SVK_INJECT_LOSE, 0x7f, 1, 2);
	pte(o, REG_P_DATA, none());
	op(o, REG_INVALIDATE_ALL);
	audit(o, 1);
	ctrl(o, SVK_LAB_INJECT_ARG, 3, v64(SVK_LOSE_STALE | SVK_LOSE_TYPES));
	ctrl(o, SVK_LAB_INJECT, 3, v64(svk_put(SVK_LAB_INJECT_COUNT, 1) | SVK_INJECT_LOSE));
	ctrl(o, SVK_LAB_AUDIT, 2, v8(3));
	put(o, REG_BAR_READ, 3 << 2);
	seed_put(o, 2, SVK_LAB_STALE);
	ctrl(o, SVK_LAB_CLEAR, 2, v8(1));
}

static void queue_error(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	invalidate(o, 15, 0, none());
	wait_done(o);
	unit(o, VTD_FSTS, v8(VTD_FSTS_IQE));
	memory(o, REG_P_QUEUE, 0, v8(VTD_DESC_IEC));
	unit(o, VTD_FSTS, v8(VTD_FSTS_IQE));
	unit64(o, VTD_IQT, v32(0x40000));
	unit(o, VTD_GCMD, v32(VTD_G_TE));
	unit64(o, VTD_IQA, v64(1ULL << 44));
	unit(o, VTD_GCMD, v32(VTD_G_TE | VTD_G_QIE));
}

static void virtual_commands(struct seed *o)
{
	ready_unit(o, REG_WATCH_NONE, REG_UNIT_FEW_PASIDS);
	unit_far(o, 0xe00, 8, v8(1));
	unit_far(o, 0xe00, 8, v8(1));
	unit_far(o, 0xe00, 8, v8(1));
	unit_far(o, 0xe00, 8, v8(1));
	unit_far(o, 0xe00, 8, v32(0x20002));
	unit_far(o, 0xe00, 8, v32(0x20002));
	unit_far(o, 0xe00, 4, v8(9));
	put(o, REG_UNIT_READ, 0xff);
	seed_put(o, 2, 0xe10);
	put(o, 8);
}

static void requests(struct seed *o)
{
	ready_unit(o, REG_WATCH_ORACLE, REG_UNIT_ERS);
	xlate(o, REG_XLATE_EXEC | RW, 7, data(0));
	xlate(o, REG_XLATE_PRIV | RW, 7, data(0));
	xlate(o, 1 | RW, 1, data(0));
	xlate(o, 2, 0, data(0));
	xlate(o, REG_XLATE_WRITE, 0, data(0));
	xlate(o, REG_XLATE_PASID, 3, data(0));
	xlate(o, RW, 3, data(0));
	audit(o, 0);
}

static void sound(struct seed *o)
{
	ready(o, REG_WATCH_NONE);
	sound_xlate(o, RW, 1, data(0));
	sound_xlate(o, REG_XLATE_PASID, 1, mirror(0));
	sound_xlate(o, RW, 2, data(0));
	sound_xlate(o, REG_XLATE_PASID, 3, data(1));
	sound_xlate(o, RW, 3, data(1));
	sound_xlate(o, RW, 4, v32(0x40000000));
	sound_xlate(o, RW, 5, data(0));
	sound_xlate(o, REG_XLATE_PASID, 6, data(0));
	sound_xlate(o, RW, 6, mirror(0));
	sound_xlate(o, RW | REG_XLATE_PRIV, 7, data(0));
	sound_xlate(o, 0, 0, v32(0x40000000));
}

static void small_caches(struct seed *o)
{
	ready_unit(o, REG_CONFIG_SMALL_ATC | REG_WATCH_ORACLE, REG_UNIT_SMALL);
	copy(o, 0, 0, 8, 0x8000);
	run(o, 2);
	xlate(o, RW, 2, data(0));
	xlate(o, RW, 3, data(0));
	xlate(o, RW, 4, data(0));
	xlate(o, RW, 5, data(0));
	xlate(o, RW, 6, data(0));
	audit(o, 1);
}

static void without_ats(struct seed *o)
{
	ready(o, REG_CONFIG_NO_ATS | REG_WATCH_ORACLE);
	copy(o, 0, 0, 8, 0x2000);
	run(o, 1);
	copy(o, 2, 0, 8, 0x2000);
	run(o, 1);
	pte(o, REG_P_DATA, none());
	copy(o, 0, 0, 8, 0x2000);
	run(o, 1);
	audit(o, 1);
	accel_config(o, 2, PCI_COMMAND, v8(2));
	copy(o, 0, 0, 8, 8);
	run(o, 1);
}

static void memory_gone(struct seed *o)
{
	ready(o, REG_WATCH_ORACLE);
	copy(o, 0, 0, 8, 0x2000);
	op(o, REG_TURN_BEGIN);
	put(o, REG_REMAP, 0);
	run(o, 3);
	audit(o, 1);
	put(o, REG_REMAP, 1, REG_FILL, REG_P_FS1);
	value(o, page(0, 7));
	value(o, v16(0x1000));
	put(o, REG_COPY_PAGE, REG_P_FS1, 40);
	op(o, REG_INVALIDATE_ALL);
	copy(o, 1, 0, 8, 0x200);
	run(o, 3);
	audit(o, 1);
}

const struct recipe seeds_registers[] = {
	{"cold_start", cold_start},
	{"operations", operations},
	{"batch", batch},
	{"stale", stale},
	{"remapped", remapped},
	{"pages_exact", pages_exact},
	{"entries_exact", entries_exact},
	{"pages_without_psi", pages_without_psi},
	{"faults", faults},
	{"drain", drain},
	{"registers_invalidate", registers_invalidate},
	{"abort_in_flight", abort_in_flight},
	{"flr_in_flight", flr_in_flight},
	{"quiesce", quiesce},
	{"queue_errors", queue_errors},
	{"record_errors", record_errors},
	{"superpages", superpages},
	{"pasid_replaced", pasid_replaced},
	{"lost", lost},
	{"injected", seed_injected},
	{"queue_error", queue_error},
	{"virtual_commands", virtual_commands},
	{"requests", requests},
	{"sound", sound},
	{"small_caches", small_caches},
	{"without_ats", without_ats},
	{"memory_gone", memory_gone},
};

const size_t seeds_registers_count = ARRAY_SIZE(seeds_registers);
