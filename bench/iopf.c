// SPDX-License-Identifier: GPL-2.0
/*
 * The device writes to pages that are not there: it asks for each (PRI), the
 * kernel brings it and answers, and the device goes on. From the doorbell to the
 * completion record; the same with pages that are there is the baseline.
 */
#include <string.h>

#include "accel_queue.h"
#include "bench.h"
#include "device_regs.h"
#include "ktap.h"
#include "memory.h"
#include "options.h"
#include "prq.h"
#include "section.h"

#define PATTERN 0x5a5a5a5a5a5a5a5aULL

static struct svk_result fill(struct svk_queue *q, void *mem, u64 size)
{
	struct svk_desc desc = svk_desc_fill(mem, PATTERN, size);

	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	return svk_queue_run(q, desc);
}

/* Return: whether the kernel gets the page requests at all; says so if not. */
static bool forwarded(struct svk_queue *q)
{
	const void *regs = svk_regs_map();
	struct prq_count before = prq_count(regs);
	u64 interrupts = prq_interrupts();
	void *mem = memory_untouched(memory_page());
	struct svk_result res = fill(q, mem, memory_page());
	const char *reason = NULL;

	if (res.status != SVK_CPL_OK)
		reason = prq_not_forwarded(regs, &before, interrupts);
	if (reason)
		bench_skip("%s", reason);
	else
		REQUIRE_STATUS(res, SVK_CPL_OK);
	memory_unmap(mem, memory_page());
	svk_regs_unmap(regs);
	return !reason;
}

static void measure(struct svk_queue *q, const char *state, u64 pages)
{
	const struct param params[] = {
		PARAM_WORD("state", state),
		PARAM_VALUE("pages", pages),
		PARAM_END,
	};
	bool absent = !strcmp(state, "absent");
	u64 size = pages * memory_page();
	struct svk_result res;
	struct section *s;
	void *mem;

	if (!options_word("state", state))
		return;
	s = section_new("iopf", 1);
	/* The unit's interrupt comes when the host gets to it. */
	section_rough(s);
	while (round_next()) {
		mem = absent ? memory_untouched(size) : memory_map(size);
		section_begin(s);
		res = fill(q, mem, size);
		section_end(s);
		REQUIRE_STATUS(res, SVK_CPL_OK);
		CHECK_EQ(memory_diff_byte(mem, size, PATTERN & 0xff), size);
		memory_unmap(mem, size);
	}
	section_report(s, params);
}

static void measure_all(struct svk_queue *q)
{
	u64 pages = options_first("pages");

	do {
		measure(q, "absent", pages);
		measure(q, "present", pages);
	} while (options_next("pages", &pages));
}

void bench_iopf(void)
{
	struct svk_queue q;

	if (!bench_needs_device())
		return;
	section_counters(false);
	svk_queue_open(&q);
	if (forwarded(&q))
		measure_all(&q);
	svk_queue_close(&q);
}
