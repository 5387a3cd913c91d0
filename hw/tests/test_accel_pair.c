// SPDX-License-Identifier: GPL-2.0
/*
 * Two functions behind one unit: each has its own device-TLB, queues and
 * engine, what is addressed to one leaves the other alone, and neither keeps
 * the other, or the registers, waiting.
 *
 * Function 0 is the fixture's. Both use the same address spaces and, so that
 * the fixture can tell their queues apart, queues of different numbers.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accel_fixture.h"
#include "gmem.h"
#include "trace.h"

#define SID0 0x30 /* 00:06.0 */
#define SID1 0x50 /* 00:0a.0 */
#define FUNCTIONS 2
#define PAGE_VA 0x10000000ULL
#define BIG 0x600000000000ULL
#define BIG_SIZE (1ULL << 30)
#define FILLS 128
#define CHUNK 0x10000
#define STORM_VA 0x500000000000ULL
#define STORM_MEMBERS 1024
#define STORM_BATCHES 1023u
#define STORM ((u64)STORM_MEMBERS * STORM_BATCHES)
#define RTADDR 0x20

/* queue[n] is open in FX_PASID on function n. */
static const unsigned int queue[FUNCTIONS] = {0, 1};
static const u16 sid[FUNCTIONS] = {SID0, SID1};

struct pair {
	struct fx *f;
	struct gmem *mem;
	struct accel *second;
	struct pci_function *fn[FUNCTIONS];
};

/* What the fixture's helpers talk to. */
static struct fx *on(struct pair *p, unsigned int n)
{
	p->f->fn = p->fn[n];
	p->f->sid = sid[n];
	return p->f;
}

/* The context entry of the second source-id is that of the first: the same address spaces. */
static void share_tables(struct fx *f)
{
	u64 root, context;

	machine_lock(&f->machine);
	root = vtd_mmio_read(f->unit, RTADDR, 8) & ~0xfffULL;
	machine_unlock(&f->machine);
	context = *(u64 *)fx_ptr(f, root) & ~0xfffULL;
	memcpy(fx_ptr(f, context + SID1 * 32), fx_ptr(f, context + SID0 * 32), 32);
}

static struct accel *new_second(struct pair *p)
{
	struct accel_config cfg;

	accel_config_default(&cfg);
	cfg.index = 1;
	cfg.sid = SID1;
	return accel_new(&cfg, &p->f->machine, p->mem, p->f->unit);
}

static void enable_second(struct pair *p)
{
	struct fx *f = on(p, 1);

	fx_set_command(f, true);
	fx_set_pasid(f, true);
	fx_set_ats(f, true);
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
}

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	struct fx *f;

	assert_non_null(p);
	f = fx_new(NULL);
	p->f = f;
	p->mem = gmem_new(&f->machine);
	assert_non_null(p->mem);
	machine_lock(&f->machine);
	assert_int_equal(gmem_map(p->mem, 0, FX_RAM, GMEM_READ | GMEM_WRITE, f->fd, 0), 0);
	machine_unlock(&f->machine);
	share_tables(f);
	p->second = new_second(p);
	assert_non_null(p->second);
	p->fn[0] = f->fn;
	p->fn[1] = accel_function(p->second);
	p->fn[1]->host_ops = p->fn[0]->host_ops;
	p->fn[1]->host = f;
	enable_second(p);
	for (unsigned int n = 0; n < FUNCTIONS; n++)
		fx_queue_open(on(p, n), queue[n], FX_PASID, 1024);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	accel_free(p->second);
	on(p, 0);
	fx_free(p->f);
	gmem_free(p->mem);
	free(p);
	return 0;
}

static void each_has_its_name(void **state)
{
	struct pair *p = *state;
	struct accel_config cfg;

	assert_string_equal(p->fn[0]->name, "accel");
	assert_string_equal(p->fn[1]->name, "accel-2");
	assert_int_equal(p->fn[0]->index, 1);
	assert_int_equal(p->fn[1]->index, 2);
	accel_config_default(&cfg);
	cfg.sid = SID1;
	errno = 0;
	assert_null(accel_new(&cfg, &p->f->machine, p->mem, p->f->unit));
	assert_int_equal(errno, EEXIST);
}

static void both_work_and_the_trace_tells_them_apart(void **state)
{
	struct pair *p = *state;
	struct trace *t = trace_new(64);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	machine_lock(&p->f->machine);
	p->f->machine.trace = t;
	machine_unlock(&p->f->machine);
	fx_buffer(p->f, FX_PASID, PAGE_VA, FUNCTIONS, FX_RW);
	for (unsigned int n = 0; n < FUNCTIONS; n++) {
		struct svk_desc d = fx_desc(queue[n], SVK_OP_FILL, 0, PAGE_VA + n * FX_PAGE, 8);
		u64 got;

		d.operand = 0x1234500 + n;
		fx_expect(on(p, n), queue[n], &d, SVK_CPL_OK);
		fx_read(p->f, FX_PASID, PAGE_VA + n * FX_PAGE, &got, 8);
		assert_true(got == 0x1234500 + n);
	}
	machine_lock(&p->f->machine);
	p->f->machine.trace = NULL;
	machine_unlock(&p->f->machine);
	assert_int_equal(trace_dump(t, out), 0);
	fclose(out);
	assert_non_null(strstr(text, " xlate sid=00:06.0 pasid=5 addr=0x10000000 "));
	assert_non_null(strstr(text, " xlate sid=00:0a.0 pasid=5 addr=0x10001000 "));
	assert_non_null(strstr(text, " dma sid=00:06.0 queue=0 op=fill bytes=8 status=1\n"));
	assert_non_null(strstr(text, " dma sid=00:0a.0 queue=1 op=fill bytes=8 status=1\n"));
	free(text);
	trace_free(t);
}

/* What function n finds at PAGE_VA: compared with a word of its own that holds the mark. */
static bool sees(struct pair *p, unsigned int n, u64 mark)
{
	u64 own = FX_CPL(queue[n]) + 0x800;
	struct svk_desc d = fx_desc(queue[n], SVK_OP_COMPARE, PAGE_VA, own, 8);
	struct svk_cpl cpl;

	fx_write(p->f, FX_PASID, own, &mark, 8);
	cpl = fx_run(on(p, n), queue[n], &d);
	assert_in_range(cpl.status, SVK_CPL_OK, SVK_CPL_MISMATCH);
	return cpl.status == SVK_CPL_OK;
}

static void map_marked(struct fx *f, u64 mark)
{
	u64 gpa = fx_pages(f, 1);

	*(u64 *)fx_ptr(f, gpa) = mark;
	fx_map(f, FX_PASID, PAGE_VA, gpa, FX_RW);
	fx_flush_iotlb(f, FX_PASID);
}

/* The kinds of invalidation that concern PAGE_VA in FX_PASID. */
enum kind {
	PAGE,
	PASID,
	GLOBAL,
	KINDS
};

static void flush(struct fx *f, enum kind kind)
{
	if (kind == PAGE)
		fx_flush_devtlb(f, FX_PASID, PAGE_VA, FX_PAGE);
	else if (kind == PASID)
		fx_flush_devtlb(f, FX_PASID, 0, 0);
	else
		fx_flush_devtlb_global(f, 0, 0);
}

static void invalidation_hits_the_function_it_names(void **state)
{
	struct pair *p = *state;
	u64 mark = 0x100;

	map_marked(p->f, mark);
	for (enum kind kind = PAGE; kind < KINDS; kind++) {
		for (unsigned int first = 0; first < FUNCTIONS; first++) {
			unsigned int other = !first;

			assert_true(sees(p, first, mark));
			assert_true(sees(p, other, mark));
			map_marked(p->f, mark + 1);
			flush(on(p, first), kind);
			assert_true(sees(p, first, mark + 1));
			assert_true(sees(p, other, mark));
			flush(on(p, other), kind);
			assert_true(sees(p, other, mark + 1));
			mark++;
		}
	}
}

/* The kind without PASID has the source-id elsewhere in its descriptor. */
static void invalidation_without_pasid_hits_one(void **state)
{
	struct pair *p = *state;
	u64 dropped;

	for (unsigned int n = 0; n < FUNCTIONS; n++) {
		struct svk_desc d = fx_desc(2 + n, SVK_OP_NOP, 0, 0, 0);

		fx_queue_open(on(p, n), 2 + n, FX_NO_PASID, 8);
		fx_put(p->f, 2 + n, FX_NO_PASID, &d);
		fx_ring(p->f, 2 + n);
		fx_wait(fx_cpl(p->f, 2 + n, FX_NO_PASID, 0));
	}
	/* Ring and record of one function, both times. */
	for (unsigned int n = 0; n < FUNCTIONS; n++) {
		dropped = fx_count(p->f, SVK_LAB_ATC_DROPPED);
		fx_flush_devtlb_no_pasid(on(p, n), 0, 0);
		assert_int_equal(fx_count(p->f, SVK_LAB_ATC_DROPPED) - dropped, 2);
	}
}

static void reset_concerns_one(void **state)
{
	struct pair *p = *state;
	u64 misses;

	map_marked(p->f, 1);
	assert_true(sees(p, 0, 1));
	assert_true(sees(p, 1, 1));
	machine_lock(&p->f->machine);
	pci_reset(p->fn[1]);
	machine_unlock(&p->f->machine);
	assert_int_equal(fx_bar(on(p, 1), SVK_ACCEL_BAR_CTRL, SVK_GLB_STATUS, 4), 0);
	fx_queue_state(on(p, 1), queue[1], SVK_QSTATE_DISABLED, SVK_QERR_NONE);
	fx_queue_state(on(p, 0), queue[0], SVK_QSTATE_ENABLED, SVK_QERR_NONE);
	misses = fx_count(p->f, SVK_LAB_ATC_MISS);
	assert_true(sees(p, 0, 1));
	assert_int_equal(fx_count(p->f, SVK_LAB_ATC_MISS), misses);
}

static void map_big(struct fx *f)
{
	u64 gpa = fx_superpage(f);
	u64 va;

	for (va = BIG; va < BIG + BIG_SIZE; va += FX_2M)
		fx_map_2m(f, FX_PASID, va, gpa, FX_RW);
}

static void start_fill(struct pair *p, unsigned int n, u64 size)
{
	struct svk_desc d = fx_desc(queue[n], SVK_OP_FILL, 0, BIG, size);

	d.ctrl |= SVK_DESC_CPL_IRQ;
	fx_put(on(p, n), queue[n], FX_PASID, &d);
	fx_ring(p->f, queue[n]);
}

static u64 inflight(struct fx *f)
{
	return f->fn->ops->bar_read(f->fn, SVK_ACCEL_BAR_CTRL, SVK_LAB_INFLIGHT, 8);
}

/* Take the lock at a moment when each function has a chunk in flight. */
static void catch_both_inflight(struct fx *f)
{
	u64 deadline = fx_now() + 60;

	for (;;) {
		machine_lock(&f->machine);
		if (vtd_inflight(f->unit) == FUNCTIONS)
			return;
		machine_unlock(&f->machine);
		assert_true(fx_now() < deadline);
		fx_relax();
	}
}

static void abort_both(struct pair *p)
{
	for (unsigned int n = 0; n < FUNCTIONS; n++) {
		fx_q_set(on(p, n), queue[n], SVK_QCFG_CTRL, 0);
		fx_poll(!(fx_q(p->f, queue[n], SVK_QCFG_STATUS) & SVK_QCFG_STATUS_STATE));
	}
	assert_int_equal(fx_bar(p->f, SVK_ACCEL_BAR_CTRL, SVK_LAB_INFLIGHT, 8), 0);
}

/* The unit cannot know whose access used what was invalidated: a wait is for both. */
static void wait_drains_both(void **state)
{
	struct pair *p = *state;
	u32 token;
	u64 shown[FUNCTIONS];
	bool early;

	map_big(p->f);
	/* One fill may be over before this thread, short of a processor, has looked. */
	for (unsigned int i = 0; i < FILLS; i++)
		for (unsigned int n = 0; n < FUNCTIONS; n++)
			start_fill(p, n, BIG_SIZE);
	catch_both_inflight(p->f);
	for (unsigned int n = 0; n < FUNCTIONS; n++)
		shown[n] = inflight(on(p, n));
	token = fx_devtlb_locked(on(p, 0), FX_PASID, BIG, FX_2M);
	early = fx_wait_done(p->f, token);
	machine_unlock(&p->f->machine);
	assert_int_equal(shown[0], FUNCTIONS);
	assert_int_equal(shown[1], FUNCTIONS);
	assert_false(early);
	/* It ends although both go on and always have something in flight. */
	fx_poll(fx_wait_done(p->f, token));
	abort_both(p);
}

/*
 * What both functions have done at a time: descriptors that ended, bytes moved. An assertion must
 * not fail under the lock, or the end of the test would wait for it: notes are looked at later.
 */
struct note {
	u64 desc;
	u64 bytes;
};

static struct note note_locked(const struct machine *m)
{
	return (struct note){m->count[SVK_LAB_DESC], m->count[SVK_LAB_BYTES]};
}

static struct note note_now(struct fx *f)
{
	struct note n;

	machine_lock(&f->machine);
	n = note_locked(&f->machine);
	machine_unlock(&f->machine);
	return n;
}

/* When the queue of function 1 raises its vector. */
static void note_interrupt(struct fx *f, unsigned int vec)
{
	if (vec == queue[1] + 1)
		*(struct note *)f->arg = note_locked(&f->machine);
}

/* Have @handler take the note when a vector is raised. */
static void watch(struct fx *f, void (*handler)(struct fx *f, unsigned int vec), struct note *note)
{
	machine_lock(&f->machine);
	f->arg = note;
	f->on_msix = handler;
	machine_unlock(&f->machine);
}

static u64 storm_array(unsigned int n)
{
	return STORM_VA + n * STORM_MEMBERS * sizeof(struct svk_desc);
}

static void put_storm(struct pair *p, unsigned int n)
{
	struct svk_desc batch = {
		.ctrl = SVK_OP_BATCH,
		.src = storm_array(n),
		.size = STORM_MEMBERS,
	};

	for (unsigned int i = 1; i < STORM_BATCHES; i++)
		fx_put(p->f, queue[n], FX_PASID, &batch);
	batch.ctrl |= SVK_DESC_CPL_IRQ;
	fx_put(p->f, queue[n], FX_PASID, &batch);
}

/*
 * A million descriptors that move nothing: an engine with such work never has
 * a reason to drop the lock, unless it cares for others. The doorbell is the caller's.
 */
static void prepare_storm(struct pair *p, unsigned int n)
{
	static const struct svk_desc nop = {.ctrl = SVK_OP_NOP};

	fx_buffer(p->f, FX_PASID, storm_array(n), STORM_MEMBERS * sizeof(nop) / FX_PAGE, FX_RW);
	for (unsigned int i = 0; i < STORM_MEMBERS; i++)
		fx_write(p->f, FX_PASID, storm_array(n) + i * sizeof(nop), &nop, sizeof(nop));
	put_storm(p, n);
}

/*
 * Function 1 sleeps, is woken, and comes back from each of its chunks, all in the middle of
 * function 0's storm.
 */
static void storm_lets_the_other_in(void **state)
{
	struct pair *p = *state;
	struct svk_desc d = fx_desc(queue[1], SVK_OP_FILL, 0, BIG, 4 * CHUNK);
	struct note before, at_interrupt = {0}, after;

	d.ctrl |= SVK_DESC_CPL_IRQ;
	map_big(p->f);
	prepare_storm(p, 0);
	fx_put(p->f, queue[1], FX_PASID, &d);
	watch(p->f, note_interrupt, &at_interrupt);
	before = note_now(p->f);
	fx_ring(on(p, 0), queue[0]);
	fx_ring(on(p, 1), queue[1]);
	/* From here on this thread leaves the lock alone: the engines are among themselves. */
	assert_int_equal(fx_wait(fx_cpl(p->f, queue[1], FX_PASID, 0)).status, SVK_CPL_OK);
	after = note_now(p->f);
	assert_in_range(at_interrupt.desc - before.desc, 1, STORM / 2);
	/* The event loop, which this thread is here, got the lock in time, too. */
	assert_in_range(after.desc - before.desc, 1, STORM - 1);
	abort_both(p);
}

/* When the first of both queues raises its own. */
static void note_first(struct fx *f, unsigned int vec)
{
	struct note *first = f->arg;

	if (!first->desc && (vec == queue[0] + 1 || vec == queue[1] + 1))
		*first = note_locked(&f->machine);
}

static u64 note_taken(struct pair *p, const struct note *n)
{
	u64 desc;

	machine_lock(&p->f->machine);
	desc = n->desc;
	machine_unlock(&p->f->machine);
	return desc;
}

/* Return: whether the other storm got somewhere before the first was over; then both go on. */
static bool share_once(struct pair *p)
{
	struct note first = {0}, before = note_now(p->f);
	u64 done;

	watch(p->f, note_first, &first);
	for (unsigned int n = 0; n < FUNCTIONS; n++)
		fx_ring(on(p, n), queue[n]);
	fx_poll(note_taken(p, &first));
	done = note_taken(p, &first) - before.desc;
	if (done >= STORM + 8 * STORM_MEMBERS && done < 2 * STORM)
		return true;
	for (unsigned int n = 0; n < FUNCTIONS; n++)
		fx_poll(fx_q(on(p, n), queue[n], SVK_QCFG_HEAD) == p->f->tail[queue[n]]);
	return false;
}

/*
 * Two storms at a time. How turns are shared out is up to the scheduler, which may keep one engine
 * from running for as long as a storm takes, on a busy machine; an engine that does not care for
 * others never shares.
 */
static void storms_share(void **state)
{
	struct pair *p = *state;
	unsigned int tries;

	for (unsigned int n = 0; n < FUNCTIONS; n++)
		prepare_storm(p, n);
	for (tries = 0; tries < 10 && !share_once(p); tries++) {
		for (unsigned int n = 0; n < FUNCTIONS; n++)
			put_storm(p, n);
	}
	assert_in_range(tries, 0, 9);
	abort_both(p);
}

static void long_copies_share(void **state)
{
	struct pair *p = *state;
	struct note before, at_interrupt = {0};

	map_big(p->f);
	watch(p->f, note_interrupt, &at_interrupt);
	before = note_now(p->f);
	start_fill(p, 0, BIG_SIZE);
	start_fill(p, 1, 64 * CHUNK);
	assert_int_equal(fx_wait(fx_cpl(p->f, queue[1], FX_PASID, 0)).status, SVK_CPL_OK);
	note_now(p->f); /* the interrupt follows the record, in one turn */
	assert_in_range(at_interrupt.bytes - before.bytes, 64 * CHUNK, BIG_SIZE / 2);
	abort_both(p);
}

/* The unit forgets a function that goes; its place can be taken by another. */
static void one_goes_and_comes_back(void **state)
{
	struct pair *p = *state;

	map_marked(p->f, 1);
	assert_true(sees(p, 1, 1));
	accel_free(p->second);
	p->second = NULL;
	on(p, 0);
	p->f->sid = SID1;
	flush(p->f, PASID);
	assert_true(sees(p, 0, 1));
	p->second = new_second(p);
	assert_non_null(p->second);
	p->fn[1] = accel_function(p->second);
	p->fn[1]->host_ops = p->fn[0]->host_ops;
	p->fn[1]->host = p->f;
	enable_second(p);
	fx_queue_config(on(p, 1), queue[1], FX_PASID, 1024);
	fx_q_set(p->f, queue[1], SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	assert_true(sees(p, 1, 1));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_has_its_name),
		TEST(both_work_and_the_trace_tells_them_apart),
		TEST(invalidation_hits_the_function_it_names),
		TEST(invalidation_without_pasid_hits_one),
		TEST(reset_concerns_one),
		TEST(wait_drains_both),
		TEST(storm_lets_the_other_in),
		TEST(storms_share),
		TEST(long_copies_share),
		TEST(one_goes_and_comes_back),
	};

	return cmocka_run_group_tests_name("accel_pair", tests, NULL, NULL);
}
