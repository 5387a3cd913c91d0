/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page requests of a VM's devices as its VMM gets them: the fault queue of
 * iommufd. Functions whose names begin with "__" return -errno, the others
 * assert.
 */
#ifndef SUITES_LIB_FAULT_QUEUE_H
#define SUITES_LIB_FAULT_QUEUE_H

#include "iommufd_abi.h"
#include "vm.h"

#define FAULT_QUEUE_WAIT_MS 10000
#define FAULT_PATTERN 0x4949494949494949ULL

/**
 * struct fault_queue - A fault queue.
 * @id: of the object
 * @fd: its file; -1 when closed
 */
struct fault_queue {
	u32 id;
	int fd;
};

/** fault_queue_init() - Make a queue in a context. */
void fault_queue_init(struct fault_queue *f, int iommufd);
/** fault_queue_close() - Close the file; the object stays. */
void fault_queue_close(struct fault_queue *f);

/** __fault_queue_read() - One read(). Return: faults read, or -errno. */
int __fault_queue_read(const struct fault_queue *f, struct iommufd_fault *faults, size_t room);
/** __fault_queue_write() - One write(). Return: responses taken, or -errno. */
int __fault_queue_write(const struct fault_queue *f, const struct iommufd_response *resp,
			size_t count);

/** fault_queue_poll() - Return: what poll() says, without waiting. */
short fault_queue_poll(const struct fault_queue *f);
/** fault_queue_wait() - Wait, with a deadline, until there is a fault to be read. */
void fault_queue_wait(const struct fault_queue *f);
/** fault_queue_take() - fault_queue_wait(), and read one. */
struct iommufd_fault fault_queue_take(const struct fault_queue *f);
/** fault_queue_answer() - Respond to a fault with a code, IOMMUFD_RESP_xxx. */
void fault_queue_answer(const struct fault_queue *f, u32 cookie, u32 code);

/** vm_process_init_faults() - As vm_process_init(); what misses a page goes to @f. */
void vm_process_init_faults(struct vm_process *p, struct vm *vm, const struct fault_queue *f);

/* Of a scene. */
#define FAULT_PASID 77
#define FAULT_VA 0x400000000000ULL

/**
 * struct fault_scene - A VM with a process, whose queue may ask for pages.
 * @vm: VM
 * @f: fault queue of the process
 * @p: process, at FAULT_PASID; nothing but its ring is mapped
 * @q: queue 0
 * @stray: responses before that nobody waited for
 */
struct fault_scene {
	struct vm vm;
	struct fault_queue f;
	struct vm_process p;
	struct vaccel_queue q;
	u64 stray;
};

/** fault_scene_init() - Make it, with the function that vfio-pci has. */
void fault_scene_init(struct fault_scene *s, const char *bdf);
/** fault_scene_cleanup() - Undo; @stray responses more are expected. */
void fault_scene_cleanup(struct fault_scene *s, u64 stray);

/**
 * fault_scene_submit() - Let queue 0 write @pages pages at @va, and wait for them.
 *
 * Return: ticket.
 */
u32 fault_scene_submit(struct fault_scene *s, u64 va, u64 pages);

/** vaccel_queue_submit_blocking() - As vaccel_queue_submit(), with SVK_DESC_BLOCK. */
u32 vaccel_queue_submit_blocking(struct vaccel_queue *q, struct svk_desc desc);

/** vaccel_queue_is_waiting() - Return: whether the descriptor of @ticket is not complete. */
bool vaccel_queue_is_waiting(const struct vaccel_queue *q, u32 ticket);

#endif /* SUITES_LIB_FAULT_QUEUE_H */
