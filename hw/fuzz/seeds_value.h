/* SPDX-License-Identifier: GPL-2.0 */
/* The VALUEs of seeds of fuzz_registers(); fuzz/registers.h. */
#ifndef HW_FUZZ_SEEDS_VALUE_H
#define HW_FUZZ_SEEDS_VALUE_H

#include "fuzz/registers.h"
#include "fuzz/seeds.h"

/* A VALUE of the language: how it is written, a page if that needs one, then bytes. */
struct value {
	enum registers_value kind;
	u8 page;
	unsigned int bytes;
	u64 val;
	u8 top;
};

static inline struct value v8(u8 val)
{
	return (struct value){.kind = REG_V8, .bytes = 1, .val = val};
}

static inline struct value none(void)
{
	return v8(0);
}

static inline struct value v16(u16 val)
{
	return (struct value){.kind = REG_V16, .bytes = 2, .val = val};
}

static inline struct value v32(u32 val)
{
	return (struct value){.kind = REG_V32, .bytes = 4, .val = val};
}

static inline struct value v64(u64 val)
{
	return (struct value){.kind = REG_V64, .bytes = 8, .val = val};
}

static inline struct value page(u8 n, u16 low)
{
	return (struct value){.kind = REG_VPAGE, .page = n, .bytes = 2, .val = low};
}

static inline struct value mirror(u16 low)
{
	return (struct value){.kind = REG_VMIRROR, .bytes = 2, .val = low};
}

static inline struct value high(u16 low, u8 top)
{
	return (struct value){.kind = REG_VHIGH, .bytes = 2, .val = low, .top = top};
}

static inline struct value data(u8 n)
{
	return page((u8)(REG_P_DATA + n), 0);
}

static inline struct value cpl(u8 q)
{
	return page((u8)(REG_P_CPL + q), 0);
}

static inline void value(struct seed *o, struct value v)
{
	put(o, v.kind);
	if (v.kind == REG_VPAGE || v.kind == REG_VMIRROR || v.kind == REG_VHIGH)
		put(o, v.page);
	seed_put(o, v.bytes, v.val);
	if (v.kind == REG_VHIGH)
		put(o, v.top);
}

/* Of a descriptor. */
struct operands {
	struct value src;
	struct value dst;
	struct value size;
	struct value operand;
	struct value cpl;
};

#endif /* HW_FUZZ_SEEDS_VALUE_H */
