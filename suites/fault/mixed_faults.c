// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once: memory accesses, translation requests, page requests and
 * invalidations fail by chance, under load. Whatever completes is right, to the
 * byte; what fails says where, and succeeds within a few attempts; and the
 * kernel lives. The chances come from a seed, SVAKIT_SEED or 1, so a run can be
 * repeated.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "harness.h"
#include "memory.h"

#define OPERATIONS 300
/* With chances as below, far beyond what bad luck asks for. */
#define ATTEMPTS 32
#define ONE_IN(n) (65536 / (n))
#define LATE_US 500

static const struct mix {
	const char *name;
	enum svk_inject kind;
	u32 chance;
	u64 arg;
} mix[] = {
	{"abort", SVK_INJECT_DMA_ABORT, ONE_IN(400), 0},
	{"refuse", SVK_INJECT_ATS_REFUSE, ONE_IN(400), 0},
	{"timeout", SVK_INJECT_ITE, ONE_IN(10), 0},
	{"overflow", SVK_INJECT_PRQ_OVERFLOW, ONE_IN(20), 0},
	{"duplicate", SVK_INJECT_PRQ_DUPLICATE, ONE_IN(20), 0},
	{"late", SVK_INJECT_WAIT_LATE, ONE_IN(20), LATE_US},
};

static u64 struck[ARRAY_SIZE(mix)];

static u64 read_seed(void)
{
	const char *text = getenv("SVAKIT_SEED");

	return text && *text ? strtoull(text, NULL, 0) : 1;
}

FIXTURE(faults)
{
	struct fault_scene s;
};

static void arm_all(FIXTURE_DATA(faults) *self, u64 seed)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mix); i++) {
		const struct inject_rule rule = {
			.kind = mix[i].kind,
			.has_pasid = true,
			.pasid = self->s.pasid,
			.count = SVK_LAB_INJECT_FOREVER,
			.chance = mix[i].chance,
			.seed = seed,
			.arg = mix[i].arg,
		};

		struck[i] = inject_struck(mix[i].kind);
		inject_arm(&rule);
	}
}

/* A queue that met a fault where it cannot say so has halted; its descriptor never completes. */
static bool halted(FIXTURE_DATA(faults) *self)
{
	return svk_get(SVK_QCFG_STATUS_STATE, svk_queue_info(&self->s.q).state) ==
	       SVK_QSTATE_HALTED;
}

static bool is_fault(const struct svk_result *res)
{
	return res->status == SVK_CPL_FAULT_READ || res->status == SVK_CPL_FAULT_WRITE ||
	       res->status == SVK_CPL_BUS_ERROR;
}

static bool is_where(const struct svk_result *res, const u8 *start)
{
	return res->fault_addr == (uintptr_t)start + res->done;
}

/* Return: whether the device has copied all of it; what it has not copied is untouched. */
static bool copy_once(FIXTURE_DATA(faults) *self, u8 *dst, u8 *src)
{
	struct svk_desc desc = svk_desc_copy(dst, src, FAULT_SIZE);
	struct svk_result res;
	u32 ticket;

	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	ticket = svk_queue_submit(&self->s.q, desc);
	while (__svk_cpl_wait(&self->s.q.cpl[ticket % SVK_QUEUE_ENTRIES], 1, &res)) {
		if (!halted(self))
			continue;
		fault_reopen(&self->s);
		return false;
	}
	if (res.status == SVK_CPL_OK) {
		CHECK_EQ(memory_diff(dst, src, FAULT_SIZE), FAULT_SIZE);
		return true;
	}
	CHECK(is_fault(&res), "the copy ended with %s", svk_status_name(res.status));
	CHECK(is_where(&res, src) || is_where(&res, dst), "%llu bytes done, fault at 0x%llx",
	      (unsigned long long)res.done, (unsigned long long)res.fault_addr);
	CHECK_EQ(memory_diff(dst, src, res.done), res.done);
	return false;
}

/* Fresh pages each time, so that each time they are translated, asked for, and invalidated. */
static unsigned int copy_until_done(FIXTURE_DATA(faults) *self, u64 seed)
{
	u8 *src = memory_map(FAULT_SIZE), *dst = memory_untouched(FAULT_SIZE);
	unsigned int attempts = 1;

	memory_pattern(src, FAULT_SIZE, seed);
	while (!copy_once(self, dst, src))
		REQUIRE(attempts++ < ATTEMPTS, "%d attempts in vain", ATTEMPTS);
	memory_unmap(src, FAULT_SIZE);
	memory_unmap(dst, FAULT_SIZE);
	return attempts;
}

static void note_all(u64 seed, unsigned int attempts)
{
	char text[256] = "";
	size_t i, len = 0;

	for (i = 0; i < ARRAY_SIZE(mix); i++) {
		u64 times = inject_struck(mix[i].kind) - struck[i];

		CHECK(times > 0, "no %s", mix[i].name);
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %s=%llu", mix[i].name,
					(unsigned long long)times);
	}
	ktap_note("fault", "seed %llu: %u attempts for %d copies:%s", (unsigned long long)seed,
		  attempts, OPERATIONS, text);
}

FIXTURE_SETUP(faults)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("invalidations time out");
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(faults)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(faults, what_completes_is_right, 60)
{
	unsigned int i, attempts = 0;
	u64 seed = read_seed();

	arm_all(self, seed);
	for (i = 0; i < OPERATIONS; i++) {
		attempts += copy_until_done(self, i + 1);
		if (i % 16 == 0)
			fault_bystander_works(&self->s);
	}
	note_all(seed, attempts);
}

HARNESS_MAIN(fault_require)
