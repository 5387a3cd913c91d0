// SPDX-License-Identifier: GPL-2.0
/*
 * A process ends while a page request of it waits in the unit's queue. Nobody
 * else may get its PASID before that is answered: it would be served in the
 * memory of the other one, who has asked for nothing.
 */
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "device_regs.h"
#include "harness.h"
#include "memory.h"
#include "process.h"
#include "prq.h"

/* Where both processes have a page, and neither has touched it. */
#define ADDRESS ((void *)0x123450000000ULL)

/* A kernel that waits for the answer does so for as long as it is held up, the others do not. */
#define END_US 3000000ULL
#define HEIRS 15

#define KNOWN                                                                             \
	"Linux gives the PASID away with the request unanswered, having left FPD clear: " \
	"docs/findings.md"

FIXTURE(exit)
{
	const void *regs;
	struct prq_count before;
	struct prq_hold hold;
	u32 pasid; /* of the victim */
	bool no_fpd;
};

static u8 *map_page(void)
{
	u8 *mem = mmap(ADDRESS, memory_page(), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	REQUIRE(mem == ADDRESS, "no page at %p", ADDRESS);
	return mem;
}

static void victim_main(struct process *parent, void *arg)
{
	struct svk_desc fill = svk_desc_fill(map_page(), ~0ULL, memory_page());
	struct svk_queue q;

	(void)arg;
	fill.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);
	process_hear(parent);
	svk_queue_submit(&q, fill);
	process_hear(parent);
}

/* One who may get the PASID: tells which it got, then whether its page has come. */
static void heir_main(struct process *parent, void *arg)
{
	unsigned char present;
	struct svk_queue q;
	u8 *mem = map_page();

	(void)arg;
	process_hear(parent);
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);
	process_hear(parent);
	REQUIRE_EQ(mincore(mem, 1, &present), 0);
	process_tell(parent, present & 1);
	/* Until it is killed. */
	process_hear(parent);
}

static void busy_main(struct process *parent, void *arg)
{
	struct svk_queue q;

	(void)arg;
	svk_queue_open(&q);
	svk_queue_submit_long(&q, memory_map(1 << 20), 1 << 20, memory_map(sizeof(struct svk_cpl)));
	process_tell(parent, 1);
	process_hear(parent);
}

/*
 * Does this kernel leave FPD clear when a process ends? Then the unit
 * records each access that the device still makes, and the unbind that follows
 * finds nothing to drain.
 */
static bool fpd_is_left_clear(FIXTURE_DATA(exit) *self)
{
	struct process busy;
	u64 before = svk_reg64(self->regs, SVK_LAB_COUNTER(SVK_LAB_FAULT));

	process_start(&busy, busy_main, NULL);
	process_hear(&busy);
	process_kill(&busy);
	return svk_reg64(self->regs, SVK_LAB_COUNTER(SVK_LAB_FAULT)) != before;
}

/* As process_hear(), without sleep: the kernel stays held up. */
static u64 hear(const struct process *p)
{
	struct pollfd in = {.fd = p->in, .events = POLLIN};
	u64 deadline = clock_us() + END_US;

	while (!poll(&in, 1, 0))
		REQUIRE(clock_us() < deadline, "process %d says nothing", p->pid);
	return process_hear(p);
}

/* Return: whether the victim has ended, and has been reaped, with its request unanswered. */
static bool ends_unanswered(FIXTURE_DATA(exit) *self, const struct process *victim)
{
	u64 deadline = clock_us() + END_US;
	pid_t pid = 0;

	REQUIRE_EQ(kill(victim->pid, SIGKILL), 0);
	while (!pid && clock_us() < deadline)
		pid = waitpid(victim->pid, NULL, WNOHANG);
	if (pid && !prq_count_since(self->regs, &self->before).answered)
		return true;
	/* It waits for the answer: now it gets it. */
	prq_hold_end(&self->hold);
	REQUIRE(pid || waitpid(victim->pid, NULL, 0) == victim->pid, "no victim");
	return false;
}

/*
 * Let one after the other have a PASID. Return: the first that has got the
 * victim's while its request was unanswered, NULL if there is none.
 */
static struct process *inherit(FIXTURE_DATA(exit) *self, struct process *heirs)
{
	int i;

	for (i = 0; i < HEIRS; i++) {
		u64 next = clock_us() + END_US / HEIRS;

		process_tell(&heirs[i], 1);
		if (hear(&heirs[i]) == self->pasid)
			return prq_count_since(self->regs, &self->before).answered ? NULL
										   : &heirs[i];
		/* The kernel gives a PASID back some time after its process has been reaped. */
		while (clock_us() < next)
			;
	}
	return NULL;
}

static void expect_not(FIXTURE_DATA(exit) *self, struct __test_metadata *_metadata, bool wrong,
		       const char *what)
{
	if (wrong && self->no_fpd)
		harness_xfail(_metadata, "%s", KNOWN);
	else
		CHECK(!wrong, "%s", what);
}

static void end_heirs(struct process *heirs)
{
	int i;

	for (i = 0; i < HEIRS; i++)
		process_kill(&heirs[i]);
}

static void run(FIXTURE_DATA(exit) *self, struct __test_metadata *_metadata)
{
	struct process victim, heirs[HEIRS], *heir = NULL;
	bool touched = false;
	int i;

	harness_step("pasid_is_kept_until_the_answer");
	self->no_fpd = fpd_is_left_clear(self);
	for (i = 0; i < HEIRS; i++)
		process_start(&heirs[i], heir_main, NULL);
	process_start(&victim, victim_main, NULL);
	self->pasid = (u32)process_hear(&victim);
	self->before = prq_count(self->regs);
	prq_hold_begin(&self->hold, PRQ_IN_QUEUE);
	process_tell(&victim, 1);
	prq_wait_sent(self->regs, &self->before, 1);
	if (ends_unanswered(self, &victim)) {
		heir = inherit(self, heirs);
		prq_hold_end(&self->hold);
	}
	expect_not(self, _metadata, heir,
		   "the PASID was given to another process before the answer");

	harness_step("heir_is_left_alone");
	prq_wait_answered(self->regs, &self->before, 1);
	if (heir) {
		process_tell(heir, 1);
		touched = process_hear(heir);
	}
	expect_not(self, _metadata, touched,
		   "a page came into the memory of a process that has not asked for it");
	end_heirs(heirs);
}

FIXTURE_SETUP(exit)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("processes end while the device works for them");
	self->regs = svk_regs_map();
}

FIXTURE_TEARDOWN(exit)
{
	svk_regs_unmap(self->regs);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(exit, leaves_no_request_to_an_heir, 60)
{
	run(self, _metadata);
}

HARNESS_MAIN(svk_require_root)
