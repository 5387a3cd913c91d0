// SPDX-License-Identifier: GPL-2.0
#include "fault_queue.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "iommufd.h"
#include "ktap.h"

void fault_queue_init(struct fault_queue *f, int iommufd)
{
	REQUIRE_ERRNO(__iommufd_fault_queue_alloc(iommufd, 0, &f->id, &f->fd), 0);
}

void fault_queue_close(struct fault_queue *f)
{
	REQUIRE_EQ(close(f->fd), 0);
	f->fd = -1;
}

int __fault_queue_read(const struct fault_queue *f, struct iommufd_fault *faults, size_t room)
{
	ssize_t n = read(f->fd, faults, room * sizeof(*faults));

	return n < 0 ? -errno : (int)((size_t)n / sizeof(*faults));
}

int __fault_queue_write(const struct fault_queue *f, const struct iommufd_response *resp,
			size_t count)
{
	ssize_t n = write(f->fd, resp, count * sizeof(*resp));

	return n < 0 ? -errno : (int)((size_t)n / sizeof(*resp));
}

short fault_queue_poll(const struct fault_queue *f)
{
	struct pollfd p = {.fd = f->fd, .events = POLLIN | POLLOUT};

	REQUIRE(poll(&p, 1, 0) >= 0, "poll failed");
	return p.revents;
}

void fault_queue_wait(const struct fault_queue *f)
{
	struct pollfd p = {.fd = f->fd, .events = POLLIN};

	REQUIRE(poll(&p, 1, FAULT_QUEUE_WAIT_MS) == 1, "no fault within %d ms",
		FAULT_QUEUE_WAIT_MS);
}

struct iommufd_fault fault_queue_take(const struct fault_queue *f)
{
	struct iommufd_fault fault;

	fault_queue_wait(f);
	REQUIRE_EQ(__fault_queue_read(f, &fault, 1), 1);
	return fault;
}

void fault_queue_answer(const struct fault_queue *f, u32 cookie, u32 code)
{
	const struct iommufd_response resp = {.cookie = cookie, .code = code};

	REQUIRE_EQ(__fault_queue_write(f, &resp, 1), 1);
}

void vm_process_init_faults(struct vm_process *p, struct vm *vm, const struct fault_queue *f)
{
	struct iommufd_nest nest = {
		.dev = vm->a.v.dev,
		.parent = vm->parent,
		.flags = IOMMUFD_HWPT_PASID | IOMMUFD_HWPT_FAULT_ID,
		.fault = f->id,
	};

	guest_space_init(&p->s, &vm->g);
	nest.root = p->s.root;
	REQUIRE_ERRNO(__iommufd_hwpt_nest_faults(vm->g.iommufd, &nest, &p->hwpt), 0);
	p->pasid = 0;
}

u32 vaccel_queue_submit_blocking(struct vaccel_queue *q, struct svk_desc desc)
{
	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	return vaccel_queue_submit(q, desc);
}

bool vaccel_queue_is_waiting(const struct vaccel_queue *q, u32 ticket)
{
	const struct svk_cpl *cpl = &q->cpl[ticket % SVK_QUEUE_ENTRIES];

	return !__atomic_load_n(&cpl->status, __ATOMIC_ACQUIRE);
}

void fault_scene_init(struct fault_scene *s, const char *bdf)
{
	vm_init(&s->vm, VM_RAM, __vfio_open_pci(bdf));
	s->stray = vaccel_counter(&s->vm.a, SVK_LAB_PGRP_STRAY);
	fault_queue_init(&s->f, s->vm.g.iommufd);
	vm_process_init_faults(&s->p, &s->vm, &s->f);
	vm_process_attach(&s->p, &s->vm, FAULT_PASID);
	vaccel_queue_open(&s->q, &s->vm.a, 0, &s->p.s, FAULT_PASID);
}

void fault_scene_cleanup(struct fault_scene *s, u64 stray)
{
	CHECK_EQ(vaccel_counter(&s->vm.a, SVK_LAB_PGRP_STRAY) - s->stray, stray);
	if (s->f.fd >= 0)
		fault_queue_close(&s->f);
	vm_cleanup(&s->vm);
}

u32 fault_scene_submit(struct fault_scene *s, u64 va, u64 pages)
{
	struct svk_desc fill = svk_desc_fill(vaccel_va(va), FAULT_PATTERN, pages * GUEST_PAGE);

	return vaccel_queue_submit_blocking(&s->q, fill);
}
