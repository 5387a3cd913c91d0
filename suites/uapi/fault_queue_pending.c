// SPDX-License-Identifier: GPL-2.0
/*
 * Faults that a VMM has not answered, some not even read, when it takes the
 * table away, replaces it, closes files, resets the device or is killed. The
 * kernel answers in its place, and none of its cookies is good any more.
 */
#include <errno.h>

#include "accel_device.h"
#include "device_regs.h"
#include "fault_queue.h"
#include "iommufd.h"
#include "ktap.h"
#include "pf.h"
#include "prq.h"

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

/* Without a table there is no place for a record either. */
static void table_detached(struct process *parent, void *arg)
{
	struct pending p;

	(void)parent;
	begin(&p, arg);
	vfio_detach_pasid(&p.s.vm.a.v, FAULT_PASID);
	expect_answered(&p);
	CHECK_EQ(vaccel_queue_wait_halt(&p.s.q), SVK_QERR_CPL_FAULT);
	CHECK_EQ(vaccel_queue_wait_halt(&p.other), SVK_QERR_CPL_FAULT);
	fault_scene_cleanup(&p.s, 0);
}

static void map_queue(const struct guest_space *s, const struct vaccel_queue *q)
{
	guest_space_map(s, q->va, q->gpa, VACCEL_RING_SIZE);
}

/* What waited is refused by the old table; what comes then is the new table's business. */
static void table_replaced(struct process *parent, void *arg)
{
	struct iommufd_fault fault;
	struct fault_queue next_f;
	struct vm_process next;
	struct pending p;
	u32 ticket;

	(void)parent;
	begin(&p, arg);
	fault_queue_init(&next_f, p.s.vm.g.iommufd);
	vm_process_init_faults(&next, &p.s.vm, &next_f);
	map_queue(&next.s, &p.s.q);
	map_queue(&next.s, &p.other);
	vm_process_attach(&next, &p.s.vm, FAULT_PASID);
	expect_answered(&p);
	CHECK_STATUS(vaccel_queue_wait(&p.s.q, p.ticket[0]), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(vaccel_queue_wait(&p.other, p.ticket[1]), SVK_CPL_FAULT_WRITE);

	ticket = fault_scene_submit(&p.s, FAULT_VA, 1);
	fault = fault_queue_take(&next_f);
	CHECK_EQ(fault.addr, FAULT_VA);
	guest_space_alloc(&next.s, FAULT_VA, GUEST_PAGE);
	fault_queue_answer(&next_f, fault.cookie, IOMMUFD_RESP_SUCCESS);
	CHECK_STATUS(vaccel_queue_wait(&p.s.q, ticket), SVK_CPL_OK);
	fault_queue_close(&next_f);
	fault_scene_cleanup(&p.s, 0);
}

/* The same, with one fault queue for both tables. */
static void table_replaced_same_queue(struct process *parent, void *arg)
{
	struct vm_process next;
	struct pending p;

	(void)parent;
	begin(&p, arg);
	vm_process_init_faults(&next, &p.s.vm, &p.s.f);
	map_queue(&next.s, &p.s.q);
	map_queue(&next.s, &p.other);
	vm_process_attach(&next, &p.s.vm, FAULT_PASID);
	expect_answered(&p);
	CHECK_STATUS(vaccel_queue_wait(&p.s.q, p.ticket[0]), SVK_CPL_FAULT_WRITE);
	CHECK_STATUS(vaccel_queue_wait(&p.other, p.ticket[1]), SVK_CPL_FAULT_WRITE);
	fault_scene_cleanup(&p.s, 0);
}

/* Nobody can read or answer any more; until the table goes, the device waits. */
static void queue_closed(struct process *parent, void *arg)
{
	struct pending p;

	(void)parent;
	begin(&p, arg);
	fault_queue_close(&p.s.f);
	CHECK(vaccel_queue_is_waiting(&p.s.q, p.ticket[0]), "it does not wait any more");
	CHECK_ERRNO(__iommufd_destroy(p.s.vm.g.iommufd, p.s.p.hwpt), -EBUSY);
	CHECK_ERRNO(__iommufd_destroy(p.s.vm.g.iommufd, p.s.f.id), -EBUSY);
	vfio_detach_pasid(&p.s.vm.a.v, FAULT_PASID);
	CHECK_EQ(answered(&p), 2);
	CHECK_ERRNO(__iommufd_destroy(p.s.vm.g.iommufd, p.s.p.hwpt), 0);
	CHECK_ERRNO(__iommufd_destroy(p.s.vm.g.iommufd, p.s.f.id), 0);
	fault_scene_cleanup(&p.s, 0);
}

/* The device forgets what it has asked for; answers that come then hit nobody. */
static void device_reset(struct process *parent, void *arg)
{
	struct iommufd_fault fault;
	struct pending p;
	u32 ticket;

	(void)parent;
	begin(&p, arg);
	REQUIRE_ERRNO(__vfio_reset(&p.s.vm.a.v), 0);
	CHECK(vaccel_queue_is_waiting(&p.s.q, p.ticket[0]), "a record after the reset");
	CHECK_EQ(vaccel_queue_state(&p.s.q), SVK_QSTATE_DISABLED);
	fault_queue_answer(&p.s.f, p.cookie, IOMMUFD_RESP_SUCCESS);
	fault = fault_queue_take(&p.s.f);
	CHECK_EQ(fault.addr, FAULT_VA + GUEST_PAGE);
	fault_queue_answer(&p.s.f, fault.cookie, IOMMUFD_RESP_INVALID);
	CHECK_EQ(answered(&p), 2);

	vaccel_enable(&p.s.vm.a);
	vaccel_queue_enable(&p.s.q, FAULT_PASID | (u32)SVK_QCFG_PASID_VALID);
	ticket = fault_scene_submit(&p.s, FAULT_VA, 1);
	fault = fault_queue_take(&p.s.f);
	guest_space_alloc(&p.s.p.s, FAULT_VA, GUEST_PAGE);
	fault_queue_answer(&p.s.f, fault.cookie, IOMMUFD_RESP_SUCCESS);
	CHECK_STATUS(vaccel_queue_wait(&p.s.q, ticket), SVK_CPL_OK);
	fault_scene_cleanup(&p.s, 2);
}

static void victim_main(struct process *parent, void *arg)
{
	struct pending p;

	begin(&p, arg);
	process_tell(parent, 1);
	process_hear(parent);
}

static void killer_main(struct process *parent, void *arg)
{
	struct process victim;

	(void)parent;
	process_start(&victim, victim_main, arg);
	process_hear(&victim);
	process_kill(&victim);
}

static void vmm_killed(const char *bdf)
{
	const void *regs = svk_regs_map();
	struct prq_count before = prq_count(regs);
	struct prq_count since;

	pf_run_case(bdf, "vmm_killed", killer_main);
	since = prq_count_since(regs, &before);
	CHECK_EQ(since.sent, 2);
	CHECK_EQ(since.answered, 2);
	svk_regs_unmap(regs);
}

int main(void)
{
	const char *bdf = pf_require();

	svk_require_root();
	ktap_start(6);
	ktap_expect_device_faults("a table is taken away, and with it the place of the records");
	pf_run_case(bdf, "table_detached", table_detached);
	pf_run_case(bdf, "table_replaced", table_replaced);
	pf_run_case(bdf, "table_replaced_same_queue", table_replaced_same_queue);
	pf_run_case(bdf, "queue_closed", queue_closed);
	pf_run_case(bdf, "device_reset", device_reset);
	vmm_killed(bdf);
	return ktap_finish();
}
