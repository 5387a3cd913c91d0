// SPDX-License-Identifier: GPL-2.0
/*
 * A PASID entry is 64 bytes, and a unit fetches it in pieces of 16. Here there is a long pause
 * between two pieces, in which the kernel replaces the entry, takes it away, or makes it: the unit
 * must never use pieces of two entries. The oracle looks whether it does (torn-pasid-entry).
 *
 * Would have caught c3b1edea3791 ("iommu/vt-d: Fix race condition during PASID entry replacement"),
 * with which another entry is copied over one that is present, and 75ed00055c05 ("iommu/vt-d: Clear
 * Present bit before tearing down PASID entry"), with which all of an entry is cleared at once.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "accel_queue.h"
#include "clock.h"
#include "fault_queue.h"
#include "harness.h"
#include "inject.h"
#include "memory.h"
#include "neighbour.h"
#include "pf.h"
#include "vm.h"

#define PASID 77
#define PASID_REG (PASID | (u32)SVK_QCFG_PASID_VALID)
#define VA 0x400000000000ULL
#define SIZE (4 * GUEST_PAGE)
#define WANTED 16 /* changes of each kind under a fetch; on a busy machine some come before it */
#define WAIT_MS 40000
/* From the doorbell to the change: how long the doorbell is on its way differs by machine. */
#define PHASES 8
#define PHASE_US 200
#define PAUSE_US 2000 /* from one piece to the next; the kernel needs less to begin with a change */

/* Every entry that is present is fetched like that from now on. */
static void fetch_slowly(void)
{
	inject_arm(&(struct inject_rule){
		.kind = SVK_INJECT_SLOW_FETCH,
		.count = SVK_LAB_INJECT_FOREVER,
		.arg = svk_put(SVK_SLOW_TABLE, SVK_TABLE_PASID) | svk_put(SVK_SLOW_DELAY, PAUSE_US),
	});
}

static u64 slow_fetches(void)
{
	return inject_struck(SVK_INJECT_SLOW_FETCH);
}

/* Nothing tells when the fetch has begun: what would, waits for its end. */
static void pass_phase(unsigned int round)
{
	u64 until = clock_us() + (u64)PHASE_US * (round % PHASES);

	while (clock_us() < until)
		;
}

/**
 * struct scene - Two tables with the same addresses, of which one is at the PASID.
 * @gpa: where each has VA
 * @now: which it is
 * @rounds: of vmm_main() so far
 */
struct scene {
	struct vm vm;
	struct vm_process p[2];
	u64 gpa[2];
	struct vaccel_queue q;
	unsigned int now;
	unsigned int rounds;
};

static void scene_init(struct scene *s, const char *bdf)
{
	unsigned int i;

	memset(s, 0, sizeof(*s));
	vm_init(&s->vm, VM_RAM, __vfio_open_pci(bdf));
	vaccel_queue_init(&s->q, &s->vm.a, 0, VACCEL_RING_VA(0));
	for (i = 0; i < 2; i++) {
		vm_process_init(&s->p[i], &s->vm);
		s->gpa[i] = guest_space_alloc(&s->p[i].s, VA, SIZE);
		guest_space_map(&s->p[i].s, s->q.va, s->q.gpa, VACCEL_RING_SIZE);
	}
	vm_process_attach(&s->p[0], &s->vm, PASID);
	vaccel_queue_enable(&s->q, PASID_REG);
}

/* The device comes to an end: with a record, or with a ring that it has lost. */
static void come_to_rest(struct scene *s, u32 ticket)
{
	struct clock_wait wait = clock_wait_for(SVK_QUEUE_WAIT_MS);

	while (vaccel_queue_is_waiting(&s->q, ticket)) {
		if (vaccel_queue_state(&s->q) == SVK_QSTATE_HALTED)
			break;
		REQUIRE(clock_wait_again(&wait), "neither a record nor an error");
	}
	vaccel_queue_disable(&s->q);
	vaccel_write64(&s->vm.a, SVK_GLB_ERR, ~0ull);
	vaccel_queue_enable(&s->q, PASID_REG);
}

/* After all, the device reaches what it should, and nothing else. */
static void expect_fill(struct scene *s, u8 value)
{
	const struct guest *g = &s->vm.g;

	memset(guest_at(g, s->gpa[!s->now]), 0, SIZE);
	CHECK_STATUS(vaccel_queue_run(&s->q, svk_desc_fill(vaccel_va(VA),
							   0x0101010101010101ull * value, SIZE)),
		     SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(guest_at(g, s->gpa[s->now]), SIZE, value), SIZE);
	CHECK_EQ(memory_diff_byte(guest_at(g, s->gpa[!s->now]), SIZE, 0), SIZE);
}

static void attach(struct scene *s, unsigned int which)
{
	s->now = which;
	vfio_attach_pasid(&s->vm.a.v, PASID, s->p[which].hwpt);
}

static void replace(struct scene *s)
{
	attach(s, !s->now);
}

static void detach(struct scene *s)
{
	vfio_detach_pasid(&s->vm.a.v, PASID);
}

/* The table stays, and nothing is left in the PASID-cache. */
static void attach_anew(struct scene *s)
{
	detach(s);
	attach(s, s->now);
}

/*
 * The device needs the entry, which is not cached, and the kernel changes it meanwhile. Return:
 * whether the fetch was under way: its invalidation has waited for that then.
 */
static bool under_a_fetch(struct scene *s, void (*change)(struct scene *s))
{
	u64 before = slow_fetches(), start;
	u32 ticket;
	bool met;

	attach_anew(s);
	ticket = vaccel_queue_submit(&s->q, svk_desc_fill(vaccel_va(VA), ~0ull, SIZE));
	pass_phase(s->rounds);
	start = clock_us();
	change(s);
	met = clock_us() - start >= PAUSE_US && slow_fetches() != before;
	come_to_rest(s, ticket);
	return met;
}

/* An entry made where there is none, while the device looks. */
static void attach_under_dma(struct scene *s)
{
	u32 ticket = vaccel_queue_submit(&s->q, svk_desc_nop());

	attach(s, !s->now);
	come_to_rest(s, ticket);
}

static void vmm_main(struct process *parent, void *bdf)
{
	struct clock_wait wait = clock_wait_for(WAIT_MS);
	unsigned int replaced = 0, detached = 0;
	struct scene s;

	(void)parent;
	scene_init(&s, bdf);
	fetch_slowly();
	while (replaced < WANTED || detached < WANTED) {
		REQUIRE(clock_wait_again(&wait), "%u replacements and %u removals met a fetch",
			replaced, detached);
		replaced += under_a_fetch(&s, replace);
		expect_fill(&s, (u8)(2 * s.rounds + 1));
		detached += under_a_fetch(&s, detach);
		attach_under_dma(&s);
		expect_fill(&s, (u8)(2 * s.rounds++ + 2));
	}
	inject_disarm(SVK_INJECT_SLOW_FETCH);
	ktap_note("slow_fetches", "%u replacements and %u removals of %u met one", replaced,
		  detached, s.rounds);
	vm_cleanup(&s.vm);
}

FIXTURE(torn_read)
{
	u8 *mem;
};

FIXTURE_SETUP(torn_read)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("the device is at work while its tables come and go");
	self->mem = memory_map(SIZE);
}

FIXTURE_TEARDOWN(torn_read)
{
	inject_disarm(SVK_INJECT_SLOW_FETCH);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(torn_read, of_a_vmm, 60)
{
	(void)self;
	pf_run(pf_find(), vmm_main, (void *)pf_find());
}

enum end {
	CLOSES, /* the driver stops the queue, then the PASID is unbound */
	EXITS, /* the address space goes first, and the entry with it; the device is at work */
};

struct user {
	u8 *mem;
	enum end end;
	unsigned int round;
};

/* A process that leaves as soon as its device has something to do, the first thing ever. */
static void user_main(struct process *parent, void *arg)
{
	const struct user *u = arg;
	struct svk_queue q;

	svk_queue_open(&q);
	process_tell(parent, 1);
	process_hear(parent);
	svk_queue_submit(&q, svk_desc_fill(u->mem, ~0ull, SIZE));
	pass_phase(u->round);
	if (u->end == EXITS)
		_exit(ktap_child_status());
	svk_queue_close(&q);
}

/* Return: whether the unit had begun to fetch the entry of a new process before that went. */
static bool come_and_go(const struct user *u)
{
	struct process p;
	u64 before;

	process_start(&p, user_main, (void *)u);
	process_hear(&p);
	before = slow_fetches();
	process_tell(&p, 1);
	process_end(&p);
	return slow_fetches() != before;
}

/* Binding and unbinding, beside a process whose device never pauses. */
TEST_F_TIMEOUT(torn_read, of_processes, 60)
{
	struct clock_wait wait = clock_wait_for(WAIT_MS);
	unsigned int exited = 0, closed = 0, rounds = 0;
	struct neighbour n;

	neighbour_begin(&n);
	fetch_slowly();
	while (exited < WANTED || closed < WANTED) {
		REQUIRE(clock_wait_again(&wait), "%u exits and %u closes met a fetch", exited,
			closed);
		exited += come_and_go(
			&(struct user){.mem = self->mem, .end = EXITS, .round = rounds});
		closed += come_and_go(
			&(struct user){.mem = self->mem, .end = CLOSES, .round = rounds});
		rounds++;
	}
	inject_disarm(SVK_INJECT_SLOW_FETCH);
	neighbour_end(&n);
	ktap_note("slow_fetches", "%u exits and %u closes of %u met one", exited, closed, rounds);
}

static void require(void)
{
	inject_require();
	pf_require();
}

HARNESS_MAIN(require)
