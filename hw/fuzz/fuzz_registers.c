// SPDX-License-Identifier: GPL-2.0
/*
 * What a hostile guest can do: registers and configuration space of both functions, any contents
 * of memory, at any moment of the engine's work. The language of the inputs is in registers.h.
 */
#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "accel/accel.h"
#include "fuzz/registers.h"
#include "gmem.h"
#include "oracle/oracle.h"
#include "pci.h"
#include "vtd/vtd.h"
#include "vtd_function.h"

/* A copy of a gigabyte is many turns; nobody waits for its end. */
#define MAX_TURNS 63

static u64 take_value(struct fuzz_input *in)
{
	u64 val;

	switch (fuzz_u8(in) % REG_VALUES) {
	case REG_V8:
		return fuzz_u8(in);
	case REG_V16:
		return fuzz_take(in, 2);
	case REG_V32:
		return fuzz_take(in, 4);
	case REG_V64:
		return fuzz_take(in, 8);
	case REG_VPAGE:
		val = fuzz_u8(in) * REG_PAGE;
		return val | fuzz_take(in, 2);
	case REG_VMIRROR:
		val = REG_MIRROR + fuzz_u8(in) * REG_PAGE;
		return val | fuzz_take(in, 2);
	case REG_VHIGH:
		val = fuzz_u8(in) * REG_PAGE;
		val |= fuzz_take(in, 2);
		return val | fuzz_take(in, 1) << 56;
	case REG_VBIT:
		return SVK_BIT(fuzz_u8(in) % 64);
	default:
		return ~(u64)fuzz_u8(in);
	}
}

static u64 *word(struct registers *r, unsigned int page, unsigned int off)
{
	return (u64 *)(r->ram + page % REG_PAGES * REG_PAGE + off % REG_PAGE / 8 * 8);
}

static u64 unit_offset(struct fuzz_input *in)
{
	u8 reg = fuzz_u8(in);

	return reg < 0x80 ? reg * 4u : fuzz_take(in, 2);
}

static void unit_write(struct registers *r, struct fuzz_input *in)
{
	u64 off = unit_offset(in);
	unsigned int len = fuzz_u8(in) % 16;

	vtd_mmio_write(r->unit, off, take_value(in), len);
}

static void unit_read(struct registers *r, struct fuzz_input *in)
{
	u64 off = unit_offset(in);

	vtd_mmio_read(r->unit, off, fuzz_u8(in) % 16);
}

/* As the server passes them on: aligned, inside the BAR. */
static void bar_access(struct registers *r, struct fuzz_input *in, bool write)
{
	struct pci_function *fn = r->fn[1];
	u8 how = fuzz_u8(in);
	unsigned int bar = (how & 3) % 3 * 2, len = 1u << (how >> 2 & 3);
	u64 off = fuzz_take(in, 2) % fn->bar_size[bar] & ~(u64)(len - 1);

	if (write)
		fn->ops->bar_write(fn, bar, off, take_value(in), len);
	else
		fn->ops->bar_read(fn, bar, off, len);
}

static void queue_write(struct registers *r, struct fuzz_input *in)
{
	struct pci_function *fn = r->fn[1];
	u8 which = fuzz_u8(in);
	u64 off = SVK_QCFG_BASE + (which >> 4) * SVK_QCFG_STRIDE + (which & 15) * 4u;
	u64 val = take_value(in);

	fn->ops->bar_write(fn, SVK_ACCEL_BAR_CTRL, off, val, val >> 32 && !(off & 7) ? 8 : 4);
}

static void ring(struct registers *r, unsigned int q)
{
	struct pci_function *fn = r->fn[1];

	fn->ops->bar_write(fn, SVK_ACCEL_BAR_PORTAL, q * SVK_ACCEL_PAGE + SVK_PORTAL_TAIL,
			   r->tail[q], 4);
}

static void doorbell(struct registers *r, struct fuzz_input *in)
{
	unsigned int q = fuzz_u8(in) % REG_QUEUES;

	r->tail[q] += (u32)(s32)(signed char)fuzz_u8(in);
	ring(r, q);
}

static void config_access(struct registers *r, struct fuzz_input *in, bool write)
{
	u8 how = fuzz_u8(in);
	struct pci_function *fn = r->fn[how >> 7];
	unsigned int len = (how & 7) + 1;
	unsigned int off = (unsigned int)fuzz_take(in, 2) % (PCI_CONFIG_SIZE - 7);
	__le64 val = 0;

	if (!write) {
		pci_config_read(fn, off, &val, len);
		return;
	}
	val = cpu_to_le64(take_value(in));
	pci_config_write(fn, off, &val, len);
}

static void fill_page(struct registers *r, struct fuzz_input *in)
{
	unsigned int page = fuzz_u8(in);
	u64 val = take_value(in), step = take_value(in);

	for (unsigned int i = 0; i < 512; i++, val += step)
		*word(r, page, i * 8) = val;
}

static void copy_page(struct registers *r, struct fuzz_input *in)
{
	u64 *from = word(r, fuzz_u8(in), 0);
	u64 *to = word(r, fuzz_u8(in), 0);

	memmove(to, from, REG_PAGE);
}

static void descriptor(struct registers *r, struct fuzz_input *in)
{
	unsigned int q = fuzz_u8(in) % REG_QUEUES;
	u8 op = fuzz_u8(in), flags = fuzz_u8(in);
	struct svk_desc d = {
		.ctrl = cpu_to_le32(op | (u32)flags << 8),
		.tag = cpu_to_le32(r->tail[q]),
	};

	d.src = cpu_to_le64(take_value(in));
	d.dst = cpu_to_le64(take_value(in));
	d.size = cpu_to_le64(take_value(in));
	d.operand = cpu_to_le64(take_value(in));
	d.cpl = cpu_to_le64(take_value(in));
	memcpy(word(r, REG_P_RING + q, r->tail[q] % REG_RING * sizeof(d)), &d, sizeof(d));
	r->tail[q]++;
	ring(r, q);
}

static void invalidate(struct registers *r, u64 q0, u64 q1)
{
	u64 *d = word(r, REG_P_QUEUE, r->iqt);

	d[0] = q0;
	d[1] = q1;
	d[2] = 0;
	d[3] = 0;
	r->iqt = (r->iqt + 32) % REG_PAGE;
	vtd_mmio_write(r->unit, VTD_IQT, r->iqt, 8);
}

static u64 type(unsigned int t)
{
	return svk_put(VTD_DESC_TYPE_LO, t) | svk_put(VTD_DESC_TYPE_HI, t >> 4);
}

static void invalidate_one(struct registers *r, struct fuzz_input *in)
{
	u64 q0 = type(fuzz_u8(in) % 16) | (take_value(in) & ~VTD_DESC_TYPE_LO);

	invalidate(r, q0, take_value(in));
}

static void invalidate_all(struct registers *r)
{
	invalidate(r, type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_GLOBAL), 0);
	invalidate(r, type(VTD_DESC_PC) | svk_put(VTD_DESC_G, VTD_PC_G_GLOBAL), 0);
	invalidate(r, type(VTD_DESC_IOTLB) | svk_put(VTD_DESC_G, VTD_GRAN_GLOBAL), 0);
	invalidate(r, type(VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, 0x30),
		   SVK_MASK(62, 12) | VTD_PDEVTLB_S | VTD_PDEVTLB_G);
	invalidate(r, type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, 0x30),
		   SVK_MASK(62, 12) | VTD_DEVTLB_S);
	invalidate(r, type(VTD_DESC_WAIT) | VTD_WAIT_SW | VTD_WAIT_IF | svk_put(VTD_WAIT_STDATA, 1),
		   REG_P_STATUS * REG_PAGE);
}

static void turn_begin(struct registers *r)
{
	if (!r->turn)
		r->turn = accel_turn_begin(r->accel);
}

static void turn_end(struct registers *r)
{
	if (!r->turn)
		return;
	accel_turn_move(r->accel);
	/* Descriptors that this lets go on are followed by the next translations. */
	r->unsure = true;
	accel_turn_end(r->accel);
	r->unsure = false;
	r->turn = false;
}

static void run(struct registers *r, unsigned int turns)
{
	turn_end(r);
	for (unsigned int i = 0; i < turns; i++) {
		turn_begin(r);
		if (!r->turn)
			return;
		turn_end(r);
	}
}

/* Arguments are 64 bits wide; of a byte each bit goes where the kind has something. */
static u64 inject_arg(enum svk_inject kind, u8 arg)
{
	switch (kind) {
	case SVK_INJECT_LOSE:
		return (arg & 0x7f) << 1 | (arg & 3) << 8 | (arg & 0x80 ? SVK_LOSE_STALE : 0);
	case SVK_INJECT_IRQ_LOST:
	case SVK_INJECT_IRQ_LATE:
		return svk_put(SVK_IRQ_VECTOR, arg & 3) | (arg & 4 ? SVK_IRQ_ANY : 0) |
		       (arg & 8 ? SVK_IRQ_UNIT : 0) | svk_put(SVK_IRQ_DELAY, arg >> 4);
	case SVK_INJECT_BIT_FLIP:
		return svk_put(SVK_FLIP_TABLE, arg & 7) | svk_put(SVK_FLIP_BIT, (arg >> 3) * 15);
	case SVK_INJECT_SLOW_FETCH:
		return svk_put(SVK_SLOW_TABLE, arg & 7) | svk_put(SVK_SLOW_DELAY, arg >> 3);
	default:
		return arg;
	}
}

static void lab_write(struct registers *r, u64 off, u64 val)
{
	r->fn[1]->ops->bar_write(r->fn[1], SVK_ACCEL_BAR_CTRL, off, val, 8);
}

static void inject(struct registers *r, struct fuzz_input *in)
{
	enum svk_inject kind = fuzz_u8(in) % SVK_INJECT_COUNT;
	u64 arg = inject_arg(kind, fuzz_u8(in));
	u8 skip = fuzz_u8(in);

	lab_write(r, SVK_LAB_INJECT_ARG, arg);
	lab_write(r, SVK_LAB_INJECT,
		  svk_put(SVK_LAB_INJECT_KIND, kind) | svk_put(SVK_LAB_INJECT_SKIP, skip) |
			  svk_put(SVK_LAB_INJECT_COUNT, fuzz_u8(in)));
}

static void translate(struct registers *r, struct fuzz_input *in, bool sound)
{
	u8 how = fuzz_u8(in);
	struct vtd_translation out;
	struct vtd_request req = {
		.at = (how & REG_XLATE_AT) % 3,
		.has_pasid = how & REG_XLATE_PASID,
		.write = how & REG_XLATE_WRITE,
		.exec = how & REG_XLATE_EXEC,
		.priv = how & REG_XLATE_PRIV,
	};

	req.sid = fuzz_u8(in);
	req.pasid = fuzz_u8(in);
	req.addr = take_value(in);
	if (sound)
		registers_check_sound(r, &req);
	else if (!vtd_translate(r->unit, &req, &out))
		fuzz_check(out.size >= REG_PAGE && !(out.size & (out.size - 1)));
}

static void remap(struct registers *r, bool again)
{
	/* Unmapping waits for the chunk in flight. */
	turn_end(r);
	gmem_unmap(r->mem, 0, ~0ULL);
	if (!again)
		return;
	machine_unlock(&r->machine);
	registers_map(r);
	machine_lock(&r->machine);
}

static void audit(struct registers *r, bool confirm)
{
	struct oracle_audit a;

	if (!r->machine.oracle)
		return;
	a = oracle_audit(r->machine.oracle, confirm);
	fuzz_check(a.less + a.stale <= a.entries && a.used <= a.stale);
}

/* What is done to the unit alone; the rest is execute()'s. Return: whether it was. */
static bool execute_unit(struct registers *r, enum registers_op op, struct fuzz_input *in)
{
	switch (op) {
	case REG_UNIT_WRITE:
		unit_write(r, in);
		return true;
	case REG_UNIT_READ:
		unit_read(r, in);
		return true;
	case REG_INVALIDATE:
		invalidate_one(r, in);
		return true;
	case REG_INVALIDATE_ALL:
		invalidate_all(r);
		return true;
	case REG_AUDIT:
		audit(r, fuzz_u8(in) & 1);
		return true;
	case REG_INJECT:
		inject(r, in);
		return true;
	case REG_TRANSLATE:
	case REG_SOUND:
		translate(r, in, op == REG_SOUND);
		return true;
	default:
		return false;
	}
}

static bool execute_memory(struct registers *r, enum registers_op op, struct fuzz_input *in)
{
	unsigned int page, off;

	switch (op) {
	case REG_MEMORY:
		page = fuzz_u8(in);
		off = (unsigned int)fuzz_take(in, 2);
		*word(r, page, off) = take_value(in);
		return true;
	case REG_FILL:
		fill_page(r, in);
		return true;
	case REG_COPY_PAGE:
		copy_page(r, in);
		return true;
	case REG_REMAP:
		remap(r, fuzz_u8(in) & 1);
		return true;
	default:
		return false;
	}
}

static void execute(struct registers *r, enum registers_op op, struct fuzz_input *in)
{
	switch (op) {
	case REG_BAR_WRITE:
	case REG_BAR_READ:
		bar_access(r, in, op == REG_BAR_WRITE);
		break;
	case REG_QUEUE_WRITE:
		queue_write(r, in);
		break;
	case REG_DOORBELL:
		doorbell(r, in);
		break;
	case REG_CONFIG_WRITE:
	case REG_CONFIG_READ:
		config_access(r, in, op == REG_CONFIG_WRITE);
		break;
	case REG_DESC:
		descriptor(r, in);
		break;
	case REG_TURN_BEGIN:
		turn_begin(r);
		break;
	case REG_TURN_END:
		turn_end(r);
		break;
	case REG_RUN:
		run(r, fuzz_u8(in) % (MAX_TURNS + 1));
		break;
	case REG_RESET:
		pci_reset(r->fn[fuzz_u8(in) & 1]);
		break;
	default:
		break;
	}
}

int fuzz_registers(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct registers r;
	u8 config = fuzz_u8(&in), unit = fuzz_u8(&in);

	registers_init(&r, config, unit);
	machine_lock(&r.machine);
	while (in.left) {
		enum registers_op op = fuzz_u8(&in) % REG_OPS;

		if (!execute_unit(&r, op, &in) && !execute_memory(&r, op, &in))
			execute(&r, op, &in);
		registers_pass(&r);
		registers_check(&r);
	}
	run(&r, MAX_TURNS);
	registers_check(&r);
	audit(&r, true);
	machine_unlock(&r.machine);
	registers_cleanup(&r);
	return 0;
}
