// SPDX-License-Identifier: GPL-2.0
/*
 * Entries that are fetched slowly while software changes them. What software
 * does in a pause is a list of steps, one a pause: nothing here depends on time.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "gmem.h"
#include "inject/inject.h"
#include "oracle/oracle.h"
#include "tests/fault_fixture.h"
#include "tests/oracle_fixture.h"

#define SLOW "slow-fetch,table=pasid,count=forever,delay=7"
#define OTHER_PAGE 0x240000ULL
#define PAUSES 3

/* What software does, by pause; what of it has been done. */
struct software {
	struct oc *oc;
	void (*step[PAUSES])(struct software *s);
	unsigned int pauses;
	u64 ns;
	u64 entry;
	u64 old[8];
	u64 new[8];
	pthread_t other;
};

static struct software sw;

static void spend(struct timers *ts, u64 ns, void (*look)(void *who), void *who)
{
	(void)ts;
	assert_true(sw.pauses < PAUSES);
	sw.ns = ns;
	if (sw.step[sw.pauses])
		sw.step[sw.pauses](&sw);
	sw.pauses++;
	look(who);
}

/* A first stage at OC_PASID, and another one, with another domain-id, that could take its place. */
static int setup(void **state)
{
	int ret = oc_setup(state);
	struct oc *oc;

	if (ret)
		return ret;
	oc = *state;
	memset(&sw, 0, sizeof(sw));
	sw.oc = oc;
	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID + 1, OC_VA, OTHER_PAGE);
	sw.entry = vt_pe(oc->vt, OC_SID, OC_PASID);
	for (unsigned int i = 0; i < 8; i++)
		sw.new[i] = vt_get(oc->vt, sw.entry + 8 * i);
	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	for (unsigned int i = 0; i < 8; i++)
		sw.old[i] = vt_get(oc->vt, sw.entry + 8 * i);
	oc->vt->m.timers.spend = spend;
	fault_arm(&oc->vt->m, SLOW);
	return 0;
}

static int teardown(void **state)
{
	fault_end(&((struct oc *)*state)->vt->m);
	return oc_teardown(state);
}

static void put_all(struct software *s, const u64 *q)
{
	for (unsigned int i = 0; i < 8; i++)
		vt_put(s->oc->vt, s->entry + 8 * i, q[i]);
}

static void replace(struct software *s)
{
	put_all(s, s->new);
}

static void clear_all(struct software *s)
{
	static const u64 none[8];

	put_all(s, none);
}

static void clear_p(struct software *s)
{
	vt_put(s->oc->vt, s->entry, s->old[0] & ~VTD_PE_P);
}

/* What may be changed at any time: it says nothing of where the entry leads. */
static void change_ignored(struct software *s)
{
	vt_put(s->oc->vt, s->entry, s->old[0] ^ VTD_PE_SSADE ^ VTD_PE_FPD);
	vt_put(s->oc->vt, s->entry + 8, s->old[1] ^ VTD_PE1_PGSNP ^ VTD_PE1_PWSNP);
}

static int use(struct oc *oc)
{
	return oc_use(oc, OC_PASID, OC_VA, false);
}

static u64 struck(struct oc *oc)
{
	return fault_struck(&oc->vt->m, SVK_INJECT_SLOW_FETCH);
}

static void expect_torn(struct oc *oc, const char *what)
{
	assert_int_equal(sw.pauses, PAUSES);
	assert_int_equal(sw.ns, 7000);
	assert_int_equal(oracle_findings(oc->o), 1);
	assert_true(oracle_found(oc->o, 0)->rule);
	oc_expect(oc, "\"rule\":\"torn-pasid-entry\",\"section\":\"6.5.3.3\"");
	oc_expect(oc,
		  "torn PASID entry: the unit uses pieces of before and of after a change; "
		  "clear P alone, then invalidate, then change the rest: 00:07.0 PASID 5 at 0x");
	oc_expect(oc, what);
}

static void nothing_changes(void **state)
{
	struct oc *oc = *state;

	assert_int_equal(use(oc), 0);
	assert_int_equal(sw.pauses, PAUSES);
	assert_int_equal(struck(oc), 1);
	/* Cached: not fetched again, and the oracle's own reading is not slow. */
	assert_int_equal(use(oc), 0);
	assert_int_equal(oracle_audit(oc->o, true).stale, 0);
	assert_int_equal(struck(oc), 1);
	assert_int_equal(oracle_findings(oc->o), 0);
}

/* c3b1edea3791: another entry is written over a present one. */
static void replaced_in_place(void **state)
{
	struct oc *oc = *state;

	sw.step[0] = replace;
	assert_int_equal(use(oc), 0);
	expect_torn(oc, ", pieces of before: 0 2 3, of after: 1 (quadwords 2 and 3: 0x");
	oc_expect(oc, "; P is set now.");
}

/* 75ed00055c05: an entry is cleared, P and the rest at once. */
static void cleared_at_once(void **state)
{
	struct oc *oc = *state;

	sw.step[0] = clear_all;
	assert_int_not_equal(use(oc), 0);
	expect_torn(oc, "of after: 1 (quadwords 2 and 3: 0x0 0x0, before 0x");
	oc_expect(oc, "; P is clear now.");
}

static void clear_p_and_go_on(struct software *s)
{
	u64 rest[8];

	clear_p(s);
	memcpy(rest, s->new, sizeof(rest));
	rest[0] &= ~VTD_PE_P;
	put_all(s, rest);
	vt_put(s->oc->vt, s->entry, s->new[0]);
}

/* P is the first to go and the last to come, but nothing is invalidated in between. */
static void cleared_and_not_invalidated(void **state)
{
	struct oc *oc = *state;

	sw.step[0] = clear_p_and_go_on;
	assert_int_equal(use(oc), 0);
	expect_torn(oc, ", pieces of before: 0 2 3, of after: 1 ");
}

/* What has been fetched before the change, is whole; so is what is fetched after it. */
static void each_order(void **state)
{
	unsigned int torn = 0, rounds = 32;
	struct oc *oc = *state;

	for (unsigned int i = 0; i < rounds; i++) {
		u64 before;

		put_all(&sw, sw.old);
		vt_flush_all(oc->vt);
		before = oracle_findings(oc->o);
		sw.pauses = 0;
		sw.step[2] = replace;
		assert_int_equal(use(oc), 0);
		torn += oracle_findings(oc->o) != before;
	}
	/* Piece 1 is the last one in a third of the orders. */
	assert_in_range(torn, rounds / 8, rounds * 5 / 8);
}

static void cleared_as_it_should_be(void **state)
{
	struct oc *oc = *state;

	sw.step[0] = clear_p;
	assert_int_equal(use(oc), 0);
	assert_int_equal(struck(oc), 1);
	assert_int_equal(oracle_findings(oc->o), 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	clear_all(&sw);
	/* Not present: not used, and not fetched slowly. */
	assert_int_equal(use(oc), VTD_FR_SPT_2);
	replace(&sw);
	sw.pauses = 0;
	sw.step[0] = NULL;
	assert_int_equal(use(oc), 0);
	assert_int_equal(struck(oc), 2);
	assert_int_equal(oracle_findings(oc->o), 0);
}

static void ignored_bits(void **state)
{
	struct oc *oc = *state;

	for (unsigned int i = 0; i < PAUSES; i++)
		sw.step[i] = change_ignored;
	assert_int_equal(use(oc), 0);
	assert_int_equal(sw.pauses, PAUSES);
	assert_int_equal(oracle_findings(oc->o), 0);
}

/* One piece that changes alone is of one moment, whichever (the rule of 6.5.3.3 is another one). */
static void one_piece_alone(void **state)
{
	struct oc *oc = *state;

	sw.new[0] = sw.old[0];
	sw.new[1] = sw.old[1];
	sw.step[0] = replace;
	assert_int_equal(use(oc), 0);
	assert_int_equal(sw.pauses, PAUSES);
	assert_int_equal(oracle_findings(oc->o), 0);
}

static void *invalidate(void *arg)
{
	struct software *s = arg;

	machine_lock(&s->oc->vt->m);
	oc_flush_pasid_cache(s->oc, VT_DID, OC_PASID);
	oc_flush_iotlb(s->oc, VT_DID, OC_PASID);
	vt_wait(s->oc->vt);
	/* The fetch is over, and what it has brought is gone. */
	assert_int_equal(s->pauses, PAUSES);
	replace(s);
	machine_unlock(&s->oc->vt->m);
	return NULL;
}

static void clear_p_and_invalidate(struct software *s)
{
	clear_p(s);
	assert_int_equal(pthread_create(&s->other, NULL, invalidate, s), 0);
}

static void until_it_waits(struct software *s)
{
	while (!__atomic_load_n(&s->oc->vt->m.waiters, __ATOMIC_RELAXED))
		sched_yield();
}

/* It is not executed before the fetch under way has ended; then it removes what that has cached. */
static void invalidation_under_a_fetch(void **state)
{
	struct vtd_translation out;
	struct oc *oc = *state;

	sw.step[0] = clear_p_and_invalidate;
	sw.step[1] = until_it_waits;
	sw.step[2] = until_it_waits;
	assert_int_equal(use(oc), 0);
	machine_unlock(&oc->vt->m);
	assert_int_equal(pthread_join(sw.other, NULL), 0);
	machine_lock(&oc->vt->m);
	sw.pauses = 0;
	memset(sw.step, 0, sizeof(sw.step));
	assert_int_equal(vt_xlate(oc->vt, OC_SID, OC_PASID, OC_VA, false, &out), 0);
	assert_int_equal(out.addr, OTHER_PAGE);
	assert_int_equal(struck(oc), 2);
	assert_int_equal(oracle_findings(oc->o), 0);
}

/* Its second piece has to be zero: it cannot be torn, but for what is refused. */
static void context_entry(void **state)
{
	struct oc *oc = *state;

	fault_arm(&oc->vt->m, "slow-fetch,table=context,count=forever,delay=7");
	sw.entry = vt_context(oc->vt, OC_SID);
	memset(sw.new, 0, sizeof(sw.new));
	sw.new[2] = 1;
	sw.step[0] = replace;
	assert_int_equal(use(oc), VTD_FR_SCT_3);
	assert_int_equal(sw.pauses, 1);
	assert_int_equal(oracle_findings(oc->o), 2);
	assert_non_null(strstr(oc_told(oc), "\"rule\":\"torn-context-entry\""));
	assert_non_null(strstr(oc_told(oc), "00:07.0 at 0x"));
	oc_expect(oc, "\"rule\":\"entry-reserved\"");
}

static void out_of_memory(struct software *s)
{
	assert_int_equal(gmem_unmap(s->oc->vt->mem, 0, ~0ULL), 0);
}

static void memory_goes_away(void **state)
{
	struct oc *oc = *state;

	sw.step[1] = out_of_memory;
	assert_int_equal(use(oc), VTD_FR_SPT_1);
	assert_int_equal(oracle_findings(oc->o), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_changes),
		TEST(replaced_in_place),
		TEST(cleared_at_once),
		TEST(cleared_and_not_invalidated),
		TEST(each_order),
		TEST(cleared_as_it_should_be),
		TEST(ignored_bits),
		TEST(one_piece_alone),
		TEST(invalidation_under_a_fetch),
		TEST(context_entry),
		TEST(memory_goes_away),
	};

	return cmocka_run_group_tests_name("vtd_torn", tests, NULL, NULL);
}
