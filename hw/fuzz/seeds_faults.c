// SPDX-License-Identifier: GPL-2.0
/* A seed of fuzz_registers(): every kind of fault, each met by a copy and by invalidations. */
#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "fuzz/registers.h"
#include "fuzz/seeds.h"
#include "fuzz/seeds_value.h"

#define STOPPED ((u8)(VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ITE))

static void copy_blocking(struct seed *o, u8 to)
{
	put(o, REG_DESC, 0, SVK_OP_COPY,
	    (SVK_DESC_CPL_RECORD | SVK_DESC_CPL_IRQ | SVK_DESC_BLOCK) >> 8);
	value(o, data(0));
	value(o, data(to));
	value(o, v16(0x1800));
	value(o, none());
	value(o, cpl(0));
}

static void meet(struct seed *o, enum svk_inject kind, u8 arg)
{
	put(o, REG_INJECT, (u8)kind, arg, 0, 2);
	copy_blocking(o, 2 + kind % 4);
	put(o, REG_RUN, 4, REG_INVALIDATE_ALL);
	copy_blocking(o, 3 + kind % 4);
	put(o, REG_RUN, 4, REG_INVALIDATE_ALL, REG_AUDIT, 1);
	/* Software clears what has stopped, and waits. */
	put(o, REG_UNIT_WRITE, VTD_FSTS / 4, 4, REG_V8, STOPPED, REG_INVALIDATE_ALL);
	put(o, REG_INJECT, (u8)kind, 0, 0, 0);
}

void seed_injected(struct seed *o)
{
	put(o, REG_CONFIG_READY | REG_WATCH_ORACLE, 0);
	for (unsigned int kind = 1; kind < SVK_INJECT_REMOVE; kind++)
		meet(o, kind, kind == SVK_INJECT_LOSE ? 0x7f : 4);
	meet(o, SVK_INJECT_REMOVE, 0);
	/* It comes back with its client. */
	put(o, REG_RESET, 1);
	meet(o, SVK_INJECT_RESET, 0);
	meet(o, SVK_INJECT_SLOW_FETCH, 8 | SVK_TABLE_CONTEXT);
	meet(o, SVK_INJECT_SLOW_FETCH, 8 | SVK_TABLE_PASID);
}
