// SPDX-License-Identifier: GPL-2.0
/*
 * Faults that a VMM has not answered, some not even read, when it takes the
 * table away, replaces it, closes files, resets the device or is killed. The
 * kernel answers in its place, and none of its cookies is good any more.
 */
#include <errno.h>

#include "accel_device.h"
#include "fault_queue.h"
#include "iommufd.h"
#include "harness.h"
#include "pf.h"

/* Two descriptors wait: the fault of one has been read, that of the other has not. */
struct pending {
	struct fault_scene s;
	struct vaccel_queue other;
	u32 ticket[2];
	u32 cookie;
	u64 answered;
};

static u64 answered(const struct pending *p)
{
	return vaccel_counter(&p->s.vm.a, SVK_LAB_PGRP_RESP) - p->answered;
}

static void expect_faults(void)
{
	ktap_expect_device_faults("a table is taken away, and with it the place of the records");
}

static void begin(struct pending *p, const char *bdf)
{
	struct fault_scene *s = &p->s;

	fault_scene_init(s, bdf);
	p->answered = 0;
	p->answered = answered(p);
	vaccel_queue_open(&p->other, &s->vm.a, 1, &s->p.s, FAULT_PASID);
	p->ticket[0] = fault_scene_submit(s, FAULT_VA, 1);
	p->cookie = fault_queue_take(&s->f).cookie;
	p->ticket[1] = vaccel_queue_submit_blocking(
		&p->other, svk_desc_fill(vaccel_va(FAULT_VA + GUEST_PAGE), 0, GUEST_PAGE));
	fault_queue_wait(&s->f);
	REQUIRE_EQ(answered(p), 0);
}

/* Both have been answered, by the kernel, and the VMM's answer comes too late. */
static void expect_answered(const struct pending *p)
{
	struct iommufd_response late = {.cookie = p->cookie, .code = IOMMUFD_RESP_SUCCESS};
	struct iommufd_fault fault;

	CHECK_EQ(answered(p), 2);
	CHECK_ERRNO(__fault_queue_write(&p->s.f, &late, 1), -EINVAL);
	CHECK_EQ(__fault_queue_read(&p->s.f, &fault, 1), 0);
	CHECK_EQ(answered(p), 2);
}

FIXTURE(answered)
{
	struct pending p;
	u64 stray; /* responses that nobody waits for */
};

FIXTURE_SETUP(answered)
{
	harness_begin(_metadata);
	expect_faults();
	begin(&self->p, pf_given());
}

FIXTURE_TEARDOWN(answered)
{
	fault_scene_cleanup(&self->p.s, self->stray);
	harness_end(_metadata);
}

/* Without a table there is no place for a record either. */
TEST_F(answered, when_the_table_is_detached)
{
	vfio_detach_pasid(&self->p.s.vm.a.v, FAULT_PASID);
	expect_answered(&self->p);
	CHECK_EQ(vaccel_queue_wait_halt(&self->p.s.q), SVK_QERR_CPL_FAULT);
	CHECK_EQ(vaccel_queue_wait_halt(&self->p.other), SVK_QERR_CPL_FAULT);
}

static void map_queue(const struct guest_space *s, const struct vaccel_queue *q)
{
	guest_space_map(s, q->va, q->gpa, VACCEL_RING_SIZE);
}

/* What waited is refused by the old table; what comes then is the new table's business. */
TEST_F(answered, when_the_table_is_replaced)
{
	struct iommufd_fault fault;
	struct fault_queue next_f;
	struct vm_process next;
	u32 ticket;

	fault_queue_init(&next_f, self->p.s.vm.g.iommufd);
	vm_process_init_faults(&next, &self->p.s.vm, &next_f);
	map_queue(&next.s, &self->p.s.q);
	map_queue(&next.s, &self->p.other);
	vm_process_attach(&next, &self->p.s.vm, FAULT_PASID);
	expect_answered(&self->p);
	CHECK_STATUS(vaccel_queue_wait(&self->p.s.q, self->p.ticket[0]), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(vaccel_queue_wait(&self->p.other, self->p.ticket[1]), SVK_CPL_FAULT_WRITE);

	ticket = fault_scene_submit(&self->p.s, FAULT_VA, 1);
	fault = fault_queue_take(&next_f);
	CHECK_EQ(fault.addr, FAULT_VA);
	guest_space_alloc(&next.s, FAULT_VA, GUEST_PAGE);
	fault_queue_answer(&next_f, fault.cookie, IOMMUFD_RESP_SUCCESS);
	CHECK_STATUS(vaccel_queue_wait(&self->p.s.q, ticket), SVK_CPL_OK);
	fault_queue_close(&next_f);
}

/* The same, with one fault queue for both tables. */
TEST_F(answered, when_the_table_is_replaced_with_the_same_queue)
{
	struct vm_process next;

	vm_process_init_faults(&next, &self->p.s.vm, &self->p.s.f);
	map_queue(&next.s, &self->p.s.q);
	map_queue(&next.s, &self->p.other);
	vm_process_attach(&next, &self->p.s.vm, FAULT_PASID);
	expect_answered(&self->p);
	CHECK_STATUS(vaccel_queue_wait(&self->p.s.q, self->p.ticket[0]), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(vaccel_queue_wait(&self->p.other, self->p.ticket[1]), SVK_CPL_FAULT_WRITE);
}

/* Nobody can read or answer any more; until the table goes, the device waits. */
TEST_F(answered, when_the_queue_is_closed)
{
	fault_queue_close(&self->p.s.f);
	CHECK(vaccel_queue_is_waiting(&self->p.s.q, self->p.ticket[0]),
	      "it does not wait any more");
	CHECK_ERRNO(__iommufd_destroy(self->p.s.vm.g.iommufd, self->p.s.p.hwpt), -EBUSY);
	CHECK_ERRNO(__iommufd_destroy(self->p.s.vm.g.iommufd, self->p.s.f.id), -EBUSY);
	vfio_detach_pasid(&self->p.s.vm.a.v, FAULT_PASID);
	CHECK_EQ(answered(&self->p), 2);
	CHECK_ERRNO(__iommufd_destroy(self->p.s.vm.g.iommufd, self->p.s.p.hwpt), 0);
	CHECK_ERRNO(__iommufd_destroy(self->p.s.vm.g.iommufd, self->p.s.f.id), 0);
}

/* The device forgets what it has asked for; answers that come then hit nobody. */
TEST_F(answered, when_the_device_is_reset)
{
	struct iommufd_fault fault;
	u32 ticket;

	REQUIRE_ERRNO(__vfio_reset(&self->p.s.vm.a.v), 0);
	CHECK(vaccel_queue_is_waiting(&self->p.s.q, self->p.ticket[0]), "a record after the reset");
	CHECK_EQ(vaccel_queue_state(&self->p.s.q), SVK_QSTATE_DISABLED);
	fault_queue_answer(&self->p.s.f, self->p.cookie, IOMMUFD_RESP_SUCCESS);
	fault = fault_queue_take(&self->p.s.f);
	CHECK_EQ(fault.addr, FAULT_VA + GUEST_PAGE);
	fault_queue_answer(&self->p.s.f, fault.cookie, IOMMUFD_RESP_INVALID);
	CHECK_EQ(answered(&self->p), 2);

	vaccel_enable(&self->p.s.vm.a);
	vaccel_queue_enable(&self->p.s.q, FAULT_PASID | (u32)SVK_QCFG_PASID_VALID);
	ticket = fault_scene_submit(&self->p.s, FAULT_VA, 1);
	fault = fault_queue_take(&self->p.s.f);
	guest_space_alloc(&self->p.s.p.s, FAULT_VA, GUEST_PAGE);
	fault_queue_answer(&self->p.s.f, fault.cookie, IOMMUFD_RESP_SUCCESS);
	CHECK_STATUS(vaccel_queue_wait(&self->p.s.q, ticket), SVK_CPL_OK);
	self->stray = 2;
}

/*
 * The table of requests without PASID goes, and with it what was asked for there; those with a
 * PASID are another table's, and go on waiting. Would have caught "Drain PRQs when domain removed
 * from RID".
 */
TEST_F(answered, when_the_table_without_pasid_is_detached)
{
	struct fault_scene *s = &self->p.s;
	struct fault_queue f;
	struct vm_process p;
	struct vaccel_queue q;
	struct iommufd_fault fault;

	fault_queue_init(&f, s->vm.g.iommufd);
	vm_process_init_faults(&p, &s->vm, &f);
	vfio_attach(&s->vm.a.v, p.hwpt);
	vaccel_queue_init(&q, &s->vm.a, 2, VACCEL_RING_VA(2));
	guest_space_map(&p.s, q.va, q.gpa, VACCEL_RING_SIZE);
	vaccel_queue_enable(&q, 0);
	vaccel_queue_submit_blocking(&q,
				     svk_desc_fill(vaccel_va(FAULT_VA), FAULT_PATTERN, GUEST_PAGE));
	fault_queue_wait(&f);
	CHECK_EQ(answered(&self->p), 0);

	CHECK_ERRNO(__vfio_detach(&s->vm.a.v), 0);
	CHECK_EQ(answered(&self->p), 1);
	CHECK_EQ(__fault_queue_read(&f, &fault, 1), 0);
	CHECK_EQ(vaccel_queue_wait_halt(&q), SVK_QERR_CPL_FAULT);
	CHECK(vaccel_queue_is_waiting(&s->q, self->p.ticket[0]), "the PASID's request is answered");
	CHECK(vaccel_queue_is_waiting(&self->p.other, self->p.ticket[1]),
	      "the PASID's request is answered");
	CHECK_ERRNO(__iommufd_destroy(s->vm.g.iommufd, p.hwpt), 0);
	fault_queue_close(&f);
	vfio_detach_pasid(&s->vm.a.v, FAULT_PASID);
	CHECK_EQ(answered(&self->p), 3);
}

static void victim_main(struct process *parent, void *arg)
{
	struct pending p;

	(void)arg;
	begin(&p, pf_given());
	process_tell(parent, 1);
	process_hear(parent);
}

/** struct counts - Page requests and answers, of the whole model. */
struct counts {
	u64 sent;
	u64 answered;
};

/* By a VMM that does nothing else. */
static struct counts count(void)
{
	struct counts c;
	struct vm vm;

	vm_init(&vm, VM_RAM, __vfio_open_pci(pf_given()));
	c.sent = vaccel_counter(&vm.a, SVK_LAB_PRQ);
	c.answered = vaccel_counter(&vm.a, SVK_LAB_PGRP_RESP);
	vm_cleanup(&vm);
	return c;
}

FIXTURE(vmm)
{
	struct counts before;
};

FIXTURE_SETUP(vmm)
{
	harness_begin(_metadata);
	expect_faults();
	self->before = count();
}

FIXTURE_TEARDOWN(vmm)
{
	harness_end(_metadata);
}

TEST_F(vmm, killed_leaves_no_request_without_answer)
{
	struct process victim;
	struct counts after;

	process_start(&victim, victim_main, NULL);
	process_hear(&victim);
	process_kill(&victim);
	after = count();
	CHECK_EQ(after.sent - self->before.sent, 2);
	CHECK_EQ(after.answered - self->before.answered, 2);
}

static void require(void)
{
	svk_require_root();
	pf_lend();
}

HARNESS_MAIN(require)
