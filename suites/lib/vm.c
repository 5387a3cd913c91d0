// SPDX-License-Identifier: GPL-2.0
#include "vm.h"

#include <string.h>

#include "iommufd.h"
#include "ktap.h"
#include "memory.h"

#define LOOKS 16

void vm_start(struct vm *vm, int fd)
{
	guest_start(&vm->g);
	vaccel_open(&vm->a, &vm->g, fd);
	vaccel_enable(&vm->a);
	vm->parent = guest_parent(&vm->g, vm->a.v.dev);
}

void vm_init(struct vm *vm, u64 ram, int fd)
{
	guest_init(&vm->g, ram);
	vm_start(vm, fd);
}

void vm_cleanup(struct vm *vm)
{
	vaccel_close(&vm->a);
	guest_cleanup(&vm->g);
}

void vm_process_init(struct vm_process *p, struct vm *vm)
{
	guest_space_init(&p->s, &vm->g);
	p->hwpt = guest_space_nest(&p->s, vm->a.v.dev, vm->parent);
	p->pasid = 0;
}

void vm_process_attach(struct vm_process *p, const struct vm *vm, u32 pasid)
{
	vfio_attach_pasid(&vm->a.v, pasid, p->hwpt);
	p->pasid = pasid;
}

void vm_expect_dma(struct vaccel_queue *q, const struct guest_space *s)
{
	u64 from = guest_space_alloc(s, VM_DMA_VA, VM_DMA_SIZE);
	u64 to = guest_space_alloc(s, VM_DMA_VA + VM_DMA_SIZE, VM_DMA_SIZE);
	struct svk_desc copy = svk_desc_copy(vaccel_va(VM_DMA_VA + VM_DMA_SIZE),
					     vaccel_va(VM_DMA_VA), VM_DMA_SIZE);

	memory_pattern(guest_at(s->g, from), VM_DMA_SIZE, from);
	CHECK_STATUS(vaccel_queue_run(q, copy), SVK_CPL_OK);
	CHECK_EQ(memory_diff(guest_at(s->g, from), guest_at(s->g, to), VM_DMA_SIZE), VM_DMA_SIZE);
}

void vm_expect_unwritten(const struct guest *g, u64 gpa, u64 size)
{
	u8 *seen = memory_map(size);
	unsigned int i;

	memcpy(seen, guest_at(g, gpa), size);
	for (i = 0; i < LOOKS; i++) {
		if (!CHECK_EQ(memory_diff(seen, guest_at(g, gpa), size), size))
			break;
	}
	memory_unmap(seen, size);
}

void vm_expect_written(const struct guest *g, u64 gpa)
{
	const volatile u64 *word = guest_at(g, gpa);

	memory_wait_change(word, *word);
	/* Once may have been under way before; twice is work that goes on. */
	memory_wait_change(word, *word);
}
