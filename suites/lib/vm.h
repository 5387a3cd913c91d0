/* SPDX-License-Identifier: GPL-2.0 */
/* A VM with one accelerator, ready for use, and processes in it. Everything asserts. */
#ifndef SUITES_LIB_VM_H
#define SUITES_LIB_VM_H

#include "vaccel.h"

#define VM_RAM (16ULL << 20) /* enough for what most tests do */

/**
 * struct vm - A VM.
 * @g: its memory and context
 * @a: its accelerator, enabled
 * @parent: second stage with all of the memory
 */
struct vm {
	struct guest g;
	struct vaccel a;
	u32 parent;
};

/**
 * vm_init() - Make a VM with one accelerator.
 * @vm: filled
 * @ram: bytes of memory
 * @fd: device, from __vfio_open_x()
 */
void vm_init(struct vm *vm, u64 ram, int fd);
/** vm_start() - The part of vm_init() behind guest_init(), for memory that a parent has made. */
void vm_start(struct vm *vm, int fd);
/** vm_cleanup() - Undo. */
void vm_cleanup(struct vm *vm);

/**
 * struct vm_process - A process in a VM that shares its address space with the device.
 * @s: address space
 * @hwpt: its table
 * @pasid: guest PASID that the table is attached to
 */
struct vm_process {
	struct guest_space s;
	u32 hwpt;
	u32 pasid;
};

/** vm_process_init() - An empty address space, not attached. */
void vm_process_init(struct vm_process *p, struct vm *vm);
/** vm_process_attach() - Attach it to a guest PASID of the accelerator. */
void vm_process_attach(struct vm_process *p, const struct vm *vm, u32 pasid);

/* What vm_expect_dma() uses of a space. */
#define VM_DMA_VA 0x500000000000ULL
#define VM_DMA_SIZE (4 * GUEST_PAGE)

/** vm_expect_dma() - Expect that a copy works; @q is enabled in @s. Its pages stay mapped. */
void vm_expect_dma(struct vaccel_queue *q, const struct guest_space *s);

/**
 * vm_expect_unwritten() - Expect that nothing writes to guest memory any more.
 * @g: memory
 * @gpa: what is looked at, the target of long work that has been stopped
 * @size: bytes
 *
 * It is looked at several times; long work changes it all in far less.
 */
void vm_expect_unwritten(const struct guest *g, u64 gpa, u64 size);

/** vm_expect_written() - Expect, with a deadline, that long work goes on writing to @gpa. */
void vm_expect_written(const struct guest *g, u64 gpa);

#endif /* SUITES_LIB_VM_H */
