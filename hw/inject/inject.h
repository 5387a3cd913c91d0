/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault injection: what is to fail, how often, and whose. One rule a kind
 * (enum svk_inject, docs/faults.md); the places where hardware can fail ask
 * inject_strikes() and do the rest themselves.
 *
 * Every function but inject_parse() is called with the machine's lock held.
 */
#ifndef HW_INJECT_INJECT_H
#define HW_INJECT_INJECT_H

#include <svakit/accel_regs.h>
#include <svakit/types.h>

struct inject;
struct machine;

#define INJECT_ANY_ADDR (~0ULL)

/**
 * struct inject_rule - What is to fail.
 * @kind: SVK_INJECT_NONE: nothing
 * @lab: armed through the lab page
 * @has_pasid: strike only what has the PASID @pasid
 * @pasid: 20 bits
 * @skip: let so many pass first
 * @count: then strike so many; 0: none, SVK_LAB_INJECT_FOREVER: until disarmed
 * @chance: probability that one is struck which is not to pass, in 65536ths; 0: 1
 * @seed: of the chance; rules that differ in nothing else strike the same ones
 * @addr: strike only what touches the 4 KiB page of this address; INJECT_ANY_ADDR: any
 * @arg: by kind, as SVK_LAB_INJECT_ARG
 */
struct inject_rule {
	enum svk_inject kind;
	bool lab;
	bool has_pasid;
	u32 pasid;
	u32 skip;
	u32 count;
	u32 chance;
	u64 seed;
	u64 addr;
	u64 arg;
};

/**
 * struct inject_at - What is about to happen.
 * @has_pasid: it has a PASID, @pasid
 * @sid: source-id of the function concerned, 0 if there is none
 * @addr: first byte of the range concerned
 * @size: bytes of it; 0: no address is concerned; ~0: every address from @addr on is
 * @unit: number of the remapping unit concerned, from 1 on; 0 if none is
 * @what: by kind: LOSE: INJECT_DESC(); IRQ_LOST and IRQ_LATE: INJECT_IRQ(); BIT_FLIP
 *	and SLOW_FETCH: enum svk_table; else 0
 */
struct inject_at {
	bool has_pasid;
	u16 sid;
	unsigned int unit;
	u32 pasid;
	u64 addr;
	u64 size;
	u64 what;
};

/* A descriptor by type (VTD_DESC_xxx) and G field, or INJECT_NO_GRAN if the type has none. */
#define INJECT_NO_GRAN 0xff
#define INJECT_DESC(type, gran) ((u64)(gran) << 8 | (type))
/* Vector of a function, or event of the unit (SVK_IRQ_EVENT_xxx) with SVK_IRQ_UNIT. */
#define INJECT_IRQ(vector, unit) (svk_put(SVK_IRQ_VECTOR, vector) | (unit))

/** enum inject_irq - What becomes of an interrupt. */
enum inject_irq {
	INJECT_IRQ_SENT,
	INJECT_IRQ_LOST,
	INJECT_IRQ_LATE,
};

/**
 * inject_new() - An engine with nothing armed.
 * @seed: of every chance, together with the rule's own
 *
 * Return: the engine, or NULL with errno ENOMEM.
 */
struct inject *inject_new(struct machine *m, u64 seed);

/** inject_free() - NULL is allowed. */
void inject_free(struct inject *i);

/**
 * inject_arm() - Arm a rule, in place of the one armed for its kind.
 *
 * A rule without a count disarms. A kind that is none is ignored.
 */
void inject_arm(struct inject *i, const struct inject_rule *r);

/** inject_disarm_lab() - Disarm what the lab page has armed; what svahw was started with stays. */
void inject_disarm_lab(struct inject *i);

/**
 * inject_armed() - Return: the rule of a kind that may still strike, or NULL.
 *
 * @i may be NULL: nothing is.
 */
const struct inject_rule *inject_armed(const struct inject *i, enum svk_inject kind);

/** inject_matches() - Return: whether a rule of the kind is armed that concerns @at. */
bool inject_matches(const struct inject *i, enum svk_inject kind, const struct inject_at *at);

/**
 * inject_strikes() - Something that can fail is about to happen. Return: it fails.
 *
 * Uses up the rule's skip or count, and records the strike in counter, trace and log.
 */
bool inject_strikes(struct inject *i, enum svk_inject kind, const struct inject_at *at);

/** inject_random() - Return: the next number of the sequence of a kind that is armed. */
u64 inject_random(struct inject *i, enum svk_inject kind);

/**
 * inject_irq() - An interrupt is about to be sent.
 * @delay_ns: with INJECT_IRQ_LATE, how much later
 */
enum inject_irq inject_irq(struct inject *i, const struct inject_at *at, u64 *delay_ns);

/** inject_struck() - Return: how often the kind has struck so far; 0 for a kind that is none. */
u64 inject_struck(const struct inject *i, enum svk_inject kind);

/**
 * inject_plugs() - Return: a number that changes when functions that were removed come back.
 *
 * They do when a rule for SVK_INJECT_REMOVE without a count is armed, and when the lab page
 * disarms all. @i may be NULL.
 */
u64 inject_plugs(const struct inject *i);

/** inject_name() - Return: the kind as it is written in a specification, such as "bit-flip". */
const char *inject_name(enum svk_inject kind);

/**
 * inject_parse() - Read "KIND[,skip=N][,count=N|forever][,pasid=N][,addr=A][,chance=P][,...]".
 * @text: count is 1 if it is not given; P is a probability, such as 0.01; what else there is
 *	depends on the kind (docs/faults.md)
 * @out: the rule; its seed is 0
 * @why: on error, what is wrong, to be printed behind the text; a constant
 *
 * Return: 0 or -EINVAL.
 */
int inject_parse(const char *text, struct inject_rule *out, const char **why);

#endif /* HW_INJECT_INJECT_H */
