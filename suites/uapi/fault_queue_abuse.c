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
#include "ktap.h"
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
	fault_scene_cleanup(s, 0);
}

static void bad_reads(struct process *parent, void *arg)
{
	struct iommufd_fault fault, two[2];
	struct fault_scene s;
	u32 ticket;

	(void)parent;
	fault_scene_init(&s, arg);
	/* Nothing there: no wait, no error. */
	CHECK_EQ(read_error(&s.f, &fault, sizeof(fault)), 0);
	ticket = fault_scene_submit(&s, FAULT_VA, 1);
	fault_queue_wait(&s.f);
	CHECK_ERRNO(read_error(&s.f, &fault, sizeof(fault) - 1), -ESPIPE);
	CHECK_ERRNO(read_error(&s.f, &fault, sizeof(fault) / 2), -ESPIPE);
	CHECK_ERRNO(read_error(&s.f, &fault, 0), -EINVAL);
	CHECK_ERRNO(read_error(&s.f, memory_hole(GUEST_PAGE), sizeof(fault)), -EFAULT);
	CHECK_ERRNO(pread(s.f.fd, &fault, sizeof(fault), 0) < 0 ? -errno : 0, -ESPIPE);
	CHECK_ERRNO(lseek(s.f.fd, 0, SEEK_END) < 0 ? -errno : 0, -ESPIPE);
	CHECK_EQ(fault_queue_poll(&s.f), POLLIN | POLLOUT);
	CHECK_EQ(__fault_queue_read(&s.f, two, 2), 1);
	CHECK_EQ(two[0].addr, FAULT_VA);
	CHECK_EQ(read_error(&s.f, &fault, sizeof(fault)), 0);
	finish(&s, ticket, two[0].cookie);
}

/* The second of two faults does not fit into memory: one is read, the other stays. */
static void half_a_read(struct process *parent, void *arg)
{
	struct iommufd_fault *faults, second;
	struct vaccel_queue other;
	struct fault_scene s;
	u32 ticket[2];
	u8 *mem;

	(void)parent;
	fault_scene_init(&s, arg);
	vaccel_queue_open(&other, &s.vm.a, 1, &s.p.s, FAULT_PASID);
	ticket[0] = fault_scene_submit(&s, FAULT_VA, 1);
	fault_queue_wait(&s.f);
	ticket[1] = vaccel_queue_submit_blocking(
		&other, svk_desc_fill(vaccel_va(FAULT_VA + GUEST_PAGE), 0, GUEST_PAGE));
	/* poll() does not tell of a second fault, the trace does. */
	prq_wait_traced(2);
	mem = memory_map(2 * GUEST_PAGE);
	memory_unmap(mem + GUEST_PAGE, GUEST_PAGE);
	faults = (struct iommufd_fault *)(mem + GUEST_PAGE) - 1;
	CHECK_EQ(__fault_queue_read(&s.f, faults, 2), 1);
	CHECK_EQ(faults->addr, FAULT_VA);
	second = fault_queue_take(&s.f);
	CHECK_EQ(second.addr, FAULT_VA + GUEST_PAGE);
	fault_queue_answer(&s.f, second.cookie, IOMMUFD_RESP_INVALID);
	CHECK_STATUS(vaccel_queue_wait(&other, ticket[1]), SVK_CPL_FAULT_WRITE);
	finish(&s, ticket[0], faults->cookie);
}

static void bad_responses(struct process *parent, void *arg)
{
	struct iommufd_response resp = {.cookie = 1, .code = IOMMUFD_RESP_SUCCESS};
	struct iommufd_fault fault;
	struct fault_scene s;
	u32 ticket;

	(void)parent;
	fault_scene_init(&s, arg);
	ticket = fault_scene_submit(&s, FAULT_VA, 1);
	fault_queue_wait(&s.f);
	/* Before it has been read it has no cookie that could be guessed. */
	CHECK_ERRNO(__fault_queue_write(&s.f, &resp, 1), -EINVAL);
	fault = fault_queue_take(&s.f);
	resp.cookie = fault.cookie;
	CHECK_ERRNO(write_error(&s.f, &resp, sizeof(resp) - 1), -ESPIPE);
	CHECK_ERRNO(write_error(&s.f, &resp, sizeof(resp) / 2), -ESPIPE);
	CHECK_EQ(write_error(&s.f, &resp, 0), 0);
	CHECK_ERRNO(write_error(&s.f, memory_hole(GUEST_PAGE), sizeof(resp)), -EFAULT);
	CHECK_ERRNO(pwrite(s.f.fd, &resp, sizeof(resp), 0) < 0 ? -errno : 0, -ESPIPE);
	resp.code = RESP_BAD;
	CHECK_ERRNO(__fault_queue_write(&s.f, &resp, 1), -EINVAL);
	resp = (struct iommufd_response){.cookie = NO_COOKIE};
	CHECK_ERRNO(__fault_queue_write(&s.f, &resp, 1), -EINVAL);
	resp.cookie = 0;
	CHECK_ERRNO(__fault_queue_write(&s.f, &resp, 1), -EINVAL);
	finish(&s, ticket, fault.cookie);
}

/* Of several responses those before the bad one count, and none behind it. */
static void good_and_bad_responses(struct process *parent, void *arg)
{
	struct iommufd_response resp[3] = {{.cookie = NO_COOKIE}, {.cookie = 0}, {.cookie = 0}};
	struct iommufd_fault fault;
	struct fault_scene s;
	u32 ticket;

	(void)parent;
	fault_scene_init(&s, arg);
	ticket = fault_scene_submit(&s, FAULT_VA, 1);
	fault = fault_queue_take(&s.f);
	resp[1].cookie = fault.cookie;
	CHECK_ERRNO(__fault_queue_write(&s.f, resp, 2), -EINVAL);
	CHECK(vaccel_queue_is_waiting(&s.q, ticket), "a response behind a bad one counted");
	guest_space_alloc(&s.p.s, FAULT_VA, GUEST_PAGE);
	resp[2].cookie = NO_COOKIE;
	CHECK_EQ(__fault_queue_write(&s.f, resp + 1, 2), 1);
	CHECK_STATUS(vaccel_queue_wait(&s.q, ticket), SVK_CPL_OK);
	/* Once is enough. */
	CHECK_ERRNO(__fault_queue_write(&s.f, resp + 1, 1), -EINVAL);
	fault_scene_cleanup(&s, 0);
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

static void bad_objects(struct process *parent, void *arg)
{
	struct fault_queue other;
	struct fault_scene s;
	int iommufd, fd;
	u32 id;

	(void)parent;
	fault_scene_init(&s, arg);
	iommufd = s.vm.g.iommufd;
	CHECK_ERRNO(__iommufd_fault_queue_alloc(iommufd, 1, &id, &fd), -EOPNOTSUPP);
	CHECK_ERRNO(nest(&s, IOMMUFD_HWPT_FAULT_ID, IOMMUFD_NO_OBJECT), -ENOENT);
	CHECK_ERRNO(nest(&s, IOMMUFD_HWPT_FAULT_ID, s.vm.g.ioas), -ENOENT);
	CHECK_ERRNO(__iommufd_hwpt_alloc(iommufd, s.vm.a.v.dev, s.vm.g.ioas,
					 IOMMUFD_HWPT_NEST_PARENT | IOMMUFD_HWPT_FAULT_ID, &id),
		    -EOPNOTSUPP);
	/* In use by a table, and by its own file. */
	CHECK_ERRNO(__iommufd_destroy(iommufd, s.f.id), -EBUSY);
	fault_queue_init(&other, iommufd);
	CHECK_ERRNO(__iommufd_destroy(iommufd, other.id), -EBUSY);
	fault_queue_close(&other);
	CHECK_ERRNO(__iommufd_destroy(iommufd, other.id), 0);
	fault_scene_cleanup(&s, 0);
}

static void run_half_a_read(const char *bdf)
{
	ktap_case("half_a_read");
	if (prq_trace_start())
		pf_run(bdf, half_a_read, (void *)bdf);
	else
		ktap_skip_case("no tracepoint intel_iommu:prq_report to see two faults arrive");
	prq_trace_stop();
}

int main(void)
{
	const char *bdf = pf_require();

	ktap_start(5);
	pf_run_case(bdf, "bad_reads", bad_reads);
	run_half_a_read(bdf);
	pf_run_case(bdf, "bad_responses", bad_responses);
	pf_run_case(bdf, "good_and_bad_responses", good_and_bad_responses);
	pf_run_case(bdf, "bad_objects", bad_objects);
	return ktap_finish();
}
