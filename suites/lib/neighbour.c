// SPDX-License-Identifier: GPL-2.0
#include "neighbour.h"

#include <stdint.h>

#include "accel_queue.h"
#include "ktap.h"
#include "memory.h"

#define SIZE 0x8000UL
#define TARGET_SIZE (4UL << 20) /* so that writing it again and again takes minutes */

static void expect_service(void)
{
	u8 *src = memory_map(SIZE), *dst = memory_map(SIZE);
	struct svk_result res;
	struct svk_queue q;

	svk_queue_open(&q);
	memory_pattern(src, SIZE, (uintptr_t)src);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	memory_unmap(src, SIZE);
	res = svk_queue_run(&q, svk_desc_copy(dst, src, SIZE));
	CHECK_STATUS(res, SVK_CPL_FAULT_READ);
	CHECK_EQ(res.fault_addr, (uintptr_t)src);
	svk_queue_close(&q);
}

static void neighbour_main(struct process *parent, void *arg)
{
	struct svk_cpl *cpl = memory_map(memory_page());
	struct neighbour *n = arg;
	struct svk_queue q;

	memory_populate(n->target, TARGET_SIZE);
	svk_queue_open(&q);
	svk_queue_submit_long(&q, n->target, TARGET_SIZE, cpl);
	process_tell(parent, 1);
	process_hear(parent);
	svk_queue_close(&q);
	expect_service();
}

void neighbour_begin(struct neighbour *n)
{
	n->target = memory_map_shared(TARGET_SIZE);
	process_start(&n->p, neighbour_main, n);
	process_hear(&n->p);
}

void neighbour_works(const struct neighbour *n)
{
	u64 seen = *(volatile u64 *)n->target;

	memory_wait_change(n->target, seen);
}

void neighbour_end(struct neighbour *n)
{
	neighbour_works(n);
	process_tell(&n->p, 1);
	process_end(&n->p);
	memory_unmap(n->target, TARGET_SIZE);
}
