// SPDX-License-Identifier: GPL-2.0
/*
 * A doorbell goes straight to the hardware: no software sees it, neither from
 * the VMM's mapping of the portal nor from a virtual CPU that has it as memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "mdev.h"
#include "memory.h"
#include "vm.h"

#define WRITES 1000
#define PASID 3

/** struct counts - What the hardware has counted, and what software has emulated. */
struct counts {
	u64 doorbells;
	u64 trapped;
};

/* Reading them is emulated itself; how much that adds is measured, not assumed. */
static struct counts count(const struct vaccel *a)
{
	struct counts c;

	c.doorbells = vaccel_counter(a, SVK_LAB_DOORBELL);
	c.trapped = vaccel_read64(a, SVK_LAB_TRAPPED);
	return c;
}

static void expect_direct(const struct vaccel *a, struct counts before, u64 cost_of_counting)
{
	struct counts after = count(a);

	CHECK_EQ(after.doorbells - before.doorbells, WRITES);
	CHECK_EQ(after.trapped - before.trapped - cost_of_counting, 0);
}

static u64 cost_of_counting(const struct vaccel *a)
{
	struct counts one = count(a), two = count(a);

	CHECK_EQ(two.doorbells, one.doorbells);
	CHECK(two.trapped > one.trapped, "reads of BAR 0 are not counted as trapped");
	return two.trapped - one.trapped;
}

FIXTURE(doorbell)
{
	char uuid[MDEV_UUID_SIZE];
	struct vm vm;
	struct vm_process p;
	struct vaccel_queue q;
};

FIXTURE_SETUP(doorbell)
{
	harness_begin(_metadata);
	mdev_uuid(1, self->uuid);
	mdev_create(2, self->uuid);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(self->uuid));
	vm_process_init(&self->p, &self->vm);
	vm_process_attach(&self->p, &self->vm, PASID);
	vaccel_queue_open(&self->q, &self->vm.a, 1, &self->p.s, PASID);
}

FIXTURE_TEARDOWN(doorbell)
{
	CHECK_EQ(vaccel_queue_state(&self->q), SVK_QSTATE_ENABLED);
	vm_cleanup(&self->vm);
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F(doorbell, through_the_vmms_mapping_is_direct)
{
	struct vaccel_queue *q = &self->q;
	u64 cost = cost_of_counting(q->a);
	struct counts before = count(q->a);
	int i;

	for (i = 0; i < WRITES; i++)
		vaccel_queue_doorbell(q, 0);
	expect_direct(q->a, before, cost);
	/* Each mapped doorbell is the queue's own. */
	CHECK_STATUS(vaccel_queue_run(q, svk_desc_nop()), SVK_CPL_OK);
}

/* The same writes through the region, which software has to pass on: they do count. */
TEST_F(doorbell, through_the_region_is_trapped)
{
	struct vaccel_queue *q = &self->q;
	u64 portal = q->index * SVK_ACCEL_PAGE, cost = cost_of_counting(q->a);
	struct counts before = count(q->a), after;
	int i;

	for (i = 0; i < WRITES; i++)
		vfio_write32(&q->a->v, SVK_ACCEL_BAR_PORTAL, portal + SVK_PORTAL_TAIL, q->tail);
	after = count(q->a);
	CHECK_EQ(after.doorbells - before.doorbells, WRITES);
	CHECK_EQ(after.trapped - before.trapped - cost, WRITES);
}

/* A virtual machine in real mode: code at CODE_GPA, the portal at PORTAL_GPA. */
#define CODE_GPA 0x1000
#define PORTAL_GPA 0x80000

/** struct kvm_guest - Its files and memory. */
struct kvm_guest {
	int kvm;
	int vm;
	int vcpu;
	struct kvm_run *run;
	size_t run_size;
	u8 *code;
};

static int kvm_call(int fd, unsigned long nr, void *arg)
{
	int ret = ioctl(fd, nr, arg);

	REQUIRE(ret >= 0, "KVM call 0x%lx: %s", nr, strerror(errno));
	return ret;
}

static void add_memory(const struct kvm_guest *k, u32 slot, u64 gpa, void *mem)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = GUEST_PAGE,
		.userspace_addr = (uintptr_t)mem,
	};

	kvm_call(k->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static void set_registers(const struct kvm_guest *k)
{
	struct kvm_regs regs = {.rip = CODE_GPA, .rflags = 2, .rax = 0, .rcx = WRITES};
	struct kvm_sregs sregs;

	kvm_call(k->vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.ds.base = PORTAL_GPA;
	sregs.ds.selector = PORTAL_GPA >> 4;
	kvm_call(k->vcpu, KVM_SET_SREGS, &sregs);
	kvm_call(k->vcpu, KVM_SET_REGS, &regs);
}

static void kvm_guest_init(struct kvm_guest *k, void *portal)
{
	static const u8 code[] = {
		0x66, 0xa3, SVK_PORTAL_TAIL, 0x00, /* again: mov [TAIL], eax */
		0xe2, 0xfa, /* loop again */
		0xf4, /* hlt */
	};

	k->vm = kvm_call(k->kvm, KVM_CREATE_VM, NULL);
	k->code = memory_map(GUEST_PAGE);
	memcpy(k->code, code, sizeof(code));
	add_memory(k, 0, CODE_GPA, k->code);
	add_memory(k, 1, PORTAL_GPA, portal);
	k->vcpu = kvm_call(k->vm, KVM_CREATE_VCPU, NULL);
	k->run_size = (size_t)kvm_call(k->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL);
	k->run = mmap(NULL, k->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, k->vcpu, 0);
	REQUIRE(k->run != MAP_FAILED, "mmap of the vCPU: %s", strerror(errno));
	set_registers(k);
}

static void kvm_guest_cleanup(struct kvm_guest *k)
{
	memory_unmap(k->run, k->run_size);
	close(k->vcpu);
	close(k->vm);
	memory_unmap(k->code, GUEST_PAGE);
}

TEST_F(doorbell, from_a_virtual_cpu_is_direct)
{
	struct vaccel_queue *q = &self->q;
	u64 cost = cost_of_counting(q->a);
	struct kvm_guest k;
	struct counts before;

	k.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (k.kvm < 0) {
		harness_skip(_metadata,
			     "no /dev/kvm: build the kernel with CONFIG_KVM_AMD or _INTEL");
		return;
	}
	kvm_guest_init(&k, (void *)vaccel_queue_portal(q, 0));
	before = count(q->a);
	/* One call for all of them: it returns for hlt and for nothing else. */
	kvm_call(k.vcpu, KVM_RUN, NULL);
	CHECK_EQ(k.run->exit_reason, KVM_EXIT_HLT);
	expect_direct(q->a, before, cost);
	kvm_guest_cleanup(&k);
	close(k.kvm);
}

HARNESS_MAIN(mdev_lend)
