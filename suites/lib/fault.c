// SPDX-License-Identifier: GPL-2.0
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#include "accel_device.h"
#include "clock.h"
#include "crc32c.h"
#include "fault_unit.h"
#include "kmsg.h"
#include "ktap.h"
#include "lab.h"
#include "memory.h"
#include "subtest.h"

/* The bystander is told a seed, or one of these. */
#define BYSTANDER_ENDS 0
#define BYSTANDER_REOPENS (~0ULL)
#define BYSTANDER_ASKS (~1ULL)
#define BYSTANDER_CLOSES (~2ULL)
/* In the kernel's log, where a fault has been armed. */
#define LOG_MARK "a fault is armed"
#define LOG_WAIT_MS 2000
#define STRIKE_WAIT_MS 10000

static u64 next_seed(void)
{
	static u64 seed;

	return ++seed;
}

static void expect_dma(struct svk_queue *q, u8 *dst, u8 *src, u64 seed)
{
	struct svk_result res;

	memory_pattern(src, FAULT_SIZE, seed);
	CHECK_STATUS(svk_queue_run(q, svk_desc_copy(dst, src, FAULT_SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(dst, src, FAULT_SIZE), FAULT_SIZE);
	res = svk_queue_run(q, svk_desc_crc32c(dst, 0, FAULT_SIZE));
	CHECK_STATUS(res, SVK_CPL_OK);
	CHECK_EQ(res.result, crc32c(0, src, FAULT_SIZE));
}

void fault_expect_dma(struct svk_queue *q, u8 *dst, u8 *src)
{
	expect_dma(q, dst, src, next_seed());
}

/* Write a page that is not there: one page request, if the device can send any. */
static void ask_for_page(struct svk_queue *q)
{
	u8 *page = memory_untouched(memory_page());
	struct svk_desc desc = svk_desc_fill(page, ~0ULL, memory_page());

	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	CHECK_STATUS(svk_queue_run(q, desc), SVK_CPL_OK);
	memory_unmap(page, memory_page());
}

static void reopen(struct svk_queue *q)
{
	svk_queue_close(q);
	/* It may have been removed, and come back under another name. */
	REQUIRE_ERRNO(__svk_device_find(), 0);
	svk_lab_close();
	svk_queue_open(q);
}

static void bystander_main(struct process *parent, void *arg)
{
	u8 *src = memory_map(FAULT_SIZE), *dst = memory_map(FAULT_SIZE);
	struct svk_queue q;
	u64 what;

	(void)arg;
	svk_queue_open(&q);
	while ((what = process_hear(parent)) != BYSTANDER_ENDS) {
		if (what == BYSTANDER_REOPENS)
			reopen(&q);
		else if (what == BYSTANDER_ASKS)
			ask_for_page(&q);
		else if (what == BYSTANDER_CLOSES)
			svk_queue_close(&q);
		else
			expect_dma(&q, dst, src, what);
		process_tell(parent, ktap_child_status() == KTAP_PASS);
	}
	svk_queue_close(&q);
}

static void newcomer_main(struct process *parent, void *arg)
{
	u8 *src = memory_map(FAULT_SIZE), *dst = memory_map(FAULT_SIZE);
	struct svk_queue q;

	(void)parent;
	(void)arg;
	svk_queue_open(&q);
	fault_expect_dma(&q, dst, src);
	svk_queue_close(&q);
}

/* Not inherited: a fork() would write-protect it, also for the device. */
static u8 *map_for_device(void)
{
	u8 *mem = memory_map(FAULT_SIZE);

	REQUIRE_EQ(madvise(mem, FAULT_SIZE, MADV_DONTFORK), 0);
	return mem;
}

static void tell_bystander(const struct fault_scene *s, u64 what)
{
	process_tell(&s->bystander, what);
	CHECK(process_hear(&s->bystander), "the bystander's device does not work");
}

void fault_bystander_works(const struct fault_scene *s)
{
	tell_bystander(s, next_seed());
}

void fault_bystander_closes(const struct fault_scene *s)
{
	tell_bystander(s, BYSTANDER_CLOSES);
}

void fault_bystander_asks(const struct fault_scene *s)
{
	tell_bystander(s, BYSTANDER_ASKS);
}

void fault_require(void)
{
	svk_require_root();
	inject_require();
}

void fault_require_unit(void)
{
	svk_require_root();
	if (!fault_unit_here())
		ktap_skip_all("the remapping unit is not this machine's");
	inject_require();
}

void fault_begin(struct fault_scene *s)
{
	/* A test before may have removed it; it may have come back under another name. */
	REQUIRE_ERRNO(__svk_device_find(), 0);
	process_start(&s->bystander, bystander_main, NULL);
	s->src = map_for_device();
	s->dst = map_for_device();
	svk_queue_open(&s->q);
	s->pasid = svk_queue_info(&s->q).pasid;
	fault_expect_dma(&s->q, s->dst, s->src);
	fault_bystander_works(s);
}

void fault_end(struct fault_scene *s)
{
	struct process newcomer;

	subtest_step("others_go_on");
	fault_bystander_works(s);
	process_tell(&s->bystander, BYSTANDER_ENDS);
	process_end(&s->bystander);

	subtest_step("works_afterwards");
	inject_disarm_all();
	if (s->q.fd >= 0) {
		fault_expect_dma(&s->q, s->dst, s->src);
		svk_queue_close(&s->q);
	}
	process_start(&newcomer, newcomer_main, NULL);
	process_end(&newcomer);
}

void fault_reopen_all(struct fault_scene *s)
{
	fault_reopen(s);
	tell_bystander(s, BYSTANDER_REOPENS);
}

void fault_reopen(struct fault_scene *s)
{
	reopen(&s->q);
	s->pasid = svk_queue_info(&s->q).pasid;
}

struct inject_rule fault_rule(enum svk_inject kind, u64 arg)
{
	return (struct inject_rule){.kind = kind, .count = 1, .arg = arg};
}

void fault_arm_any(struct fault_scene *s, struct inject_rule rule)
{
	kmsg_say(LOG_MARK);
	s->kind = rule.kind;
	s->struck = inject_struck(rule.kind);
	s->armed_us = clock_us();
	inject_arm(&rule);
}

void fault_arm(struct fault_scene *s, struct inject_rule rule)
{
	if (!rule.has_pasid) {
		rule.has_pasid = true;
		rule.pasid = s->pasid;
	}
	fault_arm_any(s, rule);
}

u64 fault_struck(const struct fault_scene *s)
{
	return inject_struck(s->kind) - s->struck;
}

void fault_wait_struck(const struct fault_scene *s)
{
	struct clock_wait wait = clock_wait_for(STRIKE_WAIT_MS);

	while (!fault_struck(s))
		REQUIRE(clock_wait_again(&wait), "the fault did not strike within %d ms",
			STRIKE_WAIT_MS);
}

unsigned int fault_logged(const char *text)
{
	return kmsg_count(LOG_MARK, text);
}

void fault_expect_logged(const char *text)
{
	struct clock_wait wait = clock_wait_for(LOG_WAIT_MS);

	while (!fault_logged(text)) {
		if (!CHECK(clock_wait_again(&wait), "nothing was logged with \"%s\"", text))
			return;
	}
}

bool fault_has_oracle(void)
{
	return svk_lab_read32(SVK_LAB_AUDIT) & SVK_LAB_AUDIT_PRESENT;
}

u64 fault_stale(void)
{
	svk_lab_write32(SVK_LAB_AUDIT, SVK_LAB_AUDIT_LOOK);
	return svk_lab_read64(SVK_LAB_STALE);
}

void fault_note(const struct fault_scene *s, const char *what, ...)
{
	char text[512];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	ktap_note("fault", "kind %d struck %llu times, %llu us: %s", s->kind,
		  (unsigned long long)fault_struck(s),
		  (unsigned long long)(clock_us() - s->armed_us), text);
}
