// SPDX-License-Identifier: GPL-2.0
/*
 * Two VMs side by side, one with the function itself, one with a mediated device. Both kernels
 * count PASIDs from 1, so that a process in each has the same PASID, and the same address, and yet
 * its own memory. No PASID but its own leads the root of a VM anywhere, be it the other's or the
 * one that the host uses for it. One VM is killed while both devices write: the other works on.
 *
 * Would see a PASID table that two functions share, a mediated device that passes guest PASIDs on
 * as they are, and a VM whose end takes away what is another's.
 *
 * usage: vm_isolation PATH
 */
#include <stdint.h>
#include <string.h>

#include "accel_queue.h"
#include "harness.h"
#include "l2.h"
#include "l2_agent.h"
#include "mdev.h"
#include "memory.h"
#include "pf.h"
#include "process.h"

#define CANARY_VA (L2_ZERO_VA + 0x10000000000ULL)
#define PAGES 16
#define SIZE (PAGES * 4096UL)
/* All that small VMs ever have, and their host for them. */
#define LAST_PASID 12

/* In a VM: the process with the canary. */

static struct process guard;

static void guard_main(struct process *parent, void *arg)
{
	u8 value = *(u8 *)arg, *canary, *out;
	struct svk_queue q;
	u64 pattern;

	memory_map_at((void *)(uintptr_t)L2_ZERO_VA, memory_page());
	canary = memory_map_at((void *)(uintptr_t)CANARY_VA, SIZE);
	out = memory_map(SIZE);
	memset(&pattern, value, sizeof(pattern));
	svk_queue_open(&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_fill(canary, pattern, SIZE)), SVK_CPL_OK);
	process_tell(parent, svk_queue_info(&q).pasid);
	for (unsigned int i = 0; i < PAGES; i++)
		process_tell(parent, l2_agent_physical(canary + i * memory_page()));
	while (l2_agent_hear(parent)) {
		CHECK_EQ(memory_diff_byte(canary, SIZE, value), SIZE);
		CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(out, canary, SIZE)), SVK_CPL_OK);
		CHECK_EQ(memory_diff_byte(out, SIZE, value), SIZE);
		process_tell(parent, ktap_child_status());
	}
	svk_queue_close(&q);
}

/* guard DEVICE VALUE: PASID, addresses of the canary's pages */
static void serve_guard(struct l2_call *call)
{
	u8 value = (u8)call->arg[1];

	l2_agent_select(call->arg[0]);
	process_start(&guard, guard_main, &value);
	for (unsigned int i = 0; i < 1 + PAGES; i++)
		l2_answer(call, process_hear(&guard));
}

/* intact: the process sees its canary, and so does its device */
static void serve_intact(struct l2_call *call)
{
	(void)call;
	process_tell(&guard, 1);
	CHECK_EQ(process_hear(&guard), KTAP_PASS);
}

/* leave: it ends */
static void serve_leave(struct l2_call *call)
{
	(void)call;
	process_tell(&guard, 0);
	process_end(&guard);
}

static const struct l2_request requests[] = {
	{"guard", serve_guard}, {"intact", serve_intact}, {"leave", serve_leave}, {NULL, NULL}};

/* In L1: */

/** struct side - A VM, and what is guarded in it. */
struct side {
	struct l2 vm;
	enum l2_device device;
	u8 value;
	u32 pasid;
	u64 page[PAGES];
	struct l2_busy busy;
};

FIXTURE(vm_isolation)
{
	struct side a; /* the function */
	struct side b; /* the mediated device */
	struct l2_host before;
	char uuid[MDEV_UUID_SIZE];
};

FIXTURE_SETUP(vm_isolation)
{
	harness_begin(_metadata);
	mdev_uuid(0x64, self->uuid);
	mdev_create(4, self->uuid);
	self->before = l2_host();
	self->a.device = L2_PF;
	self->a.value = 0xaa;
	self->b.device = L2_MDEV;
	self->b.value = 0xbb;
}

FIXTURE_TEARDOWN(vm_isolation)
{
	l2_cleanup(&self->a.vm);
	l2_cleanup(&self->b.vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

/* They come up side by side. */
static void start_both(FIXTURE_DATA(vm_isolation) *self)
{
	struct l2_config a = {.name = "a", .devices = L2_HAS_PF};
	struct l2_config b = {.name = "b", .devices = L2_HAS_MDEV, .uuid = self->uuid};

	l2_launch(&self->a.vm, &a);
	l2_launch(&self->b.vm, &b);
	l2_wait(&self->a.vm);
	l2_wait(&self->b.vm);
}

static void guard_start(struct side *s)
{
	u64 reply[1 + PAGES];

	REQUIRE_EQ(l2_ask(&s->vm, reply, ARRAY_SIZE(reply), "guard %d %u", s->device, s->value),
		   ARRAY_SIZE(reply));
	s->pasid = (u32)reply[0];
	for (unsigned int i = 0; i < PAGES; i++) {
		s->page[i] = reply[1 + i];
		REQUIRE(s->page[i] < s->vm.size, "a page at %#llx",
			(unsigned long long)reply[1 + i]);
	}
	l2_expect_alive(&s->vm, s->device, s->pasid, L2_ZERO_VA);
}

/* As its process sees it, as its device does, and in memory. */
static void expect_intact(struct side *s)
{
	l2_ask(&s->vm, NULL, 0, "intact");
	for (unsigned int i = 0; i < PAGES; i++)
		CHECK_EQ(memory_diff_byte(s->vm.ram + s->page[i], memory_page(), s->value),
			 memory_page());
}

/* All but its own; @also: one more. */
static void expect_others_dead(struct side *s, u32 also)
{
	for (u32 pasid = 1; pasid <= LAST_PASID; pasid++) {
		if (pasid != s->pasid)
			l2_expect_dead(&s->vm, s->device, pasid, L2_ZERO_VA);
	}
	if (also > LAST_PASID)
		l2_expect_dead(&s->vm, s->device, also, L2_ZERO_VA);
}

static void expect_no_way_across(FIXTURE_DATA(vm_isolation) *self)
{
	struct mdev_map_row row;

	REQUIRE(mdev_map_find(self->uuid, self->b.pasid, &row), "nothing at guest PASID %u",
		self->b.pasid);
	CHECK(row.host_pasid != self->b.pasid, "host and guest PASID are both %u", self->b.pasid);
	ktap_note("two_vms", "PASID %u, and %u as %u", self->a.pasid, self->b.pasid,
		  row.host_pasid);
	expect_others_dead(&self->a, row.host_pasid);
	expect_others_dead(&self->b, row.host_pasid);
	expect_intact(&self->a);
	expect_intact(&self->b);
}

static void expect_death_of_one_to_be_its_own(FIXTURE_DATA(vm_isolation) *self)
{
	struct side *a = &self->a, *b = &self->b;

	l2_ask(&a->vm, NULL, 0, "leave");
	l2_busy(&a->vm, a->device, &a->busy);
	l2_busy(&b->vm, b->device, &b->busy);
	l2_kill(&a->vm);
	l2_expect_unwritten(&a->vm, &a->busy);
	CHECK_EQ(l2_host_pasids(pf_given()), self->before.pasids);
	l2_expect_written(&b->vm, &b->busy);
	expect_intact(b);
	l2_expect_copy(&b->vm, b->device);
}

TEST_F_TIMEOUT(vm_isolation, of_two_vms, 230)
{
	unsigned long missing = l2_memory_missing(2);

	if (missing) {
		harness_skip(_metadata, "two VMs at once need %lu MiB more than L1 has (DEBUG=1?)",
			     missing);
		return;
	}
	ktap_expect_device_faults("PASIDs of others are tried");
	start_both(self);

	harness_step("same_pasid_same_address");
	guard_start(&self->a);
	guard_start(&self->b);
	CHECK_EQ(self->a.pasid, self->b.pasid);
	expect_intact(&self->a);
	expect_intact(&self->b);

	harness_step("another_pasid_leads_nowhere");
	expect_no_way_across(self);

	harness_step("the_death_of_one");
	expect_death_of_one_to_be_its_own(self);

	harness_step("the_end");
	l2_ask(&self->b.vm, NULL, 0, "leave");
	l2_shut_down(&self->b.vm);
	mdev_expect_idle();
	l2_expect_host(&self->before);
}

L2_MAIN(requests)
