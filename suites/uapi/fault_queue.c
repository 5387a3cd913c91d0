// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM serves the page requests of a device that it has given to its guest:
 * each comes out of the fault queue as the device has sent it, waits for the
 * VMM, and ends as the VMM says.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "fault_queue.h"
#include "iommufd.h"
#include "harness.h"
#include "memory.h"
#include "pf.h"

#define QUEUES 4

/* Others are for fault_queue_flags. */
#define FLAGS (IOMMUFD_FAULT_PASID | IOMMUFD_FAULT_LAST)

static struct svk_desc fill_page(u64 va)
{
	return svk_desc_fill(vaccel_va(va), FAULT_PATTERN, GUEST_PAGE);
}

static void expect_fault(const struct fault_scene *s, const struct iommufd_fault *fault, u64 addr,
			 u32 perm)
{
	CHECK_EQ(fault->flags & FLAGS, IOMMUFD_FAULT_PASID | IOMMUFD_FAULT_LAST);
	CHECK_EQ(fault->dev_id, s->vm.a.v.dev);
	CHECK_EQ(fault->pasid, FAULT_PASID);
	CHECK_EQ(fault->perm, perm);
	CHECK_EQ(fault->addr, addr);
	CHECK_EQ(fault->reserved, 0);
	CHECK_EQ(fault->length, 0);
	CHECK(fault->cookie, "a fault without a cookie");
	CHECK(fault->grpid < 512, "group index %u has more than 9 bits", fault->grpid);
}

FIXTURE(page)
{
	struct fault_scene s;
};

FIXTURE_SETUP(page)
{
	harness_begin(_metadata);
	fault_scene_init(&self->s, pf_given());
}

FIXTURE_TEARDOWN(page)
{
	fault_scene_cleanup(&self->s, 0);
	harness_end(_metadata);
}

TEST_F(page, is_brought)
{
	struct iommufd_fault fault;
	u32 ticket;
	u64 gpa;

	CHECK_EQ(fault_queue_poll(&self->s.f), POLLOUT);
	ticket = fault_scene_submit(&self->s, FAULT_VA, 1);
	fault_queue_wait(&self->s.f);
	CHECK_EQ(fault_queue_poll(&self->s.f), POLLIN | POLLOUT);
	fault = fault_queue_take(&self->s.f);
	CHECK_EQ(fault_queue_poll(&self->s.f), POLLOUT);
	expect_fault(&self->s, &fault, FAULT_VA, IOMMUFD_PERM_WRITE);
	CHECK(vaccel_queue_is_waiting(&self->s.q, ticket), "it did not wait");

	gpa = guest_space_alloc(&self->s.p.s, FAULT_VA, GUEST_PAGE);
	fault_queue_answer(&self->s.f, fault.cookie, IOMMUFD_RESP_SUCCESS);
	CHECK_STATUS(vaccel_queue_wait(&self->s.q, ticket), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(guest_at(&self->s.vm.g, gpa), GUEST_PAGE, FAULT_PATTERN & 0xff),
		 GUEST_PAGE);

	ticket = vaccel_queue_submit_blocking(
		&self->s.q, svk_desc_crc32c(vaccel_va(FAULT_VA + GUEST_PAGE), 0, GUEST_PAGE));
	fault = fault_queue_take(&self->s.f);
	expect_fault(&self->s, &fault, FAULT_VA + GUEST_PAGE, IOMMUFD_PERM_READ);
	guest_space_alloc(&self->s.p.s, FAULT_VA + GUEST_PAGE, GUEST_PAGE);
	fault_queue_answer(&self->s.f, fault.cookie, IOMMUFD_RESP_SUCCESS);
	CHECK_STATUS(vaccel_queue_wait(&self->s.q, ticket), SVK_CPL_OK);
}

/* The VMM says Invalid: what was there has been written, the address is exact. */
TEST_F(page, is_refused)
{
	struct iommufd_fault fault;
	struct svk_result res;
	u32 ticket;

	guest_space_alloc(&self->s.p.s, FAULT_VA, GUEST_PAGE);
	ticket = vaccel_queue_submit_blocking(
		&self->s.q, svk_desc_fill(vaccel_va(FAULT_VA), FAULT_PATTERN, 2 * GUEST_PAGE));
	fault = fault_queue_take(&self->s.f);
	expect_fault(&self->s, &fault, FAULT_VA + GUEST_PAGE, IOMMUFD_PERM_WRITE);
	fault_queue_answer(&self->s.f, fault.cookie, IOMMUFD_RESP_INVALID);
	res = vaccel_queue_wait(&self->s.q, ticket);
	CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
	CHECK_EQ(res.done, GUEST_PAGE);
	CHECK_EQ(res.fault_addr, FAULT_VA + GUEST_PAGE);
	CHECK_STATUS(vaccel_queue_run(&self->s.q, fill_page(FAULT_VA)), SVK_CPL_OK);
}

/* A VMM that says Success and has mapped nothing is asked again. */
TEST_F(page, is_asked_for_until_it_is_there)
{
	struct iommufd_fault fault;
	unsigned int round;
	u32 ticket;

	ticket = fault_scene_submit(&self->s, FAULT_VA, 1);
	for (round = 0; round < 3; round++) {
		fault = fault_queue_take(&self->s.f);
		expect_fault(&self->s, &fault, FAULT_VA, IOMMUFD_PERM_WRITE);
		if (round == 2)
			guest_space_alloc(&self->s.p.s, FAULT_VA, GUEST_PAGE);
		fault_queue_answer(&self->s.f, fault.cookie, IOMMUFD_RESP_SUCCESS);
	}
	CHECK_STATUS(vaccel_queue_wait(&self->s.q, ticket), SVK_CPL_OK);
	CHECK_EQ(fault_queue_poll(&self->s.f), POLLOUT);
}

/* Return: the place among @faults of the one at @va. */
static unsigned int find(const struct iommufd_fault *faults, u64 va)
{
	unsigned int i;

	for (i = 0; i < QUEUES && faults[i].addr != va; i++)
		;
	REQUIRE(i < QUEUES, "no fault at 0x%llx", (unsigned long long)va);
	return i;
}

/* Many wait; one read gives all, and the answers may come in any order, and differ. */
TEST_F(page, answered_in_any_order)
{
	struct iommufd_fault faults[QUEUES + 1];
	struct iommufd_response resp[QUEUES];
	struct vaccel_queue q[QUEUES];
	u32 ticket[QUEUES];
	int i, n = 0;

	for (i = 0; i < QUEUES; i++) {
		vaccel_queue_open(&q[i], &self->s.vm.a, 1 + (u32)i, &self->s.p.s, FAULT_PASID);
		ticket[i] =
			vaccel_queue_submit_blocking(&q[i], fill_page(FAULT_VA + i * GUEST_PAGE));
	}
	while (n < QUEUES) {
		fault_queue_wait(&self->s.f);
		n += __fault_queue_read(&self->s.f, faults + n, ARRAY_SIZE(faults) - (size_t)n);
	}
	REQUIRE_EQ(n, QUEUES);
	for (i = 0; i < QUEUES; i++) {
		u64 va = FAULT_VA + (QUEUES - 1 - i) * GUEST_PAGE;
		bool good = i % 2;

		if (good)
			guest_space_alloc(&self->s.p.s, va, GUEST_PAGE);
		resp[i].cookie = faults[find(faults, va)].cookie;
		resp[i].code = good ? IOMMUFD_RESP_SUCCESS : IOMMUFD_RESP_INVALID;
	}
	CHECK_EQ(__fault_queue_write(&self->s.f, resp, QUEUES), QUEUES);
	for (i = 0; i < QUEUES; i++)
		CHECK_STATUS(vaccel_queue_wait(&q[i], ticket[i]),
			     (QUEUES - 1 - i) % 2 ? SVK_CPL_OK : SVK_CPL_FAULT_WRITE);
}

/* Two processes of the guest, one queue of faults, the same address. */
TEST_F(page, of_two_processes)
{
	struct vaccel_queue other_q;
	struct vm_process other;
	u32 ticket, other_ticket;
	int i;

	vm_process_init_faults(&other, &self->s.vm, &self->s.f);
	vm_process_attach(&other, &self->s.vm, FAULT_PASID + 1);
	vaccel_queue_open(&other_q, &self->s.vm.a, 1, &other.s, FAULT_PASID + 1);
	ticket = fault_scene_submit(&self->s, FAULT_VA, 1);
	other_ticket = vaccel_queue_submit_blocking(&other_q, fill_page(FAULT_VA));
	for (i = 0; i < 2; i++) {
		struct iommufd_fault fault = fault_queue_take(&self->s.f);
		bool first = fault.pasid == FAULT_PASID;

		CHECK_EQ(fault.pasid, first ? FAULT_PASID : FAULT_PASID + 1);
		CHECK_EQ(fault.addr, FAULT_VA);
		/* Only the first gets the page: the other's table is another one. */
		if (first)
			guest_space_alloc(&self->s.p.s, FAULT_VA, GUEST_PAGE);
		fault_queue_answer(&self->s.f, fault.cookie,
				   first ? IOMMUFD_RESP_SUCCESS : IOMMUFD_RESP_INVALID);
	}
	CHECK_STATUS(vaccel_queue_wait(&self->s.q, ticket), SVK_CPL_OK);
	CHECK_STATUS(vaccel_queue_wait(&other_q, other_ticket), SVK_CPL_FAULT_WRITE);
}

/* Requests without PASID: the table of the function itself. */
TEST_F(page, without_pasid)
{
	struct iommufd_fault fault;
	struct vaccel_queue q;
	struct vm_process p;
	u32 ticket;

	vm_process_init_faults(&p, &self->s.vm, &self->s.f);
	vfio_attach(&self->s.vm.a.v, p.hwpt);
	vaccel_queue_init(&q, &self->s.vm.a, 1, VACCEL_RING_VA(1));
	guest_space_map(&p.s, q.va, q.gpa, VACCEL_RING_SIZE);
	vaccel_queue_enable(&q, 0);
	ticket = vaccel_queue_submit_blocking(&q, fill_page(FAULT_VA));
	fault = fault_queue_take(&self->s.f);
	CHECK_EQ(fault.flags & FLAGS, IOMMUFD_FAULT_LAST);
	CHECK_EQ(fault.dev_id, self->s.vm.a.v.dev);
	CHECK_EQ(fault.addr, FAULT_VA);
	guest_space_alloc(&p.s, FAULT_VA, GUEST_PAGE);
	fault_queue_answer(&self->s.f, fault.cookie, IOMMUFD_RESP_SUCCESS);
	CHECK_STATUS(vaccel_queue_wait(&q, ticket), SVK_CPL_OK);
}

HARNESS_MAIN(pf_lend)
