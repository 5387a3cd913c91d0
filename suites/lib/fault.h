/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of a failing hardware have in common. The test itself is the
 * one whose device fails; a bystander, another process with a queue of the
 * same device, must not notice; and a process that comes afterwards must find
 * everything in order. Everything asserts; root only.
 *
 *	FIXTURE(x) { struct fault_scene s; };
 *	FIXTURE_SETUP(x)
 *	{
 *		harness_begin(_metadata);
 *		fault_begin(&self->s);
 *	}
 *	FIXTURE_TEARDOWN(x)
 *	{
 *		fault_end(&self->s);
 *		harness_end(_metadata);
 *	}
 *	TEST_F(x, y)
 *	{
 *		fault_arm(&self->s, fault_rule(SVK_INJECT_..., 0));
 *		... what meets the fault, and what must come of it ...
 *		CHECK_EQ(fault_struck(&self->s), 1);
 *	}
 *	HARNESS_MAIN(fault_require)
 */
#ifndef SUITES_LIB_FAULT_H
#define SUITES_LIB_FAULT_H

#include "accel_queue.h"
#include "inject.h"
#include "process.h"

#define FAULT_SIZE (64 * 1024)

/**
 * struct fault_scene - One process whose device fails, one whose device must not.
 * @q: the test's own queue
 * @pasid: of the test, as its kernel knows it
 * @src: FAULT_SIZE bytes that are read
 * @dst: FAULT_SIZE bytes that are written
 * @bystander: the other process
 * @kind: armed last
 * @struck: times that kind had struck when it was armed
 * @armed_us: when that was
 */
struct fault_scene {
	struct svk_queue q;
	u32 pasid;
	u8 *src;
	u8 *dst;
	struct process bystander;
	enum svk_inject kind;
	u64 struck;
	u64 armed_us;
};

/** fault_require() - Skip the whole program unless the model can be made to fail. */
void fault_require(void);

/** fault_require_unit() - As fault_require(), for who looks at the registers of the unit. */
void fault_require_unit(void);

/** fault_begin() - Open, and show that the device works for both. */
void fault_begin(struct fault_scene *s);

/**
 * fault_end() - The device works for the bystander, for the test, and for a new process.
 *
 * The test's queue is left out if the test has closed it.
 */
void fault_end(struct fault_scene *s);

/** fault_rule() - Return: a rule that strikes once, of @kind, with @arg. */
struct inject_rule fault_rule(enum svk_inject kind, u64 arg);

/** fault_arm() - Arm a rule for the test's own PASID, unless it names another one. */
void fault_arm(struct fault_scene *s, struct inject_rule rule);

/** fault_arm_any() - Arm a rule for whatever PASID, or what has none. */
void fault_arm_any(struct fault_scene *s, struct inject_rule rule);

/** fault_struck() - Return: how often what was armed last has struck. */
u64 fault_struck(const struct fault_scene *s);

/** fault_wait_struck() - Wait, with a deadline, until it has struck once. */
void fault_wait_struck(const struct fault_scene *s);

/** fault_logged() - Return: records in the kernel's log since fault_arm() with @text. */
unsigned int fault_logged(const char *text);

/** fault_expect_logged() - Wait, with a deadline, for such a record: an interrupt may log it. */
void fault_expect_logged(const char *text);

/** fault_has_oracle() - Return: the model runs with its oracle. */
bool fault_has_oracle(void);

/** fault_stale() - Audit. Return: entries that grant more than the tables; 0 without an oracle. */
u64 fault_stale(void);

/**
 * fault_note() - Note for the report: the fault, how often it struck, the time since it was armed.
 * @what: what the kernel did of it
 */
void fault_note(const struct fault_scene *s, const char *what, ...)
	__attribute__((format(printf, 2, 3)));

/** fault_expect_dma() - The device copies for @q, and what it has copied is right, by its CRC. */
void fault_expect_dma(struct svk_queue *q, u8 *dst, u8 *src);

/** fault_reopen() - Close the test's queue if need be, look for the device, open another queue. */
void fault_reopen(struct fault_scene *s);

/** fault_reopen_all() - fault_reopen(), and the same for the bystander: the whole device failed. */
void fault_reopen_all(struct fault_scene *s);

/** fault_bystander_works() - The device works for the bystander now. */
void fault_bystander_works(const struct fault_scene *s);

/** fault_bystander_closes() - The bystander has no queue, until fault_reopen_all(). */
void fault_bystander_closes(const struct fault_scene *s);

/** fault_bystander_asks() - The bystander's device asks for a page, which is brought. */
void fault_bystander_asks(const struct fault_scene *s);

#endif /* SUITES_LIB_FAULT_H */
