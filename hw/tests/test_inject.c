// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of injection, with nothing behind it: what rules match, how often
 * they strike, that a seed repeats them, and how they are written.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <svakit/vtd_regs.h>

#include "inject/inject.h"
#include "log.h"
#include "machine.h"
#include "tests/fault_fixture.h"
#include "trace.h"

#define TRIES 4096

static struct machine m;

static const struct inject_at nowhere = {0};
static const struct inject_at somewhere = {
	.has_pasid = true, .sid = 0x30, .pasid = 5, .addr = 0x12345800, .size = 0x1000};

static int setup(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	machine_init(&m, trace_new(64));
	m.inject = inject_new(&m, 0);
	return m.inject ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	fault_end(&m);
	trace_free(m.trace);
	machine_cleanup(&m);
	return 0;
}

static bool strikes(enum svk_inject kind, const struct inject_at *at)
{
	return inject_strikes(m.inject, kind, at);
}

/* Without a rule, and without an engine, nothing fails. */
static void nothing_armed(void **state)
{
	(void)state;
	for (unsigned int kind = 1; kind < SVK_INJECT_COUNT; kind++) {
		assert_false(strikes(kind, &somewhere));
		assert_false(inject_strikes(NULL, kind, &somewhere));
		assert_null(inject_armed(m.inject, kind));
		assert_int_equal(fault_struck(&m, kind), 0);
	}
	assert_int_equal(fault_struck(&m, SVK_INJECT_NONE), 0);
	assert_int_equal(fault_struck(&m, SVK_INJECT_COUNT), 0);
}

static void once_by_default(void **state)
{
	(void)state;
	fault_arm(&m, "dma-abort");
	assert_false(strikes(SVK_INJECT_ITE, &nowhere));
	assert_true(strikes(SVK_INJECT_DMA_ABORT, &nowhere));
	assert_false(strikes(SVK_INJECT_DMA_ABORT, &nowhere));
	assert_int_equal(fault_struck(&m, SVK_INJECT_DMA_ABORT), 1);
}

static void skip_then_count(void **state)
{
	(void)state;
	fault_arm(&m, "ite,skip=2,count=3");
	for (unsigned int n = 0; n < 10; n++)
		assert_int_equal(strikes(SVK_INJECT_ITE, &nowhere), n >= 2 && n < 5);
	assert_int_equal(fault_struck(&m, SVK_INJECT_ITE), 3);
}

static void forever_until_disarmed(void **state)
{
	(void)state;
	fault_arm(&m, "ite,count=forever");
	for (unsigned int n = 0; n < 0x20000; n++)
		assert_true(strikes(SVK_INJECT_ITE, &nowhere));
	fault_arm(&m, "ite,count=0");
	assert_false(strikes(SVK_INJECT_ITE, &nowhere));
	assert_int_equal(fault_struck(&m, SVK_INJECT_ITE), 0x20000);
}

/* What does not match neither strikes nor counts as skipped. */
static void pasid(void **state)
{
	struct inject_at other = somewhere;

	(void)state;
	other.pasid = 6;
	fault_arm(&m, "ite,pasid=5,skip=1,count=forever");
	assert_false(strikes(SVK_INJECT_ITE, &other));
	assert_false(strikes(SVK_INJECT_ITE, &nowhere));
	assert_false(strikes(SVK_INJECT_ITE, &somewhere));
	assert_false(strikes(SVK_INJECT_ITE, &other));
	assert_true(strikes(SVK_INJECT_ITE, &somewhere));
	/* PASID 0 is one, too. */
	fault_arm(&m, "ite,pasid=0");
	assert_false(strikes(SVK_INJECT_ITE, &nowhere));
	other.pasid = 0;
	assert_true(strikes(SVK_INJECT_ITE, &other));
}

static void address(void **state)
{
	static const struct {
		const char *spec;
		bool struck;
	} rules[] = {
		{"ite,addr=0x12345000", true},	{"ite,addr=0x12345fff", true},
		{"ite,addr=0x12346000", true},	{"ite,addr=0x12346fff", true},
		{"ite,addr=0x12347000", false}, {"ite,addr=0x12344fff", false},
		{"ite,addr=0", false},
	};
	struct inject_at all = {.addr = 0x1000, .size = ~0ULL};

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(rules); n++) {
		fault_arm(&m, rules[n].spec);
		assert_int_equal(strikes(SVK_INJECT_ITE, &somewhere), rules[n].struck);
	}
	fault_arm(&m, "ite,addr=0xfffffffffffff000,count=2");
	assert_false(strikes(SVK_INJECT_ITE, &nowhere));
	assert_true(strikes(SVK_INJECT_ITE, &all));
	all.addr = 0;
	assert_true(strikes(SVK_INJECT_ITE, &all));
}

static unsigned int sequence(u64 seed, u64 rule_seed, char *out)
{
	struct inject *i = inject_new(&m, seed);
	struct inject_rule r;
	unsigned int struck = 0;
	const char *why;

	assert_int_equal(inject_parse("ite,chance=0.25,count=forever", &r, &why), 0);
	r.seed = rule_seed;
	inject_arm(i, &r);
	for (unsigned int n = 0; n < TRIES; n++) {
		out[n] = inject_strikes(i, SVK_INJECT_ITE, &nowhere);
		struck += (unsigned int)out[n];
	}
	inject_free(i);
	return struck;
}

/* One seed gives one sequence, another one another; a quarter is about a quarter. */
static void chance_repeats(void **state)
{
	char a[TRIES], b[TRIES];

	(void)state;
	assert_in_range(sequence(1, 0, a), TRIES / 5, TRIES / 3);
	sequence(1, 0, b);
	assert_memory_equal(a, b, TRIES);
	sequence(2, 0, b);
	assert_memory_not_equal(a, b, TRIES);
	sequence(1, 1, b);
	assert_memory_not_equal(a, b, TRIES);
}

static void descriptors(void **state)
{
	struct inject_at at = {.what = INJECT_DESC(VTD_DESC_PIOTLB, VTD_PIOTLB_G_PASID)};

	(void)state;
	fault_arm(&m, "lose,types=pdevtlb+piotlb,grans=2,count=forever");
	assert_true(strikes(SVK_INJECT_LOSE, &at));
	at.what = INJECT_DESC(VTD_DESC_PIOTLB, VTD_PIOTLB_G_PAGE);
	assert_false(strikes(SVK_INJECT_LOSE, &at));
	at.what = INJECT_DESC(VTD_DESC_PDEVTLB, INJECT_NO_GRAN);
	assert_true(strikes(SVK_INJECT_LOSE, &at));
	at.what = INJECT_DESC(VTD_DESC_DEVTLB, INJECT_NO_GRAN);
	assert_false(strikes(SVK_INJECT_LOSE, &at));
	fault_arm(&m, "lose");
	assert_true(strikes(SVK_INJECT_LOSE, &at));
}

/* What a rule of the lab page is, is told from what svahw was started with. */
static void disarm_lab(void **state)
{
	const struct inject_rule lab = {
		.kind = SVK_INJECT_ITE, .lab = true, .count = 2, .addr = INJECT_ANY_ADDR};

	(void)state;
	fault_arm(&m, "iqe");
	inject_arm(m.inject, &lab);
	assert_true(strikes(SVK_INJECT_ITE, &nowhere));
	inject_disarm_lab(m.inject);
	assert_false(strikes(SVK_INJECT_ITE, &nowhere));
	assert_true(strikes(SVK_INJECT_IQE, &nowhere));
}

static void no_such_kind(void **state)
{
	struct inject_rule r = {.count = 1, .addr = INJECT_ANY_ADDR};

	(void)state;
	inject_arm(m.inject, &r);
	r.kind = SVK_INJECT_COUNT;
	inject_arm(m.inject, &r);
	for (unsigned int kind = 0; kind < SVK_INJECT_COUNT; kind++)
		assert_null(inject_armed(m.inject, kind));
}

static void recorded(void **state)
{
	FILE *out;
	char *text;
	size_t len;

	(void)state;
	log_set_level(LOG_INFO);
	fault_arm(&m, "ats-refuse,count=2");
	strikes(SVK_INJECT_ATS_REFUSE, &somewhere);
	strikes(SVK_INJECT_ATS_REFUSE, &nowhere);
	log_set_level(LOG_ERROR);
	out = open_memstream(&text, &len);
	assert_int_equal(trace_dump(m.trace, out), 0);
	fclose(out);
	assert_non_null(strstr(text, "inject ats-refuse sid=00:06.0 pasid=5 addr=0x12345800\n"));
	assert_non_null(strstr(text, "inject ats-refuse sid=00:00.0 pasid=none\n"));
	free(text);
}

static void parsed(void **state)
{
	const struct {
		const char *text;
		enum svk_inject kind;
		u64 arg;
	} rules[] = {
		{"lose,types=piotlb+pdevtlb,grans=2,stale", SVK_INJECT_LOSE,
		 0x140 | 1ULL << 18 | SVK_LOSE_STALE},
		{"lose", SVK_INJECT_LOSE, SVK_LOSE_TYPES},
		{"lose,types=7,grans=0+3", SVK_INJECT_LOSE, 0x80 | 9ULL << 16},
		{"lose,arg=0x100000080", SVK_INJECT_LOSE, 0x80 | SVK_LOSE_STALE},
		{"ite", SVK_INJECT_ITE, 0},
		{"iqe,code=4", SVK_INJECT_IQE, 4},
		{"wait-late,delay=2000", SVK_INJECT_WAIT_LATE, 2000},
		{"wait-early", SVK_INJECT_WAIT_EARLY, 0},
		{"irq-lost,unit,event=page-request", SVK_INJECT_IRQ_LOST,
		 SVK_IRQ_UNIT | svk_put(SVK_IRQ_VECTOR, SVK_IRQ_EVENT_PAGE_REQUEST)},
		{"irq-late,unit,delay=2000", SVK_INJECT_IRQ_LATE,
		 SVK_IRQ_UNIT | SVK_IRQ_ANY | svk_put(SVK_IRQ_DELAY, 2000)},
		{"irq-late,sid=00:06.0,vector=3", SVK_INJECT_IRQ_LATE,
		 0x30 | svk_put(SVK_IRQ_VECTOR, 3)},
		{"prq-overflow", SVK_INJECT_PRQ_OVERFLOW, 0},
		{"prq-malformed,spoil=last", SVK_INJECT_PRQ_MALFORMED, SVK_PRQ_SPOIL_LAST},
		{"prq-duplicate", SVK_INJECT_PRQ_DUPLICATE, 0},
		{"ats-refuse,status=ca", SVK_INJECT_ATS_REFUSE, 1},
		{"dma-abort", SVK_INJECT_DMA_ABORT, 0},
		{"bit-flip,table=first-stage,bit=12", SVK_INJECT_BIT_FLIP,
		 svk_put(SVK_FLIP_TABLE, SVK_TABLE_FIRST_STAGE) | 12},
		{"remove,sid=00:0a.0", SVK_INJECT_REMOVE, 0x50},
		{"reset", SVK_INJECT_RESET, 0},
		{"slow-fetch,table=pasid,delay=50", SVK_INJECT_SLOW_FETCH,
		 svk_put(SVK_SLOW_TABLE, SVK_TABLE_PASID) | 50},
	};

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(rules); n++) {
		struct inject_rule r;
		const char *why;

		assert_int_equal(inject_parse(rules[n].text, &r, &why), 0);
		assert_int_equal(r.kind, rules[n].kind);
		assert_int_equal(r.arg, rules[n].arg);
		assert_int_equal(r.count, 1);
		assert_int_equal(r.skip, 0);
		assert_int_equal(r.chance, 0);
		assert_false(r.has_pasid || r.lab);
		assert_int_equal(r.addr, INJECT_ANY_ADDR);
		assert_memory_equal(inject_name(r.kind), rules[n].text,
				    strlen(inject_name(r.kind)));
	}
}

static void parsed_common(void **state)
{
	struct inject_rule r;
	const char *why;

	(void)state;
	assert_int_equal(inject_parse("ite,skip=3,count=7,pasid=0xfffff,addr=0x1000,chance=0.5,"
				      "arg=9",
				      &r, &why),
			 0);
	assert_int_equal(r.skip, 3);
	assert_int_equal(r.count, 7);
	assert_true(r.has_pasid);
	assert_int_equal(r.pasid, 0xfffff);
	assert_int_equal(r.addr, 0x1000);
	assert_int_equal(r.chance, 0x8000);
	assert_int_equal(r.arg, 9);
	assert_int_equal(inject_parse("ite,chance=0.000001", &r, &why), 0);
	assert_int_equal(r.chance, 1);
	assert_int_equal(inject_parse("ite,chance=1,count=forever", &r, &why), 0);
	assert_int_equal(r.chance, 0);
	assert_int_equal(r.count, SVK_LAB_INJECT_FOREVER);
}

static void not_parsed(void **state)
{
	static const char *const bad[] = {
		"",
		"none",
		"lost",
		"ite,",
		"ite,,skip=1",
		"ite,skip",
		"ite,skip=",
		"ite,skip=-1",
		"ite,skip=65536",
		"ite,count=65535",
		"ite,count=ever",
		"ite,pasid=0x100000",
		"ite,addr=x",
		"ite,addr=0xffffffffffffffff",
		"ite,chance=0",
		"ite,chance=1.1",
		"ite,chance=.5",
		"ite,chance=0.5x",
		"ite,chance=nan",
		"ite,arg=",
		"ite,delay=1",
		"lose,types=",
		"lose,types=16",
		"lose,types=piotlb+",
		"lose,types=all",
		"lose,grans=4",
		"lose,stale=1",
		"irq-lost,sid=6",
		"irq-lost,unit=1",
		"irq-lost,any",
		"irq-late,vector=256",
		"irq-late,event=prq",
		"irq-late,delay=4294967296",
		"bit-flip,bit=512",
		"bit-flip,table=leaf",
		"bit-flip,table=16",
		"remove,sid",
		"iqe,code=0x10000000000000000",
	};
	char long_text[600];
	struct inject_rule r;
	const char *why;

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(bad); n++) {
		why = NULL;
		if (inject_parse(bad[n], &r, &why) != -EINVAL)
			fail_msg("'%s' was taken", bad[n]);
		assert_non_null(why);
	}
	memset(long_text, '0', sizeof(long_text));
	memcpy(long_text, "ite,skip=", 9);
	long_text[sizeof(long_text) - 1] = 0;
	assert_int_equal(inject_parse(long_text, &r, &why), -EINVAL);
	assert_string_equal(why, "is too long");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_armed),
		TEST(once_by_default),
		TEST(skip_then_count),
		TEST(forever_until_disarmed),
		TEST(pasid),
		TEST(address),
		TEST(chance_repeats),
		TEST(descriptors),
		TEST(disarm_lab),
		TEST(no_such_kind),
		TEST(recorded),
		cmocka_unit_test(parsed),
		cmocka_unit_test(parsed_common),
		cmocka_unit_test(not_parsed),
	};

	return cmocka_run_group_tests_name("inject", tests, NULL, NULL);
}
