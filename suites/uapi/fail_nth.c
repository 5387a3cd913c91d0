// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation that a call of iommufd or VFIO makes fails once, one after the other, on the real
 * driver. The call says ENOMEM, or does without; it can be repeated with success at once, so that
 * nothing of the failed one is left, and what could be used before still can. What else there is to
 * say, the kernel log does: the debug kernel has KASAN, lockdep and kmemleak. The kernel's own
 * iommufd_fail_nth does so with a mock driver.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "fault_queue.h"
#include "harness.h"
#include "iommufd.h"
#include "memory.h"
#include "pf.h"
#include "vm.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define DEBUGFS "/sys/kernel/debug/"
#define LIMIT 1000 /* far more than any call allocates */

#define PASID 77
#define IOVA (4ULL << 30)
#define SIZE (4 * GUEST_PAGE)

/**
 * struct scene - What the calls work on.
 * @vm: VM; its device is bound
 * @p: two processes, not attached
 * @mem: SIZE bytes that nothing has mapped
 * @fd: device that is to be bound, a fault queue's file, or -1
 * @id: what the call has made
 */
struct scene {
	struct vm vm;
	struct vm_process p[2];
	u8 *mem;
	int fd;
	u32 id;
};

/**
 * struct op - A call that is to fail.
 * @name: what it is
 * @prepare: before each try, or NULL
 * @call: the call alone. Return: 0 or -errno
 * @undo: after it has succeeded
 */
struct op {
	const char *name;
	void (*prepare)(struct scene *s);
	int (*call)(struct scene *s);
	void (*undo)(struct scene *s);
};

FIXTURE(fail_nth)
{
	struct scene s;
	int nth; /* FAIL_NTH */
};

static void configure(const char *ignore)
{
	CHECK_ERRNO(__svk_write_file(DEBUGFS "failslab/ignore-gfp-wait", ignore), 0);
	CHECK_ERRNO(__svk_write_file(DEBUGFS "fail_page_alloc/ignore-gfp-wait", ignore), 0);
	CHECK_ERRNO(__svk_write_file(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", ignore), 0);
}

/* Nothing is to be said of each failure, or the log is full of what is no defect. */
FIXTURE_SETUP(fail_nth)
{
	struct scene *s = &self->s;

	harness_begin(_metadata);
	vm_init(&s->vm, VM_RAM, __vfio_open_pci(pf_given()));
	vm_process_init(&s->p[0], &s->vm);
	vm_process_init(&s->p[1], &s->vm);
	s->mem = memory_map_shared(SIZE);
	s->fd = -1;
	self->nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	REQUIRE(self->nth >= 0, "open %s: %s", FAIL_NTH, strerror(errno));
	CHECK_ERRNO(__svk_write_file(DEBUGFS "failslab/verbose", "0"), 0);
	CHECK_ERRNO(__svk_write_file(DEBUGFS "fail_page_alloc/verbose", "0"), 0);
	configure("N");
	/* A page fault allocates, too. */
	REQUIRE(!mlockall(MCL_CURRENT), "mlockall: %s", strerror(errno));
}

FIXTURE_TEARDOWN(fail_nth)
{
	configure("Y");
	close(self->nth);
	vm_cleanup(&self->s.vm);
	harness_end(_metadata);
}

static void set_nth(int fd, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	REQUIRE_EQ(pwrite(fd, text, (size_t)len, 0), len);
}

/* Return: whether the failure has come about; there will be none any more. */
static bool has_failed(int fd)
{
	char text[16] = "";

	REQUIRE(pread(fd, text, sizeof(text) - 1, 0) > 0, "read %s: %s", FAIL_NTH, strerror(errno));
	set_nth(fd, 0);
	return !strtoul(text, NULL, 10);
}

static void prepare(struct scene *s, const struct op *op)
{
	if (op->prepare)
		op->prepare(s);
}

/* Return: whether an allocation has failed: else there are no more. */
static bool fail_once(struct scene *s, int fd, const struct op *op, unsigned int nth)
{
	bool failed;
	int ret;

	prepare(s, op);
	set_nth(fd, nth);
	ret = op->call(s);
	failed = has_failed(fd);
	if (!ret) {
		op->undo(s);
		return failed;
	}
	CHECK(failed, "%s: %s, and nothing had failed", op->name, strerror(-ret));
	CHECK(ret == -ENOMEM, "%s, allocation %u failed: got %s, want ENOMEM", op->name, nth,
	      strerror(-ret));
	ret = op->call(s);
	REQUIRE(!ret, "%s, again after allocation %u had failed: %s", op->name, nth,
		strerror(-ret));
	op->undo(s);
	return failed;
}

static void fail_each(struct scene *s, int fd, const struct op *op)
{
	unsigned int nth = 1;

	harness_step(op->name);
	while (nth < LIMIT && fail_once(s, fd, op, nth))
		nth++;
	REQUIRE(nth < LIMIT, "more than %d allocations", LIMIT);
	CHECK(nth > 1, "%s allocates nothing, or nothing fails", op->name);
	ktap_note(op->name, "%u allocations", nth - 1);
}

static void destroy(struct scene *s)
{
	iommufd_destroy(s->vm.g.iommufd, s->id);
}

static int call_ioas(struct scene *s)
{
	struct iommufd_ioas_alloc_arg arg = {.size = sizeof(arg)};
	int ret = __iommufd_call(s->vm.g.iommufd, IOMMUFD_IOC_IOAS_ALLOC, &arg);

	s->id = arg.out_ioas_id;
	return ret;
}

static int call_map(struct scene *s)
{
	return __iommufd_map(s->vm.g.iommufd, s->vm.g.ioas, s->mem, IOVA, SIZE);
}

static void undo_map(struct scene *s)
{
	iommufd_unmap(s->vm.g.iommufd, s->vm.g.ioas, IOVA, SIZE);
}

/* Far from all else: tables on the way are to be made, in each page table there is. */
static int call_map_far(struct scene *s)
{
	return __iommufd_map(s->vm.g.iommufd, s->vm.g.ioas, s->mem, IOVA << 10, SIZE);
}

static void undo_map_far(struct scene *s)
{
	iommufd_unmap(s->vm.g.iommufd, s->vm.g.ioas, IOVA << 10, SIZE);
}

static int call_first_stage(struct scene *s)
{
	return __iommufd_hwpt_alloc(s->vm.g.iommufd, s->vm.a.v.dev, s->vm.g.ioas, 0, &s->id);
}

static int call_parent(struct scene *s)
{
	return __iommufd_hwpt_alloc(s->vm.g.iommufd, s->vm.a.v.dev, s->vm.g.ioas,
				    IOMMUFD_HWPT_NEST_PARENT | IOMMUFD_HWPT_DIRTY_TRACKING, &s->id);
}

static int call_nested(struct scene *s)
{
	return __iommufd_hwpt_nest(s->vm.g.iommufd, s->vm.a.v.dev, s->vm.parent, IOMMUFD_HWPT_PASID,
				   s->p[0].s.root, &s->id);
}

static int call_fault_queue(struct scene *s)
{
	return __iommufd_fault_queue_alloc(s->vm.g.iommufd, 0, &s->id, &s->fd);
}

static void undo_fault_queue(struct scene *s)
{
	close(s->fd);
	destroy(s);
}

TEST_F(fail_nth, making)
{
	static const struct op ops[] = {
		{"ioas", NULL, call_ioas, destroy},
		{"map", NULL, call_map, undo_map},
		{"map_far", NULL, call_map_far, undo_map_far},
		{"first_stage", NULL, call_first_stage, destroy},
		{"parent", NULL, call_parent, destroy},
		{"nested", NULL, call_nested, destroy},
		{"fault_queue", NULL, call_fault_queue, undo_fault_queue},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		fail_each(&self->s, self->nth, &ops[i]);
}

static int call_attach(struct scene *s)
{
	u32 pt = s->p[0].hwpt;

	return __vfio_attach(&s->vm.a.v, &pt);
}

static int call_attach_ioas(struct scene *s)
{
	u32 pt = s->vm.g.ioas;

	return __vfio_attach(&s->vm.a.v, &pt);
}

static void undo_attach(struct scene *s)
{
	CHECK_ERRNO(__vfio_detach(&s->vm.a.v), 0);
}

static int call_attach_pasid(struct scene *s)
{
	u32 pt = s->p[0].hwpt;

	return __vfio_attach_pasid(&s->vm.a.v, PASID, &pt);
}

static void undo_attach_pasid(struct scene *s)
{
	vfio_detach_pasid(&s->vm.a.v, PASID);
}

static void prepare_replace(struct scene *s)
{
	vfio_attach_pasid(&s->vm.a.v, PASID, s->p[1].hwpt);
}

TEST_F(fail_nth, attaching)
{
	static const struct op ops[] = {
		{"attach", NULL, call_attach, undo_attach},
		{"attach_ioas", NULL, call_attach_ioas, undo_attach},
		{"attach_pasid", NULL, call_attach_pasid, undo_attach_pasid},
		{"replace_pasid", prepare_replace, call_attach_pasid, undo_attach_pasid},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		fail_each(&self->s, self->nth, &ops[i]);
}

/* A replacement that had no memory leaves the table that was there, in use. */
TEST_F(fail_nth, a_failed_replacement_changes_nothing)
{
	struct scene *s = &self->s;
	struct vaccel_queue q;
	unsigned int nth;
	bool failed = true;
	u32 pt;
	int ret;

	vfio_attach_pasid(&s->vm.a.v, PASID, s->p[0].hwpt);
	vaccel_queue_open(&q, &s->vm.a, 0, &s->p[0].s, PASID);
	guest_space_alloc(&s->p[0].s, VM_DMA_VA, VM_DMA_SIZE);
	for (nth = 1; failed; nth++) {
		REQUIRE(nth < LIMIT, "more than %d allocations", LIMIT);
		pt = s->p[1].hwpt;
		set_nth(self->nth, nth);
		ret = __vfio_attach_pasid(&s->vm.a.v, PASID, &pt);
		failed = has_failed(self->nth);
		if (!ret)
			vfio_attach_pasid(&s->vm.a.v, PASID, s->p[0].hwpt);
		CHECK_STATUS(
			vaccel_queue_run(&q, svk_desc_fill(vaccel_va(VM_DMA_VA), nth, VM_DMA_SIZE)),
			SVK_CPL_OK);
	}
}

static void prepare_bind(struct scene *s)
{
	if (s->fd >= 0)
		return;
	s->fd = __vfio_open_pci(pf_given());
	REQUIRE(s->fd >= 0, "open: %s", strerror(-s->fd));
}

static int call_bind(struct scene *s)
{
	return __vfio_bind(s->fd, s->vm.g.iommufd, &s->id);
}

static void undo_bind(struct scene *s)
{
	REQUIRE_EQ(close(s->fd), 0);
	s->fd = -1;
}

TEST_F(fail_nth, binding)
{
	static const struct op op = {"bind", prepare_bind, call_bind, undo_bind};
	struct vaccel_queue q;

	vaccel_close(&self->s.vm.a);
	fail_each(&self->s, self->nth, &op);
	/* It still is a device. */
	vaccel_open(&self->s.vm.a, &self->s.vm.g, __vfio_open_pci(pf_given()));
	vaccel_enable(&self->s.vm.a);
	self->s.vm.parent = guest_parent(&self->s.vm.g, self->s.vm.a.v.dev);
	vm_process_init(&self->s.p[0], &self->s.vm);
	vm_process_attach(&self->s.p[0], &self->s.vm, PASID);
	vaccel_queue_open(&q, &self->s.vm.a, 0, &self->s.p[0].s, PASID);
	vm_expect_dma(&q, &self->s.p[0].s);
}

static void require(void)
{
	if (access(FAIL_NTH, R_OK | W_OK) || access(DEBUGFS "failslab", F_OK))
		ktap_skip_all("no " FAIL_NTH ", or no " DEBUGFS "failslab: CONFIG_FAILSLAB=y and "
			      "CONFIG_FAULT_INJECTION_DEBUG_FS=y, as with DEBUG=1");
	pf_lend();
}

HARNESS_MAIN(require)
