// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that gets the fault queue wrong is told so, and loses nothing: each
 * mistake has its errno (drivers/iommu/iommufd/eventq.c, hw_pagetable.c), and
 * behind it the fault is still there and can be answered.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault_queue.h"
#include "iommufd.h"
#include "harness.h"
#include "memory.h"
#include "pf.h"
#include "prq.h"

#define NO_COOKIE 0x7fffffffu
#define RESP_BAD 2 /* behind IOMMUFD_RESP_INVALID */

static int read_error(const struct fault_queue *f, void *buf, size_t size)
{
	ssize_t n = read(f->fd, buf, size);

	return n < 0 ? -errno : (int)n;
}

static int write_error(const struct fault_queue *f, const void *buf, size_t size)
{
	ssize_t n = write(f->fd, buf, size);

	return n < 0 ? -errno : (int)n;
}

/* The fault that was abused is whole, and its answer does what it says. */
static void finish(struct fault_scene *s, u32 ticket, u32 cookie)
{
	CHECK(vaccel_queue_is_waiting(&s->q, ticket), "it did not wait");
	guest_space_alloc(&s->p.s, FAULT_VA, GUEST_PAGE);
	fault_queue_answer(&s->f, cookie, IOMMUFD_RESP_SUCCESS);
	CHECK_STATUS(vaccel_queue_wait(&s->q, ticket), SVK_CPL_OK);
}

FIXTURE(fault_queue)
{
	struct fault_scene s;
};

FIXTURE_SETUP(fault_queue)
{
	harness_begin(_metadata);
	fault_scene_init(&self->s, pf_given());
}

FIXTURE_TEARDOWN(fault_queue)
{
	fault_scene_cleanup(&self->s, 0);
	harness_end(_metadata);
}

TEST_F(fault_queue, has_errnos_for_reads)
{
	struct iommufd_fault fault, two[2];
	u32 ticket;

	/* Nothing there: no wait, no error. */
	CHECK_EQ(read_error(&self->s.f, &fault, sizeof(fault)), 0);
	ticket = fault_scene_submit(&self->s, FAULT_VA, 1);
	fault_queue_wait(&self->s.f);
	CHECK_ERRNO(read_error(&self->s.f, &fault, sizeof(fault) - 1), -ESPIPE);
	CHECK_ERRNO(read_error(&self->s.f, &fault, sizeof(fault) / 2), -ESPIPE);
	CHECK_ERRNO(read_error(&self->s.f, &fault, 0), -EINVAL);
	CHECK_ERRNO(read_error(&self->s.f, memory_hole(GUEST_PAGE), sizeof(fault)), -EFAULT);
	CHECK_ERRNO(pread(self->s.f.fd, &fault, sizeof(fault), 0) < 0 ? -errno : 0, -ESPIPE);
	CHECK_ERRNO(lseek(self->s.f.fd, 0, SEEK_END) < 0 ? -errno : 0, -ESPIPE);
	CHECK_EQ(fault_queue_poll(&self->s.f), POLLIN | POLLOUT);
	CHECK_EQ(__fault_queue_read(&self->s.f, two, 2), 1);
	CHECK_EQ(two[0].addr, FAULT_VA);
	CHECK_EQ(read_error(&self->s.f, &fault, sizeof(fault)), 0);
	finish(&self->s, ticket, two[0].cookie);
}

/* The second of two faults does not fit into memory: one is read, the other stays. */
TEST_F(fault_queue, can_be_read_in_part)
{
	struct iommufd_fault *faults, second;
	struct vaccel_queue other;
	u32 ticket[2];
	u8 *mem;

	if (!prq_trace_start()) {
		harness_skip(_metadata,
			     "no tracepoint intel_iommu:prq_report to see two faults arrive");
		return;
	}
	vaccel_queue_open(&other, &self->s.vm.a, 1, &self->s.p.s, FAULT_PASID);
	ticket[0] = fault_scene_submit(&self->s, FAULT_VA, 1);
	fault_queue_wait(&self->s.f);
	ticket[1] = vaccel_queue_submit_blocking(
		&other, svk_desc_fill(vaccel_va(FAULT_VA + GUEST_PAGE), 0, GUEST_PAGE));
	/* poll() does not tell of a second fault, the trace does. */
	prq_wait_traced(2);
	prq_trace_stop();
	mem = memory_map(2 * GUEST_PAGE);
	memory_unmap(mem + GUEST_PAGE, GUEST_PAGE);
	faults = (struct iommufd_fault *)(mem + GUEST_PAGE) - 1;
	CHECK_EQ(__fault_queue_read(&self->s.f, faults, 2), 1);
	CHECK_EQ(faults->addr, FAULT_VA);
	second = fault_queue_take(&self->s.f);
	CHECK_EQ(second.addr, FAULT_VA + GUEST_PAGE);
	fault_queue_answer(&self->s.f, second.cookie, IOMMUFD_RESP_INVALID);
	CHECK_STATUS(vaccel_queue_wait(&other, ticket[1]), SVK_CPL_FAULT_WRITE);
	finish(&self->s, ticket[0], faults->cookie);
}

TEST_F(fault_queue, has_errnos_for_responses)
{
	struct iommufd_response resp = {.cookie = 1, .code = IOMMUFD_RESP_SUCCESS};
	struct iommufd_fault fault;
	u32 ticket;

	ticket = fault_scene_submit(&self->s, FAULT_VA, 1);
	fault_queue_wait(&self->s.f);
	/* Before it has been read it has no cookie that could be guessed. */
	CHECK_ERRNO(__fault_queue_write(&self->s.f, &resp, 1), -EINVAL);
	fault = fault_queue_take(&self->s.f);
	resp.cookie = fault.cookie;
	CHECK_ERRNO(write_error(&self->s.f, &resp, sizeof(resp) - 1), -ESPIPE);
	CHECK_ERRNO(write_error(&self->s.f, &resp, sizeof(resp) / 2), -ESPIPE);
	CHECK_EQ(write_error(&self->s.f, &resp, 0), 0);
	CHECK_ERRNO(write_error(&self->s.f, memory_hole(GUEST_PAGE), sizeof(resp)), -EFAULT);
	CHECK_ERRNO(pwrite(self->s.f.fd, &resp, sizeof(resp), 0) < 0 ? -errno : 0, -ESPIPE);
	resp.code = RESP_BAD;
	CHECK_ERRNO(__fault_queue_write(&self->s.f, &resp, 1), -EINVAL);
	resp = (struct iommufd_response){.cookie = NO_COOKIE};
	CHECK_ERRNO(__fault_queue_write(&self->s.f, &resp, 1), -EINVAL);
	resp.cookie = 0;
	CHECK_ERRNO(__fault_queue_write(&self->s.f, &resp, 1), -EINVAL);
	finish(&self->s, ticket, fault.cookie);
}

/* Of several responses those before the bad one count, and none behind it. */
TEST_F(fault_queue, takes_responses_up_to_a_bad_one)
{
	struct iommufd_response resp[3] = {{.cookie = NO_COOKIE}, {.cookie = 0}, {.cookie = 0}};
	struct iommufd_fault fault;
	u32 ticket;

	ticket = fault_scene_submit(&self->s, FAULT_VA, 1);
	fault = fault_queue_take(&self->s.f);
	resp[1].cookie = fault.cookie;
	CHECK_ERRNO(__fault_queue_write(&self->s.f, resp, 2), -EINVAL);
	CHECK(vaccel_queue_is_waiting(&self->s.q, ticket), "a response behind a bad one counted");
	guest_space_alloc(&self->s.p.s, FAULT_VA, GUEST_PAGE);
	resp[2].cookie = NO_COOKIE;
	CHECK_EQ(__fault_queue_write(&self->s.f, resp + 1, 2), 1);
	CHECK_STATUS(vaccel_queue_wait(&self->s.q, ticket), SVK_CPL_OK);
	/* Once is enough. */
	CHECK_ERRNO(__fault_queue_write(&self->s.f, resp + 1, 1), -EINVAL);
}

static int nest(struct fault_scene *s, u32 flags, u32 fault)
{
	const struct iommufd_nest arg = {
		.dev = s->vm.a.v.dev,
		.parent = s->vm.parent,
		.flags = flags,
		.fault = fault,
		.root = s->p.s.root,
	};
	u32 hwpt;

	return __iommufd_hwpt_nest_faults(s->vm.g.iommufd, &arg, &hwpt);
}

TEST_F(fault_queue, has_errnos_for_objects)
{
	struct fault_queue other;
	int iommufd, fd;
	u32 id;

	iommufd = self->s.vm.g.iommufd;
	CHECK_ERRNO(__iommufd_fault_queue_alloc(iommufd, 1, &id, &fd), -EOPNOTSUPP);
	CHECK_ERRNO(nest(&self->s, IOMMUFD_HWPT_FAULT_ID, IOMMUFD_NO_OBJECT), -ENOENT);
	CHECK_ERRNO(nest(&self->s, IOMMUFD_HWPT_FAULT_ID, self->s.vm.g.ioas), -ENOENT);
	CHECK_ERRNO(__iommufd_hwpt_alloc(iommufd, self->s.vm.a.v.dev, self->s.vm.g.ioas,
					 IOMMUFD_HWPT_NEST_PARENT | IOMMUFD_HWPT_FAULT_ID, &id),
		    -EOPNOTSUPP);
	/* In use by a table, and by its own file. */
	CHECK_ERRNO(__iommufd_destroy(iommufd, self->s.f.id), -EBUSY);
	fault_queue_init(&other, iommufd);
	CHECK_ERRNO(__iommufd_destroy(iommufd, other.id), -EBUSY);
	fault_queue_close(&other);
	CHECK_ERRNO(__iommufd_destroy(iommufd, other.id), 0);
}

HARNESS_MAIN(pf_lend)
