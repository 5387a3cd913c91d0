// SPDX-License-Identifier: GPL-2.0
#include "inject.h"

#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "accel_device.h"
#include "ktap.h"
#include "lab.h"

#define ANY_ADDR (~0ULL)

static pid_t owner; /* who has called inject_require() */

static void command(enum svk_inject kind, u32 skip, u32 count)
{
	svk_lab_write64(SVK_LAB_INJECT, svk_put(SVK_LAB_INJECT_KIND, kind) |
						svk_put(SVK_LAB_INJECT_SKIP, skip) |
						svk_put(SVK_LAB_INJECT_COUNT, count));
}

/* A test that has died has not done it. A child that ends leaves it armed. */
static void disarm_at_exit(void)
{
	bool there = !access(svk_pci_path("resource0"), R_OK | W_OK);

	if (getpid() != owner)
		return;
	if ((there && svk_lab_read64(SVK_LAB_INJECT_SEED) != ~0ULL) || svk_lab_elsewhere())
		inject_disarm_all();
}

void inject_require(void)
{
	u64 seed;

	svk_require_root();
	svk_lab_write64(SVK_LAB_INJECT_SEED, 1);
	seed = svk_lab_read64(SVK_LAB_INJECT_SEED);
	REQUIRE(seed != ~0ULL, "the accelerator is gone: its registers read as all ones");
	/* A register that hardware does not have reads as zero. */
	if (seed != 1)
		ktap_skip_all("no fault injection: real hardware, or an svahw that is too old");
	/* A test may remove the function; the next one is not to have a page of what is gone. */
	svk_lab_close();
	owner = getpid();
	REQUIRE_EQ(atexit(disarm_at_exit), 0);
}

void inject_arm(const struct inject_rule *r)
{
	svk_lab_write32(SVK_LAB_INJECT_PASID,
			r->has_pasid ? r->pasid | (u32)SVK_QCFG_PASID_VALID : 0);
	svk_lab_write32(SVK_LAB_INJECT_CHANCE, r->chance);
	svk_lab_write64(SVK_LAB_INJECT_ADDR, r->addr ? r->addr : ANY_ADDR);
	svk_lab_write64(SVK_LAB_INJECT_ARG, r->arg);
	svk_lab_write64(SVK_LAB_INJECT_SEED, r->seed);
	command(r->kind, r->skip, r->count);
}

void inject_disarm(enum svk_inject kind)
{
	command(kind, 0, 0);
}

void inject_disarm_all(void)
{
	command(SVK_INJECT_NONE, 0, 0);
}

u64 inject_struck(enum svk_inject kind)
{
	return svk_lab_read64(SVK_LAB_INJECTED(kind));
}
