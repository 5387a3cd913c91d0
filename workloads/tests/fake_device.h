/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An accelerator that is a function call: it executes what the doorbell has announced, in the
 * memory of the test, and fails as it is told.
 */
#ifndef WORKLOADS_TESTS_FAKE_DEVICE_H
#define WORKLOADS_TESTS_FAKE_DEVICE_H

#include "accel_queue.h"

/**
 * struct fake_device - It, and its queue.
 * @svk: for sva_queue_attach()
 * @head: descriptors executed
 * @missing: the page at which it faults until @svk's owner brings it in, or NULL
 * @status: what the next operation ends with instead of being done, or 0
 */
struct fake_device {
	struct svk_queue svk;
	u32 head;
	u8 *missing;
	u32 status;
};

/** fake_device_init() - Make one. */
void fake_device_init(struct fake_device *d);

/** fake_device_cleanup() - Undo it. */
void fake_device_cleanup(struct fake_device *d);

/** fake_device_tail() - Return: what was last written to the doorbell. */
u32 fake_device_tail(const struct fake_device *d);

/** fake_device_run() - Execute @count descriptors of the ring at most. Return: how many. */
unsigned int fake_device_run(struct fake_device *d, unsigned int count);

/** fake_device_halt() - The queue halts, and executes nothing any more. */
void fake_device_halt(struct fake_device *d);

#endif /* WORKLOADS_TESTS_FAKE_DEVICE_H */
